from odoo import api, models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        if not {"raw", "datas", "db_datas", "store_fname", "res_model", "res_id"}.isdisjoint(vals):
            self._check_evidence_unlocked()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked_evidence(self):
        self._check_evidence_unlocked()

    def _check_evidence_unlocked(self):
        """Raise UserError when one of these files proves something that is decided already (B9)."""
        for attachment in self.sudo():
            model = attachment.res_model and not attachment.res_field and self.env.get(attachment.res_model)
            if model is None or not attachment.res_id or not hasattr(model, "_evidence_locked"):
                continue
            record = model.sudo().browse(attachment.res_id).exists()
            if record and record._evidence_locked():
                raise UserError(self.env._(
                    "“%(file)s” is evidence of %(record)s, which is decided. It can no longer be replaced or deleted.",
                    file=attachment.name, record=record.display_name,
                ))
