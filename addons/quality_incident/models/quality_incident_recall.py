from odoo import fields, models
from odoo.exceptions import UserError

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

        Empty without Odoo's stock application.
        """
        if "stock.move.line" not in self.env:
            return []
        domain = [
            ("product_id", "=", self.product_id.id),
            ("state", "=", "done"),
            ("company_id", "=", self.company_id.id),
        ]
        if self.lot_name:
            domain.append(("lot_id.name", "=", self.lot_name))
        lines = self.env["stock.move.line"].sudo().search(domain, order="date, id")
        deliveries = {}
        for line in lines.filtered(lambda line: line.location_dest_id.usage == "customer"):
            self._add_delivery(deliveries, line)
        for line in lines.filtered(lambda line: line.location_id.usage == "customer"):
            self._take_back(deliveries, line)
        return [entry for entry in deliveries.values() if entry["quantity"] > 0]

    @staticmethod
    def _add_delivery(deliveries, line):
        """Add what ``line`` brought to a customer, unless nobody knows to whom."""
        picking = line.move_id.picking_id
        partner, lot = picking.partner_id or line.move_id.partner_id, line.lot_id.name or False
        if partner:
            vals = {"partner_id": partner.id, "lot_name": lot, "source": picking.name, "delivered_on": line.date}
            entry = deliveries.setdefault((partner, lot, picking), {**vals, "quantity": 0})
            entry["quantity"] += line.quantity_product_uom

    @staticmethod
    def _take_back(deliveries, line):
        """Subtract what ``line`` brought back from the deliveries of the same customer and lot, the oldest first."""
        left = line.quantity_product_uom
        giver, given = line.move_id.picking_id.partner_id or line.move_id.partner_id, line.lot_id.name or False
        for (partner, lot, _picking), entry in deliveries.items():
            if (partner, lot) == (giver, given):
                taken = min(left, entry["quantity"])
                entry["quantity"] -= taken
                left -= taken
