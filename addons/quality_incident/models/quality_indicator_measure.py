from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import SQL

from ..tools.days import zone_of
from ..tools.indicators import Measure, Span, figure, midnight, period_of

#: columns of the table ``span`` that the query of a measure may use, with their types
SPAN_COLUMNS = (
    ("company_id", "int"), ("date_from", "date"), ("date_to", "date"), ("start_at", "timestamp"),
    ("stop_at", "timestamp"), ("zone", "text"), ("today", "date"), ("now", "timestamp"),
    ("include_historic", "boolean"),
)


class QualityIndicator(models.Model):
    """How indicators are measured: one query for each code, whatever the number of companies, periods and records.

    An addon adds an indicator with a data record and a method named after its code::

        def _measure_ticket_timeliness(self, spans):
            return self._measure_sql(spans, SQL(\"\"\"
                SELECT COUNT(*) FILTER (WHERE counted AND in_time) AS numerator,
                       COUNT(*) FILTER (WHERE counted) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT …, span.include_historic OR NOT is_historic AS counted FROM service_ticket
                         WHERE company_id = span.company_id
                           AND closed_at >= span.start_at AND closed_at < span.stop_at) AS ticket
            \"\"\"))

    It gets a list of :class:`~..tools.indicators.Span` and returns a list of ``Measure`` in the same order.
    """

    _inherit = "quality.indicator"

    def _measure_method(self):
        """Return the method that measures this indicator.

        :raises ValidationError: no installed addon measures this code
        """
        method = getattr(self, f"_measure_{self.code}", None)
        if self.code in ("method", "sql", "spans") or not callable(method):
            raise ValidationError(self.env._("No installed addon measures an indicator with the code “%s”.", self.code))
        return method

    def _measure_spans(self, periods):
        """Measure each indicator in its period, one query for all of a code; return a list of ``Measure``.

        :param periods: list of (indicator or an earlier value of it, date_from, date_to); what comes first decides
            on imported history
        """
        self.env.flush_all()
        spans = self._spans(periods)
        by_code = defaultdict(list)
        for position, (rule, _date_from, _date_to) in enumerate(periods):
            by_code[rule.code].append(position)
        measures = [None] * len(periods)
        for positions in by_code.values():
            rule = periods[positions[0]][0]
            indicator = rule if rule._name == self._name else rule.indicator_id
            found = indicator._measure_method()([spans[position] for position in positions])
            for position, measure in zip(positions, found, strict=True):
                measures[position] = measure
        return measures

    @api.model
    def _spans(self, periods):
        now = fields.Datetime.now()
        zones = {company: zone_of(company).zone for company in {rule.company_id.sudo() for rule, *_days in periods}}
        today = {
            zone: fields.Date.context_today(self.with_context(tz=zone), now) for zone in set(zones.values())
        }
        spans = []
        for rule, date_from, date_to in periods:
            zone = zones[rule.company_id]
            spans.append(
                Span(
                    company_id=rule.company_id.id,
                    date_from=date_from,
                    date_to=date_to,
                    start_at=midnight(date_from, zone),
                    stop_at=midnight(fields.Date.add(date_to, days=1), zone),
                    zone=zone,
                    today=today[zone],
                    now=now,
                    include_historic=rule.include_historic,
                )
            )
        return spans

    @api.model
    def _measure_sql(self, spans, query):
        """Return the measures of ``spans`` from one query.

        :param query: SELECT of one row with ``numerator``, ``denominator``, ``excluded``; it may use the columns of
            ``span``, see ``SPAN_COLUMNS``. It is evaluated for each span by itself, so an index on a date serves it.
        """
        columns = SQL(", ").join(
            SQL("%s::%s[]", [getattr(span, name) for span in spans], SQL(kind)) for name, kind in SPAN_COLUMNS
        )
        names = SQL(", ").join(SQL.identifier(name) for name, _kind in SPAN_COLUMNS)
        rows = self.env.execute_query(
            SQL(
                "SELECT COALESCE(measure.numerator, 0), COALESCE(measure.denominator, 0),"
                " COALESCE(measure.excluded, 0)"
                " FROM unnest(%s) WITH ORDINALITY AS span(%s, position)"
                " CROSS JOIN LATERAL (%s) AS measure ORDER BY span.position",
                columns, names, query,
            )
        )
        return [Measure(float(numerator), float(below), int(excluded)) for numerator, below, excluded in rows]

    # ------------------------------------------------------------------
    # So far this period
    # ------------------------------------------------------------------

    @api.model
    def _current_figures(self, companies):
        """Return what the active indicators of ``companies`` are so far in their present period; nothing is stored.

        One query for each code. Companies and rights as those of the present user.

        :return: list of dicts with ``indicator_id, code, name, company_id, unit, direction, period, date_from,
            date_to, target`` (None without one), ``numerator, denominator, excluded, value`` (None without data),
            ``interval_low, interval_high`` (None unless a sample) and ``verdict``
        :raises AccessError: the user is not of the quality staff
        """
        self._check_readable()
        return self.search([("company_id", "in", companies.ids)])._figures_so_far()

    def _figures_so_far(self):
        """Return the figures of these indicators in their present period, in their order; see above."""
        today = {
            company: fields.Date.context_today(self.with_context(tz=zone_of(company.sudo()).zone))
            for company in self.company_id
        }
        periods = [(rule, *period_of(today[rule.company_id], rule.period)) for rule in self]
        return [
            {
                "indicator_id": rule.id, "code": rule.code, "name": rule.name, "company_id": rule.company_id.id,
                "unit": rule.unit, "direction": rule.direction, "period": rule.period,
                "date_from": date_from, "date_to": date_to, "target": rule.target if rule.has_target else None,
                **figure(measure, rule),
            }
            for (rule, date_from, date_to), measure in zip(periods, self._measure_spans(periods), strict=True)
        ]
