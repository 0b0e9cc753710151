from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import PIXEL, ServiceCase


@tagged("post_install", "-at_install")
class TestTicketFlow(ServiceCase):
    """C16, C9 to C11, C6, D4, D7: from the call to the confirmed solution, and every shortcut refused."""

    def test_the_whole_way(self):
        """C16: call, dispatch with two engineers, unsolved, escalated, second visit, signed, approved, called back."""
        ticket = self._make_ticket()
        self.assertEqual(ticket.state, "new")
        self._to_analysis(ticket)
        self._analyse(ticket)
        visit = self._plan_visit(ticket, self.employee_a | self.employee_b)
        self.assertEqual(ticket.state, "planned")
        self.assertEqual(visit.calendar_event_ids.partner_ids, (self.engineer_a | self.engineer_b).partner_id)
        self._leave(visit)
        self.assertEqual(ticket.state, "in_progress")
        self.assertEqual(self._clock(ticket, "onsite").state, "met")
        self._finish(visit, "unsolved")
        self.assertEqual((ticket.state, ticket.escalation_level), ("analysis", 1))
        self.assertTrue(ticket.activity_ids.filtered(lambda one: one.user_id == self.leader))
        self.assertEqual(self._clock(ticket, "onsite").state, "running")
        with self.assertRaisesRegex(UserError, "new analysis"):
            self._plan_visit(ticket)
        self._analyse(ticket)
        second = self._plan_visit(ticket)
        self._finish(self._leave(second))
        self._sign(second)
        self.assertEqual(second.seal_validity, "valid")
        self._approve(second)
        self.assertEqual(second.state, "approved")
        visit.with_user(self.engineer_a).action_refuse_signature("Not at home", "Ms. Wu")
        self._approve(visit)
        self._resolve(ticket)
        self.assertEqual(ticket.state, "resolved")
        with self.assertRaisesRegex(UserError, "call-back"):
            ticket.with_user(self.agent).action_confirm()
        self._call_back(ticket)
        ticket.with_user(self.agent).action_confirm()
        ticket.with_user(self.agent).action_close()
        self.assertEqual(ticket.state, "closed")
        self.assertEqual(self._clock(ticket, "callback").state, "met")

    def test_every_role_opens_the_form(self):
        """E11: who may read a ticket can open it, with everything that has happened on it."""
        ticket = self._make_ticket(kind="complaint")
        self._to_analysis(ticket)
        self._analyse(ticket, "remote")
        self.env["service.contact"].with_user(self.agent).create(
            {"ticket_id": ticket.id, "subject": "Call", "content": "Patience", "direction": "out"}
        ).action_answer()
        worker = ticket.with_user(self.engineer_a)
        worker.action_start()
        worker.cause_class = "other"
        self._resolve(ticket)
        self._call_back(ticket)
        staff = (self.engineer_a, self.agent, self.leader, self.marketing, self.inspector, self.engineer, self.chief)
        for user in staff:
            self.env.invalidate_all()
            form = Form(ticket.with_user(user))
            self.assertEqual((form.name, len(form.callback_ids)), (ticket.name, 1), user.login)

    def test_no_shortcut(self):
        """C16: no state is reached but by its step, by whomever."""
        ticket = self._make_ticket()
        for state in ("analysis", "planned", "in_progress", "resolved", "confirmed", "closed"):
            with self.assertRaises(UserError, msg=state):
                ticket.with_user(self.leader).write({"state": state})
        with self.assertRaisesRegex(UserError, "starts as"):
            self._make_ticket(state="closed")
        self._to_analysis(ticket)
        with self.assertRaisesRegex(UserError, "The analysis of the cause"):
            ticket.with_user(self.agent).action_start()
        self._analyse(ticket)
        with self.assertRaisesRegex(UserError, "A visit"):
            ticket.with_user(self.agent).action_start()
        with self.assertRaisesRegex(UserError, "Not solved|What was not solved|cannot go"):
            ticket.with_user(self.leader).write({"state": "accepted"})

    def test_wrong_people(self):
        """C16: outsiders, another company, an engineer of another team."""
        ticket = self._make_ticket()
        for user in (self.plain_user, self.portal_user, self.foreign_agent):
            with self.assertRaises(AccessError):
                ticket.with_user(user).action_accept()
            with self.assertRaises(AccessError):
                ticket.with_user(user).read(["subject"])
        self.team.member_ids -= self.engineer_b
        with self.assertRaises(AccessError):
            ticket.with_user(self.engineer_b).read(["subject"])
        with self.assertRaises(AccessError):
            ticket.with_user(self.engineer_a).write({"first_answered_at": fields.Datetime.now()})

    def test_unqualified(self):
        """C1: who has no valid qualification is not sent, by no path."""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        novice = self.env["hr.employee"].create({"name": "Novice", "company_id": self.company.id})
        with self.assertRaisesRegex(UserError, "valid qualification of Novice"):
            self._plan_visit(ticket, novice)
        visit = self._plan_visit(ticket)
        with self.assertRaisesRegex(UserError, "valid qualification of Novice"):
            visit.with_user(self.agent).write({"engineer_ids": [fields.Command.set(novice.ids)]})
        late = fields.Datetime.now() + timedelta(days=500)
        with self.assertRaisesRegex(UserError, "valid qualification"):
            visit.with_user(self.agent).write({"planned_start": late, "planned_end": late})

    def test_two_engineers_need_a_leader(self):
        """C9"""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        with self.assertRaisesRegex(UserError, "leader"):
            self._plan_visit(ticket, self.employee_a | self.employee_b, leader_id=False)

    def test_preparation(self):
        """C9: nobody leaves unprepared."""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        visit = self._plan_visit(ticket)
        with self.assertRaisesRegex(UserError, "Preparation"):
            visit.with_user(self.engineer_a).action_depart()
        with self.assertRaises(AccessError):
            visit.with_user(self.engineer_b).action_arrive()

    def test_signature(self):
        """C6: only after the work, and sealed."""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        visit = self._leave(self._plan_visit(ticket))
        with self.assertRaisesRegex(UserError, "not before"):
            visit.action_sign("Mr. Lin", PIXEL)
        self._finish(visit)
        with self.assertRaisesRegex(UserError, "signature"):
            visit.action_approve_report()
        with self.assertRaises(AccessError):
            visit.write({"signature": PIXEL, "signed_by": "Forged"})
        self._sign(visit)
        self.env.invalidate_all()
        read = visit.with_context(bin_size=True).web_read({"seal_validity": {}, "what_is_missing": {}})
        self.assertEqual(read[0]["seal_validity"], "valid", "a form reads sizes instead of contents")
        visit.write({"work_done": "Something else"})
        self.assertEqual(visit.seal_validity, "changed")
        with self.assertRaisesRegex(UserError, "new signature"):
            visit.action_approve_report()
        self._sign(visit)
        visit.action_approve_report()
        with self.assertRaises(UserError):
            visit.with_user(self.engineer_a).action_approve()

    def test_call_back_by_a_doer(self):
        """D7: who did the work does not ask whether it works; leftovers become a ticket."""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket, "remote")
        ticket.with_user(self.engineer_a).action_start()
        self._resolve(ticket)
        with self.assertRaises(AccessError):
            self.env["service.callback"].with_user(self.engineer_a).create({"ticket_id": ticket.id, "result": "solved"})
        call = self._call_back(ticket, "leftover", leftover="The display is scratched")
        self.assertEqual(call.follow_up_id.parent_id, ticket)
        ticket.with_user(self.agent).action_confirm()

    def test_rejected_by_the_customer(self):
        """F4, C16: rejected counts as reopened, one level higher, with a new promise."""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket, "remote")
        ticket.with_user(self.engineer_a).action_start()
        self._resolve(ticket)
        first = self._clock(ticket, "resolution")
        self.assertEqual(first.state, "met")
        ticket.with_user(self.agent).action_reject_solution("It stopped again")
        self.assertEqual((ticket.state, ticket.reopen_count, ticket.escalation_level), ("analysis", 1, 1))
        self.assertEqual(self._clock(ticket, "resolution").state, "running")
        self.assertNotEqual(self._clock(ticket, "resolution"), first)

    def test_reopen_window(self):
        """E4: within the days it is the same matter, later a new one that follows it."""
        ticket = self._make_ticket(kind="consultation")
        ticket.with_user(self.agent).action_accept()
        ticket.with_user(self.agent).resolution = "Told"
        ticket.with_user(self.agent).action_resolve()
        ticket.with_user(self.agent).action_confirm()
        ticket.with_user(self.agent).action_close()
        with self.assertRaises(UserError):
            ticket.with_user(self.leader).write({"state": "analysis"})
        ticket.with_user(self.agent).action_reopen("Asked again")
        self.assertEqual((ticket.state, ticket.reopen_count), ("analysis", 1))
        self._analyse(ticket, "explanation", self.agent)
        ticket.with_user(self.agent).action_start()
        ticket.with_user(self.agent).action_resolve()
        ticket.with_user(self.agent).action_confirm()
        ticket.with_user(self.agent).action_close()
        ticket.sudo().closed_at = fields.Datetime.now() - timedelta(days=30)
        action = ticket.with_user(self.agent).action_reopen("Again")
        self.assertEqual(ticket.state, "closed")
        self.assertEqual(self.env["service.ticket"].browse(action["res_id"]).parent_id, ticket)

    def test_waiting(self):
        """Waiting stops the customer's clocks only for reasons that allow it, and goes back where it began."""
        ticket = self._to_analysis(self._make_ticket())
        ticket.with_user(self.engineer_a).action_wait(self.env.ref("service_ticket.wait_reason_parts").id)
        self.assertEqual(self._clock(ticket, "resolution").state, "running")
        ticket.with_user(self.engineer_a).action_resume()
        self.assertEqual(ticket.state, "analysis")
        ticket.with_user(self.engineer_a).action_wait(self.env.ref("service_ticket.wait_reason_customer").id)
        self.assertEqual(self._clock(ticket, "resolution").state, "paused")
        with self.assertRaisesRegex(UserError, "way back"):
            ticket.with_user(self.engineer_a).write({"state": "planned"})
        ticket.with_user(self.engineer_a).action_resume()
        self.assertEqual(self._clock(ticket, "resolution").state, "running")

    def test_cancel(self):
        """E4: cancelled with a reason, never deleted; what was promised is neither kept nor broken."""
        ticket = self._make_ticket()
        with self.assertRaises(UserError):
            ticket.with_user(self.leader).unlink()
        with self.assertRaisesRegex(UserError, "reason"):
            ticket.with_user(self.agent).write({"state": "cancelled"})
        ticket.with_user(self.agent).action_cancel("Entered twice")
        self.assertEqual(self._clock(ticket, "first_answer").state, "cancelled")

    def test_received_in_the_future(self):
        with self.assertRaisesRegex(UserError, "future"):
            self._make_ticket(received_at=fields.Datetime.now() + timedelta(hours=1))
