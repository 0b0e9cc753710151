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
    """F4: every route × (nobody, another customer, a wrong link, the right link, the customer, after closing)."""

    #: route: (method, values of the form that make sense)
    OWN = {
        "/my/tickets": ("GET", {}),
        "/my/tickets/page/<int:page>": ("GET", {}),
        "/my/tickets/new": ("GET, POST", {"kind": "repair", "subject": "Mine", "description": "x"}),
    }
    ANYBODY = {"/service/new": ("GET, POST", {})}
    READ = (
        "/my/tickets/<int:ticket_id>",
        "/my/tickets/<int:ticket_id>/file/<int:file_id>",
        "/my/tickets/<int:ticket_id>/visit/<int:visit_id>/pdf",
    )
    STEPS = {
        "/my/tickets/<int:ticket_id>/files": {},
        "/my/tickets/<int:ticket_id>/agree": {},
        "/my/tickets/<int:ticket_id>/visit/<int:visit_id>/evaluate": {"evaluation_overall": "4"},
        "/my/tickets/<int:ticket_id>/visit/<int:visit_id>/sign": {"name": "Ms. Wu", "signature": PIXEL},
        "/my/tickets/<int:ticket_id>/reject": {"reason": "Drips"},
        "/my/tickets/<int:ticket_id>/confirm": {},
        "/my/tickets/<int:ticket_id>/evaluate": {"grade": "4"},
    }

    def _all_there_is(self):
        """Return (ticket, visit) with everything that a page can show, and the values of the routes."""
        ticket, visit = self._finished_visit()
        ticket.proposal = "A new meter"
        evidence = self.env["ir.attachment"].with_user(self.contact).sudo().create({"name": "a.png", "raw": PNG})
        ticket.evidence_ids = [fields.Command.link(evidence.id)]
        self.values = {"int:ticket_id": ticket.id, "int:visit_id": visit.id, "int:file_id": evidence.id}
        return ticket, visit

    def _url(self, route, query=""):
        for name, value in self.values.items():
            route = route.replace(f"<{name}>", str(value))
        return f"{route}?{query}" if query else route

    def _take(self, route, token="", **form):
        """Take a step and return the answer: its status and text, or the error of the signature."""
        form = {**self.STEPS[route], **form}
        if route.endswith("/sign"):
            query = f"access_token={token}" if token else ""
            return self.make_jsonrpc_request(self._url(route, query), form)
        files = [("files", ("b.png", PNG + b"another", "image/png"))] if route.endswith("/files") else None
        token = {"access_token": token} if token else {}
        return self._post(self._url(route), files=files, person="Ms. Wu", **form, **token)

    def _refused(self, route, answer, context):
        if route.endswith("/sign"):
            self.assertIn("error", answer, context)
        else:
            self.assertTrue(answer.status_code == 404 or "alert-danger" in answer.text, context)

    def _facts(self, ticket, visit):
        """Return what the steps of a customer change."""
        return (
            ticket.state, ticket.escalation_level, ticket.customer_agreed_by, ticket.customer_confirmed_by,
            ticket.evidence_ids.ids, ticket.rating_ids.mapped("rating"), visit.evaluation_overall, visit.signed_by,
        )

    def test_every_route_is_tested(self):
        """A route of the addon that stands in no table here is one that nobody tried to break."""
        fee = "/my/tickets/<int:ticket_id>/fee/<int:fee_id>"
        elsewhere = {
            **{f"{fee}/{step}": "TestPortalFees" for step in ("pdf", "counter", "accept", "refuse")},
            "/my/tickets/<int:ticket_id>/recall": "TestPortalRecall",
        }
        known = {*self.OWN, *self.ANYBODY, *self.READ, *self.STEPS, *elsewhere}
        there = {
            rule.rule
            for rule in self.env["ir.http"].routing_map().iter_rules()
            if rule.endpoint.func.__module__.startswith("odoo.addons.service_ticket.controllers")
            and rule.rule.startswith(("/my/tickets", "/service/"))
        }
        self.assertEqual(there, known)

    def test_refused(self):
        """Nobody, strangers, colleagues without the right, wrong links and staff see nothing and change nothing."""
        ticket, visit = self._all_there_is()
        refused = {
            "nobody": (None, ""),
            "stranger": (self.stranger, ""),
            "colleague": (self.colleague, ""),
            "wrong link": (None, "wrong"),
            "stranger with a wrong link": (self.stranger, "wrong"),
            "staff": (self.engineer_a, ""),
        }
        before = self._facts(ticket, visit)
        for who, (user, token) in refused.items():
            self._login(user)
            for route in self.READ:
                answer = self.url_open(self._url(route, f"access_token={token}"), allow_redirects=False)
                self.assertIn(answer.status_code, (303, 404), f"{who} {route}")
                self.assertNotIn(ticket.subject, answer.text, f"{who} {route}")
            for route in self.STEPS:
                answer = self._take(route, token)
                self._refused(route, answer, f"{who} {route}")
                if not route.endswith("/sign"):
                    self.assertEqual(answer.status_code, 404, f"{who} {route}")
        self.assertEqual(self._facts(ticket, visit), before)

    def test_lists(self):
        """The list and the form of logged-in customers: nobody is sent to the login, others see nothing of this one."""
        ticket, _visit = self._all_there_is()
        routes = [route.replace("<int:page>", "1") for route in self.OWN]
        self._login(None)
        for route in routes:
            self.assertEqual(self.url_open(route, allow_redirects=False).status_code, 303, route)
        for user, shown in ((self.stranger, False), (self.colleague, False), (self.contact, True)):
            self._login(user)
            for route in routes[:2]:
                answer = self.url_open(route)
                self.assertEqual(answer.status_code, 200, route)
                self.assertEqual(ticket.name in answer.text, shown, f"{user.login} {route}")
        form = self.OWN["/my/tickets/new"][1]
        self.assertEqual(self._post("/my/tickets/new", csrf=False, **form).status_code, 400)
        self._login(self.engineer_a)
        self.assertEqual(self._post("/my/tickets/new", **form).headers["Location"].rsplit("/", 1)[-1], "odoo")

    def _go_through(self, user, by_link):
        """Take every step in its time, as the customer or by the link alone."""
        ticket, visit = self._all_there_is()
        self._login(user)
        token = ticket.access_token if by_link else ""
        query = f"access_token={token}" if token else ""
        for route in self.READ:
            self.assertEqual(self.url_open(self._url(route, query), allow_redirects=False).status_code, 200, route)
        for route in self.STEPS:
            if not route.endswith("/sign"):
                self.assertEqual(self.url_open(self._url(route, query)).status_code, 405, f"GET {route}")
                answer = self._post(self._url(route), csrf=False, access_token=token)
                self.assertEqual(answer.status_code, 400, f"{route} without CSRF token")
        changes = []
        for route in self.STEPS:
            if route.endswith("/reject"):
                self._approve(visit)
                self._resolve(ticket)
            elif route.endswith("/confirm"):
                self._analyse(ticket, "remote")
                ticket.with_user(self.engineer_a).action_start()
                self._resolve(ticket)
            before = self._facts(ticket, visit)
            answer = self._take(route, token)
            if not route.endswith("/sign"):
                said = re.findall("alert-danger.*?</div>", answer.text, re.DOTALL)
                self.assertEqual(answer.status_code, 303, f"{route}: {said}")
            self.env.invalidate_all()
            changes.append(sum(one != other for one, other in zip(before, self._facts(ticket, visit), strict=True)))
        self.assertTrue(all(changes), dict(zip(self.STEPS, changes, strict=True)))
        self.assertEqual(ticket.state, "confirmed")
        self.assertEqual(self._post(self._url(next(iter(self.STEPS))).replace(str(ticket.id), "0")).status_code, 404)
        return ticket, visit

    def test_the_customer(self):
        self._go_through(self.contact, by_link=False)

    def test_the_right_link(self):
        """A link does everything for its ticket and nothing for another one, nor for a visit of another one."""
        ticket, _visit = self._go_through(None, by_link=True)
        other, visit = self._all_there_is()
        for route in self.READ:
            answer = self.url_open(self._url(route, f"access_token={ticket.access_token}"), allow_redirects=False)
            self.assertIn(answer.status_code, (303, 404), route)
        self.values["int:ticket_id"] = ticket.id
        before = self._facts(other, visit)
        for route in self.STEPS:
            if "visit_id" in route:
                self._refused(route, self._take(route, ticket.access_token), route)
        self.assertEqual(self._facts(other, visit), before)

    def test_closed(self):
        """After closing everything can be read and nothing done, neither by the customer nor by the link."""
        ticket, visit = self._all_there_is()
        visit.with_user(self.engineer_a).action_refuse_signature("Not there", "Ms. Wu")
        self._approve(visit)
        self._resolve(ticket)
        self._call_back(ticket)
        ticket.with_user(self.agent).action_confirm()
        ticket.with_user(self.agent).action_close()
        withdrawn = self._own_ticket()
        withdrawn.with_user(self.agent).action_cancel("Entered twice")
        before = self._facts(ticket, visit)
        for user, token in ((self.contact, ""), (None, ticket.access_token)):
            self._login(user)
            query = f"access_token={token}" if token else ""
            for route in self.READ:
                self.assertEqual(self.url_open(self._url(route, query)).status_code, 200, route)
            for route in self.STEPS:
                if route.endswith("/<int:ticket_id>/evaluate"):
                    continue  # a closed ticket is what is evaluated; see below
                self._refused(route, self._take(route, token), f"{user and user.login} {route}")
        self.env.invalidate_all()
        self.assertEqual(self._facts(ticket, visit), before)
        self._login(self.contact)
        self.assertIn("Withdrawn", self.url_open(f"/my/tickets/{withdrawn.id}").text)
        self.values["int:ticket_id"] = withdrawn.id
        for route in self.STEPS:
            if "visit_id" not in route:
                self._refused(route, self._take(route), f"withdrawn {route}")
        self.assertEqual((withdrawn.state, withdrawn.evidence_ids.ids), ("cancelled", []))

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
