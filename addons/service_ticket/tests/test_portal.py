import re
from unittest.mock import patch

from odoo import fields
from odoo.tests import HttpCase, JsonRpcException, new_test_user, tagged
from odoo.tools import mute_logger

from ..controllers import public_form
from .common import PIXEL, ServiceCase

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x02\x00\x00\x00\x90wS\xde"
    b"\x00\x00\x00\x0cIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\x0c\xccY\xe7\x00\x00\x00\x00IEND\xaeB`\x82"
)


class PortalCase(ServiceCase, HttpCase):
    """Customers with a login, a colleague of theirs, and somebody else's customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.contact = cls._portal_user("lin", cls.customer)
        cls.colleague = cls._portal_user("wu", cls.customer)
        cls.stranger = cls._portal_user("stranger", cls.far_customer)

    @classmethod
    def _portal_user(cls, login, company):
        user = new_test_user(
            cls.env,
            f"p_{login}",
            "base.group_portal",
            name=login.capitalize(),
            lang="en_US",
            email=f"{login}@customer.example.com",
        )
        user.partner_id.write({"parent_id": company.id, "phone": "021-555-0199"})
        return user

    def _login(self, user):
        self.authenticate(user.login if user else None, user.login if user else None)

    def _csrf(self, url="/my"):
        page = self.url_open(url).text
        found = re.search(r'csrf_token: "([^"]+)"', page)
        return found.group(1)

    def _post(self, url, files=None, csrf=True, **form):
        data = {**form, **({"csrf_token": self._csrf()} if csrf else {})}
        return self.url_open(url, data=data, files=files, allow_redirects=False)

    def _own_ticket(self, **vals):
        ticket = self._make_ticket(partner_id=self.contact.partner_id.id, **vals)
        ticket.sudo()._portal_ensure_token()
        return ticket.sudo()

    def _resolved(self, **vals):
        ticket = self._own_ticket(**vals)
        self._to_analysis(ticket)
        self._analyse(ticket, "remote")
        ticket.with_user(self.engineer_a).action_start()
        self._resolve(ticket)
        return ticket

    def _finished_visit(self):
        ticket = self._own_ticket()
        self._to_analysis(ticket)
        self._analyse(ticket)
        visit = self._finish(self._leave(self._plan_visit(ticket)))
        return ticket, visit.sudo()


@tagged("post_install", "-at_install")
class TestPortalWay(PortalCase):
    """F4: the customer's part, through the portal only."""

    def test_new_request(self):
        """A request with photos, seen at once; wrong files are refused with everything typed kept."""
        self._login(self.contact)
        form = {"kind": "complaint", "subject": "Drips", "description": "Since Monday", "demand": "A new one"}
        answer = self._post(
            "/my/tickets/new", files=[("files", ("a.html", b"<html><script/></html>", "image/png"))], **form
        )
        self.assertEqual(answer.status_code, 200)
        self.assertIn("cannot be taken", answer.text)
        self.assertIn("Since Monday", answer.text)
        self.assertFalse(self.env["service.ticket"].search([("subject", "=", "Drips")]))
        answer = self._post("/my/tickets/new", files=[("files", ("a.png", PNG, "image/png"))], **form)
        self.assertEqual(answer.status_code, 303, answer.text[:300])
        ticket = self.env["service.ticket"].search([("subject", "=", "Drips")])
        self.assertEqual(
            (ticket.kind, ticket.channel, ticket.partner_id), ("complaint", "portal", self.contact.partner_id)
        )
        self.assertEqual(len(ticket.evidence_ids), 1)
        self.assertEqual(ticket.team_id, self.team)
        page = self.url_open(f"/my/tickets/{ticket.id}").text
        self.assertIn("A new one", page)
        self.assertIn("First answer", page)
        self.assertEqual(self.url_open(f"/my/tickets/{ticket.id}/file/{ticket.evidence_ids.id}").content, PNG)

    def test_serial_of_somebody_else(self):
        """A serial number that was not delivered to this customer tells nothing; it stays a text."""
        lot = self.env["stock.lot"].create({"name": "SN-77", "product_id": self.product.id})
        self._login(self.contact)
        self._post("/my/tickets/new", subject="S", description="D", serial=lot.name)
        ticket = self.env["service.ticket"].search([("subject", "=", "S")])
        self.assertFalse(ticket.lot_id)
        self.assertIn("SN-77", ticket.description)

    def test_colleagues(self):
        """Only a contact with the right sees what colleagues entered."""
        ticket = self._own_ticket(subject="Only mine")
        self._login(self.colleague)
        self.assertNotIn("Only mine", self.url_open("/my/tickets").text)
        self.colleague.partner_id.service_company_view = True
        self.assertIn("Only mine", self.url_open("/my/tickets").text)
        self.assertIn("Only mine", self.url_open(f"/my/tickets/{ticket.id}").text)

    def test_agree(self):
        """C18, E9: the agreement is theirs, once, and only to what is proposed."""
        ticket = self._own_ticket()
        self._to_analysis(ticket)
        self._login(self.contact)
        self.assertIn("no proposal", self._post(f"/my/tickets/{ticket.id}/agree").text)
        ticket.with_user(self.engineer_a).proposal = "A new meter, free of charge"
        self.assertIn("A new meter", self.url_open(f"/my/tickets/{ticket.id}").text)
        self.assertEqual(self._post(f"/my/tickets/{ticket.id}/agree").status_code, 303)
        self.assertEqual(ticket.customer_agreed_by, self.contact.name)
        self.assertIn("already", self._post(f"/my/tickets/{ticket.id}/agree").text)

    def test_confirm(self):
        """C16, D5: confirmed and evaluated, once each."""
        ticket = self._resolved()
        self._login(self.contact)
        self.assertIn("New bearing", self.url_open(f"/my/tickets/{ticket.id}").text)
        self.assertEqual(self._post(f"/my/tickets/{ticket.id}/confirm", note="Fine").status_code, 303)
        self.assertEqual((ticket.state, ticket.customer_confirmed_by), ("confirmed", self.contact.name))
        self.assertIn("no result", self._post(f"/my/tickets/{ticket.id}/confirm").text)
        self.assertIn("1 to 5", self._post(f"/my/tickets/{ticket.id}/evaluate", grade="9").text)
        self.assertEqual(self._post(f"/my/tickets/{ticket.id}/evaluate", grade="4", comment="Quick").status_code, 303)
        self.assertEqual(ticket.rating_ids.rating, 4)
        self.assertIn("already", self._post(f"/my/tickets/{ticket.id}/evaluate", grade="1").text)

    def test_reject(self):
        """C16: not solved needs to say what, and goes one level up."""
        ticket = self._resolved()
        self._login(self.contact)
        self.assertIn("what is not solved", self._post(f"/my/tickets/{ticket.id}/reject", reason=" ").text)
        self.assertEqual(self._post(f"/my/tickets/{ticket.id}/reject", reason="Drips again").status_code, 303)
        self.assertEqual((ticket.state, ticket.escalation_level, ticket.reopen_count), ("analysis", 1, 1))

    def test_sign(self):
        """C6, D5: evaluated and signed in the portal, by the link too; not twice, not before the end."""
        ticket, visit = self._finished_visit()
        self._login(None)
        url = f"/my/tickets/{ticket.id}/visit/{visit.id}"
        token = ticket.access_token
        self.assertIn("Changed", self.url_open(f"/my/tickets/{ticket.id}?access_token={token}").text)
        form = {"evaluation_overall": "5", "evaluation_attitude": "4", "comment": "Good"}
        self.assertEqual(self._post(f"{url}/evaluate", access_token=token, person="Ms. Wu", **form).status_code, 303)
        self.assertEqual((visit.evaluation_overall, visit.evaluation_attitude), ("5", "4"))
        sign = {"name": "Ms. Wu", "signature": PIXEL}
        self.assertIn("error", self.make_jsonrpc_request(f"{url}/sign?access_token=wrong", sign))
        self.assertIn("error", self.make_jsonrpc_request(f"{url}/sign?access_token={token}", {"name": "x"}))
        self.assertIn("redirect_url", self.make_jsonrpc_request(f"{url}/sign?access_token={token}", sign))
        self.assertEqual((visit.signed_by, visit.seal_validity), ("Ms. Wu", "valid"))
        self.assertIn("already", self.make_jsonrpc_request(f"{url}/sign?access_token={token}", sign)["error"])
        answer = self._post(f"{url}/evaluate", access_token=token, person="Ms. Wu", **form)
        self.assertIn("signed already", answer.text)

    def test_chat(self):
        """F4: the customer writes on the page; it goes on when it waited for them; strangers cannot write."""
        ticket = self._own_ticket()
        self._to_analysis(ticket)
        ticket.with_user(self.engineer_a).action_wait(self.env.ref("service_ticket.wait_reason_customer").id)
        post = {"body": "Here is the number", "message_type": "comment", "subtype_xmlid": "mail.mt_comment"}
        thread = {"thread_model": ticket._name, "thread_id": ticket.id, "post_data": post}
        for user in (self.stranger, None):
            self._login(user)
            with mute_logger("odoo.http"), self.assertRaises(JsonRpcException):
                self.make_jsonrpc_request("/mail/message/post", thread)
        self.assertEqual(ticket.state, "waiting")
        self._login(self.contact)
        self.make_jsonrpc_request("/mail/message/post", {**thread, "token": ticket.access_token})
        self.assertEqual(ticket.state, "analysis")
        self.assertFalse(ticket.first_answered_at)
        message = ticket.message_ids.filtered(lambda one: "Here is the number" in (one.body or ""))
        self.assertEqual(message.author_id, self.contact.partner_id)

    def test_nothing_internal(self):
        """The page says nothing of causes, departments, notes and files of the staff."""
        ticket = self._own_ticket()
        self._to_analysis(ticket)
        ticket.with_user(self.engineer_a).write({"prevention_measure": "INTERNAL-1", "cause_class": "quality"})
        self._analyse(ticket)
        file = (
            self.env["ir.attachment"]
            .with_user(self.engineer_a)
            .create({"name": "INTERNAL-2.png", "raw": PNG, "res_model": "service.ticket", "res_id": ticket.id})
        )
        ticket.evidence_ids = [fields.Command.link(file.id)]
        ticket.with_user(self.engineer_a).message_post(body="INTERNAL-3", subtype_xmlid="mail.mt_note")
        self._login(self.contact)
        page = self.url_open(f"/my/tickets/{ticket.id}").text
        self.assertNotIn("INTERNAL", page)
        self.assertNotIn("Worn bearing", page)
        self.assertEqual(self.url_open(f"/my/tickets/{ticket.id}/file/{file.id}").status_code, 404)

    def test_queries(self):
        """The list costs the same for ten times as many tickets a page may hold; so does the page."""
        self._login(self.contact)
        tickets = self.env["service.ticket"].with_user(self.agent)
        counts = []
        for total in (5, 50):
            tickets.create([self._ticket_vals(partner_id=self.contact.partner_id.id) for _ in range(total)])
            self.env.flush_all()
            domain = tickets.sudo()._portal_domain(self.contact)
            found = self.env["service.ticket"].search(domain, limit=5)
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            for ticket in found:
                ticket._portal_row()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])


@tagged("post_install", "-at_install")
class TestPublicForm(PortalCase):
    """F4: a request without a login."""

    FORM = {
        "kind": "repair",
        "subject": "No water",
        "description": "Since noon",
        "person": "Passer-by",
        "email": "passer@example.net",
    }

    def _ticket(self):
        return self.env["service.ticket"].search([("subject", "=", "No water")])

    def test_anonymous(self):
        """A request, a receipt with the link, and the link works."""
        self._login(None)
        answer = self._post("/service/new", **self.FORM)
        ticket = self._ticket()
        self.assertEqual((ticket.channel, ticket.contact_name, ticket.partner_id.id), ("web", "Passer-by", False))
        self.assertIn(ticket.name, answer.text)
        self.assertIn(ticket.access_token, answer.text)
        mail = self.env["mail.mail"].search([("model", "=", "service.ticket"), ("res_id", "=", ticket.id)])
        self.assertEqual(mail.email_to, "passer@example.net")
        self.assertIn(ticket.access_token, mail.body_html)
        self.assertIn("Since noon", self.url_open(ticket.get_portal_url()).text)

    def test_program(self):
        """Who fills in the trap is thanked, and nothing is kept."""
        self._login(None)
        answer = self._post("/service/new", **self.FORM, **{public_form.TRAP: "http://spam"})
        self.assertIn("Thank you", answer.text)
        self.assertFalse(self._ticket())

    def test_missing(self):
        self._login(None)
        answer = self._post("/service/new", **{**self.FORM, "email": "", "subject": ""})
        self.assertIn("phone number", answer.text)
        self.assertIn("few words", answer.text)
        self.assertIn("Since noon", answer.text)
        self.assertFalse(self._ticket())
        answer = self._post("/service/new", **{**self.FORM, "email": "no address"})
        self.assertIn("check the e-mail", answer.text)

    def test_limits(self):
        """Held in the database: per address and per place."""
        self._login(None)
        with patch.object(public_form, "PER_ADDRESS", 2):
            for number in range(2):
                self.assertEqual(self._post("/service/new", **self.FORM).status_code, 200, number)
            answer = self._post("/service/new", **self.FORM)
        self.assertEqual(answer.status_code, 429)
        self.assertEqual(len(self._ticket()), 2)
        with patch.object(public_form, "PER_PLACE", 3):
            self.assertEqual(self._post("/service/new", **{**self.FORM, "email": "other@example.net"}).status_code, 429)
        keys = self.env["service.rate.limit"].search([]).mapped("key")
        self.assertFalse([key for key in keys if "example" in key or "127.0" in key])

    def test_chinese(self):
        """In the visitor's language."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self._login(None)
        self.assertNotIn("What happened?", self.url_open("/zh_CN/service/new").text)


@tagged("post_install", "-at_install")
class TestRoutes(PortalCase):
    """F4: every route × (nobody, another customer, a wrong link, the right link, after closing)."""

    def test_table(self):
        ticket, visit = self._finished_visit()
        evidence = self.env["ir.attachment"].with_user(self.contact).sudo().create({"name": "a.png", "raw": PNG})
        ticket.evidence_ids = [fields.Command.link(evidence.id)]
        base = f"/my/tickets/{ticket.id}"
        reads = [base, f"{base}/file/{evidence.id}", f"{base}/visit/{visit.id}/pdf"]
        steps = {
            "agree": {},
            "confirm": {},
            "reject": {"reason": "x"},
            "files": {},
            "evaluate": {"grade": "1"},
            f"visit/{visit.id}/evaluate": {"evaluation_overall": "1"},
        }
        refused = {
            "nobody": (None, ""),
            "stranger": (self.stranger, ""),
            "colleague": (self.colleague, ""),
            "wrong link": (None, "access_token=wrong"),
            "staff": (self.engineer_a, ""),
        }
        before = ticket.read(["state", "customer_agreed_at", "write_date"])
        for who, (user, query) in refused.items():
            self._login(user)
            for url in reads:
                answer = self.url_open(f"{url}?{query}", allow_redirects=False)
                self.assertIn(answer.status_code, (303, 404), f"{who} {url}")
                self.assertNotIn(ticket.subject, answer.text, f"{who} {url}")
            for step, form in steps.items():
                token = {"access_token": "wrong"} if query else {}
                answer = self._post(f"{base}/{step}", **form, **token)
                self.assertEqual(answer.status_code, 404, f"{who} {step}")
            sign = self.make_jsonrpc_request(f"{base}/visit/{visit.id}/sign?{query}", {"name": "x", "signature": PIXEL})
            self.assertIn("does not exist", sign["error"], who)
        self.assertEqual(ticket.read(["state", "customer_agreed_at", "write_date"]), before)
        self.assertFalse(visit.evaluation_overall)

        self._login(None)
        token = ticket.access_token
        for url in reads[:2]:
            self.assertEqual(self.url_open(f"{url}?access_token={token}", allow_redirects=False).status_code, 200, url)
        for step in steps:
            self.assertEqual(self.url_open(f"{base}/{step}?access_token={token}").status_code, 405, f"GET {step}")
            answer = self._post(f"{base}/{step}", csrf=False, access_token=token)
            self.assertEqual(answer.status_code, 400, f"{step} without CSRF token")
        self.assertEqual(self._post(f"{base}/visit/{visit.id + 999}/evaluate", access_token=token).status_code, 404)

    def test_closed(self):
        """After closing everything can be read and nothing done."""
        ticket = self._own_ticket()
        ticket.with_user(self.agent).action_cancel("Entered twice")
        self._login(self.contact)
        base = f"/my/tickets/{ticket.id}"
        self.assertIn("Withdrawn", self.url_open(base).text)
        for step, form in {"agree": {}, "confirm": {}, "reject": {"reason": "x"}, "evaluate": {"grade": "1"}}.items():
            answer = self._post(f"{base}/{step}", **form)
            self.assertIn("alert-danger", answer.text, step)
        answer = self._post(f"{base}/files", files=[("files", ("a.png", PNG, "image/png"))])
        self.assertIn("closed", answer.text)
        self.assertEqual(ticket.state, "cancelled")

    def test_no_rights(self):
        """Portal users and plain employees have no right to any model of the addon, whatever method they call."""
        models = [name for name, model in self.env.items() if name.startswith("service.") and not model._abstract]
        readable = {"service.team", "service.fault.code", "service.wait.reason"}
        for user in (self.contact, self.portal_user):
            for name in models:
                self.assertFalse(self.env[name].with_user(user).has_access("read"), f"{user.login} {name}")
        for name in set(models) - readable:
            if name not in ("service.question",):
                self.assertFalse(self.env[name].with_user(self.plain_user).has_access("write"), name)
