from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .quality_market_survey import TYPES
from .quality_survey_roles import STAFF


class QualityMarketFigure(models.Model):
    """How one type of respondents answered one question, as it was when the collection ended (D13)."""

    _name = "quality.market.figure"
    _description = "Figure of a market survey"
    _order = "campaign_id desc, sequence, question, answer, type, id"
    _rec_name = "question"

    campaign_id = fields.Many2one("quality.market.survey", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="campaign_id.company_id", store=True, index=True)
    sequence = fields.Integer(readonly=True)
    type = fields.Selection(TYPES, readonly=True)
    question = fields.Char(readonly=True)
    answer = fields.Char("Choice", readonly=True)
    words = fields.Text(readonly=True)
    answered = fields.Integer("Answers", readonly=True)
    mean = fields.Float("Mean (0–100)", readonly=True, digits=(5, 2), aggregator=None)
    has_mean = fields.Boolean(readonly=True)


class QualityMarketSurvey(models.Model):
    """The figures: three queries, whatever the number of answers."""

    _inherit = "quality.market.survey"

    def _read_figures(self):
        """Read the figures of these campaigns anew, as the system; test entries and unfinished answers do not count."""
        self.env.flush_all()
        for campaign in self.sudo():
            campaign.figure_ids.unlink()
            titles = {question.id: (number, question.title)
                      for number, question in enumerate(campaign.survey_id.question_ids, 1)}
            choices = {choice.id: choice.value for choice in campaign.survey_id.question_ids.suggested_answer_ids}
            rows = []
            for question_id, kind, count, mean in campaign._query_scales():
                rows.append({"question": question_id, "type": kind, "answered": count, "mean": mean, "has_mean": True})
            for question_id, kind, choice_id, count in campaign._query_choices():
                rows.append({"question": question_id, "type": kind, "answered": count,
                             "answer": choices.get(choice_id, "")})
            for question_id, kind, text in campaign._query_words():
                rows.append({"question": question_id, "type": kind, "answered": 1, "words": text})
            campaign.env["quality.market.figure"].create(
                [
                    {**row, "campaign_id": campaign.id, "sequence": titles[row["question"]][0],
                     "question": titles[row["question"]][1]}
                    for row in rows
                    if row["question"] in titles
                ]
            )
            campaign.figures_at = fields.Datetime.now()

    def _answer_lines(self):
        """Return the SQL of the valid answer lines of one campaign."""
        return SQL(
            """FROM survey_user_input_line line
               JOIN survey_user_input input ON input.id = line.user_input_id
               JOIN quality_market_respondent respondent ON respondent.id = input.market_respondent_id
               JOIN survey_question question ON question.id = line.question_id
              WHERE respondent.campaign_id = %s AND input.state = 'done' AND input.test_entry IS NOT TRUE
                AND line.skipped IS NOT TRUE""",
            self.id,
        )

    def _query_scales(self):
        """Return question, type, number and mean on 0–100; what lies off the scale was not answered on our page."""
        return self.env.execute_query(
            SQL(
                """SELECT line.question_id, respondent.type, COUNT(*),
                          AVG((line.value_scale - question.scale_min) * 100.0
                              / (question.scale_max - question.scale_min))
                   %s AND line.answer_type = 'scale'
                      AND line.value_scale BETWEEN question.scale_min AND question.scale_max
                 GROUP BY 1, 2""",
                self._answer_lines(),
            )
        )

    def _query_choices(self):
        return self.env.execute_query(
            SQL(
                """SELECT line.question_id, respondent.type, line.suggested_answer_id, COUNT(*)
                   %s AND line.answer_type = 'suggestion' AND line.suggested_answer_id IS NOT NULL
                 GROUP BY 1, 2, 3""",
                self._answer_lines(),
            )
        )

    def _query_words(self):
        return self.env.execute_query(
            SQL(
                """SELECT line.question_id, respondent.type, COALESCE(line.value_text_box, line.value_char_box)
                   %s AND line.answer_type IN ('text_box', 'char_box')
                 ORDER BY line.id""",
                self._answer_lines(),
            )
        )

    def action_refresh(self):
        """Read the figures again during the analysis.

        :raises UserError: the report is handed in
        """
        self._check_role(STAFF)
        self.check_access("write")
        for campaign in self:
            if campaign.state != "analysis":
                raise UserError(self.env._("%s is not being analysed.", campaign.display_name))
        self._read_figures()
        return True
