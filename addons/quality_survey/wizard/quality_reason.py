from odoo import models


class QualityReason(models.TransientModel):
    _inherit = "quality.reason"

    _methods = ("action_revise",)
