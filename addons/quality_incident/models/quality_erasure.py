from odoo import api, fields, models
from odoo.exceptions import UserError


class QualityErasure(models.Model):
    """The log of erased personal data: when, by whom, why, how much. Neither a name nor a link to the person.

    Rows come from :meth:`_erase` (quality_erasure_run.py) only; nobody changes or deletes them, not even the superuser.
    """

    _name = "quality.erasure"
    _description = "Erasure of personal data"
    _order = "erased_at desc, id desc"

    name = fields.Char("Number", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    erased_at = fields.Datetime("Erased on", required=True, readonly=True)
    erased_by_id = fields.Many2one("res.users", "Erased by", required=True, readonly=True, ondelete="restrict")
    reason = fields.Text(required=True, readonly=True)
    counts = fields.Text("What was erased", required=True, readonly=True)

    def write(self, vals):
        """Refuse, whoever asks.

        :raises AccessError: anybody but the system
        :raises UserError: the system
        """
        self.check_access("write")
        if self:
            raise UserError(self.env._("The log of erasures cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The log of erasures keeps everything; nothing is deleted from it."))
