from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .warranty_common import WarrantyCase


@tagged("post_install", "-at_install")
class TestDepotRepair(WarrantyCase):
    """C2: the product comes in, is repaired, goes home; Odoo's repair order, and it stays the customer's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = cls._service_user("keeper", "store")
        cls.lot = cls._lot("D1")
        cls.env["stock.quant"]._update_available_quantity(cls.product, cls.warehouse.lot_stock_id, 1, lot_id=cls.lot)
        cls.day = fields.Date.today() - timedelta(days=60)
        order = cls.env["sale.order"].create(
            {"partner_id": cls.customer.id, "order_line": [fields.Command.create({"product_id": cls.product.id})]}
        )
        order.action_confirm()
        picking = order.picking_ids
        picking.move_ids.picked = True
        picking.button_validate()
        cls._happened(picking, fields.Datetime.to_datetime(cls.day))
        cls.order = order
        cls.part = cls.env["product.product"].create(
            {"name": "Bearing", "is_storable": True, "standard_price": 12.0}
        )
        cls.env["stock.quant"]._update_available_quantity(cls.part, cls.warehouse.lot_stock_id, 5)

    def _asked(self):
        ticket = self._to_analysis(self._make_ticket(lot_id=self.lot.id))
        self._analyse(ticket, "depot")
        self.assertTrue(ticket.with_user(self.engineer_a).action_repair_order())
        return ticket.sudo(), ticket.sudo().repair_ids

    def _came(self):
        ticket, repair = self._asked()
        receipt = repair.service_picking_ids.with_user(self.keeper)
        receipt.move_ids.picked = True
        receipt.button_validate()
        self.assertEqual(receipt.state, "done")
        return ticket, repair

    def _place(self):
        """Return the only place the product is at, all owners together, and whose it is there."""
        quants = self.env["stock.quant"].search([("lot_id", "=", self.lot.id)])
        places = {
            place: found for place, found in quants.grouped("location_id").items() if sum(found.mapped("quantity"))
        }
        self.assertEqual(len(places), 1, places)
        [(place, found)] = places.items()
        self.assertEqual(sum(found.mapped("quantity")), 1)
        return place, found.filtered("quantity").owner_id

    def test_there_and_back(self):
        """C2, D2: in, repaired, home; the sale, the warranty and our own stock know nothing of it."""
        ticket, repair = self._came()
        self.assertEqual((repair.under_warranty, repair.product_id, repair.lot_id), (True, self.product, self.lot))
        place = self.company.service_repair_location_id
        self.assertEqual(self._place(), (place, self.customer))
        self.assertEqual(self.product.with_context(location=self.warehouse.lot_stock_id.id).qty_available, 0)
        self.assertEqual(repair.service_place, "here")
        repair = repair.with_user(self.keeper)
        self.assertTrue(repair.action_validate())
        repair.write(
            {"move_ids": [fields.Command.create(
                {"product_id": self.part.id, "product_uom_qty": 1, "repair_line_type": "add"})]}
        )
        repair.action_repair_start()
        repair.move_ids.write({"quantity": 1, "picked": True})
        repair.action_repair_end()
        self.assertEqual((repair.state, repair.service_place), ("done", "leaving"))
        home = repair.service_picking_ids.filtered(lambda one: one.state != "done")
        self.assertEqual((home.move_line_ids.lot_id, home.move_line_ids.owner_id), (self.lot, self.customer))
        home.move_ids.picked = True
        home.button_validate()
        self.assertEqual((home.state, repair.service_place), ("done", "home"))
        self.assertEqual(self._place()[0].usage, "customer")
        self.assertFalse(home.sale_id)
        self.assertEqual((len(self.order.order_line), self.order.order_line.qty_delivered), (1, 1))
        answer = self._ask(self.lot, fields.Date.today())
        self._check(answer, "in", str(ticket.warranty_until), "delivery")
        self.assertEqual(answer["delivered_on"], self.day)
        row = self.env["service.part.replacement"].search([("ticket_id", "=", ticket.id)])
        self.assertEqual((row.product_id, row.lot_id, row.quantity, row.amount), (self.part, self.lot, 1, 12))
        self.assertTrue(row.in_warranty)

    def test_warranty_while_it_is_here(self):
        _ticket, _repair = self._came()
        self.assertEqual(self._ask(self.lot, fields.Date.today())["delivered_on"], self.day)

    def test_once(self):
        """Pressed again it is the same repair; engineers need no rights in the stock, keepers get a task."""
        ticket, repair = self._asked()
        self.assertFalse(self.env["repair.order"].with_user(self.engineer_a).has_access("read"))
        self.assertTrue(ticket.with_user(self.engineer_a).action_repair_order())
        self.assertEqual(ticket.repair_ids, repair)
        self.assertIn(repair.name, ticket.with_user(self.engineer_a).repair_summary)
        self.assertIn(self.keeper, repair.activity_ids.user_id)
        self.assertEqual(ticket.with_user(self.leader).repair_count, 1)
        with self.assertRaises(AccessError):
            ticket.with_user(self.engineer_a).action_open_repairs()
        self.assertEqual(len(repair.service_picking_ids), 1)

    def test_everything_missing_is_said(self):
        ticket = self._make_ticket(partner_id=False, phone="1")
        with self.assertRaises(UserError) as caught:
            ticket.with_user(self.leader).action_repair_order()
        for text in ("accepted", "The customer", "serial number"):
            self.assertIn(text, str(caught.exception))
        for user in (self.plain_user, self.portal_user, self.foreign_agent, self.keeper):
            with self.assertRaises(AccessError, msg=user.login):
                ticket.with_user(user).action_repair_order()

    def test_not_resolved_while_it_is_open(self):
        """C2: the ticket ends after its repair, and is closed when the product is with the customer again."""
        ticket, repair = self._came()
        ticket.with_user(self.leader).write({"resolution": "x", "solution_id": self._solution().id})
        self.assertTrue(any(repair.name in item for item in ticket._missing_resolution()))
        with self.assertRaisesRegex(UserError, "end of repair order"):
            ticket.with_user(self.leader).action_cancel("x")
        repair.with_user(self.keeper).action_repair_cancel()
        self.assertFalse(ticket._missing_resolution())
        self.assertEqual(repair.service_place, "leaving")
        self.assertTrue(any(repair.name in item for item in ticket._missing_closure()))
        with self.assertRaises(AccessError):
            repair.with_user(self.engineer_a).action_service_keep("x")
        repair.with_user(self.keeper).action_service_keep("Scrapped as the customer wished")
        self.assertEqual(repair.service_place, "kept")
        self.assertFalse(any(repair.name in item for item in ticket._missing_closure()))

    def test_cancelled_before_it_came(self):
        ticket, repair = self._asked()
        repair.with_user(self.keeper).action_repair_cancel()
        self.assertEqual(repair.service_picking_ids.state, "cancel")
        self.assertFalse(ticket._missing_product_home())
        with self.assertRaisesRegex(UserError, "not over"):
            repair.with_user(self.keeper).action_service_keep("x")

    def test_no_warehouse(self):
        company = self.env["res.company"].create({"name": "Without"})
        self.env["stock.warehouse"].search([("company_id", "=", company.id)]).active = False
        with self.assertRaisesRegex(UserError, "has no warehouse"):
            company._service_repair_warehouse()
