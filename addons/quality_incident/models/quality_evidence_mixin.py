from odoo import api, fields, models


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
