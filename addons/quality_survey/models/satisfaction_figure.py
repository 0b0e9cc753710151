from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .quality_feedback import SAMPLED

BREAKDOWNS = [
    ("total", "All opinions"),
    ("source", "Sample and daily feedback"),
    ("dimension", "Dimension"),
    ("channel", "Channel"),
    ("team", "Team"),
    ("product", "Product"),
    ("region", "Region"),
    ("customer_class", "Class of customer"),
]
SOURCES = [("sample", "Asked on purpose (sample)"), ("daily", "Daily feedback")]
VERDICTS = [
    ("met", "Met"),
    ("not_met", "Not met"),
    ("not_proven", "Not proven"),
    ("no_data", "No data"),
    ("no_target", "No target"),
]
CHANGES = [("better", "Better"), ("worse", "Worse"), ("not_proven", "No proven change"), ("no_data", "No data")]
ICONS = {"met": "✓", "not_met": "✗", "not_proven": "?", "no_data": "–", "no_target": "·"}


class QualitySatisfactionFigure(models.Model):
    """The figures of one group in a statement, as they were when it was frozen (D15); written by the system only."""

    _name = "quality.satisfaction.figure"
    _description = "Figure of a satisfaction statement"
    _order = "statement_id desc, sequence, scored desc, answers desc, name, id"

    statement_id = fields.Many2one(
        "quality.satisfaction.statement", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="statement_id.company_id", store=True, index=True)
    sequence = fields.Integer(readonly=True, aggregator=None)
    breakdown = fields.Selection(BREAKDOWNS, "By", required=True, readonly=True)
    key = fields.Char(readonly=True, export_string_translation=False, help="What tells the group apart.")
    name = fields.Char("Group", compute="_compute_name", store=True, compute_sudo=True)
    is_merged = fields.Boolean("Too few to show", readonly=True)

    answers = fields.Integer("Opinions", readonly=True)
    scored = fields.Integer("With a score", readonly=True)
    satisfied = fields.Integer("Satisfied answers", readonly=True)
    rate = fields.Float("Satisfied (%)", readonly=True, aggregator=None)
    interval_low = fields.Float("From (%)", readonly=True, aggregator=None, help="95 % Wilson interval.")
    interval_high = fields.Float("To (%)", readonly=True, aggregator=None, help="95 % Wilson interval.")
    verdict = fields.Selection(VERDICTS, readonly=True)
    mean = fields.Float("Mean score", readonly=True, aggregator=None)
    mean_error = fields.Float("Standard error of the mean", readonly=True, aggregator=None)
    asked = fields.Integer("Asked for a recommendation", readonly=True)
    promoters = fields.Integer("Promoters (9–10)", readonly=True)
    detractors = fields.Integer("Detractors (0–6)", readonly=True)
    nps = fields.Float("NPS", readonly=True, aggregator=None, help="Promoters minus detractors, in points.")
    nps_error = fields.Float("Standard error of the NPS", readonly=True, aggregator=None)

    before_scored = fields.Integer("With a score, last quarter", readonly=True)
    before_rate = fields.Float("Satisfied last quarter (%)", readonly=True, aggregator=None)
    before_nps = fields.Float("NPS last quarter", readonly=True, aggregator=None)
    change = fields.Selection(CHANGES, "Against last quarter", readonly=True)

    rate_text = fields.Char("Satisfaction", compute="_compute_texts")
    nps_text = fields.Char("NPS in words", compute="_compute_texts")
    mean_text = fields.Char("Mean in words", compute="_compute_texts")
    verdict_text = fields.Char("Result", compute="_compute_texts")
    change_text = fields.Char("Change in words", compute="_compute_texts")

    _once = models.UniqueIndex("(statement_id, breakdown, key)", "This group is in the statement already.")

    # ------------------------------------------------------------------
    # As read
    # ------------------------------------------------------------------

    @api.depends("breakdown", "key", "is_merged")
    def _compute_name(self):
        """Keep the names of teams and products as they were; what is a fixed list is translated when it is read."""
        teams = self._named("team", "service.team")
        products = self._named("product", "product.product")
        for figure in self:
            named = {**teams, **products}.get((figure.breakdown, figure.key))
            figure.name = named or (figure.key if figure.breakdown in ("region", "customer_class") else False)

    def _named(self, breakdown, model):
        keys = {figure.key for figure in self if figure.breakdown == breakdown and figure.key and not figure.is_merged}
        records = self.env[model].sudo().browse(int(key) for key in keys if key.isdigit()).exists()
        return {(breakdown, str(record.id)): record.display_name for record in records}

    @api.depends("name")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for figure in self:
            figure.display_name = figure._label()

    def _label(self):
        """Return what the group is called in the reader's language."""
        self.ensure_one()
        if self.is_merged:
            return self.env._("Others (too few to show)")
        if self.breakdown == "total":
            return self.env._("All opinions")
        if self.breakdown in ("source", "dimension", "channel"):
            return self._choices(self.breakdown).get(self.key, self.key)
        return self.name or self.env._("Not known")

    def _choices(self, breakdown):
        if breakdown == "source":
            return dict(self.env["quality.satisfaction.trend"]._fields["source"]._description_selection(self.env))
        name = "subject" if breakdown == "dimension" else "channel"
        return dict(self.env["quality.feedback"]._fields[name]._description_selection(self.env))

    @api.depends("rate", "nps", "mean", "verdict", "change")
    @api.depends_context("lang")
    def _compute_texts(self):
        verdicts = dict(self._fields["verdict"]._description_selection(self.env))
        changes = dict(self._fields["change"]._description_selection(self.env))
        for figure in self:
            figure.rate_text = (
                f"{figure.rate:.2f} % ({figure.interval_low:.2f} – {figure.interval_high:.2f} %)"
                if figure.scored else "–"
            )
            figure.nps_text = f"{figure.nps:.2f} ± {figure.nps_error:.2f}" if figure.asked else "–"
            error = f" ± {figure.mean_error:.2f}" if figure.scored > 1 else ""
            figure.mean_text = f"{figure.mean:.2f}{error}" if figure.scored else "–"
            figure.verdict_text = (
                f"{ICONS[figure.verdict]} {verdicts[figure.verdict]}" if figure.verdict else ""
            )
            figure.change_text = changes.get(figure.change, "") if figure.change != "no_data" else ""

    # ------------------------------------------------------------------
    # Nobody writes
    # ------------------------------------------------------------------

    def write(self, vals):
        """Refuse: figures are counted anew while the statement is a draft, and never changed.

        :raises AccessError: anybody but the system
        :raises UserError: the statement is no draft
        """
        self.check_access("write")
        self._check_draft()
        return super().write(vals)

    @api.model_create_multi
    def create(self, vals_list):
        figures = super().create(vals_list)
        figures._check_draft()
        return figures

    @api.ondelete(at_uninstall=False)
    def _unlink_in_draft(self):
        self._check_draft()

    def _check_draft(self):
        for statement in self.statement_id:
            if statement.state != "draft":
                raise UserError(self.env._("%s: its figures are frozen.", statement.display_name))

    def action_open_feedback(self):
        """Return the action that opens the opinions behind this figure (F8).

        :raises AccessError: the user may not read the statement
        :raises UserError: the group is too small to be shown
        """
        self.ensure_one()
        self.check_access("read")
        if self.is_merged:
            raise UserError(self.env._("These groups are too small to be shown one by one."))
        return self.statement_id._open_feedback(self._label(), self._feedback_domain())

    def _feedback_domain(self):
        """Return what tells the opinions of this group from others of the statement."""
        value = self.key or False
        if self.breakdown == "total":
            return Domain.TRUE
        if self.breakdown == "source":
            return Domain("channel", "in" if value == "sample" else "not in", SAMPLED)
        if self.breakdown == "dimension":
            return Domain("score_ids.dimension", "=", value)
        if self.breakdown in ("team", "product"):
            return Domain(f"{self.breakdown}_id", "=", int(value) if value else False)
        return Domain(self.breakdown, "=", value)
