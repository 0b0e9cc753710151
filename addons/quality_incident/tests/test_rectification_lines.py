from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .rectification_common import RectificationCase
from .report_common import PICTURE, ReportCase


@tagged("post_install", "-at_install")
class TestRectificationLines(RectificationCase):
    """B3: work with photos, re-check by somebody else, rounds; extensions; deviations; who enters what."""

    def test_done_needs_note_and_photo(self):
        notice = self._drive(self._make_notice(), "executing")
        line = notice.line_ids[0].with_user(self.worker)
        with self.assertRaisesRegex(UserError, "photo or document.*\n.*What was done"):
            line.action_done()

    def test_deviation_needs_a_reason_and_is_noted(self):
        """A2: deviations from the plan are recorded."""
        notice = self._drive(self._make_notice(), "executing")
        line = notice.line_ids[0].with_user(self.worker)
        line.write({"deviation": "Other mortar", "done_note": "Done", "after_ids": self._evidence(self.worker)})
        with self.assertRaisesRegex(UserError, "Reason of the deviation"):
            line.action_done()
        line.write({"deviation_reason": "Not in stock", "deviation": "Other mortar, same class"})
        line.action_done()
        self.assertIn("Not in stock", "".join(notice.sudo().message_ids.mapped("body")))
        self.assertEqual(notice.state, "executing")

    def test_recheck_before_all_is_done(self):
        notice = self._drive(self._make_notice(), "executing")
        self._do_line(notice.line_ids[0])
        with self.assertRaisesRegex(UserError, "Check the neighbouring beams” is not done"):
            notice.with_user(self.worker).action_request_recheck()

    def test_doer_never_rechecks_b3(self):
        """B3: the re-check is by somebody else than the doer, an inspector or the issuer."""
        notice = self._drive(self._make_notice(), "recheck")
        line = notice.line_ids[0]
        self.worker.group_ids += self.env.ref("quality_incident.group_quality_inspector")
        with self.assertRaisesRegex(AccessError, "did not do the work"):
            line.with_user(self.worker).action_pass()
        with self.assertRaisesRegex(AccessError, "did not do the work"):
            line.with_user(self.worker).write({"state": "passed"})
        with self.assertRaisesRegex(AccessError, "quality inspector"):
            line.with_user(self.lead).action_pass()
        with self.assertRaises(AccessError):
            line.with_user(self.inspector).write({"result": "pass"})
        line.with_user(self.inspector).action_pass()
        self.assertEqual((line.result, line.recheck_by_id), ("pass", self.inspector))

    def test_failed_lines_start_a_new_round_b3(self):
        """B3: a re-inspection record for each treatment; what failed gets another round, what passed stays passed."""
        notice = self._drive(self._make_notice(), "recheck")
        bad, good = notice.line_ids
        with self.assertRaisesRegex(UserError, "re-check of"):
            notice.with_user(self.inspector).action_finish_recheck()
        action = bad.with_user(self.inspector).action_fail()
        self.assertEqual(action["res_model"], "quality.reason")
        bad.with_user(self.inspector).recheck_due_date = self.today + timedelta(days=9)
        wizard = self.env["quality.reason"].with_user(self.inspector).with_context(**action["context"])
        wizard.create({"reason": "Still too thin"}).action_confirm()
        good.with_user(self.inspector).action_pass()
        with self.assertRaisesRegex(UserError, "failed and needs another round"):
            notice.with_user(self.inspector).state = "closed"
        photo = bad.after_ids
        notice.with_user(self.inspector).action_finish_recheck()
        self.assertEqual((notice.state, notice.round), ("executing", 2))
        self.assertEqual((bad.state, good.state, bad.after_ids), ("open", "passed", self.env["ir.attachment"]))
        self.assertEqual((bad.due_date, bad.original_due_date),
                         (self.today + timedelta(days=9), self.today + timedelta(days=3)))
        self.assertEqual(self._clocks(notice), ["action"])
        history = bad.recheck_ids
        self.assertEqual((history.round, history.result, history.note, history.after_ids),
                         (1, "fail", "Still too thin", photo))
        with self.assertRaisesRegex(UserError, "can no longer be replaced"):
            photo.with_user(self.worker).unlink()
        self._do_line(bad)
        notice.with_user(self.worker).action_request_recheck()
        bad.with_user(self.inspector).action_pass()
        notice.with_user(self.inspector).action_finish_recheck()
        self.assertEqual(notice.state, "closed")
        self.assertEqual(bad.recheck_ids.sorted("round").mapped("result"), ["fail", "pass"])
        self.assertEqual(len(good.recheck_ids), 1)

    def test_rechecks_are_append_only(self):
        notice = self._drive(self._make_notice(), "closed")
        row = notice.recheck_ids[0]
        for user in (self.inspector, self.manager):
            with self.assertRaises(AccessError):
                row.with_user(user).write({"result": "fail"})
            with self.assertRaises(AccessError):
                row.with_user(user).unlink()
        with self.assertRaises(UserError):
            row.sudo().write({"note": "x"})
        with self.assertRaises(UserError):
            row.sudo().unlink()
        with self.assertRaises(AccessError):
            self.env["quality.rectification.recheck"].with_user(self.manager).create({"line_id": row.line_id.id})

    def test_extension(self):
        """Issue 3: an extension is decided by the issuer, keeps the old date visible and moves the clock."""
        notice = self._drive(self._make_notice(), "executing")
        line, old, new = notice.line_ids[0], self.today + timedelta(days=3), self.today + timedelta(days=8)
        with self.assertRaisesRegex(UserError, "Ask for an extension"):
            line.with_user(self.worker).due_date = new
        Extension = self.env["quality.rectification.extension"]
        vals = {"line_id": line.id, "requested_date": new, "reason": "Rain"}
        with self.assertRaises(AccessError):
            Extension.with_user(self.stranger).create(vals)
        with self.assertRaisesRegex(UserError, "later than"):
            Extension.with_user(self.worker).create({**vals, "requested_date": old})
        request = Extension.with_user(self.worker).create(vals)
        self.assertEqual((request.old_date, request.state), (old, "requested"))
        self.assertIn(self.inspector, notice.sudo().activity_ids.user_id)
        for user in (self.worker, self.lead):
            with self.assertRaises(UserError):
                request.with_user(user).action_approve()
        request.with_user(self.inspector).action_approve()
        self.assertEqual((request.state, request.decided_by_id), ("approved", self.inspector))
        self.assertEqual((line.due_date, line.original_due_date), (new, old))
        self.assertEqual((notice.state, notice.approval_state), ("executing", "approved"))
        clock = notice.sudo().deadline_ids.filtered(lambda row: row.key == line._deadline_key())
        self.assertEqual(clock.due_at.date(), new)
        second = Extension.with_user(self.worker).create({**vals, "requested_date": new + timedelta(days=1)})
        second.with_user(self.inspector).action_refuse("Enough")
        self.assertEqual((second.state, line.due_date, line.original_due_date), ("refused", new, old))

    def test_extension_lapses_with_the_work(self):
        notice = self._drive(self._make_notice(), "executing")
        line = notice.line_ids[0]
        request = self.env["quality.rectification.extension"].with_user(self.worker).create(
            {"line_id": line.id, "requested_date": self.today + timedelta(days=8), "reason": "Rain"}
        )
        self._do_line(line)
        self.assertEqual(request.state, "lapsed")
        with self.assertRaises(UserError):
            request.with_user(self.inspector).action_approve()

    def test_who_enters_what_when(self):
        notice = self._drive(self._make_notice(), "acknowledged")
        line = notice.line_ids[0]
        with self.assertRaisesRegex(UserError, "cannot be entered now"):
            line.with_user(self.inspector).requirement = "Something else"
        with self.assertRaises(AccessError):
            line.with_user(self.inspector).plan = "The issuer's plan for a department"
        with self.assertRaises(AccessError):
            line.with_user(self.stranger).plan = "Not mine"
        with self.assertRaises(UserError):
            self.env["quality.rectification.line"].with_user(self.inspector).create(
                {"rectification_id": notice.id, "requirement": "One more"}
            )
        with self.assertRaises(UserError):
            line.with_user(self.inspector).unlink()
        for name, value in (("original_due_date", self.today), ("plan_due_date", self.today), ("result", "pass")):
            with self.assertRaises(AccessError):
                line.with_user(self.worker).write({name: value})

    def test_photos_before_are_the_issuers(self):
        notice = self._make_notice()
        line = notice.line_ids[0]
        line.with_user(self.inspector).before_ids = self._evidence(self.inspector, "before.png", PICTURE)
        photo = line.before_ids
        self.assertEqual((photo.res_model, photo.res_id), (line._name, line.id))
        self._drive(notice, "acknowledged")
        self.assertTrue(photo.with_user(self.worker).raw)
        with self.assertRaises(AccessError):
            photo.with_user(self.stranger).read(["raw"])
        for user in (self.worker, self.inspector):
            with self.assertRaisesRegex(UserError, "can no longer be replaced"):
                photo.with_user(user).unlink()

    def test_repeated_finding(self):
        """Issue 3: the same recipient and clause within the company's days are linked and counted."""
        first = self._drive(self._make_notice(), "issued")
        other = self._drive(self._outside(), "issued")
        second = self._drive(self._make_notice(), "issued")
        self.assertEqual((second.repeat_of_ids, second.repeat_count), (first, 1))
        self.assertEqual(second.line_ids.mapped("repeat_count"), [1, 0])
        self.assertFalse(first.repeat_count or other.repeat_count)
        first.sudo().with_context(tracking_disable=True).write(
            {"issued_at": fields.Datetime.now() - timedelta(days=self.company.quality_repeat_days + 1)}
        )
        third = self._drive(self._make_notice(), "issued")
        self.assertEqual(third.repeat_of_ids, second)

    def test_repeats_over_versions_of_a_standard(self):
        old, new = self.env["quality.standard"].create(
            [{"code": "GB 1", "clause": "2.3", "name": "Cover", "version": version} for version in ("2001", "2015")]
        )
        for standard in (old, new):
            notice = self._drive(
                self._make_notice(line_ids=[fields.Command.create(
                    {"requirement": "Restore", "standard_id": standard.id}
                )]),
                "issued",
            )
        self.assertEqual(notice.line_ids.standard_clause, "GB 1-2015 2.3")
        self.assertEqual(notice.repeat_count, 1)


@tagged("post_install", "-at_install")
class TestRectificationPaper(RectificationCase, ReportCase):
    """A1: the notice is printable."""

    def test_printed_notice(self):
        notice = self._make_notice()
        line = notice.line_ids[0]
        line.with_user(self.inspector).before_ids = self._evidence(self.inspector, "before.png", PICTURE)
        self._drive(notice, "recheck")
        notice.line_ids[1].with_user(self.inspector).action_pass()
        line.with_user(self.inspector).action_fail("Still thin")
        text = self._text("quality_incident.report_rectification", notice)
        for part in (notice.name, "Works", "Restore the cover", "GB 50204 5.5.2", "before.png", "after.png",
                     "Plan for Restore the cover", "Still thin", "Rectification: issuer of the notice", "Inspector"):
            self.assertIn(part, text)
        page = self._page("quality_incident.report_rectification", notice)
        # before, after, and after again with the failed re-check
        self.assertEqual(len(page.xpath("//img[starts-with(@src, 'data:image')]")), 4)
        self.assertIn("Approved", text)

    def test_only_readers_print(self):
        notice = self._drive(self._make_notice(), "issued")
        with self.assertRaises(AccessError):
            self._text("quality_incident.report_rectification", notice, user=self.stranger)
        self.assertIn(notice.name, self._text("quality_incident.report_rectification", notice, user=self.worker))

    def test_dossier(self):
        notice = self._drive(self._make_notice(), "closed").with_user(self.inspector)
        notice.action_build_dossier()
        self.assertEqual(notice.dossier_count, 1)
        self.assertEqual([report[1] for report in notice._dossier_reports()], [notice])
