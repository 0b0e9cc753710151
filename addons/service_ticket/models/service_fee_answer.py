from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.locking import wait_for


class ServiceFeeAnswer(models.Model):
    """What the customer said to an offer: when, who, how, to which amount. Kept as it was (C18)."""

    _name = "service.fee.answer"
    _description = "Answer to a fee request"
    _inherit = ["quality.personal.mixin"]
    _order = "id desc"
    _rec_name = "person"
    _personal_fields = ("person", "note")

    fee_id = fields.Many2one("service.fee.request", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="fee_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="fee_id.currency_id")
    round = fields.Integer("Offer no.", readonly=True, aggregator=None)
    amount = fields.Monetary("Offered", readonly=True)
    answer = fields.Selection(
        [("accepted", "Accepted"), ("refused", "Refused"), ("counter", "Counter-proposal")],
        required=True,
        readonly=True,
    )
    counter_amount = fields.Monetary("Proposed by the customer", readonly=True)
    way = fields.Selection([("portal", "Portal"), ("written", "In writing")], required=True, readonly=True)
    person = fields.Char("Answered by", required=True, readonly=True)
    note = fields.Text("What the customer says", readonly=True)
    user_id = fields.Many2one("res.users", "Recorded by", readonly=True)
    at = fields.Datetime("On", required=True, readonly=True, default=fields.Datetime.now)


class ServiceFeeRequest(models.Model):
    """The customer agrees, declines or proposes something else: in the portal, or in writing (C18)."""

    _inherit = "service.fee.request"

    def _do_answer(self, answer, person, way, note=None, counter_amount=0, seen_round=None, signature=None):
        """Keep what the customer says and go on from there. The caller has checked who speaks.

        :param answer: ``accepted``, ``refused`` or ``counter``
        :param person: name of who says it
        :param way: ``portal`` or ``written``
        :param seen_round: number of the offer the customer was looking at
        :param signature: picture in base64, where one was drawn
        :raises UserError: nothing waits for an answer, the offer is another one by now or has run out
        """
        self.ensure_one()
        fee = self.sudo()
        wait_for(fee)
        fee._check_answerable(answer, seen_round)
        note = (note or "").strip()
        if answer != "accepted" and not note:
            raise UserError(self.env._("Please say why."))
        if counter_amount < 0:
            raise UserError(self.env._("An amount is not negative."))
        fee.env["service.fee.answer"].create(
            {
                "fee_id": fee.id,
                "round": fee.round,
                "amount": fee.amount_total,
                "answer": answer,
                "way": way,
                "person": person,
                "note": note or False,
                "counter_amount": counter_amount if answer == "counter" else 0,
                "user_id": False if self.env.user.share else self.env.uid,
            }
        )
        if answer == "accepted":
            fee._seal("fee_acceptance", person, self.env._("Customer"), signature)
        fee.write({"state": {"accepted": "accepted", "refused": "refused", "counter": "draft"}[answer]})
        fee.ticket_id._message_log(body=fee._answer_text(answer, person, note))
        return True

    def _check_answerable(self, answer, seen_round):
        if self.state != "quoted":
            raise UserError(
                self.env._(
                    "%(fee)s is “%(state)s”: it waits for no answer.",
                    fee=self.name,
                    state=self._state_label(self.state),
                )
            )
        if seen_round is not None and str(seen_round) != str(self.round):
            raise UserError(self.env._("%s: there is a new offer by now. Please look at it first.", self.name))
        if answer == "accepted" and self._is_expired():
            raise UserError(self.env._("%s: the offer has run out. Please ask us for a new one.", self.name))

    def _is_expired(self):
        return bool(self.valid_until and self.valid_until < fields.Date.context_today(self))

    def _answer_text(self, answer, person, note):
        known = {"fee": self.name, "person": person}
        if answer == "accepted":
            return self.env._("%(fee)s: accepted by %(person)s.", **known)
        if answer == "refused":
            return self.env._("%(fee)s: refused by %(person)s. %(note)s", note=note, **known)
        return self.env._("%(fee)s: %(person)s proposes something else. %(note)s", note=note, **known)

    def _last_answer(self):
        """Return the customer's answer to the present offer."""
        return self.answer_ids.filtered(lambda one: one.round == self.round).sorted("id")[-1:]
