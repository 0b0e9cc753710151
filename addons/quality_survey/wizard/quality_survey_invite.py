from odoo import fields, models

from ..models.survey_survey import OURS


class QualitySurveyInvite(models.TransientModel):
    """Choose whom to invite by hand."""

    _name = "quality.survey.invite"
    _description = "Invite customers"

    survey_id = fields.Many2one(
        "survey.survey", "Questionnaire", required=True,
        domain=f"[('survey_type', '=', '{OURS}'), ('access_mode', '=', 'token')]",
    )
    partner_ids = fields.Many2many("res.partner", string="Contacts", required=True)

    def action_invite(self):
        """Plan the invitations and show what became of each.

        :raises AccessError: the user does not work in marketing, or may not see the questionnaire
        """
        self.ensure_one()
        self.env["quality.feedback"]._check_role("service_ticket.group_service_marketing")
        self.survey_id.check_access("read")
        planned = self._manual_rule()._plan_partners(self.partner_ids, f"manual {self.id}")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_survey.quality_survey_invitation_action"),
            "domain": [("id", "in", planned.ids)],
            "context": {},
        }

    def _manual_rule(self):
        """Return the rule that invitations by hand are noted under, made where there is none yet."""
        rules = self.env["quality.survey.rule"].sudo()
        domain = [("event", "=", "manual"), ("company_id", "=", self.env.company.id),
                  ("survey_id", "=", self.survey_id.id)]
        return rules.search(domain, limit=1) or rules.create(
            {
                "name": self.env._("Chosen by hand: %s", self.survey_id.title), "survey_id": self.survey_id.id,
                "event": "manual", "delay_hours": 0, "company_id": self.env.company.id,
            }
        )
