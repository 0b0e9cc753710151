import re
from datetime import timedelta

from odoo import fields, http
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tools import mute_logger

from .rectification_common import RectificationCase
from .report_common import PICTURE

PAGE = "/my/rectifications"
QUIET = mute_logger("odoo.http", "odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")


class PortalCase(RectificationCase, HttpCase):
    """A contractor with a portal user, another one, and the forms of the portal."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.boss = cls.env["res.partner"].create({"name": "Boss Li", "parent_id": cls.contractor.id})
        cls.party_user = new_test_user(cls.env, "t_party", "base.group_portal", name="Boss Li", partner_id=cls.boss.id)
        rival = cls.env["res.partner"].create({"name": "Rival Ltd", "is_company": True, "email": "rival@example.com"})
        cls.rival_user = new_test_user(
            cls.env,
            "t_rival",
            "base.group_portal",
            partner_id=cls.env["res.partner"].create({"name": "Rival's man", "parent_id": rival.id}).id,
        )
        cls.rival_notice = cls._make_notice(recipient_department_id=False, recipient_partner_id=rival.id)
        cls.rival_notice.with_user(cls.inspector).action_issue()

    def _issued(self, **vals):
        return self._drive(self._outside(**vals), "issued")

    def _login(self, user):
        self.authenticate(user.login, user.login)

    def _get(self, notice, path="", token=None, **options):
        query = f"?access_token={token}" if token else ""
        return self.url_open(f"{PAGE}/{notice.id}{path}{query}", **options)

    def _post(self, notice, path, token=None, files=None, csrf=True, **form):
        if not self.session:
            self.authenticate(None, None)
        data = {"csrf_token": http.Request.csrf_token(self)} if csrf else {}
        if token:
            data["access_token"] = token
        answer = self.url_open(f"{PAGE}/{notice.id}/{path}", data={**data, **form}, files=files, allow_redirects=False)
        self.env.invalidate_all()
        return answer

    def _token(self, notice):
        return notice.sudo()._portal_ensure_token()

    def _plan_form(self, notice, **form):
        for line in notice.line_ids:
            form |= {
                f"plan_{line.id}": "Chip off, rebuild",
                f"due_{line.id}": str(self.today + timedelta(days=3)),
                f"responsible_{line.id}": "Foreman Wu",
            }
        return form


@tagged("post_install", "-at_install")
class TestPortalWay(PortalCase):
    """The contractor's part of a notice, through the portal only (F5, A1, A2, B3)."""

    def _photo(self, name="after.png", content=PICTURE, kind="image/png"):
        return [("files", (name, content, kind))]

    def test_the_whole_way(self):
        notice = self._issued()
        self._login(self.party_user)
        self.assertIn(notice.subject, self._get(notice).text)
        self.assertEqual(self._post(notice, "acknowledge").status_code, 303)
        self.assertEqual((notice.state, notice.ack_person, notice.ack_channel), ("acknowledged", "Boss Li", "portal"))
        self.assertEqual(notice.acknowledged_by_id, self.party_user)

        answer = self._post(notice, "plan", submit="1", **{f"plan_{notice.line_ids[0].id}": "Half a plan"})
        self.assertEqual(answer.status_code, 200)
        self.assertIn("Half a plan", answer.text, "what was typed stays")
        self.assertIn("Who is responsible", answer.text)
        self.assertFalse(notice.line_ids[0].plan, "nothing half-written")

        self.assertEqual(self._post(notice, "plan", **self._plan_form(notice)).status_code, 303)
        self.assertEqual(notice.state, "acknowledged", "kept for later")
        self.assertEqual(self._post(notice, "plan", **self._plan_form(notice, submit="1")).status_code, 303)
        self.assertEqual((notice.state, notice.waiting_for), ("planned", "approvers"))
        self.assertIn("being reviewed", self._get(notice).text)

        notice.with_user(self.inspector).action_reject(comment="Which mortar?")
        page = self._get(notice).text
        self.assertIn("Which mortar?", page)
        self.assertEqual(self._post(notice, "plan", **self._plan_form(notice, submit="1")).status_code, 303)
        notice.with_user(self.inspector).action_approve()
        self.assertEqual(notice.state, "approved")

        first, second = notice.line_ids
        day = str(self.today + timedelta(days=9))
        self.assertEqual(self._post(notice, "extension", line=first.id, day=day, reason="Rain").status_code, 303)
        self.assertEqual(first.open_extension_id.requested_for, "Boss Li")
        first.open_extension_id.with_user(self.inspector).action_approve()
        self.assertEqual(str(first.due_date), day)

        for line in (first, second):
            answer = self._post(notice, "work", files=self._photo(), line=line.id, done_note="Rebuilt", finish="1")
            self.assertEqual(answer.status_code, 303, answer.text[:500])
        self.assertEqual(notice.line_ids.mapped("state"), ["done", "done"])
        self.assertEqual(first.done_by_id, self.party_user)
        self.assertEqual(first.after_ids.res_id, first.id)
        self.assertEqual(self._post(notice, "recheck").status_code, 303)
        self.assertEqual(notice.state, "recheck")

        first.with_user(self.inspector).action_fail("Still thin")
        second.with_user(self.inspector).action_pass()
        notice.with_user(self.inspector).action_finish_recheck()
        self.assertEqual((notice.state, notice.round), ("executing", 2))
        self.assertIn("Still thin", self._get(notice).text)
        answer = self._post(notice, "work", files=self._photo(), line=first.id, done_note="Again", finish="1")
        self.assertEqual(answer.status_code, 303)
        self._post(notice, "recheck")
        first.with_user(self.inspector).action_pass()
        notice.with_user(self.inspector).action_finish_recheck()
        self.assertEqual(notice.state, "closed")
        texts = " ".join(notice.website_message_ids.mapped("body"))
        for text in ("Which mortar?", "approved", "is agreed", "A new round", "closed"):
            self.assertIn(text, texts)
        told = notice.website_message_ids.filtered(
            lambda message: message.subtype_id == self.env.ref("mail.mt_comment")
        )
        self.assertEqual(told.author_id, self.inspector.partner_id, "the issuer speaks")
        self.assertEqual(told.notified_partner_ids, self.contractor)

    def test_by_link_only(self):
        notice = self._issued()
        token = self._token(notice)
        self.assertIn(notice.subject, self._get(notice, token=token).text)
        answer = self._post(notice, "acknowledge", token)
        self.assertIn("enter your name", answer.text)
        self.assertEqual(notice.state, "issued")
        self.assertEqual(self._post(notice, "acknowledge", token, person="Old Zhang").status_code, 303)
        self.assertEqual(notice.ack_person, "Old Zhang")
        self.assertTrue(notice.message_ids.filtered(lambda one: "Old Zhang" in one.body and "link" in one.body))

    def test_replayed(self):
        """A form sent twice does nothing twice, and says so."""
        notice = self._issued()
        self._login(self.party_user)
        self._post(notice, "acknowledge")
        at = notice.acknowledged_at
        self.assertIn("cannot go from", self._post(notice, "acknowledge").text)
        self.assertEqual(notice.acknowledged_at, at)
        form = self._plan_form(notice, submit="1")
        self._post(notice, "plan", **form)
        rounds = len(notice.approval_ids)
        self.assertEqual(self._post(notice, "plan", **form).status_code, 200)
        self.assertEqual(len(notice.approval_ids), rounds)
        notice.with_user(self.inspector).action_approve()
        line = notice.line_ids[0]
        for _turn in range(2):
            self._post(notice, "work", files=self._photo(), line=line.id, done_note="x")
        self.assertEqual(len(line.after_ids), 1)
        day = str(self.today + timedelta(days=9))
        for _turn in range(2):
            answer = self._post(notice, "extension", line=line.id, day=day, reason="Rain")
        self.assertIn("asked for already", answer.text)
        self.assertEqual(len(line.extension_ids), 1)
        for _turn in range(2):
            answer = self._post(notice, "work", line=line.id, done_note="x", finish="1")
        self.assertIn("cannot be entered now", answer.text)
        self.assertEqual(self._post(notice, "recheck").status_code, 200)
        self.assertEqual(notice.state, "executing")

    def test_files(self):
        """Only photos and PDF, by what they are; not too large, not empty, not too many."""
        notice = self._drive(self._outside(), "approved")
        self._login(self.party_user)
        line = notice.line_ids[0]
        self.env["ir.config_parameter"].set_param("quality_incident.portal_megabytes", "1")
        refused = {
            "page.html": b"<html><script>alert(1)</script></html>",
            "drawing.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>",
            "photo.jpg": b"<html><body>x</body></html>",
            "run.exe": b"MZ" + b"\0" * 200,
            "script.png": b"#!/bin/sh\nrm -rf /",
            "photo.exe": PICTURE,
            "empty.png": b"",
            "large.png": PICTURE + b"\0" * (1024 * 1024),
            "data.xml": b"<?xml version='1.0'?><a/>",
        }
        for name, content in refused.items():
            answer = self._post(notice, "work", files=self._photo(name, content), line=line.id, done_note="Typed")
            self.assertEqual(answer.status_code, 200, name)
            self.assertIn("Typed", answer.text, name)
            self.assertFalse(line.after_ids or line.done_note, name)
        pdf = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF"
        files = [
            ("files", ("report.pdf", pdf, "application/pdf")),
            ("files", ("../../etc/a.png", PICTURE, "image/png")),
        ]
        self.assertEqual(self._post(notice, "work", files=files, line=line.id, done_note="x").status_code, 303)
        self.assertEqual(sorted(line.after_ids.mapped("name")), ["a.png", "report.pdf"])
        many = [("files", (f"{n}.png", PICTURE + b"%d" % n, "image/png")) for n in range(9)]
        self.assertIn("At most 10", self._post(notice, "work", files=many, line=line.id).text)
        photo = line.after_ids.filtered(lambda file: file.name == "a.png")
        answer = self._get(notice, f"/file/{photo.id}")
        self.assertEqual((answer.status_code, answer.content), (200, PICTURE))
        self.assertEqual(answer.headers["X-Content-Type-Options"], "nosniff")
        self.assertEqual(self._post(notice, f"file/{photo.id}/remove").status_code, 303)
        self.assertEqual(line.after_ids.mapped("name"), ["report.pdf"])

    def test_pdf_names_no_staff(self):
        notice = self._drive(self._outside(severity="major"), "approved")
        html = (
            self.env["ir.actions.report"]
            .sudo()
            ._render_qweb_html("quality_incident.report_rectification", notice.ids, data={"outside": True})[0]
            .decode()
        )
        self.assertIn("Approved on", html)
        for user in (self.chief, self.lead):
            self.assertFalse(re.search(rf"\b{user.name}\b", html), user.name)
        self._login(self.party_user)
        answer = self._get(notice, "/pdf")
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertIn(notice.name.replace("/", "_"), answer.headers["Content-Disposition"])

    def test_tour(self):
        notice = self._issued()
        self.browser_size, self.touch_enabled = "360x740", True
        self.start_tour(f"{PAGE}/{notice.id}", "quality_portal_party", login=self.party_user.login, timeout=120)
        self.env.invalidate_all()
        self.assertEqual((notice.state, notice.line_ids[0].responsible_name), ("planned", "Foreman Wu"))


@tagged("post_install", "-at_install")
class TestPortalSecurity(PortalCase):
    """Nothing of other parties, nothing internal, nothing by GET (F5)."""

    def _refused(self, notice, token=None):
        """Every page and every step of ``notice`` is refused."""
        answer = self._get(notice, token=token, allow_redirects=False)
        self.assertEqual((answer.status_code, answer.headers["Location"].rsplit("/", 1)[-1]), (303, "my"))
        with QUIET:
            for path in ("/pdf", "/file/1"):
                self.assertEqual(self._get(notice, path, token=token).status_code, 404, path)
            state = notice.state
            for path in ("acknowledge", "plan", "work", "extension", "recheck", "file/1/remove"):
                self.assertEqual(self._post(notice, path, token, person="X", submit="1").status_code, 404, path)
            self.assertEqual(notice.state, state)

    def test_without_and_with_wrong_token(self):
        notice = self._issued()
        for token in (None, "", "x", self._token(self.rival_notice), f"{self._token(notice)}x"):
            self._refused(notice, token)

    def test_other_people(self):
        notice = self._issued()
        for user in (self.rival_user, self.portal_user, self.plain_user, self.inspector):
            self._login(user)
            self._refused(notice)

    def test_what_does_not_exist_looks_the_same(self):
        self._login(self.party_user)
        self._refused(self.rival_notice)
        missing = self.env["quality.rectification"].browse(987654)
        answer = self._get(missing, allow_redirects=False)
        self.assertEqual(answer.status_code, 303)

    def test_drafts_and_own_departments_are_not_shown(self):
        self._login(self.party_user)
        draft = self._outside()
        self._refused(draft, self._token(draft))
        internal = self._drive(self._make_notice(), "issued")
        self._refused(internal, self._token(internal))

    def test_new_link(self):
        notice = self._issued()
        token = self._token(notice)
        with self.assertRaisesRegex(AccessError, ""):
            notice.with_user(self.worker).action_new_portal_link()
        notice.with_user(self.inspector).action_new_portal_link()
        self._refused(notice, token)
        self.assertEqual(self._get(notice, token=self._token(notice)).status_code, 200)

    def test_internal_things_stay_inside(self):
        incident = self._make_incident(title="Secret incident", estimated_loss=987654)
        notice = self._issued(incident_id=incident.id, source="incident")
        notice.with_user(self.inspector).message_post(body="Internal remark", subtype_xmlid="mail.mt_note")
        secret = self.env["ir.attachment"].create(
            {"name": "internal.png", "raw": PICTURE, "res_model": notice._name, "res_id": notice.id}
        )
        self._drive(notice, "approved")
        self._login(self.party_user)
        page = self._get(notice).text
        for text in ("Secret incident", "987654", "Internal remark", self.chief.name, "internal.png"):
            self.assertNotIn(text, page)
        before = self._evidence(self.inspector, "other.png", PICTURE)
        other = self._make_notice(
            recipient_department_id=False,
            recipient_partner_id=self.rival_user.partner_id.commercial_partner_id.id,
            line_ids=[fields.Command.create({"requirement": "x", "before_ids": before})],
        )
        other.with_user(self.inspector).action_issue()
        with QUIET:
            for file in (secret, other.line_ids.before_ids):
                self.assertEqual(self._get(notice, f"/file/{file.id}").status_code, 404)
        token = self._token(notice)
        messages = self.make_jsonrpc_request(
            "/mail/chatter_fetch",
            {"thread_model": notice._name, "thread_id": notice.id, "token": token, "fetch_params": {"limit": 50}},
        )
        self.assertNotIn("Internal remark", str(messages))

    def test_steps_are_posts_with_a_token_of_the_form(self):
        notice = self._issued()
        self._login(self.party_user)
        with QUIET:
            for path in ("/acknowledge", "/plan", "/work", "/extension", "/recheck", "/file/1/remove"):
                self.assertEqual(self._get(notice, path).status_code, 405, path)
            answer = self._post(notice, "acknowledge", csrf=False)
            self.assertIn(answer.status_code, (400, 405))
            answer = self.url_open(f"{PAGE}/{notice.id}/plan", data={"csrf_token": "wrong"}, allow_redirects=False)
        self.assertEqual(answer.status_code, 400)
        self.assertEqual(notice.state, "issued")

    def test_over(self):
        closed = self._drive(self._outside(), "closed")
        withdrawn = self._issued()
        withdrawn.with_user(self.manager).action_cancel("Mistake")
        self._login(self.party_user)
        for notice in (closed, withdrawn):
            page = self._get(notice).text
            self.assertNotIn("Report as done", page)
            self.assertNotIn("Submit the plan", page)
            line = notice.line_ids[0]
            for path in ("acknowledge", "plan", "work", "extension", "recheck"):
                form = {"line": line.id, "done_note": "x", "day": "2099-01-01", "reason": "x", "submit": "1"}
                self.assertEqual(self._post(notice, path, **form).status_code, 200, path)
        self.assertIn("withdrawn", self._get(withdrawn).text)

    @QUIET
    def test_no_rights_over_rpc(self):
        notice = self._issued()
        for name in (
            "quality.rectification",
            "quality.rectification.line",
            "quality.rectification.recheck",
            "quality.rectification.extension",
            "quality.standard",
            "quality.incident",
            "quality.deadline",
        ):
            model = self.env[name].with_user(self.party_user)
            with self.assertRaisesRegex(AccessError, ""):
                model.search_read([], ["id"])
        for method in ("action_acknowledge", "action_submit_plan", "action_preview_portal", "action_new_portal_link"):
            with self.assertRaisesRegex((AccessError, UserError), ""):
                getattr(notice.with_user(self.party_user), method)()

    def test_list(self):
        self._login(self.party_user)
        first = self._issued(subject="Cover of the beams")
        second = self._drive(self._outside(subject="Old matter"), "closed")
        page = self.url_open(PAGE).text
        self.assertIn(first.subject, page)
        for text in (second.subject, self.rival_notice.subject + " " + self.rival_notice.name):
            self.assertNotIn(text, page)
        self.assertIn(second.subject, self.url_open(f"{PAGE}?filterby=closed").text)
        self.assertNotIn(first.subject, self.url_open(f"{PAGE}?search=nothing+like+it").text)
        for query in ("sortby=garbage", "filterby=garbage", "page=99"):
            self.assertEqual(self.url_open(f"{PAGE}?{query}").status_code, 200, query)

    def test_list_queries(self):
        self._login(self.party_user)
        for _turn in range(2):
            self._issued()

        def queries():
            self.env.flush_all()
            self.env.invalidate_all()
            notices = (
                self.env["quality.rectification"]
                .sudo()
                .search([("recipient_partner_id", "child_of", self.contractor.id)])
            )
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            [notice._portal_row() for notice in notices]
            return self.env.cr.sql_log_count - start

        queries()
        few = queries()
        for _turn in range(18):
            self._issued()
        self.assertLessEqual(queries(), few)
