from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .test_portal import PortalCase

DESK = "1366x768"
PHONE = "390x844"


@tagged("post_install", "-at_install")
class TestTourService(PortalCase):
    """C16 and F4 in the browser: the desk at its screen, engineers and customers on the phone."""

    desk = DESK

    def _session(self, name, user, path, size=None):
        size = size or self.desk
        self.browser_size, self.touch_enabled = size, size == PHONE
        self.start_tour(path, f"service_{name}", login=user and user.login, timeout=120)
        self.env.invalidate_all()

    def _drive(self, ticket, name):
        """Dispatch two engineers at the desk, and let one of them fill in the visit on the phone."""
        self._session("dispatch", self.agent, f"/odoo/service-tickets/{ticket.id}")
        visit = ticket.visit_ids.sorted("id")[-1]
        self.assertEqual((visit.state, visit.leader_id), ("planned", self.employee_a), "C9")
        self._session(name, self.engineer_a, f"/odoo/service-visits/{visit.id}", PHONE)
        self.assertEqual(visit.state, "done", "C10")
        return visit

    def test_phone_call(self):
        """C16: call → dispatch → two engineers → unsolved → escalation → second visit → signed → approved → closed."""
        self._session("call", self.agent, "/odoo/service-tickets")
        ticket = self.env["service.ticket"].search([("subject", "=", "The meter stands still")])
        self.assertEqual((ticket.state, ticket.partner_id), ("accepted", self.customer))
        # a contact of the customer follows it in the portal
        ticket.sudo().write({"partner_id": self.contact.partner_id.id, "contact_name": "Mr. Lin", "product_id": False})
        ticket.with_user(self.agent).action_analyse()
        self._analyse(ticket)
        soon = fields.Datetime.now() + timedelta(hours=2)
        self.env["service.visit"].with_user(self.agent).create(
            {"ticket_id": ticket.id, "planned_start": soon, "engineer_ids": [fields.Command.clear()]}
        )
        first = self._drive(ticket, "drive_unsolved")
        self.assertEqual((ticket.state, ticket.escalation_level), ("analysis", 1), "D4")
        self._analyse(ticket)
        self.env["service.visit"].with_user(self.agent).create(
            {"ticket_id": ticket.id, "planned_start": soon, "engineer_ids": [fields.Command.clear()]}
        )
        second = self._drive(ticket, "drive_solved")
        first.with_user(self.engineer_a).action_refuse_signature("Not at home", "Ms. Wu")
        page = f"/my/tickets/{ticket.id}"
        self._session("sign", self.contact, page, PHONE)
        self.assertEqual((second.seal_validity, second.signed_by), ("valid", "Mr. Lin"), "C6")
        self._session("hand_in", self.engineer_a, f"/odoo/service-visits/{second.id}", PHONE)
        self._session("approve_report", self.leader, f"/odoo/service-visits/{second.id}")
        self.assertTrue(second.report_id, "C11")
        self._approve(first)
        self._resolve(ticket)
        self._session("call_back", self.marketing, f"/odoo/service-tickets/{ticket.id}")
        self.assertEqual((ticket.state, ticket.callback_ids.user_id), ("closed", self.marketing), "D7")

    def test_phone_call_on_a_phone(self):
        """C16, F4: the same with nothing but phones."""
        self.desk = PHONE
        self.test_phone_call()

    def test_complaint(self):
        """F4, F7: portal complaint → quality → incident → rectification → answer → confirmed by the customer."""
        self._session("complain", self.contact, "/my/tickets", PHONE)
        ticket = self.env["service.ticket"].search([("subject", "=", "Three meters fail")])
        self.assertEqual((ticket.kind, ticket.channel), ("complaint", "portal"))
        self._to_analysis(ticket)
        self._analyse(ticket, "replacement")
        worker = ticket.with_user(self.engineer_a)
        worker.action_start()
        worker.cause_class = "quality"
        worker.action_raise_incident()
        self.assertEqual(ticket.incident_id.ticket_id, ticket, "F7")
        ticket.with_user(self.inspector).action_raise_rectification()
        self.assertEqual(ticket.rectification_count, 1)
        self._resolve(ticket)
        self._session("confirm", self.contact, f"/my/tickets/{ticket.id}", PHONE)
        self.assertEqual((ticket.state, ticket.customer_confirmed_by), ("confirmed", self.contact.name))

    def test_anonymous(self):
        """F4, F1: without a login, on both screens, and in Chinese."""
        self.env["res.lang"]._activate_lang("zh_CN")
        for path, size in (("/service/new", DESK), ("/service/new", PHONE), ("/zh_CN/service/new", PHONE)):
            self._session("anonymous", None, path, size)
        tickets = self.env["service.ticket"].search([("subject", "=", "No water")])
        self.assertEqual(len(tickets), 3)
        self.assertEqual(set(tickets.mapped("channel")), {"web"})
