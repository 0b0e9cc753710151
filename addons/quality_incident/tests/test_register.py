import io
import json
from datetime import datetime, timedelta

import openpyxl
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .rectification_common import RectificationCase


@tagged("post_install", "-at_install")
class TestRegister(RectificationCase):
    """Registers in Excel (F9): the right records for each reader, typed, in constant queries."""

    def _rows(self, model, domain, user=None):
        """Return the rows of a register as dictionaries by header."""
        self.env.flush_all()
        with self.env[model].with_user(user or self.inspector)._register_file(domain) as file:
            header, *rows = openpyxl.load_workbook(file).active.values
        return [dict(zip(header, row, strict=True)) for row in rows]

    def test_incident_register(self):
        self.inspector.tz = "Asia/Shanghai"
        incident = self._make_incident(title="=cmd|' /C calc'!A0", occurred_at=datetime(2026, 1, 31, 20, 15))
        [row] = self._rows("quality.incident", [("id", "=", incident.id)])
        self.assertEqual(row["Title"], "=cmd|' /C calc'!A0")
        self.assertEqual(row["Happened on"], datetime(2026, 2, 1, 4, 15))
        self.assertEqual((row["State"], row["Grade"], row["Project"]), ("Draft", "Minor", "Riverside school"))
        self.assertEqual((row["Estimated loss"], row["Historic"]), (5000, False))

    def test_rectification_register_has_a_row_for_each_requirement(self):
        notice = self._drive(self._make_notice(), "approved")
        first = notice.line_ids[0]
        first.sudo()._move_due_date(self.today + timedelta(days=9))
        rows = self._rows("quality.rectification", [("id", "=", notice.id)])
        self.assertEqual(len(rows), 2)
        row = rows[0]
        self.assertEqual((row["Number"], row["Recipient"], row["Responsible"]), (notice.name, "Works", "Worker"))
        self.assertEqual(row["Original due date"].date(), self.today + timedelta(days=3))
        self.assertEqual(row["Due date"].date(), self.today + timedelta(days=9))

    def test_chinese(self):
        self.inspector.lang = "zh_CN"
        notice = self._make_notice()
        register = self.env["quality.rectification.line"].with_user(self.inspector).with_context(lang="zh_CN")
        with register._register_file([("rectification_id", "=", notice.id)]) as file:
            sheet = openpyxl.load_workbook(file).active
        self.assertRegex(sheet.title, "[\u4e00-\u9fff]")
        self.assertRegex(sheet["C2"].value, "[\u4e00-\u9fff]", "the state, translated")

    def test_everybody_gets_what_they_may_read(self):
        own = self._make_incident()
        stranger = self._make_user("register_stranger", "reporter")
        self.assertEqual(len(self._rows("quality.incident", [("id", "=", own.id)], self.reporter)), 1)
        self.assertEqual(self._rows("quality.incident", [("id", "=", own.id)], stranger), [])
        self.assertEqual(self._rows("quality.incident", [("id", "=", own.id)], self.foreign_manager), [])
        for user in (self.plain_user, self.portal_user):
            with self.assertRaisesRegex(AccessError, ""):
                self._rows("quality.incident", [], user)

    def test_constant_queries(self):
        """Ten times the rows of a batch, as many queries."""
        self.inspector.tz = "UTC"
        notices = self._make_notice() | self._make_notice()
        for _turn in range(18):
            notices |= self._make_notice()
        register = self.env["quality.rectification.line"].with_user(self.inspector)

        def queries(records):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            register._register_file([("rectification_id", "in", records.ids)]).close()
            return self.env.cr.sql_log_count - start

        queries(notices[:2])
        self.assertLessEqual(queries(notices), queries(notices[:2]))

    def test_wizard(self):
        """The span of days is meant where the user is."""
        self.inspector.tz = "Asia/Shanghai"
        inside = self._make_incident(occurred_at=datetime(2026, 1, 31, 16, 0))
        outside = self._make_incident(occurred_at=datetime(2026, 2, 1, 16, 0))
        wizard = self.env["quality.register"].with_user(self.inspector).create(
            {"register": "quality.incident", "date_from": "2026-02-01", "date_to": "2026-02-01"}
        )
        action = wizard.action_download()
        self.assertTrue(action["url"].startswith("/quality/register/quality.incident?domain="))
        found = self.env["quality.incident"].search(wizard._register_domain())
        self.assertIn(inside, found)
        self.assertNotIn(outside, found)
        offered = dict(wizard._selection_register())
        self.assertEqual(offered["quality.rectification.line"], "Rectification register")
        self.assertNotIn("quality.rectification", offered, "one register of notices is enough")
        with self.assertRaisesRegex(UserError, "ends before"):
            wizard.write({"date_to": "2026-01-01"})
            wizard.action_download()


@tagged("post_install", "-at_install")
class TestRegisterDownload(HttpCase, RectificationCase):
    """The way of a register to the browser."""

    def _get(self, model="quality.incident", domain="[]", **options):
        return self.url_open(f"/quality/register/{model}?domain={domain}", **options)

    def test_download(self):
        incident = self._make_incident()
        self.authenticate(self.inspector.login, self.inspector.login)
        answer = self._get(domain=json.dumps([["id", "=", incident.id]]))
        self.assertEqual(answer.status_code, 200)
        self.assertIn("attachment", answer.headers["Content-Disposition"])
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        self.assertEqual(sheet["A2"].value, incident.name)

    def test_refused(self):
        answer = self._get(allow_redirects=False)
        self.assertEqual(answer.status_code, 303, "to the login")
        self.authenticate(self.inspector.login, self.inspector.login)
        self.assertEqual(self._get("res.users").status_code, 404)
        self.assertEqual(self._get("no.such.model").status_code, 404)
        for domain in ("{", '"x"', "[1, 2, 3]", '[["no_such_field", "=", 1]]', "__import__('os')"):
            self.assertEqual(self._get(domain=domain).status_code, 400, domain)
        self.authenticate(self.plain_user.login, self.plain_user.login)
        self.assertEqual(self._get().status_code, 403)

    def test_from_a_list(self):
        """The gear menu of a list offers the register, and it downloads."""
        self._drive(self._make_notice(), "issued")
        self.start_tour("/odoo/quality-rectifications", "quality_incident_register", login=self.chief.login)
