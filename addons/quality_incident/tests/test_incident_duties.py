from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import QualityCase


@tagged("post_install", "-at_install")
class TestIncidentDuties(QualityCase):
    """Statutory duties, their contents and clocks, the legal grade, and what is caught by itself (A6 to A10)."""

    def _reported(self, **vals):
        return self._drive(self._make_incident(**vals), "reported")

    # ------------------------------------------------------------------
    # Which duties
    # ------------------------------------------------------------------

    def test_general_48h(self):
        """A7: one duty to the station, 48 hours on a 24×7 clock from the occurrence."""
        incident = self._reported(grade="general")
        duty = incident.duty_ids
        self.assertEqual(duty.recipient_id, self.env.ref("quality_incident.authority_station"))
        self.assertEqual(duty.due_at, incident.occurred_at + timedelta(hours=48))
        row = incident.deadline_ids.filtered(lambda line: line.kind == "statutory")
        self.assertEqual((row.start_at, row.due_at, row.calendar_id.id), (incident.occurred_at, duty.due_at, False))

    def test_major_three_duties_five_with_casualties(self):
        """A8: three duties within 24 hours, two more at once when casualties are entered; none is lost."""
        incident = self._reported(grade="major")
        self.assertEqual(len(incident.duty_ids), 3)
        self.assertEqual(set(incident.duty_ids.mapped("due_at")), {incident.occurred_at + timedelta(hours=24)})
        before = incident.duty_ids
        incident.with_user(self.inspector).serious_injuries = 1
        self.assertEqual(len(incident.duty_ids), 5)
        self.assertLessEqual(before, incident.duty_ids)
        self.assertEqual(len(self._reported(grade="major", deaths=1).duty_ids), 5)
        self.assertEqual(
            len(incident.deadline_ids.filtered(lambda row: row.kind == "statutory" and row.state == "running")), 5
        )

    def test_raising_the_grade(self):
        """A8: a higher grade adds its duties at once and keeps the one already running."""
        incident = self._reported(grade="general")
        first = incident.duty_ids
        incident.with_user(self.inspector).grade = "major"
        self.assertEqual(len(incident.duty_ids), 4)
        self.assertIn(first, incident.duty_ids)
        self.assertTrue(incident.stop_order_ids, "A9: the work is stopped with the higher grade")
        self.assertTrue(incident.inspector_notified_at)
        incident.with_user(self.inspector).grade = "general"
        self.assertEqual(len(incident.duty_ids), 4, "A duty is never lost by lowering the grade")

    def test_regime_is_a_table(self):
        """A10: another recipient and other hours come from the table, also of the report as trigger."""
        regime = (
            self.env["quality.reporting.regime"]
            .with_user(self.manager)
            .create(
                {
                    "name": "Local rule",
                    "line_ids": [
                        fields.Command.create(
                            {
                                "grade": "minor",
                                "trigger": "report",
                                "recipient_id": self.expert.id,
                                "hours": 6,
                            }
                        )
                    ],
                }
            )
        )
        incident = self._reported(grade="minor")
        self.assertEqual(incident.duty_ids.due_at, incident.reported_at + timedelta(hours=6))
        with self.assertRaises(AccessError):
            regime.with_user(self.inspector).line_ids.hours = 900
        incident._open_duties()
        self.assertEqual(len(incident.duty_ids), 1, "Asking again adds nothing")

    # ------------------------------------------------------------------
    # Contents and sending
    # ------------------------------------------------------------------

    def test_seven_contents(self):
        """A7: while one of the seven contents is empty the report is neither issued nor sent; the error lists which."""
        incident = self._reported(
            grade="general",
            project_id=False,
            estimated_loss=0,
            preliminary_cause=False,
            responsible_department_id=False,
            responsible_person=False,
        )
        duty = incident.duty_ids.with_user(self.inspector)
        with self.assertRaises(UserError) as caught:
            duty.action_print_report()
        for text in (
            "Project name",
            "Estimated economic loss",
            "Preliminary cause",
            "Responsible unit",
            "Responsible person",
        ):
            self.assertIn(text, str(caught.exception))
        with self.assertRaisesRegex(UserError, "Preliminary cause"):
            self._send_duty(duty)
        self.assertEqual(duty.state, "pending")
        incident.with_user(self.lead).write(
            {
                "project_id": self.project.id,
                "no_loss": True,
                "preliminary_cause": "x",
                "responsible_department_id": self.department_a.id,
                "responsible_person": "Wang",
            }
        )
        self._send_duty(duty)
        self.assertEqual(duty.state, "sent")
        self.assertEqual(incident.deadline_ids.filtered(lambda row: row.kind == "statutory").state, "met")

    def test_sending_needs_channel_time_and_proof(self):
        """A7: sending is recorded with channel, time, person and proof."""
        duty = self._reported(grade="general").duty_ids.with_user(self.inspector)
        with self.assertRaises(UserError) as caught:
            duty.action_send()
        self.assertIn("channel", str(caught.exception))
        self.assertIn("proof", str(caught.exception))
        with self.assertRaisesRegex(UserError, "not in the future"):
            self._send_duty(duty, sent_at=fields.Datetime.now() + timedelta(hours=1))
        with self.assertRaisesRegex(UserError, "time of sending"):
            self._send_duty(duty, sent_at=fields.Datetime.now() - timedelta(days=9))
        self._send_duty(duty)
        self.assertEqual(duty.sent_by_id, self.inspector)
        with self.assertRaises(UserError):
            duty.sent_at = fields.Datetime.now() - timedelta(hours=1)
        with self.assertRaises(UserError):
            duty.evidence_ids.unlink()
        with self.assertRaises(AccessError):
            duty.with_user(self.reporter).action_send()

    def test_late_duty(self):
        """A6, A7: sent late it says so, needs a reason and becomes a violation; it cannot be passed off as punctual."""
        occurred = fields.Datetime.now() - timedelta(hours=60)
        incident = self._reported(
            grade="general", occurred_at=occurred, discovered_at=fields.Datetime.now() - timedelta(hours=2)
        )
        duty = incident.duty_ids.with_user(self.inspector)
        self.assertTrue(duty.is_overdue)
        with self.assertRaisesRegex(UserError, "reason why it is late"):
            self._send_duty(duty)
        duty.write({"channel": "fax", "evidence_ids": self._evidence(self.inspector), "sent_at": fields.Datetime.now()})
        with self.assertRaisesRegex(UserError, "counts as late"):
            duty.state = "sent"
        duty.late_reason = "Found two days later"
        duty.action_send()
        self.assertEqual(duty.state, "late")
        self.assertEqual(incident.violation_ids.mapped("kind"), ["late_report"])
        row = incident.deadline_ids.filtered(lambda line: line.kind == "statutory")
        self.assertEqual((row.state, row.breached), ("late", True))

    def test_duties_are_the_system_s(self):
        """A7: nobody creates, deletes or moves a duty by hand."""
        incident = self._reported(grade="general")
        duty = incident.duty_ids
        for user in (self.inspector, self.manager):
            with self.assertRaises(AccessError):
                duty.with_user(user).write({"due_at": fields.Datetime.now() + timedelta(days=90)})
            with self.assertRaises(AccessError):
                duty.with_user(user).unlink()
            with self.assertRaises(AccessError):
                self.env["quality.reporting.duty"].with_user(user).create(
                    {"incident_id": incident.id, "recipient_id": self.expert.id}
                )

    def test_occurrence_corrected(self):
        """A7: only the quality manager corrects the time of occurrence; the clock follows."""
        incident = self._reported(grade="general")
        earlier = incident.occurred_at - timedelta(hours=5)
        with self.assertRaises(AccessError):
            incident.with_user(self.inspector).occurred_at = earlier
        incident.with_user(self.manager).occurred_at = earlier
        self.assertEqual(incident.duty_ids.due_at, earlier + timedelta(hours=48))
        row = incident.deadline_ids.filtered(lambda line: line.kind == "statutory")
        self.assertEqual(row.due_at, earlier + timedelta(hours=48))

    # ------------------------------------------------------------------
    # Legal grade
    # ------------------------------------------------------------------

    def test_legal_bounds(self):
        """A10: bounds include their lower edge, for deaths, injuries and loss alike."""
        cny = self.env.ref("base.CNY")
        cny.active = True
        for measure, edges in {
            "deaths": (1, 3, 10, 30),
            "serious_injuries": (1, 10, 50, 100),
            "estimated_loss": (1_000_000, 10_000_000, 50_000_000, 100_000_000),
        }.items():
            grades = ("none", "general", "larger", "major", "extraordinary")
            for position, edge in enumerate(edges):
                at = self._make_incident(currency_id=cny.id, **{measure: edge})
                below = self._make_incident(currency_id=cny.id, **{measure: edge - 1})
                self.assertEqual(at.legal_grade, grades[position + 1], (measure, edge))
                self.assertEqual(below.legal_grade, grades[position], (measure, edge - 1))
        penny_below = self._make_incident(currency_id=cny.id, estimated_loss=999_999.99)
        self.assertEqual(penny_below.legal_grade, "none")

    def test_stricter_of_both(self):
        """A10: what the law grades is major here, whatever was entered, and cannot be lowered."""
        incident = self._make_incident(grade="minor", deaths=1)
        self.assertEqual((incident.legal_grade, incident.grade), ("general", "major"))
        with self.assertRaisesRegex(UserError, "stays major"):
            incident.with_user(self.manager).grade = "minor"
        later = self._reported(grade="minor")
        later.with_user(self.inspector).deaths = 3
        self.assertEqual((later.legal_grade, later.grade, len(later.duty_ids)), ("larger", "major", 5))

    def test_national_grading_switched_off(self):
        """A10: a company outside the national rule switches it off."""
        self.company.quality_national_grading = False
        incident = self._make_incident(grade="minor", deaths=1)
        self.assertEqual((incident.legal_grade, incident.grade), ("none", "minor"))

    def test_national_regime(self):
        """A10: with the national regime active, one more duty within one hour of the report."""
        self.env.ref("quality_incident.regime_national").active = True
        incident = self._reported(deaths=1)
        hourly = incident.duty_ids.filtered(lambda duty: duty.hours == 1)
        self.assertEqual(hourly.due_at, incident.reported_at + timedelta(hours=1))
        self.assertFalse(self._reported(grade="major").duty_ids.filtered(lambda duty: duty.hours == 1))

    # ------------------------------------------------------------------
    # Caught by itself
    # ------------------------------------------------------------------

    def test_late_report_is_a_violation(self):
        """A6: reported too long after its discovery."""
        found = fields.Datetime.now() - timedelta(hours=25)
        incident = self._reported(occurred_at=found, discovered_at=found)
        self.assertEqual(incident.violation_ids.mapped("kind"), ["late_report"])
        found = fields.Datetime.now() - timedelta(hours=23)
        self.assertFalse(self._reported(occurred_at=found, discovered_at=found).violation_ids)

    def test_self_handled_is_a_violation(self):
        """A6: handled by the project department outside the procedure."""
        incident = self._reported(self_handled=True)
        self.assertEqual(incident.violation_ids.mapped("kind"), ["self_handled"])
        violation = incident.violation_ids
        with self.assertRaises(AccessError):
            violation.with_user(self.lead).write({"state": "decided"})
        with self.assertRaisesRegex(UserError, "decision"):
            violation.with_user(self.chief).action_decide()
        violation.with_user(self.chief).write({"decision": "Fined", "penalty": 500, "referral": True})
        violation.with_user(self.chief).action_decide()
        self.assertEqual(violation.state, "decided")
        with self.assertRaises(UserError):
            violation.with_user(self.chief).penalty = 0

    def test_historic_owes_nothing(self):
        """F9: imported history starts no clock, owes no report and tells nobody."""
        incident = (
            self.env["quality.incident"]
            .with_user(self.manager)
            .create(
                self._incident_vals(
                    is_historic=True,
                    state="closed",
                    grade="major",
                    occurred_at="2020-05-01 08:00:00",
                )
            )
        )
        self.assertEqual((incident.state, incident.discovered_at), ("closed", incident.occurred_at))
        self.assertFalse(incident.duty_ids | incident.duty_ids)
        self.assertFalse(incident.deadline_ids)
        self.assertFalse(incident.activity_ids)
        with self.assertRaises(AccessError):
            self._make_incident(user=self.inspector, is_historic=True, state="closed")
        with self.assertRaises(UserError):
            incident.with_user(self.manager).is_historic = False
