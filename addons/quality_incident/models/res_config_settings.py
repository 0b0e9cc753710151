from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    quality_national_grading = fields.Boolean(related="company_id.quality_national_grading", readonly=False)
    quality_late_report_hours = fields.Integer(related="company_id.quality_late_report_hours", readonly=False)
    quality_acceptance_hours = fields.Integer(related="company_id.quality_acceptance_hours", readonly=False)
    quality_effect_days = fields.Integer(related="company_id.quality_effect_days", readonly=False)

    def action_quality_setup(self):
        """Set up the defaults of the current company; see ``res.company.action_quality_setup``."""
        return self.company_id.action_quality_setup()
