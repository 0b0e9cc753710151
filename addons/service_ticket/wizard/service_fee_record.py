from odoo import fields, models


class ServiceFeeRecord(models.TransientModel):
    """Asks who answered an offer for the customer, and what; the fee request checks everything itself."""

    _name = "service.fee.record"
    _description = "Answer of the customer"

    fee_id = fields.Many2one("service.fee.request", required=True, readonly=True, ondelete="cascade")
    currency_id = fields.Many2one(related="fee_id.currency_id")
    amount = fields.Monetary("Offered", related="fee_id.amount_total")
    answer = fields.Selection(
        [("accepted", "Accepted"), ("refused", "Refused"), ("counter", "Counter-proposal")],
        required=True,
        default="accepted",
    )
    person = fields.Char("Answered by", required=True)
    note = fields.Text("What the customer says")
    counter_amount = fields.Monetary("Proposed by the customer")
    evidence_ids = fields.Many2many("ir.attachment", string="The paper", bypass_search_access=True)

    def action_confirm(self):
        """Hand the answer to the fee request, the paper with it."""
        self.ensure_one()
        fee = self.fee_id
        if self.evidence_ids:
            fee.write({"evidence_ids": [fields.Command.link(file.id) for file in self.evidence_ids]})
        if self.answer == "accepted":
            fee.action_record_acceptance(self.person)
        elif self.answer == "refused":
            fee.action_record_refusal(self.person, self.note)
        else:
            fee.action_record_counter(self.person, self.note, self.counter_amount)
        return {"type": "ir.actions.act_window_close"}
