from odoo import models
from odoo.tools import SQL


class QualityIndicator(models.Model):
    """Measures of rectification notices (B5, A1, B3)."""

    _inherit = "quality.indicator"

    def _measure_rectification_on_time(self, spans):
        """Requirements due in the span, by their first due date as it stood when they were first reported done.

        A failed re-check empties the line for its next round, so the first round is read from its re-check. What is
        due but not done counts as late from the day after.
        """
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE counted AND done_on <= due_date) AS numerator,
                       COUNT(*) FILTER (WHERE counted AND (done_on IS NOT NULL OR due_date < span.today))
                           AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT first.due_date, first.state != 'cancelled' AND NOT first.unknown
                               AND (span.include_historic OR NOT first.is_historic) AS counted,
                               (first.done_at AT TIME ZONE 'UTC' AT TIME ZONE span.zone)::date AS done_on
                          FROM (%s) AS first) AS line
                """,
                self._first_rounds_sql(),
            ),
        )

    def _first_rounds_sql(self):
        """Return the first round of each requirement due in the span, from its re-check or, before it, its line.

        In two parts, so that each is found by its own index of due dates.
        """
        return SQL(
            """
            SELECT recheck.due_date, recheck.done_at, recheck.done_at IS NULL AS unknown, notice.state,
                   notice.is_historic IS TRUE OR recheck.is_historic IS TRUE AS is_historic
              FROM quality_rectification_recheck AS recheck
              JOIN quality_rectification AS notice ON notice.id = recheck.rectification_id
             WHERE recheck.company_id = span.company_id AND notice.state != 'draft'
               AND recheck.due_date BETWEEN span.date_from AND span.date_to AND %s
             UNION ALL
            SELECT line.due_date, line.done_at, FALSE, notice.state,
                   notice.is_historic IS TRUE OR line.is_historic IS TRUE
              FROM quality_rectification_line AS line
              JOIN quality_rectification AS notice ON notice.id = line.rectification_id
             WHERE line.company_id = span.company_id AND notice.state != 'draft'
               AND line.due_date BETWEEN span.date_from AND span.date_to
               AND NOT EXISTS (SELECT FROM quality_rectification_recheck AS recheck WHERE recheck.line_id = line.id)
            """,
            self._first_recheck_sql(),
        )

    def _first_recheck_sql(self):
        return SQL(
            """
            NOT EXISTS (SELECT FROM quality_rectification_recheck AS earlier
                         WHERE earlier.line_id = recheck.line_id
                           AND (earlier.round, earlier.id) < (recheck.round, recheck.id))
            """
        )

    def _measure_first_pass_yield(self, spans):
        """Requirements re-checked for the first time in the span, and how many of them passed."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE counted AND result = 'pass') AS numerator,
                       COUNT(*) FILTER (WHERE counted) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT recheck.result, notice.state != 'cancelled'
                               AND (span.include_historic OR recheck.is_historic IS NOT TRUE) AS counted
                          FROM quality_rectification_recheck AS recheck
                          JOIN quality_rectification AS notice ON notice.id = recheck.rectification_id
                         WHERE recheck.company_id = span.company_id
                           AND recheck.at >= span.start_at AND recheck.at < span.stop_at AND %s) AS recheck
                """,
                self._first_recheck_sql(),
            ),
        )

    def _measure_repeat_rate(self, spans):
        """Notices issued in the span, and how many of them repeat an earlier one to the same recipient."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE counted AND repeat_count > 0) AS numerator,
                       COUNT(*) FILTER (WHERE counted) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT repeat_count, state != 'cancelled'
                               AND (span.include_historic OR is_historic IS NOT TRUE) AS counted
                          FROM quality_rectification
                         WHERE company_id = span.company_id AND state != 'draft'
                           AND issued_at >= span.start_at AND issued_at < span.stop_at) AS notice
                """
            ),
        )


class QualityRectificationRecheck(models.Model):
    """Re-checks are measured by the date their line was due."""

    _inherit = "quality.rectification.recheck"

    _due_idx = models.Index("(company_id, due_date)")
