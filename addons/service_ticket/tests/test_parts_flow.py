from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .parts_common import PartsCase


@tagged("post_install", "-at_install")
class TestPartsFlow(PartsCase):
    """C13: the way of a part, from the requisition to the clearing of the account."""

    def test_whole_way(self):
        """C13: requisition, approval, issue, van, use, signature, consent, old part, cleared; both serials kept."""
        visit = self._working_visit()
        request = self._approved((self.board, 1), (self.seal, 2), visit_id=visit.id)
        self.assertEqual((request.ticket_id, request.engineer_id), (visit.ticket_id, self.employee_a))
        lines = self._issue(request, self.serials[0])
        self.assertEqual(request.state, "issued")
        self.assertEqual(lines.mapped("state"), ["open", "open"])
        board = lines.filtered("lot_id")
        self.assertEqual((board.lot_id, board.unit_cost), (self.serials[0], 100))
        self.assertEqual(self._quantity(self.board, self._van(), self.serials[0]), 1)
        picking = request.sudo().picking_ids
        self.assertEqual(picking.state, "done")
        self.assertFalse(picking.sale_id, "never the customer's sales order")
        self.assertEqual(picking.move_ids.reference_ids, request.sudo().reference_id)
        self._check()

        visit.action_use_parts([
            {"line_id": line.id, "old_serial": "OLD-7" if line.lot_id else None} for line in lines
        ])
        self.assertEqual(self._quantity(self.board, self._used(), self.serials[0]), 1)
        self._check()
        self._finish(visit)
        self._sign(visit)
        self._approve(visit)
        self.assertEqual(set(lines.mapped("state")), {"used"}, "the old parts are still out")
        self._check()

        lines.with_user(self.keeper).action_receive_old([{"line_id": line.id} for line in lines])
        self.assertEqual(set(lines.mapped("clearing")), {"used"})
        self.assertEqual(request.state, "cleared")
        self.assertEqual(board.returned_lot_id.name, "OLD-7")
        self.assertEqual(self._quantity(self.board, self.defective, board.returned_lot_id), 1)
        customer = self.customer.property_stock_customer
        self.assertEqual(self._quantity(self.board, customer, self.serials[0]), 1)
        self.assertFalse(self.env["service.part.account"].search([("employee_id", "=", self.employee_a.id)]))
        self._check()

    def test_old_part_before_consent(self):
        """C13: the old part alone clears nothing; the leader's consent then does."""
        visit = self._working_visit()
        request = self._approved((self.seal, 1), visit_id=visit.id)
        line = self._issue(request)
        visit.action_use_parts([{"line_id": line.id}])
        line.with_user(self.keeper).action_receive_old([{"line_id": line.id}])
        self.assertEqual((line.state, line.old_part_state), ("used", "received"))
        self._check()
        self._finish(visit)
        self._sign(visit)
        self._approve(visit)
        self.assertEqual((line.state, request.state), ("cleared", "cleared"))
        self._check()

    def test_part_without_old_one(self):
        """C13: what is used up needs no old part; the leader accepts a missing one with a reason."""
        visit = self._working_visit()
        request = self._approved((self.oil, 1), (self.seal, 1), visit_id=visit.id)
        lines = self._issue(request)
        visit.action_use_parts([{"line_id": line.id} for line in lines])
        self._finish(visit)
        self._sign(visit)
        self._approve(visit)
        oil, seal = lines
        self.assertEqual((oil.state, seal.state), ("cleared", "used"))
        with self.assertRaises(AccessError), self.cr.savepoint():
            seal.with_user(self.engineer_a).action_waive_old_part("Gone")
        seal.with_user(self.leader).action_waive_old_part("It fell to pieces")
        self.assertEqual((seal.state, seal.old_part_reason), ("cleared", "It fell to pieces"))
        self._check()

    def test_signature_covers_parts(self):
        """C13: parts booked after the customer signed make the signature one of something else."""
        visit = self._working_visit()
        request = self._approved((self.seal, 2), visit_id=visit.id)
        line = self._issue(request)
        self._finish(visit)
        self._sign(visit)
        self.assertEqual(visit.seal_validity, "valid")
        visit.action_use_parts([{"line_id": line.id, "quantity": 1}])
        self.assertEqual(visit.seal_validity, "changed")
        with self.assertRaisesRegex(UserError, "signature"):
            visit.action_approve_report()
        used = visit.part_line_ids
        used.with_user(self.engineer_a).action_undo_use()
        self.assertEqual(visit.seal_validity, "valid")
        self.assertEqual(self._quantity(self.seal, self._van()), 2)
        self._check()

    def test_clearing_keeps_the_signature(self):
        """C13: splitting and clearing a line changes nothing of what was signed."""
        visit = self._working_visit()
        request = self._approved((self.seal, 3), visit_id=visit.id)
        line = self._issue(request)
        visit.action_use_parts([{"line_id": line.id}])
        self._finish(visit)
        self._sign(visit)
        self._approve(visit)
        line.with_user(self.keeper).action_receive_old([{"line_id": line.id, "quantity": 1}])
        self.assertEqual(sorted(request.sudo().line_ids.mapped("state")), ["cleared", "used"])
        self.assertEqual(visit.seal_validity, "valid")
        self._check()

    def test_backorder(self):
        """C13: what is not in stock stays to be issued; the rest can be given up."""
        request = self._approved((self.board, 2), (self.seal, 5))
        self._issue(request, self.serials[0])
        self.assertEqual((request.state, request.to_issue_count), ("approved", 1))
        waiting = request.sudo().line_ids.filtered(lambda line: line.state == "requested")
        self.assertEqual((waiting.product_id, waiting.quantity), (self.board, 1))
        with self.assertRaisesRegex(UserError, "Take back"):
            request.action_cancel("No more")
        request.action_close_rest("Not needed")
        self.assertEqual((request.state, waiting.state), ("issued", "cancelled"))
        self._check()

    def test_return_in_part(self):
        """C13: unused parts go back to the store, in part too; the line is split."""
        request = self._approved((self.seal, 5))
        line = self._issue(request)
        line.with_user(self.keeper).action_take_back([{"line_id": line.id, "quantity": 2}])
        self.assertEqual(sorted(request.sudo().line_ids.mapped("quantity")), [2, 3])
        self.assertEqual((self._quantity(self.seal, self.store), self._quantity(self.seal, self._van())), (17, 3))
        self.assertTrue(request._gate_approved("part_request"), "a split line is the same content")
        line.with_user(self.keeper).action_take_back([{"line_id": line.id}])
        self.assertEqual(request.state, "cleared")
        self.assertEqual(self._quantity(self.seal, self.store), 20)
        self._check()

    def test_wrong_serial(self):
        """C13: a serial number that is wrong, elsewhere, or entered twice is refused in one error."""
        request = self._approved((self.board, 2), (self.seal, 50))
        board, seal = request.sudo().line_ids
        rows = [
            {"line_id": board.id, "quantity": 1, "lot": "NOPE"}, {"line_id": board.id, "quantity": 1, "lot": "B-1"},
            {"line_id": seal.id},
        ]
        with self.assertRaisesRegex(UserError, "(?s)NOPE.*Sealing ring"):
            request.with_user(self.keeper).action_issue(rows)
        for lots in (("B-1", "B-1"), (None, "B-1")):
            with self.assertRaises(UserError), self.cr.savepoint():
                request.with_user(self.keeper).action_issue(
                    [{"line_id": board.id, "quantity": 1, "lot": lot} for lot in lots]
                )
        self.assertEqual(self._quantity(self.board, self.store), 3)
        self._check()

    def test_wrong_old_serial(self):
        """C13: the old part's serial number is one that the customer can have."""
        visit = self._working_visit()
        line = self._issue(self._approved((self.board, 1), visit_id=visit.id), self.serials[0])
        visit.action_use_parts([{"line_id": line.id}])
        mine = line.with_user(self.keeper)
        for serial, error in ((None, "serial number of the old"), ("B-1", "new part"), ("B-2", "cannot come from")):
            with self.assertRaisesRegex(UserError, error):
                mine.action_receive_old([{"line_id": line.id, "old_serial": serial}])
        mine.action_receive_old([{"line_id": line.id, "old_serial": "OLD-1"}])
        self.assertEqual(line.old_part_state, "received")
        self._check()

    def test_approval(self):
        """C13: four eyes; out of warranty and large requisitions need a second word; rejected ones go back."""
        request = self._request((self.seal, 1), user=self.leader, engineer_id=self.employee_a.id)
        with self.assertRaisesRegex(UserError, "(?s)cannot become|cannot"):
            request.write({"state": "approval"})
        request.action_request_approval()
        with self.assertRaises(UserError), self.cr.savepoint():
            request.action_approve()
        other = self._service_user("leader2", "manager")
        request.with_user(other).action_reject("Too many")
        self.assertEqual(request.state, "draft")
        request.action_request_approval()
        request.with_user(self.leader).action_withdraw()
        self.assertEqual(request.state, "draft")

        large = self._request((self.board, 60))
        large.action_request_approval()
        self.assertEqual(large.amount, 6000)
        large.with_user(self.leader).action_approve()
        self.assertEqual(large.state, "approval")
        large.with_user(self.finance).action_approve()
        self.assertEqual(large.state, "approved")

    def test_content_is_fixed(self):
        """C13: what was approved is what is issued."""
        request = self._approved((self.seal, 1))
        for values in ({"source": "van"}, {"engineer_id": self.employee_b.id}, {"line_ids": [(0, 0, {
                "product_id": self.seal.id, "quantity": 5, "reason": "x"})]}):
            with self.assertRaises(UserError), self.cr.savepoint():
                request.write(values)
        line = request.line_ids
        for values in ({"quantity": 9}, {"product_id": self.oil.id}):
            with self.assertRaises(UserError), self.cr.savepoint():
                line.write(values)
        for name in ("lot_id", "unit_cost", "in_warranty", "location_id", "clearing"):
            with self.assertRaises(AccessError, msg=name), self.cr.savepoint():
                self._request((self.seal, 1)).line_ids.write({name: False})
        with self.assertRaises(UserError), self.cr.savepoint():
            line.with_user(self.keeper).write({"state": "open"})
        with self.assertRaises(AccessError), self.cr.savepoint():
            self._request((self.seal, 1)).line_ids.write({"state": "cancelled"})

    def test_ship(self):
        """C13: parts sent to the customer: the postage is approved first; the customer's word clears them."""
        ticket = self._to_analysis(self._make_ticket())
        request = self._approved((self.seal, 1), ticket_id=ticket.id, source="ship")
        request.with_user(self.keeper).write({"postage_cost": 35, "carrier": "Express 4711"})
        with self.assertRaisesRegex(UserError, "postage"):
            self._issue(request)
        request.with_user(self.keeper).action_request_postage()
        request.with_user(self.leader).action_approve()
        request.with_user(self.keeper).write({"postage_cost": 350})
        with self.assertRaisesRegex(UserError, "postage"):
            self._issue(request)
        request.with_user(self.keeper).action_request_postage()
        request.with_user(self.leader).action_approve()
        line = self._issue(request)
        self.assertEqual((line.state, self._quantity(self.seal, self.customer.property_stock_customer)), ("used", 1))
        self._check()
        line.with_user(self.keeper).action_receive_old([{"line_id": line.id}])
        self.assertEqual(line.state, "used", "the customer has not said that it works")
        self._analyse(ticket, "remote")
        ticket.with_user(self.engineer_a).action_start()
        self._resolve(ticket)
        self._call_back(ticket)
        ticket.with_user(self.agent).action_confirm()
        self.assertEqual((line.state, request.state), ("cleared", "cleared"))

    def test_ship_back(self):
        """C13: what the customer sends back unused is returned."""
        ticket = self._to_analysis(self._make_ticket())
        line = self._issue(self._approved((self.seal, 2), ticket_id=ticket.id, source="ship"))
        line.with_user(self.keeper).action_take_back([{"line_id": line.id}])
        self.assertEqual((line.clearing, self._quantity(self.seal, self.store)), ("returned", 20))

    def test_van_stock(self):
        """C13: van stock stands on the account; a visit uses it, or another requisition takes it over."""
        stock = self._issue(self._approved((self.seal, 6)))
        visit = self._working_visit()
        visit.action_use_parts([{"line_id": stock.id, "quantity": 1}])
        self.assertEqual(visit.part_line_ids.ticket_id, visit.ticket_id)
        taken = self._approved((self.seal, 2), visit_id=visit.id, source="van")
        line = self._issue(taken)
        self.assertEqual((line.issued_at, line.state), (stock.issued_at, "open"))
        given = stock.request_id.line_ids.filtered(lambda one: one.clearing == "transferred")
        self.assertEqual((given.quantity, given.successor_id), (2, line))
        self.assertEqual(self._quantity(self.seal, self._van()), 5)
        self._check()
        with self.assertRaisesRegex(UserError, "not 9 of it free"):
            self._issue(self._approved((self.seal, 9), visit_id=visit.id, source="van"))
        self._check()

    def test_write_off(self):
        """C13: what is lost is written off by others than who lost it, with a scrap order behind it."""
        line = self._issue(self._approved((self.seal, 5)))
        self.assertEqual(line.with_user(self.engineer_a).action_write_off()["res_model"], "service.part.writeoff")
        one = self.env["service.part.writeoff"].with_user(self.engineer_a).create({"line_id": line.id, "quantity": 2})
        with self.assertRaisesRegex(UserError, "How it happened"):
            one.action_request_approval()
        one.reason_text = "Fell into the basin"
        one.action_request_approval()
        with self.assertRaises(UserError), self.cr.savepoint():
            one.action_approve()
        one.with_user(self.leader).action_approve()
        self.assertEqual((one.state, one.sudo().scrap_id.state), ("done", "done"))
        self.assertEqual((line.quantity, self._quantity(self.seal, self._van())), (3, 3))
        self.assertEqual(one.sudo().cleared_line_id.clearing, "written_off")
        self._check()

    def test_ticket_waits_for_parts(self):
        """C13, E10: a ticket is neither closed nor cancelled while its parts are out."""
        visit = self._working_visit()
        ticket = visit.ticket_id
        request = self._approved((self.seal, 1), visit_id=visit.id)
        line = self._issue(request)
        self.assertIn(request.name, "".join(ticket._missing_closure()))
        self._finish(visit)
        with self.assertRaisesRegex(UserError, "take them back"):
            ticket.with_user(self.leader).action_cancel("Mistake")
        line.with_user(self.keeper).action_take_back([{"line_id": line.id}])
        self.assertNotIn(request.name, "".join(ticket._missing_closure()))
        draft = self._request((self.seal, 1), ticket_id=ticket.id)
        ticket.with_user(self.leader).action_cancel("Mistake")
        self.assertEqual(draft.state, "cancelled")

    def test_deadline(self):
        """C13: the clearing has its deadline, which ends with it."""
        request = self._approved((self.seal, 1), ticket_id=self._make_ticket().id)
        line = self._issue(request)
        row = request._find_deadlines("part_clearing")
        self.assertEqual(row.user_id, self.engineer_a)
        self.assertAlmostEqual(row.due_at, fields.Datetime.now() + timedelta(days=7), delta=timedelta(minutes=1))
        line.with_user(self.keeper).action_take_back([{"line_id": line.id}])
        self.assertEqual(row.state, "met")

    def test_phone(self):
        """C10: the phone shows the parts at hand; the same use sent again books nothing twice."""
        visit = self._working_visit()
        line = self._issue(self._approved((self.seal, 4), visit_id=visit.id))
        self.assertEqual([part["id"] for part in visit.get_sheet()["parts"]], [line.id])
        answer = {"line_id": visit.id, "parts": [{"line_id": line.id, "quantity": 1, "key": "k-0001"}]}
        for _again in range(2):
            result = visit.save_sheet([answer])
            self.assertFalse(result["errors"])
        self.assertEqual(sorted((p["state"], p["quantity"]) for p in result["sheet"]["parts"]), [("open", 3), ("used", 1)])
        used = visit.part_line_ids
        visit.save_sheet([{"line_id": visit.id, "parts_undone": used.ids}])
        self.assertEqual(self._quantity(self.seal, self._van()), 4)
        self._check()

    def test_dialogs(self):
        """C13: the dialogs of the keeper and of the engineer do the same as RPC."""
        visit = self._working_visit()
        request = self._approved((self.board, 2), (self.seal, 3), visit_id=visit.id)
        action = request.with_user(self.keeper).action_issue()
        dialog = self.env[action["res_model"]].with_user(self.keeper).browse(action["res_id"])
        boards = dialog.line_ids.filtered(lambda row: row.tracking == "serial")
        self.assertEqual((len(boards), boards[0].available), (2, 3))
        boards[0].issued_lot_id = self.serials[1]
        dialog.action_confirm()
        self.assertEqual((request.state, request.sudo().to_issue_count), ("approved", 1))
        action = visit.action_use_parts()
        dialog = self.env[action["res_model"]].with_user(self.engineer_a).browse(action["res_id"])
        dialog.line_ids.filtered("lot_id").write({"quantity": 1, "old_serial": "OLD-9"})
        dialog.action_confirm()
        action = request.with_user(self.keeper).action_receive_old()
        dialog = self.env[action["res_model"]].with_user(self.keeper).browse(action["res_id"])
        self.assertEqual(dialog.line_ids.old_serial, "OLD-9")
        dialog.action_confirm()
        action = request.with_user(self.keeper).action_take_back()
        self.env[action["res_model"]].with_user(self.keeper).browse(action["res_id"]).action_confirm()
        self.assertFalse(self._quantity(self.seal, self._van()))
        self._check()

    def test_refused_signature(self):
        """C13: a refusal before a witness, accepted by the leader, clears as the signature does."""
        visit = self._working_visit()
        line = self._issue(self._approved((self.oil, 1), visit_id=visit.id))
        visit.action_use_parts([{"line_id": line.id}])
        self._finish(visit)
        visit.with_user(self.engineer_a).action_refuse_signature("In a hurry", "Mr. Wu")
        self._approve(visit)
        self.assertEqual(line.state, "cleared")
