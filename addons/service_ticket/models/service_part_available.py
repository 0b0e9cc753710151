from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class ServicePartLine(models.Model):
    """What is free where: in the van, at the station, in the store (C13)."""

    _inherit = "service.part.line"

    at_van = fields.Float("In the van", compute="_compute_available", digits="Product Unit")
    at_station = fields.Float("At the station", compute="_compute_available", digits="Product Unit")
    at_store = fields.Float("In the store", compute="_compute_available", digits="Product Unit")

    @api.depends("product_id", "request_id.engineer_id", "request_id.station_id")
    def _compute_available(self):
        """What is free in the van, at the station and in the store; one query for all lines."""
        lines = self.sudo()
        holders = {}
        places = self.env["stock.location"].sudo()
        domain = Domain("service_place", "=", "holder") & (
            Domain("service_employee_id", "in", lines.request_id.engineer_id.ids)
            | Domain("service_station_id", "in", lines.request_id.station_id.ids)
        )
        for place in places.search(domain):
            holders[place.service_employee_id or place.service_station_id] = place
        stores = lines.request_id.company_id.service_store_location_id
        found = self._free_quantities(
            lines.product_id, places.concat(*holders.values()) | stores, self._promised(holders, lines.product_id)
        )
        for line, mine in zip(self, lines, strict=True):
            product, request = mine.product_id, mine.request_id
            line.at_van = found.get((holders.get(request.engineer_id), product), 0)
            line.at_station = found.get((holders.get(request.station_id), product), 0)
            line.at_store = found.get((request.company_id.service_store_location_id, product), 0)

    @api.model
    def _free_quantities(self, products, places, promised):
        """Return ``{(place, product): free quantity}`` in the trees of ``places``, without what is promised."""
        if not products or not places:
            return {}
        self.env["stock.quant"].flush_model()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT top.id, quant.product_id, SUM(quant.quantity - quant.reserved_quantity)
                  FROM stock_location AS top
                  JOIN stock_location AS place ON place.parent_path LIKE top.parent_path || '%%'
                                              AND COALESCE(place.service_place, '') != 'used'
                  JOIN stock_quant AS quant ON quant.location_id = place.id
                 WHERE top.id IN %s AND quant.product_id IN %s
              GROUP BY top.id, quant.product_id
                """,
                tuple(places.ids), tuple(products.ids),
            )
        )
        Location, Product = self.env["stock.location"].sudo(), self.env["product.product"].sudo()
        return {
            (Location.browse(place), Product.browse(product)): quantity - promised.get((place, product), 0)
            for place, product, quantity in rows
        }

    @api.model
    def _promised(self, holders, products):
        """Return ``{(place id, product id): quantity}`` that stands on requisitions with a ticket."""
        groups = self.sudo()._read_group(
            [
                ("location_id", "in", [place.id for place in holders.values()]), ("state", "=", "open"),
                ("product_id", "in", products.ids), ("ticket_id", "!=", False),
            ],
            ["location_id", "product_id"], ["quantity:sum"],
        )
        return {(place.id, product.id): quantity for place, product, quantity in groups}
