from odoo import api, fields, models


class ServiceTicketMerge(models.TransientModel):
    """Asks into which ticket others are merged."""

    _name = "service.ticket.merge"
    _description = "Merge tickets"

    ticket_ids = fields.Many2many("service.ticket", required=True, readonly=True)
    target_id = fields.Many2one("service.ticket", "Goes on as", required=True)

    @api.model
    def _ask(self, tickets):
        """Return the action that asks into which ticket ``tickets`` are merged."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Merge"),
            "context": {"default_ticket_ids": tickets.ids},
        }

    def action_merge(self):
        """Merge; the tickets check the user themselves. Returns the form of the ticket that goes on."""
        self.ensure_one()
        return self.ticket_ids.action_merge(self.target_id.id)
