from odoo import fields, models

from .quality_feedback import SUBJECTS


class SurveyQuestion(models.Model):
    """What a question asks about, said and not guessed from its title."""

    _inherit = "survey.question"

    quality_role = fields.Selection(
        [
            ("overall", "Satisfaction in all"),
            ("dimension", "Satisfaction with one subject"),
            ("nps", "Would recommend (0–10)"),
            ("comment", "The customer's words"),
        ],
        "Role in satisfaction",
    )
    quality_dimension = fields.Selection(SUBJECTS, "Subject", help="With which subject the customer is satisfied.")

    def _satisfaction_role(self):
        """Return ``(role, dimension)`` of one question, each False when it has none."""
        self.ensure_one()
        role = self.quality_role or False
        return role, role == "dimension" and (self.quality_dimension or "other")

    def _satisfaction_score(self, value):
        """Return an answer on this scale as 0–100; None when it is not on the scale."""
        self.ensure_one()
        low, high = self.scale_min, self.scale_max
        return (value - low) / (high - low) * 100 if low <= value <= high else None
