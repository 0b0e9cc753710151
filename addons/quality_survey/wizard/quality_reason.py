from odoo import models


class QualityReason(models.TransientModel):
    _inherit = "quality.reason"

    @property
    def _methods(self):
        return (*super()._methods, "action_revise")
