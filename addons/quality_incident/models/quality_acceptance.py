from odoo import api, fields, models

from ..tools.canonical import snapshot
from .quality_incident_workflow import INSPECTOR

ACCEPTED_OUTCOMES = ("reinspected", "laboratory", "designer", "negotiated")


class QualityAcceptance(models.Model):
    """The inspector's decision on the finished treatment, under exactly one of the five conditions of B8."""

    _name = "quality.acceptance"
    _description = "Acceptance"
    _inherit = ["quality.incident.line", "quality.workflow.mixin", "quality.seal.mixin"]
    _order = "id desc"
    _document_states = ("acceptance",)
    _deletable_states = ("draft",)

    outcome = fields.Selection(
        [
            ("reinspected", "1 · Reworked or replaced: inspected again, conforms"),
            ("laboratory", "2 · Laboratory finds that it meets the design"),
            ("designer", "3 · Designer confirms safety and function"),
            ("negotiated", "4 · Repaired or strengthened: by technical plan and negotiated document"),
            ("refused", "5 · Still not safe to use: acceptance forbidden"),
        ],
        required=True,
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("accepted", "Accepted"),
            ("refused", "Refused"),
        ],
        default="draft",
        required=True,
        copy=False,
        index=True,
    )
    round = fields.Integer(readonly=True, copy=False)
    inspection_result = fields.Text("Inspection result", help="What was inspected and measured.")
    laboratory_id = fields.Many2one("res.partner", "Qualified laboratory", index="btree_not_null")
    laboratory_certificate = fields.Char("Laboratory's qualification number")
    meets_design = fields.Boolean("Found to meet the design")
    designer_id = fields.Many2one("res.partner", "Original designer", index="btree_not_null")
    designer_statement = fields.Text("Designer's confirmation of safety and function")
    technical_plan = fields.Char("Technical plan (number, title)")
    negotiated_document = fields.Char("Negotiated document (number, parties)")
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True, copy=False)
    decided_at = fields.Datetime("Decided on", readonly=True, copy=False)

    _transitions = {
        ("draft", "accepted"): ("_missing_other_eyes", "_missing_documents", "_missing_accepted_outcome"),
        ("draft", "refused"): ("_missing_other_eyes", "_missing_documents", "_missing_refused_outcome"),
    }
    _transition_groups = {("draft", "accepted"): INSPECTOR, ("draft", "refused"): INSPECTOR}
    _stamps = {"accepted": ("decided_by_id", "decided_at"), "refused": ("decided_by_id", "decided_at")}
    _system_fields = frozenset({"round", "decided_by_id", "decided_at"})
    _one_draft = models.UniqueIndex(
        "(incident_id) WHERE state = 'draft'", "There is a drafted acceptance already; decide or delete it first."
    )

    #: what each outcome must have in hand (B8); the papers themselves are the evidence
    _required_documents = {
        "reinspected": ("inspection_result",),
        "laboratory": ("laboratory_id", "laboratory_certificate", "meets_design"),
        "designer": ("laboratory_id", "designer_id", "designer_statement"),
        "negotiated": ("technical_plan", "negotiated_document"),
        "refused": ("inspection_result",),
    }

    @api.depends("incident_id.name", "outcome")
    def _compute_display_name(self):
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        for acceptance in self:
            acceptance.display_name = f"{acceptance.incident_id.name}: {outcomes.get(acceptance.outcome, '')}"

    @api.model_create_multi
    def create(self, vals_list):
        self._check_role(INSPECTOR)
        acceptances = super().create(vals_list)
        for acceptance in acceptances.sudo():
            acceptance.round = acceptance.incident_id.round
        return acceptances

    @api.model
    def _frozen_fields(self, state):
        if state == "draft":
            return frozenset({"incident_id"})
        return self._every_field()

    def _evidence_locked(self):
        return any(line.state != "draft" for line in self) or super()._evidence_locked()

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_other_eyes(self):
        """B8: only the inspector accepts, never the doer."""
        if self.env.user in self._doers():
            return [self.env._("An inspector who neither planned nor did the work")]
        return []

    def _doers(self):
        """Return the users who planned or did what is to be accepted."""
        incident = self.incident_id.sudo()
        actions = incident.action_ids.filtered(lambda action: action.state != "cancelled")
        return (
            actions.user_id
            | actions.done_by_id
            | incident.technical_lead_id
            | incident.chosen_option_id.chosen_by_id
            | incident.chosen_option_id.create_uid
        )

    def _missing_documents(self):
        missing = [
            self._fields[name]._description_string(self.env)
            for name in self._required_documents[self.outcome]
            if not self[name]
        ]
        if not self.evidence_ids:
            missing.append(self.env._("The documents or photos of the inspection"))
        if self.incident_id.state != "acceptance":
            missing.append(self.env._("The request for acceptance"))
        return missing

    def _missing_accepted_outcome(self):
        if self.outcome in ACCEPTED_OUTCOMES:
            return []
        return [self.env._("Outcome 1 to 4: what is still not safe must not be accepted")]

    def _missing_refused_outcome(self):
        return [] if self.outcome == "refused" else [self.env._("Outcome 5")]

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def action_decide(self):
        """Decide: seal the acceptance and move the incident on to closing, or back to planning as a new round (B8).

        :raises AccessError: the user is no inspector
        :raises UserError: the user did the work, or documents of the outcome are missing
        """
        for acceptance in self:
            acceptance._take_step("accepted" if acceptance.outcome in ACCEPTED_OUTCOMES else "refused")
        return True

    def _after_transition(self, origins, target):
        for acceptance in self:
            acceptance._seal("acceptance")
            acceptance.incident_id.write({"state": "closing" if target == "accepted" else "plan"})
        return super()._after_transition(origins, target)

    def _seal_content(self, purpose):
        self.ensure_one()
        return {
            "incident": [self.incident_id.name, self.round],
            "acceptance": snapshot(
                self,
                [
                    "outcome",
                    "inspection_result",
                    "laboratory_id",
                    "laboratory_certificate",
                    "meets_design",
                    "designer_id",
                    "designer_statement",
                    "technical_plan",
                    "negotiated_document",
                    "decided_by_id",
                    "decided_at",
                    "evidence_ids",
                ],
            ),
        }
