from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.quality_effect_mixin import EFFECTS


class QualityEffectCheck(models.TransientModel):
    """Asks for the result of an effectiveness check."""

    _name = "quality.effect.check"
    _description = "Effectiveness check"

    res_model = fields.Char(required=True, readonly=True)
    res_id = fields.Many2oneReference(model_field="res_model", required=True, readonly=True)
    document_name = fields.Char("Document", compute="_compute_document_name")
    result = fields.Selection(EFFECTS, required=True)
    note = fields.Text("What was looked at", required=True)

    @api.depends("res_model", "res_id")
    def _compute_document_name(self):
        for check in self:
            document = self.env[check.res_model].browse(check.res_id) if check.res_model in self.env else None
            check.document_name = document.display_name if document else False

    @api.model
    def _ask(self, document):
        """Return the action that asks for the result of the check of ``document``."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Effectiveness check"),
            "context": {"default_res_model": document._name, "default_res_id": document.id},
        }

    def action_confirm(self):
        """Record the result on the document, which checks who may.

        :raises UserError: the document takes no such check
        """
        self.ensure_one()
        if self.res_model not in self.env.registry.descendants(["quality.effect.mixin"], "_inherit"):
            raise UserError(self.env._("The effectiveness of this document is not checked here."))
        self.env[self.res_model].browse(self.res_id).action_record_effect(self.result, self.note)
        return {"type": "ir.actions.act_window_close"}
