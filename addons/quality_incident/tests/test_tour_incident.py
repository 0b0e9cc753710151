import os
from pathlib import Path

from odoo.tests import HttpCase, tagged

from .test_import import ImportCase
from .test_import_data import DOB, without_history

DESK = "1366x768"
PHONE = "375x667"


@tagged("post_install", "-at_install")
class TestTourIncident(ImportCase, HttpCase):
    """Incidents in the browser, step by step, each by the role it belongs to (A3, A4, A7, A13, B6, B7, B8)."""

    def _session(self, name, user, record=None, path="quality-incidents", size=DESK):
        """Let ``user`` take the steps of tour ``quality_incident_<name>`` in a browser of this size."""
        self.browser_size, self.touch_enabled = size, size == PHONE
        url = f"/odoo/{path}" + (f"/{record.id}" if record else "")
        self.start_tour(url, f"quality_incident_{name}", login=user.login, timeout=120)
        self.env.invalidate_all()

    def _complaint(self):
        """Return an open complaint of the real register as the reporter's draft, or one like it without the file."""
        folder = Path(os.environ.get("QUALITY_DATA") or Path(__file__).resolve().parents[4] / "shared/data")
        file = folder / "nyc_dob_complaints.csv"
        if not file.is_file():
            return self._make_incident(title="35 MAN.", occurred_at="2013-04-25 04:00:00", technical_lead_id=False)
        incidents = self._imported(self._import(file.read_bytes(), without_history(DOB), self.reporter))
        return incidents[2].with_user(self.manager)

    def test_general_incident_from_a_register(self):
        """A4, A13: an imported complaint becomes a general incident and goes all the way to closure."""
        incident = self._complaint()
        self._session("phone_complete", self.reporter, incident, "quality-report", PHONE)
        self.assertEqual((incident.state, incident.grade), ("reported", "general"))
        self.assertEqual(incident.evidence_ids.mapped("name"), ["scaffold.png"])
        duty = incident.duty_ids
        self.assertEqual(len(duty), 1, "A7: the quality supervision station is told")

        self._session("verify", self.inspector, incident)
        self._session("written_report", self.lead, incident)
        self._session("analyse", self.engineer, incident)
        self.assertEqual(incident.defect_nature, "Honeycombs in the surface", "B6")
        self._session("plan", self.lead, incident)
        self.assertEqual((incident.chosen_option_id.name, incident.approval_state), ("Grouting", "pending"), "B7")
        self._session("approve", self.chief, incident)
        self.assertEqual((incident.state, incident.approval_state), ("plan", "approved"))

        self._session("work", self.lead, incident)
        self._session("prevent", self.engineer, path="quality-actions")
        self._session("accept", self.inspector, incident)
        self.assertEqual(incident.acceptance_ids.state, "accepted", "B8")
        self._session("settle", self.lead, incident)
        incident.write(
            {
                "estimated_loss": 5000,
                "preliminary_cause": "Poor vibration",
                "responsible_department_id": self.department_b.id,
                "responsible_person": "Foreman Wang",
            }
        )
        self._session("send", self.inspector, incident)
        self.assertEqual(duty.state, "late", "A7: owed since the day it happened")
        self._session("decide", self.chief, incident)
        self.assertEqual(incident.violation_ids.mapped("state"), ["decided"], "A6")
        self._session("close", self.inspector, incident)
        self.assertEqual(incident.state, "closed", "A13")
        self.assertEqual(set(incident.fact_ids.mapped("verified_by_id")), {self.inspector})
        self.assertTrue(incident.seal_ids)

    def test_minor_incident_by_phone(self):
        """A3: reported, verified and planned on a phone, approved by engineering in its worklist."""
        self._session("phone_report", self.reporter, path="quality-report", size=PHONE)
        incident = self.env["quality.incident"].search([("title", "=", "Thin cover")]).with_user(self.manager)
        self.assertEqual((incident.state, incident.reporter_id), ("reported", self.reporter))
        self.assertEqual((incident.technical_lead_id, incident.project_id), (self.lead, self.project))
        self.assertEqual(incident.evidence_ids.res_id, incident.id)
        self._session("phone_verify", self.inspector, incident, size=PHONE)
        self._session("phone_plan", self.lead, incident, size=PHONE)
        self._session("approve_in_worklist", self.engineer, path="quality-approvals")
        self.assertEqual(incident.approval_state, "approved")
        self.assertEqual(incident.approval_ids.mapped("comment"), ["Agreed"])
        self._drive_from_approved(incident)
        self.assertEqual(incident.state, "closed")

    def _drive_from_approved(self, incident):
        """Finish as the other tests do: what the browser wrote is a plan like any other."""
        for step in self.STEPS[self.STEPS.index("approved") + 1 :]:
            getattr(self, f"_step_{step}")(incident)
