import hashlib

from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_datetime

from ..tools.uploads import DOCUMENTS, PHOTOS, content_type, safe_name

#: what somebody outside may hand in
ACCEPTED = PHOTOS | DOCUMENTS
MEGABYTES = 10
FILES = 10


class QualityPortalMixin(models.AbstractModel):
    """A document with a page for somebody outside (F4, F5).

    Portal users have no right to the model at all: the controller finds out whose document it is, then calls the
    ``_portal_`` methods as the superuser who keeps the visitor's ``uid``. Pages are made of plain values.
    """

    _name = "quality.portal.mixin"
    _description = "Document with a page outside"
    _inherit = ["portal.mixin"]

    def _portal_person(self, person):
        """Return the name of who acts; a link alone does not tell.

        :raises UserError: no name is given
        """
        name = " ".join(str(person or "").split())[:100]
        if not name:
            raise UserError(self.env._("Please enter your name."))
        return name

    def _portal_accept(self, files, present):
        """Return the accepted ``files`` as attachments; one that is there already is not kept twice.

        :param files: list of ``(name, content)``
        :param present: attachments that are there already; they count
        :raises UserError: a file is empty, too large, of another kind than it says, or there are too many
        """
        limit = int(self.env["ir.config_parameter"].sudo().get_param("quality_incident.portal_megabytes", MEGABYTES))
        known = set(present.mapped("checksum"))
        accepted = []
        for name, content in files:
            kind = content_type(content) if content else None
            if kind not in ACCEPTED or self._misnamed(name, kind):
                raise UserError(
                    self.env._("“%s” cannot be taken: photos (JPEG, PNG, WebP, HEIC) and PDF files only.", name)
                )
            if len(content) > limit * 1024 * 1024:
                raise UserError(self.env._("“%(name)s” is larger than %(limit)d MB.", name=name, limit=limit))
            checksum = hashlib.sha1(content, usedforsecurity=False).hexdigest()
            if checksum not in known:
                known.add(checksum)
                accepted.append({"name": safe_name(name, kind, ACCEPTED), "raw": content, "mimetype": kind})
        if len(present) + len(accepted) > FILES:
            raise UserError(self.env._("At most %d files.", FILES))
        return self.env["ir.attachment"].create(accepted)

    def _misnamed(self, name, kind):
        """Return whether ``name`` says it is something else: its ending is one of another kind."""
        ending = f".{name.rsplit('.', 1)[-1].lower()}" if "." in (name or "") else ""
        return bool(ending) and ending not in ACCEPTED[kind]

    # ------------------------------------------------------------------
    # Plain values
    # ------------------------------------------------------------------

    def _portal_label(self, name):
        """Return the label of the value of selection field ``name``."""
        return dict(self._fields[name]._description_selection(self.env)).get(self[name], "")

    def _portal_time(self, moment):
        """Return a moment as text, in the time zone of the company."""
        zone = self.company_id.resource_calendar_id.tz or "UTC"
        return format_datetime(self.env, moment, tz=zone, dt_format="short") if moment else ""

    def _portal_links(self, files):
        """Return what a page needs to show and link ``files``."""
        return [
            {"id": file.id, "name": file.name, "is_photo": (file.mimetype or "").startswith("image/")} for file in files
        ]
