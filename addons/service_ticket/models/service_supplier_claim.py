from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .service_claim_settings import CLAIMERS
from .service_ticket_roles import LEADER

STATES = [
    ("draft", "Draft"),
    ("approval", "Being approved"),
    ("approved", "To send"),
    ("sent", "Waiting for the supplier"),
    ("answered", "Answered"),
    ("settled", "Settled"),
    ("cancelled", "Cancelled"),
]
#: states in which somebody still owes something
OPEN = ("draft", "approval", "approved", "sent", "answered")
#: what the supplier's answer says; entered while the claim waits for it
ANSWER = frozenset({"answered_on", "supplier_reference", "answer_note"})
#: sums of the lines
SUMS = {
    "amount_parts": "part_amount", "amount_labour": "labour_amount", "amount_freight": "freight_amount",
    "amount_claimed": "claimed_amount", "amount_accepted": "accepted_amount", "amount_received": "received_amount",
}


class ServiceSupplierClaim(models.Model):
    """What a supplier is asked to pay for parts of his that failed: from the old parts to the money (C15)."""

    _name = "service.supplier.claim"
    _description = "Supplier claim"
    _inherit = ["quality.step.mixin", "quality.approval.mixin", "quality.evidence.mixin", "quality.register.mixin"]
    _order = "create_date desc, id desc"
    _rec_names_search = ["name", "partner_id.name", "supplier_reference"]
    _check_company_auto = True
    _sequence_code = "service.supplier.claim"
    _historic_group = LEADER
    _open_states = ("draft",)
    _personal_fields = ("note", "answer_note", "reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Currency of the company")
    state = fields.Selection(
        STATES, default="draft", required=True, copy=False, index=True, tracking=True, group_expand="_expand_states"
    )
    partner_id = fields.Many2one(
        "res.partner", "Supplier", required=True, index=True, tracking=True, check_company=True, ondelete="restrict"
    )
    user_id = fields.Many2one(
        "res.users", "Responsible", default=lambda self: self.env.user, required=True, index="btree_not_null",
        tracking=True, check_company=True, domain="[('share', '=', False)]",
        help="Follows the claim until it is settled.",
    )
    claim_date = fields.Date(
        "Date", required=True, default=fields.Date.context_today, index=True,
        help="Amounts in other currencies are converted at the rate of this day.",
    )
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, tracking=True
    )
    company_rate = fields.Float(
        "Rate", compute="_compute_company_rate", store=True, digits=0,
        help="What one unit of the claim's currency is worth in the company's.",
    )
    with_goods = fields.Boolean(
        "Send the parts back", default=True, tracking=True, help="Otherwise the letter alone is the claim.",
    )
    answer_days = fields.Integer(
        "Answer within", required=True, default=lambda self: self.env.company.service_claim_days,
        help="Days from sending the claim.",
    )
    note = fields.Text("Letter", help="What the letter says about the faults and what we ask for.")
    line_ids = fields.One2many("service.supplier.claim.line", "claim_id", "Parts")
    ticket_ids = fields.Many2many(
        "service.ticket", string="Tickets", compute="_compute_ticket_ids", compute_sudo=True
    )
    ticket_count = fields.Integer(compute="_compute_ticket_ids", compute_sudo=True)
    evidence_ids = fields.Many2many(string="Photos and documents")

    # figures
    amount_parts = fields.Monetary("For parts", compute="_compute_amounts", store=True)
    amount_labour = fields.Monetary("For labour", compute="_compute_amounts", store=True)
    amount_freight = fields.Monetary("For freight", compute="_compute_amounts", store=True)
    amount_claimed = fields.Monetary("Claimed", compute="_compute_amounts", store=True, tracking=True)
    amount_accepted = fields.Monetary("Accepted", compute="_compute_amounts", store=True, tracking=True)
    amount_received = fields.Monetary(
        "Received", compute="_compute_amounts", store=True, tracking=True,
        help="Credit notes that accounting has posted, and replacements that are in the store.",
    )

    # sent
    approved_at = fields.Datetime("Approved on", readonly=True, copy=False)
    goods_sent_at = fields.Datetime("Parts sent on", readonly=True, copy=False)
    letter_sent_at = fields.Datetime("Letter sent on", readonly=True, copy=False)
    letter_by = fields.Selection(
        [("mail", "E-mail"), ("post", "Post")], "Letter sent by", readonly=True, copy=False
    )
    sent_at = fields.Datetime("Sent on", readonly=True, copy=False, index="btree_not_null")
    answer_due_on = fields.Date("Answer due on", readonly=True, copy=False)

    # answered
    answered_on = fields.Date("Date of the answer", copy=False, tracking=True, index="btree_not_null")
    supplier_reference = fields.Char("Number of the supplier", copy=False)
    answer_note = fields.Text("What the supplier says", copy=False)
    settled_at = fields.Datetime("Settled on", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)

    _supplier_idx = models.Index("(company_id, partner_id) WHERE state != 'cancelled'")
    _answered_idx = models.Index("(company_id, answered_on) WHERE answered_on IS NOT NULL")
    _days_positive = models.Constraint("CHECK (answer_days > 0)", "The supplier has at least one day to answer.")

    _system_fields = frozenset(
        {
            "approved_at", "goods_sent_at", "letter_sent_at", "letter_by", "sent_at", "answer_due_on", "settled_at",
            "cancel_reason", "reason", "reference_id",
        }
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for claim in self:
            claim.display_name = " ".join(filter(None, (claim.name, claim.sudo().partner_id.name)))

    @api.depends("currency_id", "company_id", "claim_date")
    def _compute_company_rate(self):
        for claim in self:
            company = claim.company_id or self.env.company
            currency = claim.currency_id or company.currency_id
            claim.company_rate = self.env["res.currency"]._get_conversion_rate(
                currency, company.currency_id, company, claim.claim_date or fields.Date.context_today(claim)
            )

    @api.depends(lambda self: [f"line_ids.{name}" for name in SUMS.values()])
    def _compute_amounts(self):
        for claim in self:
            for name, source in SUMS.items():
                claim[name] = sum(claim.line_ids.mapped(source))

    @api.depends("line_ids.ticket_id")
    def _compute_ticket_ids(self):
        for claim in self:
            claim.ticket_ids = claim.line_ids.ticket_id
            claim.ticket_count = len(claim.ticket_ids)

    def _expand_states(self, states, domain):
        return [state for state, _label in STATES if state in OPEN or state in states]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Write claims.

        :raises AccessError: the user neither keeps the store nor works at the service desk
        """
        self._check_role(CLAIMERS)
        self._number(vals_list)
        return super().create([self._with_supplier(dict(vals)) for vals in vals_list])

    def write(self, vals):
        result = super().write(vals)
        if "answered_on" in vals:
            self._check_answer_date()
        return result

    @api.model
    def _with_supplier(self, vals):
        """Return the values of a new claim with the currency in which the supplier is bought from."""
        if vals.get("partner_id") and not vals.get("currency_id"):
            company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id)
            partner = self.env["res.partner"].browse(vals["partner_id"]).sudo().with_company(company)
            vals["currency_id"] = (partner.property_purchase_currency_id or company.sudo().currency_id).id
        return vals

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        partner = self.partner_id.sudo().with_company(self.company_id)
        self.currency_id = partner.property_purchase_currency_id or self.company_id.currency_id

    @api.model
    def _check_may_import_history(self):
        raise AccessError(self.env._("Claims are written here; none is imported as history."))

    def _check_answer_date(self):
        for claim in self.filtered("answered_on"):
            sent = fields.Datetime.context_timestamp(claim, claim.sent_at).date() if claim.sent_at else None
            if claim.answered_on > fields.Date.context_today(claim) or (sent and claim.answered_on < sent):
                raise UserError(
                    self.env._("%s: the answer came after the claim was sent, and not in the future.", claim.name)
                )

    @api.model
    def _frozen_fields(self, state):
        if state == "draft":
            return frozenset({"name", "company_id"}) | ANSWER
        frozen = self._every_field() - {"user_id"}
        if state in ("settled", "cancelled"):
            return frozen | {"user_id"}
        frozen -= {"evidence_ids"}
        return frozen - ANSWER - {"line_ids"} if state == "sent" else frozen

    def _evidence_locked(self):
        return any(claim.state in ("settled", "cancelled") for claim in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", OPEN)

    def _personal_documents(self):
        return self

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    def _check_claimer(self):
        """Raise AccessError unless the user works with claims and may change these."""
        self._check_role(CLAIMERS)
        self.check_access("write")

    def _letter_due_on(self):
        """Return the day by which the supplier is asked to answer."""
        self.ensure_one()
        return self.answer_due_on or fields.Date.context_today(self) + relativedelta(days=self.answer_days)

    def action_open_tickets(self):
        """Return the tickets whose parts are claimed here."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_ticket_action"),
            "domain": [("id", "in", self.ticket_ids.ids)], "context": {},
        }
