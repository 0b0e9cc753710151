from odoo import api, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column


class ServiceFeeRequest(models.Model):
    """The register of fees: what was charged, approved, agreed, invoiced (C7, C18)."""

    _name = "service.fee.request"
    _inherit = ["service.fee.request", "quality.register.mixin"]
    _register_date = "create_date"
    _register_order = "create_date, id"

    @api.model
    def _register_title(self):
        return self.env._("Register of fees")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Date"), "create_date", "datetime"),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Visit"), "visit_id.name", width=16),
            Column(self.env._("Customer"), "partner_id", width=24),
            Column(self.env._("Why it is charged"), "purpose", width=36),
            Column(self.env._("State"), "state", width=14),
            Column(self.env._("Untaxed amount"), "amount_untaxed", "amount"),
            Column(self.env._("To be paid"), "amount_total", "amount"),
            Column(self.env._("Currency"), "currency_id.name", width=8),
            Column(self.env._("Asked for by"), "requested_by_id", width=18),
            Column(self.env._("Accepted on"), "accepted_at", "datetime"),
            Column(self.env._("Answered by"), lambda fee: fee._last_answer().person or "", width=18),
            Column(self.env._("Quotation"), "order_id.name", width=14),
            Column(self.env._("Cash handed in"), "cash_total", "amount"),
            Column(self.env._("Still owed"), "amount_owed", "amount"),
            Column(self.env._("Company"), "company_id"),
        ]


class ServiceCashReceipt(models.Model):
    """The register of cash received on site (C7)."""

    _inherit = "service.cash.receipt"

    @api.model
    def _register_title(self):
        return self.env._("Register of cash received")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Received on"), "received_at", "datetime"),
            Column(self.env._("Received by"), "engineer_id", width=18),
            Column(self.env._("Paid by"), "payer", width=20),
            Column(self.env._("Fee request"), "fee_id.name", width=16),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Visit"), "visit_id.name", width=16),
            Column(self.env._("Amount"), "amount", "amount"),
            Column(self.env._("Currency"), "currency_id.name", width=8),
            Column(self.env._("State"), "state", width=14),
            Column(self.env._("Handed in on"), "handed_in_at", "datetime"),
            Column(self.env._("Taken in by"), "confirmed_by_id", width=18),
            Column(self.env._("Company"), "company_id"),
        ]


class ServiceCost(models.Model):
    """The register of service costs (C19, C21)."""

    _inherit = "service.cost"

    @api.model
    def _register_title(self):
        return self.env._("Register of service costs")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Date"), "date", "date"),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Visit"), "visit_id.name", width=16),
            Column(self.env._("Quality incident"), "incident_id.name", width=16),
            Column(self.env._("Type"), "type_id", width=16),
            Column(self.env._("Description"), "name", width=36),
            Column(self.env._("Quantity"), "quantity", "number"),
            Column(self.env._("Unit"), "unit", width=10),
            Column(self.env._("Cost per unit"), "unit_cost", "amount"),
            Column(self.env._("Amount"), "amount", "amount"),
            Column(self.env._("Currency"), "currency_id.name", width=8),
            Column(self.env._("Amount in the company's currency"), "company_amount", "amount"),
            Column(self.env._("Borne by"), "bearer", width=12),
            Column(self.env._("Allocated to"), "allocation", width=18),
            Column(self.env._("Department"), "department_id", width=18),
            Column(self.env._("Supplier or customer"), "partner_id", width=20),
            Column(self.env._("State"), "state", width=12),
            Column(self.env._("Entered by"), "entered_by_id", width=18),
            Column(self.env._("Audited by"), "audited_by_id", width=18),
            Column(self.env._("Audited on"), "audited_at", "datetime"),
            Column(self.env._("Voucher"), "voucher_id.name", width=16),
            Column(self.env._("Company"), "company_id"),
        ]


class ServiceCostVoucher(models.Model):
    """The register of allocation vouchers (C19)."""

    _inherit = "service.cost.voucher"

    @api.model
    def _register_title(self):
        return self.env._("Register of allocation vouchers")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Date"), "date", "date"),
            Column(self.env._("Prepared by"), "prepared_by_id", width=18),
            Column(self.env._("Lines"), "cost_count", "integer"),
            Column(self.env._("Total"), "amount", "amount"),
            Column(self.env._("Currency"), "currency_id.name", width=8),
            Column(self.env._("Company"), "company_id"),
        ]
