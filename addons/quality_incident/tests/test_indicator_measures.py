from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import ValidationError
from odoo.tests import BaseCase, tagged
from odoo.tools import mute_logger

from ..tools.indicators import judge, midnight, period_of, periods_between, wilson_interval
from .indicator_common import FIRST, LAST, IndicatorCase


@tagged("post_install", "-at_install")
class TestIndicatorArithmetic(BaseCase):
    """B5: periods, the Wilson interval and verdicts, against figures known from elsewhere."""

    def test_wilson(self):
        for successes, total, low, high in (
            (45, 50, 0.78640, 0.95652),
            (0, 10, 0.0, 0.27753),
            (10, 10, 0.72247, 1.0),
            (5, 10, 0.23659, 0.76341),
            (1, 1, 0.20655, 1.0),
        ):
            with self.subTest(successes=successes, total=total):
                ends = wilson_interval(successes, total)
                self.assertAlmostEqual(ends[0], low, 5)
                self.assertAlmostEqual(ends[1], high, 5)
        for successes, total in ((0, 0), (2, 1), (-1, 5)):
            with self.assertRaises(ValueError):
                wilson_interval(successes, total)

    def test_verdict(self):
        for low, high, target, direction, verdict in (
            (91, 97, 90, "higher", "met"),
            (90, 97, 90, "higher", "met"),
            (80, 89.9, 90, "higher", "not_met"),
            (80, 90, 90, "higher", "not_proven"),
            (1, 4, 5, "lower", "met"),
            (1, 5, 5, "lower", "met"),
            (5.1, 8, 5, "lower", "not_met"),
            (4, 8, 5, "lower", "not_proven"),
            (100, 100, 100, "higher", "met"),
            (99.9, 99.9, 100, "higher", "not_met"),
            (0, 0, 0, "lower", "met"),
        ):
            with self.subTest(low=low, high=high, target=target, direction=direction):
                self.assertEqual(judge(low, high, target, direction), verdict)

    def test_periods(self):
        for kind, first, last in (
            ("week", date(2025, 12, 29), date(2026, 1, 4)),
            ("month", date(2025, 12, 1), date(2025, 12, 31)),
            ("quarter", date(2025, 10, 1), date(2025, 12, 31)),
            ("year", date(2025, 1, 1), date(2025, 12, 31)),
        ):
            self.assertEqual(period_of(date(2025, 12, 31), kind), (first, last))
        self.assertEqual(period_of(date(2024, 2, 29), "month"), (date(2024, 2, 1), date(2024, 2, 29)))
        months = periods_between(date(2025, 11, 15), date(2026, 1, 30), "month")
        self.assertEqual([first.month for first, _last in months], [11, 12])
        self.assertEqual(len(periods_between(date(2025, 11, 15), date(2026, 1, 31), "month")), 3)
        self.assertEqual(str(midnight(date(2025, 3, 1), "Asia/Shanghai")), "2025-02-28 16:00:00")


@tagged("post_install", "-at_install")
class TestIndicatorMeasures(IndicatorCase):
    """B5: each indicator against a count by hand, at the borders of the period in the company's time zone."""

    # the borders of March where the company works; UTC is eight hours behind
    FIRST_MOMENT = (2025, 3, 1, 0, 0, 0)
    LAST_MOMENT = (2025, 3, 31, 23, 59, 59)
    BEFORE = (2025, 2, 28, 23, 59, 59)
    AFTER = (2025, 4, 1, 0, 0, 0)

    def test_nothing_is_no_data(self):
        for code in ("days_to_close", "rectification_on_time", "first_pass_yield", "statutory_on_time", "repeat_rate"):
            value = self._store(code)
            self.assertRecordValues(value, [{"denominator": 0, "verdict": "no_data", "value_text": "–"}])
        self.assertRecordValues(self._store("poor_quality_cost"), [{"value": 0, "verdict": "no_target"}])

    def test_days_to_close(self):
        self._closed(10, *self.FIRST_MOMENT)
        self._closed(20, *self.LAST_MOMENT)
        self._closed(500, *self.BEFORE)
        self._closed(500, *self.AFTER)
        self._closed(900, 2025, 3, 10, is_historic=True)
        self._set(self._closed(900, 2025, 3, 10), reported_at=None)
        self._set(self._closed(900, 2025, 3, 10), state="executing")  # reopened
        self._set(self._closed(900, 2025, 3, 10), company_id=self.other_company.id)
        self.assertEqual(self._measure("days_to_close"), (30, 2, 2))
        self.assertEqual(self._measure("days_to_close", historic=True), (930, 3, 1))
        self._indicator("days_to_close").include_historic = False
        self.assertRecordValues(
            self._store("days_to_close"), [{"value": 15, "verdict": "met", "interval_low": 0, "value_text": "15 days"}]
        )

    def test_poor_quality_cost(self):
        """The actual loss; the estimate until it is known; nothing where there is none; other currencies converted."""
        self._reported(*self.FIRST_MOMENT, actual_loss=700, estimated_loss=9999)
        self._reported(*self.LAST_MOMENT, estimated_loss=300)
        self._reported(2025, 3, 5, no_loss=True, estimated_loss=9999)
        foreign = self.env["res.currency"].create({"name": "QQQ", "symbol": "Q", "active": True})
        self.env["res.currency.rate"].create([
            {"currency_id": foreign.id, "name": day, "rate": rate, "company_id": self.company.id}
            for day, rate in (("2025-01-01", 2), ("2025-03-08", 4), ("2025-03-20", 100))
        ])
        self._reported(2025, 3, 10, estimated_loss=400, currency_id=foreign.id)
        expected = foreign._convert(400, self.company.currency_id, self.company, date(2025, 3, 10))
        self._reported(2025, 3, 6, estimated_loss=0, actual_loss=0)  # not known at all
        self._reported(*self.BEFORE, estimated_loss=5000)
        self._reported(*self.AFTER, estimated_loss=5000)
        self._reported(2025, 3, 7, estimated_loss=5000, state="cancelled")
        self._reported(2025, 3, 7, estimated_loss=5000, is_historic=True)
        numerator, below, excluded = self._measure("poor_quality_cost")
        self.assertAlmostEqual(numerator, 1000 + expected, 2)
        self.assertEqual((below, excluded), (4, 3))
        value = self._store("poor_quality_cost")
        self.assertEqual((value.verdict, value.currency_id), ("no_target", self.company.currency_id))
        self.assertAlmostEqual(value.value, 1000 + expected, 2)

    def _duty(self, due, sent=None, **vals):
        incident = self._reported(2025, 3, 1)
        duty = self.env["quality.reporting.duty"].sudo().create({
            "incident_id": incident.id, "recipient_id": self.expert.id, "hours": 48, "due_at": due, "start_at": due,
        })
        if sent:
            vals = {"sent_at": sent, "state": "sent" if sent <= due else "late", **vals}
        return self._set(duty, **vals) if vals else duty

    def test_statutory_on_time(self):
        start, end = self._utc(*self.FIRST_MOMENT), self._utc(*self.LAST_MOMENT)
        hour, second = timedelta(hours=1), timedelta(seconds=1)
        before = self._measure("statutory_on_time")
        self._duty(start, sent=start)  # on the dot
        self._duty(end, sent=end + second)  # late
        self._duty(end)  # never sent
        self._duty(start - second, sent=start - hour)
        self._duty(end + second, sent=end)
        self._duty(start + hour, state="waived")
        historic = self._duty(start + hour, sent=start)
        self._set(historic.incident_id, is_historic=True)
        cancelled = self._duty(start + hour)
        self._set(cancelled.incident_id, state="cancelled")
        after = self._measure("statutory_on_time")
        self.assertEqual(before, (0, 0, 0))
        self.assertEqual(after, (1, 3, 3))
        self.assertEqual(self._measure("statutory_on_time", historic=True), (2, 4, 2))

    def test_what_is_not_due_yet_is_not_late(self):
        today = fields.Date.context_today(self.env.user)
        first, last = period_of(today, "year")
        base = self._measure("statutory_on_time", first, last)
        soon = fields.Datetime.now() + timedelta(minutes=5)
        self._duty(soon)
        self.assertEqual(self._measure("statutory_on_time", first, last), base)
        self._duty(soon, sent=soon - timedelta(minutes=9))
        self.assertEqual(self._measure("statutory_on_time", first, last), (base[0] + 1, base[1] + 1, base[2]))

    def test_repeat_rate(self):
        self._issued(*self.FIRST_MOMENT, repeat_count=0)
        self._issued(*self.LAST_MOMENT, repeat_count=2)
        self._issued(2025, 3, 9, repeat_count=0)
        self._issued(*self.BEFORE, repeat_count=1)
        self._issued(*self.AFTER, repeat_count=1)
        self._issued(2025, 3, 9, repeat_count=1, state="cancelled")
        self._issued(2025, 3, 9, repeat_count=1, is_historic=True)
        self._set(self._make_notice(), issued_at=self._utc(2025, 3, 9))  # a draft
        self.assertEqual(self._measure("repeat_rate"), (1, 3, 2))
        value = self._store("repeat_rate")
        self.assertRecordValues(value, [{"verdict": "not_met", "count_text": "1 of 3, 2 left out"}])

    def _lines(self, *dates, done=None):
        """Return lines of an issued notice, each due on one of ``dates``, reported done at the moments ``done``."""
        lines = [fields.Command.create({"requirement": f"No. {position}"}) for position in range(len(dates))]
        notice = self._drive_notice(self._make_notice(line_ids=lines))
        for position, line in enumerate(notice.line_ids.sorted("id")):
            moment = done and done[position]
            state = "done" if moment else "open"
            self._set(line, due_date=dates[position], done_at=moment and self._utc(*moment), state=state)
        return notice.line_ids.sorted("id")

    def test_rectification_on_time(self):
        day = date(2025, 3, 12)
        self._lines(
            day, day, day, FIRST, LAST, FIRST - timedelta(days=1), LAST + timedelta(days=1), None,
            done=[
                (2025, 3, 12, 23, 59), (2025, 3, 13, 0, 1), None, (2025, 2, 20), (2025, 3, 31, 23), None, None, None,
            ],
        )
        self.assertEqual(self._measure("rectification_on_time"), (3, 5, 0))
        cancelled, historic = self._lines(day, day), self._lines(day, done=[(2025, 3, 1)])
        self._set(cancelled.rectification_id, state="cancelled")
        self._set(historic, is_historic=True)
        self.assertEqual(self._measure("rectification_on_time"), (3, 5, 3))
        self.assertEqual(self._measure("rectification_on_time", historic=True), (4, 6, 2))

    def _recheck(self, line, number, result, due, done, at, **vals):
        return self.env["quality.rectification.recheck"].sudo().create({
            "line_id": line.id, "rectification_id": line.rectification_id.id, "company_id": line.company_id.id,
            "round": number, "result": result, "due_date": due, "done_at": self._utc(*done) if done else False,
            "at": self._utc(*at), **vals,
        })

    def test_later_rounds_do_not_count(self):
        """A failed line has the dates of its next round; the first round stands in its re-check."""
        (line,) = self._lines(date(2025, 4, 10), done=[(2025, 4, 9)])
        self._recheck(line, 1, "fail", date(2025, 3, 12), (2025, 3, 12), (2025, 3, 13))
        self.assertEqual(self._measure("rectification_on_time"), (1, 1, 0))
        self._recheck(line, 2, "pass", date(2025, 3, 20), (2025, 3, 25), (2025, 3, 26))
        self.assertEqual(self._measure("rectification_on_time"), (1, 1, 0))
        self.assertEqual(self._measure("rectification_on_time", date(2025, 4, 1), date(2025, 4, 30)), (0, 0, 0))

    def test_first_pass_yield(self):
        lines = self._lines(*[FIRST] * 7)
        due, done = FIRST, (2025, 3, 1)
        self._recheck(lines[0], 1, "pass", due, done, self.FIRST_MOMENT)
        self._recheck(lines[1], 1, "fail", due, done, self.LAST_MOMENT)
        self._recheck(lines[1], 2, "pass", due, done, self.LAST_MOMENT)
        self._recheck(lines[2], 1, "fail", due, done, self.BEFORE)
        self._recheck(lines[2], 2, "pass", due, done, (2025, 3, 2))  # the first one was in February
        self._recheck(lines[3], 1, "pass", due, done, self.AFTER)
        self._recheck(lines[4], 0, "pass", due, None, (2025, 3, 2), is_historic=True)
        self.assertEqual(self._measure("first_pass_yield"), (1, 2, 1))
        self.assertEqual(self._measure("first_pass_yield", historic=True), (2, 3, 0))
        self._set(lines.rectification_id, state="cancelled")
        self.assertEqual(self._measure("first_pass_yield"), (0, 0, 3))

    def test_real_way_of_a_notice(self):
        """The same figures from a notice that went its way by its buttons."""
        today = fields.Date.context_today(self.env.user.with_context(tz="Asia/Shanghai"))
        first, last = period_of(today, "year")
        on_time, yields = (self._measure(code, first, last) for code in ("rectification_on_time", "first_pass_yield"))
        self._drive(self._make_notice(), "closed")
        after = self._measure("first_pass_yield", first, last)
        self.assertEqual((after[0] - yields[0], after[1] - yields[1]), (2, 2))
        due = today + timedelta(days=3)
        if due.year == today.year:
            after = self._measure("rectification_on_time", first, last)
            self.assertEqual((after[0] - on_time[0], after[1] - on_time[1]), (2, 2))

    def _inspected(self, subject, conclusion, *moment, **vals):
        """Return an inspection completed at a moment in Shanghai with a conclusion."""
        inspection = self.env["quality.inspection"].sudo().create(
            {"title": "Inspection", "subject": subject, "inspector_id": self.inspector.id}
        )
        vals = {"state": "done", "conclusion": conclusion, "done_at": self._utc(*moment), **vals}
        return self._set(inspection, **vals)

    def test_inspections(self):
        """B5: by subject and conclusion; only what was completed in the period counts."""
        for subject in ("part", "unit", "contract", "site"):
            self._inspected(subject, "good", *self.FIRST_MOMENT)
            self._inspected(subject, "qualified", *self.LAST_MOMENT)
            self._inspected(subject, "qualified", 2025, 3, 10)
            self._inspected(subject, "unqualified", 2025, 3, 10)
            self._inspected(subject, "unqualified", *self.BEFORE)
            self._inspected(subject, "unqualified", *self.AFTER)
            self._inspected(subject, "good", 2025, 3, 10, is_historic=True)
            self._inspected(subject, "good", 2025, 3, 10, state="cancelled")
            self._inspected(subject, "good", 2025, 3, 10, state="in_progress")
            self._inspected(subject, "good", 2025, 3, 10, company_id=self.other_company.id)
        self.assertEqual(self._measure("parts_qualified"), (3, 4, 1))
        self.assertEqual(self._measure("contracts_qualified"), (3, 4, 1))
        self.assertEqual(self._measure("units_good"), (1, 4, 1))
        self.assertRecordValues(self._store("parts_qualified"), [{"value": 75, "verdict": "not_met"}])
        self.assertRecordValues(self._store("units_good"), [{"value": 25, "verdict": "not_met", "is_sample": True}])
        self.assertEqual(self._measure("units_good", historic=True), (2, 5, 0))

    def test_companies_and_periods_in_one_query(self):
        """One query for each code, whatever is asked for; each company by its own clock."""
        self.other_company.sudo().action_quality_setup()
        self.other_company.resource_calendar_id = self.env["resource.calendar"].create(
            {"name": "UTC", "tz": "UTC", "company_id": self.other_company.id}
        )
        edge = self._closed(10, *self.FIRST_MOMENT)  # still February in UTC
        self._set(self._closed(20, *self.FIRST_MOMENT), company_id=self.other_company.id)
        own = self._indicator("days_to_close")
        other = self._indicator("days_to_close", self.other_company)
        self.assertTrue(edge and other)
        february = (date(2025, 2, 1), date(2025, 2, 28))
        periods = [(own, FIRST, LAST), (own, *february), (other, FIRST, LAST), (other, *february)]

        def count(periods):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            own._measure_spans(periods)
            return self.env.cr.sql_log_count - before

        self.assertEqual(
            [tuple(measure) for measure in own._measure_spans(periods)], [(10, 1, 0), (0, 0, 0), (0, 0, 0), (20, 1, 0)]
        )
        self.assertEqual(count(periods), count(periods * 25))

    def test_unknown_code(self):
        """An indicator nobody measures is refused, with its code; so is one that names a helper."""
        for code in ("moon_phase", "spans", "sql", "method"):
            with mute_logger("odoo.sql_db"), self.assertRaisesRegex(ValidationError, f"“{code}”"):
                self._indicator("repeat_rate").copy({"code": code, "company_id": self.other_company.id})
