from datetime import timedelta

from odoo import fields, models
from odoo.addons.quality_incident.tools.canonical import snapshot
from odoo.exceptions import UserError

from .service_claim_settings import CLAIMERS, GATE, KIND
from .service_ticket_roles import FINANCE, LEADER, STORE


class ServiceSupplierClaim(models.Model):
    """The steps of a claim: approved, sent, answered, settled (C15)."""

    _inherit = "service.supplier.claim"

    _transitions = {
        ("draft", "approval"): ("_missing_content", "_missing_round"),
        ("approval", "draft"): (),
        ("approval", "approved"): ("_missing_approval", "_missing_goods"),
        ("approved", "sent"): ("_missing_sending",),
        ("sent", "answered"): ("_missing_answer",),
        ("answered", "sent"): ("_missing_nothing_booked",),
        ("answered", "settled"): ("_missing_settlement",),
        ("draft", "cancelled"): ("_missing_cancel_reason",),
        ("approval", "cancelled"): ("_missing_cancel_reason",),
        ("approved", "cancelled"): ("_missing_cancel_reason", "_missing_nothing_sent"),
    }
    _transition_groups = {
        ("approval", "approved"): LEADER,
        ("answered", "settled"): f"{CLAIMERS},{FINANCE}",
        **dict.fromkeys(
            (
                ("draft", "approval"), ("approval", "draft"), ("approved", "sent"), ("sent", "answered"),
                ("answered", "sent"), ("draft", "cancelled"), ("approval", "cancelled"), ("approved", "cancelled"),
            ),
            CLAIMERS,
        ),
    }
    _next_state = {"draft": "approval", "approved": "sent", "sent": "answered", "answered": "settled"}
    _step_activity = "service_ticket.mail_activity_part_step"

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_content(self):
        """C15: parts with their price, a reason for what the supplier does not have to pay, and the goods."""
        missing = [] if self.line_ids else [self.env._("At least one part")]
        for line in self.line_ids:
            missing += line._missing_in_claim()
        if self.line_ids and self.currency_id.compare_amounts(self.amount_claimed, 0) <= 0:
            missing.append(self.env._("An amount to claim"))
        return missing + self._missing_goods()

    def _missing_round(self):
        return [] if self._gate_asked(GATE) else [self.env._("The request for approval")]

    def _missing_approval(self):
        return [] if self._gate_approved(GATE) else [self.env._("The approval of the claim")]

    def _missing_sending(self):
        if self.with_goods:
            return [] if self.goods_sent_at else [self.env._("The parts on their way to the supplier")]
        return [] if self.letter_sent_at else [self.env._("The letter to the supplier")]

    def _missing_answer(self):
        missing = [] if self.answered_on else [self.env._("The date of the answer")]
        for line in self.line_ids:
            missing += line._missing_in_answer()
        return missing

    def _missing_nothing_sent(self):
        if not self.goods_sent_at and not self.letter_sent_at:
            return []
        return [self.env._("It was sent: let the supplier answer it, or record that it is refused")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    def _next_missing(self):
        return self._missing_content() if self.state == "draft" else super()._next_missing()

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return GATE

    def _approval_gates(self):
        return (GATE,) if self.state == "draft" else ()

    def _approval_content(self, gate):
        names = ["product_id", "lot_id", "quantity", "unit_price", "labour_amount", "freight_amount", "why", "fault"]
        return {
            "claim": snapshot(
                self, ["name", "partner_id", "currency_id", "claim_date", "with_goods", "answer_days", "note"]
            ),
            "parts": [snapshot(line, names) for line in self.line_ids.sorted("id")],
        }

    def _approval_authors(self, gate):
        """Who writes a claim or answers for it does not approve it."""
        return self.create_uid | self.user_id

    def _approval_department(self):
        return self.line_ids.ticket_id.team_id.department_id[:1]

    def _check_can_request_approval(self, gate):
        self._check_claimer()
        return super()._check_can_request_approval(gate) + self._missing_content()

    def action_request_approval(self, gate=None):
        """Ask for the approval of these claims (C15).

        :raises AccessError: the user neither keeps the store nor works at the service desk
        :raises UserError: listing everything that is missing
        """
        self._check_claimer()
        self._lock_goods()
        result = super().action_request_approval(gate)
        self.sudo().write({"state": "approval"})
        return result

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "approved"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        if self.state == "approval":
            self.sudo().write({"state": "draft"})
        return super()._on_approval_rejected(gate)

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _next_people(self):
        if self.state == "approved":
            return self._role_users(STORE) if self.with_goods else self.user_id, self.env._("Send the claim")
        if self.state == "answered" and self.credit_total and not self.refund_id:
            return self._role_users(FINANCE), self.env._("Draft the credit note of the supplier")
        return None

    def _after_transition(self, origins, target):
        claims = self.sudo()
        follow_up = getattr(claims, f"_enter_{target}", None)
        if follow_up:
            follow_up(origins)
        result = super()._after_transition(origins, target)
        self._assign_next_step()
        return result

    def _enter_draft(self, origins):
        self._end_approvals()

    def _enter_approved(self, origins):
        self.write({"approved_at": fields.Datetime.now()})
        for claim in self.filtered("with_goods"):
            claim._prepare_sending()

    def _enter_sent(self, origins):
        """C15: from now on the supplier has to answer; a corrected answer starts no second clock."""
        now = fields.Datetime.now()
        self.filtered(lambda one: origins[one] == "answered")._cancel_pickings()
        for claim in self.filtered(lambda one: origins[one] == "approved"):
            due_at = now + timedelta(days=claim.answer_days)
            claim.write({"sent_at": now, "answer_due_on": fields.Datetime.context_timestamp(claim, due_at).date()})
            claim._start_deadline(
                KIND, due_at=due_at, start_at=now, user=claim.user_id, department=claim._approval_department(),
                name=self.env._("Answer of %(supplier)s to %(claim)s", supplier=claim.partner_id.name,
                                claim=claim.name),
            )

    def _enter_answered(self, origins):
        self._stop_deadline(KIND)
        for claim in self:
            claim._prepare_receipts()

    def _enter_settled(self, origins):
        self.write({"settled_at": fields.Datetime.now()})
        self.line_ids.part_line_id._release_old_parts()

    def _enter_cancelled(self, origins):
        self._end_approvals()
        self._cancel_pickings()
        self.line_ids.part_line_id._release_old_parts()
        self.env.flush_all()  # the part may be put on the next claim at once

    def action_withdraw(self):
        """Take the claim back from its approvers, to change it.

        :raises AccessError: the user neither keeps the store nor works at the service desk
        """
        self._check_claimer()
        for claim in self:
            if claim.state != "approval":
                raise UserError(self.env._("%s is not being approved.", claim.display_name))
        return self.write({"state": "draft"})

    def action_cancel(self, reason=None):
        """Cancel a claim that was not sent, with a reason; it keeps its number, its parts go the monthly way.

        :raises AccessError: the user neither keeps the store nor works at the service desk
        """
        self._check_claimer()
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")
