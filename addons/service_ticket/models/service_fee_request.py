from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from .service_ticket_roles import LEADER

STATES = [
    ("draft", "Draft"),
    ("approval", "Being approved"),
    ("approved", "Approved"),
    ("quoted", "With the customer"),
    ("accepted", "Accepted"),
    ("refused", "Refused"),
    ("invoiced", "Invoiced"),
    ("settled", "Settled"),
    ("cancelled", "Cancelled"),
]
#: somebody still has to do something before the ticket can be closed
OPEN = ("draft", "approval", "approved", "quoted", "accepted")
#: what was agreed and may be collected
AGREED = ("accepted", "invoiced", "settled")
#: until the customer has it, the content may change; what was approved then lapses
EDITABLE = ("draft", "approval", "approved")


class ServiceFeeRequest(models.Model):
    """What a customer is to pay: approved, quoted, agreed by the customer, invoiced, in this order (C7, C18, D2)."""

    _name = "service.fee.request"
    _description = "Fee request"
    _inherit = ["quality.step.mixin", "quality.approval.mixin", "quality.seal.mixin", "quality.evidence.mixin"]
    _order = "id desc"
    _rec_names_search = ["name", "ticket_id.name", "partner_id.name"]
    _check_company_auto = True
    _sequence_code = "service.fee.request"
    _historic_group = LEADER
    _open_states = OPEN
    _personal_fields = ("purpose", "reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    ticket_id = fields.Many2one("service.ticket", required=True, index=True, ondelete="restrict", check_company=True)
    visit_id = fields.Many2one(
        "service.visit",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('ticket_id', '=', ticket_id)]",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    state = fields.Selection(STATES, default="draft", required=True, copy=False, index=True, tracking=True)
    round = fields.Integer("Offer no.", readonly=True, copy=False, default=1, aggregator=None)
    partner_id = fields.Many2one("res.partner", "Customer", index="btree_not_null", tracking=True)
    purpose = fields.Text("Why it is charged", help="What happened, and why the customer pays. For the approver.")
    valid_until = fields.Date("Offer valid until", tracking=True)
    currency_id = fields.Many2one("res.currency", required=True, tracking=True)
    line_ids = fields.One2many("service.fee.line", "fee_id", "Lines")
    evidence_ids = fields.Many2many(string="Written acceptance and other evidence")

    amount_untaxed = fields.Monetary("Untaxed amount", compute="_compute_amounts", store=True)
    amount_tax = fields.Monetary("Taxes", compute="_compute_amounts", store=True)
    amount_total = fields.Monetary("To be paid", compute="_compute_amounts", store=True, tracking=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Currency of the company")
    amount_company = fields.Monetary(
        "Untaxed amount in the company's currency",
        currency_field="company_currency_id",
        compute="_compute_amount_company",
        store=True,
        help="What approval rules with a limit look at.",
    )

    requested_by_id = fields.Many2one("res.users", "Asked for by", readonly=True, copy=False, index="btree_not_null")
    accepted_at = fields.Datetime("Accepted on", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    answer_ids = fields.One2many("service.fee.answer", "fee_id", "Answers of the customer", readonly=True)

    _ticket_idx = models.Index("(ticket_id, state)")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "ticket_id.subject")
    def _compute_display_name(self):
        for fee in self:
            fee.display_name = f"{fee.name} {fee.sudo().ticket_id.subject or ''}".strip()

    @api.depends(
        "line_ids.price_unit",
        "line_ids.quantity",
        "line_ids.in_warranty",
        "line_ids.tax_ids",
        "currency_id",
        "company_id",
    )
    def _compute_amounts(self):
        """Add the lines up as Odoo's quotation does, so that both say the same to the cent."""
        taxes = self.env["account.tax"]
        for fee in self:
            lines = [line._tax_base() for line in fee.line_ids]
            company = fee.company_id or self.env.company
            taxes._add_tax_details_in_base_lines(lines, company)
            taxes._round_base_lines_tax_details(lines, company)
            totals = taxes._get_tax_totals_summary(
                base_lines=lines, currency=fee.currency_id or company.currency_id, company=company
            )
            fee.amount_untaxed = totals["base_amount_currency"]
            fee.amount_tax = totals["tax_amount_currency"]
            fee.amount_total = totals["total_amount_currency"]

    @api.depends("amount_untaxed", "currency_id", "company_id")
    def _compute_amount_company(self):
        today = fields.Date.context_today(self)
        for fee in self:
            fee.amount_company = (fee.currency_id or fee.company_currency_id)._convert(
                fee.amount_untaxed, fee.company_currency_id, fee.company_id or self.env.company, today
            )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Draft fee requests; company, customer and currency come from the ticket."""
        tickets = self.env["service.ticket"].browse([vals.get("ticket_id") for vals in vals_list])
        tickets.check_access("read")
        for vals, ticket in zip(vals_list, tickets.sudo(), strict=True):
            vals["company_id"] = ticket.company_id.id
            vals["currency_id"] = vals.get("currency_id") or ticket.company_id.currency_id.id
            vals.setdefault("partner_id", ticket.partner_id.id)
        self._number(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Write; what was approved and is changed lapses."""
        result = super().write(vals)
        if not vals.keys().isdisjoint(("partner_id", "currency_id", "purpose", "valid_until", "visit_id")):
            self._refresh_approvals()
        return result

    def _line_changed(self):
        self._refresh_approvals()
        return super()._line_changed()

    @api.model
    def _check_may_import_history(self):
        raise AccessError(self.env._("Fees are asked for, approved and accepted here; none is imported as history."))

    @api.model
    def _frozen_fields(self, state):
        fixed = frozenset({"name", "company_id", "ticket_id"})
        if state in EDITABLE:
            return fixed
        frozen = self._every_field() | fixed
        # A written acceptance is handed in while the customer thinks it over.
        return frozen - {"evidence_ids"} if state == "quoted" else frozen

    def _evidence_locked(self):
        return any(fee.state not in (*EDITABLE, "quoted") for fee in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", (*OPEN, "invoiced"))

    def _personal_documents(self):
        return self

    @api.onchange("ticket_id")
    def _onchange_ticket_id(self):
        ticket = self.ticket_id
        self.company_id = ticket.company_id or self.env.company
        self.currency_id = self.company_id.currency_id
        self.partner_id = self.partner_id or ticket.partner_id

    @api.model
    def default_get(self, fields):
        return {
            "company_id": self.env.company.id,
            "currency_id": self.env.company.currency_id.id,
            **super().default_get(fields),
        }

    # ------------------------------------------------------------------
    # Approval: the leader consents before anything is offered (C7)
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return "fee_request"

    def _approval_content(self, gate):
        return {
            "fee": self._content(),
            "purpose": self.purpose or "",
            "valid_until": self.valid_until,
        }

    def _content(self):
        """Return what is offered, as plain data for approval and seal."""
        return {
            "ticket": self.ticket_id.id,
            "visit": self.visit_id.id,
            "partner": self.partner_id.id,
            "currency": self.currency_id.id,
            "lines": [line._content() for line in self.line_ids.sorted("id")],
        }

    def _seal_content(self, purpose):
        return {"number": self.name, "round": self.round, "total": repr(self.amount_total), **self._content()}

    def _approval_authors(self, gate):
        return self.create_uid | self.requested_by_id

    def _approval_department(self):
        return self.ticket_id.team_id.department_id


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=[("fee_request", "Fee request")], ondelete={"fee_request": "cascade"})


class QualitySeal(models.Model):
    _inherit = "quality.seal"

    purpose = fields.Selection(
        selection_add=[("fee_acceptance", "Acceptance of fees")], ondelete={"fee_acceptance": "cascade"}
    )
