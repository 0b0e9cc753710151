from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.statistics import DETRACTOR, PROMOTER
from .satisfaction_statement_count import INDICATOR

POINTS = ("points", "Points from −100 to 100")


class QualityIndicator(models.Model):
    """Measures of what customers think (B5, C3): satisfaction, recommendation, response, replies."""

    _inherit = "quality.indicator"

    unit = fields.Selection(selection_add=[POINTS], ondelete={"points": "cascade"})

    def _measure_satisfaction_rate(self, spans):
        return self._measure_opinions(spans, SQL("is_satisfied"), SQL("has_score"))

    def _measure_satisfaction_nps(self, spans):
        """Promoters less detractors: a sum, so that the score comes out in points."""
        score = SQL("CASE WHEN nps >= %s THEN 1 WHEN nps <= %s THEN -1 ELSE 0 END", PROMOTER, DETRACTOR)
        return self._measure_opinions(spans, None, SQL("has_nps"), SQL("SUM(%s) FILTER (WHERE counted)", score))

    @api.model
    def _measure_opinions(self, spans, condition, among, numerator=None):
        """Measure the opinions of the span, of those ``among``: how many meet ``condition``, or the ``numerator``."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT %s AS numerator, COUNT(*) FILTER (WHERE counted) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT *, subject != 'competitor' AND (span.include_historic OR is_historic IS NOT TRUE)
                                  AS counted
                          FROM quality_feedback
                         WHERE company_id = span.company_id AND %s AND %s
                           AND given_at >= span.start_at AND given_at < span.stop_at) AS opinion
                """,
                numerator or SQL("COUNT(*) FILTER (WHERE counted AND (%s))", condition), among,
                self.env["quality.feedback"]._present_sql("quality_feedback"),
            ),
        )

    def _measure_satisfaction_response(self, spans):
        """Invitations sent in the span, and those of them that were answered."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE state = 'answered') AS numerator, COUNT(*) AS denominator,
                       0 AS excluded
                  FROM quality_survey_invitation
                 WHERE company_id = span.company_id AND sent_at >= span.start_at AND sent_at < span.stop_at
                """
            ),
        )

    def _measure_satisfaction_replies(self, spans):
        """Problems put on the list in the span, in statements that stand, and those of them with a reply (D15)."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE problem.replied_at IS NOT NULL) AS numerator, COUNT(*) AS denominator,
                       0 AS excluded
                  FROM quality_satisfaction_problem AS problem
                  JOIN quality_satisfaction_statement AS statement ON statement.id = problem.statement_id
                 WHERE problem.company_id = span.company_id AND statement.state != 'cancelled'
                   AND statement.revises_id IS NULL
                   AND problem.create_date >= span.start_at AND problem.create_date < span.stop_at
                """
            ),
        )


class QualityIndicatorValue(models.Model):
    _inherit = "quality.indicator.value"

    unit = fields.Selection(selection_add=[POINTS], ondelete={"points": "cascade"})


class QualityCockpit(models.AbstractModel):
    """The panel of the general manager (F8): three numbers that are true, each with what it was counted from."""

    _inherit = "quality.cockpit"

    @api.model
    def _panels(self, scope):
        tiles, *others = super()._panels(scope)
        return [tiles, self._panel_satisfaction(scope), *others]

    @api.model
    def _panel_satisfaction(self, scope):
        """Satisfaction with its interval, NPS with its error, problems without a reply; of the time looked at."""
        opinions = (
            scope.of("quality.feedback", "team_id.department_id")
            & Domain("given_at", ">=", scope.since) & self.env["quality.feedback"]._countable_domain()
        )
        feedback = self.env["quality.feedback"]
        rows = feedback._search(opinions).select(SQL.identifier(feedback._table, "id"))
        total = self.env["quality.satisfaction.tally"].sudo()._tally(rows, ())["total"][None]
        title = self.env._("What customers think")
        return {
            "key": "satisfaction", "kind": "tiles", "title": title,
            "note": self.env._("of all projects") if scope.project_id else "",
            "figures": [
                self._figure_satisfaction(total, opinions), self._figure_nps(total, opinions),
                self._figure_problems(scope),
            ],
        }

    @api.model
    def _figure_satisfaction(self, total, opinions):
        share, label = total.share(), self.env._("Customers satisfied")
        indicator = self.env["quality.indicator"].sudo().search(
            [("code", "=", INDICATOR), ("company_id", "in", self.env.companies.ids)], limit=1
        )
        target = indicator.target / 100 if indicator.has_target else None
        verdicts = dict(
            self.env["quality.satisfaction.figure"]._fields["verdict"]._description_selection(self.env)
        )
        note = self.env._(
            "%(low)s – %(high)s %%, %(number)s answers: %(verdict)s", low=f"{100 * share[1]:.1f}",
            high=f"{100 * share[2]:.1f}", number=total.scored, verdict=verdicts[total.verdict(target)],
        ) if share else verdicts["no_data"]
        return self._figure(
            label, 100 * share[0] if share else False,
            self._open("quality.feedback", label, opinions & Domain("has_score", "=", True)),
            text=f"{100 * share[0]:.1f} %" if share else "–", note=note,
        )

    @api.model
    def _figure_nps(self, total, opinions):
        nps, label = total.nps(), self.env._("Would recommend us (NPS)")
        note = nps and self.env._(
            "± %(error)s (95 %%), %(number)s answers", error=f"{1.96 * nps[1]:.1f}", number=total.asked
        )
        return self._figure(
            label, nps[0] if nps else False,
            self._open("quality.feedback", label, opinions & Domain("has_nps", "=", True)),
            text=f"{nps[0]:.1f}" if nps else "–", note=note or "",
        )

    @api.model
    def _figure_problems(self, scope):
        label = self.env._("Problems without a reply")
        problems = (
            Domain("company_id", "in", self.env.companies.ids)
            & Domain("statement_id.state", "!=", "cancelled") & Domain("given_at", ">=", scope.since)
        )
        if scope.department_id:
            problems &= Domain("department_id", "child_of", scope.department_id)
        waiting = Domain("replied_at", "=", False)
        open_ones, all_of_them = self._count_each(
            "quality.satisfaction.problem", problems, [waiting, Domain.TRUE]
        )
        return self._figure(
            label, open_ones, self._open("quality.satisfaction.problem", label, problems & waiting),
            text=str(open_ones), note=self.env._("of %s raised", all_of_them),
        )
