from datetime import timedelta

from odoo import fields
from odoo.addons.service_ticket.tests.common import ServiceCase
from odoo.tests import new_test_user


class SurveyCase(ServiceCase):
    """The people of customer satisfaction, and an opinion in hand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.satisfaction = new_test_user(
            cls.env, "s_satisfaction", "quality_survey.group_survey_satisfaction_manager", name="Satisfaction",
            email="satisfaction@service.example.com", company_id=cls.company.id,
            company_ids=[fields.Command.set(cls.company.ids)],
        )
        cls.foreign_satisfaction = new_test_user(
            cls.env, "s_foreign_satisfaction", "quality_survey.group_survey_satisfaction_manager",
            company_id=cls.other_company.id, company_ids=[fields.Command.set(cls.other_company.ids)],
        )
        cls.feedback = cls.env["quality.feedback"]

    @classmethod
    def _opinion(cls, **vals):
        """File one opinion as the system does; ``score`` on 1–5."""
        return cls.feedback.sudo()._collect([{
            "channel": "talk", "subject": "service", "partner_id": cls.customer.id, "score": 4, "scale": "1-5",
            "company_id": cls.company.id, **vals,
        }])

    @classmethod
    def _enter(cls, user=None, **vals):
        """Enter one opinion by hand."""
        return cls.feedback.with_user(user or cls.marketing).create({
            "channel": "talk", "subject": "price", "comment": "Too dear", "partner_id": cls.customer.id,
            "given_at": fields.Datetime.now() - timedelta(hours=1), **vals,
        })

    def _of(self, record, channel=None):
        """Return the opinions filed from ``record``, withdrawn ones too."""
        domain = [("source_model", "=", record._name), ("source_id", "in", record.ids)]
        if channel:
            domain.append(("channel", "=", channel))
        return self.feedback.with_context(active_test=False).sudo().search(domain)

    # ------------------------------------------------------------------
    # Questionnaires
    # ------------------------------------------------------------------

    @classmethod
    def _person(cls, name, **vals):
        """Return a contact of the customer who may be asked."""
        return cls.env["res.partner"].create(
            {"name": name, "email": f"{name.lower()}@customer.example.com", "parent_id": cls.customer.id, **vals}
        )

    @classmethod
    def _rule(cls, survey="post_service", **vals):
        return cls.env["quality.survey.rule"].create(
            {"name": "Rule", "survey_id": cls.env.ref(f"quality_survey.survey_{survey}").id, "event": "manual",
             "delay_hours": 0, "company_id": cls.company.id, **vals}
        )

    def _invite(self, partner, rule, send=True, key="x"):
        """Return the invitation of ``partner``, sent unless told otherwise."""
        invitation = rule._plan_partners(partner, key).sudo()
        if send:
            invitation._send(fields.Datetime.now())
        return invitation

    def _question(self, survey, name):
        return self.env.ref(f"quality_survey.question_{survey}_{name}")

    def _answers(self, survey="post_service", **answers):
        """Return what a browser posts: questions by their short name."""
        return {str(self._question(survey, name).id): value for name, value in answers.items()}
