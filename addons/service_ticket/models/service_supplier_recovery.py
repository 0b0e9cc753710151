from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column
from odoo.tools import SQL

from .service_supplier_claim_line import OUTCOMES

#: what the aggregate of the rate is made of
RATE = "rate:avg"


class ServiceSupplierRecovery(models.Model):
    """What came back from suppliers: one row a claimed part that was sent, in the currency of the company (C15)."""

    _name = "service.supplier.recovery"
    _description = "Recovery from suppliers"
    _inherit = ["quality.register.mixin"]
    _auto = False
    _order = "sent_at desc, id desc"
    _rec_name = "claim_id"
    _depends = {
        "service.supplier.claim": ["state", "partner_id", "sent_at", "answered_on", "company_rate"],
        "service.supplier.claim.line": [
            "claim_id", "company_id", "ticket_id", "product_id", "lot_id", "outcome", "claimed_amount",
            "accepted_amount", "received_amount",
        ],
    }
    _register_date = "sent_at"
    _register_order = "partner_id, sent_at, id"
    _register_historic = None

    claim_id = fields.Many2one("service.supplier.claim", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one("res.partner", "Supplier", readonly=True)
    ticket_id = fields.Many2one("service.ticket", readonly=True)
    product_id = fields.Many2one("product.product", "Part", readonly=True)
    lot_id = fields.Many2one("stock.lot", "Serial number", readonly=True)
    state = fields.Selection(
        lambda self: self.env["service.supplier.claim"]._fields["state"]._description_selection(self.env),
        readonly=True,
    )
    outcome = fields.Selection(OUTCOMES, readonly=True)
    sent_at = fields.Datetime("Sent on", readonly=True)
    answered_on = fields.Date("Date of the answer", readonly=True)
    claimed = fields.Monetary(readonly=True)
    answered = fields.Monetary("Claimed and answered", readonly=True)
    accepted = fields.Monetary(readonly=True)
    received = fields.Monetary(readonly=True)
    refused = fields.Monetary(readonly=True)
    unanswered = fields.Monetary("Not answered", readonly=True)
    outstanding = fields.Monetary("Accepted, to come", readonly=True)
    rate = fields.Float(
        "Recovery rate (%)", readonly=True, aggregator="avg",
        help="Received ÷ claimed, of what the suppliers have answered.",
    )

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT line.id, line.claim_id, line.company_id, claim.partner_id, line.ticket_id, line.product_id,
                   line.lot_id, claim.state, line.outcome, claim.sent_at, claim.answered_on, money.claimed,
                   money.answered, money.accepted, money.received, money.answered - money.accepted AS refused,
                   money.claimed - money.answered AS unanswered,
                   GREATEST(money.accepted - money.received, 0) AS outstanding,
                   COALESCE(100 * money.received / NULLIF(money.answered, 0), 0) AS rate
              FROM service_supplier_claim_line AS line
              JOIN service_supplier_claim AS claim ON claim.id = line.claim_id
CROSS JOIN LATERAL (
            SELECT line.claimed_amount * claim.company_rate AS claimed,
                   CASE WHEN claim.state = 'sent' THEN 0 ELSE line.claimed_amount * claim.company_rate END AS answered,
                   CASE WHEN claim.state = 'sent' THEN 0 ELSE COALESCE(line.accepted_amount, 0) * claim.company_rate END
                        AS accepted,
                   COALESCE(line.received_amount, 0) * claim.company_rate AS received) AS money
             WHERE claim.state IN ('sent', 'answered', 'settled')
            """
        )

    def _read_group_select(self, aggregate_spec, query):
        """A rate of several parts is that of their sums, not the mean of their rates."""
        if aggregate_spec != RATE:
            return super()._read_group_select(aggregate_spec, query)
        return SQL(
            "COALESCE(100 * SUM(%s) / NULLIF(SUM(%s), 0), 0)",
            self._field_to_sql(self._table, "received", query), self._field_to_sql(self._table, "answered", query),
        )

    @api.model
    def _register_title(self):
        return self.env._("Recovery from suppliers")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Supplier"), "partner_id", width=26),
            Column(self.env._("Claim"), "claim_id.name", width=16),
            Column(self.env._("State"), "state", width=20),
            Column(self.env._("Part"), "product_id", width=34),
            Column(self.env._("Serial number"), "lot_id.name", width=18),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Sent"), "sent_at", "datetime"),
            Column(self.env._("Answered"), "answered_on", "date"),
            Column(self.env._("Outcome"), "outcome", width=20),
            Column(self.env._("Claimed"), "claimed", "amount"),
            Column(self.env._("Accepted"), "accepted", "amount"),
            Column(self.env._("Received"), "received", "amount"),
            Column(self.env._("Refused"), "refused", "amount"),
            Column(self.env._("Not answered"), "unanswered", "amount"),
            Column(self.env._("Recovery rate (%)"), "rate", "number"),
            Column(self.env._("Company"), "company_id"),
        ]


class ServiceSupplierClaim(models.Model):
    """The register of claims (C15)."""

    _inherit = "service.supplier.claim"
    _register_date = "claim_date"
    _register_order = "claim_date, id"

    @api.model
    def _register_title(self):
        return self.env._("Register of supplier claims")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Date"), "claim_date", "date"),
            Column(self.env._("Supplier"), "partner_id", width=26),
            Column(self.env._("State"), "state", width=22),
            Column(self.env._("Parts"), lambda one: ", ".join(one.line_ids.mapped("display_name")), width=40),
            Column(self.env._("Tickets"), lambda one: ", ".join(one.ticket_ids.mapped("name")), width=20),
            Column(self.env._("Currency"), "currency_id", width=10),
            Column(self.env._("Claimed"), "amount_claimed", "amount"),
            Column(self.env._("Sent"), "sent_at", "datetime"),
            Column(self.env._("Answer due"), "answer_due_on", "date"),
            Column(self.env._("Answered"), "answered_on", "date"),
            Column(self.env._("Accepted"), "amount_accepted", "amount"),
            Column(self.env._("Received"), "amount_received", "amount"),
            Column(self.env._("Credit note"), lambda one: one.refund_id.name or "", width=18),
            Column(self.env._("Settled"), "settled_at", "datetime"),
            Column(self.env._("Responsible"), "user_id", width=18),
            Column(self.env._("Company"), "company_id"),
        ]


class QualityIndicator(models.Model):
    _inherit = "quality.indicator"

    def _measure_supplier_recovery(self, spans):
        """Money received of what was claimed, of the claims answered in the span (C15)."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT SUM(COALESCE(line.received_amount, 0) * claim.company_rate) AS numerator,
                       SUM(line.claimed_amount * claim.company_rate) AS denominator, 0 AS excluded
                  FROM service_supplier_claim AS claim
                  JOIN service_supplier_claim_line AS line ON line.claim_id = claim.id
                 WHERE claim.company_id = span.company_id AND claim.state IN ('answered', 'settled')
                   AND claim.answered_on >= span.date_from AND claim.answered_on <= span.date_to
                """
            ),
        )
