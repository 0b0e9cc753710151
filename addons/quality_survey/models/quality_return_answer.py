from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.scales import to_hundred

#: kinds of questions an interviewer can ask aloud
TYPES = [("scale", "Grade"), ("choice", "Choice"), ("text", "Words")]
GRADES = [(str(grade), str(grade)) for grade in range(11)]


class QualityReturnAnswer(models.Model):
    """One question of a return visit, as it was asked, and its answer, entered while the customer speaks."""

    _name = "quality.return.answer"
    _description = "Answer in a return visit"
    _inherit = ["quality.line.mixin"]
    _order = "visit_id desc, sequence, id"
    _rec_name = "question"
    _document_field = "visit_id"
    _document_states = ("planned", "in_progress", "missed")
    _personal_fields = ("words",)

    visit_id = fields.Many2one("quality.return.visit", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="visit_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10, readonly=True)
    question_id = fields.Many2one("survey.question", readonly=True, index="btree_not_null", ondelete="set null")
    question = fields.Char(required=True, readonly=True)
    answer_type = fields.Selection(TYPES, required=True, readonly=True, default="text")
    role = fields.Char(readonly=True, export_string_translation=False)
    dimension = fields.Char(readonly=True, export_string_translation=False)
    scale_min = fields.Integer(readonly=True, aggregator=None)
    scale_max = fields.Integer(readonly=True, aggregator=None)
    scale = fields.Char(compute="_compute_scale")
    is_mandatory = fields.Boolean("Must be asked", readonly=True)

    grade = fields.Selection(GRADES)
    choice_id = fields.Many2one(
        "survey.question.answer", domain="[('question_id', '=', question_id)]", ondelete="restrict",
        index="btree_not_null",
    )
    words = fields.Char("In words")
    refused = fields.Boolean("No answer", help="The customer does not know or does not want to say.")

    @api.depends("scale_min", "scale_max", "answer_type")
    def _compute_scale(self):
        for answer in self:
            answer.scale = f"{answer.scale_min}–{answer.scale_max}" if answer.answer_type == "scale" else False

    #: the question is the questionnaire's
    _asked = (
        "visit_id", "question_id", "question", "answer_type", "role", "dimension", "scale_min", "scale_max",
        "is_mandatory", "sequence",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("The questions come from the questionnaire."))
        return super().create(vals_list)

    def write(self, vals):
        """Write the answer; a grade outside its scale or a choice of another question is refused.

        :raises UserError: the answer does not fit the question, or the question itself would change
        """
        if not self.env.su and not vals.keys().isdisjoint(self._asked):
            raise UserError(self.env._("The questions come from the questionnaire."))
        if not self.env.su:
            self.visit_id._check_own()
        result = super().write(vals)
        for answer in self:
            answer._check_answer()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_system(self):
        if not self.env.su:
            raise UserError(self.env._("The questions come from the questionnaire."))

    def _check_answer(self):
        if self.grade and not (
            self.answer_type == "scale" and self.scale_min <= int(self.grade) <= self.scale_max
        ):
            raise UserError(
                self.env._(
                    "“%(question)s”: choose from %(low)d to %(high)d.",
                    question=self.question, low=self.scale_min, high=self.scale_max,
                )
            )
        if self.choice_id and self.sudo().choice_id.question_id != self.question_id:
            raise UserError(self.env._("“%s”: this is a choice of another question.", self.question))

    def _is_answered(self):
        return bool(self.grade or self.choice_id or (self.words or "").strip() or self.refused)

    def _score(self):
        """Return the answer as 0–100; None without one, and for a choice that does not count."""
        given = self._given()
        return to_hundred(*given)[0] if given else None

    def _given(self):
        """Return ``(value, scale)`` as it was answered, or None."""
        if self.refused:
            return None
        if self.grade and self.scale_max > self.scale_min:
            return int(self.grade), f"{self.scale_min}-{self.scale_max}"
        choice = self.sudo().choice_id
        return (choice.feedback_score, "0-100") if choice.feedback_counts else None

    @api.model
    def _questions_of(self, survey):
        """Return the values of the questions of ``survey``, in its language; sections and matrices are left out."""
        types = {"scale": "scale", "simple_choice": "choice", "text_box": "text", "char_box": "text",
                 "numerical_box": "text", "date": "text"}
        found = []
        for number, question in enumerate(survey.question_ids, 1):
            if question.question_type in types:
                found.append(
                    {
                        "sequence": number,
                        "question_id": question.id,
                        "question": question.title,
                        "answer_type": types[question.question_type],
                        "role": question.feedback_role,
                        "dimension": question.feedback_subject,
                        "scale_min": question.scale_min,
                        "scale_max": question.scale_max,
                        "is_mandatory": question.constr_mandatory,
                    }
                )
        return found
