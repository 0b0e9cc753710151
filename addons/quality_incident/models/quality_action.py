from odoo import api, fields, models

from ..tools.days import end_of_day
from ..tools.paper import Paper
from .quality_incident_workflow import ENGINEERING, INSPECTOR, LEAD, MANAGER

#: the plan of an incident may be carried out from here on
WORK_STATES = ("executing", "acceptance", "closing")


class QualityAction(models.Model):
    """One measure with owner, due date, evidence and a verifier who did not do it (A2, A4, A11, A13)."""

    _name = "quality.action"
    _description = "Action"
    _inherit = ["quality.incident.line", "quality.workflow.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "due_date, id"
    _deletable_states = ("open",)

    name = fields.Char("Measure", required=True)
    description = fields.Text()
    kind = fields.Selection(
        [
            ("containment", "Containment"),
            ("corrective", "Corrective"),
            ("preventive", "Preventive"),
            ("improvement", "Improvement"),
        ],
        required=True,
        default="corrective",
        index=True,
    )
    state = fields.Selection(
        [
            ("open", "Open"),
            ("done", "Done"),
            ("verified", "Verified"),
            ("cancelled", "Cancelled"),
        ],
        default="open",
        required=True,
        index=True,
        copy=False,
        tracking=True,
    )
    user_id = fields.Many2one(
        "res.users", "Owner", required=True, index=True, default=lambda self: self.env.user, tracking=True
    )
    department_id = fields.Many2one("hr.department", index="btree_not_null", check_company=True)
    due_date = fields.Date("Due date", required=True, index=True, tracking=True)
    proposed_by_id = fields.Many2one(
        "res.users", "Proposed by", readonly=True, copy=False, default=lambda self: self.env.user
    )
    started_at = fields.Datetime("Work begun", copy=False)
    done_at = fields.Datetime("Done on", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", "Done by", readonly=True, copy=False, index="btree_not_null")
    done_note = fields.Text("What was done", copy=False)
    verified_at = fields.Datetime("Verified on", readonly=True, copy=False)
    verified_by_id = fields.Many2one("res.users", "Verified by", readonly=True, copy=False)
    reason = fields.Text("Reason of rejection or cancellation", readonly=True, copy=False)
    is_overdue = fields.Boolean("Overdue", compute="_compute_is_overdue", search="_search_is_overdue")

    _transitions = {
        ("open", "done"): ("_missing_release", "_missing_evidence"),
        ("done", "verified"): ("_missing_other_eyes",),
        ("done", "open"): ("_missing_reason",),
        ("open", "cancelled"): ("_missing_reason",),
    }
    _transition_groups = {
        ("done", "verified"): f"{INSPECTOR},{ENGINEERING},{MANAGER}",
        ("done", "open"): f"{INSPECTOR},{ENGINEERING},{MANAGER}",
        ("open", "cancelled"): f"{LEAD},{ENGINEERING},{MANAGER}",
    }
    _stamps = {"done": ("done_by_id", "done_at"), "verified": ("verified_by_id", "verified_at")}
    _system_fields = frozenset({"proposed_by_id", "done_at", "done_by_id", "verified_at", "verified_by_id", "reason"})

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("due_date", "state")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for action in self:
            action.is_overdue = action.state == "open" and bool(action.due_date) and action.due_date < today

    def _search_is_overdue(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("state", "=", "open"), ("due_date", "<", fields.Date.context_today(self))]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        actions = super().create(vals_list)
        actions._start_clocks()
        actions._detect_early_work()
        return actions

    def write(self, vals):
        """Write; a new due date moves the clock, work begun before the approval becomes a violation (A6)."""
        result = super().write(vals)
        if "due_date" in vals or "user_id" in vals:
            self._replan_clocks()
        if "started_at" in vals:
            self._detect_early_work()
        return result

    @api.model
    def _frozen_fields(self, state):
        if state == "open":
            return frozenset({"incident_id"})
        return frozenset(
            {
                "incident_id",
                "name",
                "description",
                "kind",
                "user_id",
                "due_date",
                "started_at",
                "done_note",
                "evidence_ids",
            }
        )

    def _evidence_locked(self):
        return any(action.state != "open" for action in self) or super()._evidence_locked()

    # ------------------------------------------------------------------
    # Clocks
    # ------------------------------------------------------------------

    def _deadline_key(self):
        return f"action:{self.id}"

    def _start_clocks(self):
        """Start the clocks of the open actions that may be worked on: containment at once, the others once approved."""
        due = self.filtered(
            lambda action: (
                action.state == "open"
                and not action.incident_id.is_historic
                and (
                    action.incident_id.state in WORK_STATES
                    or (action.kind == "containment"
                    and action.incident_id.state in action.incident_id._open_states)
                )
            )
        )
        if due:
            self.env["quality.deadline"]._start(
                [
                    {
                        "record": action.incident_id,
                        "kind": "action",
                        "key": action._deadline_key(),
                        "name": action.name,
                        "due_at": end_of_day(action.due_date, action.company_id),
                        "user": action.user_id,
                        "department": action.department_id,
                    }
                    for action in due
                ]
            )

    def _replan_clocks(self):
        for action in self.filtered(lambda action: action.state == "open"):
            action.incident_id._replan_deadline(
                "action",
                key=action._deadline_key(),
                due_at=end_of_day(action.due_date, action.company_id),
                user=action.user_id,
            )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_release(self):
        """A2: no measure of the plan is done before the plan is approved; containment cannot wait."""
        if self.kind == "containment" or self.incident_id.state in WORK_STATES:
            return []
        return [self.env._("The approved plan: only containment is done before it")]

    def _missing_evidence(self):
        return [] if self.evidence_ids and self.done_note else [self.env._("What was done, and the evidence of it")]

    def _missing_other_eyes(self):
        if self.env.user in (self.done_by_id | self.user_id):
            return [self.env._("A verifier who did not do the work")]
        return []

    def _missing_reason(self):
        return [] if self.reason else [self.env._("A reason: use the button of this step")]

    def _preventive_by_engineering(self):
        """Return the preventive actions of ``self`` that somebody of the engineering department proposed (A4)."""
        return self.filtered(
            lambda action: action.kind == "preventive" and action.proposed_by_id.sudo().has_group(ENGINEERING)
        )

    def _detect_early_work(self):
        """A6: work of the plan begun before its approval, or without one, is a violation."""
        for action in self.filtered(lambda action: action.started_at and action.kind in ("corrective", "preventive")):
            incident = action.incident_id
            approved_at = incident._gate_approved_at("plan")
            if not incident.is_historic and (not approved_at or action.started_at < approved_at):
                incident._open_violation(
                    "early_work",
                    self.env._(
                        "Work on “%(action)s” began %(started)s, before the plan was approved.",
                        action=action.name,
                        started=Paper(action).time(action.started_at),
                    ),
                    key=action._deadline_key(),
                )

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_done(self):
        """Report the measure as done, with what was done and the evidence.

        :raises UserError: the plan is not approved yet, or note or evidence is missing
        """
        return self._take_step("done")

    def action_verify(self):
        """Verify the measure; never by who did it.

        :raises UserError: the user is its owner or did it
        """
        return self._take_step("verified")

    def action_reject(self, reason=None):
        """Send a measure reported as done back to its owner with a reason."""
        return self._step_with_reason("open", reason, "action_reject")

    def action_cancel(self, reason=None):
        """Cancel the measure with a reason; in an approved plan that asks for a new approval."""
        return self._step_with_reason("cancelled", reason, "action_cancel")

    def _step_with_reason(self, target, reason, method):
        if not reason:
            return self.env["quality.reason"]._ask(self, method)
        self.check_access("write")
        self._check_transition_known(target)
        self._check_transition_groups(target)
        self.sudo().write({"reason": reason})
        return self._take_step(target)

    def _after_transition(self, origins, target):
        for action in self:
            key = action._deadline_key()
            if target == "done":
                action.incident_id._stop_deadline("action", key=key, done_at=action.done_at)
            elif target == "cancelled":
                action.incident_id._cancel_deadline("action", key=key)
        if target == "done":
            self.sudo().write({"reason": False})
        elif target == "open":
            self.sudo().write({"done_at": False, "done_by_id": False})
            self._start_clocks()
        return super()._after_transition(origins, target)
