from odoo import api, models
from odoo.tools import SQL


class QualityIndicator(models.Model):
    """Measures of inspections (B5): parts in progress, completed units, contracts handed over."""

    _inherit = "quality.indicator"

    def _measure_parts_qualified(self, spans):
        return self._measure_inspections(spans, "part", ["qualified", "good"])

    def _measure_units_good(self, spans):
        return self._measure_inspections(spans, "unit", ["good"])

    def _measure_contracts_qualified(self, spans):
        return self._measure_inspections(spans, "contract", ["qualified", "good"])

    @api.model
    def _measure_inspections(self, spans, subject, conclusions):
        """Measure the share of inspections of ``subject`` completed in the span with one of ``conclusions``."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE counted AND conclusion = ANY(%s)) AS numerator,
                       COUNT(*) FILTER (WHERE counted) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT conclusion,
                               span.include_historic OR is_historic IS NOT TRUE AS counted
                          FROM quality_inspection
                         WHERE company_id = span.company_id AND subject = %s AND state = 'done'
                           AND done_at >= span.start_at AND done_at < span.stop_at) AS inspection
                """,
                conclusions, subject,
            ),
        )
