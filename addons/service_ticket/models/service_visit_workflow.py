from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .service_ticket_roles import AGENT, ENGINEER, LEADER

PLACE_LENGTH = 100


class ServiceVisit(models.Model):
    """The steps of a visit: planned, on the way, on site, finished, approved (C9 to C11)."""

    _inherit = "service.visit"

    _transitions = {
        ("draft", "planned"): ("_missing_order", "_missing_people", "_missing_ticket"),
        ("planned", "draft"): (),
        ("planned", "departed"): ("_missing_people", "_missing_preparation"),
        ("departed", "on_site"): (),
        ("on_site", "done"): ("_missing_report",),
        ("done", "approved"): ("_missing_report", "_missing_signature", "_missing_report_approval"),
        ("draft", "cancelled"): ("_missing_cancel_reason",),
        ("planned", "cancelled"): ("_missing_cancel_reason",),
        ("departed", "cancelled"): ("_missing_cancel_reason",),
    }
    _transition_groups = {
        ("draft", "planned"): ENGINEER,
        ("planned", "draft"): ENGINEER,
        ("planned", "departed"): ENGINEER,
        ("departed", "on_site"): ENGINEER,
        ("on_site", "done"): ENGINEER,
        ("done", "approved"): ENGINEER,
        ("draft", "cancelled"): AGENT,
        ("planned", "cancelled"): AGENT,
        ("departed", "cancelled"): LEADER,
    }
    _next_state = {"draft": "planned", "planned": "departed", "on_site": "done", "done": "approved"}
    _step_activity = "service_ticket.mail_activity_visit_step"
    _system_fields = frozenset(
        {
            "level",
            "warranty_state",
            "departed_at",
            "arrived_at",
            "finished_at",
            "approved_at",
            "arrival_place",
            "signature",
            "signed_by",
            "signed_at",
            "refusal_reason",
            "refusal_witness",
            "report_id",
            "cancel_reason",
            "reason",
            "submit_key",
        }
    )

    def _next_people(self):
        summaries = {
            "planned": self.env._("Prepare and leave"),
            "departed": self.env._("Arrive on site"),
            "on_site": self.env._("Write the service report"),
            "done": self.env._("Have it signed and approved"),
        }
        if self.state not in summaries:
            return None
        return (self.leader_id or self.engineer_ids).user_id, summaries[self.state]

    def _after_transition(self, origins, target):
        visits = self.sudo()
        follow_up = getattr(visits, f"_enter_{target}", None)
        if follow_up:
            follow_up(origins)
        self._assign_next_step()
        return super()._after_transition(origins, target)

    # ------------------------------------------------------------------
    # What happens on entering a state; self is the superuser's
    # ------------------------------------------------------------------

    def _enter_planned(self, origins):
        self._sync_calendar()
        self._promise_appointment()
        for ticket in self.ticket_id.filtered(lambda one: one.state in ("analysis", "in_progress")):
            ticket.write({"state": "planned"})

    def _enter_draft(self, origins):
        self._sync_calendar()

    def _enter_departed(self, origins):
        self.write({"departed_at": fields.Datetime.now()})
        self.ticket_id.filtered(lambda one: one.state == "planned").write({"state": "in_progress"})

    def _enter_on_site(self, origins):
        now = fields.Datetime.now()
        self.write({"arrived_at": now})
        for visit in self:
            visit.ticket_id._stop_deadline("onsite", key="", done_at=now)
            visit.ticket_id._stop_deadline("appointment", key=visit._appointment_key(), done_at=now)
            visit.ticket_id._answered(now)

    def _enter_done(self, origins):
        self.write({"finished_at": fields.Datetime.now()})
        for visit in self:
            visit.ticket_id.fault_code_ids |= visit.fault_code_ids
            if visit.result == "unsolved" and visit.ticket_id.state in ("planned", "in_progress"):
                opinion = visit.opinion or visit.departure_report or visit.true_cause
                visit.ticket_id._raise_level(
                    self.env._("Visit %(visit)s: %(opinion)s", visit=visit.name, opinion=opinion)
                )

    def _enter_approved(self, origins):
        self.write({"approved_at": fields.Datetime.now()})
        self._archive_report()

    def _enter_cancelled(self, origins):
        for visit in self:
            visit.ticket_id._cancel_deadline("appointment", key=visit._appointment_key())
        self._sync_calendar()

    # ------------------------------------------------------------------
    # Public actions: one per step
    # ------------------------------------------------------------------

    def action_plan(self):
        """Dispatch the engineers (C9): the calendar is told, the ticket is planned.

        :raises AccessError: the user is no service staff
        :raises UserError: listing everything that is missing
        """
        return self._take_step("planned")

    def action_depart(self):
        """Leave: the preparation is complete (C9)."""
        self._check_own()
        return self._take_step("departed")

    def action_arrive(self, place=None):
        """Arrive on site: the clock of being there stops (C4).

        :param place: where the phone says it is, as text; kept as it was said
        """
        self._check_own()
        if place:
            self.sudo().write({"arrival_place": str(place)[:PLACE_LENGTH]})
        return self._take_step("on_site")

    def action_finish(self):
        """Finish the work with a complete report (C10); only now can the customer sign (C6)."""
        self._check_own()
        return self._take_step("done")

    def action_approve_report(self):
        """Ask for the leader's approval of the service report (C11)."""
        return self.action_request_approval("service_report")

    def action_cancel(self, reason=None):
        """Cancel the visit with a reason; it keeps its number."""
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_ask_leader(self, opinion=None):
        """Report a larger problem to the leader, with the own opinion (C10, D4): they get a task at once.

        :param opinion: what is proposed; without it the button asks for it
        """
        if not opinion:
            return self.env["quality.reason"]._ask(self, "action_ask_leader")
        self._check_own()
        for visit in self:
            if visit.state not in ("departed", "on_site"):
                raise UserError(self.env._("%s: the leader is asked from the field.", visit.display_name))
            system = visit.sudo()
            system.opinion = opinion
            leaders = system.ticket_id.team_id.leader_id or system.ticket_id._role_users(LEADER)
            for user in leaders:
                system.with_context(mail_activity_quick_update=True).activity_schedule(
                    "service_ticket.mail_activity_ticket_escalation",
                    user_id=user.id,
                    summary=self.env._("The field asks: %s", system.ticket_id.name),
                    note=opinion,
                )
            visit._message_log(body=self.env._("The leader was asked: %s", opinion))
            system.ticket_id._message_log(body=self.env._("The leader was asked from the field: %s", opinion))
        return True

    def _do_cancel(self, reason):
        """Cancel; the caller has checked the user."""
        self.sudo().write({"cancel_reason": reason})
        for visit in self.sudo():
            visit.write({"state": "cancelled"})

    def _check_own(self):
        """Raise AccessError unless the user is on these visits, or works at the service desk."""
        self.check_access("write")
        if self.env.su or self.env.user.has_group(AGENT):
            return
        for visit in self:
            if self.env.user not in visit.sudo().engineer_ids.user_id:
                raise AccessError(self.env._("%s: the engineers of the visit take this step.", visit.display_name))

    # ------------------------------------------------------------------
    # Defaults from the ticket
    # ------------------------------------------------------------------

    @api.onchange("ticket_id")
    def _onchange_ticket_id(self):
        if self.ticket_id:
            self.update(self.ticket_id._dispatch_vals())
