from odoo import api, fields, models

from ..models.quality_incident_effect import EFFECTS


class QualityEffectCheck(models.TransientModel):
    """Asks for the result of an effectiveness check."""

    _name = "quality.effect.check"
    _description = "Effectiveness check"

    incident_id = fields.Many2one("quality.incident", required=True, readonly=True)
    result = fields.Selection(EFFECTS, required=True)
    note = fields.Text("What was looked at", required=True)

    @api.model
    def _ask(self, incident):
        """Return the action that asks for the result of the check of ``incident``."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Effectiveness check"),
            "context": {"default_incident_id": incident.id},
        }

    def action_confirm(self):
        """Record the result on the incident, which checks who may."""
        self.ensure_one()
        self.incident_id.action_record_effect(self.result, self.note)
        return {"type": "ir.actions.act_window_close"}
