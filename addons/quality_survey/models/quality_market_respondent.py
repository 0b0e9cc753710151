from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import email_normalize

from .quality_market_survey import TYPES
from .quality_survey_roles import STAFF


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
