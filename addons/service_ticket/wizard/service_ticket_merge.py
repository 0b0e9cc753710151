from odoo import api, fields, models

from ..models.service_ticket import WORKING


class ServiceTicketMerge(models.TransientModel):
    """Asks into which ticket others are merged."""

    _name = "service.ticket.merge"
    _description = "Merge tickets"

    ticket_ids = fields.Many2many("service.ticket", required=True, readonly=True)
    candidate_ids = fields.Many2many("service.ticket", compute="_compute_candidate_ids")
    target_id = fields.Many2one("service.ticket", "Goes on as", required=True)

    @api.depends("ticket_ids")
    def _compute_candidate_ids(self):
        """What can go on: the open tickets of the same customer, or from the same address."""
        for wizard in self:
            wizard.candidate_ids = self._candidates(wizard.ticket_ids)

    @api.model
    def _candidates(self, tickets):
        customers = tickets.partner_id.commercial_partner_id
        same = fields.Domain("partner_id.commercial_partner_id", "in", customers.ids)
        if not customers:
            addresses = [key for key in tickets.mapped("email_key") if key]
            same = fields.Domain("partner_id", "=", False) & fields.Domain("email_key", "in", addresses)
        others = fields.Domain("state", "in", WORKING) & fields.Domain("id", "not in", tickets.ids)
        return tickets.search(same & others, order="received_at, id")

    @api.model
    def _ask(self, tickets):
        """Return the action that asks into which ticket ``tickets`` are merged; the likeliest one is proposed."""
        likely = self._candidates(tickets)
        product = tickets.product_id
        proposed = likely.filtered(lambda one: one.product_id in product)[:1] or likely[:1]
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Merge"),
            "context": {"default_ticket_ids": tickets.ids, "default_target_id": proposed.id},
        }

    def action_merge(self):
        """Merge; the tickets check the user themselves. Returns the form of the ticket that goes on."""
        self.ensure_one()
        # All that were chosen: those the user may not reach raise, instead of being left out in silence.
        return self.sudo().ticket_ids.with_env(self.env).action_merge(self.target_id.id)
