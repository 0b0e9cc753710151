from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .test_portal import PortalCase
from .warranty_common import WarrantyCase


class RecallCase(WarrantyCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        day = fields.Date.today() - timedelta(days=40)
        cls.lots = cls.env["stock.lot"].create(
            [{"name": f"RC{number}", "product_id": cls.product.id} for number in range(4)]
        )
        for number, lot in enumerate(cls.lots):
            cls._move(lot, day, cls.customer if number < 2 else cls.far_customer)
        cls._move(cls.lots[3], day + timedelta(days=1), cls.far_customer, back=True)

    def _recall(self, **vals):
        vals = {"product_id": self.product.id, "title": "Leaks", "recall_notice": "Switch it off", **vals}
        incident = self._drive(self._make_incident(**vals), "reported")
        incident.with_user(self.inspector).action_build_recall_list()
        return incident

    def _tickets(self, incident):
        return self.env["service.ticket"].search([("recall_line_ids.incident_id", "=", incident.id)])


@tagged("post_install", "-at_install")
class TestRecallTickets(RecallCase):
    """F11: from the incident to a ticket for each customer, and back to the list."""

    def test_one_ticket_each(self):
        """One for each customer, whatever is pressed how often; what came back is not recalled."""
        incident = self._recall()
        self.assertEqual(set(incident.recall_ids.mapped("lot_name")), {"RC0", "RC1", "RC2"})
        action = incident.with_user(self.inspector).action_raise_recall_tickets()
        tickets = self.env["service.ticket"].search(action["domain"])
        self.assertEqual(tickets.partner_id, self.customer | self.far_customer)
        self.assertEqual(set(tickets.mapped("incident_id")), {incident})
        self.assertEqual((set(tickets.mapped("kind")), set(tickets.mapped("state"))), ({"repair"}, {"new"}))
        mine = tickets.filtered(lambda one: one.partner_id == self.far_customer)
        self.assertEqual((mine.lot_id, mine.warranty_state, mine.is_recall), (self.lots[2], "in", True))
        self.assertIn("RC0, RC1", (tickets - mine).description)
        incident.with_user(self.inspector).action_raise_recall_tickets()
        self.assertEqual(self._tickets(incident), tickets)
        late = self._lot("RC9")
        self._move(late, fields.Date.today(), self.env["res.partner"].create({"name": "Third"}))
        incident.with_user(self.inspector).action_build_recall_list()
        self.assertEqual(incident.recall_without_ticket_count, 1)
        incident.with_user(self.inspector).action_raise_recall_tickets()
        self.assertEqual(len(self._tickets(incident)), 3)

    def test_workshop_is_no_delivery(self):
        """F11: what goes to the workshop and home again is on the list once, as it was delivered."""
        self.env["service.ticket"].search([]).flush_recordset()
        ticket = self._to_analysis(self._make_ticket(lot_id=self.lots[0].id)).sudo()
        repair = ticket._create_repair_order()
        repair.service_picking_ids.button_validate()
        incident = self._recall()
        self.assertIn("RC0", incident.recall_ids.mapped("lot_name"))

    def test_wrong_people(self):
        incident = self._recall()
        for user in (self.reporter, self.engineer_a, self.agent, self.plain_user, self.portal_user):
            with self.assertRaises(AccessError, msg=user.login):
                incident.with_user(user).action_raise_recall_tickets()
        self.assertFalse(self._tickets(incident))
        empty = self._drive(self._make_incident(), "reported")
        with self.assertRaisesRegex(UserError, "build it first\n.*customers are told"):
            empty.with_user(self.inspector).action_raise_recall_tickets()
        line = incident.recall_ids[0]
        for name, value in (("ticket_id", 1), ("reply", "send"), ("replied_at", fields.Datetime.now())):
            with self.assertRaises(AccessError):
                line.with_user(self.inspector).write({name: value})

    def test_answers_and_progress(self):
        """The answer of the customer stands on the list, who answers is informed; the incident says how far it is."""
        incident = self._recall()
        incident.with_user(self.inspector).action_raise_recall_tickets()
        ticket = self._tickets(incident).filtered(lambda one: one.partner_id == self.customer)
        with self.assertRaisesRegex(UserError, "one of the answers"):
            ticket.with_user(self.agent).action_record_recall_reply("burn")
        with self.assertRaisesRegex(UserError, "no recall"):
            self._make_ticket().with_user(self.agent).action_record_recall_reply("send")
        ticket.with_user(self.agent).action_record_recall_reply("send", "Next week", "phone")
        lines = incident.recall_ids.filtered(lambda line: line.partner_id == self.customer)
        self.assertEqual(set(lines.mapped("reply")), {"send"})
        self.assertEqual(set(lines.mapped("state")), {"informed"})
        self.assertEqual(set(lines.mapped("channel")), {"phone"})
        self.assertEqual(ticket.recall_reply, "send")
        figures = (incident.recall_informed_count, incident.recall_reply_count, incident.recall_done_count)
        self.assertEqual(figures, (2, 2, 0))
        ticket.with_user(self.leader).action_cancel("Got a new one")
        incident.invalidate_recordset()
        self.assertEqual((incident.recall_done_count, incident.recall_ticket_count), (2, 2))
        self.assertAlmostEqual(incident.recall_progress, 100 * 2 / 3, places=3)

    def test_queries(self):
        """F11: a list ten times as long costs as much to build, and about as much a ticket."""
        counts = []
        for total in (5, 50):
            product = self.env["product.product"].create({"name": f"P{total}", "is_storable": True})
            partners = self.env["res.partner"].create([{"name": f"C{number}"} for number in range(total)])
            for partner in partners:
                self._move(None, fields.Date.today(), partner, product=product)
            vals = {"product_id": product.id, "recall_notice": "Switch it off"}
            incident = self._drive(self._make_incident(**vals), "reported")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(len(incident._recall_deliveries()), total)
            built = self.cr.sql_log_count - before
            incident.with_user(self.inspector).action_build_recall_list()
            self.env.flush_all()
            before = self.cr.sql_log_count
            incident.with_user(self.inspector).action_raise_recall_tickets()
            self.env.flush_all()
            counts.append((built, self.cr.sql_log_count - before))
            self.assertEqual(len(self._tickets(incident)), total)
        self.assertLessEqual(counts[1][0], counts[0][0])
        self.assertLessEqual((counts[1][1] - counts[0][1]) / 45, 5)


@tagged("post_install", "-at_install")
class TestPortalRecall(RecallCase, PortalCase):
    """F11: the customer reads of the recall and answers it."""

    def test_answer(self):
        incident = self._recall()
        incident.with_user(self.inspector).action_raise_recall_tickets()
        ticket = self._tickets(incident).filtered(lambda one: one.partner_id == self.customer)
        self._login(self.stranger)
        self.assertEqual(self._post(f"/my/tickets/{ticket.id}/recall", reply="send").status_code, 404)
        self._login(self.contact)
        self.assertIn("being recalled", self._post("/my/warranty", serial="RC0").text)
        page = self.url_open(f"/my/tickets/{ticket.id}").text
        self.assertIn("being recalled", page)
        self.assertIn("RC0, RC1", page)
        self.assertIn("Switch it off", page)
        self.assertNotIn("Leaks", page, "the incident is internal")
        self.assertIn("one of the answers", self._post(f"/my/tickets/{ticket.id}/recall", reply="x").text)
        answer = self._post(f"/my/tickets/{ticket.id}/recall", reply="visit", note="Mornings")
        self.assertEqual(answer.status_code, 303)
        lines = ticket.recall_line_ids
        self.assertEqual((set(lines.mapped("reply")), set(lines.mapped("channel"))), ({"visit"}, {"portal"}))
        self.assertIn("Mornings", lines[0].reply_note)
        self.assertEqual(self.url_open(f"/my/tickets/{ticket.id}/recall").status_code, 405)
        other = self._own_ticket()
        self.assertIn("no recall", self._post(f"/my/tickets/{other.id}/recall", reply="send").text)
