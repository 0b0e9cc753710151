from odoo import api, models

from .quality_register_mixin import RegisterColumn as Column


class QualityInspection(models.Model):
    """Inspections in Excel: one row for each point looked at (F9)."""

    _inherit = "quality.inspection"

    _register_date = "planned_at"

    @api.model
    def _register_file(self, domain):
        self.check_access("read")
        return self.env["quality.inspection.line"]._register_file([("inspection_id", "any", list(domain))])

    @api.model
    def _register_title(self):
        return self.env["quality.inspection.line"]._register_title()

    @api.model
    def _result_columns(self):
        """Return the columns of the register of results, for the points of inspections."""
        _ = self.env._
        return [
            Column(_("Inspection"), "inspection_id.name", width=16),
            Column(_("Title"), "inspection_id.title", width=28),
            Column(_("State of the inspection"), "inspection_id.state", width=14),
            Column(_("What is inspected"), "inspection_id.subject", width=18),
            Column(_("Takes place on"), "inspection_id.planned_at", "datetime"),
            Column(_("Completed on"), "inspection_id.done_at", "datetime"),
            Column(_("Project"), "inspection_id.project_id"),
            Column(_("Location"), "inspection_id.location"),
            Column(_("Inspected party"), lambda line: (line.partner_id or line.department_id).display_name or ""),
            Column(_("Quality inspector"), "inspection_id.inspector_id", width=18),
            Column(_("Conclusion"), "inspection_id.conclusion", width=12),
            Column(_("Section"), "section", width=18),
            Column(_("What is checked"), "name", width=40),
            Column(_("Standard clause"), "standard_id"),
            Column(_("Result"), "result", width=12),
            Column(_("Finding"), "note", width=40),
            Column(_("Photos"), lambda line: len(line.evidence_ids), "integer"),
            Column(_("Answered by"), "answered_by_id", width=18),
            Column(_("Answered on"), "answered_at", "datetime"),
            Column(_("Rectification notice"), "rectification_id.name", width=16),
            Column(_("What became of it"), "followup", width=16),
            Column(_("Missed its time"), "inspection_id.was_missed", "boolean"),
            Column(_("Historic"), "is_historic", "boolean"),
            Column(_("Company"), "company_id"),
        ]
