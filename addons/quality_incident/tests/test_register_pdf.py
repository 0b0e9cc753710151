import json
from datetime import datetime
from io import BytesIO

from lxml import html
from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.tests import BaseCase, HttpCase, tagged
from odoo.tools.pdf import PdfFileReader

from ..models import quality_register_mixin
from ..tools.pdf import page_count
from ..tools.register_pages import HEIGHT, Row, clip, pages_of, split_columns
from .rectification_common import RectificationCase
from .report_common import ReportCase

REPORT = "quality_incident.action_report_register"


class TestRegisterPages(BaseCase):
    """How a register is laid out (C17, D6): nothing is lost, no page is fuller than it can be."""

    def test_columns(self):
        """The first that fit stand side by side, the others below; one always stands."""
        side, below, shares = split_columns(["a", "b", "c", "d"], [60, 60, 40, 20])
        self.assertEqual((side, below), (["a", "b", "c"], ["d"]))
        self.assertAlmostEqual(sum(shares), 100)
        self.assertEqual(split_columns(["a", "b"], [999, 1])[:2], (["a"], ["b"]))

    def test_pages(self):
        """Long rows and Chinese ones take more room; all of them come out, in their order."""
        short = [Row([str(number), "x"], []) for number in range(200)]
        pages = list(pages_of(short, ["No.", "Text"], [20, 80]))
        self.assertEqual([row for page in pages for row in page], short)
        self.assertLess(len(pages[0]), len(pages[1]), "the head of the first page")
        self.assertTrue(all(len(page) <= HEIGHT for page in pages))
        latin = [Row([str(number), "x" * 100], [("More", "y" * 100)]) for number in range(200)]
        chinese = [Row([str(number), "水" * 100], [("More", "表" * 100)]) for number in range(200)]
        counts = [len(list(pages_of(rows, ["No.", "Text"], [20, 80]))) for rows in (short, latin, chinese)]
        self.assertEqual(counts, sorted(set(counts)))
        giant = [Row(["1", "line\n" * 500]), Row(["2", ""])]
        self.assertEqual([len(page) for page in pages_of(giant, ["No.", "Text"], [20, 80])], [1, 1])

    def test_clip(self):
        self.assertEqual(clip("  a \n\n b ", 9), "a \n b")
        self.assertEqual(clip("x" * 20, 10), "x" * 9 + "…")


@tagged("post_install", "-at_install")
class TestRegisterPdf(ReportCase, RectificationCase):
    """Any register on paper (C17, D6): the same columns, rights and rows as in Excel."""

    def _paper(self, model, domain, user=None, lang="en_US", **span):
        """Return the text of a register as it is printed."""
        Report = self.env["ir.actions.report"].with_user(user or self.inspector).with_context(lang=lang)
        content = Report._render_qweb_html(REPORT, [], {"register": model, "domain": domain, **span})[0]
        return html.fromstring(content.decode())

    def _words(self, *args, **options):
        return " ".join(self._paper(*args, **options).find_class("qi")[0].text_content().split())

    def test_what_it_says(self):
        """Title, span, number of entries, every value; times are those of the company, not of the reader."""
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        self.inspector.tz = "America/New_York"
        first = self._make_incident(title="<b>Crack</b> & leak", occurred_at=datetime(2026, 1, 31, 20, 15))
        second = self._make_incident(title="Sinking slab", occurred_at=datetime(2026, 3, 5, 3, 0))
        text = self._words("quality.incident", [("id", "in", (first | second).ids)])
        for part in (
            "Incident register", "02/01/2026 – 03/05/2026", "2 entries", first.name, second.name, "02/01/2026 04:15",
            "<b>Crack</b> & leak", "Estimated loss 5,000.00", "Asia/Shanghai", self.company.name, "Riverside school",
        ):
            self.assertIn(part, text)
        self.assertNotIn("Historic", text, "what says nothing takes no room")

    def test_same_columns_as_in_excel(self):
        notice = self._drive(self._make_notice(), "approved")
        register = self.env["quality.rectification.line"].with_user(self.inspector)
        text = self._words(register._name, [("rectification_id", "=", notice.id)])
        [row, _other] = register._register_rows([("rectification_id", "=", notice.id)], register._register_columns())
        for column, value in zip(register._register_columns(), row, strict=True):
            if isinstance(value, str) and value:
                self.assertIn(" ".join(value.split()), text, column.header)

    def test_span_that_was_chosen(self):
        text = self._words("quality.incident", [("id", "=", 0)], first="2026-01-01", last="2026-01-31")
        self.assertIn("01/01/2026 – 01/31/2026 · 0 entries", text)
        self.assertIn("None.", text)

    def test_chinese(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        notice = self._make_notice()
        text = self._words("quality.rectification.line", [("rectification_id", "=", notice.id)], lang="zh_CN")
        self.assertIn("整改", text)
        self.assertIn("草稿", text, "the state, translated")

    def test_everybody_gets_what_they_may_read(self):
        own = [("id", "=", self._make_incident().id)]
        stranger = self._make_user("paper_stranger", "reporter")
        self.assertIn("1 entries", self._words("quality.incident", own, user=self.reporter))
        for user in (stranger, self.foreign_manager):
            self.assertIn("0 entries", self._words("quality.incident", own, user=user))
        for user in (self.plain_user, self.portal_user):
            with self.assertRaisesRegex(AccessError, ""):
                self._paper("quality.incident", [], user=user)
        for name in ("res.users", "quality.register.mixin", "no.such", None):
            with self.assertRaisesRegex(UserError, "no register"):
                self._paper(name, [])

    def test_too_long_for_paper(self):
        """One clear error, with a way out, from the screen and from the list."""
        self.patch(quality_register_mixin, "MOST_PRINTED", 1)
        domain = [("id", "in", (self._make_incident() | self._make_incident()).ids)]
        with self.assertRaisesRegex(UserError, "2 entries; at most 1 are printed.*Excel"):
            self._paper("quality.incident", domain)
        wizard = self.env["quality.register"].with_user(self.inspector).create({"register": "quality.incident"})
        with self.assertRaisesRegex(UserError, "Excel"):
            wizard.action_print()

    def test_wizard(self):
        wizard = self.env["quality.register"].with_user(self.inspector).create(
            {"register": "quality.incident", "date_from": "2026-02-01"}
        )
        url = wizard.action_print()["url"]
        self.assertTrue(url.startswith("/quality/register/quality.incident/pdf?domain="), url)
        self.assertIn("&first=2026-02-01", url)
        self.assertNotIn("last=", url)

    def test_pdf(self):
        """A4 across, numbered pages, the heading on each of them."""
        incidents = self.env["quality.incident"]
        for number in range(3):
            incidents |= self._make_incident(title=f"Incident {number}", description="A long story. " * 30)
        copies = [("id", "in", incidents.ids)]
        with self.allow_pdf_render():
            register = self.env["quality.incident"].with_user(self.inspector)
            content = register.with_context(force_report_rendering=True)._register_pdf(copies)
        self.assertEqual(page_count(content), 1)
        page = PdfFileReader(BytesIO(content)).pages[0]
        self.assertGreater(page.mediabox.right, page.mediabox.top)

    def test_constant_queries(self):
        notices = self._make_notice()
        for _turn in range(9):
            notices |= self._make_notice()

        def queries(records):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self._paper("quality.rectification.line", [("rectification_id", "in", records.ids)])
            return self.env.cr.sql_log_count - start

        queries(notices[:1])
        self.assertLessEqual(queries(notices), queries(notices[:1]))


@tagged("post_install", "-at_install")
class TestRegisterPdfDownload(HttpCase, RectificationCase):
    """The way of a printed register to the browser."""

    def _get(self, model="quality.incident", **asked):
        return self.url_open(f"/quality/register/{model}/pdf", params=asked, allow_redirects=False)

    def test_download(self):
        self._make_incident()
        self.authenticate(self.inspector.login, self.inspector.login)
        answer = self._get(domain="[]", first="2026-01-01")
        self.assertEqual(answer.status_code, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/pdf")
        self.assertIn(".pdf", answer.headers["Content-Disposition"])

    def test_refused(self):
        self.assertEqual(self._get().status_code, 303, "to the login")
        self.authenticate(self.inspector.login, self.inspector.login)
        self.assertEqual(self._get("res.users").status_code, 404)
        for domain in ("{", '"x"', "[1, 2, 3]", '[["no_such_field", "=", 1]]', "__import__('os')"):
            self.assertEqual(self._get(domain=domain).status_code, 400, domain)
        self.assertEqual(self._get(domain="[]", first="yesterday").status_code, 400)
        for user in (self.plain_user, self.portal_user):
            self.authenticate(user.login, user.login)
            self.assertEqual(self._get().status_code, 403, user.login)

    def test_a_script_can_read_why(self):
        """Too long: the list shows the reason in a dialog, not “uncaught exception”."""
        self.patch(quality_register_mixin, "MOST_PRINTED", 0)
        self._make_incident()
        self.authenticate(self.inspector.login, self.inspector.login)
        answer = self.url_open(
            "/quality/register/quality.incident/pdf", data={"domain": "[]", "csrf_token": http.Request.csrf_token(self)}
        )
        self.assertEqual(answer.status_code, 400)
        error = json.loads(html.fromstring(answer.text).text_content())
        self.assertEqual(error["data"]["name"], "odoo.exceptions.UserError")
        self.assertIn("at most 0 are printed", error["data"]["message"])
