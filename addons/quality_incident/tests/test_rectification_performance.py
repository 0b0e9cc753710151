from odoo.tests import tagged

from .rectification_common import RectificationCase


@tagged("post_install", "-at_install")
class TestRectificationPerformance(RectificationCase):
    """Work is done in batches: the number of queries does not follow the number of records."""

    def _count(self, work):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        work()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def _issue(self, number):
        notices = self.env["quality.rectification"].with_user(self.inspector).create(
            [self._notice_vals(subject=f"No. {position}") for position in range(number)]
        )
        notices.action_issue()
        return notices

    def test_create_and_issue(self):
        self._issue(2)
        small, large = self._count(lambda: self._issue(10)), self._count(lambda: self._issue(100))
        per_record = (large - small) / 90
        self.assertLessEqual(per_record, 6, f"10 notices: {small} queries, 100 notices: {large}")

    def test_read_list(self):
        self._issue(80)
        fields = ("name", "subject", "severity", "recipient_name", "issuer_id", "issued_at", "next_due_at",
                  "deadline_color", "waiting_for", "repeat_count", "state", "activity_state", "is_overdue")
        for user in (self.inspector, self.worker):
            notices = self.env["quality.rectification"].with_user(user)
            specification = {
                name: ({"fields": {"display_name": {}}} if name.endswith("_id") else {}) for name in fields
            }

            def read(limit, notices=notices, specification=specification):
                notices.web_search_read([], specification, limit=limit)

            read(8)
            self.assertGreaterEqual(self._count(lambda: read(8)), self._count(lambda: read(80)))

    def test_read_lines(self):
        self._issue(40)
        lines = self.env["quality.rectification.line"].with_user(self.worker)
        specification = {
            name: {} for name in ("requirement", "standard_clause", "due_date", "is_overdue", "notice_state", "state")
        }

        def read(limit):
            lines.web_search_read([], specification, limit=limit)

        read(8)
        self.assertGreaterEqual(self._count(lambda: read(8)), self._count(lambda: read(80)))
