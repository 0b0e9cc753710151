from datetime import datetime

import pytz
from odoo import fields
from odoo.addons.service_ticket.tests.common import ServiceCase
from odoo.tests import new_test_user

ZONE = "Asia/Shanghai"


class StatementCase(ServiceCase):
    """The people of satisfaction, in a company in Shanghai, and opinions of the second quarter of 2025."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = ZONE
        cls.satisfaction = cls._survey_user("satisfaction", "satisfaction_manager")
        cls.general = cls._survey_user("general", "general_manager")
        cls.foreign_satisfaction = cls._survey_user("foreign_satisfaction", "satisfaction_manager", cls.other_company)
        cls.Statement = cls.env["quality.satisfaction.statement"]
        cls.indicator = cls.env.ref("quality_survey.indicator_satisfaction_rate")

    @classmethod
    def _survey_user(cls, name, group, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env, f"q_{name}", f"quality_survey.group_survey_{group}", name=name.capitalize(),
            email=f"{name}@survey.example.com", company_id=company.id,
            company_ids=[fields.Command.set(company.ids)],
        )

    @classmethod
    def _local(cls, *moment):
        """Return a moment of the wall clock in Shanghai as naive UTC."""
        return pytz.timezone(ZONE).localize(datetime(*moment)).astimezone(pytz.utc).replace(tzinfo=None)

    @classmethod
    def _opinion_vals(cls, score=None, nps=None, **vals):
        given = vals.pop("given_at", None) or cls._local(2025, 5, 10, 9)
        return {
            "company_id": cls.company.id, "given_at": given, "channel": "service_report", "subject": "service",
            "has_score": score is not None, "score": score or 0, "is_satisfied": (score or 0) >= 75,
            "has_nps": nps is not None, "nps": nps or 0, **vals,
        }

    @classmethod
    def _opinions(cls, *many):
        """File opinions as the system does; each is a dict of :meth:`_opinion_vals`."""
        return cls.env["quality.feedback"].sudo().create([cls._opinion_vals(**one) for one in many])

    @classmethod
    def _quarter(cls, user=None, year=2025, quarter="2", **vals):
        return cls.Statement.with_user(user or cls.satisfaction).create({"year": year, "quarter": quarter, **vals})

    def _reply_all(self, statement, text="We changed the bearing at once."):
        for problem in statement.problem_ids:
            problem.with_user(self.marketing).write({"reply": text})

    def _approve(self, statement):
        """Take a statement through its review: marketing, quality, general manager."""
        statement.with_user(self.satisfaction).action_submit()
        for user in (self.marketing, self.inspector, self.general):
            statement.with_user(user).action_approve()
        self.assertEqual(statement.state, "approved")
        return statement

    def _figure(self, statement, breakdown, key=False):
        return statement.figure_ids.filtered(lambda row: row.breakdown == breakdown and row.key == key)
