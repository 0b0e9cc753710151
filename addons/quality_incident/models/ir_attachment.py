import hashlib
import io
import shutil
from pathlib import Path

from odoo import api, models
from odoo.exceptions import UserError


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def write(self, vals):
        if not {"raw", "datas", "db_datas", "store_fname", "res_model", "res_id"}.isdisjoint(vals):
            self._check_evidence_unlocked()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_locked_evidence(self):
        self._check_evidence_unlocked()

    def _check_evidence_unlocked(self):
        """Raise UserError when one of these files proves something that is decided already (B9)."""
        for attachment in self.sudo():
            model = attachment.res_model and not attachment.res_field and self.env.get(attachment.res_model)
            if model is None or not attachment.res_id or not hasattr(model, "_evidence_locked"):
                continue
            record = model.sudo().browse(attachment.res_id).exists()
            if record and record._evidence_file_locked(attachment):
                raise UserError(self.env._(
                    "“%(file)s” is evidence of %(record)s, which is decided. It can no longer be replaced or deleted.",
                    file=attachment.name, record=record.display_name,
                ))

    # ------------------------------------------------------------------
    # Big files, in pieces
    # ------------------------------------------------------------------

    def _open_content(self):
        """Return the content as an open binary file, or None when it is lost; the caller has checked the rights."""
        self.ensure_one()
        if not self.store_fname:
            return io.BytesIO(self.db_datas or b"")
        try:
            return open(self._full_path(self.store_fname), "rb")
        except OSError:
            return None

    def _read_content(self):
        """Return the content of this one attachment; reading ``raw`` would read those prefetched with it as well."""
        stream = self.sudo()._open_content()
        if not stream:
            return b""
        with stream:
            return stream.read()

    @api.model
    def _create_from_file(self, path, vals):
        """Create an attachment of ``vals`` with the file ``path`` as its content, without reading it into memory."""
        attachment = self.create(vals)
        if self._storage() != "file":
            attachment.raw = Path(path).read_bytes()
            return attachment
        digest = hashlib.sha1(usedforsecurity=False)
        with open(path, "rb") as stream:
            while chunk := stream.read(1024 * 1024):
                digest.update(chunk)
        checksum = digest.hexdigest()
        name = f"{checksum[:2]}/{checksum}"
        target = Path(self._full_path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        # As core does it: the file first on the list of what to look at when this transaction is lost.
        self._mark_for_gc(name)
        if not target.exists():
            shutil.copyfile(path, target)
        models.Model.write(attachment.sudo(), {
            "store_fname": name, "checksum": checksum, "file_size": target.stat().st_size, "db_datas": False,
        })
        return attachment
