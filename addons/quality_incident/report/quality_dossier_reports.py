from odoo import api, models

from ..tools.pictures import photo_uri


class ReportDossierIndex(models.AbstractModel):
    """The first pages of a dossier: every part with size, checksum and page (B9)."""

    _name = "report.quality_incident.report_dossier_index"
    _description = "Dossier index"
    _inherit = ["quality.report"]
    _document_model = "quality.dossier"

    @api.model
    def _page_label(self, doc):
        return doc._document_number()


class ReportDossierHistory(models.AbstractModel):
    """Approvals, seals and messages of the document of a dossier."""

    _name = "report.quality_incident.report_dossier_history"
    _description = "History of a document"
    _inherit = ["quality.report"]
    _document_model = "quality.dossier"

    @api.model
    def _extra_values(self, docs, data):
        return {"document_of": lambda dossier: self.env[dossier.res_model].browse(dossier.res_id)}

    @api.model
    def _page_label(self, doc):
        return doc._document_number()


class ReportDossierPhotos(models.AbstractModel):
    """Photos with captions, two on a page."""

    _name = "report.quality_incident.report_dossier_photos"
    _description = "Photos of a dossier"
    _inherit = ["quality.report"]
    _document_model = "quality.dossier"

    @api.model
    def _extra_values(self, docs, data):
        """Return the photos ``data["photos"]``, a list of ``(attachment id, caption)``, scaled down for paper."""
        photos = []
        for number, (attachment_id, caption) in enumerate(data.get("photos") or [], 1):
            attachment = self.env["ir.attachment"].browse(attachment_id).exists()
            if attachment and attachment.has_access("read"):
                photos.append({
                    "number": data.get("start", 0) + number,
                    "caption": caption,
                    "picture": photo_uri(attachment._read_content()),
                })
        return {"photos": photos}

    @api.model
    def _page_label(self, doc):
        return doc._document_number()
