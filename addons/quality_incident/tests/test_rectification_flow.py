from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tests.common import Form, freeze_time
from odoo.tools import mute_logger
from psycopg2.errors import CheckViolation

from .rectification_common import GATE, RectificationCase


@tagged("post_install", "-at_install")
class TestRectificationFlow(RectificationCase):
    """A1, A2: the way of a notice, its guards, whose turn it is and whose clock runs."""

    def test_full_way_a1(self):
        """A1: number, issue, acknowledgement, plan per line, approval, work, re-check, closing."""
        notice = self._make_notice()
        self.assertRegex(notice.name, r"^QR/\d{4}/\d{5}$")
        self._drive(notice, "closed")
        self.assertTrue(notice.issued_at and notice.acknowledged_at and notice.planned_at and notice.approved_at)
        self.assertEqual(notice.acknowledged_by_id, self.worker)
        self.assertEqual(notice.line_ids.mapped("result"), ["pass", "pass"])
        self.assertEqual(len(notice.recheck_ids), 2)
        self.assertEqual(self._clocks(notice), ["effectiveness"])
        self.assertEqual(self._clocks(notice, "met"), ["acknowledgement", "action", "action", "approval", "plan",
                                                       "recheck"])

    def test_issue_lists_everything(self):
        notice = self._make_notice(recipient_department_id=False, line_ids=[])
        with self.assertRaisesRegex(UserError, "recipient.*\n.*requirement.*\n.*issues it"):
            notice.with_user(self.engineer).action_issue()

    def test_only_the_issuer_issues(self):
        """Whoever issues stands for the notice and approves its plan: nobody issues in somebody else's name."""
        notice = self._make_notice(issuer_id=self.engineer.id)
        with self.assertRaisesRegex(UserError, "own hand"):
            notice.with_user(self.inspector).action_issue()
        with self.assertRaisesRegex(AccessError, "Only"):
            self._make_notice(user=self.lead).with_user(self.lead).action_issue()

    def test_major_incident_needs_a_major_notice(self):
        incident = self._make_incident(grade="major")
        notice = self._make_notice(incident_id=incident.id)
        with self.assertRaisesRegex(UserError, "Major"):
            notice.with_user(self.inspector).action_issue()

    def test_one_recipient(self):
        with mute_logger("odoo.sql_db"), self.assertRaises(CheckViolation), self.env.cr.savepoint():
            self._make_notice(recipient_partner_id=self.contractor.id)

    def test_plan_lists_every_line(self):
        """A1: a concrete plan for each line, with who and until when."""
        notice = self._drive(self._make_notice(), "acknowledged")
        everything = "plan for “Restore(.|\n)*due date of “Restore(.|\n)*responsible for “Check"
        with self.assertRaisesRegex(UserError, everything):
            notice.with_user(self.worker).action_submit_plan()
        self._plan(notice, days=-1)
        with self.assertRaisesRegex(UserError, "not over yet"):
            notice.with_user(self.worker).action_submit_plan()
        self._plan(notice)
        notice.line_ids[0].with_user(self.worker).responsible_id = self.stranger
        with self.assertRaisesRegex(UserError, "works elsewhere"):
            notice.with_user(self.worker).action_submit_plan()

    def test_normal_is_approved_by_the_issuer(self):
        notice = self._drive(self._make_notice(), "planned")
        rows = notice.sudo().approval_ids
        self.assertEqual((rows.gate, rows.user_id), (GATE, self.inspector))
        with self.assertRaisesRegex(UserError, "not an approver"):
            notice.with_user(self.chief).action_approve()
        notice.with_user(self.inspector).action_approve()
        self.assertEqual(notice.state, "approved")

    def test_major_chief_then_issuer_a2(self):
        """A2: a major matter is reviewed by the chief engineer before it goes to the issuer."""
        notice = self._drive(self._make_notice(severity="major"), "planned")
        self.assertEqual(len(notice.sudo().approval_ids), 2)
        with self.assertRaises(UserError):
            notice.with_user(self.inspector).action_approve()
        notice.with_user(self.chief).action_approve()
        self.assertEqual(notice.state, "planned")
        notice.with_user(self.inspector).action_approve()
        self.assertEqual(notice.state, "approved")

    def test_author_never_approves(self):
        """A2: whoever wrote the plan cannot approve it, here the issuer who wrote it for the contractor."""
        notice = self._drive(self._outside(), "acknowledged")
        self._plan(notice, user=self.inspector)
        with self.assertRaisesRegex(UserError, "Nobody may approve"):
            notice.with_user(self.lead).action_submit_plan()
        self.assertIn(self.inspector, notice.sudo().plan_author_ids)

    def test_no_work_before_approval_a2(self):
        """A2: no line begins before the approval of the plan, by no way."""
        notice = self._drive(self._make_notice(), "planned")
        line = notice.line_ids[0].with_user(self.worker)
        for attempt in (line.action_start, line.action_done, lambda: line.write({"state": "started"})):
            with self.assertRaisesRegex(UserError, "approved plan"):
                attempt()
        with self.assertRaisesRegex(UserError, "cannot be entered now"):
            line.done_note = "Done already"
        with self.assertRaisesRegex(UserError, "cannot go from “Planned” to “Executing”"):
            notice.with_user(self.worker).action_execute()
        with self.assertRaisesRegex(UserError, "approval of the plan"):
            notice.sudo().state = "approved"
        with self.assertRaises(AccessError):
            line.write({"started_at": fields.Datetime.now()})

    def test_changed_plan_needs_approval_again_a2(self):
        """A2: a plan changed during the work is approved again before the work goes on."""
        notice = self._drive(self._make_notice(), "executing")
        line = notice.line_ids[1].with_user(self.worker)
        line.plan = "Something else"
        self.assertEqual((notice.state, notice.approval_state), ("planned", "superseded"))
        self.assertEqual(self._clocks(notice, "paused"), ["action", "action"])
        self.assertIn("plan", self._clocks(notice, "running"))
        with self.assertRaisesRegex(UserError, "approved plan"):
            line.action_start()
        notice.with_user(self.worker).action_submit_plan()
        notice.with_user(self.inspector).action_approve()
        self.assertEqual(notice.state, "approved")
        self.assertEqual(self._clocks(notice, "running"), ["action", "action"])
        line.action_start()
        self.assertEqual(notice.state, "executing")

    def test_changing_the_plan_does_not_hide_lateness(self):
        notice = self._drive(self._make_notice(), "executing")
        with freeze_time(fields.Datetime.now() + timedelta(days=5)):
            notice.invalidate_recordset()
            self.assertTrue(notice.is_overdue)
            notice.line_ids[0].with_user(self.worker).plan = "Later"
            self._plan(notice, days=10)
            notice.with_user(self.worker).action_submit_plan()
            notice.with_user(self.inspector).action_approve()
            row = notice.sudo().deadline_ids.filtered(lambda row: row.kind == "action")[0]
            self.assertEqual((row.state, row.paused_hours), ("running", 0))
            self.assertEqual(notice.line_ids[0].original_due_date, self.today + timedelta(days=3))

    def test_rejected_plan_goes_back(self):
        notice = self._drive(self._make_notice(), "planned")
        notice.with_user(self.inspector).action_reject("Too slow")
        self.assertEqual((notice.state, notice.approval_state), ("planned", "rejected"))
        self.assertEqual(notice.waiting_for, "recipient")
        self.assertIn("plan", self._clocks(notice, "running"))
        notice.with_user(self.worker).action_submit_plan()
        self.assertEqual((notice.approval_state, notice.waiting_for), ("pending", "approvers"))
        self.assertNotIn("plan", self._clocks(notice))

    def test_approval_is_not_taken_away_by_hand(self):
        notice = self._drive(self._make_notice(), "executing")
        with self.assertRaisesRegex(UserError, "change of the plan"):
            notice.with_user(self.manager).state = "planned"

    def test_overdue_only_while_the_recipient_owes(self):
        """PEERS §3: what waits for the issuer's re-check is not the recipient's delay."""
        notice = self._drive(self._make_notice(), "recheck")
        self.assertEqual(self._clocks(notice), ["recheck"])
        owner = notice.sudo().deadline_ids.filtered(lambda row: row.kind == "recheck").user_id
        self.assertEqual((owner, notice.waiting_for), (self.inspector, "issuer"))
        late = self._drive(self._make_notice(), "issued")
        with freeze_time(fields.Datetime.now() + timedelta(days=9)):
            (notice | late).invalidate_recordset()
            self.assertEqual((notice.is_overdue, late.is_overdue), (False, True))
            found = self.env["quality.rectification"].with_user(self.inspector).search([("is_overdue", "=", True)])
            self.assertIn(late, found)
            self.assertNotIn(notice, found)
            self.assertEqual(notice.deadline_color, "red")

    def test_outside_party(self):
        """A1: staff acts for a contractor and says through which channel and who it was."""
        notice = self._drive(self._outside(), "issued")
        mail = self.env["mail.mail"].sudo().search([("model", "=", notice._name), ("res_id", "=", notice.id)])
        self.assertIn(notice.name, mail.subject)
        with self.assertRaisesRegex(UserError, "Acknowledged through"):
            notice.with_user(self.lead).action_acknowledge()
        self._drive(notice, "closed")
        self.assertEqual(notice.ack_person, "Boss Li")

    def test_for_the_portal(self):
        """F5: a controller that has checked its visitor takes the recipient's steps."""
        notice = self._drive(self._outside(), "issued").sudo()
        notice._do_acknowledge("portal", "Boss Li")
        self.assertEqual((notice.ack_channel, notice.state), ("portal", "acknowledged"))
        notice.line_ids.write({
            "plan": "As asked", "due_date": self.today + timedelta(days=2), "responsible_name": "Wu",
        })
        notice._do_submit_plan()
        notice.with_user(self.inspector).action_approve()
        notice.line_ids._do_start()
        with self.assertRaisesRegex(UserError, "photo"):
            notice.line_ids._do_done()
        for line in notice.line_ids:
            line.write({"done_note": "Done", "after_ids": self._evidence(self.env.user)})
        notice.line_ids._do_done()
        notice._do_request_recheck()
        self.assertEqual(notice.state, "recheck")

    def test_cancel_with_reason(self):
        notice = self._drive(self._make_notice(), "planned")
        with self.assertRaisesRegex(UserError, "reason"):
            notice.with_user(self.manager).state = "cancelled"
        with self.assertRaises(AccessError):
            notice.with_user(self.inspector).action_cancel("No")
        notice.with_user(self.manager).action_cancel("Issued in error")
        self.assertEqual((notice.state, notice.cancel_reason), ("cancelled", "Issued in error"))
        self.assertFalse(self._clocks(notice))
        self.assertEqual(notice.sudo().approval_ids.mapped("state"), ["superseded"])

    def test_never_deleted(self):
        notice = self._make_notice()
        with self.assertRaises(UserError):
            notice.sudo().unlink()

    def test_next_actor(self):
        def todo(notice):
            return notice.sudo().activity_ids.filtered(
                lambda row: row.activity_type_id == self.env.ref(notice._step_activity)
            ).user_id

        notice = self._drive(self._make_notice(), "issued")
        self.assertEqual(todo(notice), self.works_manager)
        self._drive(notice, "planned")
        self.assertFalse(todo(notice))
        self._drive(notice, "approved")
        self.assertEqual(todo(notice), self.worker)
        self._drive(notice, "recheck")
        self.assertEqual(todo(notice), self.inspector)

    def test_what_is_missing_is_said_before(self):
        notice = self._drive(self._make_notice(), "acknowledged").with_user(self.worker)
        self.assertIn("plan for", notice.what_is_missing)

    def test_effectiveness(self):
        """D16: ineffective reopens as a new round, with a new plan and its approval."""
        notice = self._drive(self._make_notice(), "closed")
        self.assertEqual(notice.effect_due_date, self.today + timedelta(days=self.company.quality_effect_days))
        self.worker.group_ids += self.env.ref("quality_incident.group_quality_inspector")
        with self.assertRaisesRegex(UserError, "did not carry out"):
            notice.with_user(self.worker).action_record_effect("effective", "Looked")
        action = notice.with_user(self.inspector).action_record_effect()
        wizard = self.env["quality.effect.check"].with_user(self.inspector).with_context(**action["context"])
        wizard.create({"result": "ineffective", "note": "Cover is too small again"}).action_confirm()
        self.assertEqual((notice.state, notice.round, notice.effect_result), ("acknowledged", 2, False))
        self.assertEqual(notice.line_ids.mapped("state"), ["open", "open"])
        self.assertEqual(len(notice.recheck_ids), 2)
        self._drive(notice, "planned")
        self.assertEqual(notice.approval_state, "pending")
        self._drive(notice, "closed")
        notice.with_user(self.inspector).action_record_effect("effective", "Good now")
        with self.assertRaisesRegex(UserError, "judged already"):
            notice.with_user(self.inspector).action_record_effect("inconclusive", "Hm")

    def test_forms_open(self):
        with Form(self.env["quality.rectification"].with_user(self.inspector)) as form:
            form.subject = "Clean the site"
            form.recipient_department_id = self.department_b
        notice = form.record
        with Form(self.env["quality.rectification.line"].with_user(self.inspector).with_context(
            default_rectification_id=notice.id
        )) as line:
            line.requirement = "Clean it"
        self.assertEqual(notice.line_ids.requirement, "Clean it")
