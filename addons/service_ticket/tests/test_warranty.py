from datetime import datetime, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .warranty_common import WarrantyCase


@tagged("post_install", "-at_install")
class TestWarrantyAnswer(WarrantyCase):
    """D2, F10: the answer against cases worked out by hand."""

    def test_last_day_is_included(self):
        lot = self._lot("A")
        self._move(lot, "2025-03-10")
        self._check(self._ask(lot, "2026-03-10"), "in", "2026-03-10", "delivery")
        self._check(self._ask(lot, "2026-03-11"), "out", "2026-03-10")
        answer = self._ask(lot, "2025-12-01")
        self.assertEqual((answer["customer_id"], str(answer["delivered_on"])), (self.customer.id, "2025-03-10"))
        self.assertTrue(answer["parts"] and answer["labour"] and answer["travel"])

    def test_leap_day(self):
        lot = self._lot("LEAP")
        self._move(lot, "2024-02-29")
        self._check(self._ask(lot, "2025-02-28"), "in", "2025-02-28")
        self._check(self._ask(lot, "2025-03-01"), "out", "2025-02-28")

    def test_returned_and_sold_again(self):
        """Each owner is judged by the own delivery; in between nobody is."""
        lot = self._lot("R")
        self._move(lot, "2024-01-10", self.customer)
        self._move(lot, "2024-06-10", self.customer, back=True)
        self._check(self._ask(lot, "2024-07-01"), "unknown", False, "no_delivery")
        self._move(lot, "2025-02-01", self.far_customer)
        answer = self._ask(lot, "2025-06-01")
        self._check(answer, "in", "2026-02-01")
        self.assertEqual(answer["customer_id"], self.far_customer.id)
        self._check(self._ask(lot, "2024-05-01"), "in", "2025-01-10")

    def test_two_deliveries(self):
        """Delivered twice without a return on record: the later one counts for a serial number."""
        lot = self._lot("T")
        self._move(lot, "2023-01-10", self.customer)
        self.env["stock.quant"].sudo().search([("lot_id", "=", lot.id)]).unlink()
        self._move(lot, "2025-01-10", self.far_customer)
        self._check(self._ask(lot, "2025-06-01"), "in", "2026-01-10")

    def test_no_delivery_and_other_company(self):
        lot = self._lot("N")
        self._check(self._ask(lot, "2025-06-01"), "unknown", False, "no_delivery")
        self._check(self._ask(None, "2025-06-01"), "unknown", False, "no_product")
        self._move(lot, "2025-01-10")
        self._check(self._ask(lot, "2025-06-01", company=self.other_company), "unknown", False, "no_delivery")
        self.term.active = False
        self._check(self._ask(lot, "2025-06-01"), "unknown", False, "no_term")

    def test_day_where_the_company_works(self):
        """Delivered at night: it is the day it is for the company, not in Greenwich."""
        lot = self._lot("Z")
        transfer = self._move(lot, "2025-03-10")
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        self._happened(transfer, datetime(2025, 3, 10, 18, 0))
        self._check(self._ask(lot, "2026-03-11"), "in", "2026-03-11")

    def test_covers_apart(self):
        self.term.write({"months_parts": 24, "months_labour": 12, "months_travel": 0})
        lot = self._lot("C")
        self._move(lot, "2025-01-31")
        answer = self._ask(lot, "2026-02-01")
        self._check(answer, "in", "2027-01-31")
        self.assertEqual((answer["parts"], answer["labour"], answer["travel"]), (True, False, False))
        self.assertEqual(str(answer["labour_until"]), "2026-01-31")
        self.assertFalse(answer["travel_until"])

    def test_nearest_category_wins(self):
        categories = self.env["product.category"]
        top = categories.create({"name": "Meters"})
        middle = categories.create({"name": "Water", "parent_id": top.id})
        self.product.categ_id = categories.create({"name": "DN50", "parent_id": middle.id})
        self._term(categ_id=top.id, months_parts=18)
        near = self._term(categ_id=middle.id, months_parts=30)
        lot = self._lot("K")
        self._move(lot, "2025-01-01")
        self.assertEqual(self._ask(lot, "2025-06-01")["term_id"], near.id)
        own = self._term(product_tmpl_id=self.product.product_tmpl_id.id, months_parts=36)
        self.assertEqual(self._ask(lot, "2025-06-01")["term_id"], own.id)
        own.write({"valid_from": "2025-02-01"})
        self.assertEqual(self._ask(lot, "2025-06-01")["term_id"], near.id, "sold before that term")

    def test_terms_do_not_overlap(self):
        with self.assertRaisesRegex(ValidationError, "before the other begins"):
            self._term(name="Twin")
        self.term.valid_to = "2025-12-31"
        self._term(name="Next", valid_from="2026-01-01")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self._term(months_parts=-1, for_serials=True)

    def test_commissioning(self):
        """D2: it runs from the commissioning; until there is one from the delivery, at the latest from the limit."""
        self.term.write({"start_event": "commissioning"})
        lot = self._lot("I")
        self._move(lot, "2025-01-10")
        self._check(self._ask(lot, "2025-06-01"), "in", "2026-01-10", "delivery")
        self.env["service.ticket"].with_user(self.leader).create(
            self._ticket_vals(
                kind="installation", lot_id=lot.id, is_historic=True, state="closed", received_at="2025-02-01 08:00:00",
                resolved_at="2025-03-05 12:00:00", closed_at="2025-03-06 12:00:00",
            )
        )
        self._check(self._ask(lot, "2025-06-01"), "in", "2026-03-05", "commissioning")
        self.term.latest_start_months = 1
        self._check(self._ask(lot, "2025-06-01"), "in", "2026-02-10", "delivery")

    def test_own_date_and_term_of_a_serial(self):
        """D2: a serial number may have a date by contract and a term of its own; only the manager gives them."""
        lot = self._lot("S")
        self._move(lot, "2025-01-10")
        long = self._term(name="Long", for_serials=True, months_parts=60)
        with self.assertRaises(AccessError):
            lot.with_user(self.agent).service_start_on = "2025-06-01"
        keeper = self._service_user("keeper", "store")
        with self.assertRaisesRegex(AccessError, "service manager"):
            lot.with_user(keeper).service_term_id = long
        with self.assertRaisesRegex(AccessError, "service manager"):
            self.env["stock.lot"].with_user(keeper).create(
                {"name": "S2", "product_id": self.product.id, "service_start_on": "2025-06-01"}
            )
        lot.with_user(keeper).write({"ref": "X", "service_start_on": False})
        self.leader.group_ids |= self.env.ref("stock.group_stock_user")
        mine = lot.with_user(self.leader)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            mine.service_start_on = "2025-06-01"
            mine.flush_recordset()
        lot.invalidate_recordset()
        mine.write({"service_start_on": "2025-06-01", "service_start_note": "Contract 7"})
        self._check(self._ask(lot, "2026-06-01"), "in", "2026-06-01", "contract")
        mine.service_term_id = long
        self._check(self._ask(lot, "2026-06-02"), "in", "2030-06-01")
        self._move(lot, "2026-07-01", back=True)
        self._move(lot, "2026-08-01", self.far_customer)
        self.assertEqual(str(self._ask(lot, "2026-09-01")["start"]), "2026-08-01", "its date was of its life before")

    def test_without_a_serial(self):
        """Several deliveries of a product decide only when they agree."""
        meter = self.env["product.product"].create({"name": "Gasket", "is_storable": True})
        self._move(None, "2025-01-10", product=meter, quantity=5)
        ask = {"product": meter, "partner": self.customer}
        self._check(self._ask(None, "2025-06-01", **ask), "in", "2026-01-10")
        self._move(None, "2025-08-10", product=meter, quantity=5)
        self._check(self._ask(None, "2025-09-01", **ask), "in", "2026-08-10")
        self._check(self._ask(None, "2026-03-01", **ask), "unknown", False, "several")
        self._move(None, "2026-02-01", back=True, product=meter, quantity=5)
        self._check(self._ask(None, "2026-03-01", **ask), "out", "2026-01-10")
        answer = self._ask(None, "2026-03-01", product=meter, partner=self.far_customer)
        self._check(answer, "unknown", False, "no_delivery")

    def test_a_lot_of_many(self):
        """A lot went to two customers: each is judged by the own delivery."""
        self.product.tracking = "lot"
        lot = self._lot("CHARGE")
        self._move(lot, "2024-01-10", self.customer, quantity=3)
        self._move(lot, "2025-01-10", self.far_customer, quantity=3)
        self._check(self._ask(lot, "2025-06-01", partner=self.customer), "out", "2025-01-10")
        self._check(self._ask(lot, "2025-06-01", partner=self.far_customer), "in", "2026-01-10")
        self._check(self._ask(lot, "2025-06-01"), "unknown", False, "several")

    def test_queries(self):
        """F10: the answer for ten times as many serial numbers costs the same."""
        lots = self.env["stock.lot"].create(
            [{"name": f"Q{number}", "product_id": self.product.id} for number in range(50)]
        )
        for lot in lots:
            self._move(lot, "2025-01-10")
        counts = []
        for total in (5, 50):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            answers = self.terms._answer([{"lot": lot, "company": self.company} for lot in lots[:total]])
            counts.append(self.cr.sql_log_count - before)
            self.assertEqual(len(answers), total)
        self.assertEqual(counts[0], counts[1])

    def test_defaults(self):
        """D2: the rule book's year from commissioning is there, and a further company gets it."""
        term = self.env.ref("service_ticket.warranty_term_default")
        self.assertEqual((term.start_event, term.months_parts, term.updates_free), ("commissioning", 12, True))
        self.assertEqual((term.spares_kind, term.spares_count), ("count", 5))
        term.active = False
        self._term(product_tmpl_id=self.product.product_tmpl_id.id)
        self.env["service.warranty.term"].search([("company_id", "=", self.other_company.id)]).unlink()
        self.other_company._quality_copy_defaults()
        copies = self.env["service.warranty.term"].with_context(active_test=False).search(
            [("company_id", "=", self.other_company.id)]
        )
        self.assertTrue(copies)
        self.assertFalse(copies.product_tmpl_id)


@tagged("post_install", "-at_install")
class TestWarrantyParts(WarrantyCase):
    """D2, C13: the decision part by part."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.part = cls.env["product.product"].create({"name": "Bearing", "is_storable": True})
        cls.lot = cls._lot("U1")
        cls._move(cls.lot, "2025-01-10")

    def _old_ticket(self, day, **vals):
        ticket = self._make_ticket(lot_id=self.lot.id, **vals).sudo()
        ticket.received_at = f"{day} 12:00:00"
        return ticket

    def _decide(self, ticket, **vals):
        [decision] = self.terms._decide_parts([{"ticket": ticket, "product": self.part, **vals}])
        return decision

    def _record(self, ticket, day, **vals):
        return self.env["service.part.replacement"]._record(
            [{"ticket_id": ticket.id, "product_id": self.part.id, "quantity": 1, "replaced_on": day, **vals}]
        )

    def test_rest_or_own_months(self):
        """The rest of the warranty or the own months, whichever is longer; by the setting of the term."""
        self.term.replacement_months = 3
        first = self._old_ticket("2025-12-20")
        decision = self._decide(first)
        self.assertEqual((decision["in_warranty"], str(decision["until"])), (True, "2026-01-10"))
        row = self._record(first, "2025-12-22")
        self.assertEqual((row.in_warranty, str(row.rest_until)), (True, "2026-01-10"))
        later = self._old_ticket("2026-03-22")
        self.assertEqual(later.warranty_state, "out", "the unit")
        decision = self._decide(later)
        self.assertEqual(
            (decision["in_warranty"], str(decision["until"]), decision["source"]), (True, "2026-03-22", "replacement")
        )
        self.assertFalse(self._decide(self._old_ticket("2026-03-23"))["in_warranty"])
        other = self.env["product.product"].create({"name": "Glass"})
        self.assertFalse(self._decide(later, product=other)["in_warranty"])
        self.term.replacement_months = 0
        self.assertFalse(self._decide(later)["in_warranty"])

    def test_replaced_unit(self):
        """A unit that came as a replacement has the rest of the first one, not a fresh year."""
        ticket = self._old_ticket("2025-05-01")
        new = self._lot("U2")
        self._move(self.lot, "2025-05-03", back=True)
        self._move(new, "2025-05-03")
        self._record(ticket, "2025-05-03", product_id=self.product.id, new_lot_id=new.id, old_lot_id=self.lot.id,
                     in_warranty=True, rest_until="2026-01-10")
        self._check(self._ask(new, "2026-01-10"), "in", "2026-01-10", "replacement")
        self._check(self._ask(new, "2026-01-11"), "out", "2026-01-10")
        self._move(new, "2026-02-01", back=True)
        self._move(new, "2026-03-01", self.far_customer)
        self._check(self._ask(new, "2026-04-01"), "in", "2027-03-01", "delivery")

    def test_free_spares(self):
        """D2: a few small spare parts free in the warranty, counted, in pieces or money, in all or by the year."""
        self.term.write({"spares_kind": "count", "spares_count": 2, "months_parts": 24, "months_labour": 24})
        ticket = self._old_ticket("2025-02-01")
        decision = self._decide(ticket)
        self.assertEqual((decision["free_spare"], decision["allowance_left"]), (True, 2))
        self.assertFalse(self._decide(ticket, quantity=3)["free_spare"])
        self.assertTrue(self._record(ticket, "2025-02-02", quantity=2).is_free_spare)
        decision = self._decide(ticket)
        self.assertEqual((decision["free_spare"], decision["allowance_left"]), (False, 0))
        later = self._old_ticket("2026-02-01")
        self.assertFalse(self._decide(later)["free_spare"])
        self.term.spares_period = "year"
        self.assertTrue(self._decide(later)["free_spare"])
        self.term.write({"spares_kind": "amount", "spares_amount": 100})
        self.assertEqual(self._decide(later, amount=101)["free_spare"], False)
        self.assertEqual(self._decide(later, amount=100)["free_spare"], True)

    def test_only_the_system_writes_history(self):
        row = self._record(self._old_ticket("2025-02-01"), "2025-02-02")
        for user in (self.engineer_a, self.leader):
            with self.assertRaises(AccessError):
                row.with_user(user).rest_until = "2030-01-01"
            with self.assertRaises(AccessError):
                row.with_user(user).copy()

    def test_queries(self):
        tickets = [self._old_ticket("2025-02-01") for _number in range(20)]
        counts = []
        for total in (2, 20):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.terms._decide_parts([{"ticket": ticket, "product": self.part} for ticket in tickets[:total]])
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])


@tagged("post_install", "-at_install")
class TestTicketWarranty(WarrantyCase):
    """D2, F10: the ticket's answer is the system's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lot = cls._lot("W1")
        cls._move(cls.lot, fields.Date.today() - timedelta(days=100))

    def test_answered_at_intake(self):
        """Serial number in, everything else out; on the form before it is saved, too."""
        ticket = self._make_ticket(lot_id=self.lot.id, product_id=False, partner_id=False)
        until = fields.Date.today() - timedelta(days=100) + timedelta(days=365)
        self.assertEqual((ticket.warranty_state, ticket.warranty_source), ("in", "delivery"))
        self.assertAlmostEqual(ticket.warranty_until, until, delta=timedelta(days=1))
        self.assertEqual((ticket.partner_id, ticket.product_id), (self.customer, self.product))
        with Form(self.env["service.ticket"].with_user(self.agent)) as form:
            form.subject = "x"
            form.lot_id = self.lot
            self.assertEqual(form.warranty_state, "in")
        self.assertEqual(self._make_ticket().warranty_state, "in", "by product and customer")
        self.assertEqual(self._make_ticket(product_id=False).warranty_state, "unknown")

    def test_nobody_enters_it(self):
        """Not at creation, not by RPC, not by the import of a live ticket; history keeps its own."""
        ticket = self._make_ticket(lot_id=self.lot.id)
        for user in (self.agent, self.engineer_a, self.leader):
            with self.assertRaisesRegex(AccessError, "set by the system"):
                ticket.with_user(user).write({"warranty_state": "out"})
            with self.assertRaisesRegex(AccessError, "set by the system"):
                ticket.with_user(user).write({"warranty_until": "2030-01-01"})
        with self.assertRaises(AccessError):
            self._make_ticket(warranty_state="in")
        columns = ["subject", "description", "received_at", "state", "warranty_state", "closed_at", "external_ref"]
        rows = [["Old", "Old", "2020-01-01 08:00:00", "closed", "in", "2020-01-02 08:00:00", "H1"]]
        result = self.env["service.ticket"].with_user(self.leader).load(columns, rows)
        self.assertFalse(result["messages"])
        history = self.env["service.ticket"].browse(result["ids"])
        self.assertEqual((history.warranty_state, history.warranty_source), ("in", "import"))
        rows = [["New", "New", fields.Datetime.to_string(fields.Datetime.now()), "new", "in", "", "H2"]]
        result = self.env["service.ticket"].with_user(self.leader).load(columns, rows)
        self.assertEqual(self.env["service.ticket"].browse(result["ids"] or []).warranty_state, "unknown")

    def test_checked_again_until_resolved(self):
        late = self._lot("W2")
        ticket = self._make_ticket(lot_id=late.id)
        self.assertEqual(ticket.warranty_state, "unknown")
        self._move(late, fields.Date.today() - timedelta(days=30))
        ticket.with_user(self.engineer_a).action_check_warranty()
        self.assertEqual((ticket.warranty_state, ticket.warranty_parts), ("in", True))
        self._to_analysis(ticket)
        self._analyse(ticket, "remote")
        ticket.with_user(self.engineer_a).action_start()
        self._resolve(ticket)
        self.term.months_parts = self.term.months_labour = self.term.months_travel = 0
        with self.assertRaisesRegex(UserError, "is resolved"):
            ticket.with_user(self.engineer_a).action_check_warranty()
        self.assertEqual(ticket.warranty_state, "in")

    def test_visit_follows(self):
        """C10: the visit says what the ticket says, and keeps it once the report is written."""
        ticket = self._to_analysis(self._make_ticket(lot_id=self.lot.id))
        self._analyse(ticket)
        visit = self._plan_visit(ticket)
        self.assertEqual(visit.warranty_state, "in")
        with self.assertRaises(AccessError):
            visit.with_user(self.engineer_a).warranty_state = "out"
        self._finish(self._leave(visit))
        ticket.lot_id = self._lot("W9")
        self.assertEqual((ticket.warranty_state, visit.warranty_state), ("unknown", "in"))

    def test_queries(self):
        """A batch of tickets with serial numbers costs one answer."""
        lots = self.env["stock.lot"].create(
            [{"name": f"B{number}", "product_id": self.product.id} for number in range(110)]
        )
        counts = []
        for chunk in (lots[:10], lots[10:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.env["service.ticket"].with_user(self.agent).create(
                [self._ticket_vals(lot_id=lot.id, kind="consultation") for lot in chunk]
            )
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual((counts[1] - counts[0]) / 90, 3)

    def test_decided_otherwise(self):
        """D2: with a reason and approved by somebody else; the ticket says so, and how it came."""
        ticket = self._make_ticket(lot_id=self._lot("W3").id)
        action = ticket.with_user(self.engineer_a).action_open_warranty_override()
        decisions = self.env["service.warranty.override"].with_user(self.engineer_a)
        vals = {"ticket_id": ticket.id, "decision": "in", "reason": "Promised on the fair", "travel": False}
        decision = decisions.with_context(**action["context"]).create(vals)
        self.assertTrue(decision.name.startswith("WD/"))
        with self.assertRaisesRegex(UserError, "Until when"):
            decision.action_request_approval()
        decision.until = fields.Date.today() + timedelta(days=30)
        with self.assertRaisesRegex(UserError, "request for approval"):
            decision.state = "asked"
        with self.assertRaises(UserError):
            decision.state = "approved"
        decision.action_request_approval()
        self.assertEqual((decision.state, ticket.warranty_state), ("asked", "unknown"))
        with self.assertRaises(UserError):
            decision.until = fields.Date.today() + timedelta(days=3000)
        with self.assertRaises(UserError):
            decision.action_approve()
        decision.with_user(self.leader).action_approve()
        self.assertEqual((decision.state, decision.system_state), ("approved", "unknown"))
        self.assertEqual(
            (ticket.warranty_state, ticket.warranty_source, ticket.warranty_parts, ticket.warranty_travel),
            ("in", "override", True, False),
        )
        [part] = self.terms._decide_parts([{"ticket": ticket, "product": self.product}])
        self.assertEqual((part["in_warranty"], part["source"]), (True, "override"))
        self.assertIn("Promised on the fair", "".join(ticket.message_ids.mapped("body")))
        with self.assertRaises(AccessError):
            decision.action_cancel("No")
        decision.with_user(self.leader).action_cancel("Error")
        self.assertEqual(ticket.warranty_state, "unknown")

    def test_decision_rejected(self):
        """What is rejected can be corrected and asked for again; there is one open decision on a ticket."""
        ticket = self._make_ticket(lot_id=self.lot.id)
        decisions = self.env["service.warranty.override"].with_user(self.engineer_a)
        vals = {
            "ticket_id": ticket.id, "decision": "out", "reason": "Lightning", "parts": False, "labour": False,
            "travel": False,
        }
        decision = decisions.create(vals)
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            decisions.create(vals)
        decision.action_request_approval()
        decision.with_user(self.leader).action_reject("Prove it")
        self.assertEqual((decision.state, ticket.warranty_state), ("draft", "in"))
        decision.reason = "Lightning, see photo"
        decision.action_request_approval()
        decision.with_user(self.leader).action_approve()
        self.assertEqual((ticket.warranty_state, ticket.warranty_parts), ("out", False))
        for user in (self.plain_user, self.portal_user, self.foreign_agent, self.engineer_b):
            found = self.env["service.warranty.override"].with_user(user)
            if user == self.engineer_b:
                continue
            self.assertFalse(found.has_access("read") and found.search([("id", "=", decision.id)]), user.login)

    def test_check_screen(self):
        """F10: one field, everything on one screen, and what follows from it."""
        ticket = self._make_ticket(lot_id=self.lot.id)
        with Form(self.env["service.warranty.check"].with_user(self.engineer_a)) as form:
            form.serial = "nothing of the kind"
            self.assertFalse(form.lot_id)
            form.serial = " w1 "
            self.assertEqual(form.lot_id, self.lot)
            for text in ("In warranty", self.customer.name, ticket.name):
                self.assertIn(text, form.answer)
        check = form.record
        self.assertEqual(check.action_new_ticket()["context"]["default_partner_id"], self.customer.id)
        self.assertEqual(check.action_open_lot()["res_id"], self.lot.id)
        self.assertEqual(check.action_open_tickets()["domain"], [("lot_id", "=", self.lot.id)])
        for user in (self.plain_user, self.portal_user):
            with self.assertRaises(AccessError):
                check.with_user(user).action_new_ticket()
            with self.assertRaises(AccessError):
                self.lot.with_user(user).action_new_service_ticket()
        incident = self._drive(self._make_incident(product_id=self.product.id, title="Leaks"), "reported")
        self.lot.invalidate_recordset()
        text = self.lot.with_user(self.engineer_a).service_warranty_text
        self.assertIn(incident.name, text)
        incident.lot_name = "OTHER"
        self.lot.invalidate_recordset()
        self.assertNotIn(incident.name, self.lot.with_user(self.engineer_a).service_warranty_text)
