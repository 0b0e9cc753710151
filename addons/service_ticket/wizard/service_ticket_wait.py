from odoo import api, fields, models


class ServiceTicketWait(models.TransientModel):
    """Asks what a ticket waits for."""

    _name = "service.ticket.wait"
    _description = "Wait"

    ticket_ids = fields.Many2many("service.ticket", required=True, readonly=True)
    reason_id = fields.Many2one("service.wait.reason", "Waiting for", required=True)
    pauses = fields.Boolean(related="reason_id.pauses")

    @api.model
    def _ask(self, tickets):
        """Return the action that asks what ``tickets`` wait for."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Wait"),
            "context": {"default_ticket_ids": tickets.ids},
        }

    def action_wait(self):
        """Let the tickets wait; they check the user themselves."""
        self.ensure_one()
        # All that were chosen: those the user may not reach raise, instead of being left out in silence.
        self.sudo().ticket_ids.with_env(self.env).action_wait(self.reason_id.id)
        return {"type": "ir.actions.act_window_close"}
