import io
import re
from datetime import timedelta

import openpyxl
from lxml import html
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ServiceCase
from .test_portal import PNG


class PaperCase(ServiceCase):
    """Papers as their readers get them."""

    def _text(self, report, record, user=None):
        reports = self.env["ir.actions.report"].with_user(user or self.leader)
        page = reports._render_qweb_html(f"service_ticket.{report}", record.ids)[0].decode()
        return " ".join(html.fromstring(page).text_content().split())

    def _complaint(self, **vals):
        ticket = self._make_ticket(kind="complaint", **vals)
        return self._to_analysis(ticket)

    def _evidence(self, ticket):
        return (
            self.env["ir.attachment"]
            .with_user(self.engineer_a)
            .create({"name": "test result.png", "raw": PNG, "res_model": ticket._name, "res_id": ticket.id})
        )


@tagged("post_install", "-at_install")
class TestPapers(PaperCase):
    """C9 to C11, D5, E8, E9: what is printed, and for whom."""

    def test_visit_papers(self):
        """C9, C10, D5: the dispatch order and the service report say everything that was entered."""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        visit = self._plan_visit(ticket, route="Ring road")
        text = self._text("report_dispatch", visit)
        for expected in (visit.name, "Ring road", "Route planned", "Engineer_a", "021-555-0101"):
            self.assertIn(expected, text)
        self._sign(self._finish(self._leave(visit)))
        text = self._text("report_service_report", visit)
        for expected in (
            "It stopped on Monday",
            "Bearing blocked",
            "Changed",
            "Solved",
            "Very good",
            "Mr. Lin",
            "Valid",
        ):
            self.assertIn(expected, text)
        visit.with_user(self.engineer_a).work_done = "Something else"
        self.assertIn("Changed since", self._text("report_service_report", visit))

    def test_archived(self):
        """C11: the approved report is kept as it was printed."""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        visit = self._sign(self._finish(self._leave(self._plan_visit(ticket))))
        with self.allow_pdf_render():
            self._approve(visit)
        self.assertTrue(visit.report_id)
        self.assertEqual(visit.report_id.res_id, visit.id)

    def test_explanation(self):
        """E8: no letter without text; nothing internal in it; sent with its evidence, once recorded."""
        ticket = self._complaint()
        with self.assertRaisesRegex(UserError, "explanation"):
            self._text("report_explanation", ticket)
        ticket.with_user(self.agent).write(
            {
                "cause_class": "non_quality",
                "explanation": "The meter was opened",
                "prevention_measure": "INTERNAL",
                "explanation_file_ids": [fields.Command.link(self._evidence(ticket).id)],
            }
        )
        text = self._text("report_explanation", ticket)
        self.assertIn("The meter was opened", text)
        self.assertIn("test result", text)
        self.assertNotIn("INTERNAL", text)
        ticket.with_user(self.agent).action_send_explanation()
        self.assertTrue(ticket.explanation_sent_at)
        mail = self.env["mail.mail"].search([("model", "=", ticket._name), ("res_id", "=", ticket.id)], limit=1)
        names = mail.attachment_ids.mapped("name")
        self.assertIn("test result.png", names)
        self.assertTrue([name for name in names if name.endswith(".pdf")])
        self.assertEqual(self._clock(ticket, "first_answer").state, "met")

    def test_complaint_form(self):
        """E9: the form has opinions, decision and approvals; only complaints have one."""
        ticket = self._complaint(severity="serious", demand="A new meter")
        department = self.env["hr.department"].create({"name": "Laboratory", "company_id": self.company.id})
        self.env["service.question"].with_user(self.agent).create(
            {"ticket_id": ticket.id, "department_id": department.id, "question": "Is it ours?"}
        )
        text = self._text("report_complaint", ticket)
        for expected in ("A new meter", "Is it ours?", department.name):
            self.assertIn(expected, text)
        with self.assertRaises(UserError):
            self._text("report_complaint", self._make_ticket())

    def test_wrong_people(self):
        ticket = self._complaint()
        for user in (self.plain_user, self.portal_user, self.foreign_agent):
            with self.assertRaises(AccessError):
                self._text("report_complaint", ticket, user=user)


@tagged("post_install", "-at_install")
class TestServiceRegisters(PaperCase):
    """D4, D6, D11, E6: the registers, in Excel and on paper."""

    def _rows(self, model, domain=(), user=None):
        file = self.env[model].with_user(user or self.leader)._register_file(list(domain))
        sheet = openpyxl.load_workbook(io.BytesIO(file.read())).active
        return [[cell.value for cell in row] for row in sheet.iter_rows()]

    def _faulty(self, codes, **vals):
        faults = self.env["service.fault.code"].create([{"code": code} for code in codes])
        return self._make_ticket(fault_code_ids=[fields.Command.set(faults.ids)], **vals)

    def test_registers(self):
        """E6, D4: a row each, with what was typed as text."""
        ticket = self._make_ticket(subject="=1+1", kind="complaint")
        rows = self._rows("service.ticket", [("id", "=", ticket.id)])
        self.assertTrue(any("=1+1" in row for row in rows))
        self._to_analysis(ticket)
        self._analyse(ticket)
        visit = self._finish(self._leave(self._plan_visit(ticket)))
        rows = self._rows("service.visit", [("id", "=", visit.id)])
        self.assertTrue(any(visit.name in row and "Worn bearing" in row for row in rows))

    def test_faults(self):
        """D6: a row for each ticket and code; cancelled tickets count nowhere."""
        ticket = self._faulty(("ZA1", "ZA2"))
        other = self._faulty(("ZA3",))
        other.with_user(self.agent).action_cancel("Twice")
        domain = [("fault_code_id.code", "=like", "ZA%")]
        faults = self.env["service.fault"].with_user(self.leader).search(domain)
        self.assertEqual(sorted(faults.mapped("fault_code_id.code")), ["ZA1", "ZA2"])
        self.assertEqual(faults.ticket_id, ticket)
        self.assertEqual(len([row for row in self._rows("service.fault", domain) if "ZA1" in row]), 1)
        for user in (self.engineer_a, self.plain_user, self.portal_user):
            with self.assertRaises(AccessError):
                self.env["service.fault"].with_user(user).search(domain)
        self.assertFalse(self.env["service.fault"].with_user(self.foreign_agent).search(domain))

    def _on_paper(self, model, domain, user, lang="en_US"):
        """Return the words of a register as it is printed."""
        Report = self.env["ir.actions.report"].with_user(user).with_context(lang=lang)
        asked = {"register": model, "domain": domain}
        page = Report._render_qweb_html("quality_incident.action_report_register", [], asked)[0]
        return " ".join(html.fromstring(page.decode()).find_class("page")[0].text_content().split())

    def test_on_paper(self):
        """C17, D6, D11: the registers of complaints, services, faults and contacts print, in both languages."""
        self.env["res.lang"]._activate_lang("zh_CN")
        ticket = self._faulty(("ZB1",), kind="complaint", subject="Leaks <everywhere>")
        self._to_analysis(ticket)
        self._analyse(ticket)
        visit = self._finish(self._leave(self._plan_visit(ticket)))
        contact = self.env["service.contact"].with_user(self.agent)
        contact = contact.create({"subject": "A letter", "content": "It leaks"})
        registers = {
            "service.ticket": (ticket, ("Leaks <everywhere>", "Lake Waterworks", "ZB1")),
            "service.visit": (visit, ("Worn bearing", "Engineer_a")),
            "service.fault": (self.env["service.fault"].search([("ticket_id", "=", ticket.id)]), ("ZB1", ticket.name)),
            "service.contact": (contact, ("A letter", "It leaks")),
        }
        for model, (record, words) in registers.items():
            for lang in ("en_US", "zh_CN"):
                text = self._on_paper(model, [("id", "in", record.ids)], self.leader, lang)
                for word in words:
                    self.assertIn(word, text, f"{model} {lang}")
                self.assertEqual(lang == "zh_CN", bool(re.search("[\u4e00-\u9fff]", text)), f"{model} {lang}")
        with self.assertRaises(AccessError):
            self._on_paper("service.fault", [], self.engineer_a)

    def test_every_register_prints(self):
        """C17, D6, F9: whatever model has a register, it comes out in Excel and on paper."""
        offered = self.env["quality.register"].with_user(self.env.ref("base.user_admin"))._selection_register()
        self.assertGreaterEqual(len(offered), 8)
        for model, title in offered:
            self._on_paper(model, [], self.env.ref("base.user_admin"))
            self.assertTrue(self._rows(model, user=self.env.ref("base.user_admin")), title)

    def test_contact_summary(self):
        """D11: the quarter in figures, counted by hand."""
        now = fields.Datetime.now()
        contacts = self.env["service.contact"].with_user(self.agent)
        first, _second, third = contacts.create(
            [
                {"subject": "A", "content": "x", "channel": channel, "received_at": now - timedelta(hours=2)}
                for channel in ("phone", "phone", "letter")
            ]
        )
        first.answer = "Yes"
        first.action_answer()
        third.action_cancel("Twice")
        today = fields.Date.context_today(self.env.user)
        summary = (
            self.env["service.contact.summary"]
            .with_user(self.agent)
            .create({"year": today.year, "quarter": str((today.month + 2) // 3)})
        )
        before = summary._figures()
        self.assertEqual((before["total"], before["answered"], before["open"]), (2, 1, 1))
        self.assertEqual(before["by_channel"][0][1:], (2, 100.0))
        self.assertAlmostEqual(before["hours"], 2, places=0)
        self.assertIn("Phone", self._text("report_contact_summary", summary, user=self.agent))
        self.assertIn("domain=", summary.action_excel()["url"])
        with self.assertRaises(AccessError):
            summary.with_user(self.engineer_a).action_print()

    def test_queries(self):
        """The register costs as many queries for fifty as for five."""
        counts = []
        for total in (5, 50):
            tickets = (
                self.env["service.ticket"]
                .with_user(self.agent)
                .create([self._ticket_vals(fault_code_ids=[]) for _ in range(total)])
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._rows("service.ticket", [("id", "in", tickets.ids)])
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
