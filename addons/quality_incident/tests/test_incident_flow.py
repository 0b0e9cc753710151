from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import QualityCase


@tagged("post_install", "-at_install")
class TestIncidentFlow(QualityCase):
    """The full way of each grade, each step by the role of the rule book, and the ways around it."""

    # ------------------------------------------------------------------
    # The three ways
    # ------------------------------------------------------------------

    def test_minor_a3(self):
        """A3: technical lead plans, engineering approves, inspector accepts."""
        incident = self._drive(self._make_incident(grade="minor"), "closed")
        self.assertEqual(incident.state, "closed")
        self.assertEqual(incident.approval_ids.mapped("decided_by_id"), self.engineer)
        self.assertEqual(incident.acceptance_ids.decided_by_id, self.inspector)
        self.assertFalse(incident.duty_ids, "A minor incident owes no report to an authority")

    def test_general_a4(self):
        """A4: written report, analysis and prevention by engineering, chief engineer approves, inspector accepts."""
        incident = self._drive(self._make_incident(grade="general"), "closed")
        self.assertEqual(incident.state, "closed")
        self.assertEqual(incident.approval_ids.mapped("decided_by_id"), self.chief)
        self.assertEqual(incident.seal_ids.mapped("purpose"), ["closure"])
        self.assertEqual(incident.seal_ids.validity, "valid")

    def test_major_a5(self):
        """A5: notification, verification by engineering, joint analysis, two approvals in order."""
        incident = self._drive(self._make_incident(grade="major"), "closed")
        self.assertEqual(incident.state, "closed")
        self.assertEqual(incident.approval_ids.sorted("sequence").mapped("decided_by_id"), self.engineer | self.chief)
        self.assertEqual(incident.stop_order_ids.mapped("state"), ["resumed"])
        self.assertTrue(incident.inspector_notified_at)
        self.assertFalse(
            incident.deadline_ids.filtered(lambda row: row.state == "running" and row.kind != "effectiveness")
        )

    # ------------------------------------------------------------------
    # Order and roles
    # ------------------------------------------------------------------

    def test_no_state_from_outside(self):
        """A6: a state is never created, written or imported past its guards."""
        for state in ("reported", "executing", "closed"):
            with self.assertRaises(UserError):
                self._make_incident(state=state)
        incident = self._make_incident(grade="general")
        for user in (self.reporter, self.manager):
            with self.assertRaisesRegex(UserError, "cannot go from"):
                incident.with_user(user).write({"state": "executing"})
        self._drive(incident, "reported")
        with self.assertRaises(UserError):
            incident.with_user(self.inspector).write({"state": "verified"})
        with self.assertRaisesRegex(UserError, "Verification note"):
            incident.sudo().write({"state": "verified"})
        rows = [["title", "occurred_at", "state"], [["Imported", "2026-01-01 10:00:00", "closed"]]]
        result = self.env["quality.incident"].with_user(self.lead).load(*rows)
        self.assertFalse(result["ids"])
        self.assertIn("only the quality manager", result["messages"][0]["message"])
        Incident = self.env["quality.incident"].with_user(self.manager)
        imported = Incident.browse(Incident.load(*rows)["ids"])
        self.assertTrue(imported.is_historic, "what a manager imports as closed is history, marked for ever")

    def test_no_context_skips_a_guard(self):
        """A6: whatever stands in the context, the guard holds."""
        incident = self._drive(self._make_incident(grade="general"), "reported")
        for key in ("skip_validation_check", "install_mode", "import_file", "tracking_disable", "skip_guards", "force"):
            with self.assertRaises(UserError):
                incident.with_user(self.manager).with_context(**{key: True}).write({"state": "executing"})

    def test_wrong_role(self):
        """A3 to A5: each step is refused to who does not hold its role, over every path."""
        incident = self._drive(self._make_incident(grade="major"), "reported")
        incident.with_user(self.inspector).verification_note = "Seen"
        for user in (self.reporter, self.lead, self.inspector, self.manager):
            with self.assertRaises(AccessError):
                incident.with_user(user).action_verify()
        self._drive(incident, "analysis")
        incident.with_user(self.engineer).write({"root_cause": "x", "cause_category_id": self.cause.id})
        self._hold_meeting(incident)
        for user in (self.lead, self.inspector, self.reporter):
            with self.assertRaises(AccessError):
                incident.with_user(user).action_plan()

    def test_minor_needs_no_analysis_but_others_do(self):
        """A4, A5: only a minor incident goes straight to planning."""
        incident = self._drive(self._make_incident(grade="general"), "verified")
        with self.assertRaisesRegex(UserError, "analysis"):
            incident.with_user(self.lead).write({"state": "plan"})

    def test_general_needs_written_report(self):
        """A4: no analysis before the technical lead's written report."""
        incident = self._drive(self._make_incident(grade="general"), "verified")
        with self.assertRaisesRegex(UserError, "Written report"):
            incident.with_user(self.engineer).action_analyse()

    def test_major_needs_joint_analysis(self):
        """A5: no plan before two departments met, convened by the chief engineer, and concluded."""
        incident = self._drive(self._make_incident(grade="major"), "analysis")
        incident.with_user(self.engineer).write({"root_cause": "x", "cause_category_id": self.cause.id})
        with self.assertRaisesRegex(UserError, "joint analysis"):
            incident.with_user(self.engineer).action_plan()
        with self.assertRaisesRegex(UserError, "chief engineer"):
            self.env["quality.analysis.meeting"].with_user(self.engineer).create(
                {"incident_id": incident.id, "name": "Own meeting"}
            )
        meeting = self._hold_meeting(incident)
        meeting.department_ids = self.department_a
        with self.assertRaisesRegex(UserError, "two departments"):
            incident.with_user(self.engineer).action_plan()

    def test_all_missing_in_one_error(self):
        """A13: one error names everything that is missing for a step."""
        incident = self._make_incident(location=False, description=False)
        with self.assertRaises(UserError) as caught:
            incident.with_user(self.reporter).action_report()
        self.assertIn("Location", str(caught.exception))
        self.assertIn("What happened", str(caught.exception))

    def test_what_is_missing_is_said_before(self):
        """A13: the form says what the next step lacks before anybody clicks."""
        incident = self._drive(self._make_incident(grade="general"), "verified")
        self.assertIn("Written report", incident.what_is_missing)
        incident.with_user(self.lead).written_report = "Report"
        incident.invalidate_recordset(["what_is_missing"])
        self.assertFalse(incident.what_is_missing)

    def test_activity_follows_the_step(self):
        """A5: the activity of the next step moves to whoever has it, one at a time."""
        incident = self._drive(self._make_incident(), "reported")
        step = self.env.ref("quality_incident.mail_activity_quality_step")

        def steps():
            return incident.activity_ids.filtered(lambda line: line.activity_type_id == step).user_id

        self.assertEqual(steps(), self.inspector)
        self._drive(incident, "verified")
        self.assertEqual(steps(), self.lead)
        self._drive(incident, "acceptance")
        self.assertEqual(steps(), self.inspector)
        self._drive(incident, "closed")
        self.assertFalse(steps())

    # ------------------------------------------------------------------
    # Steps back
    # ------------------------------------------------------------------

    def test_cancel_needs_reason_and_manager(self):
        """A6: a reported incident is cancelled by the manager with a reason, never while a duty is open."""
        incident = self._drive(self._make_incident(grade="general"), "reported")
        with self.assertRaises(AccessError):
            incident.with_user(self.lead).action_cancel("No reason at all")
        self.assertEqual(incident.with_user(self.manager).action_cancel()["res_model"], "quality.reason")
        with self.assertRaisesRegex(UserError, "sent or waived"):
            incident.with_user(self.manager).action_cancel("Reported twice")
        with self.assertRaises(AccessError):
            incident.duty_ids.with_user(self.inspector).action_waive("No")
        incident.duty_ids.with_user(self.manager).action_waive("The station was told by the owner")
        incident.with_user(self.manager).action_cancel("Reported twice")
        self.assertEqual(incident.state, "cancelled")
        self.assertEqual(incident.cancel_reason, "Reported twice")
        self.assertFalse(incident.deadline_ids.filtered(lambda row: row.state == "running"))
        self.assertNotIn("met", incident.deadline_ids.mapped("state"), "What is cancelled was not met")

    def test_cancel_reason_cannot_be_written(self):
        """A6: the reason is given with the step, not written beside it."""
        incident = self._make_incident()
        with self.assertRaises(AccessError):
            incident.with_user(self.manager).write({"cancel_reason": "x", "state": "cancelled"})
        with self.assertRaisesRegex(UserError, "reason"):
            incident.with_user(self.manager).write({"state": "cancelled"})

    def test_reopen(self):
        """A13: a closed incident is reopened with a reason, as a new round with its facts open again."""
        incident = self._drive(self._make_incident(), "closed")
        with self.assertRaises(AccessError):
            incident.with_user(self.lead).action_reopen("Still cracked")
        with self.assertRaisesRegex(UserError, "reason"):
            incident.with_user(self.manager).write({"state": "analysis"})
        incident.with_user(self.chief).action_reopen("Cracked again")
        self.assertEqual((incident.state, incident.round), ("analysis", 2))
        self.assertEqual(set(incident.fact_ids.mapped("state")), {"open"})
        self.assertFalse(
            incident.effect_due_date
            and incident.deadline_ids.filtered(lambda row: row.kind == "effectiveness" and row.state == "running")
        )
        self.assertIn("Cracked again", "".join(incident.message_ids.mapped("body")))

    def test_reason_dialog(self):
        """A6: the dialog hands the reason to the guarded method and to no other."""
        incident = self._make_incident()
        action = incident.with_user(self.reporter).action_cancel()
        dialog = (
            self.env["quality.reason"]
            .with_user(self.reporter)
            .with_context(**action["context"])
            .create({"reason": "Typed twice"})
        )
        dialog.action_confirm()
        self.assertEqual(incident.state, "cancelled")
        other = self._make_incident()
        forged = (
            self.env["quality.reason"]
            .with_user(self.reporter)
            .create(
                {
                    "res_model": "quality.incident",
                    "res_ids": other.ids,
                    "method": "unlink",
                    "reason": "x",
                }
            )
        )
        with self.assertRaises(UserError):
            forged.action_confirm()
        self.assertTrue(other.exists())
