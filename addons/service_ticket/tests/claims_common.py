from datetime import timedelta

from odoo import fields

from .parts_common import PartsCase


class ClaimsCase(PartsCase):
    """Suppliers, their purchases, and old parts in the defective place."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.supplier = cls.env["res.partner"].create(
            {"name": "Boards Ltd.", "is_company": True, "email": "claims@boards.example.com", "lang": "en_US"}
        )
        cls.other_supplier = cls.env["res.partner"].create({"name": "Rings Ltd.", "is_company": True})
        cls.env["account.chart.template"].try_loading("generic_coa", cls.company, install_demo=False)
        cls.today = fields.Date.today()

    @classmethod
    def _seller(cls, product, partner, price, **vals):
        return cls.env["product.supplierinfo"].create(
            {"partner_id": partner.id, "product_tmpl_id": product.product_tmpl_id.id, "price": price, **vals}
        )

    @classmethod
    def _buy(cls, product, partner, price, what, days_ago=0, **vals):
        """Buy serial numbers (a list of names) or a quantity, received ``days_ago``; return the order line.

        Serial numbers are in machines of customers since, the quantity is in the store.
        """
        quantity = len(what) if isinstance(what, list) else what
        order = cls.env["purchase.order"].create(
            {
                "partner_id": partner.id, "company_id": cls.company.id, **vals,
                "order_line": [
                    fields.Command.create(
                        {"product_id": product.id, "product_qty": quantity, "price_unit": price, "tax_ids": False}
                    )
                ],
            }
        )
        order.button_confirm()
        picking = order.picking_ids
        move = picking.move_ids
        if isinstance(what, list):
            move.move_line_ids.unlink()
            for name in what:
                lot = cls.env["stock.lot"].search([("name", "=", name), ("product_id", "=", product.id)], limit=1)
                cls.env["stock.move.line"].create(
                    {
                        "move_id": move.id, "picking_id": picking.id, "product_id": product.id, "quantity": 1,
                        "product_uom_id": product.uom_id.id, "location_id": move.location_id.id,
                        "location_dest_id": move.location_dest_id.id, "lot_id": lot.id, "lot_name": name,
                    }
                )
        else:
            move.quantity = what
        move.picked = True
        picking._action_done()
        day = fields.Datetime.now() - timedelta(days=days_ago)
        move.write({"date": day})
        move.move_line_ids.write({"date": day})
        for line in move.move_line_ids.filtered("lot_id"):
            cls.env["stock.quant"]._update_available_quantity(product, line.location_dest_id, -1, lot_id=line.lot_id)
        return order.order_line

    def _old_parts(self, *parts, ticket=None):
        """Return part lines whose old parts were received: ``(product, quantity, old serial number or None)``."""
        visit = self._working_visit()
        request = self._approved(*[(product, quantity) for product, quantity, _serial in parts], visit_id=visit.id)
        lots = self._stock(self.board, [f"N-{visit.id}-{n}" for n, part in enumerate(parts) if part[0] == self.board])
        lines = self._issue(request, *lots)
        serials = [serial for product, _quantity, serial in parts if product == self.board]
        rows = [
            {"line_id": line.id, "old_serial": serials.pop(0) if line.lot_id else None} for line in lines.sorted("id")
        ]
        visit.action_use_parts(rows)
        self._finish(visit)
        self._sign(visit)
        self._approve(visit)
        lines.with_user(self.keeper).action_receive_old([{"line_id": line.id} for line in lines])
        self.assertEqual(set(lines.mapped("old_part_state")), {"received"})
        return lines

    def _claims(self, parts, user=None):
        """Return the claims that ``user`` (the keeper) writes for old parts."""
        action = parts.with_user(user or self.keeper).action_claim()
        return self.env["service.supplier.claim"].with_user(user or self.keeper).search(action["domain"])

    def _approved_claim(self, claim):
        claim.action_request_approval()
        claim.with_user(self.leader).action_approve()
        self.assertEqual(claim.state, "approved")
        return claim

    def _sent_claim(self, claim):
        self._approved_claim(claim).with_user(self.keeper).action_send()
        self.assertEqual(claim.state, "sent")
        return claim

    def _answer(self, claim, **vals):
        """Enter the answer ``vals`` on every line of ``claim`` and close it."""
        claim.with_user(self.keeper).write({"answered_on": self.today, "supplier_reference": "CN-77"})
        claim.line_ids.write({"goods_decision": "left", **vals})
        claim.action_answer()
        return claim

    def _refund(self, claim, user=None):
        claim.with_user(user or self.leader).action_draft_refund()
        return claim.sudo().refund_id
