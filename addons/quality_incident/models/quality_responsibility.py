from odoo import api, fields, models

from .quality_incident_workflow import CHIEF, MANAGER


class QualityResponsibility(models.Model):
    """Who answers for the incident, and the decision about them (A13: responsible dealt with)."""

    _name = "quality.responsibility"
    _description = "Responsibility decision"
    _inherit = ["quality.incident.line", "quality.workflow.mixin"]
    _order = "id"
    _rec_name = "party"
    _deletable_states = ("draft",)

    department_id = fields.Many2one("hr.department", check_company=True)
    partner_id = fields.Many2one("res.partner", "Person or outside party", check_company=True)
    party = fields.Char("Responsible", compute="_compute_party", store=True)
    share = fields.Float("Share (%)", help="Share of the responsibility, 0 to 100.")
    decision = fields.Text()
    sanction = fields.Selection(
        [
            ("none", "None"),
            ("talk", "Talk"),
            ("warning", "Warning"),
            ("fine", "Fine"),
            ("compensation", "Compensation"),
            ("other", "Other"),
        ],
        default="none",
        required=True,
    )
    amount = fields.Monetary()
    currency_id = fields.Many2one(related="incident_id.currency_id")
    state = fields.Selection([("draft", "Draft"), ("decided", "Decided")], default="draft", required=True, copy=False)
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True, copy=False)
    decided_at = fields.Datetime("Decided on", readonly=True, copy=False)

    _transitions = {("draft", "decided"): ("_missing_decision",)}
    _transition_groups = {("draft", "decided"): f"{CHIEF},{MANAGER}"}
    _stamps = {"decided": ("decided_by_id", "decided_at")}
    _system_fields = frozenset({"decided_by_id", "decided_at"})
    _share_range = models.Constraint(
        "CHECK (share >= 0 AND share <= 100 AND amount >= 0)",
        "The share is a percentage from 0 to 100, the amount not negative.",
    )

    @api.depends("department_id", "partner_id")
    def _compute_party(self):
        for line in self:
            line.party = " / ".join(filter(None, (line.department_id.name, line.partner_id.name)))

    @api.model
    def _frozen_fields(self, state):
        if state == "draft":
            return frozenset({"incident_id"})
        return frozenset(
            {"incident_id", "department_id", "partner_id", "share", "decision", "sanction", "amount", "evidence_ids"}
        )

    def _evidence_locked(self):
        return any(line.state == "decided" for line in self) or super()._evidence_locked()

    def _missing_decision(self):
        missing = []
        if not self.party:
            missing.append(self.env._("The responsible department, person or party"))
        if not self.decision:
            missing.append(self.env._("The decision"))
        if self.env.user.partner_id == self.partner_id:
            missing.append(self.env._("Somebody else to decide: nobody decides about themselves"))
        return missing

    def action_decide(self):
        """Decide; reserved for the chief engineer and the quality manager, never about oneself."""
        return self._take_step("decided")
