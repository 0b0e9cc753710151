from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools.locking import wait_for
from .service_fee_request import AGREED
from .service_ticket_roles import AGENT, ENGINEER, FINANCE, LEADER

KIND = "cash_hand_in"


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(selection_add=[(KIND, "Cash to be handed in"), ("other",)], ondelete={KIND: "cascade"})


class ServiceCashReceipt(models.Model):
    """Money a customer pays on site: only what was agreed, with a receipt, handed in to a named person (C7)."""

    _name = "service.cash.receipt"
    _description = "Cash receipt"
    _inherit = [
        "quality.step.mixin",
        "quality.deadline.mixin",
        "quality.evidence.mixin",
        "mail.thread",
        "mail.activity.mixin",
        "quality.register.mixin",
    ]
    _order = "received_at desc, id desc"
    _check_company_auto = True
    _sequence_code = "service.cash.receipt"
    _historic_group = LEADER
    _personal_fields = ("payer", "reason", "cancel_reason")
    _register_date = "received_at"
    _register_order = "received_at, id"

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    state = fields.Selection(
        [("received", "With the engineer"), ("handed_in", "Handed in"), ("cancelled", "Cancelled")],
        default="received",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    fee_id = fields.Many2one(
        "service.fee.request",
        "Fee request",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="[('state', 'in', ('accepted', 'invoiced'))]",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    ticket_id = fields.Many2one(related="fee_id.ticket_id", store=True, index=True)
    visit_id = fields.Many2one(
        "service.visit",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('ticket_id', '=', ticket_id)]",
    )
    currency_id = fields.Many2one(related="fee_id.currency_id", store=True)
    amount = fields.Monetary(required=True, tracking=True)
    payer = fields.Char("Paid by", required=True)
    engineer_id = fields.Many2one(
        "hr.employee",
        "Received by",
        required=True,
        index=True,
        check_company=True,
        ondelete="restrict",
        default=lambda self: self.env.user.employee_id,
    )
    received_at = fields.Datetime("Received on", required=True, default=fields.Datetime.now)
    handed_to_id = fields.Many2one(
        "res.users",
        "To be handed in to",
        check_company=True,
        index="btree_not_null",
        tracking=True,
        domain=lambda self: [("all_group_ids", "in", self.env.ref(FINANCE).ids), ("share", "=", False)],
        help="The person of finance who takes the money in and confirms it.",
    )
    handed_in_at = fields.Datetime("Handed in on", readonly=True, copy=False)
    confirmed_by_id = fields.Many2one("res.users", "Taken in by", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    evidence_ids = fields.Many2many(string="Photos and documents")

    _amount_positive = models.Constraint("CHECK (amount > 0)", "A receipt is for an amount above zero.")

    _transitions = {
        ("received", "handed_in"): ("_missing_taker",),
        ("received", "cancelled"): ("_missing_cancel_reason",),
    }
    _transition_groups = {("received", "handed_in"): FINANCE, ("received", "cancelled"): f"{LEADER},{FINANCE}"}
    _next_state = {"received": "handed_in"}
    _stamps = {"handed_in": ("confirmed_by_id", "handed_in_at")}
    _step_activity = "service_ticket.mail_activity_fee_step"
    _system_fields = frozenset(
        {"handed_in_at", "confirmed_by_id", "cancel_reason", "reason", "ticket_id", "currency_id"}
    )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Record cash received on site; the clock of handing it in starts at once.

        :raises UserError: the fee was not agreed, or it is more than what is owed
        """
        fees = self.env["service.fee.request"].browse([vals.get("fee_id") for vals in vals_list])
        fees.check_access("read")
        wait_for(fees.sudo())  # two engineers who cash the same fee meet here
        for vals, fee in zip(vals_list, fees.sudo(), strict=True):
            vals["company_id"] = fee.company_id.id
            vals.setdefault("visit_id", fee.visit_id.id)
        self._number(vals_list)
        receipts = super().create(vals_list)
        receipts._check_receipts()
        receipts._promise_hand_in()
        receipts._assign_next_step()
        return receipts

    def write(self, vals):
        result = super().write(vals)
        if "handed_to_id" in vals:
            self._check_taker()
            self._assign_next_step()
        return result

    @api.model
    def _check_may_import_history(self):
        raise AccessError(self.env._("Cash is recorded when it is received; none is imported as history."))

    @api.model
    def _frozen_fields(self, state):
        frozen = self._every_field() | {"name", "company_id"}
        return frozen - {"handed_to_id", "evidence_ids"} if state == "received" else frozen

    def _evidence_locked(self):
        return any(receipt.state != "received" for receipt in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "=", "received")

    def _personal_documents(self):
        return self

    def _check_receipts(self):
        now = fields.Datetime.now()
        for receipt in self:
            fee = receipt.sudo().fee_id
            if fee.state not in AGREED[:2]:
                raise UserError(
                    self.env._(
                        "%(fee)s is “%(state)s”: cash is taken only for what was approved and the customer accepted.",
                        fee=fee.name,
                        state=fee._state_label(fee.state),
                    )
                )
            if fee.currency_id.compare_amounts(fee.amount_owed, 0) < 0:
                raise UserError(
                    self.env._(
                        "%(fee)s: %(amount)s is more than what is owed. Take at most %(owed)s.",
                        fee=fee.name,
                        amount=fee.currency_id.format(receipt.amount),
                        owed=fee.currency_id.format(fee.amount_owed + receipt.amount),
                    )
                )
            if receipt.received_at > now:
                raise UserError(self.env._("%s: cash cannot have been received in the future.", receipt.name))
            if receipt.visit_id and receipt.visit_id.sudo().ticket_id != fee.ticket_id:
                raise UserError(self.env._("%s: the visit belongs to another ticket.", receipt.name))
            receipt._check_receiver()
        self._check_taker()

    def _check_receiver(self):
        """An engineer records what they received themselves; the desk records for others."""
        user = self.env.user
        if not self.env.su and not user.has_group(AGENT) and self.sudo().engineer_id.user_id != user:
            raise AccessError(self.env._("Record the cash you received yourself; the service desk records for others."))

    def _check_taker(self):
        for receipt in self.filtered("handed_to_id"):
            taker = receipt.sudo().handed_to_id
            if not taker.has_group(FINANCE) or taker == receipt.sudo().engineer_id.user_id:
                raise UserError(self.env._("Cash is handed in to a person of service finance, not to oneself."))

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _promise_hand_in(self):
        """C7: handed in within the hours of the company; the engineer owes it."""
        self.env["quality.deadline"]._start(
            [
                {
                    "record": receipt,
                    "kind": KIND,
                    "hours": receipt.company_id.service_cash_hours,
                    "start_at": receipt.received_at,
                    "user": receipt.engineer_id.user_id,
                    "department": receipt.ticket_id.team_id.department_id,
                }
                for receipt in self.sudo()
            ]
        )

    def _missing_taker(self):
        """The one who confirms is the named person, and never the one who had the money."""
        receipt, user = self.sudo(), self.env.user
        if user == receipt.engineer_id.user_id:
            return [self.env._("Somebody else: who received the cash does not confirm that it was handed in")]
        if receipt.handed_to_id and receipt.handed_to_id != user:
            return [self.env._("%s: the money is to be handed in to this person", receipt.handed_to_id.name)]
        return []

    def _next_missing(self):
        return []  # who looks at it is not who takes it in

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    def _next_people(self):
        if self.state != "received":
            return None
        return self.handed_to_id, self.env._("Take in the cash of %s", self.name)

    def action_hand_in(self):
        """Confirm that the cash is handed in: the named person of finance does, not the engineer (C7).

        :raises AccessError: the user is not of service finance
        """
        return self._take_step("handed_in")

    def action_cancel(self, reason=None):
        """Cancel a receipt that was written wrongly; it keeps its number.

        :param reason: text; without it the button asks for it
        """
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def _after_transition(self, origins, target):
        receipts = self.sudo()
        if target == "handed_in":
            receipts._stop_deadline(KIND)
        self._assign_next_step()
        for receipt in receipts:
            text = receipt._state_label(target)
            receipt.fee_id._message_log(body=f"{receipt.name}: {receipt.currency_id.format(receipt.amount)}, {text}")
        return super()._after_transition(origins, target)


class ServiceFeeRequest(models.Model):
    _inherit = "service.fee.request"

    cash_ids = fields.One2many("service.cash.receipt", "fee_id", "Cash received", readonly=True)
    cash_total = fields.Monetary("Cash handed in", compute="_compute_amount_owed", compute_sudo=True)
    amount_owed = fields.Monetary(
        "Still owed",
        compute="_compute_amount_owed",
        compute_sudo=True,
        help="What was accepted, less the cash received on site and what accounting has received.",
    )

    @api.depends(
        "amount_total",
        "state",
        "cash_ids.amount",
        "cash_ids.state",
        "order_ids.invoice_ids.amount_residual",
        "order_ids.invoice_ids.state",
    )
    def _compute_amount_owed(self):
        for fee in self:
            cash = fee.cash_ids.filtered(lambda one: one.state != "cancelled")
            handed_in = cash.filtered(lambda one: one.state == "handed_in")
            fee.cash_total = sum(handed_in.mapped("amount"))
            owed = fee.amount_total - sum(cash.mapped("amount"))
            posted = fee.invoice_ids.filtered(lambda move: move.state == "posted")
            if posted:
                # Accounting books the cash once it has it: what is still on the way comes off what is open there.
                outstanding = sum(posted.mapped("amount_residual")) - sum((cash - handed_in).mapped("amount"))
                owed = min(owed, outstanding)
            fee.amount_owed = owed if fee.state in AGREED else 0

    def action_receive_cash(self):
        """Return the form that records cash received on site for this request (C7).

        :raises AccessError: the user is no service staff
        :raises UserError: nothing was agreed, or nothing is owed
        """
        self.ensure_one()
        self._check_role(f"{ENGINEER},{AGENT}")
        self.check_access("read")
        if self.state not in AGREED[:2] or self.currency_id.compare_amounts(self.amount_owed, 0) <= 0:
            raise UserError(self.env._("%s: nothing is owed at present.", self.display_name))
        return {
            "type": "ir.actions.act_window",
            "res_model": "service.cash.receipt",
            "views": [[False, "form"]],
            "name": self.env._("Cash received"),
            "context": {
                "default_fee_id": self.id,
                "default_visit_id": self.visit_id.id,
                "default_amount": self.amount_owed,
                "default_payer": self.sudo().ticket_id.contact_name or self.partner_id.name,
            },
        }
