from odoo import api, models


class ReportStatement(models.AbstractModel):
    """The quarterly statement of satisfaction (D15): figures with pictures, service, problems with replies."""

    _name = "report.quality_survey.report_statement"
    _description = "Printed satisfaction statement"
    _inherit = ["quality.report"]
    _document_model = "quality.satisfaction.statement"

    @api.model
    def _extra_values(self, docs, data):
        return {
            "bars_of": lambda doc, *breakdowns: doc._bars(breakdowns),
            "trend_of": lambda doc: doc._trend_picture(),
            "rows_of": lambda doc, breakdown: doc.figure_ids.filtered(lambda row: row.breakdown == breakdown),
            "label_of": lambda row: row._label(),
            "quarter_of": lambda doc: doc._period_text(),
        }

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportAnnual(models.AbstractModel):
    """The annual report (D16): the three parts, the year in figures, measures and their effect, approvals."""

    _name = "report.quality_survey.report_annual"
    _description = "Printed annual satisfaction report"
    _inherit = ["quality.report"]
    _document_model = "quality.annual.report"

    @api.model
    def _extra_values(self, docs, data):
        return {
            "course_of": lambda doc: doc.statement_ids._course(doc.statement_ids.sorted("date_from"))
            if doc.statement_ids else False,
            "quarter_of": lambda statement: statement._period_text(),
            "approvals_of": lambda doc: doc.approval_ids.filtered(lambda row: row.decided_at).sorted("decided_at"),
        }

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportManagementReview(models.AbstractModel):
    """The management review (D16): inputs, attendance, minutes, decisions."""

    _name = "report.quality_survey.report_management_review"
    _description = "Printed management review"
    _inherit = ["quality.report"]
    _document_model = "quality.management.review"

    @api.model
    def _extra_values(self, docs, data):
        labels = dict(self.env["quality.management.input"]._fields["section"]._description_selection(self.env))
        return {
            "sections_of": lambda doc: [
                (labels[section], rows) for section, rows in doc.input_ids.grouped("section").items()
            ],
        }

    @api.model
    def _page_label(self, doc):
        return doc.name
