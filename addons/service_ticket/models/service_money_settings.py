from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    service_cash_hours = fields.Integer(
        "Cash handed in within", default=24, help="Hours from receiving cash on site to handing it in."
    )
    service_audit_before_close = fields.Boolean(
        "Costs audited before closing", help="A ticket is closed only when finance has audited its costs."
    )

    _service_cash_positive = models.Constraint(
        "CHECK (service_cash_hours > 0)", "The hours for handing in cash are above zero."
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    service_cash_hours = fields.Integer(related="company_id.service_cash_hours", readonly=False)
    service_audit_before_close = fields.Boolean(related="company_id.service_audit_before_close", readonly=False)
