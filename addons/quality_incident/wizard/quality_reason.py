from odoo import api, fields, models
from odoo.exceptions import UserError


class QualityReason(models.TransientModel):
    """Asks for the reason of a step and hands it to the record's own method, which checks everything again."""

    _name = "quality.reason"
    _description = "Reason"

    res_model = fields.Char(required=True, readonly=True)
    res_ids = fields.Json(required=True, readonly=True)
    method = fields.Char(required=True, readonly=True)
    reason = fields.Text(required=True)

    #: the only methods a reason may be handed to; each is public and guarded itself. What later addons declare under
    #: this name is added to it, in whatever file they do it
    _methods = (
        "action_cancel", "action_reopen", "action_send_back", "action_waive", "action_reject", "action_refuse",
        "action_fail", "action_begin", "action_measure_again",
    )

    @api.model
    def _ask(self, records, method):
        """Return the action that asks for the reason of calling ``method`` on ``records``."""
        assert method in self._known_methods(), f"quality.reason does not know {method}"
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Reason"),
            "context": {"default_res_model": records._name, "default_res_ids": records.ids, "default_method": method},
        }

    @api.model
    def _known_methods(self):
        return {name for cls in type(self).mro() for name in vars(cls).get("_methods", ())}

    def action_confirm(self):
        """Call the method with the reason.

        :raises UserError: the reason is blank, or the method takes none
        """
        self.ensure_one()
        if self.method not in self._known_methods() or not self.reason.strip():
            raise UserError(self.env._("Give a reason."))
        records = self.env[self.res_model].browse(self.res_ids)
        getattr(records, self.method)(self.reason.strip())
        return {"type": "ir.actions.act_window_close"}
