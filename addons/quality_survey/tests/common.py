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
