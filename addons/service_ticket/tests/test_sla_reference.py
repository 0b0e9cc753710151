from datetime import date, datetime, timedelta
from random import Random

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import ServiceCase
from .sla_reference import Calendar, due_of, follow

WINDOWS = {day: [(8, 12), (13, 17)] for day in range(5)}
HOLIDAYS = [
    date(2016, 3, 25), date(2016, 3, 28), date(2016, 5, 5), date(2016, 10, 31),
    date(2025, 3, 31), date(2025, 10, 27), date(2025, 10, 28),
]
BERLIN = Calendar(WINDOWS, "Europe/Berlin", HOLIDAYS)
SHANGHAI = Calendar(WINDOWS, "Asia/Shanghai", HOLIDAYS)
ALWAYS = Calendar()
#: a week before summer time begins and a week before it ends in Europe
BEFORE_CHANGES = (datetime(2025, 3, 24), datetime(2025, 10, 20))
MINUTE = timedelta(minutes=1)
RUNS = 60


class ReferenceCase(ServiceCase):
    """Office hours with a lunch break and holidays, in two time zones, in Odoo and in the reference."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["quality.escalation.rule"].search([]).active = False
        cls.calendars = {
            ALWAYS: cls.env["resource.calendar"],
            BERLIN: cls._calendar("Europe/Berlin"),
            SHANGHAI: cls._calendar("Asia/Shanghai"),
        }

    @classmethod
    def _calendar(cls, zone):
        shifts = [
            Command.create(
                {"name": "Shift", "dayofweek": str(day), "hour_from": start, "hour_to": stop,
                 "day_period": "morning" if start < 12 else "afternoon"}
            )
            for day, windows in WINDOWS.items() for start, stop in windows
        ]
        calendar = cls.env["resource.calendar"].create(
            {"name": zone, "company_id": cls.company.id, "tz": zone, "attendance_ids": [Command.clear(), *shifts]}
        )
        local = Calendar(None, zone).zone
        for day in HOLIDAYS:
            midnight = local.localize(datetime.combine(day, datetime.min.time()))
            start = midnight.astimezone(Calendar().zone).replace(tzinfo=None)
            cls.env["resource.calendar.leaves"].create(
                {"name": "Holiday", "calendar_id": calendar.id, "company_id": cls.company.id,
                 "date_from": start, "date_to": start + timedelta(hours=23, minutes=59, seconds=59)}
            )
        return calendar

    def _assert_promise(self, row, start, events, minutes, calendar, context):
        """Compare a row of the ledger with a promise that is counted from ``start`` through ``events``.

        Its due time is compared however it ended, but when it stood still then.
        """
        ended = events[-1][0] if events and events[-1][1] in ("stop", "cancel") else None
        before = events[:-1] if ended else events
        due = due_of(start, before, minutes, calendar)
        last = before[-1][0] if before else start
        end = (ended or max(due or last, last)) + MINUTE
        expected = follow(start, end, events, minutes, calendar)
        expected["due"] = expected["due"] or due
        self.assertEqual(row.start_at, start, context)
        self._assert_row(row, expected, ended, context)
        if due:
            self.assertEqual(row.due_at, due, context)

    def _assert_row(self, row, expected, ended_at, context):
        """Compare a row of the ledger with what the reference counted."""
        due, state = expected["due"], expected["state"]
        if state == "met":
            late = due is not None and ended_at > due
            self.assertEqual(row.state, "late" if late else "met", context)
            self.assertEqual(row.breached, late, context)
        elif state in ("cancelled", "paused"):
            self.assertEqual(row.state, state, context)
        else:
            self.assertEqual(row.state, "running", context)
            self.assertEqual(row.due_at, due, context)


@tagged("post_install", "-at_install")
class TestSlaReference(ReferenceCase):
    """C4, C5, C20, D3: every clock agrees with one counted minute by minute, across the change to summer time."""

    def _play(self, random, calendar):
        """Start a promise, do random things to it, and return (row, events, minutes, when it ended, start)."""
        start = random.choice(BEFORE_CHANGES) + random.randrange(9 * 1440) * MINUTE
        minutes = 60 * random.randint(1, 40)
        ticket = self.ticket.sudo()
        with freeze_time(start):
            [row] = self.env["quality.deadline"]._start(
                [{"record": ticket, "kind": "resolution", "key": str(random.random()), "hours": minutes / 60,
                  "calendar": self.calendars[calendar], "user": self.leader}]
            ).sudo()
        events, now, ended = [], start, None
        for _step in range(random.randint(0, 6)):
            now += random.randrange(1, 2000) * MINUTE
            with freeze_time(now):
                what = random.choice(("pause", "resume", "change", "pause", "resume", "stop", "cancel"))
                if what in ("stop", "cancel"):
                    getattr(row, f"_{what}")()
                    events.append((now, what))
                    ended = now
                    break
                if (what == "pause" and row.state == "running") or (what == "resume" and row.state == "paused"):
                    getattr(row, f"_{what}")()
                    events.append((now, what))
                elif what == "change" and row.due_at > now and row.state == "running":
                    calendar = random.choice(list(self.calendars))
                    more = 60 * random.randint(1, 40)
                    used = follow(start, now, list(events), 10**9, self.first)["consumed"]
                    row._replan(hours=(used + more) / 60, calendar=self.calendars[calendar])
                    events.append((now, (used + more, calendar)))
        return row, events, minutes, ended, start

    def _run(self, calendar, seed):
        random = Random(seed)
        self.ticket = self._make_ticket(kind="consultation")
        for number in range(RUNS):
            self.first = calendar
            row, events, minutes, ended, start = self._play(random, calendar)
            far = start + timedelta(days=90)
            expected = follow(start, ended + MINUTE if ended else far, events, minutes, calendar)
            self._assert_row(row, expected, ended, f"{seed}/{number}: {start} {minutes} {events}")

    def test_day_and_night(self):
        self._run(ALWAYS, 1)

    def test_office_hours_in_europe(self):
        """Lunch, holidays, and both changes of the clock."""
        self._run(BERLIN, 2)

    def test_office_hours_in_china(self):
        self._run(SHANGHAI, 3)
