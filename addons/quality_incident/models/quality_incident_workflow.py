from odoo import fields, models
from odoo.exceptions import UserError

REPORTER = "quality_incident.group_quality_reporter"
LEAD = "quality_incident.group_quality_technical_lead"
INSPECTOR = "quality_incident.group_quality_inspector"
ENGINEERING = "quality_incident.group_quality_engineering"
CHIEF = "quality_incident.group_quality_chief_engineer"
MANAGER = "quality_incident.group_quality_manager"

CANCEL = ("_missing_cancellation",)


class QualityIncident(models.Model):
    """The steps of an incident: which there are, who takes them, what the public actions do."""

    _inherit = "quality.incident"

    _transitions = {
        ("draft", "reported"): ("_missing_report",),
        ("reported", "verified"): ("_missing_verification",),
        ("verified", "analysis"): ("_missing_written_report",),
        ("verified", "plan"): ("_missing_short_way",),
        ("analysis", "plan"): ("_missing_analysis",),
        ("plan", "analysis"): (),
        ("plan", "executing"): ("_missing_plan_approval",),
        ("executing", "plan"): (),
        ("executing", "acceptance"): ("_missing_plan_approval", "_missing_execution"),
        ("acceptance", "executing"): ("_missing_reason",),
        ("acceptance", "plan"): ("_missing_way_back",),
        ("acceptance", "closing"): ("_missing_plan_approval", "_missing_acceptance"),
        ("closing", "closed"): ("_missing_closure",),
        ("closed", "analysis"): ("_missing_reason",),
        **{
            (state, "cancelled"): CANCEL
            for state in (
                "draft",
                "reported",
                "verified",
                "analysis",
                "plan",
                "executing",
                "acceptance",
                "closing",
            )
        },
    }
    _transition_groups = {
        ("draft", "reported"): REPORTER,
        ("reported", "verified"): f"{INSPECTOR},{ENGINEERING}",
        ("verified", "analysis"): f"{LEAD},{ENGINEERING},{CHIEF}",
        ("verified", "plan"): LEAD,
        ("analysis", "plan"): f"{LEAD},{ENGINEERING},{CHIEF}",
        ("plan", "analysis"): f"{LEAD},{ENGINEERING},{CHIEF}",
        ("plan", "executing"): f"{LEAD},{ENGINEERING}",
        ("executing", "plan"): f"{LEAD},{ENGINEERING}",
        ("executing", "acceptance"): f"{LEAD},{ENGINEERING}",
        ("acceptance", "executing"): INSPECTOR,
        ("acceptance", "plan"): INSPECTOR,
        ("acceptance", "closing"): INSPECTOR,
        ("closing", "closed"): f"{INSPECTOR},{MANAGER}",
        ("closed", "analysis"): f"{CHIEF},{MANAGER}",
        ("draft", "cancelled"): REPORTER,
        **{
            (state, "cancelled"): MANAGER
            for state in (
                "reported",
                "verified",
                "analysis",
                "plan",
                "executing",
                "acceptance",
                "closing",
            )
        },
    }
    _system_fields = frozenset(
        {
            "round",
            "reported_at",
            "inspector_notified_at",
            "plan_started_at",
            "closed_at",
            "reason",
            "cancel_reason",
            "effect_due_date",
            "effect_result",
            "effect_note",
            "effect_checked_by_id",
            "effect_checked_at",
            "detailed_filed_at",
        }
    )
    #: where the rule books ask for more than the table above, by grade
    _grade_groups = {
        ("major", "reported", "verified"): ENGINEERING,  # A5: engineering verifies
        ("general", "verified", "analysis"): f"{ENGINEERING},{CHIEF}",  # A4: engineering analyses
        ("major", "verified", "analysis"): f"{ENGINEERING},{CHIEF}",
        ("general", "analysis", "plan"): f"{ENGINEERING},{CHIEF}",
        ("major", "analysis", "plan"): f"{ENGINEERING},{CHIEF}",
    }

    def _transition_groups_for(self, target):
        return self._grade_groups.get((self.grade, self.state, target)) or super()._transition_groups_for(target)

    def _after_transition(self, origins, target):
        self.sudo().filtered("reason").write({"reason": False})
        follow_up = getattr(self, f"_enter_{target}", None)
        if follow_up:
            follow_up(origins)
        self._assign_next_step()
        return super()._after_transition(origins, target)

    # ------------------------------------------------------------------
    # What happens on entering a state
    # ------------------------------------------------------------------

    def _enter_reported(self, origins):
        fresh = self.filtered(lambda incident: not incident.reported_at)
        fresh.sudo().write({"reported_at": fields.Datetime.now()})
        self._open_duties()
        self._open_stop_orders()
        self.env["quality.closure.fact"].sudo().create(
            [
                {"incident_id": incident.id, "kind": kind}
                for incident in fresh
                for kind in self.env["quality.closure.fact"]._kinds()
            ]
        )
        self._detect_late_report()
        self._detect_self_handling()
        self._notify_major()

    def _enter_plan(self, origins):
        started = self.sudo().filtered(lambda incident: not incident.plan_started_at)
        if started:
            started.plan_started_at = fields.Datetime.now()
        refused = self.browse([record.id for record, origin in origins.items() if origin == "acceptance"])
        refused._start_round()

    def _enter_analysis(self, origins):
        reopened = self.browse([record.id for record, origin in origins.items() if origin == "closed"])
        reopened._forget_effect()
        reopened._start_round()
        reopened.sudo().write({"closed_at": False})
        reopened.sudo().fact_ids._reopen()

    def _enter_executing(self, origins):
        self.sudo().action_ids._start_clocks()

    def _enter_acceptance(self, origins):
        for company, incidents in self.grouped("company_id").items():
            incidents._start_deadline(
                "acceptance", hours=company.quality_acceptance_hours, name=self.env._("Acceptance")
            )

    def _enter_closing(self, origins):
        self._stop_deadline("acceptance")

    def _enter_closed(self, origins):
        self.sudo().closed_at = fields.Datetime.now()
        for incident in self:
            incident._seal("closure")
        self._plan_effect_check()

    def _enter_cancelled(self, origins):
        self._cancel_deadline()
        self._end_approvals()

    def _start_round(self):
        for incident in self.sudo():
            incident.round += 1

    # ------------------------------------------------------------------
    # Public actions: one per step
    # ------------------------------------------------------------------

    def action_report(self):
        """Report the incident (A4, A5): statutory duties and their clocks start, the inspector is told."""
        return self._take_step("reported")

    def action_verify(self):
        """Confirm on the spot that the incident and its grade are as reported (A5)."""
        return self._take_step("verified")

    def action_analyse(self):
        """Start the analysis (A4, A5); from a plan, go back to it."""
        return self._take_step("analysis")

    def action_plan(self):
        """Start planning: from the analysis, directly for a minor incident (A3), or again when a plan must change."""
        return self._take_step("plan")

    def action_execute(self):
        """Start the work: only after the approval of exactly this plan (A2)."""
        return self._take_step("executing")

    def action_request_acceptance(self):
        """Hand the finished work over to the inspector (B8)."""
        return self._take_step("acceptance")

    def action_accept(self):
        """Decide the drafted acceptance (B8): conditions 1 to 4 lead to closing, outcome 5 to a new round.

        :raises UserError: no drafted acceptance, or its documents are incomplete
        :raises AccessError: the user is no inspector, or did the work
        """
        self._check_role(INSPECTOR)
        for incident in self:
            draft = incident.acceptance_ids.filtered(lambda line: line.state == "draft")[:1]
            if not draft:
                raise UserError(
                    self.env._("%s: enter the acceptance with its outcome and documents first.", incident.display_name)
                )
            draft.action_decide()
        return True

    def action_close(self):
        """Close the incident when nothing of the four no-pass principle is open (A13)."""
        return self._take_step("closed")

    def action_cancel(self, reason=None):
        """Cancel with a reason; statutory duties still open must be waived first.

        :param reason: text; without it the button asks for it
        """
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_reopen(self, reason=None):
        """Reopen a closed incident with a reason as a new round."""
        return self._go_with_reason("analysis", reason, "action_reopen")

    def action_send_back(self, reason=None):
        """Send the work back from acceptance to execution with a reason."""
        return self._go_with_reason("executing", reason, "action_send_back")

    # ------------------------------------------------------------------
    # Approval of the plan
    # ------------------------------------------------------------------

    def _check_can_request_approval(self, gate):
        self._check_role(f"{LEAD},{ENGINEERING}")
        missing = super()._check_can_request_approval(gate)
        if self.state != "plan":
            return [*missing, self.env._("Planning: approval is asked for while the incident is being planned")]
        return missing + self._missing_plan()

    def _on_approval_superseded(self, gate):
        self.sudo().filtered(lambda incident: incident.state in ("executing", "acceptance")).write({"state": "plan"})
        return super()._on_approval_superseded(gate)
