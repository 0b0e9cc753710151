from odoo import api, models
from odoo.exceptions import UserError


class ReportCashReceipt(models.AbstractModel):
    """The receipt of cash received on site (C7), with the amount in words."""

    _name = "report.service_ticket.report_cash_receipt"
    _description = "Printed cash receipt"
    _inherit = ["quality.report"]
    _document_model = "service.cash.receipt"

    @api.model
    def _check_printable(self, docs):
        for receipt in docs:
            if receipt.state == "cancelled":
                raise UserError(self.env._("%s is cancelled; no receipt is printed for it.", receipt.name))
        return super()._check_printable(docs)

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportFeeRequest(models.AbstractModel):
    """The fee request on paper: for the leader to consent to, for the customer to sign (C7, C18)."""

    _name = "report.service_ticket.report_fee_request"
    _description = "Printed fee request"
    _inherit = ["quality.report"]
    _document_model = "service.fee.request"

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportCostVoucher(models.AbstractModel):
    """The allocation of audited costs (C19, C21), with the amount in words."""

    _name = "report.service_ticket.report_cost_voucher"
    _description = "Printed allocation voucher"
    _inherit = ["quality.report"]
    _document_model = "service.cost.voucher"

    @api.model
    def _page_label(self, doc):
        return doc.name
