from datetime import timedelta
from unittest.mock import patch

from dateutil.relativedelta import relativedelta
from odoo import fields
from odoo.addons.quality_survey.tests.common_visits import VisitsCase
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError


@tagged("post_install", "-at_install")
class TestReturnPlans(VisitsCase):
    """D9, E2: due visits are planned once each, whatever happens to the scheduler."""

    def _run(self, plan):
        plan.sudo()._plan_due()
        return self.env["quality.return.visit"].search([("plan_id", "=", plan.id)], order="period_date, id")

    def _customers(self, total):
        return self.env["res.partner"].create(
            [{"name": f"Customer {number}", "is_company": True, "customer_class": "key"} for number in range(total)]
        )

    def test_once_each(self):
        """D9: the cron plans each key customer once a period; run again it adds nothing; the next period comes."""
        plan = self._make_plan()
        self.env["quality.return.visit.plan"]._cron_schedule()
        visit = self.env["quality.return.visit"].search([("plan_id", "=", plan.id)])
        self.assertEqual((visit.partner_id, visit.interviewer_id, visit.state), (self.customer, self.caller, "planned"))
        self.assertEqual(visit.survey_id, self.survey)
        self.assertTrue(visit._find_deadlines("return_visit"))
        self.assertEqual(visit.activity_ids.user_id, self.caller)
        self.env["quality.return.visit.plan"]._cron_schedule()
        self.assertEqual(len(self._run(plan)), 1)
        with freeze_time(fields.Datetime.now() + relativedelta(months=6, days=1)):
            self.assertEqual(len(self._run(plan)), 2)

    def test_frequency_of_the_customer(self):
        """E2: a customer may have a frequency of its own."""
        self.customer.return_visit_months = 1
        plan = self._make_plan(days_ahead=0)
        self._run(plan)
        with freeze_time(fields.Datetime.now() + relativedelta(months=1, days=1)):
            self.assertEqual(len(self._run(plan)), 2)

    def test_catch_up(self):
        """D9: after standing still each customer gets the visit that is due last; the others are noted, not made up."""
        plan = self._make_plan(frequency_months=1, days_ahead=0)
        first = self._run(plan)
        with freeze_time(fields.Datetime.now() + relativedelta(months=4, days=1)):
            visits = self._run(plan)
            self.assertEqual(len(visits), 2)
            self.assertEqual(visits[1].period_date, first.period_date + relativedelta(months=4))
            self.assertEqual(visits[1].planned_at.date(), fields.Date.today())
            self.assertEqual(self._run(plan), visits)
        self.assertIn("not made up for", plan.message_ids[0].body)

    def test_not_twice_by_index(self):
        """D9: a second visit to the same customer in the same period is refused by the database."""
        plan = self._make_plan()
        visit = self._run(plan)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.env["quality.return.visit"].create(plan.sudo()._visit_vals(self.customer, visit.period_date))

    def test_crash_of_one(self):
        """D9: one customer that cannot be planned keeps no other waiting, and is planned once it can."""
        bad = self._customers(3)[1]
        plan = self._make_plan()
        original = type(plan)._visit_vals

        def fail(plan, customer, period):
            if customer == bad:
                raise ValueError("broken")
            return original(plan, customer, period)

        with patch.object(type(plan), "_visit_vals", fail), mute_logger(
            "odoo.addons.quality_survey.models.quality_return_visit_schedule"
        ):
            self.assertNotIn(bad, self._run(plan).partner_id)
            before = self._run(plan)
        self.assertEqual(len(before), 3)
        self.assertEqual(self._run(plan) - before, self._run(plan).filtered(lambda one: one.partner_id == bad))

    def test_crash_of_a_plan(self):
        """D9: a plan that fails keeps none of the others waiting."""
        broken, good = self._make_plan(name="A"), self._make_plan(name="B")
        original = type(broken)._customers

        def fail(plan):
            if plan == broken:
                raise ValueError("broken")
            return original(plan)

        with patch.object(type(broken), "_customers", fail), mute_logger(
            "odoo.addons.quality_survey.models.quality_return_visit_schedule"
        ):
            self.env["quality.return.visit.plan"]._cron_schedule()
        self.assertFalse(broken.visit_ids)
        self.assertTrue(good.visit_ids)

    def test_queries(self):
        """D9: what it costs to look does not grow with the customers, to plan at most a few queries a visit."""
        plan = self._make_plan(frequency_months=1)
        counts = []
        for total in (10, 100):
            self._customers(total)
            self.env.flush_all()
            self.env.invalidate_all()
            before, known = self.cr.sql_log_count, len(plan.sudo().visit_ids)
            self._run(plan)
            planned = len(plan.sudo().visit_ids) - known
            self.assertGreaterEqual(planned, total)
            counts.append((self.cr.sql_log_count - before, planned))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._run(plan)
            counts.append((self.cr.sql_log_count - before, 0))
        self.assertLessEqual((counts[2][0] - counts[0][0]) / (counts[2][1] - counts[0][1]), 4)
        self.assertLessEqual(counts[3][0], counts[1][0] + 2)

    def test_least_busy_and_not_concerned(self):
        """D9: visits are shared among the interviewers; who worked for the customer gets another one's."""
        self._customers(4)
        self._make_ticket(user_id=self.caller.id)
        plan = self._make_plan(interviewer_ids=[Command.set((self.caller | self.marketing).ids)])
        visits = self._run(plan)
        own = visits.filtered(lambda one: one.partner_id == self.customer)
        self.assertEqual(own.interviewer_id, self.marketing)
        shares = sorted(len(visits.filtered(lambda one, u=u: one.interviewer_id == u)) for u in visits.interviewer_id)
        self.assertLessEqual(shares[-1] - shares[0], 1)

    def test_nobody_fits(self):
        """D9: when every interviewer worked for the customer, the manager is told to choose one."""
        self._make_ticket(user_id=self.caller.id)
        visit = self._run(self._make_plan())
        self.assertFalse(visit.interviewer_id)
        self.assertIn(self.satisfaction, visit.activity_ids.user_id)

    def test_missed(self):
        """D9: what nobody held in time is missed, once, its promise late; it can be held late."""
        visit = self._run(self._make_plan(grace_days=3))
        clock = visit._find_deadlines("return_visit")
        with freeze_time(fields.Datetime.now() + timedelta(days=20)):
            self.env["quality.return.visit"]._mark_missed()
            self.assertEqual(visit.state, "missed")
            self.env["quality.return.visit"]._mark_missed()
            self._hold(visit.with_user(self.caller))
            self.assertEqual((visit.state, clock.state), ("done", "late"))

    def test_scopes(self):
        """E2: chosen customers, and customers that fit a rule as far as its author sees them."""
        chosen = self._make_plan(scope="chosen", partner_ids=[Command.set(self.far_customer.ids)])
        self.assertEqual(self._run(chosen).partner_id, self.far_customer)
        rule = self._make_plan(scope="rule", domain="[('name', '=', 'North Waterworks')]")
        self.assertEqual(rule.domain_user_id, self.satisfaction)
        self.assertEqual(self._run(rule).partner_id, self.far_customer)
        with self.assertRaisesRegex(ValidationError, "cannot be read"):
            self._make_plan(scope="rule", domain="[('no_such_field', '=', 1)]")
        with self.assertRaisesRegex(ValidationError, "choose the customers"):
            self._make_plan(scope="chosen")
        self.far_customer.write({"company_id": self.other_company.id})
        self.assertFalse(self._run(self._make_plan(scope="chosen", partner_ids=[Command.set(self.far_customer.ids)])))

    def test_rights(self):
        """D9: plans are made by those who plan; interviewers work in customer satisfaction."""
        with self.assertRaises(AccessError):
            self._make_plan(self.caller)
        with self.assertRaisesRegex(ValidationError, "does not work in customer satisfaction"):
            self._make_plan(interviewer_ids=[Command.set(self.agent.ids)])
        plan = self._make_plan(self.general, programme="general_manager", kind="on_site",
                               interviewer_ids=[Command.set(self.general.ids)])
        self.assertEqual(self._run(plan).programme, "general_manager")

    def test_cancelled_period(self):
        """D9: a cancelled visit is not planned again in its period."""
        plan = self._make_plan()
        visit = self._run(plan)
        visit.with_user(self.satisfaction).action_cancel("Moved away")
        self.assertEqual(self._run(plan), visit)
