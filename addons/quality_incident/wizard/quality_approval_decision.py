from odoo import fields, models


class QualityApprovalDecision(models.TransientModel):
    """Asks for the comment of a decision and hands it to the ledger, which checks everything again."""

    _name = "quality.approval.decision"
    _description = "Decide approvals"

    approval_ids = fields.Many2many("quality.approval", string="To decide", required=True, readonly=True)
    decision = fields.Selection([("approved", "Approve"), ("rejected", "Reject")], required=True, readonly=True)
    comment = fields.Text()

    def action_confirm(self):
        """Decide all or none.

        :raises UserError: naming every row that this user may not decide now, or a rejection without a reason
        """
        self.ensure_one()
        if self.decision == "approved":
            result = self.approval_ids.action_approve(self.comment)
        else:
            result = self.approval_ids.action_reject(self.comment)
        return {"type": "ir.actions.act_window_close"} if result is True else result
