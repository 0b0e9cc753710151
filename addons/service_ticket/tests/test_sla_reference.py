import csv
from collections import defaultdict
from datetime import date, datetime, timedelta
from random import Random

from odoo import Command
from odoo.tests import freeze_time, tagged

from .common import ServiceCase
from .sla_reference import Calendar, follow
from .test_ticket_import import data_file

WINDOWS = {day: [(8, 12), (13, 17)] for day in range(5)}
HOLIDAYS = [date(2025, 3, 31), date(2025, 10, 27), date(2025, 10, 28)]
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


def rounds_of(events):
    """Return the rounds of an incident of the log: lists of (moment, state), each up to a solution.

    The log is sorted by time; of several states within one minute the last one counts.
    """
    by_minute = {}
    for moment, state in events:
        by_minute[moment] = state
    rounds, current, last = [], [], None
    for moment, state in sorted(by_minute.items()):
        if state == last:
            continue
        over = last in ("Resolved", "Closed")
        if over and state not in ("Resolved", "Closed"):
            rounds.append(current)
            current = []
        if not over or state not in ("Resolved", "Closed"):
            current.append((moment, state))
        last = state
    return [*rounds, current] if current else rounds


@tagged("post_install", "-at_install")
class TestSlaReplay(ReferenceCase):
    """C20, E4: the log of a real service desk through the steps of tickets, each clock against the reference."""

    def _incidents(self):
        file = data_file("incident_event_log.csv")
        if not file:
            self.skipTest("no incident_event_log.csv; set QUALITY_DATA to the folder of the real files")
        events = defaultdict(list)
        with file.open(newline="") as stream:
            for row in csv.DictReader(stream):
                moment = datetime.strptime(row["sys_updated_at"], "%d-%m-%Y %H:%M")
                events[row["number"]].append((moment, row["incident_state"]))
        return {number: rounds_of(found) for number, found in events.items()}

    def _take(self, ticket, state):
        """Take the ticket to a state of the log, by its own steps."""
        if ticket.state == "waiting" and state != "Awaiting User Info":
            ticket.action_resume()
        if state == "Awaiting User Info" and ticket.state != "waiting":
            ticket.action_wait(self.env.ref("service_ticket.wait_reason_customer").id)
        elif state in ("Resolved", "Closed"):
            if ticket.state == "analysis":
                self.env["service.analysis"].create(
                    {"ticket_id": ticket.id, "cause": "x", "solution_type": "explanation"}
                )
                ticket.action_start()
            ticket.action_resolve()

    def test_replay(self):
        """445 incidents: pauses while the user is asked, solutions, reopenings, with office hours in Berlin."""
        self.env["service.sla.policy"].search([("clock", "=", "resolution")]).active = False
        hours = 40
        self.env["service.sla.policy"].create(
            {"name": "Replay", "clock": "resolution", "hours": hours, "calendar_id": self.calendars[BERLIN].id,
             "kind": "consultation", "company_id": self.company.id}
        )
        calendar = Calendar(WINDOWS, "Europe/Berlin", HOLIDAYS)
        incidents = self._incidents()
        self.assertEqual(len(incidents), 445)
        numbers = list(incidents)
        tickets = self.env["service.ticket"].with_user(self.leader).with_context(tracking_disable=True).create(
            [
                self._ticket_vals(
                    kind="consultation", subject=number, resolution="x", user_id=self.leader.id,
                    received_at=incidents[number][0][0][0],
                )
                for number in numbers
            ]
        )
        checked = paused = reopened = 0
        for number, ticket in zip(numbers, tickets, strict=True):
            with freeze_time(incidents[number][0][0][0]):
                ticket.action_accept()
            for index, found in enumerate(incidents[number]):
                with freeze_time(found[0][0]):
                    if index:
                        ticket.sudo()._raise_level("Again", reopened=True)
                        reopened += 1
                for moment, state in found:
                    with freeze_time(moment):
                        self._take(ticket, state)
            domain = [("res_model", "=", ticket._name), ("res_id", "=", ticket.id), ("kind", "=", "resolution")]
            rows = self.env["quality.deadline"].search(domain, order="id")
            self.assertEqual(len(rows), len(incidents[number]), number)
            for row, found in zip(rows, incidents[number], strict=True):
                events, waiting, ended = [], False, None
                for moment, state in found:
                    if (state == "Awaiting User Info") != waiting:
                        waiting = not waiting
                        events.append((moment, "pause" if waiting else "resume"))
                        paused += waiting
                    if state in ("Resolved", "Closed"):
                        events.append((moment, "stop"))
                        ended = moment
                start = found[0][0]
                end = ended + MINUTE if ended else found[-1][0] + timedelta(days=30)
                expected = follow(start, end, events, 60 * hours, calendar)
                self._assert_row(row, expected, ended, f"{number}: {found}")
                checked += 1
        self.assertGreaterEqual(checked, 445)
        self.assertGreater(paused, 100)
        self.assertGreater(reopened, 0)
