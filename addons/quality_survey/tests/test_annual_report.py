from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.addons.quality_incident.tests.rectification_common import RectificationCase
from odoo.addons.quality_incident.tests.report_common import ReportCase
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .statement_common import StatementCase


class AnnualCase(StatementCase, RectificationCase, ReportCase):
    """A year with statements, its report from part to part, and measures that are carried out."""

    def _year(self):
        """Approve the statements of the first two quarters of 2025."""
        for quarter, month in (("1", 2), ("2", 5)):
            self._opinions(
                *({"score": 100, "nps": 9, "given_at": self._local(2025, month, 3, 9)} for _turn in range(8)),
                {"score": 0, "nps": 2, "comment": f"Slow in {month}", "given_at": self._local(2025, month, 3, 9)},
            )
            statement = self._quarter(quarter=quarter)
            self._reply_all(statement, "Two more engineers")
            self._approve(statement)

    def _report(self, target="measures"):
        """Return the report of 2025, taken to ``target``."""
        report = self.env["quality.annual.report"].with_user(self.satisfaction).create({"year": 2025})
        parts = (
            ("draft", "satisfaction_text", self.satisfaction, self.marketing),
            ("analysis", "analysis_text", self.inspector, self.chief),
            ("decision", "decision_text", self.general, self.general),
        )
        for state, part, writer, approver in parts:
            if report.state == target:
                break
            self.assertEqual(report.state, state)
            report.with_user(writer).write({part: f"{report[part] or ''}<p>Said by {writer.name}</p>"})
            report.with_user(writer).action_request_approval()
            report.with_user(approver).action_approve()
        self.assertEqual(report.state, target)
        return report

    def _measure(self, report):
        action = report.with_user(self.inspector).action_raise_measure()
        notice = self.env["quality.rectification"].browse(action["res_id"])
        notice.with_user(self.inspector).write({"recipient_department_id": self.department_b.id})
        return notice

    def _judge(self, notice, result):
        self._drive(notice, "closed")
        notice.with_user(self.manager).action_record_effect(result, "Looked at the next answers")

    def _review(self, report):
        """Hold and file the management review of ``report``."""
        action = report.with_user(self.inspector).action_open_review()
        review = self.env["quality.management.review"].browse(action["res_id"])
        mine = review.with_user(self.general)
        mine.write(
            {
                "held_at": fields.Datetime.now(), "chair_id": self.general.id,
                "attendance_ids": [fields.Command.create({"user_id": self.general.id, "role": "General manager"})],
            }
        )
        mine.action_hold()
        mine.write(
            {
                "minutes": "<p>All was looked at.</p>", "conclusion": "partly",
                "decision_ids": [
                    fields.Command.create(
                        {
                            "name": "Train two engineers", "user_id": self.stranger.id,
                            "due_date": fields.Date.today() + timedelta(days=30),
                        }
                    )
                ],
            }
        )
        mine.action_file()
        return review


@tagged("post_install", "-at_install")
class TestAnnualReport(AnnualCase):
    """D16: report, analysis, decision, measures verified until effective, management review."""

    def test_whole_way_d16(self):
        self._year()
        report = self._report()
        self.assertEqual((report.answers, report.scored, report.satisfied, report.promoters), (18, 18, 16, 16))
        self.assertIn("Slow in 2", report.satisfaction_text)
        self.assertIn("Two more engineers", report.satisfaction_text)
        with self.assertRaisesRegex(UserError, "A measure, or why none is needed"):
            report.with_user(self.inspector).action_start_review()
        notice = self._measure(report)
        self.assertEqual((notice.source, notice.annual_report_id, report.measure_count), ("survey", report, 1))
        with self.assertRaisesRegex(UserError, f"{notice.name}.*found effective"):
            report.with_user(self.inspector).action_start_review()
        self._judge(notice, "ineffective")
        self.assertEqual((notice.state, notice.plan_round), ("acknowledged", 2), "a new round")
        with self.assertRaisesRegex(UserError, "found effective"):
            report.with_user(self.inspector).action_start_review()
        self._judge(notice, "effective")
        report.with_user(self.inspector).action_start_review()
        with self.assertRaisesRegex(UserError, "management review, held and filed"):
            report.with_user(self.general).action_close()
        review = self._review(report)
        report.with_user(self.general).action_close()
        self.assertEqual((report.state, report.review_id), ("closed", review))
        self.assertEqual((report | report).sudo().seal_ids.mapped("validity"), ["valid"])
        self.assertEqual(len(report.evidence_ids), 1)
        self.assertFalse(report.sudo().activity_ids)
        with self.assertRaisesRegex(UserError, "can no longer"):
            report.with_user(self.general).decision_text = "<p>Other</p>"

        notice.with_user(self.chief).action_reopen("The complaints come back")
        self.assertEqual((report.state, report.round, report.effective_count), ("measures", 2, 0))
        self.assertIn("taken up again", "".join(report.message_ids.mapped("body")))

    def test_each_part_is_its_writers_d16(self):
        self._year()
        report = self._report("draft")
        for user, part in ((self.inspector, "satisfaction_text"), (self.marketing, "satisfaction_text")):
            with self.assertRaises(AccessError):
                report.with_user(user).write({part: "<p>Mine</p>"})
        with self.assertRaises(UserError):
            report.with_user(self.satisfaction).write({"analysis_text": "<p>Mine</p>"})
        with self.assertRaises(UserError):
            report.with_user(self.satisfaction).write({"state": "analysis"})
        report.action_request_approval()
        with self.assertRaises(UserError):
            report.action_approve()
        report.with_user(self.marketing).action_approve()
        self.assertEqual(report.state, "analysis")
        with self.assertRaises(UserError):
            report.with_user(self.satisfaction).write({"satisfaction_text": "<p>Later</p>"})
        with self.assertRaises(AccessError):
            report.with_user(self.satisfaction).write({"analysis_text": "<p>Mine</p>"})
        with self.assertRaisesRegex(UserError, "The analysis report of quality"):
            report.with_user(self.inspector).action_request_approval()
        report.with_user(self.inspector).action_send_back("Figures of Q3 are missing")
        self.assertEqual((report.state, report.reason), ("draft", "Figures of Q3 are missing"))
        report.with_user(self.satisfaction).write({"satisfaction_text": "<p>Now with them</p>"})
        report.with_user(self.satisfaction).action_request_approval()
        report.with_user(self.marketing).action_approve()
        self.assertEqual(report.state, "analysis")

    def test_without_statement(self):
        report = self.env["quality.annual.report"].with_user(self.satisfaction).create({"year": 2024})
        with self.assertRaisesRegex(UserError, "An approved statement of the year"):
            report.action_request_approval()

    def test_no_measure_needs_a_reason(self):
        self._year()
        report = self._report()
        with self.assertRaises(AccessError):
            report.with_user(self.inspector).write({"no_measure_reason": "All is well"})
        report.with_user(self.general).write({"no_measure_reason": "All is well"})
        report.with_user(self.inspector).action_start_review()
        self.assertEqual(report.state, "review")
        notice = self._measure(report)
        self.assertEqual(report.state, "measures", "a further measure takes it back")
        with self.assertRaises(AccessError):
            notice.with_user(self.inspector).write({"annual_report_id": False})

    def test_wrong_users(self):
        self._year()
        report = self._report()
        for user in (self.plain_user, self.portal_user, self.foreign_satisfaction, self.engineer_a):
            for method in (
                "action_refresh", "action_prefill", "action_start_review", "action_close", "action_raise_measure",
                "action_open_measures", "action_open_review", "action_request_approval",
            ):
                with self.assertRaises(AccessError, msg=f"{method} as {user.login}"), self.cr.savepoint():
                    getattr(report.with_user(user), method)()
            for method in ("action_cancel", "action_reopen"):
                with self.assertRaises(UserError, msg=f"{method} as {user.login}"), self.cr.savepoint():
                    getattr(report.with_user(user), method)("Why")
        for user in (self.plain_user, self.portal_user, self.engineer_a, self.inspector):
            with self.assertRaises(AccessError):
                self.env["quality.annual.report"].with_user(user).create({"year": 2020})

    def test_drafted_by_itself(self):
        for quarter, month in (("1", 2), ("4", 11)):
            self._opinions({"score": 100, "given_at": self._local(2025, month, 3, 9)})
            with freeze_time("2026-01-20 03:00:00"):
                self._approve(self._quarter(quarter=quarter))
        reports = self.env["quality.annual.report"]
        with freeze_time("2026-01-25 03:00:00"):
            for _turn in range(2):
                reports._cron_draft()
        report = reports.search([("company_id", "=", self.company.id), ("year", "=", 2025)])
        self.assertEqual((len(report), report.scored), (1, 2))
        self.assertEqual(report.deadline_ids.mapped("kind"), ["annual_report"])
        self.assertIn(self.satisfaction, report.activity_ids.user_id)

    def test_paper(self):
        self._year()
        report = self._report()
        text = self._text("quality_survey.action_report_annual", report)
        for said in ("Said by Inspector", "Said by General", "16 of 18", "Decision: general manager"):
            self.assertIn(said, text)


@tagged("post_install", "-at_install")
class TestManagementReview(AnnualCase):
    """D16: the package for the management review."""

    def test_inputs_open_their_records(self):
        self._year()
        self._make_ticket(kind="complaint", received_at=self._local(2025, 5, 1, 9))
        review = self.env["quality.management.review"].with_user(self.inspector).create(
            {"date_from": "2025-01-01", "date_to": "2025-12-31"}
        )
        sections = set(review.input_ids.mapped("section"))
        self.assertTrue({"satisfaction", "complaints", "incidents", "rectifications", "decisions"} <= sections)
        for row in review.input_ids.filtered(lambda row: row.value_text.isdigit()):
            action = row.with_user(self.general).action_open()
            found = self.env[action["res_model"]].search_count(action["domain"])
            self.assertEqual(str(found), row.value_text, row.name)
        self.assertEqual(len(review.input_ids.filtered(lambda row: row.name.startswith("SS/"))), 2)
        [complaints] = review.input_ids.filtered(lambda row: row.name == "Complaints received")
        self.assertEqual(complaints.value_text, "1")

    def test_minutes_and_decisions(self):
        self._year()
        report = self._report()
        review = self.env["quality.management.review"].browse(
            report.with_user(self.inspector).action_open_review()["res_id"]
        )
        with self.assertRaisesRegex(UserError, "When the review was held.*\n.*chaired.*\n.*Who was present"):
            review.with_user(self.general).action_hold()
        review = self._review(report)
        self.assertEqual((review.state, review.filed_by_id), ("filed", self.general))
        self.assertEqual(review.sudo().seal_ids.mapped("validity"), ["valid"])
        with self.assertRaises(UserError):
            review.with_user(self.general).minutes = "<p>Other</p>"
        with self.assertRaisesRegex(UserError, "fixed"):
            review.input_ids[0].sudo().unlink()
        decision = review.decision_ids
        self.assertEqual(review.deadline_ids.mapped("kind"), ["action"])
        self.assertIn(self.stranger, decision.sudo().activity_ids.user_id)
        mine = decision.with_user(self.stranger)
        self.assertEqual(mine.search([]), decision, "the owner sees his own")
        with self.assertRaisesRegex(UserError, "What was done"):
            mine.action_done()
        with self.assertRaises(AccessError):
            decision.with_user(self.worker).write({"done_note": "x"})
        with self.assertRaises(UserError):
            mine.write({"name": "Nothing"})
        mine.write({"done_note": "Both trained"})
        mine.action_done()
        self.assertEqual((decision.state, decision.done_by_id), ("done", self.stranger))
        self.assertEqual(review.deadline_ids.mapped("state"), ["met"])
        with self.assertRaises(AccessError):
            mine.action_verify()
        decision.with_user(self.inspector).action_reject("Show the certificates")
        self.assertEqual(decision.state, "open")
        self.assertIn("running", review.deadline_ids.mapped("state"))
        mine.action_done()
        decision.with_user(self.inspector).action_verify()
        self.assertEqual(decision.verified_by_id, self.inspector)
        with self.assertRaises(UserError):
            decision.with_user(self.general).unlink()
        with self.assertRaises(UserError):
            self.env["quality.management.decision"].with_user(self.general).create(
                {"review_id": review.id, "name": "Afterwards"}
            )
        self.assertEqual(review.sudo().seal_ids.mapped("validity"), ["valid"], "the work changes no decision")
        text = self._text("quality_survey.action_report_management_review", review)
        for said in ("Train two engineers", "All was looked at.", "To be improved", "General manager"):
            self.assertIn(said, text)

    def test_raise(self):
        self._year()
        decision = self._review(self._report()).decision_ids
        actions = [decision.with_user(self.inspector).action_raise_rectification() for _turn in range(2)]
        self.assertEqual(actions[0]["res_id"], actions[1]["res_id"])

    def test_wrong_users(self):
        self._year()
        review = self._review(self._report())
        for user in (self.plain_user, self.portal_user, self.foreign_satisfaction):
            for record, methods in (
                (review, ("action_refresh", "action_hold", "action_file")),
                (review.decision_ids, ("action_done", "action_verify", "action_raise_rectification")),
                (review.input_ids[0], ("action_open",)),
            ):
                for method in methods:
                    with self.assertRaises(AccessError, msg=f"{method} as {user.login}"), self.cr.savepoint():
                        getattr(record.with_user(user), method)()
        for user in (self.plain_user, self.portal_user, self.lead):
            with self.assertRaises(AccessError):
                self.env["quality.management.review"].with_user(user).create({})
