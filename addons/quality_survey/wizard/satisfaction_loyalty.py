from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import start_of_day, today_of
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

from ..models.quality_survey_roles import STAFF
from ..models.satisfaction_statement_count import INDICATOR
from ..models.satisfaction_tally import COLUMNS
from ..tools import charts
from ..tools.statistics import Tally, answers_needed, merge_small

QUALITY = "quality_incident.group_quality_staff"
SEGMENTS = [
    ("customer_class", "Class of customer"),
    ("region", "Region"),
    ("product", "Product"),
    ("team", "Team"),
    ("segment", "Segment named by the customer"),
    ("channel", "Channel"),
]
#: bands of the matrix: satisfaction by score, loyalty by the recommendation
BANDS = ((0, 50), (50, 75), (75, 101))
#: segments shown by name in the picture
SHOWN = 20


class QualitySatisfactionLoyalty(models.TransientModel):
    """How loyal customers are, by segment, and what satisfaction has to do with it (E5).

    Recommendation: the net promoter score. Repurchase: what customers say (would buy again, 0–100), and what they do:
    of the customers who gave an opinion, those with an order confirmed after it. Everything is counted when it is
    looked at; nothing is stored.
    """

    _name = "quality.satisfaction.loyalty"
    _description = "Loyalty of customers"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    date_from = fields.Date("From", required=True, default=lambda self: self._today() - timedelta(days=365))
    date_to = fields.Date("To", required=True, default=lambda self: self._today())
    segment = fields.Selection(SEGMENTS, "By", required=True, default="customer_class")
    include_historic = fields.Boolean("Count imported history")

    table_html = fields.Html(compute="_compute_figures", sanitize=False, string="By segment")
    matrix_html = fields.Html(compute="_compute_figures", sanitize=False, string="Satisfaction and recommendation")
    picture_html = fields.Html(compute="_compute_figures", sanitize=False, string="Segments")
    advice = fields.Char(compute="_compute_figures", string="Size of the sample")

    @api.depends("segment")
    def _compute_display_name(self):
        self.display_name = self.env._("Loyalty")

    @api.model
    def _today(self):
        return today_of(self.env.company.sudo(), fields.Datetime.now())

    @api.constrains("date_from", "date_to")
    def _check_days(self):
        if any(one.date_from > one.date_to for one in self):
            raise ValidationError(self.env._("The span ends before it begins: choose a later end."))

    # ------------------------------------------------------------------
    # Counting: a fixed number of queries
    # ------------------------------------------------------------------

    def _domain(self):
        company = self.company_id.sudo()
        domain = (
            Domain("company_id", "=", company.id)
            & Domain("given_at", ">=", start_of_day(self.date_from, company))
            & Domain("given_at", "<", start_of_day(self.date_to + timedelta(days=1), company))
            & self.env["quality.feedback"]._countable_domain()
        )
        return domain if self.include_historic else domain & Domain("is_historic", "=", False)

    def _rows(self):
        """Return the SELECT of the ids of the opinions looked at, by the rights of the user."""
        feedback = self.env["quality.feedback"]
        return feedback._search(self._domain()).select(SQL.identifier(feedback._table, "id"))

    def _segments(self):
        """Return ``[(label, Tally, customers, of these ordered again, would buy again)]``, the largest first.

        Segments that are too small are shown together; “would buy again” is (answers, mean) with None for no answer.
        """
        rows = self._rows()
        found = self.env["quality.satisfaction.tally"].sudo()._tally(rows, (self.segment,))[self.segment]
        again = self._repurchases(rows)
        willing = self._willing(rows)
        shown, merged, hidden = merge_small(found, self.company_id.survey_group_size)
        labels = self._labels(shown)
        groups = [(labels[key], tally, [key]) for key, tally in shown.items()]
        if merged:
            groups.append((self.env._("Others (too few to show)"), merged, hidden))
        result = []
        for label, tally, keys in groups:
            bought = [sum(again.get(key, (0, 0))[place] for key in keys) for place in range(2)]
            asked, total = (sum(willing.get(key, (0, 0))[place] for key in keys) for place in range(2))
            result.append((label, tally, *bought, (asked, float(total) / asked if asked else None)))
        return sorted(result, key=lambda row: -row[1].answers)

    def _willing(self, rows):
        """Return ``{key: (answers to “would you buy again”, their sum)}``."""
        result = self.env.execute_query(
            SQL(
                """SELECT %s, COUNT(*), SUM(repurchase) FROM quality_feedback
                    WHERE has_repurchase AND id IN (%s) GROUP BY 1""",
                SQL.identifier(COLUMNS[self.segment]), rows,
            )
        )
        return {key: (asked, total) for key, asked, total in result}

    def _repurchases(self, rows):
        """Return ``{key: (customers with an opinion, of these with an order after it)}``; anonymous ones have none."""
        column = SQL.identifier(COLUMNS[self.segment])
        result = self.env.execute_query(
            SQL(
                """
                SELECT opinion.key, COUNT(DISTINCT opinion.customer),
                       COUNT(DISTINCT opinion.customer) FILTER (WHERE EXISTS (
                           SELECT FROM sale_order AS sale
                             JOIN res_partner AS buyer ON buyer.id = sale.partner_id
                            WHERE buyer.commercial_partner_id = opinion.customer AND sale.state = 'sale'
                              AND sale.company_id = opinion.company_id AND sale.date_order > opinion.given_at))
                  FROM (SELECT feedback.%s AS key, feedback.company_id, feedback.given_at,
                               partner.commercial_partner_id AS customer
                          FROM quality_feedback AS feedback
                          JOIN res_partner AS partner ON partner.id = feedback.partner_id
                         WHERE feedback.id IN (%s) AND feedback.is_anonymous IS NOT TRUE) AS opinion
                 GROUP BY opinion.key
                """,
                column, rows,
            )
        )
        return {key: (customers, again) for key, customers, again in result}

    def _labels(self, keys):
        feedback = self.env["quality.feedback"]
        field = feedback._fields[COLUMNS[self.segment]]
        if field.type == "many2one":
            records = self.env[field.comodel_name].sudo().browse([key for key in keys if key])
            names = {record.id: record.display_name for record in records}
        elif field.type == "selection":
            names = dict(field._description_selection(self.env))
        else:
            names = {key: key for key in keys}
        return {key: names.get(key) or self.env._("Not known") for key in keys}

    def _matrix(self):
        """Return the opinions with both a score and a recommendation, by bands: ``{(row, column): number}``."""
        low, high = BANDS[1]
        result = self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN score < %s THEN 0 WHEN score < %s THEN 1 ELSE 2 END,
                       CASE WHEN nps <= 6 THEN 0 WHEN nps <= 8 THEN 1 ELSE 2 END, COUNT(*)
                  FROM quality_feedback WHERE has_score AND has_nps AND id IN (%s) GROUP BY 1, 2
                """,
                low, high, self._rows(),
            )
        )
        return {(score, nps): number for score, nps, number in result}

    # ------------------------------------------------------------------
    # As read
    # ------------------------------------------------------------------

    @api.depends("company_id", "date_from", "date_to", "segment", "include_historic")
    def _compute_figures(self):
        self._check_may_read()
        for one in self:
            if not (one.date_from and one.date_to and one.segment and one.company_id):
                one.table_html = one.matrix_html = one.picture_html = one.advice = False
                continue
            self.env.flush_all()
            segments = one._segments()
            one.table_html = one._render(
                "quality_survey.loyalty_table", {"segments": segments, "tally_text": self._texts}
            )
            one.matrix_html = one._render("quality_survey.loyalty_matrix", one._matrix_values())
            one.picture_html = one._picture(segments)
            one.advice = one._advice(sum((tally for _label, tally, *_more in segments), Tally()))

    @api.model
    def _check_may_read(self):
        self.env["quality.incident"]._check_role(f"{STAFF},{QUALITY}")

    def _render(self, template, values):
        return self.env["ir.qweb"]._render(template, values)

    @api.model
    def _texts(self, tally):
        """Return (share with interval, score of recommendation) of a tally as texts."""
        share, nps = tally.share(), tally.nps()
        return (
            f"{100 * share[0]:.1f} % ({100 * share[1]:.1f} – {100 * share[2]:.1f} %)" if share else "–",
            f"{nps[0]:.1f} ± {nps[1]:.1f}" if nps else "–",
        )

    def _matrix_values(self):
        counts = self._matrix()
        total = sum(counts.values())
        rows = (
            (2, self.env._("Satisfied (75 and more)")), (1, self.env._("In between (50 to 74)")),
            (0, self.env._("Dissatisfied (below 50)")),
        )
        return {
            "total": total,
            "rows": [(label, [counts.get((band, column), 0) for column in range(3)]) for band, label in rows],
            "share": lambda number: f"{100 * number / total:.0f} %" if total else "",
        }

    def _picture(self, segments):
        points = [
            (label, 100 * tally.share()[0], tally.nps()[0], tally.answers)
            for label, tally, *_more in segments[:SHOWN] if tally.scored and tally.asked
        ]
        if not points:
            return False
        target = self._target()
        return charts.bubbles(
            points, self.env._("Satisfied (%)"), self.env._("NPS (points)"), x_line=100 * target if target else None
        )

    def _target(self):
        indicator = self.env["quality.indicator"].sudo().search(
            [("code", "=", INDICATOR), ("company_id", "=", self.company_id.id)], limit=1
        )
        return indicator.target / 100 if indicator.has_target else None

    def _advice(self, total):
        target = self._target()
        if not target or not 0 < target < 1:
            return False
        share = total.share()
        return self.env._(
            "To prove ≥ %(target)s %%, %(needed)s answers are needed; there are %(have)s.",
            target=f"{100 * target:g}", needed=answers_needed(target, share and share[0]), have=total.scored,
        )

    def action_open_feedback(self):
        """Return the action that opens the opinions looked at (F8).

        :raises AccessError: the user neither collects feedback nor belongs to the quality staff
        """
        self.ensure_one()
        self._check_may_read()
        return {
            "type": "ir.actions.act_window", "name": self.display_name, "res_model": "quality.feedback",
            "views": [[False, "list"], [False, "form"]], "domain": list(self._domain()),
        }
