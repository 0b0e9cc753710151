from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools.distance import kilometres


class ServiceTicket(models.Model):
    """What the system knows itself while a ticket is typed: the order behind a serial number, the way to the site."""

    _inherit = "service.ticket"

    site_partner_id = fields.Many2one(
        "res.partner",
        "Site",
        index="btree_not_null",
        help="Where the service is done; empty: at the customer's address.",
    )
    site_latitude = fields.Float(
        "Site latitude", digits=(10, 7), compute="_compute_site", store=True, readonly=False, copy=True
    )
    site_longitude = fields.Float(
        "Site longitude", digits=(10, 7), compute="_compute_site", store=True, readonly=False, copy=True
    )
    distance_manual_km = fields.Float(
        "Distance by hand (km)", tracking=True, help="Counts instead of the computed one."
    )
    distance_reason = fields.Char("Why by hand", tracking=True)
    distance_km = fields.Float(
        "Distance (km)",
        compute="_compute_distance_km",
        store=True,
        aggregator="avg",
        help="As the crow flies from the team's serving station to the site (C4).",
    )
    distance_known = fields.Boolean(compute="_compute_distance_km", store=True)
    similar_count = fields.Integer("Open tickets of this customer or serial number", compute="_compute_similar_count")
    earlier_count = fields.Integer("Earlier tickets", compute="_compute_similar_count")

    @api.depends("site_partner_id", "partner_id")
    def _compute_site(self):
        for ticket in self:
            place = (ticket.site_partner_id or ticket.partner_id).sudo()
            if place.partner_latitude or place.partner_longitude:
                ticket.site_latitude = place.partner_latitude
                ticket.site_longitude = place.partner_longitude
            elif ticket.site_partner_id or not (ticket.site_latitude or ticket.site_longitude):
                ticket.site_latitude = ticket.site_longitude = 0

    @api.depends("site_latitude", "site_longitude", "distance_manual_km", "team_id.station_id")
    def _compute_distance_km(self):
        for ticket in self:
            station = ticket.sudo().team_id.station_id
            start = (station.partner_latitude, station.partner_longitude)
            site = (ticket.site_latitude, ticket.site_longitude)
            computed = kilometres(start, site) if any(start) and any(site) else None
            ticket.distance_km = ticket.distance_manual_km or computed or 0
            ticket.distance_known = bool(ticket.distance_manual_km) or computed is not None

    @api.constrains("distance_manual_km", "distance_reason")
    def _check_distance_reason(self):
        for ticket in self:
            if ticket.distance_manual_km < 0:
                raise ValidationError(self.env._("A distance cannot be negative."))
            if ticket.distance_manual_km and not (ticket.distance_reason or "").strip():
                raise ValidationError(
                    self.env._("A distance entered by hand decides how fast we must be there: say why it is entered.")
                )

    # ------------------------------------------------------------------
    # While typing
    # ------------------------------------------------------------------

    @api.onchange("partner_id")
    def _onchange_partner_id(self):
        if self.partner_id:
            self.contact_name = self.contact_name or self.partner_id.name
            self.phone = self.phone or self.partner_id.phone
            self.email = self.email or self.partner_id.email

    @api.onchange("lot_id")
    def _onchange_lot_id(self):
        if self.lot_id:
            self.product_id = self.lot_id.product_id
            self.update(self._serial_vals(self.lot_id))

    @api.onchange("sale_order_id")
    def _onchange_sale_order_id(self):
        if self.sale_order_id:
            known = self._orders_vals(self.sale_order_id)[self.sale_order_id.id]
            self.update({name: value for name, value in known.items() if value and not self[name]})

    def _fill_from_order(self):
        """Add what a sales order tells to tickets that were not typed on a form (E7)."""
        tickets = self.filtered(
            lambda one: one.sale_order_id
            and not one.is_historic
            and not (one.partner_id and one.product_id and one.delivered_on)
        )
        known = tickets._orders_vals(tickets.sale_order_id)
        for ticket in tickets:
            vals = known[ticket.sale_order_id.id]
            ticket.write({name: value for name, value in vals.items() if value and not ticket[name]})

    @api.model
    def _orders_vals(self, orders):
        """Return ``{order id: values}``: customer, day of the last delivery, and the product when there is only one."""
        vals = {}
        for order in orders.sudo():
            products = order.order_line.product_id.filtered(lambda product: product.type == "consu")
            delivered = order.picking_ids.filtered(
                lambda picking: picking.state == "done" and picking.location_dest_id.usage == "customer"
            )
            last = max((picking.date_done for picking in delivered if picking.date_done), default=False)
            vals[order.id] = {
                "partner_id": order.partner_id.id,
                "delivered_on": last and fields.Date.context_today(self, last),
                "product_id": products.id if len(products) == 1 else False,
            }
        return vals

    def _fill_from_serial(self):
        """Add what a serial number tells to tickets that were not typed on a form; one answer for all of them."""
        tickets = self.filtered(
            lambda one: one.lot_id and not one.is_historic and not (one.sale_order_id and one.partner_id)
        )
        answers = self.env["service.warranty.term"]._answer([ticket._warranty_question() for ticket in tickets])
        for ticket, answer in zip(tickets, answers, strict=True):
            vals = {**self._delivery_vals(answer), "product_id": answer["product_id"]}
            ticket.write({name: value for name, value in vals.items() if value and not ticket[name]})

    @api.model
    def _serial_vals(self, lot):
        """Return customer, order and delivery date of the delivery of ``lot`` that it has not come back from (E7)."""
        company = lot.sudo().company_id or self.env.company
        [answer] = self.env["service.warranty.term"]._answer([{"lot": lot, "company": company}])
        return self._delivery_vals(answer)

    @api.model
    def _delivery_vals(self, answer):
        """Return the values of a ticket that an answer about the warranty tells."""
        return {
            "sale_order_id": answer["order_id"],
            "delivered_on": answer["delivered_on"],
            "partner_id": answer["customer_id"],
        }

    # ------------------------------------------------------------------
    # Relatives
    # ------------------------------------------------------------------

    @api.depends("partner_id", "lot_id", "product_id")
    def _compute_similar_count(self):
        counts = self._count_relatives()
        for ticket in self:
            ticket.earlier_count, ticket.similar_count = counts.get(ticket, (0, 0))

    def _count_relatives(self):
        """Return ``{ticket: (other tickets, open ones of them)}`` as far as the user may read them, in one query.

        They are the tickets of :meth:`_relatives_domain`.
        """
        keys = [
            SQL(
                "(%s::int, %s::int, %s::int, %s::int, %s::int)",
                number, ticket._origin.id or None, ticket.lot_id._origin.id or None,
                ticket.partner_id.commercial_partner_id._origin.id or None, ticket.product_id._origin.id or None,
            )
            for number, ticket in enumerate(self)
            if ticket.lot_id or ticket.partner_id
        ]
        if not keys:
            return {}
        self.flush_model(["lot_id", "partner_id", "product_id", "state"])
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT key.number, COUNT(*), COUNT(*) FILTER (WHERE other.state NOT IN %(over)s)
                  FROM (VALUES %(keys)s) AS key (number, ticket_id, lot_id, customer_id, product_id)
                 CROSS JOIN LATERAL (
                        SELECT ticket.id, ticket.state FROM service_ticket AS ticket WHERE ticket.lot_id = key.lot_id
                         UNION
                        SELECT ticket.id, ticket.state
                          FROM service_ticket AS ticket
                          JOIN res_partner AS partner ON partner.id = ticket.partner_id
                         WHERE partner.commercial_partner_id = key.customer_id
                           AND (key.product_id IS NULL OR ticket.product_id = key.product_id)
                       ) AS other
                 WHERE other.id IS DISTINCT FROM key.ticket_id AND other.id IN %(readable)s
                 GROUP BY key.number
                """,
                keys=SQL(", ").join(keys), over=("closed", "cancelled"),
                readable=self._search(fields.Domain.TRUE).subselect(),
            )
        )
        tickets = list(self)
        return {tickets[number]: (every, still_open) for number, every, still_open in rows}

    def _relatives_domain(self):
        """Return the domain of the other tickets of this serial number, or of this customer and product."""
        domain = fields.Domain.FALSE
        if self.lot_id:
            domain |= fields.Domain("lot_id", "=", self.lot_id.id)
        if self.partner_id:
            customer = fields.Domain("partner_id.commercial_partner_id", "=", self.partner_id.commercial_partner_id.id)
            product = fields.Domain("product_id", "=", self.product_id.id) if self.product_id else fields.Domain.TRUE
            domain |= customer & product
        if domain.is_false():
            return None
        return domain & fields.Domain("id", "!=", self._origin.id)

    def action_open_relatives(self):
        """Return the action that shows the other tickets of this customer and product, the open ones first."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_ticket_action_all"),
            "domain": list(self._relatives_domain() or fields.Domain.FALSE),
            "context": {},
        }
