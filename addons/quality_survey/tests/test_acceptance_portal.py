from odoo.addons.quality_survey.tests.common_visits import VisitsCase
from odoo.addons.service_ticket.tests.common import PIXEL
from odoo.addons.service_ticket.tests.test_portal import PortalCase
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestAcceptancePortal(VisitsCase, PortalCase):
    """D14, F4: the customer's part, by login or by link; nobody else's."""

    def _sent(self, **vals):
        form = self._make_form(partner_id=self.contact.partner_id.id, **vals)
        form.action_send()
        return form.sudo()

    def _fill(self, form, result="accepted", **vals):
        checks = {f"check_{check.id}": result for check in form.check_ids}
        return self._post(f"/my/acceptance/{form.id}/fill", person="Ms. Wu", **{**checks, **vals})

    def test_link_without_login(self):
        """D14: opened by the link, filled in, signed; each once; the seal holds; opinions are filed."""
        form = self._sent()
        token = form.access_token
        self._login(None)
        page = self.url_open(f"/my/acceptance/{form.id}?access_token={token}").text
        self.assertIn("SN-1, SN-2", page)
        self.assertIn("Runs and was shown to work", page)
        answer = self._fill(form, "", access_token=token)
        self.assertIn("Please complete", answer.text)
        self.assertIn("from 1 to 5", self._fill(
            form, access_token=token, opinion_quality="9").text)
        self.assertIn("does not apply", self._fill(form, "maybe", access_token=token).text)
        self.assertFalse(form.check_ids.filtered("result"))
        answer = self._fill(form, access_token=token, opinion_quality="4", recommend="10", comment="Fine")
        self.assertEqual(answer.status_code, 303)
        self.assertEqual((form.opinion_quality, form.recommend, form.comment), ("4", "10", "Fine"))
        url = f"/my/acceptance/{form.id}/sign?access_token={token}"
        self.assertIn("needs the name", self.make_jsonrpc_request(url, {"name": "x"})["error"])
        sign = {"name": "Ms. Wu", "signature": PIXEL}
        self.assertIn("redirect_url", self.make_jsonrpc_request(url, sign))
        self.assertEqual((form.state, form.signed_by, form.signed_through), ("signed", "Ms. Wu", "portal"))
        self.assertEqual(form.seal_validity, "valid")
        self.assertEqual((form.feedback_id.score, form.feedback_id.nps), (75.0, 10))
        self.assertIn("already", self.make_jsonrpc_request(url, sign)["error"])
        self.assertIn("no longer be filled in", self._fill(form, access_token=token).text)
        answer = self._post(f"/my/acceptance/{form.id}/refuse", access_token=token, person="x", reason="No")
        self.assertIn("cannot go from", answer.text)
        self.assertEqual(form.state, "signed")
        self.assertIn("Ms. Wu", self.url_open(f"/my/acceptance/{form.id}?access_token={token}").text)

    def test_refuse(self):
        """D14: not accepted, with the reason."""
        form = self._sent()
        self._login(self.contact)
        answer = self._post(f"/my/acceptance/{form.id}/refuse", reason=" ")
        self.assertIn("why you do not accept", answer.text)
        self.assertEqual(self._post(f"/my/acceptance/{form.id}/refuse", reason="It leaks").status_code, 303)
        self.assertEqual((form.state, form.refused_by), ("refused", self.contact.name))
        self.assertIn("It leaks", self.url_open(f"/my/acceptance/{form.id}").text)

    def test_every_route(self):
        """D14, F4: every route × no token, wrong token, another form's token, other customer, colleague, owner."""
        form, other = self._sent(), self._sent()
        draft = self._make_form(partner_id=self.contact.partner_id.id).sudo()
        draft._portal_ensure_token()
        routes = {
            "": ("get", {}),
            "/pdf": ("get", {}),
            "/fill": ("post", {f"check_{check.id}": "accepted" for check in form.check_ids}),
            "/refuse": ("post", {"reason": "No"}),
            "/sign": ("json", {"name": "x", "signature": PIXEL}),
        }
        visitors = [
            (None, None), (None, "wrong"), (None, ""), (None, other.access_token), (self.stranger, None),
            (self.stranger, "wrong"), (self.colleague, None), (self.portal_user, None), (self.plain_user, None),
            (self.agent, None),
        ]
        for user, token in visitors:
            self._login(user)
            for suffix, (method, values) in routes.items():
                with self.subTest(user=user and user.login, token=token, route=suffix):
                    self._refused(form, suffix, method, values, token)
        self.assertEqual((form.state, form.check_ids.filtered("result")), ("sent", form.check_ids.browse()))
        for user, token in ((None, draft.access_token), (self.contact, None)):
            self._login(user)
            self._refused(draft, "", "get", {}, token)
        self._login(self.contact)
        self.assertIn(form.name, self.url_open(f"/my/acceptance/{form.id}").text)
        answer = self.url_open(f"/my/acceptance/{form.id}/pdf")
        self.assertEqual((answer.status_code, answer.headers["Content-Type"]), (200, "application/pdf"))

    def _refused(self, form, suffix, method, values, token):
        url = f"/my/acceptance/{form.id}{suffix}"
        query = f"?access_token={token}" if token is not None else ""
        if method == "json":
            answer = self.make_jsonrpc_request(url + query, values)
            self.assertIn("does not exist", answer["error"])
            return
        if method == "post":
            sent = {**values, **({"access_token": token} if token is not None else {})}
            answer = self._post(url, person="x", **sent)
        else:
            answer = self.url_open(url + query, allow_redirects=False)
        self.assertIn(answer.status_code, (303, 404))
        self.assertNotIn(form.name, answer.text)

    def test_without_csrf(self):
        """F4: a foreign site posts nothing."""
        form = self._sent()
        self._login(self.contact)
        answer = self._post(f"/my/acceptance/{form.id}/refuse", csrf=False, reason="No")
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(form.state, "sent")

    def test_list(self):
        """D14: the list shows the own forms, of colleagues to whom it is granted, none of others."""
        form = self._sent()
        self._login(self.contact)
        self.assertIn(form.name, self.url_open("/my/acceptance").text)
        self._login(self.stranger)
        self.assertNotIn(form.name, self.url_open("/my/acceptance").text)
        self._login(self.colleague)
        self.assertNotIn(form.name, self.url_open("/my/acceptance").text)
        self.colleague.partner_id.service_company_view = True
        self.assertIn(form.name, self.url_open("/my/acceptance").text)

    def test_withdrawn_link(self):
        """D14: a form that was withdrawn is not shown, and its old link never works again."""
        form = self._sent()
        token = form.access_token
        form.with_user(self.agent).action_withdraw()
        self._login(None)
        self._refused(form, "", "get", {}, token)
        form.with_user(self.agent).action_send()
        self._refused(form, "", "get", {}, token)

    def test_mail(self):
        """D14: the customer gets the link by mail."""
        form = self._sent(email="buyer@example.com")
        mail = self.env["mail.mail"].sudo().search([("model", "=", form._name), ("res_id", "=", form.id)])
        self.assertEqual(mail.email_to, "buyer@example.com")
        self.assertIn(form.access_token, mail.body_html)
