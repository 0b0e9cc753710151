from odoo import fields, models


class QualitySealMixin(models.AbstractModel):
    """A document of which what was signed can be proved later; the document implements :meth:`_seal_content`."""

    _name = "quality.seal.mixin"
    _description = "Document with seals"

    seal_ids = fields.One2many("quality.seal", "res_id", "Seals", readonly=True, copy=False, groups="base.group_user")

    def _seal(self, purpose, signer_name=None, signer_role=None, signature=None):
        """Seal the present content of one document and return the row. The caller has checked the user's rights.

        :param purpose: a value of ``quality.seal.purpose``
        :param signer_name: who signs, by default the present user
        :param signer_role: as what, for paper
        :param signature: picture in base64
        :raises UserError: the signature is not a picture
        """
        self.ensure_one()
        return self.env["quality.seal"]._append(self, purpose, signer_name, signer_role, signature)

    def _sealed_content(self, purpose):
        """Return :meth:`_seal_content`, the same whoever asks in whatever language and company."""
        document = self.with_env(self.env(context={}, su=True))
        if "company_id" in self._fields and document.company_id:
            document = document.with_company(document.company_id)
        return document._seal_content(purpose)

    def _seal_content(self, purpose):
        """Hook: return what a seal for ``purpose`` proves, as plain data for :mod:`..tools.canonical`. Required."""
        raise NotImplementedError(self._name)
