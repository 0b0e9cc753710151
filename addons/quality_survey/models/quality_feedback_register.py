from odoo import api, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column


class QualityFeedback(models.Model):
    """The register of what customers say, over all channels (D10)."""

    _name = "quality.feedback"
    _inherit = ["quality.feedback", "quality.register.mixin"]
    _register_date = "given_at"
    _register_order = "given_at, id"

    @api.model
    def _register_title(self):
        return self.env._("Feedback register")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Given on"), "given_at", "datetime"),
            Column(self.env._("Channel"), "channel", width=18),
            Column(self.env._("Subject"), "subject", width=18),
            Column(self.env._("Customer"), "partner_id", width=24),
            Column(self.env._("Class of customer"), "customer_class", width=14),
            Column(self.env._("Region"), "region", width=14),
            Column(self.env._("Product"), "product_id", width=24),
            Column(self.env._("Team"), "team_id", width=18),
            Column(self.env._("Engineer"), "engineer_id", width=16),
            Column(self.env._("Score (0–100)"), lambda row: row.score if row.has_score else None, "number"),
            Column(self.env._("Original score"), lambda row: row.original_score if row.has_score else None, "number"),
            Column(self.env._("Original scale"), "original_scale", width=14),
            Column(self.env._("Satisfied"), lambda row: row.is_satisfied if row.has_score else None, "boolean"),
            Column(self.env._("Would recommend (0–10)"), lambda row: row.nps if row.has_nps else None, "integer"),
            Column(self.env._("What the customer says"), "comment", width=44),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Follow-up"), "state", width=16),
            Column(self.env._("Result of the follow-up"), "follow_up_result", width=20),
            Column(self.env._("What is done about it"), "follow_up_note", width=36),
            Column(self.env._("Anonymous"), "is_anonymous", "boolean"),
            Column(self.env._("Historic"), "is_historic", "boolean"),
            Column(self.env._("Company"), "company_id"),
        ]
