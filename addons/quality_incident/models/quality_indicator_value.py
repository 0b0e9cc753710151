from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date, formatLang

from .quality_indicator import DIRECTIONS, PERIODS, UNITS, VERDICTS

DATE_FORMATS = {"month": "LLLL yyyy", "quarter": "QQQ yyyy", "year": "yyyy"}
ICONS = {"met": "✓", "not_met": "✗", "not_proven": "?", "no_data": "–", "no_target": "·"}


class QualityIndicatorValue(models.Model):
    """What an indicator was in one period: a row that never changes (B5).

    Nobody has create, write or delete rights, and the ORM refuses the superuser, too. Rows are written by
    :meth:`_store` only. Whoever measures again adds a row with the next revision; all that ever changes in an old row
    is ``is_current``.
    """

    _name = "quality.indicator.value"
    _description = "Value of a quality indicator"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _order = "date_to desc, period, indicator_id, revision desc"
    _mail_post_access = "read"

    indicator_id = fields.Many2one("quality.indicator", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    date_from = fields.Date("First day", required=True, readonly=True)
    date_to = fields.Date("Last day", required=True, readonly=True)
    revision = fields.Integer(required=True, readonly=True, default=1, aggregator=None)
    is_current = fields.Boolean("Newest revision", readonly=True, default=True)
    revision_reason = fields.Text("Reason of the revision", readonly=True)
    computed_at = fields.Datetime("Measured on", required=True, readonly=True)

    # measured
    numerator = fields.Float(readonly=True)
    denominator = fields.Float(readonly=True)
    excluded = fields.Integer("Left out", readonly=True, help="Records of the period that were not counted.")
    value = fields.Float(readonly=True, aggregator="avg", help="In percent, days or money, as the unit says.")
    interval_low = fields.Float(
        "Interval from", readonly=True, aggregator="avg", help="Lower end of the 95 % Wilson interval, in percent."
    )
    interval_high = fields.Float(
        "Interval to", readonly=True, aggregator="avg", help="Upper end of the 95 % Wilson interval, in percent."
    )
    verdict = fields.Selection(VERDICTS, required=True, readonly=True, index=True)

    # the definition as it was then
    code = fields.Char(required=True, readonly=True)
    name = fields.Char("Indicator name", required=True, readonly=True, translate=True)
    formula = fields.Text(required=True, readonly=True, translate=True)
    numerator_text = fields.Text("What the numerator counts", required=True, readonly=True, translate=True)
    denominator_text = fields.Text("What the denominator counts", required=True, readonly=True, translate=True)
    exclusion_text = fields.Text("What is not counted", required=True, readonly=True, translate=True)
    unit = fields.Selection(UNITS, required=True, readonly=True)
    direction = fields.Selection(DIRECTIONS, required=True, readonly=True)
    target = fields.Float(readonly=True, aggregator="avg")
    has_target = fields.Boolean("Has a target", readonly=True)
    period = fields.Selection(PERIODS, required=True, readonly=True)
    is_sample = fields.Boolean("Measured on a sample", readonly=True)
    include_historic = fields.Boolean("Counts imported history", readonly=True)

    rectification_id = fields.Many2one(
        "quality.rectification", "Corrective notice", compute="_compute_rectification_id",
        search="_search_rectification_id",
    )
    # as read
    period_text = fields.Char("Period in words", compute="_compute_texts")
    value_text = fields.Char("Value in words", compute="_compute_texts")
    target_text = fields.Char("Target in words", compute="_compute_texts")
    count_text = fields.Char("Counted", compute="_compute_texts")
    interval_text = fields.Char("95 % interval", compute="_compute_texts")
    verdict_text = fields.Char("Result", compute="_compute_texts")

    _once = models.UniqueIndex(
        "(indicator_id, date_from, date_to, revision)", "This period has been measured in this revision already."
    )
    _one_current = models.UniqueIndex(
        "(indicator_id, date_from, date_to) WHERE is_current", "This period has a current value already."
    )
    _company_idx = models.Index("(company_id, date_to) WHERE is_current")

    # ------------------------------------------------------------------
    # As read
    # ------------------------------------------------------------------

    @api.depends("name", "period_text")
    def _compute_display_name(self):
        for value in self:
            value.display_name = f"{value.name} · {value.period_text}"

    @api.depends("date_from", "date_to", "value", "verdict", "target", "interval_low", "interval_high")
    @api.depends_context("lang")
    def _compute_texts(self):
        labels = dict(self._fields["verdict"]._description_selection(self.env))
        for value in self:
            known = value.verdict and value.verdict != "no_data"
            value.period_text = self._period_text(value.period, value.date_from, value.date_to)
            value.value_text = self._in_unit_of(value, value.value) if known else "–"
            value.target_text = self._target_text_of(value)
            value.count_text = self._count_text_of(value, value)
            value.interval_text = (
                f"{value.interval_low:.1f} – {value.interval_high:.1f} %" if value.is_sample and known else ""
            )
            value.verdict_text = f"{ICONS[value.verdict]} {labels[value.verdict]}" if value.verdict else ""

    @api.model
    def _period_text(self, period, date_from, date_to):
        """Return a period as people call it: “October 2026”; a week by its days."""
        if period in DATE_FORMATS:
            return format_date(self.env, date_from, date_format=DATE_FORMATS[period])
        return f"{format_date(self.env, date_from)} – {format_date(self.env, date_to)}"

    def _shown_value(self):
        """Return the value, or False when there was nothing to measure."""
        self.ensure_one()
        return self.value if self.verdict != "no_data" else False

    def _shown_target(self):
        """Return the target, or False without one."""
        self.ensure_one()
        return self.target if self.has_target else False

    @api.model
    def _in_unit_of(self, rule, number):
        """Return ``number`` with the unit of ``rule``, an indicator or a value."""
        if rule.unit in ("amount", "amount_mean"):
            return formatLang(self.env, number, currency_obj=rule.currency_id)
        text = f"{number:.1f}".removesuffix(".0")
        if rule.unit == "percent":
            return f"{text} %"
        return self.env._("%s days", text) if rule.unit == "days" else text

    @api.model
    def _target_text_of(self, rule):
        """Return the target of ``rule``, an indicator or a value, as “≥ 90 %”; empty without one."""
        sign = "≥" if rule.direction == "higher" else "≤"
        return f"{sign} {self._in_unit_of(rule, rule.target)}" if rule.has_target else ""

    @api.model
    def _count_text_of(self, rule, row):
        """Return what was counted: “45 of 50”; for sums and means the number of records.

        :param rule: an indicator or a value, which has the unit
        :param row: what has ``numerator``, ``denominator`` and ``excluded``
        """
        texts = {"above": f"{row['numerator']:g}", "below": f"{row['denominator']:g}", "excluded": row["excluded"]}
        if rule.unit == "percent":
            return self.env._("%(above)s of %(below)s, %(excluded)s left out", **texts)
        return self.env._("%(below)s counted, %(excluded)s left out", **texts)

    # ------------------------------------------------------------------
    # Corrective notice
    # ------------------------------------------------------------------

    @api.depends("indicator_id", "date_from", "date_to")
    def _compute_rectification_id(self):
        """The notice of the period, whichever of its revisions it was raised from."""
        periods = self._same_periods()
        ids = [row.id for rows in periods.values() for row in rows]
        domain = self._raised_domain() & Domain("origin_id", "in", ids)
        notices = self.env["quality.rectification"].sudo().search(domain)
        by_value = {notice.origin_id: notice.id for notice in notices}
        for value in self:
            revisions = periods.get((value.indicator_id.id, value.date_from, value.date_to), self.browse())
            value.rectification_id = next((by_value[row.id] for row in revisions if row.id in by_value), False)

    @api.model
    def _raised_domain(self):
        return Domain("origin_model", "=", self._name) & Domain("state", "!=", "cancelled")

    @api.model
    def _search_rectification_id(self, operator, value):
        if operator != "in":
            return NotImplemented
        notices = self.env["quality.rectification"].sudo().search(self._raised_domain())
        if False in value:
            raised = self._revisions_of(notices)
            others = notices.filtered(lambda notice: notice.id in value)
            return Domain("id", "not in", raised) | Domain("id", "in", self._revisions_of(others))
        return Domain("id", "in", self._revisions_of(notices.filtered(lambda notice: notice.id in value)))

    @api.model
    def _revisions_of(self, notices):
        """Return the ids of all revisions of the periods these notices were raised about."""
        periods = self.browse(notices.mapped("origin_id")).exists()._same_periods()
        return [row.id for rows in periods.values() for row in rows]

    # ------------------------------------------------------------------
    # Never changed
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse, whoever asks: a value is measured, not entered.

        :raises AccessError: anybody but the system
        :raises UserError: the system
        """
        self.check_access("create")
        if vals_list:
            raise UserError(self.env._("The value of an indicator is measured, it cannot be entered."))
        return super().create(vals_list)

    def write(self, vals):
        """Refuse, whoever asks.

        :raises AccessError: anybody but the system
        :raises UserError: the system
        """
        self.check_access("write")
        if self:
            raise UserError(self.env._("The value of an indicator never changes. Measure again to add a revision."))
        return super().write(vals)

    def update_field_translations(self, field_name, translations, source_lang=""):
        """Refuse: the texts are those of the day of the measurement."""
        self.write({field_name: translations})
        return super().update_field_translations(field_name, translations, source_lang=source_lang)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The value of an indicator cannot be deleted."))
