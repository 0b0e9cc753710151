from decimal import Decimal

from odoo import api, models
from odoo.tools import SQL

from ..tools.statistics import DETRACTOR, PROMOTER, Tally
from .quality_feedback import SAMPLED

#: what opinions are told apart by, in the order of the bits of GROUPING()
BREAKDOWNS = ("source", "channel", "team", "product", "region", "customer_class")
COLUMNS = {
    "source": "source", "channel": "channel", "team": "team_id", "product": "product_id", "region": "region",
    "customer_class": "customer_class", "segment": "segment",
}


class QualitySatisfactionTally(models.AbstractModel):
    """Counts opinions: one query for the total and all breakdowns, one for the dimensions, however many there are."""

    _name = "quality.satisfaction.tally"
    _description = "Counting of opinions"

    @api.model
    def _tally(self, rows, names=BREAKDOWNS):
        """Return ``{breakdown: {key: Tally}}`` of the opinions ``rows``.

        The breakdowns are ``total`` (key ``None``), ``dimension`` and ``names``; a key is the value of the column,
        ``None`` where an opinion has none.

        :param rows: SQL of a SELECT of ids of ``quality.feedback``; who may count them has been checked
        """
        self.env.flush_all()
        found = {"total": {None: Tally()}, **{name: {} for name in names}}
        for name, key, tally in self._tally_groups(rows, names):
            found[name][key] = tally
        found["dimension"] = dict(self._tally_dimensions(rows))
        return found

    @api.model
    def _tally_groups(self, rows, names):
        """Yield (breakdown, key, Tally) from one query."""
        columns = [SQL.identifier(COLUMNS[name]) for name in names]
        keys, grouping = SQL("0,"), SQL("")
        if names:
            keys = SQL("GROUPING(%s), %s,", SQL(", ").join(columns), SQL(", ").join(columns))
            sets = SQL(", ").join([SQL("()"), *(SQL("(%s)", column) for column in columns)])
            grouping = SQL("GROUP BY GROUPING SETS (%s)", sets)
        result = self.env.execute_query(
            SQL(
                """
                SELECT %(keys)s %(figures)s
                  FROM (SELECT feedback.*, CASE WHEN feedback.channel = ANY(%(sampled)s) THEN 'sample' ELSE 'daily' END
                               AS source
                          FROM quality_feedback AS feedback WHERE feedback.id IN (%(rows)s)) AS opinion
                 %(grouping)s
                """,
                keys=keys, figures=self._tally_figures(), sampled=list(SAMPLED), rows=rows, grouping=grouping,
            )
        )
        # A bit of the mask is off for the column a row is grouped by; the first column has the highest bit.
        by_mask = {2 ** len(names) - 1 - 2 ** (len(names) - 1 - place): place for place in range(len(names))}
        for mask, *values in result:
            tally = self._tally_of(values[len(names) :])
            if mask in by_mask:
                place = by_mask[mask]
                yield names[place], values[place], tally
            else:
                yield "total", None, tally

    @api.model
    def _tally_figures(self):
        return SQL(
            """
            COUNT(*), COUNT(*) FILTER (WHERE is_anonymous), COUNT(*) FILTER (WHERE has_score),
            COUNT(*) FILTER (WHERE has_score AND is_satisfied), SUM(score) FILTER (WHERE has_score),
            SUM(score * score) FILTER (WHERE has_score), COUNT(*) FILTER (WHERE has_nps),
            COUNT(*) FILTER (WHERE has_nps AND nps >= %s), COUNT(*) FILTER (WHERE has_nps AND nps <= %s)
            """,
            PROMOTER, DETRACTOR,
        )

    @api.model
    def _tally_dimensions(self, rows):
        """Yield (dimension, Tally): scores given to quality, price, …; satisfied by the company's bound of today."""
        result = self.env.execute_query(
            SQL(
                """
                SELECT score.dimension, COUNT(*), COUNT(*) FILTER (WHERE feedback.is_anonymous), COUNT(*),
                       COUNT(*) FILTER (WHERE score.score >= company.survey_satisfied_score), SUM(score.score),
                       SUM(score.score * score.score), 0, 0, 0
                  FROM quality_feedback_score AS score
                  JOIN quality_feedback AS feedback ON feedback.id = score.feedback_id
                  JOIN res_company AS company ON company.id = feedback.company_id
                 WHERE score.feedback_id IN (%s)
                 GROUP BY score.dimension
                """,
                rows,
            )
        )
        for dimension, *figures in result:
            yield dimension, self._tally_of(figures)

    @api.model
    def _tally_of(self, figures):
        answers, anonymous, scored, satisfied, total, squares, *recommended = figures
        return Tally(
            answers, anonymous, scored, satisfied, Decimal(total or 0), Decimal(squares or 0), *recommended
        )
