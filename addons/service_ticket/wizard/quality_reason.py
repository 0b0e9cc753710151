from odoo import models


class QualityReason(models.TransientModel):
    _inherit = "quality.reason"

    _methods = (
        *("action_cancel", "action_reopen", "action_send_back", "action_waive", "action_reject", "action_refuse"),
        *("action_fail", "action_begin", "action_measure_again"),
        *("action_answer", "action_explain", "action_reject_solution", "action_escalate", "action_record_agreement"),
        "action_ask_leader",
        "action_service_keep",
        "action_reverse",
    )
