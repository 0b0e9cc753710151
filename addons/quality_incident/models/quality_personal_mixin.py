from odoo import api, models
from odoo.fields import Domain

TEXTS = ("char", "text", "html")


class QualityPersonalMixin(models.AbstractModel):
    """Records that may name people; the erasure of personal data finds them through this mixin.

    A model declares the fields that hold what people wrote::

        _personal_fields = ("description", "signer_name", "signature")

    In text fields the name is replaced; binary fields are emptied on every record that concerns the person. Links to
    contacts need no declaration: they are found by themselves and stay, to a contact without a name.
    """

    _name = "quality.personal.mixin"
    _description = "Records that may name people"

    _personal_fields = ()

    @api.model
    def _personal_texts(self):
        """Return the names of the declared text fields."""
        return [name for name in self._personal_fields if self._fields[name].type in TEXTS]

    @api.model
    def _personal_files(self):
        """Return the names of the declared binary fields."""
        return [name for name in self._personal_fields if self._fields[name].type == "binary"]

    @api.model
    def _personal_links(self):
        """Return the names of the stored fields that link to contacts."""
        return [
            name for name, field in self._fields.items()
            if field.store and field.comodel_name == "res.partner" and field.type in ("many2one", "many2many")
        ]

    @api.model
    def _personal_needed_domain(self):
        """Hook: return the domain of the records for which the person is still needed; they refuse the erasure."""
        return Domain.FALSE

    def _personal_reference(self):
        """Hook: return what a refusal calls this record; without a name of a person where possible."""
        return self.display_name

    def _personal_documents(self):
        """Hook: return the documents that hear in their chatter that something of these records was erased."""
        return self.browse()
