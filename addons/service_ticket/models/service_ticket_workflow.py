from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from .service_ticket import WORKING
from .service_ticket_roles import AGENT, ENGINEER, LEADER

CANCEL = ("_missing_cancel_reason", "_missing_idle_visits")
WAITABLE = ("accepted", "analysis", "planned", "in_progress")


class ServiceTicket(models.Model):
    """The steps of a ticket: which there are, who takes them, what the public actions do (C16).

    request → taken by an engineer → analysis → dispatch → execution → resolved → confirmed by the customer → closed;
    unsolved goes back to the analysis one level higher.
    """

    _inherit = "service.ticket"

    _transitions = {
        ("new", "accepted"): ("_missing_acceptance",),
        ("accepted", "analysis"): (),
        ("accepted", "resolved"): ("_missing_short_way", "_missing_resolution"),
        ("analysis", "planned"): ("_missing_analysis", "_missing_visit"),
        ("analysis", "in_progress"): ("_missing_analysis", "_missing_remote_way"),
        ("planned", "in_progress"): ("_missing_start",),
        ("planned", "analysis"): ("_missing_escalation", "_missing_idle_visits"),
        ("in_progress", "planned"): ("_missing_analysis", "_missing_visit"),
        ("in_progress", "analysis"): ("_missing_escalation", "_missing_idle_visits"),
        ("in_progress", "resolved"): ("_missing_resolution", "_missing_finished_visits", "_missing_complaint"),
        ("resolved", "analysis"): ("_missing_escalation",),
        ("resolved", "confirmed"): ("_missing_confirmation",),
        ("confirmed", "analysis"): ("_missing_escalation",),
        ("confirmed", "closed"): ("_missing_closure",),
        ("closed", "analysis"): ("_missing_escalation", "_missing_reopening"),
        **{(state, "waiting"): ("_missing_waiting_reason",) for state in WAITABLE},
        **{("waiting", state): () for state in WAITABLE},
        **{(state, "cancelled"): CANCEL for state in WORKING},
    }
    _transition_groups = {
        ("new", "accepted"): ENGINEER,
        ("accepted", "analysis"): ENGINEER,
        ("accepted", "resolved"): ENGINEER,
        ("analysis", "planned"): ENGINEER,
        ("analysis", "in_progress"): ENGINEER,
        ("planned", "in_progress"): ENGINEER,
        ("planned", "analysis"): ENGINEER,
        ("in_progress", "planned"): ENGINEER,
        ("in_progress", "analysis"): ENGINEER,
        ("in_progress", "resolved"): ENGINEER,
        ("resolved", "analysis"): AGENT,
        ("resolved", "confirmed"): AGENT,
        ("confirmed", "analysis"): AGENT,
        ("confirmed", "closed"): AGENT,
        ("closed", "analysis"): AGENT,
        **{(state, "waiting"): ENGINEER for state in WAITABLE},
        **{("waiting", state): ENGINEER for state in WAITABLE},
        **{(state, "cancelled"): AGENT if state in ("new", "accepted") else LEADER for state in WORKING},
    }
    _next_state = {
        "new": "accepted",
        "accepted": "analysis",
        "planned": "in_progress",
        "in_progress": "resolved",
        "resolved": "confirmed",
        "confirmed": "closed",
    }
    _step_activity = "service_ticket.mail_activity_ticket_step"
    _system_fields = frozenset(
        {
            "escalation_level", "accepted_at", "first_answered_at", "resolved_at", "confirmed_at", "closed_at",
            "waiting_reason_id", "waiting_from", "waiting_since", "reopen_count", "cancel_reason", "reason",
            "incident_id", "customer_agreed_at", "customer_agreed_by", "customer_confirmed_at", "customer_confirmed_by",
            "explanation_sent_at", "escalating", "merged_into_id", "has_time_conflict", "source_message_id",
            "warranty_state", "warranty_until", "warranty_source", "warranty_parts", "warranty_labour",
            "warranty_travel",
        }
    )
    #: set by the step that raises the level and cleared on arrival: back to the analysis only through that step
    escalating = fields.Boolean(readonly=True, copy=False, export_string_translation=False)

    def _missing_for(self, target):
        if self.state == "waiting" and target in WAITABLE and target != self.waiting_from:
            return [self.env._("The way back: it goes on as “%s”", self._state_label(self.waiting_from))]
        return super()._missing_for(target)

    def _next_missing(self):
        if self.state == "analysis":
            missing = self._missing_analysis()
            remote = not missing and self._current_analysis().solution_type not in ("on_site", "depot")
            return missing or ([] if remote else self._missing_visit())
        if self.state == "accepted" and self._has_short_way():
            return self._missing_for("resolved")
        return super()._next_missing()

    def _next_people(self):
        leader = self.team_id.leader_id
        summaries = {
            "new": self.env._("Accept the ticket"),
            "accepted": self.env._("Analyse the cause"),
            "analysis": self.env._("Analyse, then plan the solution"),
            "in_progress": self.env._("Solve it"),
            "resolved": self.env._("Call the customer back"),
            "confirmed": self.env._("Close the ticket"),
        }
        if self.state not in summaries:
            return None
        if self.state == "resolved":
            callers = self._role_users("service_ticket.group_service_marketing") or leader
            return callers - self._doers(), summaries["resolved"]
        return self.user_id or leader, summaries[self.state]

    # ------------------------------------------------------------------
    # Public actions: one per step
    # ------------------------------------------------------------------

    def action_accept(self):
        """Take the ticket; nobody in charge yet means the user is.

        :raises AccessError: the user is no service staff
        :raises UserError: listing everything that is missing
        """
        self._check_staff()
        for ticket in self.filtered(lambda ticket: not ticket.user_id):
            ticket.user_id = self.env.user
        return self._take_step("accepted")

    def action_analyse(self):
        """Begin the analysis of the cause (C16)."""
        return self._take_step("analysis")

    def action_plan_visit(self):
        """Dispatch: open the visit to be planned, or go on when one is planned already (C9, C16).

        :return: the form of the draft visit, or True
        :raises UserError: the analysis of this level is missing
        """
        self.ensure_one()
        self._check_staff()
        if self.visit_ids.filtered(lambda visit: visit.state in ("planned", "departed", "on_site")):
            return self._take_step("planned")
        missing = self._missing_analysis() if self.state in ("analysis", "in_progress") else []
        if missing or self.state not in ("analysis", "in_progress"):
            raise UserError("\n".join(missing) or self.env._("A visit follows the analysis of the cause."))
        visit = self.visit_ids.filtered(lambda visit: visit.state == "draft")[:1]
        visit = visit or self.env["service.visit"].create(self._prepare_visit_vals())
        return visit.get_formview_action()

    def action_start(self):
        """Start the work: from a distance after the analysis, or when the engineers are on their way."""
        return self._take_step("in_progress")

    def action_wait(self, reason_id=None):
        """Wait for somebody else; the reason says whether the customer's clocks stand still.

        :param reason_id: id of a ``service.wait.reason``; without it the dialog asks
        """
        if not reason_id:
            return self.env["service.ticket.wait"]._ask(self)
        reason = self.env["service.wait.reason"].browse(reason_id).exists()
        if not reason:
            raise UserError(self.env._("Choose what the ticket waits for."))
        self._check_staff()
        self._check_transition_known("waiting")
        for ticket in self:
            ticket.sudo().write({"waiting_reason_id": reason.id, "waiting_from": ticket.state})
        return self.write({"state": "waiting"})

    def action_resume(self):
        """Go on where the waiting began; the clocks run again."""
        self._check_staff()
        for ticket in self:
            ticket._take_step(ticket.waiting_from or "accepted")
        return True

    def action_resolve(self):
        """Say that the problem is solved (C16): with a solution on file, and all a complaint of its class needs.

        :raises UserError: listing everything that is missing
        """
        return self._take_step("resolved")

    def action_confirm(self):
        """Record that the customer confirms: after the call-back, or the customer's own word in the portal (D7)."""
        return self._take_step("confirmed")

    def action_close(self):
        """Close the ticket (E4)."""
        return self._take_step("closed")

    def action_cancel(self, reason=None):
        """Cancel the ticket with a reason; it keeps its number (E4).

        :param reason: text; without it the button asks for it
        """
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_reject_solution(self, reason=None):
        """Record that the customer does not accept the result: one level higher, analysed anew (C16, F4).

        :param reason: what the customer says; without it the button asks for it
        """
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_reject_solution")
        self._check_role(AGENT)
        self._check_staff()
        return self._raise_level(reason, reopened=True)

    def action_reopen(self, reason=None):
        """Reopen a closed ticket within the days of the company; later a new one that follows it is opened.

        :param reason: what the customer says; without it the button asks for it
        :return: True, or the form of the new ticket
        """
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_reopen")
        self._check_role(AGENT)
        self._check_staff()
        late = self.filtered(lambda ticket: not ticket._may_reopen())
        (self - late)._raise_level(reason, reopened=True)
        follow_ups = [ticket._follow_up(reason) for ticket in late]
        return follow_ups[0].get_formview_action() if len(self) == 1 and late else True

    def action_escalate(self, reason=None):
        """Raise the escalation level: not solved, it must be analysed anew before the next visit (C16, D4).

        :param reason: why, and what the field proposes; without it the button asks for it
        """
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_escalate")
        self._check_staff()
        return self._raise_level(reason)

    def _may_reopen(self):
        """Return whether the ticket was closed so lately that it is the same matter."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=self.company_id.service_reopen_days)
        return bool(self.closed_at and self.closed_at >= limit and not self.is_historic)

    def _follow_up(self, text):
        """Return a new ticket about what is left of this one; the caller has checked the user."""
        self.ensure_one()
        ticket = self.sudo()
        copied = (
            "kind", "partner_id", "contact_name", "phone", "email", "site_partner_id", "product_id", "lot_id",
            "sale_order_id", "delivered_on", "team_id", "user_id", "company_id",
        )
        vals = {name: ticket[name].id if ticket._fields[name].relational else ticket[name] for name in copied}
        follow_up = self.env["service.ticket"].sudo().create(
            {
                **vals,
                "subject": ticket.subject,
                "description": text,
                "parent_id": ticket.id,
                "channel": "internal" if ticket.channel == "internal" else ticket.channel,
            }
        )
        ticket._message_log(body=self.env._("Follow-up ticket %s was opened.", follow_up.name))
        return follow_up.with_env(self.env)

    def _when(self, moment):
        return format_datetime(self.env, moment)
