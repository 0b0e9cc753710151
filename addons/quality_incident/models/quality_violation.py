from odoo import api, fields, models
from odoo.exceptions import UserError

from .quality_incident_workflow import CHIEF, MANAGER


class QualityViolation(models.Model):
    """The procedure was not followed: facts, decision, penalty, referral (A6)."""

    _name = "quality.violation"
    _description = "Violation of the procedure"
    _inherit = ["quality.incident.line", "quality.workflow.mixin", "mail.thread"]
    _order = "id desc"
    _rec_name = "kind"

    kind = fields.Selection(
        [
            ("late_report", "Reported late"),
            ("early_work", "Work begun before approval"),
            ("self_handled", "Handled outside the procedure"),
            ("other", "Other"),
        ],
        required=True,
        default="other",
        index=True,
    )
    facts = fields.Text(required=True)
    detected = fields.Boolean("Found by the system", readonly=True, copy=False)
    source_key = fields.Char(readonly=True, copy=False, export_string_translation=False)
    partner_id = fields.Many2one("res.partner", "Person or party")
    decision = fields.Text()
    penalty = fields.Monetary()
    currency_id = fields.Many2one(related="incident_id.currency_id")
    referral = fields.Boolean(
        "Referred to the authorities", help="The facts may be a crime: referred for prosecution.", tracking=True
    )
    state = fields.Selection(
        [("open", "Open"), ("decided", "Decided")], default="open", required=True, index=True, copy=False, tracking=True
    )
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True, copy=False)
    decided_at = fields.Datetime("Decided on", readonly=True, copy=False)

    _transitions = {("open", "decided"): ("_missing_decision",)}
    _transition_groups = {("open", "decided"): f"{CHIEF},{MANAGER}"}
    _stamps = {"decided": ("decided_by_id", "decided_at")}
    _system_fields = frozenset({"detected", "source_key", "decided_by_id", "decided_at"})
    _penalty_positive = models.Constraint("CHECK (penalty >= 0)", "A penalty cannot be negative.")

    @api.depends("kind", "incident_id.name")
    def _compute_display_name(self):
        labels = dict(self._fields["kind"]._description_selection(self.env))
        for line in self:
            line.display_name = f"{line.incident_id.name}: {labels.get(line.kind, '')}"

    @api.model
    def _frozen_fields(self, state):
        frozen = {"incident_id", "kind"}
        return frozenset(
            frozen
            if state == "open"
            else frozen | {"facts", "decision", "penalty", "partner_id", "referral", "evidence_ids"}
        )

    def write(self, vals):
        """Write; what the system found stays as it found it."""
        if "facts" in vals and not self.env.su and any(self.mapped("detected")):
            raise UserError(
                self.env._("The system found these facts; they cannot be rewritten. Add what you know to the decision.")
            )
        return super().write(vals)

    def _missing_decision(self):
        missing = [] if self.decision else [self.env._("The decision")]
        if self.env.user in (self.incident_id.technical_lead_id | self.incident_id.reporter_id):
            missing.append(self.env._("Somebody who was not part of it to decide"))
        return missing

    def action_decide(self):
        """Decide on the violation; reserved for the chief engineer and the quality manager."""
        return self._take_step("decided")
