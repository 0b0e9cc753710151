from odoo import api, fields, models
from odoo.addons.quality_incident.tools.indicators import figure as indicator_figure
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.statistics import Tally, answers_needed, change_of, merge_small
from .quality_survey_roles import MANAGER
from .satisfaction_tally import BREAKDOWNS

INDICATOR = "satisfaction_rate"
#: what service measures of the quarter, in the order of the statement
MEASURES = ("service_complaint_rate", "service_timeliness", "service_first_answer", "service_onsite")
#: the group that stands for those too small to be shown
MERGED = "~"
#: breakdowns that are groups of people; a dimension is none
GROUPS_OF_PEOPLE = BREAKDOWNS


class QualitySatisfactionStatement(models.Model):
    """How a statement counts: which opinions, and what is kept of them; a fixed number of queries (D15, D17)."""

    _inherit = "quality.satisfaction.statement"

    def action_refresh(self):
        """Count the opinions of the quarter again while the statement is a draft.

        :raises AccessError: the user does not write statements
        :raises UserError: the statement is no draft
        """
        self._check_role(MANAGER)
        self.check_access("write")
        self._check_transition_known("review")
        self._count_figures()
        return True

    # ------------------------------------------------------------------
    # Which opinions
    # ------------------------------------------------------------------

    def _ancestors(self):
        """Return the statements this one revises, the newest first."""
        chain = self.browse()
        step = self.revises_id
        while step:
            chain |= step
            step = step.revises_id
        return chain

    def _quarter_domain(self):
        start, stop = self._span()
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("given_at", ">=", start) & Domain("given_at", "<", stop)
        )

    def _counted_domain(self):
        """Return the domain of the opinions this draft counts.

        Those of the quarter, and late ones of earlier quarters whose statement was approved without them. What is in
        an approved statement is not counted twice; a revision counts what it revises again. What customers think of
        competitors says nothing about us.
        """
        self.ensure_one()
        ancestors = self._ancestors().ids
        own = self._quarter_domain() & Domain("statement_id", "in", [False, *ancestors])
        if ancestors:
            own |= Domain("statement_id", "in", ancestors)
        if not self.include_historic:
            own &= Domain("is_historic", "=", False)
        return (own | self._late_domain()) & self.env["quality.feedback"]._countable_domain()

    def _late_domain(self):
        """Return the domain of what was filed after the statement of its earlier quarter was approved."""
        if self.revises_id:
            return Domain.FALSE
        earlier = self.search(
            [("company_id", "=", self.company_id.id), ("is_current", "=", True), ("date_to", "<", self.date_from)]
        )
        open_ones = Domain("statement_id", "=", False) & Domain("is_historic", "=", False)
        return Domain.OR(statement._quarter_domain() for statement in earlier) & open_ones

    # ------------------------------------------------------------------
    # Counting
    # ------------------------------------------------------------------

    def _count_figures(self):
        """Count anew in these drafts, as the system; the caller has checked the user."""
        for statement in self.sudo().filtered(lambda statement: statement.date_from):
            statement._check_transition_known("review")
            statement._collect_opinions()
            found = self.env["quality.satisfaction.tally"].sudo()._tally(statement._counted_sql())
            statement.write(statement._head_vals(found["total"].get(None, Tally())))
            statement._write_figures(found)
            statement._write_measures()
            statement._list_problems()
        self.invalidate_recordset()

    def _counted_sql(self):
        """Return the SELECT of the ids of the opinions counted."""
        return SQL(
            "SELECT feedback_id FROM quality_satisfaction_statement_feedback_rel WHERE statement_id = %s", self.id
        )

    def _collect_opinions(self):
        """Note which opinions are counted from now on."""
        self.env.flush_all()
        query = self.env["quality.feedback"].sudo()._search(self._counted_domain())
        self.env.cr.execute(
            SQL("DELETE FROM quality_satisfaction_statement_feedback_rel WHERE statement_id = %s", self.id)
        )
        self.env.cr.execute(
            SQL(
                "INSERT INTO quality_satisfaction_statement_feedback_rel (statement_id, feedback_id) %s",
                query.select(SQL("%s::int", self.id), SQL.identifier("quality_feedback", "id")),
            )
        )
        self.invalidate_recordset(["counted_ids"])

    def _head_vals(self, total):
        feedback = self.env["quality.feedback"].sudo()
        start, _stop = self._span()
        late = feedback.search_count([("counted_in_ids", "in", self.ids), ("given_at", "<", start)])
        uncounted = Domain("subject", "=", "competitor")
        if not self.include_historic:
            uncounted |= Domain("is_historic", "=", True)
        indicator = self._target_indicator()
        before = self.search(
            [("company_id", "=", self.company_id.id), ("is_current", "=", True),
             ("date_to", "=", fields.Date.subtract(self.date_from, days=1))]
        )
        return {
            "figures_at": fields.Datetime.now(), "counted": total.answers, "counted_late": late,
            "left_out": feedback.search_count(self._quarter_domain() & feedback._present_domain() & uncounted),
            "has_target": indicator.has_target, "target": indicator.target if indicator.has_target else 0,
            "before_id": before.id, **self._invitation_vals(),
        }

    def _target_indicator(self):
        """Return the company's indicator of customer satisfaction: the target is set in one place."""
        return self.env["quality.indicator"].sudo().search(
            [("code", "=", INDICATOR), ("company_id", "=", self.company_id.id)], limit=1
        )

    def _invitation_vals(self):
        """Return how many were invited in the quarter, and how many of these have answered."""
        start, stop = self._span()
        invitations = self.env["quality.survey.invitation"].sudo()
        sent = Domain("company_id", "=", self.company_id.id)
        sent &= Domain("sent_at", ">=", start) & Domain("sent_at", "<", stop)
        groups = dict(invitations._read_group(sent, ["state"], ["__count"]))
        invited, answered = sum(groups.values()), groups.get("answered", 0)
        return {
            "has_invitations": bool(invited), "invited": invited, "invited_answered": answered,
            "response_rate": 100 * answered / invited if invited else 0,
        }

    def _write_figures(self, found):
        """Replace the figures by those of ``found``, see ``quality.satisfaction.tally``."""
        self.figure_ids.unlink()
        minimum = self.company_id.survey_group_size
        before = {(row.breakdown, row.key): row for row in self.before_id.figure_ids}
        vals_list, order = [], [key for key, _label in self.figure_ids._fields["breakdown"].selection]
        for breakdown in order:
            groups = {str(key) if key is not None else False: tally for key, tally in found[breakdown].items()}
            merged = None
            if breakdown in GROUPS_OF_PEOPLE:
                groups, merged, _hidden = merge_small(groups, minimum)
            rows = [*groups.items(), *([(MERGED, merged)] if merged else [])]
            for key, tally in rows:
                vals_list.append(
                    {
                        "statement_id": self.id, "sequence": order.index(breakdown), "breakdown": breakdown,
                        "key": key if breakdown != "total" else False, "is_merged": key == MERGED,
                        **self._figure_vals(tally),
                        **(self._before_vals(tally, before.get((breakdown, key))) if key != MERGED else {}),
                    }
                )
        figures = self.env["quality.satisfaction.figure"].sudo().create(vals_list)
        self.total_id = figures.filtered(lambda figure: figure.breakdown == "total")[:1]

    def _figure_vals(self, tally):
        share, mean, nps = tally.share(), tally.mean(), tally.nps()
        rate, low, high = (100 * value for value in share) if share else (0, 0, 0)
        return {
            "answers": tally.answers, "scored": tally.scored, "satisfied": tally.satisfied,
            "rate": rate, "interval_low": low, "interval_high": high,
            "verdict": tally.verdict(self.target / 100 if self.has_target else None),
            "mean": mean[0] if mean else 0, "mean_error": mean[1] or 0 if mean else 0,
            "asked": tally.asked, "promoters": tally.promoters, "detractors": tally.detractors,
            "nps": nps[0] if nps else 0, "nps_error": nps[1] if nps else 0,
        }

    @api.model
    def _before_vals(self, tally, before):
        if not before:
            return {"change": "no_data"}
        old = Tally(scored=before.scored, satisfied=before.satisfied)
        return {
            "before_scored": before.scored, "before_rate": before.rate, "before_nps": before.nps,
            "change": change_of(old, tally),
        }

    def _write_measures(self):
        """Replace what service measured in the quarter: the indicators' own measures, not another way to count."""
        self.measure_ids.unlink()
        indicators = self.env["quality.indicator"].sudo().search(
            [("code", "in", MEASURES), ("company_id", "=", self.company_id.id)]
        ).sorted(lambda indicator: MEASURES.index(indicator.code))
        periods = [(indicator, self.date_from, self.date_to) for indicator in indicators]
        measures = indicators._measure_spans(periods) if indicators else []
        vals_list = []
        for indicator, measure in zip(indicators, measures, strict=True):
            result = indicator_figure(measure, indicator)
            vals_list.append(
                {
                    "statement_id": self.id, "indicator_id": indicator.id, "unit": indicator.unit,
                    "numerator": measure.numerator, "denominator": measure.denominator,
                    "value": result["value"] or 0, "verdict": result["verdict"], "target": indicator.target,
                    "has_target": indicator.has_target, "direction": indicator.direction,
                }
            )
        self.env["quality.satisfaction.measure"].sudo().create(vals_list)

    # ------------------------------------------------------------------
    # In words
    # ------------------------------------------------------------------

    advice = fields.Char("Size of the sample", compute="_compute_advice")

    @api.depends("total_id", "target")
    @api.depends_context("lang")
    def _compute_advice(self):
        for statement in self:
            total = statement.total_id
            statement.advice = statement._advice_text(total.scored, total.satisfied) if total else False

    def _advice_text(self, scored, satisfied):
        """Return how many answers a proof of the target takes, and how many there are (E5)."""
        target = self.target / 100
        if not self.has_target or not 0 < target < 1:
            return False
        share = satisfied / scored if scored else None
        needed = answers_needed(target, share)
        texts = {"target": f"{self.target:g}", "needed": needed, "have": scored}
        if share is not None and share > target:
            return self.env._(
                "To prove ≥ %(target)s %% at the share found, %(needed)s answers are needed; there are %(have)s.",
                **texts,
            )
        return self.env._(
            "To prove ≥ %(target)s %% within 5 points, %(needed)s answers are needed; there are %(have)s.", **texts
        )

    late_count = fields.Integer(
        "Late answers", compute="_compute_late_count", help="Filed since the statement was approved; see the buttons."
    )

    @api.depends("state", "is_current")
    def _compute_late_count(self):
        """How many opinions of the quarter came in after the approval and wait for the next statement or a revision."""
        feedback = self.env["quality.feedback"].sudo()
        for statement in self:
            statement.late_count = (
                feedback.search_count(statement._waiting_domain())
                if statement.is_current and statement.date_from else 0
            )

    def _waiting_domain(self):
        countable = self.env["quality.feedback"]._countable_domain()
        domain = self._quarter_domain() & Domain("statement_id", "=", False) & countable
        return domain if self.include_historic else domain & Domain("is_historic", "=", False)

    def action_open_late(self):
        """Return the action that opens the opinions that came in after the approval."""
        self.ensure_one()
        self.check_access("read")
        if not self.is_current:
            raise UserError(self.env._("%s is not the statement in force of its quarter.", self.display_name))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Late answers"),
            "res_model": "quality.feedback",
            "views": [[False, "list"], [False, "form"]],
            "domain": list(self._waiting_domain()),
        }
