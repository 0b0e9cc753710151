from inspect import signature

from odoo.addons.quality_survey.tests.common_visits import VisitsCase
from odoo.exceptions import AccessError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestEveryVisitMethod(VisitsCase):
    """D9, D12 to D14: every public method × (portal user, employee of no group, other company) is refused."""

    ARGUMENTS = {"action_cancel": ["x"], "action_refuse": ["x"], "action_answer": ["x"], "action_sign": ["x", "y"]}
    MODELS = (
        "quality.return.visit", "quality.return.visit.plan", "quality.return.finding", "quality.visit.report",
        "quality.acceptance.form", "quality.market.survey", "quality.market.respondent", "quality.market.gap",
    )

    def _records(self):
        visit = self._make_visit()
        finding = self._find(visit)
        campaign = self.env["quality.market.survey"].with_user(self.caller).create({"title": "Market"})
        return {
            "quality.return.visit": visit,
            "quality.return.visit.plan": self._make_plan(),
            "quality.return.finding": finding,
            "quality.visit.report": self.env["quality.visit.report"].with_user(self.caller).create(
                {"date_from": "2026-01-05", "date_to": "2026-01-11"}
            ),
            "quality.acceptance.form": self._make_form(),
            "quality.market.survey": campaign,
            "quality.market.respondent": self.env["quality.market.respondent"].create(
                {"campaign_id": campaign.id, "name": "x"}
            ),
            "quality.market.gap": self.env["quality.market.gap"].create({"campaign_id": campaign.id, "name": "x"}),
            "service.ticket": self._make_ticket(kind="installation"),
        }

    def test_table(self):
        tried = 0
        for model, record in self._records().items():
            own = {name for cls in type(record).mro() if "quality_survey" in cls.__module__ for name in vars(cls)}
            methods = sorted(
                name for name in own if name.startswith("action_") and callable(getattr(type(record), name))
            )
            self.assertTrue(methods, model)
            for name in methods:
                for user in (self.portal_user, self.plain_user, self.foreign_caller):
                    with self.assertRaises(AccessError, msg=f"{model}.{name} as {user.login}"), self.cr.savepoint():
                        method = getattr(record.with_user(user), name)
                        takes = len(signature(method).parameters)
                        method(*self.ARGUMENTS.get(name, [])[:takes])
                    tried += 1
        self.assertGreater(tried, 90)

    def test_other_company(self):
        """D9: nobody of another company sees visits, findings, reports, forms or surveys."""
        for model, record in self._records().items():
            found = self.env[model].with_user(self.foreign_caller).search([("id", "=", record.id)])
            self.assertFalse(found, model)

    def test_nobody_without_a_role(self):
        """D9, D14: portal users and employees of no group read none of it."""
        for model in (*self.MODELS, "quality.return.answer", "quality.return.attempt", "quality.market.figure",
                      "quality.acceptance.form.check", "quality.visit.report.line"):
            for user in (self.portal_user, self.plain_user):
                with self.assertRaises(AccessError, msg=model):
                    self.env[model].with_user(user).search([])

    def test_readers_do_not_write(self):
        """D9, D13: the quality staff reads and changes nothing."""
        records = self._records()
        for model in ("quality.return.visit", "quality.market.survey", "quality.acceptance.form"):
            record = records[model].with_user(self.inspector)
            self.assertTrue(record.name)
            with self.assertRaises(AccessError, msg=model):
                record.write({"company_id": self.company.id})
            with self.assertRaises(AccessError, msg=model):
                self.env[model].with_user(self.inspector).create({})

    def test_numbers_of_another_company(self):
        """A further company gets number sequences and points of its own with its defaults."""
        self.other_company.with_user(self.manager).sudo().action_quality_setup()
        for code in ("quality.return.visit", "quality.acceptance.form", "service.ticket", "quality.incident"):
            self.assertTrue(
                self.env["ir.sequence"].search([("code", "=", code), ("company_id", "=", self.other_company.id)]), code
            )
        self.assertTrue(self.env["quality.acceptance.item"].search([("company_id", "=", self.other_company.id)]))
