from odoo import api, models
from odoo.exceptions import UserError

#: what has a row of its own on the statutory report; whatever else a regime asks for is added below
PRINTED_ANYWAY = (
    "project_id", "location", "description", "estimated_loss", "preliminary_cause", "responsible_unit",
    "responsible_person", "title", "occurred_at", "reported_at", "grade", "legal_grade", "deaths", "serious_injuries",
    "reporter_id",
)


class ReportStatutory(models.AbstractModel):
    """The written report to one authority (A7)."""

    _name = "report.quality_incident.report_statutory"
    _description = "Statutory report"
    _inherit = ["quality.report"]
    _document_model = "quality.reporting.duty"

    @api.model
    def _check_printable(self, docs):
        docs._check_content_complete()

    @api.model
    def _extra_values(self, docs, data):
        return {"further_contents": self._further_contents}

    @api.model
    def _further_contents(self, duty):
        return duty.content_ids.filtered(lambda item: item.field_name not in PRINTED_ANYWAY)

    @api.model
    def _kept_with(self, doc):
        return doc.incident_id

    @api.model
    def _page_label(self, doc):
        return doc._report_number()


class ReportDetailed(models.AbstractModel):
    """The detailed report with the investigation group's opinion (A11)."""

    _name = "report.quality_incident.report_detailed"
    _description = "Detailed incident report"
    _inherit = ["quality.report"]
    _document_model = "quality.incident"

    @api.model
    def _check_printable(self, docs):
        for incident in docs:
            missing = incident._missing_detailed_report()
            if missing:
                raise UserError(self.env._(
                    "%(name)s: the detailed report cannot be issued yet. Missing:\n%(missing)s",
                    name=incident.display_name, missing="\n".join(f"• {item}" for item in missing),
                ))

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportClosure(models.AbstractModel):
    """The closure record: the four facts and everything decided (A13)."""

    _name = "report.quality_incident.report_closure"
    _description = "Closure record"
    _inherit = ["quality.report"]
    _document_model = "quality.incident"

    @api.model
    def _check_printable(self, docs):
        for incident in docs:
            if incident.state not in ("closing", "closed"):
                raise UserError(
                    self.env._("%s is not accepted yet: there is no closure to record.", incident.display_name)
                )

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportStopOrder(models.AbstractModel):
    """The stop-work order (A9)."""

    _name = "report.quality_incident.report_stop_order"
    _description = "Stop-work order"
    _inherit = ["quality.report"]
    _document_model = "quality.stop.order"


class ReportResume(models.AbstractModel):
    """The sign-off for the resumption of work, with the parties still open as empty boxes to sign by hand (A12)."""

    _name = "report.quality_incident.report_resume"
    _description = "Resume-work sign-off sheet"
    _inherit = ["quality.report"]
    _document_model = "quality.stop.order"
