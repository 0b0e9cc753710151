from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import get_lang


class ReportSupplierClaim(models.AbstractModel):
    """The letter to the supplier, in the supplier's language whoever prints it (C15)."""

    _name = "report.service_ticket.report_supplier_claim"
    _description = "Printed claim on a supplier"
    _inherit = ["quality.report"]
    _document_model = "service.supplier.claim"

    @api.model
    def _check_printable(self, docs):
        for claim in docs:
            if claim.state in ("draft", "approval", "cancelled"):
                raise UserError(self.env._("%s: the letter is printed once the claim is approved.", claim.name))
        return super()._check_printable(docs)

    @api.model
    def _extra_values(self, docs, data):
        return {**super()._extra_values(docs, data), "lang_of": self._lang_of}

    @api.model
    def _lang_of(self, claim):
        return claim.partner_id.lang or get_lang(self.env).code

    @api.model
    def _page_label(self, doc):
        return doc.name
