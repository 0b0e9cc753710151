from odoo import api, models

from .quality_register_mixin import RegisterColumn as Column


class QualityRectificationLine(models.Model):
    """The rectification register in Excel: one row for each requirement, with its notice."""

    _name = "quality.rectification.line"
    _inherit = ["quality.rectification.line", "quality.register.mixin"]
    _register_date = "rectification_id.issued_at"
    _register_order = "rectification_id, sequence, id"
    _register_historic = "rectification_id.is_historic"

    @api.model
    def _register_title(self):
        return self.env._("Rectification register")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "rectification_id.name", width=16),
            Column(self.env._("Subject"), "rectification_id.subject", width=30),
            Column(self.env._("State of the notice"), "rectification_id.state", width=14),
            Column(self.env._("Severity"), "rectification_id.severity", width=10),
            Column(self.env._("Source"), "rectification_id.source", width=12),
            Column(self.env._("Raised from"), "rectification_id.origin_name"),
            Column(self.env._("Project"), "rectification_id.project_id"),
            Column(self.env._("Location"), "rectification_id.location"),
            Column(self.env._("Recipient"), "rectification_id.recipient_name"),
            Column(self.env._("Issued by"), "rectification_id.issuer_id", width=18),
            Column(self.env._("Issued on"), "rectification_id.issued_at", "datetime"),
            Column(self.env._("Acknowledged on"), "rectification_id.acknowledged_at", "datetime"),
            Column(self.env._("Plan approved on"), "rectification_id.approved_at", "datetime"),
            Column(self.env._("Closed on"), "rectification_id.closed_at", "datetime"),
            Column(self.env._("Requirement"), "requirement", width=40),
            Column(self.env._("Clause"), "standard_clause", width=20),
            Column(self.env._("State of the requirement"), "state", width=12),
            Column(self.env._("Plan"), "plan", width=36),
            Column(self.env._("Responsible"), lambda line: line.responsible_id.name or line.responsible_name, width=18),
            Column(self.env._("Original due date"), lambda line: line.original_due_date or line.due_date, "date"),
            Column(self.env._("Due date"), "due_date", "date"),
            Column(self.env._("Overdue"), "is_overdue", "boolean"),
            Column(self.env._("Done on"), "done_at", "datetime"),
            Column(self.env._("What was done"), "done_note", width=36),
            Column(self.env._("Re-checked on"), "recheck_at", "datetime"),
            Column(self.env._("Re-checked by"), "recheck_by_id", width=18),
            Column(self.env._("Re-check"), "result", width=10),
            Column(self.env._("Finding of the re-check"), "recheck_note", width=30),
            Column(self.env._("Round"), "rectification_id.round", "integer"),
            Column(self.env._("Number of repeats"), "repeat_count", "integer"),
            Column(self.env._("Effectiveness"), "rectification_id.effect_result", width=14),
            Column(self.env._("Historic"), "rectification_id.is_historic", "boolean"),
            Column(self.env._("Company"), "company_id"),
        ]


class QualityRectification(models.Model):
    """Notices have no register of their own: theirs is that of their requirements."""

    _name = "quality.rectification"
    _inherit = ["quality.rectification", "quality.register.mixin"]
    _register_date = "issued_at"

    @api.model
    def _register_source(self, domain):
        return self.env["quality.rectification.line"], [("rectification_id", "any", list(domain))]

    @api.model
    def _register_title(self):
        return self.env["quality.rectification.line"]._register_title()
