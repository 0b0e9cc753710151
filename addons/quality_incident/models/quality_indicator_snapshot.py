import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.days import zone_of
from ..tools.indicators import figure, periods_between
from .quality_incident_workflow import MANAGER
from .quality_indicator import DEFINITION

_logger = logging.getLogger(__name__)

#: periods measured in one transaction; a year of weeks of twenty companies
BATCH_SIZE = 1000
FIGURES = (
    ("numerator", SQL("float")), ("denominator", SQL("float")), ("excluded", SQL("int")), ("value", SQL("float")),
    ("interval_low", SQL("float")), ("interval_high", SQL("float")), ("verdict", SQL("text")),
)


class QualityIndicatorValue(models.Model):
    """How values come to be: by the scheduled action when a period has ended, or measured again by a manager."""

    _inherit = "quality.indicator.value"

    # ------------------------------------------------------------------
    # The scheduled action
    # ------------------------------------------------------------------

    @api.model
    def _cron_snapshot(self, batch_size=BATCH_SIZE):
        """Measure every period that has ended and has no value, the missed ones too; committed code by code.

        What fails is logged and tried again at the next run; the other indicators are measured all the same.
        """
        Cron = self.env["ir.cron"]
        todo = self._missing_periods(self.env["quality.indicator"].sudo().search([("active", "=", True)]))
        Cron._commit_progress(remaining=len(todo))
        for batch in self._batches(todo, batch_size):
            self._snapshot(batch)
            if not Cron._commit_progress(len(batch)):
                break  # out of time; the framework calls again at once

    @api.model
    def _take_missing(self, indicators):
        """Measure the ended periods of ``indicators`` that have no value, in this transaction; return the values."""
        taken = [self._snapshot(batch) for batch in self._batches(self._missing_periods(indicators), BATCH_SIZE)]
        return self.union(*taken)

    @api.model
    def _batches(self, periods, size):
        """Return ``periods`` in lists of one code each and at most ``size`` long."""
        by_code = {}
        for period in periods:
            by_code.setdefault(period[0].code, []).append(period)
        return [rows[start : start + size] for rows in by_code.values() for start in range(0, len(rows), size)]

    @api.model
    def _missing_periods(self, indicators):
        """Return ``[(indicator, first day, last day)]`` of the ended periods that have no value, oldest first."""
        known = set(
            self.env.execute_query(
                SQL(
                    "SELECT indicator_id, date_from, date_to FROM quality_indicator_value"
                    " WHERE indicator_id = ANY(%s) AND is_current",
                    indicators.ids,
                )
            )
        )
        yesterday = {
            company: fields.Date.subtract(
                fields.Date.context_today(self.with_context(tz=zone_of(company).zone)), days=1
            )
            for company in indicators.company_id
        }
        missing = [
            (indicator, *days)
            for indicator in indicators
            for days in periods_between(indicator.start_date, yesterday[indicator.company_id], indicator.period)
            if (indicator.id, *days) not in known
        ]
        return sorted(missing, key=lambda row: (row[2], row[0].id))

    @api.model
    def _snapshot(self, periods):
        """Measure and keep ``[(indicator, first day, last day)]`` of one code; return the new values.

        One failing measure must not keep the others from being taken, so it is undone, logged and left for later.
        """
        try:
            with self.env.cr.savepoint():
                values = self._store(periods)
                values._propose()
        except Exception:
            self.env.invalidate_all(flush=False)
            _logger.exception("Indicator %s cannot be measured; it is tried again", periods[0][0].code)
            return self.browse()
        return values

    # ------------------------------------------------------------------
    # The only way a row is written
    # ------------------------------------------------------------------

    @api.model
    def _store(self, periods, reason=None):
        """Measure ``[(rule, first day, last day)]`` and write a row for each; return the rows that are new.

        In SQL, because the ORM refuses everybody. What another transaction has written meanwhile is left alone.

        :param periods: the rules are either all indicators (first measurement) or all earlier values (revision); the
            row takes its definition and target from there, in every language
        :param reason: why it is measured again
        """
        if not periods:
            return self.browse()
        measures = self.env["quality.indicator"].sudo()._measure_spans(periods)
        figures = [figure(measure, rule) for (rule, *_days), measure in zip(periods, measures, strict=True)]
        ids = self.env.execute_query(self._insert_sql(periods, figures, reason))
        self.env["quality.indicator"].invalidate_model(["value_ids"])
        return self.browse([row_id for (row_id,) in ids])

    @api.model
    def _insert_sql(self, periods, figures, reason):
        """Return the statement that writes the rows and returns the ids of those that are new."""
        rules = [rule for rule, *_days in periods]
        again = rules[0]._name == self._name
        names = [name for name, _kind in FIGURES]
        columns = [
            SQL("%s::int[]", [rule.id for rule in rules]),
            SQL("%s::date[]", [date_from for _rule, date_from, _date_to in periods]),
            SQL("%s::date[]", [date_to for _rule, _date_from, date_to in periods]),
            *(SQL("%s::%s[]", [row[name] for row in figures], kind) for name, kind in FIGURES),
        ]
        return SQL(
            """
            INSERT INTO quality_indicator_value
                   (indicator_id, company_id, currency_id, date_from, date_to, revision, is_current,
                    revision_reason, computed_at, create_uid, create_date, write_uid, write_date, %(figures)s,
                    %(definition)s)
            SELECT %(indicator)s, source.company_id, company.currency_id, row.date_from, row.date_to,
                   %(revision)s, TRUE, %(reason)s, %(now)s, %(uid)s, %(now)s, %(uid)s, %(now)s, %(row_figures)s,
                   %(source_definition)s
              FROM unnest(%(columns)s) AS row(source_id, date_from, date_to, %(figures)s)
              JOIN %(table)s AS source ON source.id = row.source_id
              JOIN res_company AS company ON company.id = source.company_id
            ON CONFLICT DO NOTHING RETURNING id
            """,
            figures=self._sql_names(names),
            row_figures=self._sql_names(names, "row"),
            definition=self._sql_names(DEFINITION),
            source_definition=self._sql_names(DEFINITION, "source"),
            indicator=SQL.identifier("source", "indicator_id" if again else "id"),
            revision=SQL("source.revision + 1") if again else 1,
            reason=reason,
            now=fields.Datetime.now(),
            uid=self.env.uid,
            columns=SQL(", ").join(columns),
            table=SQL.identifier(rules[0]._table),
        )

    @api.model
    def _sql_names(self, names, table=None):
        return SQL(", ").join(SQL.identifier(table, name) if table else SQL.identifier(name) for name in names)

    # ------------------------------------------------------------------
    # Measured again
    # ------------------------------------------------------------------

    def action_measure_again(self, reason=None):
        """Measure these periods again, for instance after records were entered late; the old rows stay.

        The new revision keeps the definition and the target of the old one: a missed target is not met by lowering it.

        :param reason: why; without it the button asks for it
        :raises AccessError: the user is not a quality manager
        :raises UserError: the row has been replaced by a newer revision
        """
        self.check_access("read")
        self.env["quality.incident"]._check_role(MANAGER)
        if not (reason or "").strip():
            return self.env["quality.reason"]._ask(self, "action_measure_again")
        for value in self:
            if not value.is_current:
                raise UserError(self.env._("%s has been measured again already.", value.display_name))
        old = self.sudo()
        self.env.execute_query(
            SQL("UPDATE quality_indicator_value SET is_current = FALSE WHERE id = ANY(%s) RETURNING id", old.ids)
        )
        old.invalidate_recordset(["is_current"])
        values = self.browse()
        by_code = {}
        for value in old:
            by_code.setdefault(value.code, []).append((value, value.date_from, value.date_to))
        for periods in by_code.values():
            values |= self._store(periods, reason.strip())
        old._withdraw_proposals()
        values._propose()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_incident.quality_indicator_value_action"),
            "domain": [("id", "in", values.ids)],
            "context": {},
        }
