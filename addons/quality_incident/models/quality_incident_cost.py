from odoo import api, fields, models


class QualityIncident(models.Model):
    """What an incident cost, as one figure that the cockpit, the indicators and pivots share (F8)."""

    _inherit = "quality.incident"

    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Currency of the company")
    poor_quality_cost = fields.Monetary(
        "Cost of poor quality",
        currency_field="company_currency_id",
        compute="_compute_poor_quality_cost",
        store=True,
        help="The actual loss, or the estimated one as long as the actual is not known; "
        "in the currency of the company, at the rate of the day it happened.",
    )

    # The cockpit reads what was reported in a span of time.
    _reported_idx = models.Index("(company_id, reported_at) WHERE reported_at IS NOT NULL")

    @api.depends("actual_loss", "estimated_loss", "no_loss", "currency_id", "company_id", "occurred_at")
    def _compute_poor_quality_cost(self):
        for incident in self:
            loss = 0 if incident.no_loss else incident.actual_loss or incident.estimated_loss
            currency = incident.currency_id or incident.company_currency_id
            incident.poor_quality_cost = currency._convert(
                loss,
                incident.company_currency_id,
                incident.company_id,
                (incident.occurred_at or fields.Datetime.now()).date(),
            )
