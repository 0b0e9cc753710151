from odoo import models
from odoo.tools import SQL


class QualityIndicator(models.Model):
    """Measures of incidents (B5): statutory reports, days to close, cost of poor quality."""

    _inherit = "quality.indicator"

    def _measure_statutory_on_time(self, spans):
        """Duties due in the span and so far, and how many of them were sent in time."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE counted AND sent_at <= due_at) AS numerator,
                       COUNT(*) FILTER (WHERE counted AND (sent_at IS NOT NULL OR due_at < span.now)) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT duty.due_at, CASE WHEN duty.state IN ('sent', 'late') THEN duty.sent_at END AS sent_at,
                               duty.state != 'waived' AND incident.state != 'cancelled'
                               AND (span.include_historic
                                    OR NOT (incident.is_historic IS TRUE OR duty.is_historic IS TRUE)) AS counted
                          FROM quality_reporting_duty AS duty
                          JOIN quality_incident AS incident ON incident.id = duty.incident_id
                         WHERE incident.company_id = span.company_id
                           AND duty.due_at >= span.start_at AND duty.due_at < span.stop_at) AS duty
                """
            ),
        )

    def _measure_days_to_close(self, spans):
        """Incidents closed in the span, and the sum of the days from their report to their closing."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT SUM(days) FILTER (WHERE counted) AS numerator,
                       COUNT(*) FILTER (WHERE counted) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT EXTRACT(EPOCH FROM closed_at - reported_at) / 86400 AS days,
                               reported_at IS NOT NULL AND (span.include_historic OR is_historic IS NOT TRUE)
                                   AS counted
                          FROM quality_incident
                         WHERE company_id = span.company_id AND state = 'closed'
                           AND closed_at >= span.start_at AND closed_at < span.stop_at) AS incident
                """
            ),
        )

    def _measure_poor_quality_cost(self, spans):
        """The losses of the incidents reported in the span, in the company's currency at the rate of the report.

        The actual loss; the estimate where it is not known yet. An incident without either is left out.
        """
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT SUM(loss) FILTER (WHERE counted) AS numerator,
                       COUNT(*) FILTER (WHERE counted) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT known.loss * CASE WHEN incident.currency_id = company.currency_id THEN 1
                                                 ELSE (%s) / (%s) END AS loss,
                               known.loss IS NOT NULL AND incident.state != 'cancelled'
                               AND (span.include_historic OR incident.is_historic IS NOT TRUE) AS counted
                          FROM quality_incident AS incident
                          JOIN res_company AS company ON company.id = incident.company_id
                    CROSS JOIN LATERAL (SELECT CASE WHEN incident.no_loss THEN 0
                                                    ELSE COALESCE(NULLIF(incident.actual_loss, 0),
                                                                  NULLIF(incident.estimated_loss, 0)) END AS loss
                                       ) AS known
                         WHERE incident.company_id = span.company_id AND incident.state != 'draft'
                           AND incident.reported_at >= span.start_at AND incident.reported_at < span.stop_at
                       ) AS incident
                """,
                self._rate_sql(SQL("company.currency_id")),
                self._rate_sql(SQL("incident.currency_id")),
            ),
        )

    def _rate_sql(self, currency):
        """Return the rate of ``currency`` on the day of the report, as ``res.currency`` finds it."""
        own = SQL(
            """
            SELECT rate.rate::float FROM res_currency_rate AS rate
             WHERE rate.currency_id = %s
               AND (rate.company_id IS NULL OR rate.company_id = split_part(company.parent_path, '/', 1)::int)
            """,
            currency,
        )
        return SQL(
            """
            COALESCE((%s AND rate.name <= incident.reported_at::date
                       ORDER BY rate.company_id, rate.name DESC LIMIT 1),
                     (%s ORDER BY rate.company_id, rate.name LIMIT 1), 1)
            """,
            own, own,
        )


class QualityIncident(models.Model):
    """Incidents are measured by the day they were reported."""

    _inherit = "quality.incident"

    _reported_idx = models.Index("(company_id, reported_at)")
