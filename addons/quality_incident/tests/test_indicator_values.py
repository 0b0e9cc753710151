from datetime import date
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger
from psycopg2.errors import UniqueViolation

from ..tools.indicators import Measure, period_of
from .indicator_common import FIRST, LAST, IndicatorCase
from .report_common import ReportCase

LOGGER = "odoo.addons.quality_incident.models.quality_indicator_snapshot"
SHEET = "quality_incident.report_indicators"


@tagged("post_install", "-at_install")
class TestIndicatorValues(IndicatorCase, ReportCase):
    """B5: values are taken once for each period that ended, never change, and propose to act."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["quality.indicator"].search([]).active = False
        cls.cron = cls.env.ref("quality_incident.ir_cron_quality_indicator")

    def _activate(self, *codes, company=None, **vals):
        indicators = self.Indicator.with_context(active_test=False).search(
            [("code", "in", codes), ("company_id", "=", (company or self.company).id)]
        )
        indicators.write({"active": True, **vals})
        return indicators

    def _run(self):
        with self.enter_registry_test_mode():
            self.assertIs(self.cron.method_direct_trigger(), True)
        self.env.invalidate_all()

    def _fake(self, code, *measures):
        """Let the measure of ``code`` return these in turn, and the last one from then on."""
        rest = list(measures)

        def measure(indicators, spans):
            return [Measure(*(rest.pop(0) if len(rest) > 1 else rest[0])) for _span in spans]

        return patch.object(self.registry["quality.indicator"], f"_measure_{code}", measure)

    def _taken(self, code, measure, **vals):
        """Return the value of March 2025, measured as ``measure``."""
        indicator = self._activate(code, **vals)
        with self._fake(code, measure):
            values = self.Value.sudo()._snapshot([(indicator, FIRST, LAST)])
        return values.with_env(self.env)

    # ------------------------------------------------------------------
    # Verdicts
    # ------------------------------------------------------------------

    def test_sample(self):
        """45 good of 50 is 90 %, and the sample proves nothing: the interval is 78.6 to 95.7 %."""
        indicator = self._activate("units_good")
        values = self.Value
        months = [date(2025, month, 1) for month in (1, 2, 3, 4)]
        with self._fake("units_good", (45, 50, 3), (400, 420, 0), (10, 20, 0), (0, 0, 0)):
            values = self.Value.sudo()._store([(indicator, *period_of(day, "month")) for day in months])
        values = values.sorted("date_from")
        self.assertEqual(values.mapped("verdict"), ["not_proven", "met", "not_met", "no_data"])
        self.assertRecordValues(values[0], [{
            "value": 90, "numerator": 45, "denominator": 50, "excluded": 3, "target_text": "≥ 90 %",
            "interval_text": "78.6 – 95.7 %", "value_text": "90 %", "verdict_text": "? Not proven",
        }])
        self.assertFalse(values[3].interval_text)

    def test_full_count_compares_the_value(self):
        value = self._taken("units_good", (45, 50, 0), is_sample=False)
        self.assertRecordValues(value, [{"verdict": "met", "interval_low": 0, "interval_high": 0}])

    # ------------------------------------------------------------------
    # The scheduled action
    # ------------------------------------------------------------------

    def test_each_ended_period_once(self):
        """Missed periods are caught up, the running one is left, and a second run adds nothing."""
        indicator = self._activate("repeat_rate", start_date="2025-01-20")
        self._run()
        values = self.Value.search([("indicator_id", "=", indicator.id)], order="date_from")
        today = fields.Date.context_today(self.Value.with_context(tz="Asia/Shanghai"))
        months = (today.year - 2025) * 12 + today.month - 1
        self.assertEqual(len(values), months)
        self.assertEqual(values[0].date_from, date(2025, 1, 1))
        self.assertLess(values[-1].date_to, today)
        self.assertEqual(set(values.mapped("revision")), {1})
        self._run()
        self.assertEqual(self.Value.search_count([("indicator_id", "=", indicator.id)]), months)

    def test_new_indicator_waits_for_its_first_period(self):
        indicator = self._activate("repeat_rate")
        self._run()
        self.assertFalse(indicator.value_ids)

    def test_another_transaction_was_first(self):
        """What somebody else has measured meanwhile is left alone, and nobody is asked twice."""
        first = self._taken("repeat_rate", (1, 3, 0))
        second = self._taken("repeat_rate", (0, 3, 0))
        self.assertEqual((len(first), len(second)), (1, 0))
        self.assertEqual(first.indicator_id.value_ids, first)
        required = [name for name, field in self.Value._fields.items() if field.store and field.required]
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env.cr.execute(SQL(
                "INSERT INTO quality_indicator_value (%(names)s) SELECT %(names)s FROM quality_indicator_value"
                " WHERE id = %(id)s", names=self.Value._sql_names(required), id=first.id,
            ))

    @mute_logger(LOGGER)
    def test_one_that_fails_does_not_stop_the_others(self):
        self._activate("repeat_rate", "days_to_close", "first_pass_yield", start_date="2025-03-01")

        def fail(indicators, spans):
            indicators.env.cr.execute("SELECT 1/0")

        failing = patch.object(self.registry["quality.indicator"], "_measure_days_to_close", fail)
        with failing, mute_logger("odoo.sql_db"):
            self._run()
        codes = set(self.Value.search([("date_from", "=", FIRST)]).mapped("code"))
        self.assertEqual(codes, {"repeat_rate", "first_pass_yield"})
        self._run()
        self.assertIn("days_to_close", self.Value.search([("date_from", "=", FIRST)]).mapped("code"))

    def test_queries(self):
        """As many queries for ten times the companies, periods and records, with missed targets among them."""
        self._activate("repeat_rate", "days_to_close", start_date="2025-03-01")
        companies = self.env["res.company"].create([{"name": f"Company {number}"} for number in range(9)])

        def records(number):
            for _number in range(number):
                self._closed(90, 2025, 3, 9)
                self._issued(2025, 3, 9, repeat_count=1)

        def count(periods):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Value.sudo()._take_missing(periods)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        indicators = self.Indicator.search([])
        with self._fake("repeat_rate", (1, 3, 0)), self._fake("days_to_close", (90, 1, 0)):
            indicators.start_date = "2026-09-01"
            count(indicators)  # fills the caches
            records(1)
            indicators.start_date = "2026-08-01"
            small = count(indicators)
            records(9)
            for company in companies:
                for indicator in indicators:
                    indicator.copy({"company_id": company.id, "name": indicator.name, "start_date": "2026-08-01"})
            large = count(self.Indicator.search([]))
        self.assertGreater(self.Value.search_count([]), 20)
        self.assertLessEqual(large, small, (small, large))

    def test_current_figures(self):
        """So far this period: measured on request and not stored; as many queries for ten times the indicators."""
        self._activate("repeat_rate", "days_to_close", "poor_quality_cost")
        self._drive(self._make_notice(), "issued")
        figures = self.Indicator.with_user(self.inspector)._current_figures(self.company)
        by_code = {row["code"]: row for row in figures}
        self.assertEqual(set(by_code), {"repeat_rate", "days_to_close", "poor_quality_cost"})
        self.assertGreaterEqual(by_code["repeat_rate"]["denominator"], 1)
        self.assertEqual((by_code["repeat_rate"]["target"], by_code["poor_quality_cost"]["target"]), (5, None))
        self.assertFalse(self.Value.search([]))
        with self.assertRaises(AccessError):
            self.Indicator.with_user(self.reporter)._current_figures(self.company)

        def count(companies):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.Indicator._current_figures(companies)
            return self.env.cr.sql_log_count - before

        small = count(self.company)
        companies = self.env["res.company"].create([{"name": f"Company {number}"} for number in range(9)])
        for company in companies:
            for indicator in self.Indicator.search([("company_id", "=", self.company.id)]):
                indicator.copy({"company_id": company.id, "name": indicator.name})
        self.env.flush_all()
        count(self.company | companies)
        self.assertEqual(len(self.Indicator._current_figures(self.company | companies)), 30)
        self.assertLessEqual(count(self.company | companies), small)

    # ------------------------------------------------------------------
    # Revisions
    # ------------------------------------------------------------------

    def test_measured_again(self):
        """A revision is a new row by the definition and target of the first; the old one stays as it was."""
        value = self._taken("repeat_rate", (1, 10, 2))
        kept = value.read(["numerator", "denominator", "excluded", "value", "verdict", "target", "computed_at"])[0]
        value.indicator_id.with_user(self.manager).write({"target": 50, "include_historic": True})
        ask = value.with_user(self.manager).action_measure_again()
        self.assertEqual(ask["res_model"], "quality.reason")
        with self._fake("repeat_rate", (2, 11, 1)):
            self.env["quality.reason"].with_user(self.manager).with_context(**ask["context"]).create(
                {"reason": "A notice was entered late"}
            ).action_confirm()
        new = value.indicator_id.value_ids - value
        self.assertRecordValues(new, [{
            "revision": 2, "is_current": True, "numerator": 2, "denominator": 11, "excluded": 1, "target": 5,
            "verdict": "not_met", "revision_reason": "A notice was entered late", "include_historic": False,
            "create_uid": self.manager.id, "date_from": FIRST, "date_to": LAST, "name": value.name,
        }])
        self.assertFalse(value.is_current)
        self.assertEqual(value.read(list(kept)[1:])[0], kept)
        with self.assertRaisesRegex(UserError, "again already"):
            value.with_user(self.manager).action_measure_again("Once more")
        self.assertFalse(value.activity_ids)
        self.assertTrue(new.activity_ids)

    def test_values_are_those_of_their_day(self):
        """Target, direction, texts and unit are copied, in every language, and do not follow the indicator."""
        indicator = self._activate("repeat_rate")
        self.env["res.lang"]._activate_lang("zh_CN")
        indicator.with_context(lang="zh_CN").sudo().formula = "公式"
        value = self._taken("repeat_rate", (0, 10, 0))
        indicator.with_context(lang="zh_CN").sudo().formula = "别的"
        indicator.target = 1
        self.assertEqual(value.with_context(lang="zh_CN").formula, "公式")
        self.assertEqual((value.target, value.formula), (5, indicator.formula))

    # ------------------------------------------------------------------
    # What is proposed
    # ------------------------------------------------------------------

    def test_missed_target_asks_the_owner(self):
        value = self._taken("repeat_rate", (3, 10, 0), user_id=self.inspector.id)
        activity = value.activity_ids
        self.assertEqual(activity.user_id, self.inspector)
        self.assertEqual(activity.activity_type_id.name, "Indicator: target missed")
        self.assertIn("30 % instead of ≤ 5 %", activity.summary)
        self.assertFalse(value.rectification_id, "a notice is never raised by itself")

    def test_the_answer_is_kept_beside_the_value(self):
        """The owner may also answer that nothing is to be raised; the value itself stays untouched."""
        value = self._taken("repeat_rate", (3, 10, 0), user_id=self.inspector.id)
        value.activity_ids.with_user(self.inspector).action_feedback("One contractor, known, has left")
        self.assertFalse(value.activity_ids)
        self.assertIn("has left", value.message_ids[0].body)

    def test_without_an_owner_the_managers_are_asked(self):
        value = self._taken("repeat_rate", (3, 10, 0))
        self.assertIn(self.manager, value.activity_ids.user_id)
        self.assertNotIn(self.foreign_manager, value.activity_ids.user_id)

    def test_nothing_is_proposed_otherwise(self):
        for code, measure in (("units_good", (45, 50, 0)), ("repeat_rate", (0, 9, 0)), ("first_pass_yield", (0, 0, 0))):
            self.assertFalse(self._taken(code, measure).activity_ids)

    def test_raise_once(self):
        """The button drafts one notice, withdraws the question and, pressed again, opens what there is."""
        value = self._taken("repeat_rate", (3, 10, 1), user_id=self.inspector.id).with_user(self.inspector)
        self.assertTrue(value.can_raise)
        action = value.action_raise_rectification()
        notice = value.rectification_id
        self.assertEqual((action["res_model"], action["res_id"]), ("quality.rectification", notice.id))
        self.assertRecordValues(notice, [{
            "state": "draft", "source": "external", "origin_id": value.id, "issuer_id": self.inspector.id,
            "company_id": self.company.id,
        }])
        self.assertIn("3 of 10, 1 left out", notice.description)
        self.assertIn("≤ 5 %", notice.line_ids.requirement)
        self.assertFalse(value.activity_ids)
        self.assertFalse(value.can_raise)
        self.assertEqual(value.action_raise_rectification()["res_id"], notice.id)
        self.assertEqual(self.Value.search([("rectification_id", "=", notice.id)]), value)
        self.assertNotIn(value, self.Value.search([("rectification_id", "=", False)]))
        with self._fake("repeat_rate", (4, 11, 0)):
            value.with_user(self.manager).action_measure_again("Late entry")
        new = value.indicator_id.value_ids - value
        self.assertEqual(new.rectification_id, notice)
        self.assertFalse(new.activity_ids)
        self.assertEqual(new.with_user(self.inspector).action_raise_rectification()["res_id"], notice.id)
        notice.with_user(self.manager).action_cancel("A mistake")
        self.env.invalidate_all()
        with self.assertRaisesRegex(UserError, "newest revision"):
            value.action_raise_rectification()
        new.with_user(self.inspector).action_raise_rectification()
        self.assertNotEqual(new.rectification_id, notice)
        self.assertTrue(new.rectification_id)

    def test_two_raise_at_once(self):
        value = self._taken("repeat_rate", (3, 10, 1))
        self.env["quality.rectification"]._raise_from(value, [{"requirement": "x"}])
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            self.env["quality.rectification"]._raise_from(value, [{"requirement": "x"}])

    def test_who_raises_what(self):
        met = self._taken("first_pass_yield", (10, 10, 0))
        with self.assertRaisesRegex(UserError, "no missed target"):
            met.with_user(self.inspector).action_raise_rectification()
        missed = self._taken("repeat_rate", (3, 10, 1))
        for user in (self.lead, self.reporter, self.plain_user, self.portal_user, self.foreign_manager):
            with self.assertRaises(AccessError):
                missed.with_user(user).action_raise_rectification()
        unproven = self._taken("units_good", (45, 50, 0))
        self.assertTrue(unproven.with_user(self.chief).can_raise)
        unproven.with_user(self.chief).action_raise_rectification()
        self.assertTrue(unproven.rectification_id)

    # ------------------------------------------------------------------
    # On paper
    # ------------------------------------------------------------------

    def test_sheet(self):
        sample = self._taken("units_good", (45, 50, 3))
        self._taken("repeat_rate", (3, 10, 1))
        text = self._text(SHEET, sample)
        for part in ("Completed units good", "March 2025", "90 %", "≥ 90 %", "78.6 – 95.7 %", "Not proven", "45:",
                     "50:", "Repeated findings", "Not met", "≤ 5 %", sample.formula, sample.exclusion_text):
            self.assertIn(part, text)
        self.assertTrue(self._pdf(SHEET, sample).startswith(b"%PDF"))
        for user in (self.reporter, self.foreign_manager):
            with self.assertRaises(AccessError):
                self._text(SHEET, sample, user=user)
        action = self.Value.search([("date_to", "=", LAST)]).action_print_sheet()
        self.assertEqual(len(action["context"]["active_ids"]), 1)

    def test_list_reads_in_batch(self):
        """As many queries to show ten times the values and indicators."""
        indicators = self._activate("repeat_rate", "days_to_close", start_date="2026-08-01")
        names = {
            "quality.indicator.value": ("name", "period_text", "value_text", "verdict_text", "rectification_id"),
            "quality.indicator": ("name", "current_text", "last_text", "target_text", "chart_data", "user_id"),
        }
        companies = self.env["res.company"].create([{"name": f"Company {number}"} for number in range(9)])
        self.inspector.company_ids |= companies
        for company in companies:
            for indicator in indicators:
                indicator.copy({"company_id": company.id, "name": indicator.name, "start_date": "2026-08-01"})
        self.Value.sudo()._take_missing(self.Indicator.search([]))

        def count(model, limit):
            records = self.env[model].with_user(self.inspector).with_context(
                allowed_company_ids=self.inspector.company_ids.ids
            )
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            rows = records.web_search_read([], {name: {} for name in names[model]}, limit=limit)
            self.assertEqual(len(rows["records"]), limit)
            return self.env.cr.sql_log_count - before

        for model in names:
            count(model, 20)
            self.assertLessEqual(count(model, 20), count(model, 2), model)

    def test_chart(self):
        """The screen draws the values of the present kind of period against the target of their time."""
        value = self._taken("repeat_rate", (3, 10, 1))
        indicator = value.indicator_id.with_user(self.inspector)
        indicator.sudo().target = 9
        self.assertEqual(indicator.chart_data, [
            {"period": "March 2025", "value": 30, "text": "30 %", "target": 5, "verdict": "✗ Not met"}
        ])
        self.assertRecordValues(indicator, [{"last_verdict": "not_met", "last_text": "30 %", "target_text": "≤ 9 %"}])
        indicator.sudo().period = "week"
        self.env.invalidate_all()
        self.assertFalse(indicator.chart_data or indicator.last_verdict)
