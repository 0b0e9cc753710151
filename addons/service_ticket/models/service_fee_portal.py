from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date

SHOWN = ("quoted", "accepted", "refused", "invoiced", "settled")


class ServiceTicket(models.Model):
    """The offers of a ticket in the portal of its customer (C18, F4)."""

    _inherit = "service.ticket"

    def _portal_page(self):
        fees = self.fee_ids.filtered(lambda fee: fee.state in SHOWN).sorted("id")
        return {**super()._portal_page(), "fees": [fee._portal_fee_values() for fee in fees]}

    def _portal_is_your_turn(self):
        return super()._portal_is_your_turn() or any(fee.state == "quoted" for fee in self.fee_ids)

    def _portal_fee(self, fee_id):
        """Return the offer of this ticket with that id, if the customer may see it."""
        return self.fee_ids.filtered(lambda fee: fee.id == fee_id and fee.state in SHOWN)


class ServiceFeeRequest(models.Model):
    """The customer's part; the controller has found out whose ticket it is, each method checks the state again."""

    _inherit = "service.fee.request"

    def _portal_fee_accept(self, person, seen_round):
        """Agree to the offer that was shown (C18)."""
        self._do_answer("accepted", self.ticket_id._portal_person(person), "portal", seen_round=seen_round or "")

    def _portal_fee_refuse(self, person, seen_round, reason):
        """Decline the offer, and say why."""
        self._do_answer(
            "refused",
            self.ticket_id._portal_person(person),
            "portal",
            (reason or "")[:1000],
            seen_round=seen_round or "",
        )

    def _portal_fee_counter(self, person, seen_round, reason, amount):
        """Propose another amount (C18).

        :param amount: what the customer typed
        :raises UserError: it is no amount
        """
        text = str(amount or "").strip().replace(" ", "")
        try:
            value = float(text.replace(",", ".")) if text else 0.0
        except ValueError:
            value = -1.0
        if not 0 <= value < 1e12:
            raise UserError(self.env._("Please enter the amount as a number."))
        self._do_answer(
            "counter", self.ticket_id._portal_person(person), "portal", (reason or "")[:1000], value, seen_round or ""
        )

    def _portal_fee_values(self):
        """Return what the page shows of an offer: no purpose, no approver, no cost."""
        money = self.currency_id.format
        answer = self._last_answer()
        return {
            "id": self.id,
            "number": self.name,
            "round": self.round,
            "state": self.state,
            "may_answer": self.state == "quoted" and not self._is_expired(),
            "expired": self.state == "quoted" and self._is_expired(),
            "valid_until": format_date(self.env, self.valid_until) if self.valid_until else "",
            "untaxed": money(self.amount_untaxed),
            "tax": money(self.amount_tax) if self.amount_tax else "",
            "total": money(self.amount_total),
            "currency": self.currency_id.name,
            "answered_by": answer.person or "",
            "answered": self.ticket_id._portal_time(answer.at),
            "lines": [
                {
                    "name": line.name or "",
                    "quantity": f"{line.quantity:g} {line.uom_id.name or ''}".strip(),
                    "amount": money(line.amount),
                    "in_warranty": line.in_warranty,
                }
                for line in self.line_ids
            ],
        }
