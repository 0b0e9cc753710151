from datetime import datetime, timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .deadline_common import MONDAY, DeadlineCase


@tagged("post_install", "-at_install")
class TestDeadline(DeadlineCase):
    """F2: the ledger keeps every promise: started, paused, changed, kept or not."""

    # ------------------------------------------------------------------
    # Start
    # ------------------------------------------------------------------

    def test_start(self):
        """F2: a promise has an owner, a due time and the department of its owner."""
        department = self.env["hr.department"].create({"name": "Concrete", "company_id": self.company.id})
        self.env["hr.employee"].create({
            "name": "E", "user_id": self.engineer.id, "company_id": self.company.id, "department_id": department.id})
        with self._at():
            deadline = self._promise(hours=24, name="Report it", key="duty:1")
        self.assertRecordValues(deadline, [{
            "res_model": "quality.incident", "res_id": self.incident.id, "res_name": self.incident.display_name,
            "kind": "other", "key": "duty:1", "name": "Report it", "company_id": self.company.id,
            "user_id": self.engineer.id, "department_id": department.id, "calendar_id": False, "state": "running",
            "start_at": MONDAY, "due_at": MONDAY + timedelta(hours=24), "warn_at": MONDAY + timedelta(hours=18),
            "breached": False, "level": 0, "next_check_at": MONDAY + timedelta(hours=24, seconds=1),
        }])
        self.assertEqual(self.incident.next_due_at, MONDAY + timedelta(hours=24))
        self.assertIn(deadline, self.incident.deadline_ids)

    def test_start_in_business_time(self):
        """F2: hours of a calendar skip lunch, night and weekend."""
        friday = datetime(2026, 1, 9, 13)
        deadline = self._promise(hours=8, calendar=self.calendar, start_at=friday)
        self.assertEqual(deadline.due_at, datetime(2026, 1, 12, 13))
        self.assertEqual(deadline.warn_at, datetime(2026, 1, 12, 10))

    def test_start_with_a_due_time(self):
        """F2: a promise given by its due time knows the hours it has, and keeps the time as given."""
        saturday = datetime(2026, 1, 10, 12)
        deadline = self._promise(hours=None, due_at=saturday, calendar=self.calendar)
        self.assertEqual((deadline.due_at, deadline.hours), (saturday, 39))

    def test_same_promise_runs_once(self):
        """F2: starting a running promise again changes nothing; another key is another promise."""
        first = self._promise(key="a")
        self.assertEqual(self._promise(hours=1, key="a"), first)
        self.assertNotEqual(self._promise(key="b"), first)
        specs = [{"record": self.incident, "kind": "action", "hours": 1}] * 2
        self.assertEqual(len(self.Deadline._start(specs)), 1)

    @mute_logger("odoo.sql_db")
    def test_same_promise_twice_at_once(self):
        """F2: two transactions that start the same promise: the database lets one win."""
        self._promise()
        with patch.object(self.registry["quality.deadline"], "_find_open", lambda self, specs: {}), \
                self.assertRaisesRegex(Exception, "promise_uniq"):
            self._promise()

    def test_finished_promise_may_be_made_again(self):
        """F2: what has ended can be promised anew; the history keeps both."""
        first = self._promise()
        self.incident._stop_deadline("other")
        second = self._promise()
        self.assertNotEqual(first, second)
        self.assertEqual(self.incident.deadline_ids & (first | second), first | second)

    def test_historic_records_start_no_clock(self):
        """F2, F9: imported history owes nothing."""
        historic = self._make_incident(user=self.manager, is_historic=True, state="closed")
        self.assertFalse(self._promise(incident=historic))
        both = self._promise(incident=historic.sudo() | self.incident)
        self.assertEqual(both.res_id, self.incident.id)

    def test_unusable_calendar(self):
        """F2: a flexible calendar is refused in words before anything is written."""
        self.calendar.schedule_type = "flexible"
        with self.assertRaisesRegex(UserError, "flexible"):
            self._promise(calendar=self.calendar)

    # ------------------------------------------------------------------
    # End
    # ------------------------------------------------------------------

    def test_met_and_late(self):
        """F2: done at the due time is kept, a second later is not; when it was really done counts."""
        for late, state in ((0, "met"), (1, "late")):
            deadline = self._promise()
            with self._at(hours=20):
                self.incident._stop_deadline("other", done_at=deadline.due_at + timedelta(seconds=late))
            self.assertRecordValues(deadline, [{
                "state": state, "breached": bool(late), "done_at": deadline.due_at + timedelta(seconds=late),
                "next_check_at": False,
            }])
        self.assertFalse(self.incident.next_due_at)

    def test_cancelled_is_not_met(self):
        """F2: a promise that no longer applies counts neither as kept nor as broken."""
        deadline = self._promise()
        self.incident._cancel_deadline("other")
        self.assertRecordValues(deadline, [{"state": "cancelled", "done_at": False, "breached": False}])
        self.incident._stop_deadline("other")
        self.assertEqual(deadline.state, "cancelled")

    def test_cancelled_document(self):
        """F2: a cancelled document owes nothing."""
        deadline = self._promise(key="a") | self._promise(key="b")
        self.incident.write({"cancel_reason": "Entered twice"} if "cancel_reason" in self.incident._fields else {})
        self.incident.write({"state": "cancelled"})
        self.assertEqual(set(deadline.mapped("state")), {"cancelled"})

    def test_deleted_document(self):
        """F2: a deleted document owes nothing; the rows stay as history."""
        deadline = self._promise()
        with patch.object(self.registry["quality.incident"], "_ondelete_methods", []):
            self.incident.unlink()
        self.assertEqual(deadline.state, "cancelled")

    def test_nothing_ends_in_the_future(self):
        """F2: the ledger records what happened."""
        self._promise(start_at=fields.Datetime.now())
        future = fields.Datetime.now() + timedelta(hours=1)
        for change in (self.incident._stop_deadline, self.incident._pause_deadline, self.incident._resume_deadline):
            with self.assertRaisesRegex(UserError, "future"):
                change("other", None, future)

    def test_only_the_named_promise_ends(self):
        """F2: kind and key tell promises apart; without a key all of the kind end."""
        rows = [self._promise(key=key) for key in "ab"] + [self._promise(kind="action")]
        self.incident._stop_deadline("other", key="a")
        self.assertEqual([row.state == "running" for row in rows], [False, True, True])
        self.incident._stop_deadline("other")
        self.assertEqual([row.state == "running" for row in rows], [False, False, True])

    # ------------------------------------------------------------------
    # Pause
    # ------------------------------------------------------------------

    def test_pause_counts_in_the_calendar(self):
        """F2: a pause over lunch, a holiday and a weekend moves the due time by its working hours only."""
        leave = self.env["resource.calendar.leaves"].create({
            "name": "Epiphany", "calendar_id": self.calendar.id,
            "date_from": datetime(2026, 1, 5, 23), "date_to": datetime(2026, 1, 6, 22, 59, 59)})
        self.assertEqual(leave.company_id, self.company)
        deadline = self._promise(hours=16, calendar=self.calendar)  # Monday 9:00 … Thursday 9:00, Tuesday is a holiday
        self.assertEqual(deadline.due_at, datetime(2026, 1, 8, 8))
        with self._at(hours=2):  # 11:00, 2 h used
            self.incident._pause_deadline("other")
        self.assertRecordValues(deadline, [{"state": "paused", "next_check_at": False, "consumed_hours": 2}])
        self.assertFalse(self.incident.next_due_at, "a paused promise is not due")
        with self._at(datetime(2026, 1, 12, 9)):  # Monday 10:00: 1+4 h, Tuesday 0, 3 × 8 h, 2 h
            self.incident._resume_deadline("other")
        self.assertEqual((deadline.state, deadline.paused_hours), ("running", 31))
        self.assertEqual(deadline.due_at, datetime(2026, 1, 13, 16))  # 14 h left: 6 on Monday, 8 on Tuesday
        self.assertEqual(deadline.warn_at, datetime(2026, 1, 13, 11))  # 12 of 16 h, 10 still to go
        self.assertEqual(self.incident.next_due_at, deadline.due_at)

    def test_pause_around_the_clock(self):
        """F2: without a calendar every hour of the pause counts; two pauses add up."""
        deadline = self._promise(hours=10)
        for start, stop in ((2, 5), (6, 7)):
            with self._at(hours=start):
                self.incident._pause_deadline("other")
            with self._at(hours=stop):
                self.incident._resume_deadline("other")
        self.assertEqual((deadline.due_at, deadline.paused_hours), (MONDAY + timedelta(hours=14), 4))

    def test_pause_does_not_heal(self):
        """F2: a promise that is overdue stays overdue, however long it is paused."""
        deadline = self._promise(hours=1)
        with self._at(hours=2):
            self.incident._pause_deadline("other")
        with self._at(hours=50):
            self.incident._resume_deadline("other")
            self.assertEqual((deadline.due_at, deadline.breached), (MONDAY + timedelta(hours=1), True))
            self.incident._stop_deadline("other")
        self.assertEqual(deadline.state, "late")

    def test_done_during_a_pause(self):
        """F2: what is done while the clock stands still took no longer than until it stood still."""
        deadline = self._promise(hours=5)
        with self._at(hours=4):
            self.incident._pause_deadline("other")
        with self._at(hours=40):
            self.incident._stop_deadline("other")
        self.assertRecordValues(deadline, [{"state": "met", "paused_hours": 36, "paused_since": False}])

    def test_ending_needs_no_calendar(self):
        """F2: a calendar that was made unusable later cannot keep a promise from being ended."""
        deadline = self._promise(calendar=self.calendar)
        with self._at(hours=1):
            self.incident._pause_deadline("other")
        self.calendar.schedule_type = "flexible"
        with self._at(hours=2):
            self.incident._stop_deadline("other")
        self.assertEqual(deadline.state, "met")

    # ------------------------------------------------------------------
    # Change
    # ------------------------------------------------------------------

    def test_replan_keeps_what_was_used(self):
        """F2: a changed rule counts the hours already used, in the calendar in which they ran."""
        deadline = self._promise(hours=8, calendar=self.calendar)
        with self._at(hours=3):  # Monday 12:00, 3 h used
            self.incident._replan_deadline("other", hours=16)
            self.assertEqual(deadline.due_at, datetime(2026, 1, 7, 8))
            self.incident._replan_deadline("other", hours=4)
            self.assertEqual(deadline.due_at, datetime(2026, 1, 5, 13))
            self.incident._replan_deadline("other", calendar=None)
            self.assertEqual((deadline.due_at, deadline.consumed_hours), (datetime(2026, 1, 5, 12), 3))
        self.assertEqual(deadline.warn_at, datetime(2026, 1, 5, 11))

    def test_replan_after_a_pause(self):
        """F2: the pause stays a pause when the hours change."""
        deadline = self._promise(hours=8)
        with self._at(hours=2):
            self.incident._pause_deadline("other")
            self.incident._replan_deadline("other", hours=10)
            self.assertEqual((deadline.state, deadline.due_at), ("paused", MONDAY + timedelta(hours=10)))
        with self._at(hours=5):
            self.incident._resume_deadline("other")
        self.assertEqual(deadline.due_at, MONDAY + timedelta(hours=13))

    def test_replan_to_a_due_time(self):
        """F2: a new due time is taken as given, and the hours follow."""
        deadline = self._promise(hours=8)
        with self._at(hours=1):
            self.incident._replan_deadline("other", due_at=MONDAY + timedelta(hours=20))
        self.assertEqual((deadline.due_at, deadline.hours), (MONDAY + timedelta(hours=20), 20))
        self.assertEqual(self.incident.next_due_at, MONDAY + timedelta(hours=20))

    def test_replan_from_another_start(self):
        """F2, A7: when the time of the occurrence is corrected, the clock counts from there."""
        deadline = self._promise(hours=24)
        with self._at(hours=2):
            self.incident._replan_deadline("other", start_at=MONDAY - timedelta(hours=5))
            self.assertEqual(deadline.due_at, MONDAY + timedelta(hours=19))
            self.incident._pause_deadline("other")
        with self._at(hours=3):
            self.incident._resume_deadline("other")
            self.incident._replan_deadline("other", start_at=MONDAY)
        self.assertEqual(deadline.due_at, MONDAY + timedelta(hours=25))

    def test_replan_the_owner_only(self):
        """F2: a new owner inherits the promise as it is."""
        deadline = self._promise(due_at=MONDAY + timedelta(hours=3), hours=None)
        self.incident._replan_deadline("other", user=self.chief, department=None)
        self.assertRecordValues(deadline, [{"user_id": self.chief.id, "due_at": MONDAY + timedelta(hours=3)}])

    def test_new_calendar_does_not_heal(self):
        """F2: an overdue promise is not made whole by another calendar."""
        deadline = self._promise(hours=1)
        with self._at(hours=2):
            self.incident._replan_deadline("other", calendar=self.calendar)
        self.assertEqual((deadline.due_at, deadline.calendar_id), (MONDAY + timedelta(hours=1), self.calendar))

    # ------------------------------------------------------------------
    # What the document shows
    # ------------------------------------------------------------------

    def test_colours(self):
        """F2: grey in time, amber from three quarters on, red when overdue; the document shows the worst."""
        quick, slow = self._promise(hours=4), self._promise(hours=40, kind="action")
        for hours, quick_color, slow_color, worst in ((1, "grey", "grey", "grey"), (3, "amber", "grey", "amber"),
                                                      (5, "red", "grey", "red"), (50, "red", "red", "red")):
            with self._at(hours=hours):
                self.env.invalidate_all()
                self.assertEqual((quick.deadline_color, slow.deadline_color), (quick_color, slow_color))
                self.assertEqual(self.incident.deadline_color, worst)
        self.incident._pause_deadline("other")
        self.assertEqual(quick.deadline_color, "grey")
        self.incident._cancel_deadline()
        self.assertEqual((quick.deadline_color, self.incident.deadline_color), ("none", "none"))

    def test_next_due_is_not_written(self):
        """F2: “next due” cannot be made up, by RPC or import."""
        with self.assertRaisesRegex(UserError, "cannot be set"):
            self.incident.write({"next_due_at": MONDAY})
        result = self.env["quality.incident"].with_user(self.manager).load(
            ["title", "next_due_at"], [["X", "2026-01-01 00:00:00"]])
        self.assertFalse(result["ids"])

    # ------------------------------------------------------------------
    # Speed
    # ------------------------------------------------------------------

    def test_batch_costs_the_same(self):
        """F2: a hundred promises cost as many queries as ten, to start, pause, resume, replan and stop."""
        self._rule("percent", 75, target="owner")
        incidents = self.incident.browse([self._make_incident().id for _number in range(110)])
        counts = []
        self._promise(calendar=self.calendar)  # what is cached once for all is not counted
        for batch in (incidents[:10], incidents[10:]):
            self.env.flush_all()
            self.env.invalidate_all()
            before, steps = self.env.cr.sql_log_count, []
            for hours, change in enumerate((
                lambda batch: self._promise(incident=batch, calendar=self.calendar, hours=8),
                lambda batch: batch._pause_deadline("other"),
                lambda batch: batch._resume_deadline("other"),
                lambda batch: batch._replan_deadline("other", hours=20, user=self.chief),
                lambda batch: batch._stop_deadline("other"),
            )):
                with self._at(hours=hours):
                    change(batch)
                    self.env.flush_all()
                steps.append(self.env.cr.sql_log_count - before)
                before = self.env.cr.sql_log_count
            counts.append(steps)
        self.assertEqual(counts[0], counts[1])

    def test_lists_cost_the_same(self):
        """F2: the colours of eighty documents are one question."""
        incidents = self.incident.browse([self._make_incident().id for _number in range(80)])
        self._promise(incident=incidents)
        counts = []
        for batch in (incidents[:8], incidents):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            batch.browse(batch.ids).mapped("deadline_color")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
