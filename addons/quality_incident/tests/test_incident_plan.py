from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import QualityCase


@tagged("post_install", "-at_install")
class TestIncidentPlan(QualityCase):
    """Determinations, options, actions and the approval of the plan (A2, B6, B7)."""

    def _in_plan(self, grade="minor"):
        return self._drive(self._make_incident(grade=grade), "plan")

    # ------------------------------------------------------------------
    # Options and determinations
    # ------------------------------------------------------------------

    def _option(self, incident, **vals):
        return (
            self.env["quality.treatment.option"]
            .with_user(self.lead)
            .create(
                {
                    "incident_id": incident.id,
                    "name": "Option",
                    "meets_standard": True,
                    **vals,
                }
            )
        )

    def test_option_below_standard_refused(self):
        """B7: what does not meet the standard cannot be chosen, nor lose the standard once chosen."""
        incident = self._in_plan()
        with self.assertRaisesRegex(UserError, "does not meet the standard"):
            self._option(incident, meets_standard=False).action_choose()
        option = self._option(incident)
        option.action_choose()
        with self.assertRaisesRegex(UserError, "does not meet the standard"):
            option.meets_standard = False
        with self.assertRaisesRegex(UserError, "Choose"):
            self._option(incident, chosen=True)

    def test_rework_needs_study_and_determination(self):
        """B7: rework rests on a serious study and a determination, comprehensive treatment on a determination."""
        incident = self._in_plan()
        rework = self._option(incident, method="rework")
        with self.assertRaises(UserError) as caught:
            rework.action_choose()
        self.assertIn("serious study", str(caught.exception))
        self.assertIn("determination", str(caught.exception))
        comprehensive = self._option(incident, method="comprehensive")
        with self.assertRaisesRegex(UserError, "determination"):
            comprehensive.action_choose()
        line = (
            self.env["quality.determination"]
            .with_user(self.engineer)
            .create(
                {
                    "incident_id": incident.id,
                    "method": "investigation",
                    "documents_checked": "Site diary",
                    "nature": "Local",
                }
            )
        )
        line.action_confirm()
        comprehensive.action_choose()
        rework.study = "Cores taken"
        rework.action_choose()
        self.assertEqual(incident.chosen_option_id, rework)
        self.assertFalse(comprehensive.chosen)

    def test_determination_contents_by_method(self):
        """B6: each method has its own required contents; the last confirmed one is the defect's nature."""
        incident = self._in_plan()
        Determination = self.env["quality.determination"].with_user(self.engineer)
        for method, expected in (
            ("investigation", "Documents checked"),
            ("test", "Tests"),
            ("research", "Sampling scheme"),
        ):
            line = Determination.create({"incident_id": incident.id, "method": method})
            with self.assertRaises(UserError) as caught:
                line.action_confirm()
            self.assertIn(expected, str(caught.exception))
            self.assertIn("Nature of the defect", str(caught.exception))
            line.unlink()
        first = Determination.create({"incident_id": incident.id, "documents_checked": "Diary", "nature": "First view"})
        first.action_confirm()
        second = Determination.create(
            {
                "incident_id": incident.id,
                "method": "test",
                "nature": "Below strength",
                "test_ids": [
                    fields.Command.create(
                        {
                            "name": "Strength",
                            "required_value": "30",
                            "measured_value": "26",
                            "laboratory_id": self.expert.id,
                        }
                    )
                ],
            }
        )
        second.action_confirm()
        self.assertEqual(incident.defect_nature, "Below strength")
        with self.assertRaises(UserError):
            first.nature = "Rewritten"
        with self.assertRaises(UserError):
            second.test_ids.measured_value = "31"
        with self.assertRaises(UserError):
            first.unlink()
        with self.assertRaises(AccessError):
            Determination.with_user(self.lead).create(
                {"incident_id": incident.id, "documents_checked": "x", "nature": "y"}
            ).action_confirm()

    # ------------------------------------------------------------------
    # Submission
    # ------------------------------------------------------------------

    def test_submission_lists_everything(self):
        """A4: a general plan needs a treatment, a corrective action and prevention by engineering."""
        incident = self._in_plan("general")
        with self.assertRaises(UserError) as caught:
            incident.with_user(self.lead).action_request_approval()
        for text in ("treatment option", "corrective action", "preventive action"):
            self.assertIn(text, str(caught.exception))

    def test_prevention_must_come_from_engineering(self):
        """A4: the preventive action of somebody else does not count."""
        incident = self._in_plan("general")
        _option, _corrective, preventive = self._write_plan(incident)
        preventive.with_user(self.engineer).unlink()
        self.env["quality.action"].with_user(self.lead).create(
            {
                "incident_id": incident.id,
                "name": "Be careful",
                "kind": "preventive",
                "due_date": fields.Date.today(),
            }
        )
        with self.assertRaisesRegex(UserError, "preventive action set by the engineering"):
            incident.with_user(self.lead).action_request_approval()
        with self.assertRaises(AccessError):
            self.env["quality.action"].with_user(self.lead).create(
                {
                    "incident_id": incident.id,
                    "name": "Faked",
                    "kind": "preventive",
                    "due_date": fields.Date.today(),
                    "proposed_by_id": self.engineer.id,
                }
            )

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------

    def test_nobody_approves_their_own_plan(self):
        """A3: whoever asked for the approval or wrote the treatment cannot give it, even with the role."""
        self.lead.group_ids |= self.env.ref("quality_incident.group_quality_engineering")
        colleague = self._make_user("colleague", "engineering")
        incident = self._in_plan()
        self._write_plan(incident)
        incident.with_user(self.engineer).action_request_approval()
        for user in (self.lead, self.engineer, self.manager, self.reporter):
            with self.assertRaises(UserError):
                incident.with_user(user).action_approve()
        self.assertEqual(incident.approval_state, "pending")
        incident.with_user(colleague).action_approve()
        self.assertEqual(incident.approval_state, "approved")

    def test_no_work_before_approval(self):
        """A2: neither the work nor an action starts before the plan is approved."""
        incident = self._in_plan()
        _option, corrective, _preventive = self._write_plan(incident)
        with self.assertRaisesRegex(UserError, "approval of the plan"):
            incident.with_user(self.lead).action_execute()
        with self.assertRaisesRegex(UserError, "approved plan"):
            self._do_action(corrective)
        incident.with_user(self.lead).action_request_approval()
        with self.assertRaisesRegex(UserError, "approval of the plan"):
            incident.with_user(self.lead).action_execute()

    def test_major_order_of_approvals(self):
        """A5: the chief engineer approves after engineering, not before and not instead."""
        incident = self._in_plan("major")
        self._write_plan(incident)
        incident.with_user(self.lead).action_request_approval()
        with self.assertRaises(UserError):
            incident.with_user(self.chief).action_approve()
        incident.with_user(self.engineer).action_approve()
        with self.assertRaisesRegex(UserError, "approval of the plan"):
            incident.with_user(self.lead).action_execute()
        incident.with_user(self.chief).action_approve()
        incident.with_user(self.lead).action_execute()

    def test_change_after_approval_lapses_it(self):
        """A2: a changed plan needs a new approval; work under way goes back to planning."""
        incident = self._drive(self._make_incident(), "approved")
        option = incident.chosen_option_id.with_user(self.lead)
        option.description = "Other mortar"
        self.assertEqual(incident.approval_state, "superseded")
        with self.assertRaisesRegex(UserError, "approval of the plan"):
            incident.with_user(self.lead).action_execute()
        incident.with_user(self.lead).action_request_approval()
        incident.with_user(self.engineer).action_approve()
        incident.with_user(self.lead).action_execute()
        incident.action_ids[:1].with_user(self.lead).due_date = fields.Date.today() + timedelta(days=30)
        self.assertEqual(incident.state, "plan", "The work stops with its approval")
        self.assertEqual(len(set(incident.approval_ids.mapped("round"))), 2, "History stays")

    def test_cancelled_action_changes_the_plan(self):
        """A2: leaving out a measure of the approved plan asks for a new approval."""
        incident = self._drive(self._make_incident(), "executing")
        preventive = incident.action_ids.filtered(lambda line: line.kind == "preventive")
        preventive.with_user(self.lead).action_cancel("Not needed")
        self.assertEqual(incident.state, "plan")

    def test_containment_is_free(self):
        """A9: containment waits for nobody and changes no approved plan."""
        incident = self._drive(self._make_incident(), "executing")
        containment = (
            self.env["quality.action"]
            .with_user(self.lead)
            .create(
                {
                    "incident_id": incident.id,
                    "name": "Prop the beam",
                    "kind": "containment",
                    "user_id": self.lead.id,
                    "due_date": fields.Date.today(),
                }
            )
        )
        self.assertEqual(incident.state, "executing")
        self._do_action(containment)
        self.assertEqual(containment.state, "done")

    # ------------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------------

    def test_action_needs_evidence_and_other_eyes(self):
        """A13: done with evidence by the owner, verified by somebody else."""
        incident = self._drive(self._make_incident(), "executing")
        action = incident.action_ids.filtered(lambda line: line.kind == "preventive").with_user(self.engineer)
        with self.assertRaisesRegex(UserError, "evidence"):
            action.action_done()
        self._do_action(action)
        with self.assertRaisesRegex(UserError, "did not do the work"):
            action.action_verify()
        with self.assertRaises(AccessError):
            action.with_user(self.lead).action_verify()
        with self.assertRaises(UserError):
            action.done_note = "Rewritten"
        action.with_user(self.inspector).action_reject("Half done")
        self.assertEqual(action.state, "open")
        self.assertTrue(
            incident.deadline_ids.filtered(lambda row: row.key == f"action:{action.id}" and row.state == "running")
        )
        self._do_action(action)
        action.with_user(self.inspector).action_verify()
        self.assertEqual(action.verified_by_id, self.inspector)

    def test_action_clock(self):
        """F2: an action's clock starts with the work, follows its due date and stops when it is done."""
        incident = self._drive(self._make_incident(), "executing")
        action = incident.action_ids.filtered(lambda line: line.kind == "corrective")
        row = incident.deadline_ids.filtered(lambda line: line.key == f"action:{action.id}")
        self.assertEqual((row.state, row.kind), ("running", "action"))
        self._do_action(action)
        self.assertEqual(row.state, "met")

    def test_early_work_is_a_violation(self):
        """A6: work begun before the approval is found by the system, once."""
        incident = self._drive(self._make_incident(), "executing")
        action = incident.action_ids.filtered(lambda line: line.kind == "corrective").with_user(self.lead)
        action.started_at = fields.Datetime.now() - timedelta(days=1)
        action.started_at = fields.Datetime.now() - timedelta(days=2)
        violation = incident.violation_ids
        self.assertEqual(violation.mapped("kind"), ["early_work"])
        self.assertTrue(violation.detected)
        with self.assertRaises(UserError):
            violation.with_user(self.manager).facts = "Nothing happened"

    # ------------------------------------------------------------------
    # Stamps
    # ------------------------------------------------------------------

    def test_step_taken_twice_is_refused(self):
        """A13: who did and who verified is stamped once; taking a step again neither works nor rewrites the name."""
        incident = self._drive(self._make_incident(), "executing")
        action = incident.action_ids.filtered(lambda line: line.kind == "preventive")
        self._do_action(action)
        with self.assertRaisesRegex(UserError, "cannot go from"):
            action.with_user(self.inspector).action_done()
        action.with_user(self.inspector).action_verify()
        for user in (self.engineer, self.manager):
            with self.assertRaisesRegex(UserError, "cannot go from"):
                action.with_user(user).action_verify()
            action.with_user(user).write({"state": "verified"})
        self.assertEqual((action.done_by_id, action.verified_by_id), (self.engineer, self.inspector))

    def test_stamped_by_every_path(self):
        """A13: a state written by RPC stamps and seals like the button."""
        incident = self._drive(self._make_incident(), "acceptance")
        action = incident.action_ids.filtered(lambda line: line.kind == "preventive")
        action.with_user(self.inspector).write({"state": "verified"})
        self.assertEqual(action.verified_by_id, self.inspector)
        acceptance = self._draft_acceptance(incident)
        acceptance.with_user(self.inspector).write({"state": "accepted"})
        self.assertEqual((acceptance.decided_by_id, incident.state), (self.inspector, "closing"))
        self.assertEqual(acceptance.seal_ids.mapped("purpose"), ["acceptance"])
