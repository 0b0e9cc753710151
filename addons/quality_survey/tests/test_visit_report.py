from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.addons.quality_survey.tests.common_visits import VisitsCase
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError


@tagged("post_install", "-at_install")
class TestVisitReport(VisitsCase):
    """D12, D9: the weekly report of visits, drafted by itself, published to leaders and departments."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.head = cls._make_user("head", "reporter")
        cls.department_a.manager_id = cls.env["hr.employee"].create({"name": "Head", "user_id": cls.head.id})
        cls.leader_reader = cls._make_user("board", "reporter")
        cls.company.survey_visit_reader_ids = cls.leader_reader

    def _week(self):
        """Hold one visit of the general manager and one by phone, last week."""
        visit = self._make_visit(self.general, programme="general_manager", kind="on_site",
                                 interviewer_id=self.general.id)
        self._attempt(visit, self.general)
        finding = self._find(visit, "need", "A portal", self.general, department_id=self.department_a.id)
        self._answer(visit, user=self.general).action_done()
        call = self._hold(self._make_visit(partner_id=self.far_customer.id), overall="2")
        return visit, call, finding

    def _draft(self):
        self.env["quality.visit.report"]._cron_draft()
        return self.env["quality.visit.report"].search([("company_id", "=", self.company.id)])

    def test_drafted_and_published(self):
        """D12: drafted after the week, once; figures; published as PDF to leaders and heads; visits are reported."""
        visit, call, finding = self._week()
        self.assertFalse(self._draft(), "the week is not over")
        with freeze_time(fields.Datetime.now() + timedelta(weeks=1)):
            report = self._draft()
            self.assertEqual(len(report), 1)
            self.assertEqual(self._draft(), report)
        self.assertEqual(
            (report.done_count, report.leader_count, report.on_site_count, report.finding_count, report.problem_count),
            (2, 1, 1, 1, 0),
        )
        self.assertEqual((report.score_count, report.score), (2, 50.0))
        self.assertEqual(report.item_ids.mapped("department"), [self.department_a.name])
        self.assertEqual(visit.report_id, report)
        with self.assertRaisesRegex(UserError, "A summary of the week"):
            report.with_user(self.caller).action_publish()
        report.with_user(self.caller).summary = "A good week."
        report.with_user(self.caller).with_context(force_report_rendering=True).action_publish()
        self.assertEqual((visit.state, call.state), ("reported", "reported"))
        self.assertTrue(report.evidence_ids.raw.startswith(b"%PDF"))
        readers = report.message_partner_ids
        self.assertIn(self.head.partner_id, readers)
        self.assertIn(self.leader_reader.partner_id, readers)
        self.assertIn(self.head.partner_id, report.message_ids[0].notified_partner_ids)
        self.assertEqual(report.with_user(self.head).name, report.name)
        self.assertTrue(finding.passed_on_at)

    def test_frozen(self):
        """D12: what was published stays, whatever happens to the visits and customers afterwards."""
        _visit, call, _finding = self._week()
        with freeze_time(fields.Datetime.now() + timedelta(weeks=1)):
            report = self._draft()
        report.with_user(self.caller).summary = "Fine."
        report.with_user(self.caller).action_publish()
        self.far_customer.name = "Another name"
        call.sudo().report_id = False
        line = report.line_ids.filtered(lambda one: not one.is_leader)
        self.assertEqual((line.customer, line.score, report.done_count), ("North Waterworks", 25.0, 2))
        for vals in ({"summary": "Better"}, {"date_to": fields.Date.today()}):
            with self.assertRaisesRegex(UserError, "no longer be changed"):
                report.with_user(self.caller).write(vals)
        with self.assertRaises(AccessError):
            report.with_user(self.caller).write({"done_count": 99})
        with self.assertRaises(UserError):
            report.with_user(self.caller).action_refresh()

    def test_refresh(self):
        """D12: a draft is refreshed; a visit stands in one report only."""
        self._week()
        today = fields.Date.today()
        monday = today - timedelta(days=today.weekday())
        reports = self.env["quality.visit.report"].with_user(self.caller)
        report = reports.create({"date_from": monday, "date_to": monday + timedelta(days=6)})
        self.assertEqual(report.done_count, 2)
        self._hold(self._make_visit())
        report.action_refresh()
        self.assertEqual((report.done_count, len(report.line_ids)), (3, 3))
        with self.assertRaisesRegex(ValidationError, "Monday to Sunday"):
            reports.create({"date_from": monday + timedelta(days=1), "date_to": monday + timedelta(days=7)})
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            reports.create({"date_from": monday, "date_to": monday + timedelta(days=6)})

    def test_catch_up(self):
        """D12: weeks that passed while nothing ran are caught up with; weeks without a visit have no report."""
        self._week()
        with freeze_time(fields.Datetime.now() + timedelta(weeks=4)):
            report = self._draft()
            self.assertEqual(len(report), 1)
        self.assertLess(report.date_to, fields.Date.today() + timedelta(days=7))
        self.assertEqual(report.done_count, 2)

    def test_one_company_fails(self):
        """D12: a company whose report fails keeps none of the others waiting."""
        self._week()
        self._hold(self.env["quality.return.visit"].with_user(self.foreign_caller).create(
            {"partner_id": self.far_customer.id, "interviewer_id": self.foreign_caller.id,
             "company_id": self.other_company.id}), self.foreign_caller)
        reports = type(self.env["quality.visit.report"])
        original = reports._draft_missing

        def fail(self_, company, now):
            if company == self.company:
                raise ValueError("broken")
            return original(self_, company, now)

        with freeze_time(fields.Datetime.now() + timedelta(weeks=1)):
            with patch.object(reports, "_draft_missing", fail), mute_logger(
                "odoo.addons.quality_survey.models.quality_visit_report_figures"
            ):
                self.env["quality.visit.report"]._cron_draft()
            self.assertFalse(self.env["quality.visit.report"].search([("company_id", "=", self.company.id)]))
            self.assertTrue(self.env["quality.visit.report"].search([("company_id", "=", self.other_company.id)]))
            self.assertEqual(len(self._draft()), 1)

    def test_queries(self):
        """D12: the figures cost the same number of queries, whatever the number of visits."""
        today = fields.Date.today()
        monday = today - timedelta(days=today.weekday())
        report = self.env["quality.visit.report"].with_user(self.caller).create(
            {"date_from": monday, "date_to": monday + timedelta(days=6)}
        )
        counts = []
        for total in (3, 30):
            customers = self.env["res.partner"].create([{"name": f"C {number}"} for number in range(total)])
            visits = self.env["quality.return.visit"].with_user(self.caller).create(
                [{"partner_id": one.id, "interviewer_id": self.caller.id} for one in customers]
            )
            self.env.cr.execute(
                "UPDATE quality_return_visit SET state = 'done', done_at = now() at time zone 'utc', result = 'good'"
                " WHERE id = ANY(%s)", (visits.ids,),
            )
            report.action_refresh()
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            report.action_refresh()  # the second time: as many lines go as come
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertEqual(report.done_count, 33)
        self.assertLessEqual(counts[1], counts[0] + 6)
