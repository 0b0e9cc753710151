from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .quality_incident_workflow import ENGINEERING, INSPECTOR, MANAGER


class QualityIncident(models.Model):
    """From an incident on a product or lot to the customers who received it (F11)."""

    _inherit = "quality.incident"

    lot_name = fields.Char("Lot or serial number", help="Empty: the whole product is concerned.")
    recall_ids = fields.One2many("quality.recall.line", "incident_id", "Recall list")
    recall_count = fields.Integer("Customers to recall from", compute="_compute_recall_count")

    def _compute_recall_count(self):
        counts = dict(
            self.env["quality.recall.line"]._read_group(
                [("incident_id", "in", self.ids)], ["incident_id"], ["partner_id:count_distinct"]
            )
        )
        for incident in self:
            incident.recall_count = counts.get(incident, 0)

    def action_build_recall_list(self):
        """Add every delivery of the product or lot to a customer that is not on the list yet, and show the list.

        Deliveries come from Odoo's stock where it is installed; other customers are entered or imported by hand.

        :raises UserError: no product is named
        """
        self.ensure_one()
        self._check_role(f"{INSPECTOR},{ENGINEERING},{MANAGER}")
        self.check_access("write")
        if not self.product_id:
            raise UserError(
                self.env._("%s: name the product first, and the lot when only one is concerned.", self.display_name)
            )
        known = {(line.partner_id.id, line.lot_name or "", line.source or "") for line in self.recall_ids}
        self.env["quality.recall.line"].create(
            [
                {"incident_id": self.id, "product_id": self.product_id.id, **delivery}
                for delivery in self._recall_deliveries()
                if (delivery["partner_id"], delivery["lot_name"] or "", delivery["source"] or "") not in known
            ]
        )
        return self.action_open_recall_list()

    def action_open_recall_list(self):
        """Return the action that shows the recall list of this incident."""
        self.ensure_one()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_incident.quality_recall_line_action"),
            "domain": [("incident_id", "=", self.id)],
            "context": {"default_incident_id": self.id, "default_product_id": self.product_id.id},
        }

    def _recall_deliveries(self):
        """Return what customers received and still have of the product or lot, one dict per customer, lot and delivery.

        One query, however many deliveries there are. Empty without Odoo's stock application.
        """
        if "stock.move.line" not in self.env:
            return []
        deliveries, of_customer = [], {}
        for partner, lot, source, back, moment, quantity in self._recall_movements():
            own = of_customer.setdefault((partner, lot), [])
            if back:
                self._take_back(own, quantity)
            else:
                vals = {"partner_id": partner, "lot_name": lot or False, "source": source, "delivered_on": moment}
                own.append({**vals, "quantity": quantity})
                deliveries.append(own[-1])
        return [entry for entry in deliveries if entry["quantity"] > 0]

    def _recall_movements(self):
        """Return ``(partner id, lot, document, back?, first moment, quantity)`` of all movements to and from customers.

        What nobody knows the customer of is left out. First everything that left, oldest first, then what came back.
        """
        for model in ("stock.move.line", "stock.move", "stock.picking", "stock.lot", "stock.location"):
            self.env[model].flush_model()
        lot = SQL("lot.name = %s", self.lot_name) if self.lot_name else SQL("TRUE")
        return self.env.execute_query(
            SQL(
                """
                SELECT COALESCE(picking.partner_id, move.partner_id) AS partner_id, lot.name, picking.name,
                       source.usage = 'customer' AS back, MIN(line.date), SUM(line.quantity_product_uom)
                  FROM stock_move_line line
                  JOIN stock_move move ON move.id = line.move_id
                  JOIN stock_location source ON source.id = line.location_id
                  JOIN stock_location target ON target.id = line.location_dest_id
             LEFT JOIN stock_picking picking ON picking.id = COALESCE(line.picking_id, move.picking_id)
             LEFT JOIN stock_lot lot ON lot.id = line.lot_id
                 WHERE line.product_id = %(product)s AND line.company_id = %(company)s AND line.state = 'done'
                   AND (source.usage = 'customer') != (target.usage = 'customer')
                   AND COALESCE(picking.partner_id, move.partner_id) IS NOT NULL
                   AND %(lot)s AND %(condition)s
              GROUP BY 1, lot.name, picking.id, picking.name, 4
              ORDER BY 4, MIN(line.date), MIN(line.id)
                """,
                product=self.product_id.id,
                company=self.company_id.id,
                lot=lot,
                condition=self._recall_condition(),
            )
        )

    def _recall_condition(self):
        """Hook: return the SQL condition on ``line``, ``move`` and ``picking`` of the movements that count."""
        return SQL("TRUE")

    @staticmethod
    def _take_back(deliveries, quantity):
        """Subtract what one customer brought back of one lot from these ``deliveries``, the oldest first."""
        for entry in deliveries:
            taken = min(quantity, entry["quantity"])
            entry["quantity"] -= taken
            quantity -= taken
            if not quantity:
                break
