from datetime import timedelta

from odoo import fields
from odoo.addons.service_ticket.tests.common import ServiceCase
from odoo.fields import Command
from odoo.tests import new_test_user


class VisitsCase(ServiceCase):
    """Marketing, a satisfaction manager, the general manager, a questionnaire, and a key customer."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.satisfaction = cls._survey_user("satisfaction", "group_survey_satisfaction_manager")
        cls.general = cls._survey_user("general", "group_survey_general_manager")
        cls.caller = cls._service_user("caller", "marketing")
        cls.foreign_caller = cls._service_user("foreign_caller", "marketing", cls.other_company)
        cls.customer.write({"customer_class": "key", "region_name": "East"})
        cls.survey = cls.env["survey.survey"].create(
            {
                "title": "Return visit",
                "access_mode": "token",
                "survey_type": "satisfaction",
                "questions_layout": "one_page",
                "feedback_channel": "return_visit",
                "question_and_page_ids": [
                    Command.create(
                        {"title": "How satisfied are you?", "question_type": "scale", "scale_min": 1, "scale_max": 5,
                         "feedback_role": "overall", "constr_mandatory": True, "sequence": 1}
                    ),
                    Command.create(
                        {"title": "With the quality?", "question_type": "scale", "scale_min": 1, "scale_max": 5,
                         "feedback_role": "dimension", "feedback_subject": "quality", "sequence": 2}
                    ),
                    Command.create(
                        {"title": "Would you recommend us?", "question_type": "scale", "scale_min": 0,
                         "scale_max": 10, "feedback_role": "nps", "sequence": 3}
                    ),
                    Command.create(
                        {"title": "Which product do you use most?", "question_type": "simple_choice", "sequence": 4,
                         "suggested_answer_ids": [
                             Command.create({"value": "Meters"}), Command.create({"value": "Valves"})]}
                    ),
                    Command.create({"title": "Anything else?", "question_type": "text_box", "sequence": 5}),
                ],
            }
        )

    @classmethod
    def _survey_user(cls, name, group):
        return new_test_user(
            cls.env, f"q_{name}", f"quality_survey.{group}", name=name.capitalize(),
            email=f"{name}@survey.example.com", company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _make_plan(cls, user=None, **vals):
        return cls.env["quality.return.visit.plan"].with_user(user or cls.satisfaction).create(
            {
                "name": "Key customers", "frequency_months": 6, "interviewer_ids": [Command.set(cls.caller.ids)],
                "survey_id": cls.survey.id, "company_id": cls.company.id, **vals,
            }
        )

    @classmethod
    def _make_visit(cls, user=None, **vals):
        return cls.env["quality.return.visit"].with_user(user or cls.caller).create(
            {
                "partner_id": cls.customer.id, "interviewer_id": cls.caller.id, "survey_id": cls.survey.id,
                "planned_at": fields.Datetime.now() + timedelta(hours=1), **vals,
            }
        )

    def _attempt(self, visit, user=None, **vals):
        return self.env["quality.return.attempt"].with_user(user or self.caller).create(
            {"visit_id": visit.id, "reached": True, "person": "Mr. Lin", **vals}
        )

    def _answer(self, visit, overall="4", quality="5", nps="9", user=None):
        visit = visit.with_user(user or self.caller)
        for role, grade in (("overall", overall), ("dimension", quality), ("nps", nps)):
            visit.answer_ids.filtered(lambda one, role=role: one.role == role).grade = grade
        visit.write({"words": "We are content.", "result": "good"})
        return visit

    def _hold(self, visit, user=None, **answers):
        """Take a planned visit to its end."""
        self._attempt(visit, user)
        visit = self._answer(visit, user=user, **answers)
        visit.action_done()
        return visit

    def _find(self, visit, kind="problem", text="Leaks at the flange", user=None, **vals):
        return self.env["quality.return.finding"].with_user(user or self.caller).create(
            {"visit_id": visit.id, "kind": kind, "text": text, **vals}
        )

    @classmethod
    def _make_form(cls, user=None, **vals):
        return cls.env["quality.acceptance.form"].with_user(user or cls.agent).create(
            {
                "partner_id": cls.customer.id, "contact_name": "Mr. Lin", "email": "lin@example.com",
                "line_ids": [Command.create({"product_id": cls.product.id, "quantity": 2, "serials": "SN-1, SN-2"})],
                **vals,
            }
        )

    def _judge(self, form, result="accepted", remark=False):
        form.check_ids.write({"result": result, "remark": remark})
        return form
