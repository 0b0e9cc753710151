from odoo import api, models

from ..tools.pictures import photo_uri


class ReportWithPhotos(models.AbstractModel):
    """A document with photos between its lines."""

    _name = "quality.report.photos"
    _description = "Printed document with photos"
    _inherit = ["quality.report"]

    @api.model
    def _extra_values(self, docs, data):
        return {"photos_of": self._photos}

    @api.model
    def _photos(self, files):
        """Return the photos among ``files`` as (name, data URI)."""
        pictures = files.sudo().filtered(lambda file: (file.mimetype or "").startswith("image/"))
        found = ((file.name, photo_uri(file.raw or b"")) for file in pictures)
        return [(name, uri) for name, uri in found if uri]

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportRectification(models.AbstractModel):
    """The rectification notice (A1): requirements, plan, photos, re-checks, approvals."""

    _name = "report.quality_incident.report_rectification"
    _description = "Printed rectification notice"
    _inherit = ["quality.report.photos"]
    _document_model = "quality.rectification"


class ReportInspection(models.AbstractModel):
    """The record of an inspection (B3): what was checked, found, and what became of it."""

    _name = "report.quality_incident.report_inspection"
    _description = "Printed inspection record"
    _inherit = ["quality.report.photos"]
    _document_model = "quality.inspection"
