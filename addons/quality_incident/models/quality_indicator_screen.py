from odoo import api, fields, models
from odoo.tools import SQL

from .quality_indicator import VERDICTS

CHART_POINTS = 24


class QualityIndicator(models.Model):
    """What the screen shows of an indicator: its figure so far, its last value, its course against the target."""

    _inherit = "quality.indicator"

    current_text = fields.Char(
        "So far this period", compute="_compute_current", help="Measured now and not kept; the period is still running."
    )
    current_count_text = fields.Char("Counted so far", compute="_compute_current")
    target_text = fields.Char("Target in words", compute="_compute_target_text")
    last_value_id = fields.Many2one("quality.indicator.value", "Last value", compute="_compute_last_value_id")
    last_text = fields.Char("Last result", compute="_compute_last_value_id")
    last_verdict = fields.Selection(VERDICTS, "Last verdict", compute="_compute_last_value_id")
    last_period = fields.Char("Last period", compute="_compute_last_value_id")
    chart_data = fields.Json(compute="_compute_chart_data", export_string_translation=False)

    def _in_unit(self, number):
        """Return ``number`` with the unit of this indicator."""
        return self.env["quality.indicator.value"]._in_unit_of(self, number)

    @api.depends("target", "has_target", "unit", "direction")
    @api.depends_context("lang")
    def _compute_target_text(self):
        for indicator in self:
            indicator.target_text = self.env["quality.indicator.value"]._target_text_of(indicator)

    @api.depends("period", "is_sample", "include_historic", "target", "has_target")
    @api.depends_context("lang")
    def _compute_current(self):
        known = self.filtered(lambda indicator: isinstance(indicator.id, int))
        figures = dict(zip(known, known.sudo()._figures_so_far(), strict=True)) if known else {}
        for indicator in self:
            row = figures.get(indicator)
            indicator.current_text = indicator._in_unit(row["value"]) if row and row["value"] is not None else "–"
            indicator.current_count_text = row and self.env["quality.indicator.value"]._count_text_of(indicator, row)

    @api.depends("value_ids", "period")
    @api.depends_context("lang")
    def _compute_last_value_id(self):
        values = self.env["quality.indicator.value"]
        newest = values.browse(
            row_id
            for (row_id,) in self.env.execute_query(self._newest_sql(1))
        ) if self.ids else values
        by_indicator = {value.indicator_id.id: value for value in newest}
        for indicator in self:
            value = by_indicator.get(indicator.id, values)
            indicator.last_value_id = value
            indicator.last_text = value.value_text
            indicator.last_verdict = value.verdict
            indicator.last_period = value.period_text

    @api.depends("value_ids", "period", "target")
    @api.depends_context("lang")
    def _compute_chart_data(self):
        """The last values of the present kind of period, each with the target of its time; oldest first."""
        values = self.env["quality.indicator.value"]
        if self.ids:
            values = values.browse(row_id for (row_id,) in self.env.execute_query(self._newest_sql(CHART_POINTS)))
        by_indicator = values.grouped("indicator_id")
        for indicator in self:
            course = by_indicator.get(indicator, values.browse()).sorted("date_from")
            indicator.chart_data = [
                {
                    "period": value.period_text,
                    "value": None if value.verdict == "no_data" else round(value.value, 2),
                    "text": value.value_text,
                    "target": round(value.target, 2) if value.has_target else None,
                    "verdict": value.verdict_text,
                }
                for value in course
            ]

    def _newest_sql(self, number):
        """Return the query of the ids of the ``number`` newest current values of each indicator."""
        self.env["quality.indicator"].flush_model(["period"])
        return SQL(
            """
            SELECT value.id FROM quality_indicator AS indicator
             CROSS JOIN LATERAL (SELECT id FROM quality_indicator_value
                                  WHERE indicator_id = indicator.id AND is_current AND period = indicator.period
                                  ORDER BY date_to DESC LIMIT %s) AS value
             WHERE indicator.id = ANY(%s)
            """,
            number, self.ids,
        )


class QualityIndicatorValue(models.Model):
    """The printed sheet."""

    _inherit = "quality.indicator.value"

    def action_print_sheet(self):
        """Print the sheets these values stand on: one for each company and last day (B5).

        :raises AccessError: the user may not read the values
        """
        self.check_access("read")
        sheets = self.grouped(lambda value: (value.company_id, value.date_to))
        anchors = self.browse([values[0].id for values in sheets.values()])
        return self.env.ref("quality_incident.action_report_indicators").report_action(
            anchors, config=False
        )
