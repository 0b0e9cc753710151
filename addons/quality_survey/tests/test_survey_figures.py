from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from .statement_common import StatementCase

SPAN = (date(2025, 4, 1), date(2025, 6, 30))


@tagged("post_install", "-at_install")
class TestSurveyIndicators(StatementCase):
    """B5, C3, F8: satisfaction, recommendation, response and replies agree with opinions counted by hand."""

    def _measure(self, code, historic=False):
        indicator = self.env.ref(f"quality_survey.indicator_satisfaction_{code}")
        indicator.include_historic = historic
        [measure] = indicator._measure_spans([(indicator, *SPAN)])
        return measure.numerator, measure.denominator, measure.excluded

    def test_definitions_b5(self):
        self.assertEqual((self.indicator.target, self.indicator.is_sample), (85, True))
        for indicator in self.env["quality.indicator"].search([("code", "=like", "satisfaction_%")]):
            self.assertTrue(indicator.formula and indicator.numerator_text and indicator.exclusion_text)

    def test_measures_c3(self):
        self._opinions(
            {"score": 100, "nps": 10}, {"score": 75, "nps": 8}, {"score": 74, "nps": 6}, {"nps": 0}, {},
            {"score": 0, "subject": "competitor"}, {"score": 0, "is_historic": True, "nps": 0},
            {"score": 0, "given_at": self._local(2025, 7, 1, 0)},
        )
        self.assertEqual(self._measure("rate"), (2, 3, 2))
        self.assertEqual(self._measure("rate", historic=True), (2, 4, 1))
        self.assertEqual(self._measure("nps"), (-1, 4, 1))
        value = self.env["quality.indicator.value"].sudo()._store(
            [(self.env.ref("quality_survey.indicator_satisfaction_nps"), *SPAN)]
        )
        self.assertEqual((value.value, value.value_text, value.verdict), (-25, "-25", "no_target"))

    def test_replies_d15(self):
        self._opinions({"score": 0, "comment": "Slow"}, {"score": 0, "comment": "Loud"})
        statement = self._quarter()
        today = fields.Date.today()
        indicator = self.env.ref("quality_survey.indicator_satisfaction_replies")
        span = (indicator, today - timedelta(days=3), today + timedelta(days=3))
        [before] = indicator._measure_spans([span])
        statement.problem_ids[0].with_user(self.marketing).reply = "Faster now"
        [after] = indicator._measure_spans([span])
        self.assertEqual((after.numerator - before.numerator, after.denominator - before.denominator), (1, 0))

    def test_the_statement_agrees_with_the_indicator(self):
        self._opinions(*({"score": 25 * (turn % 5), "nps": turn % 11} for turn in range(40)))
        total = self._quarter().total_id
        self.assertEqual(self._measure("rate")[:2], (total.satisfied, total.scored))
        self.assertEqual(self._measure("nps")[:2], (total.promoters - total.detractors, total.asked))

    def test_service_in_the_quarter_c3(self):
        ticket = self._make_ticket(kind="conduct", conduct_employee_id=self.employee_a.id)
        ticket.sudo().write({"received_at": self._local(2025, 5, 1, 9), "conduct_finding": "substantiated"})
        statement = self._quarter()
        measures = {row.indicator_id.code: row for row in statement.measure_ids}
        rate = measures["service_complaint_rate"]
        self.assertEqual((rate.numerator, rate.denominator, rate.verdict), (1, 1, "not_met"))
        self.assertIn("service_timeliness", measures)

    def test_cockpit_f8(self):
        """F8: three numbers, each with what it was counted from; each opens its records."""
        now = fields.Datetime.now()
        self._opinions(
            {"score": 100, "nps": 10, "given_at": now}, {"score": 0, "nps": 3, "comment": "Slow", "given_at": now}
        )
        quarter = {"year": now.year, "quarter": str((now.month + 2) // 3)}
        self._quarter(**quarter)
        cockpit = self.env["quality.cockpit"].with_user(self.general)
        [panel] = [one for one in cockpit.get_figures()["panels"] if one["key"] == "satisfaction"]
        self.assertEqual(len(panel["figures"]), 3)
        satisfied, recommended, problems = panel["figures"]
        for figure, number in ((satisfied, 2), (recommended, 2), (problems, 1)):
            model = self.env[figure["action"]["res_model"]].with_user(self.general)
            self.assertGreaterEqual(model.search_count(figure["action"]["domain"]), number)
        total = self.env["quality.feedback"].search_count(satisfied["action"]["domain"])
        good = self.env["quality.feedback"].search_count([*satisfied["action"]["domain"], ("is_satisfied", "=", True)])
        self.assertEqual(satisfied["text"], f"{100 * good / total:.1f} %")
        self.assertEqual(
            problems["value"],
            self.env["quality.satisfaction.problem"].search_count(problems["action"]["domain"]),
        )


@tagged("post_install", "-at_install")
class TestTrendAndLoyalty(StatementCase):
    """D17, E5: trend of sample and daily feedback apart and together; loyalty by segment."""

    def test_trend_d17(self):
        self._opinions(
            {"score": 100, "channel": "survey", "nps": 10}, {"score": 50, "channel": "rating"},
            {"channel": "talk", "subject": "need"}, {"score": 0, "subject": "competitor", "channel": "market"},
            {"score": 75, "channel": "survey", "given_at": self._local(2025, 7, 1, 0, 30)},
        )
        trend = self.env["quality.satisfaction.trend"].with_user(self.marketing)
        groups = trend._read_group(
            [("company_id", "=", self.company.id)], ["given_on:quarter", "source"],
            ["answers:sum", "scored:sum", "satisfied_rate:avg", "nps_points:avg", "needs:sum"],
        )
        by_key = {(start.month, source): figures for start, source, *figures in groups if start.year == 2025}
        self.assertEqual(by_key[4, "sample"], [2, 1, 100, 100, 0])
        self.assertEqual(by_key[4, "daily"][:3], [2, 1, 0])
        self.assertEqual(by_key[4, "daily"][4], 1)
        self.assertEqual(by_key[7, "sample"][:3], [1, 1, 100], "the quarter is that of the company")
        for user in (self.plain_user, self.portal_user):
            with self.assertRaises(AccessError):
                self.env["quality.satisfaction.trend"].with_user(user).search([])
        foreign = self.env["quality.satisfaction.trend"].with_user(self.foreign_satisfaction)
        self.assertFalse(foreign.search([("company_id", "=", self.company.id)]))

    def _loyalty(self, user=None, **vals):
        return self.env["quality.satisfaction.loyalty"].with_user(user or self.marketing).create(
            {"date_from": "2025-04-01", "date_to": "2025-06-30", **vals}
        )

    def test_loyalty_e5(self):
        """E5: NPS and repurchase by segment, the matrix, the advice."""
        self._opinions(
            {"score": 100, "nps": 10, "customer_class": "A", "partner_id": self.customer.id},
            {"score": 100, "nps": 9, "customer_class": "A", "partner_id": self.far_customer.id},
            {"score": 0, "nps": 0, "customer_class": "B", "partner_id": self.far_customer.id},
            {"score": 60, "nps": 7, "has_repurchase": True, "repurchase": 50},
        )
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "order_line": [fields.Command.create({"product_id": self.product.id})]}
        )
        order.action_confirm()
        order.date_order = self._local(2025, 6, 1, 9)
        loyalty = self._loyalty()
        self.env.flush_all()
        segments = {
            label: (tally.nps()[0], customers, again) for label, tally, customers, again, _said in loyalty._segments()
        }
        self.assertEqual(segments, {"A": (100, 2, 1), "B": (-100, 1, 0), "Not known": (0, 0, 0)})
        self.assertEqual([said for label, *_more, said in loyalty._segments() if label == "Not known"], [(1, 50)])
        self.assertEqual(loyalty._matrix(), {(2, 2): 2, (0, 0): 1, (1, 1): 1})
        self.assertIn("1 (50 %)", " ".join(loyalty.table_html.striptags().split()))
        self.assertIn("<svg", loyalty.picture_html)
        self.assertIn("196 answers are needed; there are 4", loyalty.advice)
        self.assertEqual(self.env["quality.feedback"].search_count(loyalty.action_open_feedback()["domain"]), 4)
        order.date_order = self._local(2025, 5, 1, 9)
        self.env.flush_all()
        self.assertEqual(loyalty._repurchases(loyalty._rows())["A"], (2, 0), "an order before the opinion is none")

    def test_loyalty_form(self):
        self._opinions({"score": 100, "nps": 10, "region": "East"})
        with Form(self.env["quality.satisfaction.loyalty"].with_user(self.general)) as form:
            form.date_from, form.date_to, form.segment = "2025-04-01", "2025-06-30", "region"
            self.assertIn("East", form.table_html)
            form.segment = "product"
            self.assertNotIn("East", form.table_html)

    def test_loyalty_users(self):
        for user in (self.plain_user, self.portal_user):
            with self.assertRaises(AccessError):
                self._loyalty(user=user)
        self._opinions({"score": 100, "nps": 10, "region": "East"})
        foreign = self._loyalty(user=self.foreign_satisfaction, segment="region", company_id=self.company.id)
        self.assertNotIn("East", foreign.table_html)
