from odoo.addons.survey.controllers.main import Survey


class MarketAnswer(Survey):
    """The questionnaire of a market survey: by the link alone, while the survey runs (D13).

    Whoever has the link answers, an interviewer of ours who is logged in too: in a talk staff fills it in.
    """

    def _check_validity(self, survey_sudo, answer_sudo, answer_token, ensure_token=True, check_partner=True):
        campaign = answer_sudo.market_respondent_id.campaign_id if answer_sudo else None
        if campaign and campaign.state != "running":
            return "answer_deadline"
        return super()._check_validity(
            survey_sudo, answer_sudo, answer_token, ensure_token, check_partner and not campaign
        )
