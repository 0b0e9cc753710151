import base64
import hashlib
import json

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.http import request
from odoo.tools.image import image_process
from odoo.tools.mimetypes import guess_mimetype

from ..tools.canonical import canonical_json

#: a drawn signature is a small picture; a photographed stamp is scaled down to this
SIGNATURE_SIZE = (1024, 1024)
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
#: what stands in columns of its own for lists and searches, and in the sealed content for proof
FACTS = ("signer_name", "signer_role", "signed_at", "ip")


class QualitySeal(models.Model):
    """What somebody signed, for ever: the content, who, when, from where, and a digest of it all.

    ``content`` is canonical JSON holding the document's content and everything about the signing, the SHA-256 of the
    signature included; ``digest`` is the SHA-256 of exactly that text, so anybody can check it with ``sha256sum``.
    Rows come from ``_seal`` of ``quality.seal.mixin`` only; nobody changes or deletes them, not even the superuser.
    """

    _name = "quality.seal"
    _description = "Seal"
    _inherit = ["quality.ledger.mixin"]
    _order = "signed_at desc, id desc"
    _document_mixin = "quality.seal.mixin"

    purpose = fields.Selection([
        ("acceptance", "Acceptance"), ("resume", "Resumption of work"), ("closure", "Closure"),
    ], required=True, readonly=True, index=True)
    content = fields.Text(required=True, readonly=True)
    digest = fields.Char("SHA-256", required=True, readonly=True)
    signature = fields.Image(readonly=True, attachment=True)
    signer_name = fields.Char("Signed by", required=True, readonly=True)
    signer_role = fields.Char("As", readonly=True)
    ip = fields.Char("IP address", readonly=True)
    signed_at = fields.Datetime("Signed on", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Registered by", required=True, readonly=True, ondelete="restrict")
    validity = fields.Selection([
        ("valid", "Valid"), ("changed", "Changed since"), ("broken", "Seal broken"), ("missing", "Document gone"),
    ], compute="_compute_validity", help="Recomputed whenever it is looked at.")

    _of_document = models.Index("(res_model, res_id, purpose)")

    @api.depends("purpose", "res_name")
    def _compute_display_name(self):
        labels = dict(self._fields["purpose"]._description_selection(self.env))
        for seal in self:
            seal.display_name = f"{seal.res_name}: {labels.get(seal.purpose, seal.purpose)}"

    # ------------------------------------------------------------------
    # Append-only
    # ------------------------------------------------------------------

    def write(self, vals):
        """Refuse, whoever asks.

        :raises AccessError: anybody but the system
        :raises UserError: the system
        """
        self.check_access("write")
        if self:
            raise UserError(self.env._("A seal cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("A seal cannot be deleted."))

    # ------------------------------------------------------------------
    # Sealing
    # ------------------------------------------------------------------

    @api.model
    def _append(self, document, purpose, signer_name=None, signer_role=None, signature=None):
        """Seal ``document`` and return the row; see ``quality.seal.mixin._seal``."""
        signature = self._signature_bytes(signature)
        user, now = self.env.user, fields.Datetime.now()
        facts = {
            "signer_name": signer_name or user.name, "signer_role": signer_role or False, "signed_at": now,
            "ip": request.httprequest.remote_addr if request else False,
        }
        content = canonical_json({
            **facts, "purpose": purpose, "record": f"{document._name},{document.id}", "user": user.login,
            "signature": hashlib.sha256(signature).hexdigest() if signature else False,
            "document": document._sealed_content(purpose),
        })
        return self.sudo().create({
            **self._prepare_document_vals(document.sudo()), **facts, "purpose": purpose, "user_id": user.id,
            "content": content, "digest": self._digest(content),
            "signature": base64.b64encode(signature) if signature else False,
        })

    @api.model
    def _signature_bytes(self, signature):
        """Return the picture of ``signature`` (base64) as it will be stored.

        :raises UserError: it is not a picture
        """
        if not signature:
            return b""
        try:
            picture = base64.b64decode(signature)
        except ValueError:
            picture = b""
        refusal = self.env._("The signature is not a picture (PNG, JPEG, GIF or WebP).")
        # Not SVG: Odoo takes it for a picture, but it is a program.
        if guess_mimetype(picture) not in PICTURES:
            raise UserError(refusal)
        try:
            return image_process(picture, size=SIGNATURE_SIZE, verify_resolution=True)
        except (OSError, SyntaxError) as error:  # what Pillow says of a file that was cut off
            raise UserError(refusal) from error

    @api.model
    def _digest(self, text):
        return hashlib.sha256(text.encode()).hexdigest()

    # ------------------------------------------------------------------
    # Verifying
    # ------------------------------------------------------------------

    @api.depends("content", "digest", "res_model", "res_id")
    def _compute_validity(self):
        for seal in self:
            # A form asks for sizes instead of contents; a signature is judged by its content.
            seal.validity = seal.sudo().with_context(bin_size=False)._judge()

    def _judge(self):
        """Return whether this seal is whole and the document is still what was sealed."""
        if self._digest(self.content or "") != self.digest:
            return "broken"
        sealed = json.loads(self.content)
        shown = json.loads(canonical_json({
            **{name: self[name] for name in FACTS}, "purpose": self.purpose,
            "record": f"{self.res_model},{self.res_id}",
            "signature": hashlib.sha256(base64.b64decode(self.signature)).hexdigest() if self.signature else False,
        }))
        if any(sealed.get(name) != value for name, value in shown.items()):
            return "broken"
        document = self._document() if self.res_model in self.env else None
        if not document:
            return "missing"
        now = json.loads(canonical_json(document._sealed_content(self.purpose)))
        return "valid" if now == sealed["document"] else "changed"

    def action_verify(self):
        """Recompute these seals now and return a notification with the result.

        :return: a client action; nothing is changed
        """
        self.check_access("read")
        self.invalidate_recordset(["validity"])
        labels = dict(self._fields["validity"]._description_selection(self.env))
        lines = [f"{seal.display_name}, {seal.signer_name}: {labels[seal.validity]}" for seal in self]
        valid = all(seal.validity == "valid" for seal in self)
        return {
            "type": "ir.actions.client", "tag": "display_notification",
            "params": {
                "type": "success" if valid else "danger", "sticky": not valid,
                "title": self.env._("Seal verified") if valid else self.env._("Not what was sealed"),
                "message": "\n".join(lines),
            },
        }
