import base64
import binascii

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.uploads import PHOTOS, content_type, safe_name

#: bytes of a photo from a phone
LARGEST = 10 * 1024 * 1024


class QualityEvidenceMixin(models.AbstractModel):
    """Photos and documents that prove something: readable with the record, and fixed once it is locked."""

    _name = "quality.evidence.mixin"
    _description = "Evidence"
    _inherit = ["quality.personal.mixin"]

    #: fields with files that are evidence
    _evidence_fields = ("evidence_ids",)

    evidence_ids = fields.Many2many("ir.attachment", copy=False, bypass_search_access=True)

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        if any(vals.get(name) for vals in vals_list for name in self._evidence_fields):
            records._claim_evidence()
        return records

    def write(self, vals):
        result = super().write(vals)
        if not vals.keys().isdisjoint(self._evidence_fields):
            self._claim_evidence()
        return result

    def _claim_evidence(self):
        """Tie files the user just uploaded to their record, so that whoever may read the record may read them.

        Only the user's own files that belong to nothing yet are touched: linking a foreign file opens no door.
        """
        uid = self.env.uid
        for record in self:
            files = self.env["ir.attachment"].sudo().union(*(record.sudo()[name] for name in self._evidence_fields))
            loose = files.filtered(lambda file: not file.res_id and file.create_uid.id == uid)
            if loose:
                loose.write({"res_model": record._name, "res_id": record.id})

    def _evidence_locked(self):
        """Hook: return whether the evidence of this record may no longer be replaced or deleted."""
        return False

    def _evidence_file_locked(self, file):
        """Hook: the same for one ``file`` of one record, where some of its files are fixed earlier than others."""
        return self._evidence_locked()

    def _store_photo(self, photo):
        """Return the attachment of a photo sent by the client, after looking at what it really is."""
        try:
            content = base64.b64decode(photo.get("data") or "", validate=True)
        except (binascii.Error, TypeError, ValueError):
            content = b""
        kind = content_type(content) if content else None
        if kind not in PHOTOS or not isinstance(photo.get("uuid"), str):
            raise UserError(
                self.env._("“%s” is not a photo. JPEG, PNG, WebP and HEIC can be added.", photo.get("name"))
            )
        if len(content) > LARGEST:
            raise UserError(
                self.env._("“%s” is larger than 10 MB. Take it with a lower resolution.", photo.get("name"))
            )
        return self.env["ir.attachment"].create(
            {"name": safe_name(photo.get("name"), kind, PHOTOS, "photo"), "raw": content, "description": photo["uuid"]}
        )
