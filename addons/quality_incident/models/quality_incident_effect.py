from odoo import models

from .quality_incident_workflow import ENGINEERING, INSPECTOR, MANAGER


class QualityIncident(models.Model):
    """Whether the measures worked, looked at some time after closing."""

    _name = "quality.incident"
    _inherit = ["quality.incident", "quality.effect.mixin"]

    _effect_groups = f"{INSPECTOR},{ENGINEERING},{MANAGER}"
    _effect_reopened = "analysis"

    def _effect_doers(self):
        return self.action_ids.done_by_id

    def _effect_owner(self):
        return self.inspector_id
