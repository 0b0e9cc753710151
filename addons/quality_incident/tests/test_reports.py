import base64
import subprocess
from datetime import date, datetime, timedelta
from io import BytesIO

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from odoo.tools.pdf import PdfFileReader

from .common import QualityCase
from .report_common import PICTURE, ReportCase

STATUTORY = "quality_incident.action_report_statutory"
DETAILED = "quality_incident.action_report_detailed"
CLOSURE = "quality_incident.action_report_closure"
STOP = "quality_incident.action_report_stop_order"
RESUME = "quality_incident.action_report_resume"


@tagged("post_install", "-at_install")
class TestStatutoryReport(ReportCase):
    """A7: the written report to an authority."""

    def _reported(self, **vals):
        return self._drive(self._make_incident(grade="general", **vals), "reported")

    def test_seven_contents(self):
        """A7: the seven contents, the grade, the clock and the recipient stand on the report."""
        incident = self._reported(estimated_loss=12000.5, currency_id=self.env.ref("base.CNY").id, serious_injuries=0)
        duty = incident.duty_ids
        text = self._text(STATUTORY, duty)
        for content in (
            "Riverside school", "Axis C/3", "Honeycombs after stripping.", "12,000.50", "Poor vibration", "Works",
            "Foreman Wang", "General", duty.recipient_id.name, f"{incident.name}-1", "48 hours after the occurrence",
            "Twelve Thousand Yuan and Fifty Fen", self.reporter.name,
        ):
            self.assertIn(content, text)

    def test_chinese_capitals_on_paper(self):
        """A7, F1: in Chinese the loss stands in financial capitals."""
        self.env["res.lang"]._activate_lang("zh_CN")
        incident = self._reported(estimated_loss=12000, currency_id=self.env.ref("base.CNY").id)
        self.assertIn("人民币壹万贰仟元整", self._text(STATUTORY, incident.duty_ids, lang="zh_CN"))

    def test_refused_while_incomplete(self):
        """A7: every way to print it is refused, with one error that lists everything empty."""
        incident = self._reported()
        incident.with_user(self.inspector).write(
            {"project_id": False, "preliminary_cause": False, "responsible_person": False, "estimated_loss": 0}
        )
        duty = incident.duty_ids.with_user(self.inspector)
        Report = self.env["ir.actions.report"].with_user(self.inspector)
        for attempt in (
            lambda: Report._render_qweb_pdf(STATUTORY, duty.ids),
            lambda: Report._render_qweb_html(STATUTORY, duty.ids),
            lambda: Report._render_qweb_text(STATUTORY, duty.ids),
            lambda: Report.sudo()._render_qweb_pdf(STATUTORY, duty.ids),
            duty.action_print_report,
        ):
            with self.assertRaises(UserError) as refusal:
                attempt()
            for content in ("Project name", "Preliminary cause", "Responsible person", "Estimated economic loss"):
                self.assertIn(content, str(refusal.exception))
            self.assertNotIn("Location", str(refusal.exception))
        incident.with_user(self.inspector).write(
            {"project_id": self.project.id, "preliminary_cause": "x", "responsible_person": "y", "no_loss": True}
        )
        self.assertIn("No economic loss", self._text(STATUTORY, duty))

    def test_further_contents_of_a_regime(self):
        """A10: what a regime asks for beyond the seven is printed too."""
        incident = self._reported(product_id=self.env["product.product"].create({"name": "Beam TL-3"}).id)
        duty = incident.duty_ids
        component = self.env["quality.report.item"].create({"name": "Component", "field_name": "product_id"})
        duty.sudo().content_ids += component
        self.assertIn("Component Beam TL-3", self._text(STATUTORY, duty))

    def test_company_time_zone(self):
        """A7: times on paper are those where the company works, whoever prints."""
        self.company.resource_calendar_id.tz = "Asia/Shanghai"
        self.inspector.tz = "America/New_York"
        incident = self._reported(occurred_at=datetime(2024, 1, 5, 20, 30), discovered_at=datetime(2024, 1, 5, 20, 30))
        text = self._text(STATUTORY, incident.duty_ids)
        self.assertIn("01/06/2024 04:30", text)
        self.assertIn("01/08/2024 04:30", text)  # due
        self.assertIn("Asia/Shanghai", text)

    def test_printed_versions_are_kept(self):
        """A7: until it is sent, each version printed is kept with the incident; a copy of a sent one is not."""
        incident = self._reported()
        domain = [("res_model", "=", "quality.incident"), ("res_id", "=", incident.id)]
        self._pdf(STATUTORY, incident.duty_ids)
        kept = self.env["ir.attachment"].search(domain)
        self.assertEqual(len(kept), 1)
        self.assertTrue(kept.raw.startswith(b"%PDF"))
        self._send_duty(incident.duty_ids)
        self._pdf(STATUTORY, incident.duty_ids)
        self.assertEqual(self.env["ir.attachment"].search(domain), kept)

    def test_several_in_one_print(self):
        """A8: several duties print at once, one document each, with Debian's wkhtmltopdf too; every page is named."""
        incident = self._drive(self._make_incident(grade="major"), "reported")
        duties = incident.duty_ids[:2]
        reader = PdfFileReader(BytesIO(self._pdf(STATUTORY, duties)))
        self.assertEqual(len(reader.pages), 2)
        names = "".join(page.extract_text() for page in reader.pages)
        for duty in duties:
            self.assertIn(f"{duty._report_number()} · 1 / 1", names)
        self.assertEqual(
            self.env["ir.attachment"].search_count(
                [("res_model", "=", "quality.incident"), ("res_id", "=", incident.id)]
            ), 2,
        )

    def test_chinese_pdf(self):
        """A7, F1: the PDF holds the Chinese text as text, not as boxes."""
        self.env["res.lang"]._activate_lang("zh_CN")
        incident = self._reported(location="三层东侧", currency_id=self.env.ref("base.CNY").id, estimated_loss=5000)
        content = self._pdf(STATUTORY, incident.duty_ids, lang="zh_CN")
        text = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout.decode()
        self.assertIn("三层东侧", text)
        self.assertIn("伍仟元整", text)

    def test_wrong_users(self):
        """A7: who may not read the incident cannot print its report."""
        duty = self._reported().duty_ids
        for user in (self.plain_user, self.portal_user, self.foreign_manager):
            with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                self._page(STATUTORY, duty, user=user)


@tagged("post_install", "-at_install")
class TestStopOrderReports(ReportCase):
    """A9, A12: stop-work order and resume sign-off."""

    def setUp(self):
        super().setUp()
        self.incident = self._drive(self._make_incident(grade="major"), "verified")
        self.order = self.incident.stop_order_ids

    def test_stop_order(self):
        """A9: number, scope, time, who issued it, how the scene is protected."""
        self.order.with_user(self.inspector).scope = "All work on axis C"
        text = self._text(STOP, self.order)
        issuer = self.order.issued_by_id.name
        for content in (self.order.name, self.incident.name, "All work on axis C", issuer, "Closed off"):
            self.assertIn(content, text)

    def test_open_parties_are_empty_boxes(self):
        """A12: before anybody signed, every party has a box to sign in, and the sheet says that work stands still."""
        page = self._page(RESUME, self.order)
        self.assertIn("Work stands still", page.text_content())
        self.assertIn("Expert of the investigation group", page.text_content())
        self.assertIn("Quality supervision station", page.text_content())
        self.assertEqual(page.text_content().count("Signature, stamp, date:"), 2)
        self.assertFalse(page.xpath("//img"))

    def test_signatures_are_pictures(self):
        """A12: who signed stands there with name, time and drawn signature; the digest of the seal beside it."""
        first = self.order.signoff_ids[0].with_user(self.inspector)
        first.write({"signer_name": "Zhou Ming", "signature": base64.b64encode(PICTURE)})
        first.action_sign()
        page = self._page(RESUME, self.order)
        self.assertTrue(page.xpath("//img[starts-with(@src, 'data:image')]"))
        self.assertIn("Zhou Ming", page.text_content())
        self.assertIn(self.order.seal_ids.digest, page.text_content())
        self.assertEqual(page.text_content().count("Signature, stamp, date:"), 1)

    def test_odd_number_of_parties(self):
        """A12: a third party stands alone beside an empty cell; one that is not required says so."""
        self.env["quality.resume.signoff"].with_user(self.inspector).create(
            {"order_id": self.order.id, "party": "owner", "required": False}
        )
        text = self._text(RESUME, self.order)
        self.assertIn("Owner ( not required )", text.replace("(not required)", "( not required )"))

    def test_after_resumption(self):
        """A12: once every party has signed, the sheet says since when work may go on."""
        self._sign_all(self.order)
        self.order.with_user(self.inspector).action_resume()
        self.assertIn("Work may resume", self._text(RESUME, self.order))

    def test_wrong_users(self):
        """A9, A12: who may not read the incident cannot print its orders."""
        for xmlid in (STOP, RESUME):
            for user in (self.plain_user, self.portal_user, self.foreign_manager):
                with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                    self._page(xmlid, self.order, user=user)


@tagged("post_install", "-at_install")
class TestIncidentReports(ReportCase):
    """A11, A13: detailed report and closure record."""

    def _approved_by_substitute(self):
        """Return a general incident whose plan a substitute of the chief engineer approved."""
        deputy = self._make_user("deputy", "inspector")
        self.env["quality.approval.substitute"].with_user(self.manager).create({
            "user_id": self.chief.id, "substitute_id": deputy.id,
            "date_from": date.today() - timedelta(days=2), "date_to": date.today() + timedelta(days=2),
        })
        incident = self._drive(self._make_incident(grade="general"), "plan")
        self._write_plan(incident)
        self.env["quality.treatment.option"].with_user(self.lead).create(
            {"incident_id": incident.id, "name": "Recast", "method": "rework", "cost": 90000, "days": 30}
        )
        incident.with_user(self.lead).action_request_approval()
        incident.with_user(deputy).action_approve("Agreed")
        return incident

    def test_detailed_report_refused(self):
        """A11: without the group's opinion, the cause and the chosen plan there is no detailed report, on no way."""
        incident = self._drive(self._make_incident(grade="general"), "analysis")
        Report = self.env["ir.actions.report"].with_user(self.inspector)
        for render in (Report._render_qweb_pdf, Report._render_qweb_html):
            with self.assertRaises(UserError) as refusal:
                render(DETAILED, incident.ids)
            for missing in ("Root cause", "The opinion of the investigation group"):
                self.assertIn(missing, str(refusal.exception))

    def test_detailed_report(self):
        """A11: story, group with opinions, options compared, plan, approvals with substitutes, measures."""
        incident = self._approved_by_substitute()
        self.env["quality.team.member"].with_user(self.engineer).create(
            {"incident_id": incident.id, "partner_id": self.expert.id, "role": "leader", "opinion": "Grout it"}
        )
        text = self._text(DETAILED, incident)
        for content in (
            "Honeycombs after stripping.", "Report to engineering", "Prof. Zhou", "Grout it", "Vibrated too short",
            "Grouting", "Recast", "Train the crew", "Deputy on behalf of Chief", "Agreed", "Corrective", "Preventive",
        ):
            self.assertIn(content, text)
        self.assertNotIn("Without four-eyes", text)

    def test_relaxed_four_eyes_is_printed(self):
        """A11, F3: that one person decided two steps stands on paper."""
        self.env["quality.approval.rule"].search([]).with_user(self.manager).write({"four_eyes": False})
        incident = self._drive(self._make_incident(), "plan")
        self._write_plan(incident)
        lead_group = self.env.ref("quality_incident.group_quality_technical_lead")
        self.engineer.write({"group_ids": [fields.Command.link(lead_group.id)]})
        incident.with_user(self.engineer).action_request_approval()
        incident.with_user(self.engineer).action_approve()
        self.env["quality.team.member"].with_user(self.engineer).create(
            {"incident_id": incident.id, "partner_id": self.expert.id, "opinion": "Fine"}
        )
        text = self._text(DETAILED, incident)
        self.assertIn("Without four-eyes", text)
        self.assertIn("Four-eyes was relaxed", text)

    def test_closure_record(self):
        """A13: four facts with evidence and verifier, acceptance, decisions, education with attendees, seals."""
        incident = self._drive(self._make_incident(grade="general"), "closed")
        text = self._text(CLOSURE, incident)
        for content in (
            "The cause is found", "The people concerned are educated", "Preventive measures are in place",
            "The responsible are dealt with", "proof.txt", "Inspector", "Reworked or replaced", "Warning to the crew",
            "Vibrating concrete", "Crew 2", "Closed on", incident.seal_ids.digest,
            incident.acceptance_ids.seal_ids.digest,
        ):
            self.assertIn(content, text)

    def test_closure_record_before_acceptance(self):
        """A13: there is no closure record of what is not accepted; before closing it says so."""
        incident = self._drive(self._make_incident(), "executing")
        with self.assertRaises(UserError):
            self._page(CLOSURE, incident)
        self._drive(incident, "closing")
        self.assertIn("Not closed yet", self._text(CLOSURE, incident))

    def test_wrong_users(self):
        """A11, A13: who may not read the incident cannot print its reports."""
        incident = self._drive(self._make_incident(grade="general"), "closed")
        for xmlid in (DETAILED, CLOSURE):
            for user in (self.plain_user, self.portal_user, self.foreign_manager):
                with self.assertRaises(AccessError), mute_logger("odoo.addons.base.models.ir_rule"):
                    self._page(xmlid, incident, user=user)

    def test_bound_to_the_print_menu(self):
        """A7 to A13: each document is in the print menu of its record."""
        for model, xmlids in {
            "quality.incident": (DETAILED, CLOSURE), "quality.reporting.duty": (STATUTORY,),
            "quality.stop.order": (STOP, RESUME),
        }.items():
            bound = {action["id"] for action in self.env["ir.actions.actions"].get_bindings(model).get("report", ())}
            self.assertLessEqual({self.env.ref(xmlid).id for xmlid in xmlids}, bound)


@tagged("post_install", "-at_install")
class TestReportRoutes(HttpCase, QualityCase):
    """A7: the address of a report is no way around its refusal."""

    def test_url_refuses(self):
        """A7, A11: /report/pdf and /report/html of an incomplete document give an error and no document."""
        incident = self._drive(self._make_incident(grade="general", preliminary_cause=False), "reported")
        self.inspector.password = "t_inspector"
        self.authenticate("t_inspector", "t_inspector")
        for url in (
            f"/report/pdf/quality_incident.report_statutory/{incident.duty_ids.id}",
            f"/report/html/quality_incident.report_statutory/{incident.duty_ids.id}",
            f"/report/html/quality_incident.report_detailed/{incident.id}",
        ):
            with mute_logger("odoo.http"):
                response = self.url_open(url)
            self.assertGreaterEqual(response.status_code, 400, url)
            self.assertNotIn("Foreman Wang", response.text)
            self.assertFalse(response.content.startswith(b"%PDF"))
