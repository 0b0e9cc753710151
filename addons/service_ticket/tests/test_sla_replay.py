import csv
from collections import defaultdict
from datetime import datetime

from odoo.tests import freeze_time, tagged

from .test_sla_reference import ALWAYS, BERLIN, ReferenceCase
from .test_ticket_import import data_file

#: hours promised by each clock
HOURS = {
    "first_answer": 1, "written_contact": 12, "remote_answer": 12, "onsite": 24, "department_answer": 8,
    "resolution": 40,
}
CALLBACK_HOURS = 72
#: what stands still while the customer is asked; the first answer and what a department owes do not
STANDS_STILL = ("written_contact", "remote_answer", "onsite", "resolution")
WAITING, OVER = "Awaiting User Info", ("Resolved", "Closed")


def steps_of(events):
    """Return an incident of the log as steps of a ticket: a list of (moment, step).

    ``receive``, ``work`` (no longer waiting), ``wait``, ``resolve``, ``close``, ``reopen``. The log is sorted by time;
    of several states within one minute the last one counts.
    """
    steps, last = [], None
    for moment, state in sorted(dict(events).items()):
        if not steps:
            steps.append((moment, "receive"))
        if state == last or (last == "Closed" and state == "Resolved"):
            continue
        if last in OVER and state not in OVER:
            steps.append((moment, "reopen"))
        if state == WAITING:
            steps.append((moment, "wait"))
        elif state in OVER:
            steps += [(moment, "resolve")] if last != "Resolved" else []
            steps += [(moment, "close")] if state == "Closed" else []
        elif last is not None and last not in OVER:
            steps.append((moment, "work"))
        last = state
    return steps


class Promises:
    """What is promised to the customer of one incident by the rules, without a line of the engine."""

    def __init__(self):
        self.made = []  # [kind, start, events]
        self.answered = self.written = self.told = self.waiting = False

    def open(self, kinds=None):
        return [
            one for one in self.made
            if not any(what in ("stop", "cancel") for _at, what in one[2]) and (not kinds or one[0] in kinds)
        ]

    def make(self, at, *kinds):
        self.made += [[kind, at, []] for kind in kinds]

    def happen(self, at, what, kinds=None):
        for one in self.open(kinds):
            one[2].append((at, what))

    def step(self, at, step):
        getattr(self, f"on_{step}")(at)

    def on_receive(self, at):
        self.make(at, *HOURS)

    def resume(self, at):
        if self.waiting:
            self.happen(at, "resume", STANDS_STILL)
        self.waiting = False

    def reply(self, at, in_writing):
        """The first answer of any kind, a written one, and the department's, each of them once."""
        kinds = [] if self.answered else ["first_answer", "remote_answer"]
        if in_writing and not self.written:
            kinds.append("written_contact")
            self.written = True
        self.answered = True
        self.happen(at, "stop", kinds or ["none"])

    def department(self, at):
        if not self.told:
            self.happen(at, "stop", ["department_answer"])
        self.told = True

    def on_work(self, at):
        self.reply(at, in_writing=False)
        self.resume(at)
        self.department(at)

    def on_wait(self, at):
        self.reply(at, in_writing=True)
        self.happen(at, "pause", STANDS_STILL)
        self.waiting = True

    def on_resolve(self, at):
        self.on_work(at)
        self.happen(at, "stop", ["resolution"])
        self.happen(at, "cancel", ["onsite", "remote_answer"])
        self.make(at, "callback")

    def on_close(self, at):
        self.happen(at, "stop", ["callback"])
        self.happen(at, "cancel")

    def on_reopen(self, at):
        """The solution, the visit, and a letter that was called off are promised anew."""
        self.happen(at, "cancel", ["callback"])
        self.make(at, "resolution", "onsite")
        if not self.written and not self.open(["written_contact"]):
            self.make(at, "written_contact")


@tagged("post_install", "-at_install")
class TestSlaReplay(ReferenceCase):
    """C4, C5, C20, D3, D7, E4: the log of a real service desk through the steps of tickets, every clock checked."""

    def _incidents(self):
        file = data_file("incident_event_log.csv")
        if not file:
            self.skipTest("no incident_event_log.csv; set QUALITY_DATA to the folder of the real files")
        events = defaultdict(list)
        with file.open(newline="") as stream:
            for row in csv.DictReader(stream):
                moment = datetime.strptime(row["sys_updated_at"], "%d-%m-%Y %H:%M")
                events[row["number"]].append((moment, row["incident_state"]))
        return {number: steps_of(found) for number, found in events.items()}

    # ------------------------------------------------------------------
    # The steps, as staff take them
    # ------------------------------------------------------------------

    def _on_receive(self, ticket):
        ticket.action_accept()
        self.env["service.question"].with_user(self.leader).create(
            {"ticket_id": ticket.id, "department_id": self.department_a.id, "question": "Why?"}
        )

    def _reply(self, ticket, in_writing):
        if in_writing:
            ticket.message_post(
                body="Please tell us more", message_type="comment", subtype_xmlid="mail.mt_comment",
                partner_ids=self.customer.ids,
            )
        elif not ticket.first_answered_at:
            call = self.env["service.contact"].with_user(self.leader).create(
                {"ticket_id": ticket.id, "subject": "Call", "content": "We look at it", "direction": "out",
                 "channel": "phone", "partner_id": self.customer.id}
            )
            call.action_answer()

    def _on_work(self, ticket):
        self._reply(ticket, in_writing=False)
        if ticket.state == "waiting":
            ticket.action_resume()
        for question in ticket.question_ids.filtered(lambda one: one.state == "open"):
            question.sudo().action_answer("Because")

    def _on_wait(self, ticket):
        self._reply(ticket, in_writing=True)
        ticket.action_wait(self.env.ref("service_ticket.wait_reason_customer").id)

    def _on_resolve(self, ticket):
        self._on_work(ticket)
        if ticket.state == "accepted":
            ticket.action_analyse()
        self._analyse(ticket, "explanation", user=self.leader)
        ticket.action_start()
        ticket.write({"resolution": "x", "solution_id": self.solution.id})
        ticket.action_resolve()

    def _on_close(self, ticket):
        self._call_back(ticket)
        ticket.action_confirm()
        for row in ticket._breaches():
            row.with_user(self.leader).action_explain("Too much work")
        ticket.action_close()

    def _on_reopen(self, ticket):
        reopen = ticket.action_reopen if ticket.state == "closed" else ticket.action_reject_solution
        reopen("It came back")

    # ------------------------------------------------------------------
    # The comparison
    # ------------------------------------------------------------------

    def _replay(self, calendar, part):
        """Take every ``part``-th incident through its steps, all promises counted in ``calendar``; compare all rows."""
        self.customer.email = False  # nobody to write to at each step, which is most of the time this would take
        self.company.write({"service_reopen_days": 9999, "service_callback_hours": CALLBACK_HOURS})
        self.env["service.sla.policy"].search([]).active = False
        self.env["service.sla.policy"].create(
            [
                {"name": clock, "clock": clock, "hours": hours, "calendar_id": self.calendars[calendar].id,
                 "company_id": self.company.id}
                for clock, hours in HOURS.items()
            ]
        )
        self.solution = self._solution()
        incidents = self._incidents()
        self.assertEqual(len(incidents), 445)
        numbers = list(incidents)[part::2]
        quiet = {"tracking_disable": True, "mail_activity_automation_skip": True}
        tickets = self.env["service.ticket"].with_user(self.leader).with_context(**quiet).create(
            [
                self._ticket_vals(
                    subject=number, user_id=self.leader.id, product_id=False, received_at=incidents[number][0][0]
                )
                for number in numbers
            ]
        )
        seen = defaultdict(int)
        for number, ticket in zip(numbers, tickets, strict=True):
            promises = Promises()
            for moment, step in incidents[number]:
                with freeze_time(moment):
                    getattr(self, f"_on_{step}")(ticket)
                promises.step(moment, step)
                seen[step] += 1
            self._compare(number, ticket, promises, calendar, seen)
        return seen

    def _compare(self, number, ticket, promises, calendar, seen):
        domain = [("res_model", "=", ticket._name), ("res_id", "=", ticket.id)]
        rows = self.env["quality.deadline"].search(domain, order="id")
        for kind in (*HOURS, "callback"):
            made = [one for one in promises.made if one[0] == kind]
            found = rows.filtered(lambda row, kind=kind: row.kind == kind)
            self.assertEqual(len(found), len(made), f"{number}: {kind}")
            hours, counted_in = (CALLBACK_HOURS, ALWAYS) if kind == "callback" else (HOURS[kind], calendar)
            for row, (_kind, start, events) in zip(found, made, strict=True):
                self._assert_promise(row, start, events, 60 * hours, counted_in, f"{number} {kind}: {start} {events}")
                seen[kind] += 1
            rows -= found
        self.assertFalse(rows, f"{number}: rows that nobody promised")

    def _assert_seen(self, seen):
        """The log is rich enough to prove something."""
        self.assertGreater(seen["wait"], 50)
        self.assertGreater(seen["close"], 100)
        self.assertGreater(seen["reopen"], 0)
        for kind in (*HOURS, "callback"):
            self.assertGreater(seen[kind], 200, kind)

    def test_day_and_night(self):
        self._assert_seen(self._replay(ALWAYS, 0))

    def test_office_hours(self):
        """Berlin: a lunch break, holidays, both changes of the clock of 2016."""
        self._assert_seen(self._replay(BERLIN, 1))
