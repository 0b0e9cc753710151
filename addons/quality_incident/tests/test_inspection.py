from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .inspection_common import InspectionCase


@tagged("post_install", "-at_install")
class TestInspectionFlow(InspectionCase):
    """Inspections from the plan to the record (B1, B3, B4)."""

    def test_from_begin_to_done_b3(self):
        inspection = self._make_inspection()
        self.assertEqual(inspection.state, "planned")
        self.assertEqual(inspection.line_ids.mapped("name"), ["Cover", "Spacing", "Guard rails"])
        self.assertEqual(self._clocks(inspection), ["inspection"])
        inspection.action_begin()
        self.assertEqual((inspection.state, inspection.started_by_id), ("in_progress", self.inspector))
        self.assertFalse(self._clocks(inspection))
        self._answer_all(inspection, deficient=(0,))
        line = inspection.line_ids[0]
        self.assertEqual(line.answered_by_id, self.inspector)
        self.assertTrue(line.answered_at)
        inspection.action_complete()
        self.assertEqual((inspection.state, inspection.done_by_id), ("done", self.inspector))
        self.assertEqual((inspection.deficient_count, inspection.to_raise_count), (1, 1))
        self.assertTrue(inspection.sudo().activity_ids, "a deficiency without notice is somebody's step")

    def test_completion_lists_everything_b3(self):
        inspection = self._make_inspection(subject="part")
        inspection.action_begin()
        with self.assertRaisesRegex(UserError, "no point of the checklist has one"):
            inspection.action_complete()
        inspection.line_ids[0].result = "deficient"
        with self.assertRaises(UserError) as caught:
            inspection.action_complete()
        for text in ("2 open points: “Spacing”, “Guard rails”", "note or a photo", "The conclusion"):
            self.assertIn(text, str(caught.exception))
        inspection.line_ids.filtered(lambda line: not line.result).result = "na"
        inspection.line_ids[0].note = "Too thin"
        inspection.conclusion = "good"
        with self.assertRaisesRegex(UserError, "A conclusion that fits.*Cover"):
            inspection.action_complete()
        inspection.conclusion = "unqualified"
        inspection.action_complete()

    def test_empty_inspection_is_not_completed(self):
        inspection = self._make_inspection(template_id=False)
        inspection.action_begin()
        with self.assertRaisesRegex(UserError, "At least one point"):
            inspection.action_complete()

    def test_done_is_frozen(self):
        inspection = self._held(deficient=(0,))
        line = inspection.line_ids[0]
        for record, vals in (
            (inspection, {"conclusion_note": "x"}),
            (inspection, {"planned_at": "2020-01-01 00:00:00"}),
            (line, {"result": "pass"}),
            (line, {"note": "x"}),
            (line, {"name": "x"}),
        ):
            with self.assertRaisesRegex(UserError, ""):
                record.with_user(self.manager).write(vals)
        with self.assertRaisesRegex(UserError, "evidence"):
            line.evidence_ids.with_user(self.inspector).unlink()
        with self.assertRaisesRegex(UserError, ""):
            line.with_user(self.inspector).unlink()
        with self.assertRaisesRegex(UserError, "stays in the register"):
            inspection.sudo().unlink()

    def test_answers_only_while_it_is_held(self):
        inspection = self._make_inspection()
        with self.assertRaisesRegex(UserError, "begin the inspection first"):
            inspection.line_ids[0].result = "pass"
        inspection.action_begin()
        for vals in ({"answered_by_id": self.lead.id}, {"answered_at": "2020-01-01"}, {"client_uuid": "x"}):
            with self.assertRaisesRegex(UserError, "set by the system"):
                inspection.line_ids[0].write(vals)
        with self.assertRaisesRegex(UserError, "by raising it"):
            inspection.line_ids[0].rectification_line_id = 1

    def test_state_only_through_its_steps(self):
        with self.assertRaisesRegex(UserError, "starts as"):
            self._make_inspection(state="done")
        inspection = self._make_inspection()
        with self.assertRaisesRegex(UserError, "cannot go"):
            inspection.state = "done"
        with self.assertRaisesRegex(UserError, "marked as missed by itself"):
            inspection.with_user(self.manager).state = "missed"
        with self.assertRaisesRegex(AccessError, "set by the system"):
            inspection.done_at = fields.Datetime.now()

    def test_missed_is_held_late_with_a_reason_b1(self):
        inspection = self._make_inspection(planned_at=fields.Datetime.now() - timedelta(hours=25))
        self.env["quality.inspection"]._mark_missed()
        self.assertEqual((inspection.state, inspection.was_missed), ("missed", True))
        self.assertEqual(inspection.action_begin()["res_model"], "quality.reason")
        with self.assertRaisesRegex(UserError, "late"):
            inspection.state = "in_progress"
        inspection.action_begin("Storm")
        self.assertEqual((inspection.state, inspection.late_reason), ("in_progress", "Storm"))
        self._answer_all(inspection)
        inspection.action_complete()
        self.assertTrue(inspection.was_missed, "for ever")

    def test_cancel_with_reason(self):
        inspection = self._make_inspection(participant_ids=[fields.Command.link(self.lead.id)])
        self.assertEqual(inspection.action_cancel()["res_model"], "quality.reason")
        inspection.action_cancel("Snow")
        self.assertEqual((inspection.state, inspection.cancel_reason), ("cancelled", "Snow"))
        self.assertFalse(self._clocks(inspection))
        mail = self.env["mail.message"].search(
            [("model", "=", "quality.inspection"), ("res_id", "=", inspection.id), ("subject", "ilike", "Cancelled")]
        )
        self.assertIn("METHOD:CANCEL", mail.attachment_ids.raw.decode())

    def test_expired_standard_warns_b4(self):
        self.standard.valid_to = "2020-01-01"
        line = self._make_inspection().line_ids[0]
        self.assertIn("no longer in force", line.standard_warning)

    def test_form(self):
        """The template fills the checklist on saving; the point is added on the spot."""
        with Form(self.env["quality.inspection"].with_user(self.inspector)) as form:
            form.title = "Ad hoc"
            form.template_id = self.template
            form.department_id = self.department_b
        inspection = form.save()
        self.assertEqual(len(inspection.line_ids), 3)
        inspection.action_begin()
        with Form(inspection) as form, form.line_ids.new() as line:
            line.name = "Puddle"
            line.result = "pass"
        self.assertEqual(inspection.line_ids[-1].answered_by_id, self.inspector)

    def test_report(self):
        inspection = self._held(deficient=(0,))
        inspection.line_ids[0].action_raise_rectification()
        html = self.env["ir.actions.report"]._render_qweb_html(
            "quality_incident.report_inspection", inspection.ids
        )[0].decode()
        for text in (inspection.name, "Guard rails", "GB 50204", inspection.rectification_ids.name, "data:image"):
            self.assertIn(text, html)


@tagged("post_install", "-at_install")
class TestInspectionRaise(InspectionCase):
    """A deficient point becomes a notice in one tap, and its re-check comes back to it (B3)."""

    def test_one_tap(self):
        inspection = self._held(deficient=(0, 2))
        line = inspection.line_ids[0]
        action = line.action_raise_rectification()
        notice = self.env["quality.rectification"].browse(action["res_id"])
        self.assertEqual((notice.source, notice.issuer_id), ("inspection", self.inspector))
        self.assertEqual((notice.recipient_department_id, notice.project_id), (self.department_b, self.project))
        requirement = notice.line_ids
        self.assertEqual(requirement.standard_id, self.standard)
        self.assertEqual(requirement.before_ids.mapped("name"), ["cover.png"])
        self.assertNotEqual(requirement.before_ids, line.evidence_ids, "a copy: each file belongs to one record")
        self.assertEqual(line.action_raise_rectification()["res_id"], notice.id, "a second tap opens the same")
        self.assertEqual((line.followup, inspection.to_raise_count), ("open", 1))
        inspection.action_raise_rectifications()
        self.assertEqual(len(inspection.rectification_ids), 2)
        self.assertFalse(inspection.to_raise_count)
        self.assertFalse(inspection.sudo().activity_ids)

    def test_all_in_one_notice(self):
        inspection = self._held(deficient=(0, 1, 2))
        inspection.action_raise_rectifications()
        self.assertEqual(len(inspection.rectification_ids), 1)
        self.assertEqual(
            inspection.line_ids.rectification_line_id.mapped("requirement"),
            ["Cover\nBad", "Spacing\nBad", "Guard rails\nBad"],
        )

    def test_recheck_is_bound_to_the_point_b3(self):
        inspection = self._held(deficient=(0,))
        line = inspection.line_ids[0]
        line.action_raise_rectification("major")
        notice = inspection.rectification_ids.with_user(self.manager)
        self.assertEqual(notice.severity, "major")
        self._drive(notice, "recheck")
        self.assertEqual(line.followup, "open")
        notice.line_ids.with_user(self.inspector).action_fail("Thin")
        notice.with_user(self.inspector).action_finish_recheck()
        self.assertEqual(line.followup, "failed")
        self._step_recheck(notice)
        self._step_closed(notice)
        self.assertEqual((line.followup, line.recheck_ids.mapped("result")), ("passed", ["fail", "pass"]))

    def test_withdrawn_notice_can_be_raised_again(self):
        inspection = self._held(deficient=(0,))
        line = inspection.line_ids[0]
        line.action_raise_rectification()
        first = line.rectification_id
        first.with_user(self.inspector).action_cancel("To the wrong party")
        self.assertEqual((line.followup, inspection.to_raise_count), ("withdrawn", 1))
        inspection.action_raise_rectifications()
        self.assertNotEqual(line.rectification_id, first)
        self.assertEqual(line.followup, "open")

    def test_during_the_inspection(self):
        inspection = self._answer_all(self._make_inspection(), deficient=(0,))
        inspection.line_ids[0].action_raise_rectification()
        with self.assertRaisesRegex(UserError, "it stays deficient"):
            inspection.line_ids[0].result = "pass"
        inspection.action_complete()

    def test_refused(self):
        inspection = self._held(deficient=(0,))
        with self.assertRaisesRegex(UserError, "Nothing here is deficient"):
            inspection.line_ids[1].action_raise_rectification()
        with self.assertRaisesRegex(UserError, "normal or major"):
            inspection.line_ids[0].action_raise_rectification("huge")
        with self.assertRaisesRegex(UserError, "has not been held"):
            self._make_inspection().line_ids.action_raise_rectification()
        other = self._held(deficient=(0,))
        with self.assertRaisesRegex(UserError, "one inspection"):
            (inspection.line_ids | other.line_ids).action_raise_rectification()


@tagged("post_install", "-at_install")
class TestInspectionSheet(InspectionCase):
    """The checklist as a phone sends it (B3)."""

    def test_saving_again_changes_nothing(self):
        inspection = self._make_inspection()
        line = inspection.line_ids[0]
        answer = {"line_id": line.id, "result": "deficient", "note": "Thin", "photos": [self._photo()]}
        for _turn in range(2):
            result = inspection.save_answers([answer])
            self.assertEqual((result["saved"], result["errors"]), ([line.id], []))
        self.assertEqual(inspection.state, "in_progress", "begun with the first answer")
        self.assertEqual(len(line.evidence_ids), 1)
        self.assertEqual(line.evidence_ids.res_id, line.id)
        sheet = result["sheet"]["lines"][0]
        self.assertEqual((sheet["result"], sheet["photos"][0]["uuid"]), ("deficient", "u1"))
        inspection.save_answers([{"line_id": line.id, "removed_photos": ["u1"]}])
        self.assertFalse(line.evidence_ids)
        self.assertEqual(line.note, "Thin", "what was not sent stays")

    def test_a_bad_answer_does_not_stop_the_others(self):
        inspection = self._make_inspection()
        first, second, third = inspection.line_ids
        result = inspection.save_answers(
            [
                {"line_id": first.id, "result": "maybe"},
                {"line_id": second.id, "result": "pass", "photos": [self._photo(content=b"<svg onload='x'/>")]},
                {"line_id": third.id, "result": "pass", "note": 7},
                {"line_id": 0, "result": "pass"},
                {"line_id": second.id, "photos": ["x"]},
                {"line_id": second.id, "photos": 7},
                {"line_id": second.id, "removed_photos": [["x"]]},
                {"line_id": third.id, "result": "pass"},
            ]
        )
        self.assertEqual(result["saved"], [third.id])
        self.assertEqual(
            [error["line_id"] for error in result["errors"]], [first.id, second.id, third.id, 0] + [second.id] * 3
        )
        self.assertIn("not a photo", result["errors"][1]["message"])
        self.assertFalse(second.result, "wholly or not at all")

    def test_too_large_or_broken_photos(self):
        inspection = self._make_inspection()
        line = inspection.line_ids[0]
        large = self._photo(content=b"\x89PNG\r\n\x1a\n" + b"x" * (10 * 1024 * 1024))
        for photo in (large, {"uuid": "u", "name": "x.png", "data": "%%%"}, {"uuid": "u", "name": "x.png"}):
            result = inspection.save_answers([{"line_id": line.id, "photos": [photo]}])
            self.assertTrue(result["errors"])
        self.assertFalse(line.evidence_ids)

    def test_after_completion(self):
        inspection = self._held()
        with self.assertRaisesRegex(UserError, "nothing more can be entered"):
            inspection.save_answers([{"line_id": inspection.line_ids[0].id, "result": "na"}])

    def test_added_point_once(self):
        inspection = self._make_inspection()
        for _turn in range(2):
            sheet = inspection.add_line("Puddle", "uuid-1")
        self.assertEqual([line["name"] for line in sheet["lines"]].count("Puddle"), 1)
        with self.assertRaisesRegex(UserError, "Say what"):
            inspection.add_line("  ", "uuid-2")

    def test_constant_queries(self):
        template = self.template.copy()
        template.line_ids.copy({"template_id": template.id})
        for _turn in range(3):
            template.line_ids.copy({"template_id": template.id})
        counts = []
        for used in (self.template, self.template, template):
            inspection = self._make_inspection(template_id=used.id)
            inspection.action_begin()
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            inspection.get_sheet()
            counts.append(self.env.cr.sql_log_count - start)
        self.assertLessEqual(counts[2], counts[1], counts)


@tagged("post_install", "-at_install")
class TestInspectionSecurity(InspectionCase):
    """Who may do what to an inspection, over any way in (F12)."""

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_wrong_users(self):
        inspection = self._make_inspection(inspector_id=self.engineer.id)
        calls = (
            ("action_begin", ()), ("action_complete", ()), ("action_fill", ()), ("get_sheet", ()),
            ("save_answers", ([],)), ("add_line", ("x", "u")), ("action_cancel", ("x",)),
            ("action_raise_rectifications", ()), ("action_open_rectifications", ()),
        )
        for user in (self.plain_user, self.portal_user, self.foreign_manager, self.stranger):
            for method, arguments in calls:
                with self.assertRaisesRegex(AccessError, ""):
                    getattr(inspection.with_user(user), method)(*arguments)
            with self.assertRaisesRegex(AccessError, ""):
                inspection.with_user(user).read(["title"])
            with self.assertRaisesRegex(AccessError, ""):
                inspection.line_ids.with_user(user).action_raise_rectification()
            with self.assertRaisesRegex(AccessError, ""):
                self.env["quality.inspection"].with_user(user).create(
                    {"title": "x", "inspector_id": self.inspector.id, "company_id": self.company.id}
                )

    def test_staff_without_the_role_only_looks(self):
        """A technical lead does not inspect the work they lead."""
        inspection = self._make_inspection()
        sheet = inspection.with_user(self.lead).get_sheet()
        self.assertFalse(sheet["may_fill"] or sheet["may_raise"])
        for call in (
            lambda one: one.action_begin(),
            lambda one: one.save_answers([]),
            lambda one: one.add_line("x", "u"),
            lambda one: one.line_ids.action_raise_rectification(),
        ):
            with self.assertRaisesRegex(AccessError, ""):
                call(inspection.with_user(self.lead))
        inspection.action_begin()
        with self.assertRaisesRegex(AccessError, "is held by"):
            inspection.line_ids[0].with_user(self.lead).result = "pass"
        with self.assertRaisesRegex(AccessError, "is held by"):
            self._answer_all(inspection).with_user(self.lead).action_complete()

    def test_participants_read(self):
        inspection = self._make_inspection(participant_ids=[fields.Command.link(self.worker.id)])
        self.assertEqual(inspection.with_user(self.worker).line_ids.mapped("name")[0], "Cover")
        self.assertFalse(self.env["quality.inspection"].with_user(self.stranger).search([("id", "=", inspection.id)]))
        with self.assertRaisesRegex(AccessError, ""):
            inspection.with_user(self.worker).title = "x"

    def test_plans_and_templates(self):
        for user in (self.reporter, self.lead):
            with self.assertRaisesRegex(AccessError, ""):
                self.plan.with_user(user).name = "x"
            with self.assertRaisesRegex(AccessError, ""):
                self.template.with_user(user).name = "x"
        self.plan.with_user(self.inspector).name = "Friday"
        self.assertFalse(self.env["quality.inspection.plan"].with_user(self.foreign_manager).search([]))
        with self.assertRaisesRegex(UserError, "cannot hold"):
            self.plan.inspector_id = self.reporter

    def test_nobody_makes_themselves_inspector(self):
        """Who leads the work neither creates inspections nor names the inspector."""
        with self.assertRaisesRegex(AccessError, "reserved"):
            self._make_inspection(self.lead, inspector_id=self.lead.id)
        inspection = self._make_inspection()
        with self.assertRaisesRegex(AccessError, "reserved"):
            inspection.with_user(self.lead).inspector_id = self.lead
        with self.assertRaisesRegex(UserError, "is not quality staff"):
            inspection.inspector_id = self.reporter
        inspection.inspector_id = self.engineer
        self.assertEqual(inspection.sudo().activity_ids.user_id, self.engineer)
        self.assertEqual(inspection.sudo().deadline_ids.user_id, self.engineer)
