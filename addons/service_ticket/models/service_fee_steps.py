from odoo import fields, models
from odoo.exceptions import UserError

from .service_ticket_roles import AGENT, ENGINEER, FINANCE, LEADER

GATE = "fee_request"
CANCEL = ("_missing_cancel_reason", "_missing_no_money")
CANCELLABLE = ("draft", "approval", "approved", "quoted", "refused", "accepted")


class ServiceFeeRequest(models.Model):
    """The steps of a fee request: no offer before the approval, no work before the acceptance (C7, C18)."""

    _inherit = "service.fee.request"

    _transitions = {
        ("draft", "approval"): ("_missing_offer",),
        ("approval", "approved"): ("_missing_approval",),
        ("approval", "draft"): (),
        ("approved", "draft"): (),
        ("approved", "quoted"): ("_missing_approval", "_missing_quotation"),
        ("quoted", "accepted"): ("_missing_approval", "_missing_quotation", "_missing_consent"),
        ("quoted", "refused"): ("_missing_refusal",),
        ("quoted", "draft"): ("_missing_new_round",),
        ("refused", "draft"): (),
        ("accepted", "invoiced"): ("_missing_invoice",),
        ("invoiced", "settled"): ("_missing_payment",),
        **{(state, "cancelled"): CANCEL for state in CANCELLABLE},
    }
    _transition_groups = {
        ("draft", "approval"): ENGINEER,
        ("approval", "approved"): LEADER,
        ("approval", "draft"): ENGINEER,
        ("approved", "draft"): ENGINEER,
        ("approved", "quoted"): ENGINEER,
        ("quoted", "accepted"): ENGINEER,
        ("quoted", "refused"): ENGINEER,
        ("quoted", "draft"): ENGINEER,
        ("refused", "draft"): ENGINEER,
        ("accepted", "invoiced"): FINANCE,
        ("invoiced", "settled"): FINANCE,
        **{(state, "cancelled"): ENGINEER for state in ("draft", "approval")},
        **{(state, "cancelled"): AGENT for state in ("approved", "quoted", "refused")},
        ("accepted", "cancelled"): LEADER,
    }
    _next_state = {
        "draft": "approval",
        "approved": "quoted",
        "accepted": "invoiced",
        "invoiced": "settled",
    }
    _step_activity = "service_ticket.mail_activity_fee_step"
    #: amounts follow from the lines; a stored computed field would else take whatever is written into it
    _system_fields = frozenset(
        {
            "round",
            "requested_by_id",
            "accepted_at",
            "cancel_reason",
            "reason",
            "amount_untaxed",
            "amount_tax",
            "amount_total",
            "amount_company",
        }
    )

    def _next_people(self):
        desk = self.requested_by_id or self.ticket_id.user_id
        people = {
            "draft": (self.requested_by_id, self.env._("Work out a new offer")),
            "approved": (desk, self.env._("Send the offer to the customer")),
            "accepted": (self._role_users(FINANCE), self.env._("Draw up the invoice")),
        }
        return people.get(self.state)

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_offer(self):
        """C7: what the leader is asked to consent to is complete."""
        missing = []
        if not self.partner_id:
            missing.append(self.env._("The customer who is to pay"))
        if not (self.purpose or "").strip():
            missing.append(self.env._("Why it is charged"))
        charged = self.line_ids.filtered(lambda line: not line.in_warranty)
        if not charged:
            missing.append(self.env._("At least one line that the customer pays for"))
        missing += [
            self.env._("The price of “%s”", line.name or line.product_id.display_name)
            for line in charged
            if not line.price_unit
        ]
        if self._is_expired():
            missing.append(self.env._("A day in the future until which the offer is valid"))
        return missing

    def _missing_approval(self):
        return [] if self._gate_approved(GATE) else [self.env._("The leader's consent to what stands here")]

    def _missing_quotation(self):
        order = self.sudo().order_id
        if not order:
            return [self.env._("The quotation")]
        if order.currency_id != self.currency_id or self.currency_id.compare_amounts(
            order.amount_total, self.amount_total
        ):
            return [self.env._("A quotation over the approved amount: %s says something else", order.name)]
        return []

    def _missing_consent(self):
        if self._last_answer().answer == "accepted":
            return []
        return [self.env._("The customer's acceptance: in the portal, or in writing with the paper as evidence")]

    def _missing_refusal(self):
        return [] if self._last_answer().answer == "refused" else [self.env._("The customer's refusal")]

    def _missing_new_round(self):
        if self._last_answer().answer == "counter" or self._is_expired() or not self._gate_approved(GATE):
            return []
        return [self.env._("The customer's counter-proposal: the present offer still stands")]

    def _missing_invoice(self):
        return [] if self.sudo().invoice_ids else [self.env._("The invoice: use “Invoice”")]

    def _missing_payment(self):
        """Settled is what was paid: by invoice, or in cash that was handed in."""
        fee = self.sudo()
        posted = fee.invoice_ids.filtered(lambda move: move.state == "posted")
        missing = []
        if not posted:
            missing.append(self.env._("The posted invoice"))
        if fee.cash_ids.filtered(lambda cash: cash.state == "received"):
            missing.append(self.env._("The cash received on site: it is not handed in yet"))
        paid = posted and all(move.payment_state in ("paid", "in_payment", "reversed") for move in posted)
        if not paid and self.currency_id.compare_amounts(fee.cash_total, self.amount_total) < 0:
            missing.append(self.env._("The payment"))
        return missing

    def _missing_no_money(self):
        if self.sudo().cash_ids.filtered(lambda cash: cash.state != "cancelled"):
            return [self.env._("The money: cash was received for it already")]
        if self.sudo().invoice_ids.filtered(lambda move: move.state == "posted"):
            return [self.env._("A credit note: the invoice is posted already")]
        return []

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    def _check_can_request_approval(self, gate):
        if self.state != "approval":
            raise UserError(self.env._("%s: use “Ask for consent”.", self.display_name))
        return super()._check_can_request_approval(gate) + self._missing_offer()

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_submit(self):
        """Ask the leader for consent (C7).

        :raises UserError: listing everything that is missing
        """
        self.check_access("write")
        self.sudo().filtered(lambda fee: not fee.requested_by_id).write({"requested_by_id": self.env.uid})
        self._take_step("approval")
        return self.action_request_approval(GATE)

    def action_withdraw(self):
        """Take the offer back into the draft; what was approved lapses."""
        return self._take_step("draft")

    def action_quote(self):
        """Send the approved offer to the customer: seen, accepted or declined in the portal."""
        return self._take_step("quoted")

    def action_record_acceptance(self, person=None):
        """Record that the customer accepted in writing; the paper is among the evidence (C18).

        :param person: who signed for the customer; without it the button asks
        :raises UserError: the paper is missing, or see :meth:`_do_answer`
        """
        if not person:
            return self._ask_answer("accepted")
        self._check_may_record()
        for fee in self:
            if not fee.evidence_ids:
                raise UserError(self.env._("%s: attach the paper on which the customer accepts.", fee.name))
            fee._do_answer("accepted", fee._person_name(person), "written")
        return True

    def action_record_refusal(self, person=None, note=None):
        """Record that the customer does not agree.

        :param person: who said so
        :param note: why
        """
        if not person:
            return self._ask_answer("refused")
        self._check_may_record()
        for fee in self:
            fee._do_answer("refused", fee._person_name(person), "written", note)
        return True

    def action_record_counter(self, person=None, note=None, amount=0):
        """Record what the customer proposes instead; a new offer is worked out and approved anew (C18).

        :param amount: what the customer would pay, in the currency of the request
        """
        if not person:
            return self._ask_answer("counter")
        self._check_may_record()
        for fee in self:
            fee._do_answer("counter", fee._person_name(person), "written", note, amount)
        return True

    def action_cancel(self, reason=None):
        """Cancel the fee request with a reason; it keeps its number.

        :param reason: text; without it the button asks for it
        """
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_settle(self):
        """Say that the customer has paid all."""
        return self._take_step("settled")

    def _check_may_record(self):
        self._check_role(f"{ENGINEER},{AGENT}")
        self.check_access("write")

    def _person_name(self, person):
        name = " ".join(str(person or "").split())[:100]
        if not name:
            raise UserError(self.env._("Say who answered for the customer."))
        return name

    def _ask_answer(self, answer):
        """Return the dialog that asks who answered, and what."""
        self.ensure_one()
        self._check_may_record()
        return {
            "type": "ir.actions.act_window",
            "res_model": "service.fee.record",
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Answer of the customer"),
            "context": {"default_fee_id": self.id, "default_answer": answer},
        }

    # ------------------------------------------------------------------
    # What happens on entering a state; self is the superuser's
    # ------------------------------------------------------------------

    def _after_transition(self, origins, target):
        follow_up = getattr(self.sudo(), f"_enter_{target}", None)
        if follow_up:
            follow_up(origins)
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "approved"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        self.sudo().filtered(lambda fee: fee.state == "approval").write({"state": "draft"})
        return super()._on_approval_rejected(gate)

    def _on_approval_superseded(self, gate):
        self.sudo().filtered(lambda fee: fee.state in ("approval", "approved", "quoted")).write({"state": "draft"})
        return super()._on_approval_superseded(gate)

    def _enter_draft(self, origins):
        """Back to the draft: nothing that was approved or offered stands any more."""
        self._drop_approvals()
        self._drop_orders()
        for fee in self:
            if origins[fee] in ("quoted", "refused"):
                fee.round += 1

    def _enter_approved(self, origins):
        for fee in self:
            fee._create_order()

    def _enter_quoted(self, origins):
        for fee in self:
            fee.order_id.action_quotation_sent()
            fee.ticket_id._tell_customer(
                lambda ticket, fee=fee: ticket.env._(
                    "Our offer %(number)s: %(amount)s. Please look at it, then agree or tell us what you think.",
                    number=fee.name,
                    amount=fee._format_amount(ticket.env),
                )
            )

    def _enter_accepted(self, origins):
        self.write({"accepted_at": fields.Datetime.now()})
        for fee in self:
            fee.order_id.action_confirm()

    def _enter_refused(self, origins):
        self._drop_orders()

    def _enter_cancelled(self, origins):
        self._drop_approvals()
        self._drop_orders()

    def _drop_approvals(self):
        live = self.approval_ids.filtered(lambda row: row.state in ("waiting", "pending", "approved"))
        live._supersede()

    def _format_amount(self, env):
        """Return the amount to be paid as text in the language of ``env``."""
        return self.currency_id.with_env(env).format(self.amount_total)
