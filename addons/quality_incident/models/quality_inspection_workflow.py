from odoo import fields, models

from .quality_incident_workflow import INSPECTOR, MANAGER
from .quality_rectification import STAFF
from .quality_rectification_workflow import ISSUERS


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(
        selection_add=[("inspection", "Inspection"), ("other",)], ondelete={"inspection": "cascade"}
    )


class QualityInspection(models.Model):
    """The steps of an inspection: held in time, every point answered, completed by who may (B1, B3)."""

    _inherit = "quality.inspection"

    _transitions = {
        ("planned", "in_progress"): ("_missing_right",),
        ("missed", "in_progress"): ("_missing_right", "_missing_late_reason"),
        ("planned", "missed"): ("_missing_system",),
        ("in_progress", "done"): ("_missing_right", "_missing_answers", "_missing_proof", "_missing_conclusion"),
        **{(state, "cancelled"): ("_missing_cancel_reason",) for state in ("planned", "missed", "in_progress")},
    }
    _transition_groups = {
        ("planned", "in_progress"): STAFF,
        ("missed", "in_progress"): STAFF,
        ("planned", "missed"): MANAGER,
        ("in_progress", "done"): STAFF,
        ("planned", "cancelled"): ISSUERS,
        ("missed", "cancelled"): ISSUERS,
        ("in_progress", "cancelled"): f"{INSPECTOR},{MANAGER}",
    }
    _stamps = {"in_progress": ("started_by_id", "started_at"), "done": ("done_by_id", "done_at")}
    _system_fields = frozenset(
        {
            "plan_id",
            "occurrence_at",
            "started_at",
            "started_by_id",
            "done_at",
            "done_by_id",
            "was_missed",
            "reason",
            "late_reason",
            "cancel_reason",
            "invitation_number",
        }
    )
    _next_state = {"in_progress": "done"}

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_right(self):
        return [] if self._is_inspector() else [self.env._("%s, who holds it", self.inspector_id.name)]

    def _missing_late_reason(self):
        return [] if self.late_reason else [self.env._("Why it is held late: use the button")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    def _missing_system(self):
        return [] if self.env.su else [self.env._("Its time: it is marked as missed by itself")]

    def _missing_answers(self):
        """B3: no inspection without an answered point, and no point left open."""
        if not self.line_ids:
            return [self.env._("At least one point of the checklist, answered")]
        left = self.line_ids.filtered(lambda line: not line.result)
        if not left:
            return []
        if len(left) == len(self.line_ids):
            return [self.env._("Answers: no point of the checklist has one")]
        return [self.env._("%(count)d open points: %(points)s", count=len(left), points=self._listed(left))]

    def _missing_proof(self):
        """B3: what is deficient is described or shown."""
        bare = self.line_ids.filtered(
            lambda line: line.result == "deficient" and not (line.note or "").strip() and not line.evidence_ids
        )
        return [self.env._("A note or a photo of what is deficient: %s", self._listed(bare))] if bare else []

    def _missing_conclusion(self):
        """B5: what counts for an indicator has a conclusion, and not a good one over an open deficiency."""
        if self.subject == "site":
            return []
        if not self.conclusion:
            return [self.env._("The conclusion: unqualified, qualified or good")]
        if self.conclusion == "unqualified":
            return []
        bad = self.line_ids.filtered(lambda line: line.result == "deficient" and line.followup != "passed")
        if not bad:
            return []
        return [
            self.env._(
                "A conclusion that fits: it is unqualified until these have passed their re-check: %s",
                self._listed(bad),
            )
        ]

    def _listed(self, lines):
        shown = ", ".join(f"“{line.name}”" for line in lines[:5])
        return f"{shown} …" if len(lines) > 5 else shown

    # ------------------------------------------------------------------
    # What happens on the way
    # ------------------------------------------------------------------

    def _after_transition(self, origins, target):
        inspections = self.sudo()
        if target == "in_progress":
            inspections._stop_deadline("inspection")
        elif target == "missed":
            inspections.write({"was_missed": True})
        elif target == "cancelled":
            inspections._disinvite()
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _next_people(self):
        inspector = self.inspector_id
        if self.state in ("planned", "in_progress"):
            return inspector, self.env._("Hold the inspection and complete it")
        if self.state == "missed":
            return inspector, self.env._("Hold the missed inspection, or cancel it with a reason")
        if self.state == "done" and self.to_raise_count:
            return inspector, self.env._("Raise a rectification notice for what is deficient")
        return None

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_begin(self, reason=None):
        """Begin these inspections; missed ones late, with a reason.

        :raises AccessError: the user does not hold them
        :raises UserError: they are begun already, or over
        """
        self._check_inspector()
        late = self.filtered(lambda inspection: inspection.state == "missed")
        if late:
            late._check_transition_known("in_progress")
            if not reason:
                return self.env["quality.reason"]._ask(self, "action_begin")
            late.sudo().late_reason = reason
        return self._take_step("in_progress")

    def action_complete(self):
        """Complete these inspections (B3): every point answered, everything fixed from now on.

        :raises AccessError: the user does not hold them
        :raises UserError: listing everything that is missing
        """
        self._check_inspector()
        return self._take_step("done")

    def action_cancel(self, reason=None):
        """Cancel with a reason; the participants are told, the number stays.

        :param reason: text; without it the button asks for it
        """
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_fill(self):
        """Return the action that opens the checklist for filling in, made for a phone."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.client",
            "tag": "quality_inspection_fill",
            "name": self.display_name,
            "params": {"inspection_id": self.id},
        }
