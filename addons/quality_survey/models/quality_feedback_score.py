from odoo import api, fields, models
from odoo.exceptions import UserError

from .quality_feedback import SUBJECTS


class QualityFeedbackScore(models.Model):
    """The score of one dimension within one opinion, on the scale 0–100."""

    _name = "quality.feedback.score"
    _description = "Score of a dimension"
    _order = "feedback_id, dimension"
    _rec_name = "dimension"

    feedback_id = fields.Many2one("quality.feedback", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="feedback_id.company_id", store=True, index=True)
    is_held = fields.Boolean(related="feedback_id.is_held", store=True)
    dimension = fields.Selection(SUBJECTS, required=True, readonly=True)
    score = fields.Float("Score (0–100)", required=True, readonly=True, aggregator="avg", digits=(5, 2))
    original_score = fields.Float(readonly=True, aggregator=None)

    _once = models.UniqueIndex("(feedback_id, dimension)", "A dimension has one score in an opinion.")

    def write(self, vals):
        """Write nothing: a score stays as it was given.

        :raises UserError: always, but for what follows from the opinion
        """
        if {"dimension", "score", "original_score", "feedback_id"} & vals.keys():
            raise UserError(self.env._("A score stays as it was given."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_corrected(self):
        if any(score.feedback_id.is_final for score in self):
            raise UserError(self.env._("A score stays as it was given."))
