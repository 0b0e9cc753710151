from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .quality_incident_workflow import CHIEF, ENGINEERING, INSPECTOR, MANAGER, REPORTER
from .quality_rectification import STAFF

#: who issues notices, and re-checks
ISSUERS = f"{INSPECTOR},{ENGINEERING},{CHIEF},{MANAGER}"
CANCEL = ("_missing_cancel_reason",)
GATE = "rectification_plan"


class QualityRectification(models.Model):
    """The steps of a notice: which there are, who takes them, what the public actions do (A1, A2, B3).

    ``action_*`` check their user; ``_do_*`` do the work for whoever has been checked already, the portal for instance,
    and want a superuser's recordset.
    """

    _inherit = "quality.rectification"

    _transitions = {
        ("draft", "issued"): ("_missing_issue",),
        ("issued", "acknowledged"): ("_missing_recipient", "_missing_acknowledgement"),
        ("acknowledged", "planned"): ("_missing_recipient", "_missing_plan"),
        ("planned", "approved"): ("_missing_plan_approval",),
        ("approved", "planned"): ("_missing_lapse",),
        ("approved", "executing"): ("_missing_recipient", "_missing_plan_approval"),
        ("executing", "planned"): ("_missing_lapse",),
        ("executing", "recheck"): ("_missing_recipient", "_missing_plan_approval", "_missing_execution"),
        ("recheck", "executing"): ("_missing_judgement", "_missing_failure"),
        ("recheck", "closed"): ("_missing_judgement", "_missing_passes"),
        ("closed", "acknowledged"): ("_missing_reason", "_missing_life"),
        **{
            (state, "cancelled"): CANCEL
            for state in ("draft", "issued", "acknowledged", "planned", "approved", "executing", "recheck")
        },
    }
    _transition_groups = {
        ("draft", "issued"): ISSUERS,
        ("issued", "acknowledged"): REPORTER,
        ("acknowledged", "planned"): REPORTER,
        ("planned", "approved"): STAFF,
        ("approved", "planned"): REPORTER,
        ("approved", "executing"): REPORTER,
        ("executing", "planned"): REPORTER,
        ("executing", "recheck"): REPORTER,
        ("recheck", "executing"): ISSUERS,
        ("recheck", "closed"): ISSUERS,
        ("closed", "acknowledged"): f"{CHIEF},{MANAGER}",
        ("draft", "cancelled"): STAFF,
        **{
            (state, "cancelled"): MANAGER
            for state in ("issued", "acknowledged", "planned", "approved", "executing", "recheck")
        },
    }
    _system_fields = frozenset(
        {
            "round", "plan_round", "origin_model", "origin_id", "origin_name", "issued_at", "acknowledged_at",
            "acknowledged_by_id", "planned_at", "plan_author_ids", "approved_at", "closed_at", "reason",
            "cancel_reason", "effect_due_date", "effect_result", "effect_note", "effect_checked_by_id",
            "effect_checked_at", "repeat_of_ids", "repeat_count",
        }
    )
    _next_state = {
        "draft": "issued",
        "issued": "acknowledged",
        "acknowledged": "planned",
        "planned": "approved",
        "approved": "executing",
        "executing": "recheck",
    }
    _effect_groups = f"{INSPECTOR},{ENGINEERING},{MANAGER}"
    _effect_reopened = "acknowledged"

    def _effect_doers(self):
        return self.line_ids.done_by_id | self.line_ids.responsible_id

    def _effect_owner(self):
        return self.issuer_id

    def _next_missing(self):
        if self.state == "planned":
            return self._missing_plan() or super()._next_missing()
        if self.state == "recheck":
            return self._missing_judgement()
        return super()._next_missing()

    def _after_transition(self, origins, target):
        self.sudo().filtered("reason").write({"reason": False})
        follow_up = getattr(self.sudo(), f"_enter_{target}", None)
        if follow_up:
            follow_up(origins)
        self._assign_next_step()
        return super()._after_transition(origins, target)

    # ------------------------------------------------------------------
    # What happens on entering a state; self is the superuser's
    # ------------------------------------------------------------------

    def _enter_issued(self, origins):
        self.write({"issued_at": fields.Datetime.now()})
        self._link_repeats()
        self._start_recipient_clock("acknowledgement")
        self._mail_outside_parties()

    def _enter_acknowledged(self, origins):
        reopened = self._came_from(origins, "closed")
        fresh = self - reopened
        fresh.write({"acknowledged_at": fields.Datetime.now(), "acknowledged_by_id": self.env.uid})
        fresh._stop_deadline("acknowledgement")
        for notice in reopened:
            notice.write({"round": notice.round + 1, "plan_round": notice.plan_round + 1, "closed_at": False})
        reopened._forget_effect()
        reopened.line_ids._reopen()
        self._start_recipient_clock("plan")

    def _enter_planned(self, origins):
        self.write({"planned_at": fields.Datetime.now()})
        lapsed = self._came_from(origins, "approved", "executing")
        # Not the end of the promises: whoever changes the plan while late must stay late.
        lapsed._pause_deadline("action")
        lapsed._start_recipient_clock("plan")
        (self - lapsed)._stop_deadline("plan")

    def _enter_approved(self, origins):
        self.write({"approved_at": fields.Datetime.now()})
        self._stop_deadline("plan")
        self.line_ids._start_clocks()

    def _enter_recheck(self, origins):
        # From here on the issuer owes something, not the recipient.
        self._start_issuer_clock()
        self.extension_ids._lapse()

    def _enter_executing(self, origins):
        failed = self._came_from(origins, "recheck")
        failed._stop_deadline("recheck")
        for notice in failed:
            notice.round += 1
        lines = failed.line_ids.filtered(lambda line: line.state == "failed")
        lines._reopen(postpone=True)
        lines._start_clocks()

    def _enter_closed(self, origins):
        self.write({"closed_at": fields.Datetime.now()})
        self._stop_deadline("recheck")
        self._plan_effect_check()

    def _enter_cancelled(self, origins):
        self._cancel_deadline()
        self._end_approvals()
        self.extension_ids._lapse()

    def _came_from(self, origins, *states):
        return self.browse([record.id for record, origin in origins.items() if origin in states])

    # ------------------------------------------------------------------
    # Public actions: one per step
    # ------------------------------------------------------------------

    def action_issue(self):
        """Issue the notice to its recipient (A1): their clock starts, repeated findings are linked.

        :raises AccessError: the user may not issue notices
        :raises UserError: listing everything that is missing
        """
        return self._take_step("issued")

    def action_acknowledge(self):
        """Acknowledge for the recipient (A1); for an outside party with the channel and the person entered before.

        :raises AccessError: the user neither belongs to the recipient nor may act for an outside party
        :raises UserError: channel or person is missing
        """
        self._check_recipient()
        return self.sudo()._do_acknowledge()

    def _do_acknowledge(self, channel=None, person=None):
        """Acknowledge; the caller has checked who does. ``channel`` and ``person`` tell how and who, when outside."""
        how = {"ack_channel": channel, "ack_person": person}
        if any(how.values()):
            self.write({name: value for name, value in how.items() if value})
        return self._take_step("acknowledged")

    def action_submit_plan(self):
        """Submit the plan of all lines and ask for its approval (A1, A2); again when it was rejected or has lapsed.

        :raises AccessError: the user does not act for the recipient
        :raises UserError: listing the lines without plan, due date or responsible person
        """
        self._check_recipient()
        return self.sudo()._do_submit_plan()

    def _do_submit_plan(self):
        """Submit the plan; the caller has checked who does."""
        for notice in self:
            if notice.state == "acknowledged":
                notice._take_step("planned")
            notice.action_request_approval(GATE)
        return True

    def action_execute(self):
        """Start the work: only after the approval of exactly this plan (A2).

        :raises AccessError: the user does not act for the recipient
        :raises UserError: the plan is not approved
        """
        self._check_recipient()
        return self.sudo()._take_step("executing")

    def action_request_recheck(self):
        """Hand the finished work over for the re-check (B3).

        :raises AccessError: the user does not act for the recipient
        :raises UserError: listing the lines that are not done
        """
        self._check_recipient()
        return self.sudo()._do_request_recheck()

    def _do_request_recheck(self):
        """Hand over for the re-check; the caller has checked who does."""
        return self._take_step("recheck")

    def action_finish_recheck(self):
        """Finish the re-check: closed when every line passed, else a new round for the lines that failed.

        :raises AccessError: the user may not re-check
        :raises UserError: a line is not judged yet
        """
        self._check_role(ISSUERS)
        for notice in self:
            failed = notice.line_ids.filtered(lambda line: line.state == "failed")
            notice._take_step("executing" if failed else "closed")
        return True

    def action_reopen(self, reason=None):
        """Reopen a closed notice with a reason: a new round from the plan on."""
        return self._go_with_reason("acknowledged", reason, "action_reopen")

    def action_cancel(self, reason=None):
        """Withdraw the notice with a reason; it keeps its number.

        :param reason: text; without it the button asks for it
        """
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def _check_recipient(self):
        """Raise AccessError unless the user belongs to the recipient, or is staff and the recipient is outside."""
        self.check_access("read")
        for notice in self:
            if not self.env.su and not notice.acts_for_recipient:
                raise AccessError(
                    self.env._(
                        "%(name)s is addressed to %(recipient)s: this step is for somebody of theirs.",
                        name=notice.display_name,
                        recipient=notice.recipient_name or "?",
                    )
                )

    # ------------------------------------------------------------------
    # Approval of the plan
    # ------------------------------------------------------------------

    def _check_can_request_approval(self, gate):
        self._check_recipient()
        missing = super()._check_can_request_approval(gate)
        if self.state != "planned":
            raise UserError(self.env._("%s: approval is asked for when the plan is submitted.", self.display_name))
        return missing + self._missing_plan()

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "approved"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        self._back_to_recipient()
        return super()._on_approval_rejected(gate)

    def _on_approval_superseded(self, gate):
        notices = self.sudo()
        notices.filtered(lambda notice: notice.state in ("approved", "executing")).write({"state": "planned"})
        notices.filtered(lambda notice: notice.state == "planned")._back_to_recipient()
        return super()._on_approval_superseded(gate)

    def _back_to_recipient(self):
        self.sudo()._start_recipient_clock("plan")
        self._assign_next_step()

    def action_request_approval(self, gate=None):
        result = super().action_request_approval(gate)
        self.sudo()._stop_deadline("plan")
        self._assign_next_step()
        return result
