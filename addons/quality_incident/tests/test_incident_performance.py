from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .common import QualityCase


@tagged("post_install", "-at_install")
class TestIncidentPerformance(QualityCase):
    """Work is done in batches: the number of queries does not follow the number of records."""

    def _count(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _create_reported(self, number, grade="general"):
        incidents = self.env["quality.incident"].create(
            [
                self._incident_vals(
                    title=f"No. {position}", grade=grade, occurred_at=fields.Datetime.now() - timedelta(hours=1)
                )
                for position in range(number)
            ]
        )
        incidents.action_report()
        return incidents

    def test_create_with_duties(self):
        """A7: creating and reporting costs a constant number of queries and at most three per record."""
        self._create_reported(2)
        small, large = self._count(lambda: self._create_reported(10)), self._count(lambda: self._create_reported(100))
        per_record = (large - small) / 90
        self.assertLessEqual(per_record, 3, f"10 records: {small} queries, 100 records: {large}")

    def test_create_thousand(self):
        """A7: a thousand incidents with their duties and clocks stay within three queries each."""
        small, large = self._count(lambda: self._create_reported(100)), self._count(lambda: self._create_reported(1000))
        self.assertLessEqual((large - small) / 900, 3, f"100 records: {small} queries, 1000 records: {large}")

    def test_read_list_and_kanban(self):
        """F2: list and kanban of eighty read in the same number of queries as of eight."""
        self._create_reported(80)
        specification = {
            name: ({"fields": {"display_name": {}}} if name.endswith("_id") else {})
            for name in (
                "name",
                "title",
                "grade",
                "project_id",
                "occurred_at",
                "technical_lead_id",
                "next_due_at",
                "deadline_color",
                "state",
                "activity_state",
            )
        }
        incident = self.env["quality.incident"].with_user(self.inspector)

        def read(limit):
            incident.web_search_read([], specification, limit=limit)

        read(8)
        self.assertGreaterEqual(self._count(lambda: read(8)), self._count(lambda: read(80)))
        incident.web_read_group(
            [],
            ["state"],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification=specification,
            unfold_read_default_limit=80,
        )

        def kanban(limit):
            incident.web_read_group(
                [],
                ["state"],
                ["__count"],
                auto_unfold=True,
                unfold_read_specification=specification,
                unfold_read_default_limit=limit,
            )

        self.assertGreaterEqual(self._count(lambda: kanban(8)), self._count(lambda: kanban(80)))
