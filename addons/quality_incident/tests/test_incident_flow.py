from odoo.tests import tagged

from .common import QualityCase


@tagged("post_install", "-at_install")
class TestIncidentFlow(QualityCase):
    """The full way of each grade, each step by the role of the rule book (A3, A4, A5)."""

    def test_minor_a3(self):
        """A3: technical lead plans, engineering approves, inspector accepts."""
        incident = self._drive(self._make_incident(grade="minor"), "closed")
        self.assertEqual(incident.state, "closed")

    def test_general_a4(self):
        """A4: written report, analysis and prevention by engineering, chief engineer approves, inspector accepts."""
        incident = self._drive(self._make_incident(grade="general"), "closed")
        self.assertEqual(incident.state, "closed")

    def test_major_a5(self):
        """A5: notification, verification by engineering, joint analysis, two approvals."""
        incident = self._drive(self._make_incident(grade="major"), "closed")
        self.assertEqual(incident.state, "closed")
