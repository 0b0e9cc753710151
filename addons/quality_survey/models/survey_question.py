import math

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .quality_feedback import SUBJECTS
from .survey_survey import OURS

ROLES = [
    ("overall", "Overall satisfaction"),
    ("dimension", "Satisfaction with one subject"),
    ("nps", "Would recommend (0–10)"),
    ("repurchase", "Would buy again"),
    ("comment", "In their own words"),
    ("segment", "Group the customer belongs to"),
]
SCORED = ("overall", "dimension", "repurchase")
CHOICES = ("simple_choice", "multiple_choice")
TEXT_LENGTH = 10000


class SurveyQuestion(models.Model):
    """What a question is asked for is said, not guessed from its title; what is posted is checked (E5)."""

    _inherit = "survey.question"

    feedback_role = fields.Selection(ROLES, "Asked for", help="What the answer counts as. Empty: it is only kept.")
    feedback_subject = fields.Selection(SUBJECTS, "About")

    @api.constrains("feedback_role", "feedback_subject", "question_type", "scale_min", "scale_max")
    def _check_feedback_role(self):
        for question in self.filtered("feedback_role"):
            role, kind = question.feedback_role, question.question_type
            if role == "dimension" and not question.feedback_subject:
                raise ValidationError(self.env._("“%s”: say what it is about.", question.title))
            if role in SCORED and kind not in ("scale", "simple_choice"):
                raise ValidationError(
                    self.env._("“%s”: a score is given on a scale or by one choice.", question.title)
                )
            if role == "nps" and (kind != "scale" or (question.scale_min, question.scale_max) != (0, 10)):
                raise ValidationError(
                    self.env._("“%s”: whether they would recommend us is asked on a scale from 0 to 10.",
                               question.title)
                )
            if role == "segment" and kind not in ("simple_choice", "char_box"):
                raise ValidationError(self.env._("“%s”: a group is one choice or a word.", question.title))

    # ------------------------------------------------------------------
    # What is posted
    # ------------------------------------------------------------------

    def validate_question(self, answer, comment=None):
        """Check what was posted; core checks neither the range of a scale nor whose choices these are."""
        self.ensure_one()
        if self.survey_id.survey_type != OURS:
            return super().validate_question(answer, comment)
        if isinstance(answer, (int, float)) and not isinstance(answer, bool):
            answer = str(answer)  # a zero is an answer
        problem = self._posted_problem(answer, comment)
        if problem:
            return {self.id: problem}
        if self.constr_mandatory and self.survey_id.questions_layout == "one_page" and not answer and not comment:
            return {self.id: self.constr_error_msg or self.env._("This question requires an answer.")}
        return super().validate_question(answer, comment)

    def _posted_problem(self, answer, comment):
        """Return what is wrong with a posted answer as a text, or None."""
        if comment and len(str(comment)) > TEXT_LENGTH:
            return self.env._("This is too long.")
        if answer in (None, False, "", [], {}):
            return None
        if self.question_type in CHOICES:
            return self._problem_of_choice(answer)
        if self.question_type == "matrix":
            return self._problem_of_matrix(answer)
        if not isinstance(answer, str):
            return self.env._("This is not an answer to the question.")
        if len(answer) > TEXT_LENGTH:
            return self.env._("This is too long.")
        if self.question_type == "scale" and self._as_id(answer) not in range(self.scale_min, self.scale_max + 1):
            return self.env._("Please choose from %(low)s to %(high)s.", low=self.scale_min, high=self.scale_max)
        if self.question_type == "numerical_box":
            return self._problem_of_number(answer)
        return None

    def _problem_of_number(self, answer):
        try:
            finite = math.isfinite(float(answer))
        except ValueError:
            finite = False
        return None if finite else self.env._("This is not a number")

    def _problem_of_choice(self, answer):
        given = answer if isinstance(answer, list) else [answer]
        ids = [self._as_id(one) for one in given]
        if not set(ids) <= set(self.suggested_answer_ids.ids) or len(set(ids)) != len(ids):
            return self.env._("This is not one of the choices.")
        return None

    def _problem_of_matrix(self, answer):
        if not isinstance(answer, dict):
            return self.env._("This is not an answer to the question.")
        rows, columns = set(self.matrix_row_ids.ids), set(self.suggested_answer_ids.ids)
        for row, given in answer.items():
            ids = [self._as_id(one) for one in given] if isinstance(given, list) else [None]
            if self._as_id(row) not in rows or not set(ids) <= columns or len(set(ids)) != len(ids):
                return self.env._("This is not one of the choices.")
            if self.matrix_subtype == "simple" and len(ids) > 1:
                return self.env._("For this question, you can only select one answer.")
        return None

    @staticmethod
    def _as_id(value):
        """Return a posted whole number, or None."""
        text = str(value).strip()
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    # ------------------------------------------------------------------
    # What an answer counts as
    # ------------------------------------------------------------------

    def _feedback_score(self, line):
        """Return ``(value, scale)`` of an answered question, or None when it does not count."""
        if line.skipped:
            return None
        if self.question_type == "scale" and line.answer_type == "scale":
            return line.value_scale, f"{self.scale_min}-{self.scale_max}"
        choice = line.suggested_answer_id
        if choice.feedback_counts:
            return choice.feedback_score, "0-100"
        return None


class SurveyQuestionAnswer(models.Model):
    _inherit = "survey.question.answer"

    feedback_counts = fields.Boolean("Counts", help="Off for “don't know”.")
    feedback_score = fields.Float("Score (0–100)", digits=(5, 2))

    _feedback_score_range = models.Constraint(
        "CHECK (feedback_score IS NULL OR feedback_score BETWEEN 0 AND 100)", "A score goes from 0 to 100."
    )
