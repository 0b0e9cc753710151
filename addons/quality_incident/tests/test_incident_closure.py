from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import QualityCase


@tagged("post_install", "-at_install")
class TestIncidentClosure(QualityCase):
    """Acceptance, resumption of work, the four no-pass gate and the effectiveness check (A9, A12, A13, B8)."""

    # ------------------------------------------------------------------
    # Acceptance
    # ------------------------------------------------------------------

    def test_acceptance_documents_by_outcome(self):
        """B8: each outcome has its own documents; without them it is not decided."""
        incident = self._drive(self._make_incident(), "acceptance")
        expected = {
            "reinspected": "Inspection result",
            "laboratory": "qualification number",
            "designer": "Original designer",
            "negotiated": "Negotiated document",
            "refused": "Inspection result",
        }
        for outcome, text in expected.items():
            draft = self._draft_acceptance(incident, outcome=outcome, inspection_result=False, evidence_ids=False)
            with self.assertRaises(UserError) as caught:
                incident.with_user(self.inspector).action_accept()
            self.assertIn(text, str(caught.exception), outcome)
            self.assertIn("documents or photos", str(caught.exception))
            draft.with_user(self.inspector).unlink()
        with self.assertRaisesRegex(UserError, "enter the acceptance"):
            incident.with_user(self.inspector).action_accept()

    def test_laboratory_outcome_must_conform(self):
        """B8 (2): accepted on the laboratory's word only when it found that the design is met."""
        incident = self._drive(self._make_incident(), "acceptance")
        draft = self._draft_acceptance(
            incident,
            outcome="laboratory",
            laboratory_id=self.expert.id,
            laboratory_certificate="CMA 1",
            meets_design=False,
        )
        with self.assertRaisesRegex(UserError, "meet the design"):
            draft.action_decide()
        draft.meets_design = True
        draft.action_decide()
        self.assertEqual(incident.state, "closing")

    def test_doer_never_accepts(self):
        """B8: who planned or did the work does not accept it, inspector or not."""
        incident = self._drive(self._make_incident(), "executing")
        self.lead.group_ids |= self.env.ref("quality_incident.group_quality_inspector")
        self.engineer.group_ids |= self.env.ref("quality_incident.group_quality_inspector")
        self._drive(incident, "acceptance")
        for user in (self.lead, self.engineer):
            draft = self._draft_acceptance(incident, user=user)
            with self.assertRaisesRegex(UserError, "neither planned nor did the work"):
                incident.with_user(user).action_accept()
            draft.with_user(user).unlink()
        for user in (self.reporter, self.chief, self.manager):
            with self.assertRaises(AccessError):
                self._draft_acceptance(incident, user=user)
            with self.assertRaises(AccessError):
                incident.with_user(user).action_accept()
            with self.assertRaises(UserError):
                incident.with_user(user).write({"state": "closing"})

    def test_refused_starts_a_new_round(self):
        """B8 (5): what is still unsafe is never accepted; it goes back to planning as a new round."""
        incident = self._drive(self._make_incident(), "acceptance")
        draft = self._draft_acceptance(incident, outcome="refused", inspection_result="Hollow")
        with self.assertRaisesRegex(UserError, "must not be accepted"):
            draft.state = "accepted"
        incident.with_user(self.inspector).action_accept()
        self.assertEqual((incident.state, incident.round, draft.state), ("plan", 2, "refused"))
        with self.assertRaises(UserError):
            incident.with_user(self.manager).action_close()
        # the earlier acceptance of another round does not count for this one
        self.assertTrue(incident._missing_acceptance())

    def test_acceptance_is_sealed(self):
        """B8: the decision is sealed with its evidence and stays as it is."""
        incident = self._drive(self._make_incident(), "closing")
        acceptance = incident.acceptance_ids
        self.assertEqual(acceptance.seal_ids.validity, "valid")
        with self.assertRaises(UserError):
            acceptance.with_user(self.inspector).inspection_result = "Perfect"
        with self.assertRaises(UserError):
            acceptance.with_user(self.inspector).unlink()
        with self.assertRaises(UserError):
            acceptance.evidence_ids.with_user(self.inspector).unlink()

    def test_send_back(self):
        """B8: the inspector sends unfinished work back with a reason."""
        incident = self._drive(self._make_incident(), "acceptance")
        with self.assertRaises(AccessError):
            incident.with_user(self.lead).action_send_back("x")
        incident.with_user(self.inspector).action_send_back("Formwork still there")
        self.assertEqual(incident.state, "executing")

    # ------------------------------------------------------------------
    # Stop-work and resumption
    # ------------------------------------------------------------------

    def test_major_needs_scene_protection(self):
        """A9: a major incident is verified only with the scene protected; the work is stopped at once."""
        incident = self._drive(self._make_incident(grade="major"), "reported")
        self.assertEqual(incident.stop_order_ids.mapped("state"), ["open"])
        incident.with_user(self.engineer).verification_note = "Seen"
        with self.assertRaisesRegex(UserError, "scene-protection"):
            incident.with_user(self.engineer).action_verify()
        scene = (
            self.env["quality.scene.protection"]
            .with_user(self.lead)
            .create({"incident_id": incident.id, "measures": "Fence"})
        )
        with self.assertRaisesRegex(UserError, "scene-protection"):
            incident.with_user(self.engineer).action_verify()
        scene.evidence_ids = self._evidence(self.lead)
        incident.with_user(self.engineer).action_verify()

    def test_resume_needs_every_signature(self):
        """A12: work resumes only with the signatures of the group's expert and the station, with proof."""
        incident = self._drive(self._make_incident(grade="major"), "reported")
        order = incident.stop_order_ids.with_user(self.inspector)
        with self.assertRaises(UserError) as caught:
            order.action_resume()
        self.assertIn("Expert of the investigation group", str(caught.exception))
        self.assertIn("Quality supervision station", str(caught.exception))
        signoff = order.signoff_ids[0]
        with self.assertRaisesRegex(UserError, "who signs"):
            signoff.action_sign()
        with self.assertRaises(AccessError):
            signoff.signed_at = fields.Datetime.now()
        with self.assertRaises(UserError):
            signoff.required = False
        with self.assertRaises(UserError):
            signoff.unlink()
        with self.assertRaises(UserError):
            signoff.party = "other"
        with self.assertRaises(AccessError):
            signoff.with_user(self.lead).action_sign()
        signoff.write({"signer_name": "Zhou", "evidence_ids": self._evidence(self.inspector)})
        signoff.action_sign()
        with self.assertRaisesRegex(UserError, "Quality supervision station"):
            order.state = "resumed"
        with self.assertRaises(UserError):
            signoff.signer_name = "Somebody else"
        extra = (
            self.env["quality.resume.signoff"]
            .with_user(self.inspector)
            .create({"order_id": order.id, "party": "owner"})
        )
        for line in order.signoff_ids - signoff:
            line.write({"signer_name": "Li", "evidence_ids": self._evidence(self.inspector)})
            line.action_sign()
        self.assertTrue(extra.signed_at)
        order.action_resume()
        self.assertEqual(order.state, "resumed")
        self.assertEqual(order.seal_ids.mapped("purpose"), ["resume"])
        seals = order.signoff_ids.seal_ids | order.seal_ids
        self.assertEqual(len(seals), 4)
        self.assertEqual(set(seals.mapped("validity")), {"valid"}, "A later signature does not spoil an earlier seal")
        with self.assertRaises(UserError):
            order.write({"state": "open"})

    def test_closure_refused_while_stopped(self):
        """A12: until work has resumed the incident is not closed."""
        incident = self._drive(self._make_incident(grade="major"), "closing")
        with self.assertRaisesRegex(UserError, "is not resumed"):
            incident.with_user(self.inspector).action_close()

    # ------------------------------------------------------------------
    # Four no-pass
    # ------------------------------------------------------------------

    def test_each_fact_blocks_closure(self):
        """A13: with any one of the four facts missing, closing is refused and the error names it."""
        labels = {
            "cause": "The cause is found",
            "education": "The people concerned are educated",
            "prevention": "Preventive measures are in place",
            "responsibility": "The responsible are dealt with",
        }
        for kind, label in labels.items():
            incident = self._drive(self._make_incident(), "closing")
            incident.with_user(self.engineer).write({"root_cause": "x", "cause_category_id": self.cause.id})
            self._settle(incident)
            incident.fact_ids.filtered(lambda fact, kind=kind: fact.kind == kind).sudo()._reopen()
            for user in (self.inspector, self.manager):
                with self.assertRaises(UserError) as caught:
                    incident.with_user(user).action_close()
                self.assertIn(label, str(caught.exception))
            with self.assertRaises(UserError):
                incident.sudo().write({"state": "closed"})

    def test_one_error_lists_all_four(self):
        """A13: one error lists everything that is missing."""
        incident = self._drive(self._make_incident(), "closing")
        incident.root_cause = False
        with self.assertRaises(UserError) as caught:
            incident.with_user(self.inspector).action_close()
        for label in ("The cause is found", "are educated", "Preventive measures", "are dealt with", "actual loss"):
            self.assertIn(label, str(caught.exception))

    def test_fact_needs_evidence_substance_and_other_eyes(self):
        """A13: a fact has finding, evidence, substance, and a verifier who is not the doer."""
        incident = self._drive(self._make_incident(), "closing")
        fact = incident.fact_ids.filtered(lambda line: line.kind == "education")
        with self.assertRaises(UserError) as caught:
            fact.with_user(self.inspector).action_verify()
        for text in ("finding", "evidence", "education session"):
            self.assertIn(text, str(caught.exception))
        self.env["quality.education"].with_user(self.inspector).create(
            {
                "incident_id": incident.id,
                "name": "Briefing",
                "content": "All",
                "held_at": fields.Datetime.now() - timedelta(minutes=1),
                "trainer_id": self.inspector.id,
                "evidence_ids": self._evidence(self.inspector),
                "attendee_ids": [fields.Command.create({"name": "Crew"})],
            }
        )
        fact.with_user(self.lead).write({"statement": "Held", "evidence_ids": self._evidence(self.lead)})
        with self.assertRaisesRegex(UserError, "did not do it"):
            fact.with_user(self.inspector).action_verify()
        with self.assertRaises(AccessError):
            fact.with_user(self.lead).action_verify()
        with self.assertRaises(AccessError):
            fact.with_user(self.inspector).write({"verified_by_id": self.inspector.id})
        fact.with_user(self.engineer).action_verify()
        self.assertEqual(fact.verified_by_id, self.engineer)
        with self.assertRaises(UserError):
            fact.with_user(self.lead).statement = "Rewritten"
        with self.assertRaises(UserError):
            fact.with_user(self.engineer).write({"state": "open"})

    def test_session_in_the_future_does_not_count(self):
        """A13: people are educated once the session was held and the list is signed."""
        incident = self._drive(self._make_incident(), "closing")
        session = (
            self.env["quality.education"]
            .with_user(self.lead)
            .create(
                {
                    "incident_id": incident.id,
                    "name": "Briefing",
                    "content": "All",
                    "held_at": fields.Datetime.now() + timedelta(days=1),
                    "evidence_ids": self._evidence(self.lead),
                    "attendee_ids": [fields.Command.create({"name": "Crew"})],
                }
            )
        )
        self.assertFalse(session._held())
        session.held_at = fields.Datetime.now() - timedelta(minutes=1)
        self.assertTrue(session._held())
        session.attendee_ids.attended = False
        self.assertFalse(session._held())

    def test_nobody_decides_about_themselves(self):
        """A13: a responsibility is decided by the chief engineer or the quality manager, not about oneself."""
        incident = self._drive(self._make_incident(), "closing")
        line = (
            self.env["quality.responsibility"]
            .with_user(self.lead)
            .create(
                {
                    "incident_id": incident.id,
                    "partner_id": self.chief.partner_id.id,
                    "decision": "None",
                }
            )
        )
        with self.assertRaises(AccessError):
            line.with_user(self.lead).action_decide()
        with self.assertRaisesRegex(UserError, "nobody decides about themselves"):
            line.with_user(self.chief).action_decide()
        line.with_user(self.manager).action_decide()

    def test_closed_is_frozen(self):
        """F12: nothing of a closed incident changes, neither the record nor its lines nor its files."""
        incident = self._drive(self._make_incident(evidence_ids=self._evidence(self.reporter)), "closed")
        for vals in (
            {"title": "x"},
            {"grade": "major"},
            {"actual_loss": 1},
            {"root_cause": "x"},
            {"deaths": 0, "description": "y"},
        ):
            with self.assertRaises(UserError):
                incident.with_user(self.manager).write(vals)
        with self.assertRaises(UserError):
            incident.education_ids.with_user(self.manager).name = "x"
        with self.assertRaises(UserError):
            incident.action_ids.with_user(self.manager).name = "x"
        with self.assertRaises(UserError):
            self.env["quality.team.member"].with_user(self.manager).create(
                {"incident_id": incident.id, "partner_id": self.expert.id}
            )
        with self.assertRaises(UserError):
            incident.evidence_ids.with_user(self.reporter).unlink()
        with self.assertRaises(UserError):
            incident.evidence_ids.sudo().write({"raw": b"other"})

    # ------------------------------------------------------------------
    # Effectiveness
    # ------------------------------------------------------------------

    def test_effectiveness(self):
        """A13: after closing the effect is checked by somebody who did not do the work; ineffective reopens."""
        incident = self._drive(self._make_incident(), "closed")
        row = incident.deadline_ids.filtered(lambda line: line.kind == "effectiveness")
        self.assertEqual(row.state, "running")
        self.assertEqual(incident.effect_due_date, fields.Date.context_today(incident) + timedelta(days=30))
        with self.assertRaises(AccessError):
            incident.with_user(self.lead).action_record_effect("effective", "Looked at it")
        with self.assertRaisesRegex(UserError, "did not carry out"):
            incident.with_user(self.engineer).action_record_effect("effective", "Looked at it")
        with self.assertRaises(AccessError):
            incident.with_user(self.inspector).write({"effect_result": "effective"})
        incident.with_user(self.inspector).action_record_effect("inconclusive", "Too early")
        self.assertEqual(
            len(incident.deadline_ids.filtered(lambda line: line.kind == "effectiveness" and line.state == "running")),
            1,
        )
        incident.with_user(self.inspector).action_record_effect("ineffective", "Cracked again")
        self.assertEqual((incident.state, incident.round), ("analysis", 2))
