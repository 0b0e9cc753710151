from odoo import fields, models

from ..models.service_ticket_recall import REPLIES


class ServiceRecallReply(models.TransientModel):
    """Asks what the customer answers to a recall, and how it was told."""

    _name = "service.recall.reply"
    _description = "Answer to a recall"

    ticket_id = fields.Many2one("service.ticket", required=True, readonly=True)
    reply = fields.Selection(REPLIES, "Answer of the customer", required=True)
    channel = fields.Selection(
        [("phone", "Phone"), ("email", "E-mail"), ("letter", "Letter"), ("visit", "Visit")], "Told by", required=True,
        default="phone",
    )
    note = fields.Text("Words of the customer")

    def action_record(self):
        """Record the answer; the ticket checks the user."""
        self.ensure_one()
        self.ticket_id.action_record_recall_reply(self.reply, self.note, self.channel)
        return {"type": "ir.actions.act_window_close"}
