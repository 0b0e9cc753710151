from odoo.tests import tagged

from .test_portal import PortalCase

DESK = "1366x768"
PHONE = "390x844"


class ServiceTourCase(PortalCase):
    """People of service and a customer, each taking their own steps by clicks, in one language."""

    desk = DESK
    phone = PHONE
    lang = "en_US"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_lang("zh_CN")
        staff = cls.engineer_a | cls.engineer_b | cls.agent | cls.leader | cls.marketing | cls.inspector
        (staff | cls.contact).write({"lang": cls.lang, "tz": "UTC"})

    def _session(self, name, user, path, size=None):
        size = size or self.desk
        self.browser_size, self.touch_enabled = size, size == PHONE
        if not path.startswith("/odoo") and self.lang != "en_US":
            path = f"/{self.lang}{path}"
        self.start_tour(path, f"service_{name}", login=user and user.login, timeout=180)
        self.env.invalidate_all()

    def _drive(self, ticket, name):
        """Dispatch two engineers at the desk, and let one of them fill in the visit on the phone."""
        self._session("dispatch", self.agent, f"/odoo/service-tickets/{ticket.id}")
        visit = ticket.visit_ids.sorted("id")[-1]
        self.assertEqual((visit.state, visit.leader_id), ("planned", self.employee_a), "C9")
        self._session(name, self.engineer_a, f"/odoo/service-visits/{visit.id}", PHONE)
        self.assertEqual(visit.state, "done", "C10")
        return visit

    def _approved(self, visit):
        """The leader approves the report that the engineer handed in."""
        self._session("approve_report", self.leader, f"/odoo/service-visits/{visit.id}")
        self.assertEqual(visit.state, "approved")
        self.assertTrue(visit.report_id, "C11")

    def _phone_call(self):
        """Take a call to its confirmed end; no step is taken but by clicks."""
        self._session("call", self.agent, "/odoo/service-tickets")
        ticket = self.env["service.ticket"].search([("subject", "=", "The meter stands still")])
        self.assertEqual((ticket.state, ticket.partner_id), ("accepted", self.contact.partner_id))
        form = f"/odoo/service-tickets/{ticket.id}"
        self._session("analyse", self.engineer_a, form)
        first = self._drive(ticket, "drive_unsolved")
        self.assertEqual((ticket.state, ticket.escalation_level), ("analysis", 1), "D4")
        self._session("refuse", self.engineer_a, f"/odoo/service-visits/{first.id}")
        self.assertEqual((first.seal_validity, first.refusal_witness), ("refused", "Ms. Wu"), "C6")
        self._approved(first)
        self._session("analyse_again", self.engineer_a, form)
        second = self._drive(ticket, "drive_solved")
        self._session("sign", self.contact, f"/my/tickets/{ticket.id}", PHONE)
        self.assertEqual((second.seal_validity, second.signed_by), ("valid", "Mr. Lin"), "C6")
        self._session("hand_in", self.engineer_a, f"/odoo/service-visits/{second.id}", PHONE)
        self._approved(second)
        self._session("resolve", self.engineer_a, form)
        self.assertEqual((ticket.state, ticket.solution_id.fix), ("resolved", "New bearing"), "C16")
        self._session("call_back", self.marketing, form)
        self.assertEqual((ticket.state, ticket.callback_ids.user_id), ("closed", self.marketing), "D7")

    def _complaint(self):
        """Take a complaint from the customer's phone through quality and back to the customer."""
        self._session("complain", self.contact, "/my/tickets", PHONE)
        ticket = self.env["service.ticket"].search([("subject", "=", "Three meters fail")])
        self.assertEqual((ticket.kind, ticket.channel), ("complaint", "portal"))
        photo = ticket.evidence_ids
        self.assertEqual((photo.name, photo.mimetype), ("meter.jpg", "image/jpeg"), "shrunk in the browser")
        form = f"/odoo/service-tickets/{ticket.id}"
        self._session("accept", self.agent, form)
        self.assertTrue(ticket.first_answered_at, "C20")
        self._session("quality", self.engineer_a, form)
        self.assertEqual(ticket.incident_id.ticket_id, ticket, "F7")
        self.assertEqual(len(ticket.incident_id.evidence_ids), 1, "with the photo")
        self._session("notice", self.inspector, form)
        notice = self.env["quality.rectification"].search(ticket._rectification_domain())
        self.assertEqual((notice.state, notice.recipient_department_id), ("issued", self.department_b), "E10")
        self._session("resolve", self.engineer_a, form)
        self._session("confirm", self.contact, f"/my/tickets/{ticket.id}", PHONE)
        self.assertEqual((ticket.state, ticket.customer_confirmed_by), ("confirmed", self.contact.name))


@tagged("post_install", "-at_install")
class TestTourService(ServiceTourCase):
    """C16, F4 in the browser: the desk at its screen, engineers and customers on the phone."""

    def test_phone_call(self):
        """C16: call → dispatch → two engineers → unsolved → escalation → second visit → signed → approved → closed."""
        self._phone_call()

    def test_anonymous(self):
        """F4, F1: without a login, on both screens, and in Chinese."""
        for path, size in (("/service/new", DESK), ("/service/new", PHONE), ("/zh_CN/service/new", PHONE)):
            self._session("anonymous", None, path, size)
        tickets = self.env["service.ticket"].search([("subject", "=", "No water")])
        self.assertEqual(len(tickets), 3)
        self.assertEqual(set(tickets.mapped("channel")), {"web"})


@tagged("post_install", "-at_install")
class TestTourServicePhone(ServiceTourCase):
    """C16, C17, F4, F7: everybody with nothing but a phone, 390 px wide."""

    desk = PHONE

    def test_phone_call(self):
        self._phone_call()

    def test_complaint(self):
        """F4, F7: portal complaint → quality → incident → rectification → answer → confirmed by the customer."""
        self._complaint()


@tagged("post_install", "-at_install")
class TestTourServiceChinese(ServiceTourCase):
    """F1, C17, F4, F7: staff at the desk and the customer, all in Chinese, the whole way of a complaint."""

    lang = "zh_CN"

    def test_complaint(self):
        self._complaint()
