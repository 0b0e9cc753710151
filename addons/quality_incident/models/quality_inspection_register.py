from odoo import api, models

from .quality_register_mixin import RegisterColumn as Column


class QualityInspection(models.Model):
    """Inspections in Excel: one row for each point looked at (F9)."""

    _inherit = "quality.inspection"

    _register_date = "planned_at"

    @api.model
    def _register_source(self, domain):
        return self.env["quality.inspection.line"], [("inspection_id", "any", list(domain))]

    @api.model
    def _register_title(self):
        return self.env["quality.inspection.line"]._register_title()

    @api.model
    def _result_columns(self):
        """Return the columns of the register of results, for the points of inspections."""
        return [
            Column(self.env._("Inspection"), "inspection_id.name", width=16),
            Column(self.env._("Title"), "inspection_id.title", width=28),
            Column(self.env._("State of the inspection"), "inspection_id.state", width=14),
            Column(self.env._("What is inspected"), "inspection_id.subject", width=18),
            Column(self.env._("Takes place on"), "inspection_id.planned_at", "datetime"),
            Column(self.env._("Completed on"), "inspection_id.done_at", "datetime"),
            Column(self.env._("Project"), "inspection_id.project_id"),
            Column(self.env._("Location"), "inspection_id.location"),
            Column(
                self.env._("Inspected party"), lambda line: (line.partner_id or line.department_id).display_name or ""
            ),
            Column(self.env._("Quality inspector"), "inspection_id.inspector_id", width=18),
            Column(self.env._("Conclusion"), "inspection_id.conclusion", width=12),
            Column(self.env._("Section"), "section", width=18),
            Column(self.env._("What is checked"), "name", width=40),
            Column(self.env._("Standard clause"), "standard_id"),
            Column(self.env._("Result"), "result", width=12),
            Column(self.env._("Finding"), "note", width=40),
            Column(self.env._("Photos"), lambda line: len(line.evidence_ids), "integer"),
            Column(self.env._("Answered by"), "answered_by_id", width=18),
            Column(self.env._("Answered on"), "answered_at", "datetime"),
            Column(self.env._("Rectification notice"), "rectification_id.name", width=16),
            Column(self.env._("What became of it"), "followup", width=16),
            Column(self.env._("Missed its time"), "inspection_id.was_missed", "boolean"),
            Column(self.env._("Historic"), "is_historic", "boolean"),
            Column(self.env._("Company"), "company_id"),
        ]
