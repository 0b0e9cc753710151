from odoo import fields, models

#: promises that stand still while the customer keeps us waiting; what a department owes does not
PAUSED_KINDS = ("written_contact", "remote_answer", "onsite", "appointment", "resolution")


class ServiceTicket(models.Model):
    """What happens on entering a state; ``self`` is the superuser's."""

    _inherit = "service.ticket"

    def _after_transition(self, origins, target):
        tickets = self.sudo()
        follow_up = getattr(tickets, f"_enter_{target}", None)
        if follow_up:
            follow_up(origins)
        tickets._leave_waiting(origins, target)
        tickets.filtered("reason").write({"reason": False})
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _enter_accepted(self, origins):
        fresh = self.filtered(lambda ticket: not ticket.accepted_at)
        fresh.write({"accepted_at": fields.Datetime.now()})

    def _enter_analysis(self, origins):
        """Back from a solution that did not work: what was said of it is over, the promises begin again."""
        self.filtered("escalating").write({"escalating": False})
        back = self._came_from(origins, "resolved", "confirmed", "closed")
        back.write(
            {
                "resolved_at": False,
                "confirmed_at": False,
                "closed_at": False,
                "customer_confirmed_at": False,
                "customer_confirmed_by": False,
                "customer_agreed_at": False,
                "customer_agreed_by": False,
            }
        )
        back._cancel_deadline("callback")
        back._sync_clocks(again=("resolution",), reopened=True)

    def _enter_waiting(self, origins):
        self.write({"waiting_since": fields.Datetime.now()})
        paused = self.filtered("waiting_reason_id.pauses")
        paused._find_deadlines().filtered(lambda row: row.kind in PAUSED_KINDS)._pause()

    def _leave_waiting(self, origins, target):
        back = self._came_from(origins, "waiting")
        if not back or target == "waiting":
            return
        back._find_deadlines().filtered(lambda row: row.kind in PAUSED_KINDS)._resume()
        back.write({"waiting_reason_id": False, "waiting_from": False, "waiting_since": False})

    def _enter_resolved(self, origins):
        self.write({"resolved_at": fields.Datetime.now()})
        # What was promised on the way to here has either happened or is no longer needed.
        self._stop_deadline("resolution")
        rows = self._find_deadlines()
        rows.filtered(lambda row: row.kind in ("onsite", "appointment", "remote_answer"))._cancel()
        called = self.filtered(lambda ticket: ticket._is_called_back() and ticket.company_id.service_callback_hours)
        self.env["quality.deadline"]._start(
            [
                {
                    "record": ticket,
                    "kind": "callback",
                    "hours": ticket.company_id.service_callback_hours,
                    "user": ticket.team_id.leader_id,
                    "department": ticket.team_id.department_id,
                }
                for ticket in called
            ]
        )

    def _enter_confirmed(self, origins):
        self.write({"confirmed_at": fields.Datetime.now()})
        self._stop_deadline("callback")

    def _enter_closed(self, origins):
        self.write({"closed_at": fields.Datetime.now()})
        self._cancel_deadline()
        self._feed_back()

    def _enter_cancelled(self, origins):
        self.write({"closed_at": fields.Datetime.now()})
        self._cancel_deadline()
        self._end_approvals()
        self.visit_ids.filtered(lambda visit: visit.state in ("draft", "planned"))._do_cancel(
            self.env._("The ticket was cancelled.")
        )
        self.question_ids.filtered(lambda question: question.state == "open").write({"state": "cancelled"})

    def _came_from(self, origins, *states):
        return self.browse([record.id for record, origin in origins.items() if origin in states])
