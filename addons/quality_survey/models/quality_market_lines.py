from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL, email_normalize

from .quality_market_survey import TYPES
from .quality_survey_roles import STAFF

TITLE_LENGTH = 80


class QualityMarketRespondent(models.Model):
    """Somebody who is asked about the market: by a link of their own, or in a talk (D13)."""

    _name = "quality.market.respondent"
    _description = "Respondent of a market survey"
    _inherit = ["quality.line.mixin"]
    _order = "campaign_id desc, type, name, id"
    _check_company_auto = True
    _document_field = "campaign_id"
    _document_states = ("draft", "running")
    _personal_fields = ("name", "email", "organisation")

    campaign_id = fields.Many2one(
        "quality.market.survey", "Market survey", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="campaign_id.company_id", store=True, index=True)
    type = fields.Selection(TYPES, required=True, default="customer")
    partner_id = fields.Many2one("res.partner", "Contact", index="btree_not_null")
    name = fields.Char(compute="_compute_who", store=True, readonly=False, precompute=True)
    email = fields.Char("E-mail", compute="_compute_who", store=True, readonly=False, precompute=True)
    organisation = fields.Char()
    user_input_id = fields.Many2one(
        "survey.user_input", "Answer", readonly=True, copy=False, index="btree_not_null", ondelete="set null",
        groups="base.group_system",
    )
    invited_at = fields.Datetime("Invited on", readonly=True, copy=False)
    state = fields.Selection(
        [("waiting", "To be asked"), ("invited", "Invited"), ("answered", "Answered")],
        compute="_compute_state", store=True, compute_sudo=True, index=True,
    )

    _contact_once = models.UniqueIndex(
        "(campaign_id, partner_id) WHERE partner_id IS NOT NULL", "This contact is asked already."
    )

    @api.depends("partner_id")
    def _compute_who(self):
        for respondent in self:
            if respondent.partner_id:
                respondent.name = respondent.partner_id.name
                respondent.email = respondent.partner_id.email

    @api.depends("user_input_id.state", "invited_at")
    def _compute_state(self):
        for respondent in self:
            answered = respondent.user_input_id.state == "done"
            respondent.state = "answered" if answered else "invited" if respondent.invited_at else "waiting"

    _theirs = frozenset({"user_input_id", "invited_at", "state"})

    @api.model_create_multi
    def create(self, vals_list):
        self._check_theirs(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Write; whom an answer belongs to does not change once there is one.

        :raises UserError: the respondent was asked already
        """
        self._check_theirs(vals)
        fixed = {"partner_id", "type", "email", "campaign_id"} & vals.keys()
        if fixed and not self.env.su and any(one.state == "answered" for one in self):
            raise UserError(self.env._("Who has answered stays as they answered."))
        return super().write(vals)

    @api.model
    def _check_theirs(self, *vals_list):
        if not self.env.su and any(not vals.keys().isdisjoint(self._theirs) for vals in vals_list):
            raise AccessError(self.env._("Invitations and answers are set by the system; they cannot be entered."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_asked(self):
        if not self.env.su and any(one.state != "waiting" for one in self):
            raise UserError(self.env._("Who was asked already stays in the survey."))

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def _invite(self):
        """Give everybody who has none a link of their own, and mail it to whoever has an address; once."""
        waiting = self.sudo().filtered(lambda one: one.state == "waiting")
        waiting.lock_for_update(allow_referencing=True)
        waiting.invalidate_recordset(["invited_at"])
        mailed = waiting.filtered(lambda one: not one.invited_at and email_normalize(one.email or ""))
        for respondent in mailed:
            respondent._give_link()
        mailed.invited_at = fields.Datetime.now()
        template = self.env.ref("quality_survey.mail_template_market_survey").sudo()
        if mailed:
            template.send_mail_batch(mailed.ids, email_layout_xmlid="mail.mail_notification_light")

    def _give_link(self):
        """Return the answer of one respondent, made when there is none; nobody's login is needed to open it."""
        if not self.user_input_id:
            campaign = self.campaign_id
            # Without a partner: whoever has the link answers, logged in or not (an interviewer of ours too).
            self.user_input_id = campaign.survey_id._create_answer(
                email=self.email or False,
                nickname=self.name or False,
                check_attempts=False,
                deadline=fields.Datetime.end_of(fields.Datetime.to_datetime(campaign.date_end), "day"),
                market_respondent_id=self.id,
            )
        return self.user_input_id

    def _link(self):
        """Return the absolute address of the questionnaire of one respondent."""
        answer = self.sudo()._give_link()
        return f"{answer.survey_id.get_base_url()}{answer.get_start_url()}"

    def action_interview(self):
        """Return the action that opens the questionnaire of this respondent, to be filled in during a talk (D13).

        :raises AccessError: the user does not work in customer satisfaction
        :raises UserError: the survey is not running, or there is an answer already
        """
        self.ensure_one()
        self.campaign_id._check_role(STAFF)
        self.check_access("write")
        if self.campaign_id.state != "running":
            raise UserError(self.env._("%s is not running.", self.campaign_id.display_name))
        if self.state == "answered":
            raise UserError(self.env._("%s has answered already.", self.name or self.partner_id.name or ""))
        respondent = self.sudo()
        respondent.lock_for_update(allow_referencing=True)
        url = respondent._link()
        if not respondent.invited_at:
            respondent.invited_at = fields.Datetime.now()
        return {"type": "ir.actions.act_url", "url": url, "target": "new"}


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    market_respondent_id = fields.Many2one(
        "quality.market.respondent", "Respondent of a market survey", readonly=True, copy=False,
        index="btree_not_null", ondelete="set null",
    )

    def _is_invited(self):
        """Who is asked in a market survey was invited by it."""
        return bool(self.market_respondent_id) or super()._is_invited()

    def _feedback_values(self):
        """What a customer says in a market survey is an opinion of a customer; what others say is none (D10, D13)."""
        values = super()._feedback_values()
        respondent = self.market_respondent_id
        if not values or not respondent:
            return values
        if respondent.type != "customer":
            return None
        return {
            **values,
            "channel": "market",
            "company_id": respondent.company_id.id,
            "partner_id": respondent.partner_id.id,
        }


class QualityMarketGap(models.Model):
    """Where the company lags behind, why, and what is done about it by whom (D13)."""

    _name = "quality.market.gap"
    _description = "Gap found in a market survey"
    _inherit = ["quality.line.mixin"]
    _order = "campaign_id desc, sequence, id"
    _check_company_auto = True
    _document_field = "campaign_id"
    _document_states = ("running", "analysis")
    _personal_fields = ("name", "cause", "measure")

    campaign_id = fields.Many2one(
        "quality.market.survey", "Market survey", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="campaign_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("Gap", required=True)
    cause = fields.Text()
    measure = fields.Text()
    department_id = fields.Many2one("hr.department", "Department", index="btree_not_null", check_company=True)
    improvement_id = fields.Many2one(
        "service.improvement", readonly=True, copy=False, index="btree_not_null", check_company=True,
        ondelete="restrict",
    )
    rectification_id = fields.Many2one(
        "quality.rectification", "Rectification notice", readonly=True, copy=False, index="btree_not_null",
        check_company=True, ondelete="restrict",
    )

    def _is_settled(self):
        return bool((self.measure or "").strip() and (self.improvement_id or self.rectification_id))

    @api.model_create_multi
    def create(self, vals_list):
        self._check_destination(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_destination(vals)
        return super().write(vals)

    @api.model
    def _check_destination(self, *vals_list):
        if not self.env.su and any({"improvement_id", "rectification_id"} & vals.keys() for vals in vals_list):
            raise AccessError(self.env._("What a gap becomes is set by its buttons; it cannot be entered."))

    def action_make_improvement(self):
        """Pass this gap to engineering as an improvement and return its form; a second tap opens the same."""
        return self._act("improvement_id", "rectification_id", self._make_improvement)

    def action_make_rectification(self):
        """Draft a notice to the department and return its form; a second tap opens the same (D16: until effective)."""
        return self._act("rectification_id", "improvement_id", self._make_rectification)

    def _act(self, destination, other, make):
        self.ensure_one()
        self.campaign_id._check_role(STAFF)
        self.check_access("write")
        gap = self.sudo()
        gap.lock_for_update(allow_referencing=True)
        gap.invalidate_recordset([destination, other])
        if gap[other]:
            raise UserError(self.env._("“%(gap)s” became %(document)s already.",
                                       gap=gap.name, document=gap[other].display_name))
        if not gap[destination]:
            if gap.campaign_id.state not in ("running", "analysis"):
                raise UserError(self.env._("%s is not being analysed.", gap.campaign_id.display_name))
            if not (gap.measure or "").strip():
                raise UserError(self.env._("“%s”: write the measure first.", gap.name))
            gap.write({destination: make().id})
        return gap[destination].with_env(self.env).get_formview_action()

    def _make_improvement(self):
        return self.env["service.improvement"].sudo().create(
            {
                "name": self.name[:TITLE_LENGTH],
                "note": "\n".join(filter(None, (self.name, self.cause, self.measure))),
                "trend": "competitor",
                "department_id": self.department_id.id,
                "company_id": self.company_id.id,
            }
        )

    def _make_rectification(self):
        return self.env["quality.rectification"]._raise_from(
            self,
            [{"requirement": self.measure}],
            subject=self.name,
            description="\n".join(filter(None, (self.campaign_id.display_name, self.cause))),
            recipient_department_id=self.department_id.id,
            company_id=self.company_id.id,
        )


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
