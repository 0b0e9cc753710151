from odoo import api, models
from odoo.fields import Domain
from odoo.tools import format_date

#: serial numbers of one name that are looked at
LIMIT = 20


class ServiceWarrantyTerm(models.Model):
    """The warranty for the customer who has the product (F10)."""

    _inherit = "service.warranty.term"

    @api.model
    def _portal_answer(self, serial, partner):
        """Return what ``partner`` may know of ``serial``, as plain values, or None.

        Only what was delivered to the very company of the customer and is still there has an answer: a serial number
        that does not exist and somebody else's look the same.
        """
        name = " ".join((serial or "").split())[:100]
        customer = partner.sudo().commercial_partner_id
        lots = self.env["stock.lot"].sudo().search([("name", "=", name)], limit=LIMIT) if name else ()
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        questions = [{"lot": lot, "company": company} for lot in lots for company in lot.company_id or companies]
        for question, answer in zip(questions, self._answer(questions), strict=True):
            if answer["picking_id"] and customer.id in (answer["customer_id"], answer["buyer_id"]):
                return self._portal_values(question["lot"], answer, partner)
        return None

    @api.model
    def _portal_values(self, lot, answer, partner):
        """Return what the page says: no partner, no document of ours; tickets and recalls only of the customer."""
        texts = self._answer_texts(answer)
        lines = self.env["quality.recall.line"].sudo().search(
            [
                ("product_id", "=", lot.product_id.id),
                ("lot_name", "in", [False, lot.name]),
                ("partner_id", "child_of", partner.sudo().commercial_partner_id.id),
                ("incident_id.state", "not in", ("draft", "closed", "cancelled")),
            ]
        )
        tickets = self.env["service.ticket"].sudo()
        about = Domain("lot_id", "=", lot.id) | Domain("id", "in", lines.ticket_id.ids)
        own = tickets.search(tickets._portal_domain(self.env.user) & about, order="id desc", limit=8)
        known = (
            "state", "state_label", "product", "serial", "ordered", "delivered", "start", "until", "updates", "covers",
        )
        return {
            **{name: texts[name] for name in known},
            "tickets": [ticket._portal_row() for ticket in own],
            "recall": bool(lines),
            "recall_ticket": (own & lines.ticket_id)[:1].id,
        }


class ServiceTicket(models.Model):
    _inherit = "service.ticket"

    def _portal_page(self):
        """Say on the page of a ticket whether it is in warranty, once that is known."""
        page = super()._portal_page()
        page["warranty"] = self.warranty_state in ("in", "out") and {
            "state_label": self._portal_label("warranty_state"),
            "until": format_date(self.env, self.warranty_until),
        }
        return page
