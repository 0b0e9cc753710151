from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn
from odoo.addons.quality_incident.tools.days import zone_of
from odoo.addons.quality_incident.tools.sheet import Book, Column
from odoo.tools import SQL

from ..tools import charts
from ..tools.statistics import merge_small
from .quality_feedback import SAMPLED
from .satisfaction_tally import BREAKDOWNS, COLUMNS

#: quarters in the picture of the trend, and groups in one of bars
QUARTERS, GROUPS = 8, 12
#: rows of opinions read at a time
BATCH = 5000


class QualitySatisfactionStatement(models.Model):
    """The statement in pictures, in Excel and in the register (D15)."""

    _name = "quality.satisfaction.statement"
    _inherit = ["quality.satisfaction.statement", "quality.register.mixin"]
    _register_date = "date_from"
    _register_order = "date_from, revision"
    _register_historic = None

    picture_html = fields.Html("By group", compute="_compute_pictures", sanitize=False)
    trend_html = fields.Html("Last quarters", compute="_compute_pictures", sanitize=False)

    # ------------------------------------------------------------------
    # Pictures
    # ------------------------------------------------------------------

    @api.depends("figure_ids", "target")
    @api.depends_context("lang")
    def _compute_pictures(self):
        for statement in self:
            statement.picture_html = statement._bars(("total", "source", "dimension"))
            statement.trend_html = statement._trend_picture()

    def _bars(self, breakdowns):
        """Return the shares of these breakdowns with intervals and target as a picture; nothing without a score."""
        self.ensure_one()
        target = self.target if self.has_target else None
        rows = [
            (
                figure._label(), figure.rate, f"{figure.rate:.1f} % (n = {figure.scored})",
                (figure.interval_low, figure.interval_high),
            )
            for figure in self.figure_ids.filtered(lambda row: row.breakdown in breakdowns and row.scored)[:GROUPS]
        ]
        return charts.bars(rows, target) if rows else False

    def _trend_picture(self):
        """Return the course of satisfaction up to this quarter, of the statements in force; nothing with one only."""
        self.ensure_one()
        earlier = self.search(
            [("company_id", "=", self.company_id.id), ("is_current", "=", True), ("date_from", "<", self.date_from)],
            limit=QUARTERS - 1,
        ) if self.date_from else self.browse()
        return self._course(earlier.sorted("date_from") | self) if earlier else False

    def _course(self, statements):
        """Return satisfaction and NPS over ``statements`` as a picture."""
        rows = statements.total_id
        satisfied = [row.rate if row.scored else None for row in rows]
        recommended = [row.nps if row.asked else None for row in rows]
        low = -100 if any(value is not None and value < 0 for value in recommended) else 0
        return charts.lines(
            [statement._period_text() for statement in statements],
            [(self.env._("Satisfied (%)"), satisfied), (self.env._("NPS (points)"), recommended)],
            low=low, target=statements[-1:].target if statements[-1:].has_target else None,
        )

    # ------------------------------------------------------------------
    # Excel
    # ------------------------------------------------------------------

    def action_download(self):
        """Return the action that downloads the statement in Excel: figures, service, problems, opinions.

        :raises AccessError: the user may not read the statement
        """
        self.ensure_one()
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": f"/quality/statement/{self.id}/xlsx", "target": "download"}

    def _workbook(self):
        """Return the statement as an open Excel file; who may read the statement has been checked."""
        self.ensure_one()
        statement = self.sudo()
        with Book(self.display_name, zone=zone_of(statement.company_id)) as book:
            statement._sheet_head(book)
            statement._sheet_figures(book)
            statement._sheet_problems(book)
            statement._sheet_opinions(book)
            return book.finish()

    def _sheet_head(self, book):
        labels = {name: self._fields[name]._description_string(self.env) for name in self._fields}
        rows = [
            (labels["name"], self.name), (self.env._("Quarter"), self._period_text()),
            (labels["revision"], self.revision), (labels["counted"], self.counted),
            (labels["counted_late"], self.counted_late), (labels["left_out"], self.left_out),
        ]
        if self.has_invitations:
            rows += [
                (labels["invited"], self.invited), (labels["invited_answered"], self.invited_answered),
                (labels["response_rate"], round(self.response_rate, 2)),
            ]
        if self.has_target:
            rows.append((labels["target"], self.target))
        rows += [
            (measure.indicator_id.name, f"{measure.value_text} {measure.target_text}") for measure in self.measure_ids
        ]
        if self.advice:
            rows.append((labels["advice"], self.advice))
        if self.summary:
            rows.append((labels["summary"], self.summary))
        columns = [Column(self.env._("What"), width=34), Column(self.env._("Value"), "number", 60)]
        book.sheet(self.env._("Statement"), columns, rows)

    def _sheet_figures(self, book):
        figures = self.figure_ids
        names = (
            "answers", "scored", "satisfied", "rate", "interval_low", "interval_high", "mean", "mean_error", "asked",
            "promoters", "detractors", "nps", "nps_error", "before_rate", "before_nps",
        )
        needs = {
            "rate": "scored", "interval_low": "scored", "interval_high": "scored", "mean": "scored", "nps": "asked",
            "nps_error": "asked", "before_rate": "before_scored", "before_nps": "before_scored",
        }
        whole = {name for name in names if figures._fields[name].type == "integer"}
        choices = dict(figures._fields["breakdown"]._description_selection(self.env))
        columns = [
            Column(self.env._("By"), width=20), Column(self.env._("Group"), width=28),
            *(
                Column(figures._fields[name]._description_string(self.env), "integer" if name in whole else "number")
                for name in names
            ),
            Column(self.env._("Result"), width=16), Column(self.env._("Against last quarter"), width=18),
        ]

        def value_of(figure, name):
            if name == "mean_error":
                return figure.mean_error if figure.scored > 1 else None
            return figure[name] if name not in needs or figure[needs[name]] else None

        rows = (
            [
                choices[figure.breakdown], figure._label(), *(value_of(figure, name) for name in names),
                figure.verdict_text, figure.change_text,
            ]
            for figure in figures
        )
        book.sheet(self.env._("Figures"), columns, rows)

    def _sheet_problems(self, book):
        problems = self.env["quality.satisfaction.problem"]
        columns = problems._register_columns()
        rows = ([problems._register_value(row, column) for column in columns] for row in self.problem_ids)
        book.sheet(
            self.env._("Problems and replies"), [Column(one.header, one.kind, one.width) for one in columns], rows
        )

    def _sheet_opinions(self, book):
        """Write the opinions counted, without names, in an order that does not say when each came."""
        feedback = self.env["quality.feedback"]
        labels = {name: feedback._fields[name]._description_string(self.env) for name in feedback._fields}
        channels = dict(feedback._fields["channel"]._description_selection(self.env))
        subjects = dict(feedback._fields["subject"]._description_selection(self.env))
        columns = [
            Column(labels["channel"], width=18), Column(self.env._("Sample"), "boolean"),
            Column(labels["subject"], width=18), Column(labels["score"], "number"),
            Column(labels["original_score"], "number"), Column(labels["original_scale"], width=10),
            Column(labels["is_satisfied"], "boolean"), Column(labels["nps"], "integer"),
            *(Column(title, width=20) for title in self._context_titles()),
            Column(labels["is_anonymous"], "boolean"),
        ]
        names, hidden = self._context_names()

        def rows():
            for (
                channel, subject, has_score, score, original, scale, satisfied, has_nps, nps, anonymous, *keys
            ) in self._opinion_rows():
                context = [
                    None if key is None or key in hidden[name] or anonymous else names[name].get(key, key)
                    for name, key in zip(self._context(), keys, strict=True)
                ]
                yield [
                    channels.get(channel), channel in SAMPLED, subjects.get(subject),
                    float(score) if has_score else None, float(original or 0) if has_score else None, scale,
                    bool(satisfied) if has_score else None, nps if has_nps else None, *context, bool(anonymous),
                ]

        book.sheet(self.env._("Opinions"), columns, rows())

    @api.model
    def _context(self):
        return [name for name in BREAKDOWNS if name not in ("source", "channel")]

    @api.model
    def _context_titles(self):
        labels = dict(self.env["quality.satisfaction.figure"]._fields["breakdown"]._description_selection(self.env))
        return [labels[name] for name in self._context()]

    def _context_names(self):
        """Return the names of the groups by breakdown, and the keys of the groups that are too small to be shown."""
        found = self.env["quality.satisfaction.tally"]._tally(self._counted_sql(), tuple(self._context()))
        names, hidden = {}, {}
        for breakdown in self._context():
            groups = found[breakdown]
            hidden[breakdown] = set(merge_small(groups, self.company_id.survey_group_size)[2])
            field = self.env["quality.feedback"]._fields[COLUMNS[breakdown]]
            names[breakdown] = {}
            if field.type == "many2one":
                records = self.env[field.comodel_name].browse([key for key in groups if key])
                names[breakdown] = {record.id: record.display_name for record in records}
        return names, hidden

    def _opinion_rows(self):
        """Yield the columns of the opinions counted."""
        columns = SQL(", ").join(SQL.identifier(COLUMNS[name]) for name in self._context())
        last = 0
        while True:
            rows = self.env.execute_query(
                SQL(
                    """
                    SELECT number, channel, subject, has_score, score, original_score, original_scale, is_satisfied,
                           has_nps, nps, is_anonymous, %s
                      FROM (SELECT *, ROW_NUMBER() OVER (ORDER BY channel, has_score, score, nps, MD5(id::text))
                                   AS number
                              FROM quality_feedback WHERE id IN (%s)) AS opinion
                     WHERE number > %s ORDER BY number LIMIT %s
                    """,
                    columns, self._counted_sql(), last, BATCH,
                )
            )
            for number, *row in rows:
                last = number
                yield row
            if len(rows) < BATCH:
                return

    # ------------------------------------------------------------------
    # Register
    # ------------------------------------------------------------------

    @api.model
    def _register_title(self):
        return self.env._("Satisfaction statements")

    @api.model
    def _register_columns(self):
        def of_total(name, needs):
            return lambda statement: statement.total_id[name] if statement.total_id[needs] else None

        return [
            RegisterColumn(self.env._("Number"), "name", width=18),
            RegisterColumn(self.env._("Quarter"), lambda statement: statement._period_text(), width=10),
            RegisterColumn(self.env._("Revision"), "revision", "integer"),
            RegisterColumn(self.env._("State"), "state", width=12),
            RegisterColumn(self.env._("In force"), "is_current", "boolean"),
            RegisterColumn(self.env._("Opinions"), "counted", "integer"),
            RegisterColumn(self.env._("Invited"), lambda one: one.invited if one.has_invitations else None, "integer"),
            RegisterColumn(
                self.env._("Response rate (%)"), lambda one: one.response_rate if one.invited else None, "number"
            ),
            RegisterColumn(self.env._("With a score"), of_total("scored", "answers"), "integer"),
            RegisterColumn(self.env._("Satisfied (%)"), of_total("rate", "scored"), "number"),
            RegisterColumn(self.env._("From (%)"), of_total("interval_low", "scored"), "number"),
            RegisterColumn(self.env._("To (%)"), of_total("interval_high", "scored"), "number"),
            RegisterColumn(self.env._("Target (%)"), lambda one: one.target if one.has_target else None, "number"),
            RegisterColumn(self.env._("Result"), "total_id.verdict", width=14),
            RegisterColumn(self.env._("NPS"), of_total("nps", "asked"), "number"),
            RegisterColumn(self.env._("Standard error of the NPS"), of_total("nps_error", "asked"), "number"),
            RegisterColumn(self.env._("Problems"), "problem_count", "integer"),
            RegisterColumn(self.env._("Without a reply"), "unanswered_count", "integer"),
            RegisterColumn(self.env._("Approved on"), "approved_at", "datetime"),
            RegisterColumn(self.env._("Company"), "company_id"),
        ]

