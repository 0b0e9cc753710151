from odoo import api, fields, models


class ServiceTicket(models.Model):
    _inherit = "service.ticket"

    return_finding_ids = fields.One2many("quality.return.finding", "ticket_id", "Said in return visits", readonly=True)


class ServiceImprovement(models.Model):
    _inherit = "service.improvement"

    return_finding_ids = fields.One2many(
        "quality.return.finding", "improvement_id", "Said in return visits", readonly=True
    )


class QualityRectification(models.Model):
    _inherit = "quality.rectification"

    return_finding_ids = fields.One2many(
        "quality.return.finding", "rectification_id", "Said in return visits", readonly=True
    )

    @api.model
    def _source_of(self, record):
        if record._name in ("quality.return.finding", "quality.market.gap"):
            return "survey"
        return super()._source_of(record)
