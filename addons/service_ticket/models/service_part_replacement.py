from collections import defaultdict

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models

from .service_warranty_term import COVERS


class ServicePartReplacement(models.Model):
    """The history of a unit: which part was replaced when, and what was left of its warranty then (D2).

    Written by the system when a part has been used: by depot repairs, and when the parts of a visit are cleared.
    It says how long a replaced part is covered, and what is used up of the free small spare parts.
    """

    _name = "service.part.replacement"
    _description = "Replaced part"
    _order = "replaced_on desc, id desc"
    _rec_name = "product_id"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    ticket_id = fields.Many2one(
        "service.ticket", readonly=True, index="btree_not_null", check_company=True, ondelete="restrict"
    )
    lot_id = fields.Many2one(
        "stock.lot", "Unit", readonly=True, index="btree_not_null", check_company=True, ondelete="restrict",
        help="The serial number of the product that was worked on.",
    )
    product_id = fields.Many2one("product.product", "Part", required=True, readonly=True, check_company=True)
    quantity = fields.Float(readonly=True, digits="Product Unit", default=1)
    amount = fields.Monetary("Value", readonly=True)
    old_lot_id = fields.Many2one("stock.lot", "Serial number removed", readonly=True, check_company=True)
    new_lot_id = fields.Many2one(
        "stock.lot", "Serial number installed", readonly=True, index="btree_not_null", check_company=True
    )
    replaced_on = fields.Date(required=True, readonly=True)
    in_warranty = fields.Boolean(readonly=True)
    rest_until = fields.Date(
        "Rest of the warranty", readonly=True, help="Until when the replaced part was covered."
    )
    is_free_spare = fields.Boolean("Small spare part, free", readonly=True)

    @api.model
    def _record(self, vals_list):
        """Write down replacements; the caller has checked the user. Return the rows.

        :param vals_list: dicts of ``ticket_id``, ``product_id``, ``quantity``, ``amount``, ``replaced_on``, and what is
            known of ``lot_id`` (by default that of the ticket), ``old_lot_id``, ``new_lot_id``. ``in_warranty``,
            ``rest_until`` and ``is_free_spare`` come from the decision (``_decide_parts``) unless they are given.
        """
        tickets = self.env["service.ticket"].sudo().browse([vals["ticket_id"] for vals in vals_list])
        products = self.env["product.product"].sudo().browse([vals["product_id"] for vals in vals_list])
        decisions = self.env["service.warranty.term"]._decide_parts(
            [
                {
                    "ticket": ticket, "product": product,
                    "quantity": vals.get("quantity", 1.0), "amount": vals.get("amount", 0.0),
                }
                for ticket, product, vals in zip(tickets, products, vals_list, strict=True)
            ]
        )
        rows = [
            {
                "company_id": ticket.company_id.id,
                "lot_id": ticket.lot_id.id,
                "in_warranty": decision["in_warranty"],
                "rest_until": decision["in_warranty"] and decision["until"],
                "is_free_spare": decision["free_spare"],
                **vals,
            }
            for ticket, decision, vals in zip(tickets, decisions, vals_list, strict=True)
        ]
        return self.sudo().create(rows)

    @api.model
    def _last_of_new_lots(self, lots):
        """Return ``{lot id: row}`` of the free replacements through which ``lots`` came to where they are; one query.

        What was paid for was sold: its delivery counts, as of anything sold.
        """
        rows = self.sudo().search([("new_lot_id", "in", lots.ids), ("in_warranty", "=", True)], order="replaced_on, id")
        return {row.new_lot_id.id: row for row in rows}

    @api.model
    def _of_units(self, lots, tickets):
        """Return the rows of ``lots`` by lot, and of ``tickets`` without one by ticket, oldest first; one query."""
        loose = tickets.filtered(lambda ticket: not ticket.sudo().lot_id)
        domain = fields.Domain("lot_id", "in", lots.ids) | fields.Domain("ticket_id", "in", loose.ids)
        found = {"lots": defaultdict(list), "tickets": defaultdict(list)}
        for row in self.sudo().search(domain, order="replaced_on, id"):
            if row.lot_id:
                found["lots"][row.lot_id.id].append(row)
            else:
                found["tickets"][row.ticket_id.id].append(row)
        return found

    def _covers(self, term):
        """Return ``{cover: last day or False}`` of the new part: the rest of the warranty, or its own months."""
        self.ensure_one()
        own = self.replaced_on + relativedelta(months=term.replacement_months)
        last = max(filter(None, (self.rest_until, own)))
        return {cover: last if term[f"months_{cover}"] else False for cover in COVERS}
