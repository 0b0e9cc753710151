from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    quality_ack_hours = fields.Integer("Acknowledgement within", default=24, help="Hours from the issue of a notice.")
    quality_plan_hours = fields.Integer("Rectification plan within", default=72, help="Hours from the acknowledgement.")
    quality_recheck_hours = fields.Integer("Re-check within", default=48, help="Hours from the request for it.")
    quality_redo_days = fields.Integer(
        "New round within", default=7, help="Days a line that failed its re-check gets when no other date is given."
    )
    quality_repeat_days = fields.Integer(
        "Repeated finding within", default=180, help="Days in which the same clause to the same recipient is a repeat."
    )

    _quality_hours_positive = models.Constraint(
        "CHECK (quality_ack_hours > 0 AND quality_plan_hours > 0 AND quality_recheck_hours > 0"
        " AND quality_redo_days > 0 AND quality_repeat_days >= 0)",
        "The times of rectification notices must be positive.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    quality_ack_hours = fields.Integer(related="company_id.quality_ack_hours", readonly=False)
    quality_plan_hours = fields.Integer(related="company_id.quality_plan_hours", readonly=False)
    quality_recheck_hours = fields.Integer(related="company_id.quality_recheck_hours", readonly=False)
    quality_redo_days = fields.Integer(related="company_id.quality_redo_days", readonly=False)
    quality_repeat_days = fields.Integer(related="company_id.quality_repeat_days", readonly=False)
