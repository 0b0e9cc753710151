from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import QualityCase


@tagged("post_install", "-at_install")
class TestBornLater(QualityCase):
    """Nobody creates a record in a later state: not by the context, not by a stored default, not as a “historic” line."""

    def _create(self, context=None, user=None, **vals):
        incidents = self.env["quality.incident"].with_user(user or self.reporter).with_context(**(context or {}))
        return incidents.create(self._incident_vals(**vals))

    def test_defaults_in_the_context_decide_nothing(self):
        incident = self._create({
            "default_state": "closed", "default_is_historic": True, "default_closed_at": "2020-01-01 00:00:00",
            "default_reported_at": "2020-01-01 00:00:00", "default_round": 7,
        })
        self.assertEqual((incident.state, incident.is_historic, incident.closed_at), ("draft", False, False))
        self.assertEqual((incident.reported_at, incident.round), (False, 1))

    def test_defaults_a_user_stored_decide_nothing(self):
        self.env["ir.default"].with_user(self.reporter).create({
            "field_id": self.env["ir.model.fields"]._get("quality.incident", "state").id,
            "json_value": '"closed"', "user_id": self.reporter.id,
        })
        self.assertEqual(self._create().state, "draft")

    def test_lines_are_never_history(self):
        """A manager who also holds a role must not import what their incident still lacks (A13, B8)."""
        incident = self._make_incident()
        self._drive(incident, "acceptance")
        self.manager.group_ids += self.env.ref("quality_incident.group_quality_inspector")
        with self.assertRaisesRegex(AccessError, "whole documents"):
            self._draft_acceptance(incident, user=self.manager, is_historic=True, state="accepted")
        with self.assertRaisesRegex(AccessError, "whole documents"):
            self.env["quality.responsibility"].with_user(self.manager).create({
                "incident_id": incident.id, "department_id": self.department_b.id, "decision": "None", "sanction": "warning",
                "is_historic": True, "state": "decided",
            })

    def test_history_keeps_its_grade(self):
        incident = self._create(user=self.manager, is_historic=True, state="closed", deaths=3)
        self.assertEqual((incident.grade, incident.legal_grade), ("minor", "larger"))

    def test_history_is_over(self):
        """An open incident cannot be history: it would owe no duty and no approval."""
        for state in ("draft", "executing", "closing"):
            with self.assertRaisesRegex(UserError, "closed or cancelled"):
                self._create(user=self.manager, is_historic=True, state=state)
