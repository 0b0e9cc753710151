from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .quality_feedback import CHANNELS, SUBJECTS
from .quality_survey_roles import CLERK, MANAGER

OURS = "satisfaction"
#: channels an answered questionnaire can belong to
ASKED = [(value, label) for value, label in CHANNELS if value in ("survey", "return_visit", "acceptance", "market")]


class SurveySurvey(models.Model):
    """A questionnaire about satisfaction: its answers become opinions (E5)."""

    _inherit = "survey.survey"

    survey_type = fields.Selection(
        selection_add=[(OURS, "Customer satisfaction")], ondelete={OURS: "set default"}
    )
    company_id = fields.Many2one("res.company", index="btree_not_null", help="Empty: for all companies.")
    is_anonymous = fields.Boolean(
        "Anonymous", help="Nobody can tell who answered what; answers show only once enough people have answered."
    )
    feedback_channel = fields.Selection(ASKED, "Opinions come by", default="survey", required=True)
    feedback_subject = fields.Selection(SUBJECTS, "Opinions are about", default="service", required=True)

    @api.constrains("survey_type", "is_anonymous", "users_login_required", "is_time_limited", "scoring_type",
                    "question_and_page_ids")
    def _check_satisfaction(self):
        for survey in self.filtered(lambda survey: survey.survey_type == OURS):
            if survey.is_time_limited or survey.scoring_type != "no_scoring" or survey.session_state:
                raise ValidationError(
                    self.env._("%s: nobody is examined; neither a time limit nor a score belongs here.", survey.title)
                )
            naming = survey.question_ids.filtered(lambda one: one.save_as_email or one.save_as_nickname)
            if survey.is_anonymous and (survey.users_login_required or naming):
                raise ValidationError(
                    self.env._("%s is anonymous: it asks neither for a login nor for a name or an address.",
                               survey.title)
                )
            for role, label in (("overall", self.env._("overall")), ("nps", self.env._("would recommend"))):
                if len(survey.question_ids.filtered(lambda one, role=role: one.feedback_role == role)) > 1:
                    raise ValidationError(
                        self.env._("%(survey)s: only one question has the role “%(role)s”.", survey=survey.title,
                                   role=label)
                    )

    def write(self, vals):
        """Write; whether answers are anonymous was promised, and the sort of the questionnaire decides who reads them.

        :raises UserError: somebody was invited or has answered already
        """
        promised = {"is_anonymous", "survey_type"} & vals.keys()
        if promised:
            ours = self.filtered(lambda survey: survey.survey_type == OURS)
            changed = ours.filtered(lambda survey: any(survey[name] != vals[name] for name in promised))
            answered = self.env["survey.user_input"].sudo().search_count(
                [("survey_id", "in", changed.ids), ("test_entry", "=", False)], limit=1
            )
            invited = self.env["quality.survey.invitation"].sudo().search_count(
                [("survey_id", "in", changed.ids)], limit=1
            )
            if answered or invited:
                raise UserError(
                    self.env._("People were invited already and know whether they are anonymous. "
                               "Duplicate the questionnaire and change the copy.")
                )
        return super().write(vals)

    @api.depends("survey_type")
    @api.depends_context("uid")
    def _compute_allowed_survey_types(self):
        result = super()._compute_allowed_survey_types()
        if self.env.user.has_groups(f"{MANAGER},survey.group_survey_user"):
            self.allowed_survey_types = [*(self.allowed_survey_types or ()), OURS]
        return result

    def action_send_survey(self):
        """Invite: for questionnaires about satisfaction through the ledger of invitations."""
        ours = self.filtered(lambda survey: survey.survey_type == OURS)
        if not ours:
            return super().action_send_survey()
        self.ensure_one()
        self.env["quality.feedback"]._check_role(CLERK)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_survey.quality_survey_invite_action"),
            "context": {"default_survey_id": self.id},
        }

    def _invitation_needed(self):
        """Return whether only those who were invited answer this questionnaire."""
        self.ensure_one()
        return self.survey_type == OURS and self.access_mode == "token"
