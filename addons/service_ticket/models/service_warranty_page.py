from collections import defaultdict

from odoo import models
from odoo.addons.quality_incident.tools.days import today_of
from odoo.fields import Domain
from odoo.tools import format_date

from .service_warranty_term import COVERS

#: rows of one list on the screen
ROWS = 8


class StockLot(models.Model):
    """Everything about one serial number on one screen, as plain values (F10)."""

    _inherit = "stock.lot"

    def _warranty_pages(self):
        """Return ``{lot id: values}`` for the screen of the staff: the user sees what the user may read; batch."""
        answers = self.env["service.warranty.term"]._answer([{"lot": lot} for lot in self])
        tickets, incidents, parts = self._ticket_rows(), self._incident_rows(), self._part_rows(answers)
        return {
            answer["lot_id"]: {
                **self.env["service.warranty.term"]._answer_texts(answer),
                "tickets": tickets[answer["lot_id"]],
                "incidents": incidents[answer["lot_id"]],
                "parts": parts[answer["lot_id"]],
            }
            for answer in answers
        }

    def _ticket_rows(self):
        """Return ``{lot id: rows}`` of the tickets the user may read, the newest first; one query."""
        rows = defaultdict(list)
        tickets = self.env["service.ticket"]
        if not tickets.has_access("read"):
            return rows
        labels = dict(tickets._fields["state"]._description_selection(self.env))
        for ticket in tickets.search([("lot_id", "in", self.ids)], order="received_at desc, id desc"):
            if len(rows[ticket.lot_id.id]) < ROWS:
                rows[ticket.lot_id.id].append(
                    {
                        "id": ticket.id,
                        "number": ticket.name,
                        "subject": ticket.subject,
                        "day": format_date(self.env, today_of(ticket.company_id, ticket.received_at)),
                        "state": labels[ticket.state],
                    }
                )
        return rows

    def _incident_rows(self):
        """Return ``{lot id: rows}`` of the open incidents on these products that name no lot, or this very one.

        They concern whoever stands before the product: all of service reads number and title, nothing else.
        """
        rows = defaultdict(list)
        incidents = self.env["quality.incident"].sudo()
        domain = (
            Domain("product_id", "in", self.sudo().product_id.ids)
            & Domain("company_id", "in", self.env.companies.ids)
            & Domain("state", "not in", ("draft", "closed", "cancelled"))
        )
        found = incidents.search(domain, order="id desc")
        recalls = found._recalls_open()
        by_product = found.grouped("product_id")
        for lot in self.sudo():
            for incident in by_product.get(lot.product_id, incidents):
                if not incident.lot_name or incident.lot_name == lot.name:
                    row = {"number": incident.name, "title": incident.title, "recall": incident in recalls}
                    rows[lot.id].append(row)
        return rows

    def _part_rows(self, answers):
        """Return ``{lot id: rows}`` of the parts replaced in these units, the newest first."""
        rows = defaultdict(list)
        terms = self.env["service.warranty.term"].sudo().browse({answer["term_id"] for answer in answers} - {False})
        term_of = {answer["lot_id"]: terms.browse(answer["term_id"]) for answer in answers if answer["term_id"]}
        for row in self.sudo().replacement_ids.sorted(lambda row: (row.replaced_on, row.id), reverse=True):
            until = row._covers(term_of[row.lot_id.id])["parts"] if row.lot_id.id in term_of else row.rest_until
            if len(rows[row.lot_id.id]) < ROWS:
                rows[row.lot_id.id].append(
                    {
                        "day": format_date(self.env, row.replaced_on),
                        "part": row.product_id.display_name,
                        "quantity": row.quantity,
                        "until": format_date(self.env, until),
                    }
                )
        return rows


class ServiceWarrantyTerm(models.Model):
    _inherit = "service.warranty.term"

    def _answer_texts(self, answer):
        """Return an answer in words, in the language of the user."""
        ticket = self.env["service.ticket"]
        labels = {"parts": self.env._("Parts"), "labour": self.env._("Labour"), "travel": self.env._("Travel")}

        def name_of(model, record_id, field="display_name"):
            return (self.env[model].sudo().browse(record_id)[field] or "") if record_id else ""

        days = {
            name: format_date(self.env, answer[key])
            for name, key in (
                ("until", "until"), ("start", "start"), ("ordered", "ordered_on"), ("delivered", "delivered_on"),
            )
        }
        return {
            **days,
            "state": answer["state"],
            "state_label": dict(ticket._fields["warranty_state"]._description_selection(self.env))[answer["state"]],
            "source": dict(ticket._fields["warranty_source"]._description_selection(self.env))[answer["source"]],
            "product": name_of("product.product", answer["product_id"]),
            "serial": name_of("stock.lot", answer["lot_id"], "name"),
            "term": name_of("service.warranty.term", answer["term_id"], "name"),
            "customer": name_of("res.partner", answer["customer_id"]),
            "order": name_of("sale.order", answer["order_id"], "name"),
            "delivery": name_of("stock.picking", answer["picking_id"], "name"),
            "updates": answer["updates"],
            "covers": [
                {
                    "label": labels[cover],
                    "covered": answer[cover],
                    "until": format_date(self.env, answer[f"{cover}_until"]),
                }
                for cover in COVERS
            ],
        }
