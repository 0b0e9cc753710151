from odoo import api, fields, models
from odoo.exceptions import UserError


class QualitySatisfactionMeasure(models.Model):
    """What an indicator of service was in the quarter of a statement; written by the system, frozen with it (D15)."""

    _name = "quality.satisfaction.measure"
    _description = "Service measured in a statement"
    _order = "statement_id desc, id"
    _rec_name = "indicator_id"

    statement_id = fields.Many2one(
        "quality.satisfaction.statement", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="statement_id.company_id", store=True, index=True)
    indicator_id = fields.Many2one("quality.indicator", required=True, readonly=True, index=True, ondelete="restrict")
    unit = fields.Char(readonly=True, export_string_translation=False)
    numerator = fields.Float(readonly=True, aggregator=None)
    denominator = fields.Float(readonly=True, aggregator=None)
    value = fields.Float(readonly=True, aggregator=None)
    has_target = fields.Boolean(readonly=True)
    target = fields.Float(readonly=True, aggregator=None)
    direction = fields.Char(readonly=True, export_string_translation=False)
    verdict = fields.Selection(
        lambda self: self.env["quality.satisfaction.figure"]._fields["verdict"]._description_selection(self.env),
        readonly=True,
    )
    value_text = fields.Char("Value in words", compute="_compute_texts")
    target_text = fields.Char("Target in words", compute="_compute_texts")

    @api.depends("value", "target", "verdict")
    @api.depends_context("lang")
    def _compute_texts(self):
        for measure in self:
            counted = f"{measure.numerator:g} / {measure.denominator:g}"
            known = measure.verdict != "no_data"
            measure.value_text = f"{measure.value:.1f} % ({counted})" if known else "–"
            sign = "≤" if measure.direction == "lower" else "≥"
            measure.target_text = f"{sign} {measure.target:g} %" if measure.has_target else ""

    def write(self, vals):
        """Refuse once the statement is no draft.

        :raises AccessError: anybody but the system
        """
        self.check_access("write")
        self._check_draft()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_in_draft(self):
        self._check_draft()

    def _check_draft(self):
        for statement in self.statement_id:
            if statement.state != "draft":
                raise UserError(self.env._("%s: its figures are frozen.", statement.display_name))
