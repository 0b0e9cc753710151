from datetime import timedelta
from unittest.mock import patch

from odoo.tests import tagged
from odoo.tools import SQL, mute_logger

from .deadline_common import MONDAY, DeadlineCase

LOGGER = "odoo.addons.quality_incident.models.quality_escalation"


@tagged("post_install", "-at_install")
class TestEscalationOnce(DeadlineCase):
    """F2: every step is taken exactly once, whatever happens to the job, and costs what is due, not what is there."""

    # ------------------------------------------------------------------
    # Exactly once, whatever happens
    # ------------------------------------------------------------------

    def test_killed_in_the_middle(self):
        """F2: killed after the log was written and before the commit: nothing is left, the next run does it once."""
        self._rule()
        deadline = self._promise()

        class Killed(BaseException):
            pass

        def die(*args):
            self.env.flush_all()
            raise Killed

        with patch.object(self.registry["quality.escalation"], "_queue_message", die), self.assertRaises(Killed):
            self._run_job(hours=9)
        self.env.invalidate_all()
        self.assertFalse(deadline.escalation_ids)
        self.assertRecordValues(deadline, [{"level": 0, "breached": False}])
        self.assertFalse(self._mails() | self._mails(self.engineer))
        self.assertFalse(self._activities(deadline))
        self._run_job(hours=9)
        self.assertEqual(len(deadline.escalation_ids), 1)
        self.assertEqual((len(self._mails(self.engineer)), len(self._activities(deadline))), (1, 1))

    @mute_logger(LOGGER)
    def test_poison(self):
        """F2: a row that cannot be escalated waits an hour; all others go on, in the same run."""
        self._rule()
        rows = self._promise(incident=self.incident.browse([self._make_incident().id for _number in range(5)]))
        poison = rows[2]
        original = self.registry["quality.escalation"]._queue_message

        def fail_for_one(model, deadline, *args):
            if deadline == poison:
                raise ValueError("poison")
            return original(model, deadline, *args)

        with patch.object(self.registry["quality.escalation"], "_queue_message", fail_for_one):
            self._run_job(hours=9)
        self.assertEqual((rows - poison).mapped("level"), [1] * 4)
        self.assertRecordValues(poison, [{"level": 0, "next_check_at": MONDAY + timedelta(hours=10)}])
        self.assertFalse(poison.escalation_ids)
        self.assertEqual(len(self._mails(self.engineer)), 4)
        self._run_job(hours=9, minutes=30)
        self.assertFalse(poison.escalation_ids)
        self._run_job(hours=11)
        self.assertEqual(len(poison.escalation_ids), 1)
        self.assertEqual(len(self._mails(self.engineer)), 5)

    @mute_logger(LOGGER)
    def test_broken_calendar_silences_nothing(self):
        """F2: a calendar made flexible later stops no warning; percent then count from start to due."""
        self._rule("percent", 75)
        deadline = self._promise(hours=8, calendar=self.calendar)
        self.calendar.schedule_type = "flexible"
        self._run_job(hours=7)
        self.assertEqual(deadline.next_check_at, MONDAY + timedelta(hours=18))
        self._run_job(hours=25)
        self.assertRecordValues(deadline, [{"level": 1, "breached": True, "next_check_at": False}])

    def test_batches(self):
        """F2: more rows than a batch are all done in one run."""
        self._rule(channel="activity")
        rows = self._promise(incident=self.incident.browse([self._make_incident().id for _number in range(7)]))
        with patch.object(self.registry["quality.escalation"]._cron_escalate, "__defaults__", (3,)):
            self._run_job(hours=9)
        self.assertEqual(set(rows.mapped("level")), {1})
        self.assertEqual(len(rows.escalation_ids), 7)

    def test_mail_waits_for_the_queue(self):
        """F2: the job never talks to a mail server; it wakes the mail queue."""
        self._rule(channel="mail")
        self._promise()
        queue = self.env.ref("mail.ir_cron_mail_scheduler_action")
        before = self.env["ir.cron.trigger"].search_count([("cron_id", "=", queue.id)])
        with patch.object(self.registry["mail.mail"], "send", side_effect=AssertionError("sent inline")):
            self._run_job(hours=9)
        self.assertEqual(self._mails(self.engineer).state, "outgoing")
        self.assertGreater(self.env["ir.cron.trigger"].search_count([("cron_id", "=", queue.id)]), before)

    # ------------------------------------------------------------------
    # Speed
    # ------------------------------------------------------------------

    def test_only_due_rows_are_looked_at(self):
        """F2, issue 2 B: ten times more future deadlines change neither the rows examined nor the queries."""
        self._rule(channel="activity")
        looked_at, queries = [], []
        original = self.registry["quality.escalation"]._escalate_locked

        def watch(model, deadlines):
            looked_at.append(len(deadlines))
            return original(model, deadlines)

        self._promise(key="warm-up")
        self._run_job(hours=9)
        for future in (20, 200):
            self._sleepers(future)
            due = self._promise(incident=self.incident.browse([self._make_incident().id for _number in range(10)]))
            with patch.object(self.registry["quality.escalation"], "_escalate_locked", watch):
                queries.append(self._run_job(hours=9))
            self.assertEqual(set(due.mapped("level")), {1})
        self.assertEqual(looked_at, [10, 10])
        self.assertEqual(queries[0], queries[1])

    def test_due_rows_are_found_by_index(self):
        """F2: PostgreSQL reads due rows through the partial index, in a ledger of 20 000."""
        self._promise()
        self._sleepers(20_000)
        self.env.cr.execute("ANALYZE quality_deadline")
        query = self.Deadline.sudo()._search(self.Escalation._due_domain(), order="next_check_at, id", limit=100)
        plan = "\n".join(line for [line] in self.env.execute_query(SQL("EXPLAIN %s", query.select())))
        self.assertIn("quality_deadline_check_idx", plan)

    def _sleepers(self, number):
        """Add running deadlines that are not due for years."""
        self.env.flush_all()
        self.env.cr.execute("""
            INSERT INTO quality_deadline (res_model, res_id, kind, key, name, company_id, state, start_at, counted_from,
                                          due_at, next_check_at, hours, consumed_hours)
                 SELECT 'quality.incident', %s, 'other', 'sleeper' || n || '/' || %s, 'Sleeper', %s, 'running', %s, %s,
                        %s, '2036-01-01'::timestamp + n * interval '1 minute', 1, 0
                   FROM generate_series(1, %s) n
        """, [self.incident.id, number, self.company.id, MONDAY, MONDAY, MONDAY + timedelta(days=3650), number])

    def test_batch_costs_the_same(self):
        """F2: reminders of thirty rows cost hardly more queries than those of three."""
        self._rule(channel="activity")
        queries = []
        for number in (3, 3, 30):
            self._promise(incident=self.incident.browse([self._make_incident().id for _number in range(number)]))
            queries.append(self._run_job(hours=9))
        self.assertLessEqual(queries[2] - queries[1], 27)
