from odoo import api, fields, models

from .quality_incident_workflow import CHIEF, ENGINEERING, INSPECTOR, MANAGER


class QualityClosureFact(models.Model):
    """One of the four facts without which nothing passes (四不放过, A13), with evidence and an independent verifier."""

    _name = "quality.closure.fact"
    _description = "Four no-pass fact"
    _inherit = ["quality.incident.line", "quality.workflow.mixin"]
    _order = "id"
    _rec_name = "kind"

    kind = fields.Selection(
        [
            ("cause", "The cause is found"),
            ("education", "The people concerned are educated"),
            ("prevention", "Preventive measures are in place"),
            ("responsibility", "The responsible are dealt with"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection([("open", "Open"), ("verified", "Verified")], default="open", required=True, copy=False)
    statement = fields.Text("Finding")
    stated_by_id = fields.Many2one("res.users", "Stated by", readonly=True, copy=False)
    verified_by_id = fields.Many2one("res.users", "Verified by", readonly=True, copy=False)
    verified_at = fields.Datetime("Verified on", readonly=True, copy=False)

    _transitions = {
        ("open", "verified"): ("_missing_statement", "_missing_substance", "_missing_other_eyes"),
        ("verified", "open"): ("_missing_new_round",),
    }
    _transition_groups = {("open", "verified"): f"{INSPECTOR},{ENGINEERING},{CHIEF},{MANAGER}"}
    _stamps = {"verified": ("verified_by_id", "verified_at")}
    _system_fields = frozenset({"kind", "stated_by_id", "verified_by_id", "verified_at"})
    _once = models.UniqueIndex("(incident_id, kind)", "Each of the four facts exists once per incident.")

    @api.model
    def _kinds(self):
        """Return the four kinds, in the order of the rule book."""
        return [kind for kind, _label in self._fields["kind"].selection]

    def write(self, vals):
        """Write; whoever states the finding is kept, because they cannot verify it."""
        result = super().write(vals)
        if vals.get("statement") and not self.env.su:
            self.sudo().stated_by_id = self.env.user
        return result

    @api.model
    def _frozen_fields(self, state):
        return frozenset({"incident_id"} if state == "open" else {"incident_id", "statement", "evidence_ids"})

    def _evidence_locked(self):
        return any(fact.state == "verified" for fact in self) or super()._evidence_locked()

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_statement(self):
        missing = [] if self.statement else [self.env._("The finding")]
        return missing if self.evidence_ids else [*missing, self.env._("The evidence")]

    def _missing_substance(self):
        """Return what the incident itself must contain before this fact can be true."""
        return getattr(self, f"_missing_{self.kind}")(self.incident_id)

    def _missing_cause(self, incident):
        return incident._missing_fields("root_cause", "cause_category_id")

    def _missing_education(self, incident):
        if incident.education_ids._held():
            return []
        return [self.env._("An education session with attendees and the signed list")]

    def _missing_prevention(self, incident):
        preventive = incident.action_ids.filtered(
            lambda action: action.kind == "preventive" and action.state != "cancelled"
        )
        if preventive and all(action.state == "verified" for action in preventive):
            return []
        return [self.env._("Preventive actions, all of them verified")]

    def _missing_responsibility(self, incident):
        lines = incident.responsibility_ids
        if lines and all(line.state == "decided" for line in lines):
            return []
        return [self.env._("Responsibility decisions, all of them taken")]

    def _missing_other_eyes(self):
        if self.env.user in self._doers():
            return [self.env._("A verifier who did not do it")]
        return []

    def _missing_new_round(self):
        return [] if self.env.su else [self.env._("A new round of the incident: reopen it with a reason")]

    def _doers(self):
        """Return the users whose own work this fact is about."""
        incident = self.incident_id.sudo()
        preventive = incident.action_ids.filtered(lambda action: action.kind == "preventive")
        return (
            self.stated_by_id
            | {
                "cause": incident.determination_ids.confirmed_by_id,
                "education": incident.education_ids.trainer_id,
                "prevention": preventive.user_id | preventive.done_by_id,
                "responsibility": incident.responsibility_ids.decided_by_id,
            }[self.kind]
        )

    def _missing_for_closure(self):
        """Return what this fact still lacks for closing, one text that says which fact it is."""
        label = dict(self._fields["kind"]._description_selection(self.env))[self.kind]
        details = self._missing_substance()
        if self.state != "verified":
            details += [] if details else self._missing_statement()
            details = details or [self.env._("not verified")]
        return [f"{label}: {', '.join(details)}"] if details else []

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_verify(self):
        """Verify the fact.

        :raises UserError: listing the finding, evidence or substance that is missing, or that the user did it
        """
        return self._take_step("verified")

    def _reopen(self):
        """Open the facts again for a new round of their incident; system only."""
        verified = self.filtered(lambda fact: fact.state == "verified")
        verified.write({"state": "open", "verified_by_id": False, "verified_at": False})
