import io
from datetime import datetime, timedelta
from unittest.mock import patch

import openpyxl
from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .inspection_common import InspectionCase

#: Monday 2 March 2026 to Sunday 8 March, seen from Shanghai
MONDAY = "2026-03-02"
SUNDAY = "2026-03-08"
WITHIN = datetime(2026, 3, 4, 4)


@tagged("post_install", "-at_install")
class TestBulletin(InspectionCase):
    """The weekly bulletin (B2): figures by department, published once, fixed for ever."""

    def _bulletin(self, user=None, **vals):
        return (
            self.env["quality.bulletin"]
            .with_user(user or self.inspector)
            .create({"date_from": MONDAY, "date_to": SUNDAY, "company_id": self.company.id, **vals})
        )

    def _line(self, bulletin, department=None, partner=None):
        return bulletin.line_ids.filtered(
            lambda line: (
                line.department_id == (department or line.department_id.browse())
                and line.partner_id == (partner or line.partner_id.browse())
            )
        )

    def _week(self):
        """A week: one inspection with two deficiencies, one missed, notices in every condition."""
        inspection = self._held(deficient=(0, 1))
        inspection.sudo().done_at = WITHIN
        self.env.cr.execute(
            "UPDATE quality_inspection_line SET done_at = %s WHERE inspection_id = %s", [WITHIN, inspection.id]
        )
        missed = self._make_inspection(planned_at=WITHIN)
        missed.sudo().state = "missed"
        open_notice = self._drive(self._make_notice(), "issued")
        late = self._drive(self._make_notice(), "issued")
        late.sudo().deadline_ids.write({"due_at": fields.Datetime.now() - timedelta(days=1)})
        waiting = self._drive(self._make_notice(), "planned")
        waiting.sudo().deadline_ids.write({"due_at": fields.Datetime.now() - timedelta(days=1)})
        closed = self._drive(self._outside(), "closed")
        for notice in open_notice | late | waiting | closed:
            notice.sudo().write({"issued_at": WITHIN})
        closed.sudo().closed_at = WITHIN
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE quality_rectification_recheck SET at = %s WHERE rectification_id = %s", [WITHIN, closed.id]
        )
        self.env.invalidate_all()
        return inspection, late

    def test_figures(self):
        _inspection, late = self._week()
        bulletin = self._bulletin()
        works = self._line(bulletin, self.department_b)
        self.assertEqual((works.inspections_count, works.missed_count, works.findings_count), (1, 1, 2))
        self.assertEqual((works.issued_count, works.open_count), (3, 3))
        self.assertEqual(works.overdue_count, 1, "what waits for the approver is not overdue")
        outside = self._line(bulletin, partner=self.contractor)
        self.assertEqual((outside.issued_count, outside.open_count, outside.closed_count), (1, 0, 1))
        self.assertEqual((outside.first_passed, outside.first_checked, outside.first_pass_yield), (2, 2, 1))
        self.assertEqual(len(bulletin.finding_ids), 2)
        self.assertIn("Cover\nBad", bulletin.finding_ids.mapped("text"))
        self.assertEqual(bulletin.open_ids.filtered("is_overdue").rectification_id, late)
        action = works.with_context(figure="findings").action_open()
        self.assertEqual(self.env[action["res_model"]].search_count(action["domain"]), 2)

    def test_the_week_is_that_of_the_company(self):
        """Sunday 24:00 in Shanghai is Sunday 16:00 UTC."""
        counts = []
        for moment in (
            datetime(2026, 3, 1, 15, 59),
            datetime(2026, 3, 1, 16),
            datetime(2026, 3, 8, 15, 59),
            datetime(2026, 3, 8, 16),
        ):
            inspection = self._held()
            inspection.sudo().done_at = moment
            bulletin = self._bulletin()
            counts.append(self._line(bulletin, self.department_b).inspections_count)
            self.env.cr.execute("DELETE FROM quality_bulletin WHERE id = %s", [bulletin.id])
            inspection.sudo().done_at = datetime(2020, 1, 1)
            self.env.invalidate_all()
        self.assertEqual(counts, [0, 1, 1, 0])

    def test_history_does_not_count(self):
        self.env["quality.inspection"].with_user(self.manager).create(
            {
                "title": "Old",
                "is_historic": True,
                "state": "done",
                "planned_at": WITHIN,
                "done_at": WITHIN,
                "line_ids": [fields.Command.create({"name": "x", "result": "deficient"})],
            }
        )
        self.assertFalse(self._bulletin().finding_ids)

    def test_published_once_and_fixed(self):
        self._make_notice(subject="=1+1").with_user(self.inspector).action_issue()
        bulletin = self._bulletin()
        self.assertIn(self.works_manager.partner_id, bulletin.message_partner_ids)
        bulletin.action_publish()
        self.assertEqual((bulletin.state, bulletin.published_by_id), ("published", self.inspector))
        message = bulletin.message_ids.filtered(lambda one: one.attachment_ids)
        self.assertEqual(len(message), 1)
        self.assertIn(self.works_manager.partner_id, message.notified_partner_ids)
        self.assertEqual(sorted(file.name[-4:] for file in bulletin.evidence_ids), [".pdf", "xlsx"])
        book = bulletin.evidence_ids.filtered(lambda file: file.name.endswith("xlsx"))
        loaded = openpyxl.load_workbook(io.BytesIO(book.raw))
        self.assertEqual(loaded.sheetnames, ["Departments", "Findings", "Open notices"])
        texts = {cell.value: cell.data_type for row in loaded["Open notices"].iter_rows() for cell in row}
        self.assertEqual(texts["=1+1"], "s")
        with self.assertRaisesRegex(UserError, "cannot go"):
            bulletin.action_publish()
        for vals in ({"note": "x"}, {"date_from": "2026-03-09"}, {"state": "draft"}):
            with self.assertRaisesRegex(UserError, ""):
                bulletin.write(vals)
        with self.assertRaisesRegex(UserError, "evidence"):
            bulletin.evidence_ids.unlink()
        with self.assertRaisesRegex(UserError, ""):
            bulletin.sudo().unlink()
        before = bulletin.line_ids.mapped("open_count")
        self._drive(self._make_notice(), "issued")
        self.assertEqual(bulletin.line_ids.mapped("open_count"), before)

    def test_minutes_are_filed_and_sealed(self):
        bulletin = self._bulletin()
        with self.assertRaisesRegex(UserError, "cannot go"):
            bulletin.action_file_minutes()
        bulletin.action_publish()
        with self.assertRaisesRegex(UserError, "When the quality meeting was.*\n.*Who chaired.*\n.*The minutes"):
            bulletin.action_file_minutes()
        bulletin.write({"meeting_at": "2026-03-09 01:00:00", "chair_id": self.chief.id, "minutes": "<p>Cover!</p>"})
        bulletin.action_file_minutes()
        self.assertEqual(bulletin.sudo().seal_ids.mapped("validity"), ["valid"])
        with self.assertRaisesRegex(UserError, "can no longer"):
            bulletin.minutes = "<p>Nothing</p>"

    def test_published_by_a_write(self):
        """B2: by whatever path it is published, the figures are read a last time."""
        bulletin = self._bulletin()
        before = bulletin.figures_at
        with freeze_time(before + timedelta(hours=1)):
            bulletin.write({"state": "published"})
        self.assertEqual(bulletin.figures_at, before + timedelta(hours=1))

    def test_weeks_are_caught_up(self):
        """B2: after the job stood still every week with work has its bulletin; one failing company stops nobody."""
        with freeze_time("2026-03-04 03:00:00"):
            self._drive(self._make_notice(), "issued")
        bulletins = self.env["quality.bulletin"]
        with freeze_time("2026-03-09 03:00:00"):
            bulletins._cron_draft()
        with freeze_time("2026-03-30 03:00:00"):
            create = type(bulletins).create
            failing = self.other_company


            def fail(model, vals):
                if vals["company_id"] == failing.id:
                    raise ValueError("broken")
                return create(model, [vals])

            with (
                patch.object(type(bulletins), "create", fail),
                patch.object(type(bulletins), "_had_work", lambda *_arguments: True),
                mute_logger("odoo.addons.quality_incident.models.quality_bulletin_figures"),
            ):
                bulletins._cron_draft()
        weeks = bulletins.search([("company_id", "=", self.company.id)]).mapped("date_from")
        self.assertEqual(sorted(map(str, weeks)), ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"])

    def test_drafted_by_itself_once(self):
        with freeze_time("2026-03-04 03:00:00"):
            self._drive(self._make_notice(), "issued")
        bulletins = self.env["quality.bulletin"]
        with freeze_time("2026-03-09 03:00:00"):
            for _turn in range(2):
                bulletins._cron_draft()
        drafted = bulletins.search([("date_from", "=", MONDAY)])
        self.assertEqual(drafted.company_id, self.company, "not for a company without quality work")
        self.assertEqual(str(drafted.date_to), SUNDAY)
        self.assertIn(self.inspector, drafted.activity_ids.user_id)
        self.assertIn(self.manager, drafted.activity_ids.user_id)
        with self.assertRaisesRegex(ValidationError, "Monday to Sunday"):
            bulletins.create({"date_from": "2026-03-10", "date_to": "2026-03-16"})

    def test_rights(self):
        bulletin = self._bulletin()
        for user in (self.reporter, self.lead, self.plain_user, self.portal_user, self.foreign_manager):
            with self.assertRaisesRegex((AccessError, UserError), ""):
                self._bulletin(user, date_from="2026-03-09", date_to="2026-03-15")
            for method in ("action_publish", "action_refresh", "action_file_minutes"):
                with self.assertRaisesRegex((AccessError, UserError), ""):
                    getattr(bulletin.with_user(user), method)()
        lines = self.env["quality.bulletin.line"]
        for user in (self.manager, self.chief):
            with self.assertRaisesRegex(AccessError, ""):
                lines.with_user(user).create({"bulletin_id": bulletin.id, "name": "x"})
        found = self.env["quality.bulletin"].with_user(self.reporter).search([])
        self.assertNotIn(bulletin, found)
        bulletin.action_publish()
        self.assertIn(bulletin, self.env["quality.bulletin"].with_user(self.reporter).search([]))
        self.assertNotIn(bulletin, self.env["quality.bulletin"].with_user(self.foreign_manager).search([]))

    def test_constant_queries(self):
        for _turn in range(2):
            self._drive(self._make_notice(), "issued")
        bulletin = self._bulletin()
        counts = []
        for number in (0, 0, 18):
            for turn in range(number):
                department = self.env["hr.department"].create({"name": f"D{turn}", "company_id": self.company.id})
                self._drive(self._make_notice(recipient_department_id=department.id), "issued")
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            bulletin.action_refresh()
            self.env.flush_all()
            counts.append(self.env.cr.sql_log_count - start)
        self.assertLessEqual(counts[2], counts[1] + 2, counts)
