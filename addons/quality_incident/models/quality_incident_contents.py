from odoo import models

from ..tools.canonical import snapshot

#: what an approved plan consists of; a change in it asks for a new approval (A2)
PLAN_CONTENT = ["grade", "root_cause"]
PLAN_OPTION_CONTENT = ["name", "method", "description", "meets_standard", "cost", "days"]
PLAN_ACTION_CONTENT = ["kind", "name", "user_id", "due_date"]

#: what the register shows of an incident for ever; part of its seals
REGISTER_CONTENT = [
    "name",
    "title",
    "grade",
    "legal_grade",
    "occurred_at",
    "discovered_at",
    "reported_at",
    "project_id",
    "location",
    "description",
    "estimated_loss",
    "actual_loss",
    "deaths",
    "serious_injuries",
    "root_cause",
]


class QualityIncidentContents(models.AbstractModel):
    """What of an incident is approved and what is sealed: the contents whose change is noticed."""

    _name = "quality.incident.contents"
    _description = "Approved and sealed contents of an incident"
    _inherit = ["quality.approval.mixin", "quality.seal.mixin"]

    def _approval_gate(self):
        return "plan"

    def _approval_content(self, gate):
        """Return what the approvers of the plan decide on: the grade, the cause, the chosen treatment, the actions."""
        self.ensure_one()
        actions = self.action_ids.filtered(lambda action: action.state != "cancelled" and action.kind != "containment")
        return {
            "incident": snapshot(self, PLAN_CONTENT),
            "treatment": snapshot(self.option_ids.filtered("chosen"), PLAN_OPTION_CONTENT),
            "actions": snapshot(actions, PLAN_ACTION_CONTENT),
        }

    def _approval_authors(self, gate):
        option = self.option_ids.filtered("chosen")
        return self.technical_lead_id | option.create_uid | option.chosen_by_id

    def _approval_department(self):
        return self.responsible_department_id

    def _gate_approved_at(self, gate):
        """Return when the latest round of ``gate`` was completely approved, or False."""
        rows = self.sudo().approval_ids.filtered(lambda row: row.gate == gate)
        rows = rows.filtered(lambda row: row.round == max(rows.mapped("round")))
        return bool(rows) and all(row.state == "approved" for row in rows) and max(rows.mapped("decided_at"))

    def _seal_content(self, purpose):
        """Return what a seal of the incident proves: the register's facts, the plan, every line that was decided."""
        self.ensure_one()
        return {
            "incident": snapshot(self, REGISTER_CONTENT),
            "plan": self._approval_content("plan"),
            "acceptances": snapshot(
                self.acceptance_ids, ["outcome", "round", "state", "decided_by_id", "decided_at", "evidence_ids"]
            ),
            "facts": snapshot(self.fact_ids, ["kind", "statement", "verified_by_id", "verified_at", "evidence_ids"]),
            "responsibilities": snapshot(
                self.responsibility_ids, ["party", "decision", "amount", "decided_by_id", "decided_at"]
            ),
        }
