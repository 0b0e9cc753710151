from odoo import models


class ServiceTicket(models.Model):
    """The receipt: the customer is told the number, and where to follow the request (F4)."""

    _inherit = "service.ticket"

    def _send_receipt(self):
        """Send the receipt to the address the request came from, in the visitor's language, with the tracking link."""
        template = self.env.ref("service_ticket.mail_template_ticket_receipt").sudo()
        for ticket in self.sudo().filtered(lambda one: one.email or one.partner_id.email):
            ticket._portal_ensure_token()
            lang = ticket.partner_id.lang or self.env.lang
            template.with_context(lang=lang).send_mail(ticket.id)
