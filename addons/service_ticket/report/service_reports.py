from odoo import api, models
from odoo.exceptions import UserError


class ReportServiceReport(models.AbstractModel):
    """The service report (C10, C11, D5): what was found and done, the customer's evaluation and signature."""

    _name = "report.service_ticket.report_service_report"
    _description = "Printed service report"
    _inherit = ["quality.report.photos"]
    _document_model = "service.visit"

    @api.model
    def _extra_values(self, docs, data):
        return {**super()._extra_values(docs, data), "signature_of": self._signature}

    @api.model
    def _signature(self, visit):
        """Return the picture of the signature as a data URI, or nothing."""
        content = visit.with_context(bin_size=False).signature
        return content and f"data:image/png;base64,{content.decode() if isinstance(content, bytes) else content}"


class ReportDispatchOrder(models.AbstractModel):
    """The dispatch order (C9)."""

    _name = "report.service_ticket.report_dispatch"
    _description = "Printed dispatch order"
    _inherit = ["quality.report"]
    _document_model = "service.visit"

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportExplanation(models.AbstractModel):
    """The letter that explains why a fault is not one of ours (E8); no names of approvers, no internal opinion."""

    _name = "report.service_ticket.report_explanation"
    _description = "Printed explanation letter"
    _inherit = ["quality.report"]
    _document_model = "service.ticket"

    @api.model
    def _check_printable(self, docs):
        for ticket in docs:
            if not (ticket.explanation or "").strip():
                raise UserError(self.env._("%s: write the explanation to the customer first.", ticket.name))
        return super()._check_printable(docs)

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportComplaint(models.AbstractModel):
    """The complaint handling form (E9): complaint, opinions, decision, prevention, approvals, agreement."""

    _name = "report.service_ticket.report_complaint"
    _description = "Printed complaint handling form"
    _inherit = ["quality.report.photos"]
    _document_model = "service.ticket"

    @api.model
    def _check_printable(self, docs):
        for ticket in docs:
            if not ticket.is_complaint:
                raise UserError(self.env._("%s is no complaint.", ticket.name))
        return super()._check_printable(docs)


class ReportContactSummary(models.AbstractModel):
    """The quarterly summary of the contact register (D11)."""

    _name = "report.service_ticket.report_contact_summary"
    _description = "Printed summary of contacts"
    _inherit = ["quality.report"]
    _document_model = "service.contact.summary"

    @api.model
    def _extra_values(self, docs, data):
        # the figures are those the reader may see, not the superuser's
        return {"figures_of": lambda doc: doc.with_user(self.env.user)._figures()}
