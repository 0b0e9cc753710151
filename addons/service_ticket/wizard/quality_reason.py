from odoo import models


class QualityReason(models.TransientModel):
    _inherit = "quality.reason"

    _methods = (
        "action_answer", "action_ask_leader", "action_close_rest", "action_escalate", "action_explain",
        "action_record_agreement", "action_reject_solution", "action_reverse", "action_service_keep",
        "action_waive_old_part",
    )
