from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    _quality_defaults = {
        "service.sla.policy": "clock",
        "service.escalation.rung": None,
    }
    _quality_sequences = (
        "service.ticket",
        "service.visit",
        "service.contact",
        "service.warranty.override",
        "service.fee.request",
        "service.cash.receipt",
        "service.cost.voucher",
    )

    service_reopen_days = fields.Integer(
        "Reopen within",
        default=14,
        help="Days after closing in which a ticket is reopened; later a new one follows it.",
    )
    service_callback_hours = fields.Integer(
        "Call back within", default=72, help="Hours from the solution to the call to the customer. 0: no promise."
    )

    _service_settings_positive = models.Constraint(
        "CHECK (service_reopen_days >= 0 AND service_callback_hours >= 0)", "Days and hours cannot be negative."
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    service_reopen_days = fields.Integer(related="company_id.service_reopen_days", readonly=False)
    service_callback_hours = fields.Integer(related="company_id.service_callback_hours", readonly=False)
    service_training_days = fields.Integer(related="company_id.service_training_days", readonly=False)
    service_certificate_months = fields.Integer(related="company_id.service_certificate_months", readonly=False)
