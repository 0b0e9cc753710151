from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import TransactionCase, tagged

from ..tools.business_time import BusinessTime, Clock, PlainTime, TimeTable


@tagged("post_install", "-at_install")
class TestBusinessTime(TransactionCase):
    """F2: time as a working calendar counts it. Berlin, Monday to Friday, 8–12 and 13–17."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create({"name": "Clockmakers"})
        cls.other_company = cls.env["res.company"].create({"name": "Others"})
        shifts = [(day, *shift) for day in range(5) for shift in [(8, 12), (13, 17)]]
        cls.calendar = cls._make_calendar(cls.company, shifts)

    @classmethod
    def _make_calendar(cls, company, shifts, tz="Europe/Berlin", **vals):
        return cls.env["resource.calendar"].create({
            "name": "Office hours", "company_id": company.id, "tz": tz,
            "attendance_ids": [Command.create({
                "name": "Shift", "dayofweek": str(day), "hour_from": start, "hour_to": stop,
                "day_period": "morning" if stop <= 12 else "afternoon",
            }) for day, start, stop in shifts],
            **vals,
        })

    def _holiday(self, company, start, stop, calendar=None):
        leave = self.env["resource.calendar.leaves"].create({
            "name": "Holiday", "calendar_id": calendar and calendar.id, "date_from": start, "date_to": stop,
        })
        leave.company_id = company

    def _time(self):
        return BusinessTime(self.calendar, self.company)

    def test_around_the_clock(self):
        """F2, A7: without a calendar the clock runs day and night."""
        time = PlainTime()
        self.assertEqual(time.add(datetime(2026, 1, 9, 23, 30), 1.5), datetime(2026, 1, 10, 1, 0))
        self.assertEqual(time.between(datetime(2026, 1, 9), datetime(2026, 1, 10, 12)), 36)
        self.assertEqual(time.between(datetime(2026, 1, 10), datetime(2026, 1, 9)), -24)

    def test_lunch_and_weekend(self):
        """F2: lunch and weekend do not count. Friday 2026-01-09; Berlin is UTC+1 in winter."""
        time = self._time()
        self.assertEqual(time.add(datetime(2026, 1, 9, 10), 2), datetime(2026, 1, 9, 13))  # 11–12, 13–14 local
        self.assertEqual(time.add(datetime(2026, 1, 9, 10), 8), datetime(2026, 1, 12, 10))
        self.assertEqual(time.between(datetime(2026, 1, 9, 10), datetime(2026, 1, 12, 10)), 8)
        self.assertEqual(time.between(datetime(2026, 1, 12, 10), datetime(2026, 1, 9, 10)), -8)

    def test_edges_of_shifts(self):
        """F2: a span that fills a shift ends with it; before and between shifts the clock stands still."""
        time = self._time()
        self.assertEqual(time.add(datetime(2026, 1, 9, 7), 8), datetime(2026, 1, 9, 16))
        self.assertEqual(time.add(datetime(2026, 1, 9, 3), 1), datetime(2026, 1, 9, 8))
        self.assertEqual(time.add(datetime(2026, 1, 10, 12), 1), datetime(2026, 1, 12, 8))
        self.assertEqual(time.add(datetime(2026, 1, 9, 11, 30), 0), datetime(2026, 1, 9, 11, 30))
        self.assertEqual(time.between(datetime(2026, 1, 9, 11), datetime(2026, 1, 9, 12)), 0)
        self.assertEqual(time.between(datetime(2026, 1, 10), datetime(2026, 1, 11)), 0)

    def test_holiday(self):
        """F2: the company's own holidays, and those of all companies, do not count."""
        self._holiday(self.company, datetime(2026, 1, 11, 23), datetime(2026, 1, 12, 23))
        self._holiday(None, datetime(2026, 1, 12, 23), datetime(2026, 1, 13, 23))
        self.assertEqual(self._time().add(datetime(2026, 1, 9, 15), 2), datetime(2026, 1, 14, 8))

    def test_other_companys_holiday(self):
        """F2, F12: what another company celebrates changes nothing here."""
        self._holiday(self.other_company, datetime(2026, 1, 11, 23), datetime(2026, 1, 12, 23))
        self.assertEqual(self._time().add(datetime(2026, 1, 9, 15), 2), datetime(2026, 1, 12, 8))

    def test_daylight_saving(self):
        """F2: an hour is an hour on both sides of the change of clocks (Berlin, 2026-03-29 and 2026-10-25)."""
        time = self._time()
        self.assertEqual(time.add(datetime(2026, 3, 27, 15), 2), datetime(2026, 3, 30, 7))  # Monday 9:00, UTC+2
        self.assertEqual(time.add(datetime(2026, 10, 23, 14), 2), datetime(2026, 10, 26, 8))  # Monday 9:00, UTC+1
        night = BusinessTime(self._make_calendar(self.company, [(day, 0, 24) for day in range(7)]), self.company)
        self.assertEqual(night.between(datetime(2026, 3, 28, 23), datetime(2026, 3, 29, 22)), 23)  # a local day
        self.assertEqual(night.between(datetime(2026, 10, 24, 22), datetime(2026, 10, 25, 23)), 25)
        self.assertEqual(night.add(datetime(2026, 3, 28, 12), 24), datetime(2026, 3, 29, 12))

    def test_calendars_time_zone(self):
        """F2: the zone of the calendar counts, not that of the user who looks."""
        self.env.user.tz = "Asia/Tokyo"
        calendar = self.calendar.with_context(tz="Asia/Tokyo", employee_timezone="Asia/Tokyo")
        self.assertEqual(BusinessTime(calendar, self.company).add(datetime(2026, 1, 9, 3), 1), datetime(2026, 1, 9, 8))

    def test_unusable_calendars(self):
        """F2: a calendar that cannot measure says so at once, in words."""
        flexible = self._make_calendar(self.company, [(0, 8, 12)], schedule_type="flexible")
        with self.assertRaisesRegex(UserError, "flexible"):
            BusinessTime(flexible, self.company)
        empty = self._make_calendar(self.company, [(0, 8, 12)])
        empty.attendance_ids.unlink()
        with self.assertRaisesRegex(UserError, "no working hours"):
            BusinessTime(empty, self.company)

    def test_eternal_holiday(self):
        """F2: a calendar whose working hours are all taken away ends in words, not in a loop."""
        self._holiday(self.company, datetime(2020, 1, 1), datetime(2060, 1, 1), self.calendar)
        with self.assertRaisesRegex(UserError, "no working hours"):
            self._time().add(datetime(2026, 1, 9), 1)

    def test_long_spans(self):
        """F2: a span longer than any window; 52 weeks of 40 hours."""
        start = datetime(2026, 1, 5, 7)
        time = self._time()
        due = time.add(start, 52 * 40)
        self.assertEqual(due, datetime(2027, 1, 1, 16))
        self.assertAlmostEqual(time.between(start, due), 52 * 40)
        self.assertAlmostEqual(time.between(start - timedelta(days=700), start), 100 * 40)

    def test_queries_do_not_grow(self):
        """F2: one calendar is read once, for ten clocks or a thousand."""
        counts = []
        for number in (10, 1000):
            self.env.invalidate_all()
            time, before = self._time(), self.env.cr.sql_log_count
            for index in range(number):
                due = time.add(datetime(2026, 1, 5, 7) + timedelta(minutes=index * 10_000 / number), 8 + index % 40)
                self.assertGreater(due, datetime(2026, 1, 5, 7))
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])

    def test_table_shares_calendars(self):
        """F2, F12: one reading for each calendar and company; no calendar is the plain clock."""
        table = TimeTable()
        self.assertIs(table.of(self.calendar, self.company), table.of(self.calendar, self.company))
        self.assertIsNot(table.of(self.calendar, self.company), table.of(self.calendar, self.other_company))
        self.assertIsInstance(table.of(self.env["resource.calendar"], self.company), PlainTime)

    def test_share_of_a_clock(self):
        """F2: what was used before a pause is not used again."""
        clock = Clock(PlainTime(), datetime(2026, 1, 9, 12), consumed=3, hours=8)
        self.assertEqual(clock.at_share(75), datetime(2026, 1, 9, 15))
        self.assertEqual(clock.at_share(25), datetime(2026, 1, 9, 12))
