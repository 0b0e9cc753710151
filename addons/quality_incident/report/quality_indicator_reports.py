from odoo import api, models


class ReportIndicators(models.AbstractModel):
    """The sheet of indicators (B5): value, counts, exclusions, interval, verdict and definition of each.

    A sheet is that of a company and a last day; it is asked for with any of its values.
    """

    _name = "report.quality_incident.report_indicators"
    _description = "Printed sheet of indicators"
    _inherit = ["quality.report"]
    _document_model = "quality.indicator.value"

    @api.model
    def _extra_values(self, docs, data):
        return {"sheet_of": self._sheet_of}

    @api.model
    def _sheet_of(self, value):
        """Return the values on the sheet of ``value``; itself in place of its newest revision when it is an old one."""
        others = value.search(
            [("company_id", "=", value.company_id.id), ("date_to", "=", value.date_to), ("is_current", "=", True)]
        ).filtered(lambda other: (other.indicator_id, other.period) != (value.indicator_id, value.period))
        return (others | value).sorted(lambda row: (row.indicator_id.sequence, row.indicator_id.id, row.period))

    @api.model
    def _page_label(self, doc):
        return str(doc.date_to)
