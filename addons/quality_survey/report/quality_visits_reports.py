from odoo import api, models
from odoo.tools import groupby


class ReportVisitReport(models.AbstractModel):
    """The weekly report of visits (D12)."""

    _name = "report.quality_survey.report_visit_report"
    _description = "Printed weekly report of visits"
    _inherit = ["quality.report"]
    _document_model = "quality.visit.report"

    @api.model
    def _extra_values(self, docs, data):
        return {**super()._extra_values(docs, data), "by_department": self._by_department}

    @api.model
    def _by_department(self, doc):
        """Return ``[(department, findings)]`` of one report; what concerns nobody in particular comes last."""
        pairs = groupby(doc.item_ids, lambda item: item.department or "")
        return sorted(pairs, key=lambda pair: (not pair[0], pair[0]))

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportReturnVisit(models.AbstractModel):
    """The record of a return visit (D9)."""

    _name = "report.quality_survey.report_return_visit"
    _description = "Printed return visit"
    _inherit = ["quality.report"]
    _document_model = "quality.return.visit"

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportAcceptanceForm(models.AbstractModel):
    """The installation acceptance form (D14): to be signed on paper too."""

    _name = "report.quality_survey.report_acceptance_form"
    _description = "Printed acceptance form"
    _inherit = ["quality.report"]
    _document_model = "quality.acceptance.form"

    @api.model
    def _extra_values(self, docs, data):
        return {**super()._extra_values(docs, data), "signature_of": self._signature}

    @api.model
    def _signature(self, form):
        """Return the picture of the signature as a data URI, or nothing."""
        content = form.with_context(bin_size=False).signature
        return content and f"data:image/png;base64,{content.decode() if isinstance(content, bytes) else content}"

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportMarketSurvey(models.AbstractModel):
    """The report of a market survey (D13)."""

    _name = "report.quality_survey.report_market_survey"
    _description = "Printed market survey report"
    _inherit = ["quality.report"]
    _document_model = "quality.market.survey"

    @api.model
    def _extra_values(self, docs, data):
        return {
            **super()._extra_values(docs, data),
            "types_of": self._types, "means_of": self._means, "choices_of": self._choices, "words_of": self._words,
        }

    @api.model
    def _types(self, doc):
        """Return ``[(type, label, asked, answered)]`` of one survey."""
        labels = doc.respondent_ids._fields["type"]._description_selection(doc.env)
        by_type = doc.respondent_ids.grouped("type")
        return [
            (kind, label, len(by_type[kind]), len(by_type[kind].filtered(lambda one: one.state == "answered")))
            for kind, label in labels
            if kind in by_type
        ]

    @api.model
    def _means(self, doc):
        """Return ``[(question, {type: figure})]`` of the questions answered on a scale."""
        return self._grid(doc.figure_ids.filtered("has_mean"), lambda figure: figure.question)

    @api.model
    def _choices(self, doc):
        """Return ``[((question, choice), {type: figure})]``."""
        return self._grid(doc.figure_ids.filtered("answer"), lambda figure: (figure.question, figure.answer))

    @api.model
    def _words(self, doc):
        """Return ``[(question, figures)]`` of what was written."""
        return groupby(doc.figure_ids.filtered("words"), lambda figure: figure.question)

    @api.model
    def _grid(self, figures, key):
        return [(row, {figure.type: figure for figure in some}) for row, some in groupby(figures, key)]

    @api.model
    def _page_label(self, doc):
        return doc.name
