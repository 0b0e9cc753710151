from odoo import fields, models

from .quality_feedback import SUBJECTS


class QualityFeedbackScore(models.Model):
    """The score of one dimension within one opinion, on the scale 0–100."""

    _name = "quality.feedback.score"
    _description = "Score of a dimension"
    _order = "feedback_id, dimension"
    _rec_name = "dimension"

    feedback_id = fields.Many2one("quality.feedback", required=True, index=True, ondelete="cascade", readonly=True)
    company_id = fields.Many2one(related="feedback_id.company_id", store=True, index=True)
    dimension = fields.Selection(SUBJECTS, required=True, readonly=True)
    score = fields.Float("Score (0–100)", required=True, readonly=True, aggregator="avg", digits=(5, 2))
    original_score = fields.Float(readonly=True, aggregator=None)

    _once = models.UniqueIndex("(feedback_id, dimension)", "A dimension has one score in an opinion.")
