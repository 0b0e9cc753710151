from inspect import signature

from odoo import fields
from odoo.exceptions import AccessError, RedirectWarning, UserError
from odoo.tests import new_test_user, tagged

from .parts_common import PartsCase


@tagged("post_install", "-at_install")
class TestPartsStore(PartsCase):
    """C14: the store, the stations, the old parts; and who may not do what."""

    def _received(self, *serials):
        """Return used lines over a board each whose old part is in the store."""
        visit = self._working_visit()
        request = self._approved((self.board, len(serials)), visit_id=visit.id)
        lines = self._issue(request, *self.serials[: len(serials)])
        visit.action_use_parts(
            [{"line_id": line.id, "old_serial": serial} for line, serial in zip(lines, serials, strict=True)]
        )
        lines.with_user(self.keeper).action_receive_old([{"line_id": line.id} for line in lines])
        return lines

    # ------------------------------------------------------------------
    # Places
    # ------------------------------------------------------------------

    def test_places(self):
        """C14: the places are made once; the defective one is not for delivery and worth nothing."""
        before = self.env["stock.location"].search_count([])
        self.company._service_parts_setup()
        self.assertEqual(self.env["stock.location"].search_count([]), before)
        self.assertEqual(self.defective.usage, "internal")
        self.assertEqual(self.defective.location_id, self.store.location_id, "beside the stock, not in it")
        self.assertTrue(self.store.is_valued_internal)
        self.assertFalse(self.defective.is_valued_internal)
        valued = self.env["stock.location"].search([("is_valued_internal", "=", True)])
        self.assertIn(self.store, valued)
        self.assertNotIn(self.defective, valued)
        self.assertFalse(self._van().warehouse_id, "what is in the vans is not for sale")
        with self.assertRaises(UserError), self.cr.savepoint():
            self._van().with_user(self.stock_user).usage = "supplier"
        with self.assertRaises(UserError), self.cr.savepoint():
            self.defective.with_user(self.stock_user).unlink()

    def test_company_without_warehouse(self):
        """C14: without a warehouse there is one clear message; with one, the places are made at the first use."""
        company = self.env["res.company"].create({"name": "New company"})
        warehouses = self.env["stock.warehouse"].search([("company_id", "=", company.id)])
        warehouses.active = False
        manager = new_test_user(
            self.env, "s_new", "quality_incident.group_quality_manager", company_id=company.id,
            company_ids=[fields.Command.set(company.ids)],
        )
        company.with_user(manager).sudo().action_quality_setup()
        self.assertFalse(company.service_supply_route_id)
        with self.assertRaisesRegex((UserError, RedirectWarning), "has no warehouse"):
            company.with_user(manager)._service_places()
        warehouses.active = True
        places = company._service_places()
        self.assertEqual(places.service_store_location_id, warehouses.lot_stock_id)
        self.assertTrue(places.service_supply_route_id)

    def test_defective_worth_nothing(self):
        """C14: an old part changes neither the value in stock nor the cost of the new ones."""
        self.board.categ_id = self.env["product.category"].create(
            {"name": "Average", "property_cost_method": "average"}
        )
        self._received("OLD-1")
        self.assertEqual(self.board.standard_price, 100)
        move = self.env["stock.move"].search([("service_purpose", "=", "old_part")], order="id desc", limit=1)
        self.assertFalse(move.is_in)
        self.assertEqual(move.location_dest_id, self.defective)

    # ------------------------------------------------------------------
    # Others' moves
    # ------------------------------------------------------------------

    def test_accounts_are_closed(self):
        """C13: nobody moves, counts or scraps what stands on an engineer's account with Odoo's own means."""
        self._issue(self._approved((self.seal, 4)))
        van, stock = self._van(), self.env["stock.quant"].with_user(self.stock_user)
        quant = stock.search([("location_id", "=", van.id)])
        with self.assertRaises(UserError), self.cr.savepoint():
            quant.with_context(inventory_mode=True).inventory_quantity = 1
            quant.action_apply_inventory()
        scrap = self.env["stock.scrap"].with_user(self.stock_user).create(
            {"product_id": self.seal.id, "scrap_qty": 1, "location_id": van.id}
        )
        with self.assertRaises(UserError), self.cr.savepoint():
            scrap.action_validate()
        done = self.env["stock.move.line"].search([("location_dest_id", "=", van.id), ("state", "=", "done")])
        with self.assertRaises(UserError), self.cr.savepoint():
            done.with_user(self.stock_user).quantity = 9
        with self.assertRaises(AccessError), self.cr.savepoint():
            done.move_id.with_user(self.stock_user).service_line_id = False
        forged = self.env["stock.move"].with_user(self.stock_user).with_context(
            default_service_line_id=done.move_id.service_line_id.id
        ).create(
            {
                "product_id": self.seal.id, "product_uom_qty": 1, "location_id": van.id,
                "location_dest_id": self.store.id, "service_line_id": done.move_id.service_line_id.id,
            }
        )
        self.assertFalse(forged.service_line_id)
        self._check()

    def test_return_wizard(self):
        """C13: Odoo's return of an issue is refused too: parts come back through the requisition."""
        request = self._approved((self.seal, 4))
        self._issue(request)
        picking = request.sudo().picking_ids
        wizard = self.env["stock.return.picking"].with_user(self.stock_user).with_context(
            active_id=picking.id, active_ids=picking.ids, active_model="stock.picking"
        ).create({})
        wizard.product_return_moves.quantity = 1
        back = wizard._create_return()
        back.move_ids.write({"quantity": 1, "picked": True})
        with self.assertRaisesRegex(UserError, "spare-parts account"):
            back.button_validate()

    # ------------------------------------------------------------------
    # Stations
    # ------------------------------------------------------------------

    def test_replenishment(self):
        """C14: a station is supplied from the store by Odoo's own replenishment rule."""
        place = self.service_station.location_id
        action = self.service_station.with_user(self.keeper).action_open_rules()
        rule = self.env["stock.warehouse.orderpoint"].with_context(**action["context"]).create(
            {"product_id": self.seal.id, "product_min_qty": 4, "product_max_qty": 6}
        )
        self.assertEqual(rule.location_id, place)
        rule.action_replenish()
        move = self.env["stock.move"].search([("location_dest_id", "=", place.id), ("product_id", "=", self.seal.id)])
        self.assertEqual((move.location_id, move.product_uom_qty), (self.store, 6))
        move.picking_id.action_assign()
        move.picked = True
        move.picking_id.with_user(self.keeper).button_validate()
        self.assertEqual((move.state, self._quantity(self.seal, place)), ("done", 6))
        self.assertEqual(self.service_station.quantity, 6)
        self._check()

    def test_station_gives(self):
        """C14: a station gives parts to an engineer, or uses them for a ticket; its books follow."""
        place = self.service_station.location_id
        self._stock(self.seal, 5, place)
        line = self._issue(self._approved((self.seal, 2), source="station", station_id=self.service_station.id,
                                          engineer_id=self.employee_a.id))
        self.assertEqual((self._quantity(self.seal, place), self._quantity(self.seal, self._van())), (3, 2))
        line.with_user(self.keeper).action_take_back([{"line_id": line.id}])
        self.assertEqual(self._quantity(self.seal, place), 5, "back to the station it came from")
        ticket = self._make_ticket()
        line = self._issue(self._approved((self.seal, 4), source="station", station_id=self.service_station.id,
                                          ticket_id=ticket.id, engineer_id=False, user=self.agent))
        self.assertEqual((line.location_id, line.station_id), (place, self.service_station))
        self._check()
        with self.assertRaisesRegex(UserError, "not 2 of it free"):
            self._issue(self._approved((self.seal, 2), source="station", station_id=self.service_station.id,
                                       engineer_id=self.employee_a.id))
        with self.assertRaisesRegex(UserError, "stand on open requisitions"):
            self._move_by_hand(self.seal, 2, place, self.store)
        self._move_by_hand(self.seal, 1, place, self.store)
        self._check()

    def _move_by_hand(self, product, quantity, source, target):
        move = self.env["stock.move"].with_user(self.stock_user).create(
            {
                "product_id": product.id, "product_uom_qty": quantity, "location_id": source.id,
                "location_dest_id": target.id, "company_id": self.company.id,
            }
        )
        move._action_confirm()
        move.write({"quantity": quantity, "picked": True})
        move._action_done()

    # ------------------------------------------------------------------
    # Old parts
    # ------------------------------------------------------------------

    def test_old_parts_of_the_month(self):
        """C14: counted from the moves, approved by somebody else, then scrapped and sent back by real moves."""
        lines = self._received("OLD-1", "OLD-2", "OLD-3")
        visit = self._working_visit()
        open_line = self._issue(self._approved((self.seal, 2), visit_id=visit.id))
        visit.action_use_parts([{"line_id": open_line.id}])
        month = self.env["service.old.parts"].with_user(self.keeper).create({"month": fields.Date.today()})
        figures = {line.product_id: line for line in month.line_ids}
        self.assertEqual((figures[self.board].issued, figures[self.board].received), (3, 3))
        self.assertEqual((figures[self.seal].issued, figures[self.seal].missing), (2, 2))
        self.assertEqual(month.item_ids.part_line_id, lines)
        scrap, back, _keep = month.item_ids
        scrap.disposal = "scrap"
        back.disposal = "send_back"
        with self.assertRaisesRegex(UserError, "To whom"):
            month.action_request_approval()
        maker = self.env["res.partner"].create({"name": "Maker"})
        back.partner_id = maker
        month.action_request_approval()
        with self.assertRaises(UserError), self.cr.savepoint():
            back.disposal = "scrap"
        with self.assertRaises(UserError), self.cr.savepoint():
            month.action_approve()
        month.with_user(self.leader).action_approve()
        self.assertEqual(month.state, "done")
        self.assertEqual(sorted(lines.mapped("old_part_state")), ["received", "scrapped", "sent_back"])
        self.assertEqual(self._quantity(self.board, self.defective), 1)
        self.assertEqual(self.env["stock.scrap"].search([("origin", "=", month.name)]).lot_id, scrap.lot_id)
        sent = self.env["stock.picking"].search([("partner_id", "=", maker.id)])
        self.assertEqual((sent.state, sent.move_line_ids.lot_id), ("done", back.lot_id))
        self.assertEqual(sent.location_dest_id.usage, "supplier")
        with self.assertRaisesRegex(UserError, "has its reconciliation"):
            self.env["service.old.parts"].with_user(self.keeper).create({"month": fields.Date.today()})

    def test_old_part_in_a_claim(self):
        """C14, C15: what is in a claim is counted but not disposed of."""
        lines = self._received("OLD-1", "OLD-2")
        lines[0]._claim_old_parts()
        month = self.env["service.old.parts"].with_user(self.keeper).create({})
        self.assertEqual(month.item_ids.part_line_id, lines[1])
        self.assertEqual(month.line_ids.filtered(lambda one: one.product_id == self.board).claimed, 1)
        lines[1]._claim_old_parts()
        month.item_ids.disposal = "scrap"
        with self.assertRaisesRegex(UserError, "count again"):
            month.action_request_approval()
        partner = self.env["res.partner"].create({"name": "Maker"})
        lines._send_back_old_parts(partner)
        self.assertEqual(set(lines.mapped("old_part_state")), {"sent_back"})
        self.assertFalse(self._quantity(self.board, self.defective))

    # ------------------------------------------------------------------
    # Papers and registers
    # ------------------------------------------------------------------

    def _html(self, report, records, user):
        action = self.env.ref(f"service_ticket.{report}").with_user(user)
        return action._render_qweb_html(action.report_name, records.ids)[0].decode()

    def test_papers(self):
        """C14: the receipt is printed for the store and for the engineer; the account says that it agrees."""
        lines = self._received("OLD-1")
        request = lines.request_id
        received = request.picking_ids.filtered(lambda one: one.location_dest_id == self.defective)
        note = self._html("action_report_part_note", received, self.keeper)
        self.assertIn("Copy for the store", note)
        self.assertIn("Copy for the engineer", note)
        self.assertIn("OLD-1", note)
        issue = self._html("action_report_part_note", request.picking_ids - received, self.keeper)
        self.assertIn("Issue note", issue)
        self.assertIn("B-1", issue)
        self.assertIn(request.name, self._html("action_report_part_request", request, self.engineer_a))
        account = self._html("action_report_part_account", self.employee_a, self.engineer_a)
        self.assertIn("agree with the stock", account)
        self.assertIn("B-1", account)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self._html("action_report_part_account", self.employee_a, self.engineer_b)
        self.assertIn("East", self._html("action_report_part_account_station", self.service_station, self.keeper))
        month = self.env["service.old.parts"].with_user(self.keeper).create({})
        self.assertIn("OLD-1", self._html("action_report_old_parts", month, self.keeper))
        self.assertIn("B-1", self._html("action_report_service_report", lines.visit_id, self.engineer_a))
        foreign = self.env["stock.picking"].search([("service_request_id", "=", False)], limit=1)
        if foreign:
            with self.assertRaises(UserError), self.cr.savepoint():
                self._html("action_report_part_note", foreign, self.keeper)

    def test_registers(self):
        """C13, C14: the Excel registers of requisitions, parts, accounts and old parts can be made."""
        self._received("OLD-1")
        self.env["service.old.parts"].with_user(self.keeper).create({})
        for model in ("service.part.request", "service.part.line", "service.part.account", "service.old.parts"):
            with self.env[model].with_user(self.keeper)._register_file([]) as file:
                self.assertEqual(file.read(2), b"PK", model)

    def test_account(self):
        """C13: each engineer sees the own account, with its age; the store sees all."""
        self._issue(self._approved((self.seal, 4)))
        self._issue(self._approved((self.oil, 2), user=self.engineer_b))
        Account = self.env["service.part.account"]
        rows = Account.with_user(self.engineer_a).search([])
        self.assertEqual((rows.product_id, rows.quantity, rows.bucket, rows.value), (self.seal, 4, "7", 8))
        everything = Account.with_user(self.keeper).search([("product_id", "in", (self.seal | self.oil).ids)])
        self.assertEqual(len(everything), 2)
        quant = self.env["stock.quant"].search([("location_id", "=", self._van().id)])
        quant.in_date = fields.Datetime.subtract(fields.Datetime.now(), days=45, hours=12)
        self.env.flush_all()
        rows.invalidate_recordset()
        self.assertEqual((rows.bucket, rows.age_days), ("90", 45))
        action = rows.action_print_statement()
        self.assertEqual(action["report_name"], "service_ticket.report_part_account")


@tagged("post_install", "-at_install")
class TestPartsRights(PartsCase):
    """C13, C14: every public method × everybody who must not."""

    ARGUMENTS = {
        "action_issue": [[]], "action_take_back": [[]], "action_receive_old": [[]], "action_cancel": ["x"],
        "action_close_rest": ["x"], "action_waive_old_part": ["x"], "action_use_parts": [[]],
    }

    def _records(self):
        visit = self._working_visit()
        line = self._issue(self._approved((self.seal, 2), visit_id=visit.id))
        return {
            "service.part.request": line.request_id,
            "service.part.line": line,
            "service.part.writeoff": self.env["service.part.writeoff"].create({"line_id": line.id}),
            "service.part.account": self.env["service.part.account"].search([("employee_id", "=", self.employee_a.id)]),
            "service.station": self.service_station,
            "service.old.parts": self.env["service.old.parts"].create({}),
        }

    def test_table(self):
        tried = 0
        for model, record in self._records().items():
            own = {name for cls in type(record).mro() if "service_ticket" in cls.__module__ for name in vars(cls)}
            for name in sorted(name for name in own if name.startswith("action_")):
                for user in (self.portal_user, self.plain_user, self.foreign_agent, self.foreign_keeper):
                    with self.assertRaises(AccessError, msg=f"{model}.{name} as {user.login}"), self.cr.savepoint():
                        method = getattr(record.with_user(user), name)
                        method(*self.ARGUMENTS.get(name, [])[: len(signature(method).parameters)])
                    tried += 1
        self.assertGreater(tried, 80)

    def test_wrong_colleague(self):
        """C13: the engineer does not issue, take back or receive; a colleague does not touch the other's parts."""
        records = self._records()
        request, line = records["service.part.request"], records["service.part.line"]
        for user, method, arguments in (
            (self.engineer_a, request.action_issue, [[]]),
            (self.engineer_a, line.action_take_back, [[]]),
            (self.engineer_a, line.action_receive_old, [[]]),
            (self.engineer_b, line.ticket_id.visit_ids.action_use_parts, [[]]),
            (self.engineer_a, records["service.old.parts"].action_count, []),
            (self.agent, records["service.old.parts"].action_request_approval, []),
        ):
            with self.assertRaises(UserError, msg=method.__name__), self.cr.savepoint():
                getattr(method.__self__.with_user(user), method.__name__)(*arguments)
        outsider = self._service_user("outsider", "engineer")
        self.assertFalse(self.env["service.part.request"].with_user(outsider).search([("id", "=", request.id)]))
        with self.assertRaises(AccessError), self.cr.savepoint():
            request.with_user(outsider).action_cancel("x")

    def test_no_writing(self):
        """C13: plain employees, portal users and other companies neither see nor write requisitions."""
        request = self._records()["service.part.request"]
        for user in (self.plain_user, self.portal_user):
            for operation in ("read", "write", "create"):
                self.assertFalse(self.env["service.part.request"].with_user(user).has_access(operation))
        self.assertFalse(self.env["service.part.request"].with_user(self.foreign_keeper).search(
            [("id", "=", request.id)]
        ))
        with self.assertRaises(UserError), self.cr.savepoint():
            request.with_user(self.leader).unlink()

    def test_other_company(self):
        """C13: a part, an engineer or a ticket of another company is refused."""
        stranger = self.env["hr.employee"].create({"name": "Stranger", "company_id": self.other_company.id})
        with self.assertRaises(UserError), self.cr.savepoint():
            self._request((self.seal, 1), engineer_id=stranger.id)
        theirs = self._part("Theirs", "none", 1, company_id=self.other_company.id)
        with self.assertRaises(UserError), self.cr.savepoint():
            self._request((theirs, 1))

    def test_not_storable(self):
        """C13: only what is kept in stock can be accounted for."""
        with self.assertRaisesRegex(UserError, "not kept in stock"):
            self._request((self.product, 1))


@tagged("post_install", "-at_install")
class TestPartsPerformance(PartsCase):
    """C13: what it costs does not grow with what there is."""

    def _count(self, function):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        function()
        self.env.flush_all()
        return self.cr.sql_log_count - before

    def test_lists(self):
        """Lists, boards and availability read ten times as much with as many queries."""
        counts = []
        parts = [self._part(f"Part {number}", "none", 1) for number in range(30)]
        for total in (3, 30):
            requests = self._request(*((part, 1) for part in parts[:total]))
            for _copy in range(total - 1):
                requests |= self._request((parts[0], 1))
            requests = self.env[requests._name].browse(requests.ids)
            lines = self.env["service.part.line"].browse(requests.line_ids.ids)
            counts.append((
                self._count(lambda requests=requests: requests.with_user(self.keeper).read(
                    ["display_name", "amount", "to_issue_count", "open_count", "deadline_color", "is_first_free",
                     "picking_count", "partner_id"])),
                self._count(lambda lines=lines: lines.with_user(self.keeper).read(
                    ["at_van", "at_station", "at_store", "age_days", "amount", "display_name"])),
            ))
        for few, many in zip(*counts, strict=True):
            self.assertLessEqual(many, few + 3, counts)

    def test_issue(self):
        """The issue of ten times as many lines costs a bounded number of queries for each."""
        counts = []
        for total in (2, 20):
            parts = [self._part(f"Part {total}.{number}", "none", 1) for number in range(total)]
            for part in parts:
                self._stock(part, 5)
            request = self._approved(*((part, 1) for part in parts))
            rows = self._rows(request.sudo())
            mine = request.with_user(self.keeper)
            counts.append(self._count(lambda mine=mine, rows=rows: mine.action_issue(rows)))
        self.assertLessEqual((counts[1] - counts[0]) / 18, 25, counts)

    def test_check_account(self):
        """The reconciliation of all accounts is one query."""
        self._issue(self._approved((self.seal, 4)))
        self.assertLessEqual(self._count(lambda: self.env["service.part.account"]._check_account(self.company)), 1)
