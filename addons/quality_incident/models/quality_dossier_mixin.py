from odoo import api, fields, models
from odoo.tools import html2plaintext


class QualityDossierMixin(models.AbstractModel):
    """A document of which everything can be had in one file (B9).

    A document names its reports in :meth:`_dossier_reports` and what belongs to it in :meth:`_dossier_records`.
    """

    _name = "quality.dossier.mixin"
    _description = "Document with a dossier"
    _inherit = ["mail.thread"]

    dossier_ids = fields.One2many(
        "quality.dossier", "res_id", "Dossiers", readonly=True, copy=False, groups="base.group_user"
    )
    dossier_count = fields.Integer(compute="_compute_dossier_count", groups="base.group_user")

    @api.depends("dossier_ids")
    def _compute_dossier_count(self):
        for record in self:
            record.dossier_count = len(record.dossier_ids)

    def action_build_dossier(self):
        """Ask for the dossier of this document; it is made in the background with the user's own rights.

        :return: the action that shows it, the one already being made if there is one
        :raises AccessError: the user may not read the document
        """
        self.ensure_one()
        return self.env["quality.dossier"]._request(self)._open()

    def action_open_dossiers(self):
        """Return the action that lists the dossiers of this document."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("quality_incident.quality_dossier_action")
        action["domain"] = [("res_model", "=", self._name), ("res_id", "=", self.id)]
        return action

    # ------------------------------------------------------------------
    # Hooks
    # ------------------------------------------------------------------

    def _dossier_reports(self):
        """Hook: return the reports in order, as ``(report xml id, record, title)``; one may refuse to be printed."""
        return []

    def _dossier_records(self):
        """Hook: return the recordsets whose files and messages belong to the dossier, the document first."""
        return [self]

    def _dossier_seals(self):
        """Hook: return the seals of the document and of what belongs to it."""
        return self.seal_ids if "seal_ids" in self._fields else self.env["quality.seal"]

    def _dossier_approvals(self):
        """Hook: return the rows of the approval ledger in the order they stand on paper."""
        if "approval_ids" not in self._fields:
            return self.env["quality.approval"]
        return self.approval_ids.sorted(lambda row: (row.gate, row.round, row.sequence, row.seat))

    # ------------------------------------------------------------------
    # Messages
    # ------------------------------------------------------------------

    def _dossier_messages(self):
        """Return what was said and changed, in order of time, as far as the present user may read it.

        :return: list of ``{"date", "author", "about", "lines", "files"}``; ``about`` is empty for the document itself
        """
        entries = []
        for records in self._dossier_records():
            if "message_ids" not in records._fields or not records:
                continue
            messages = self.env["mail.message"].search([
                ("model", "=", records._name), ("res_id", "in", records.ids),
                ("message_type", "!=", "user_notification"),
            ])
            names = {record.id: record.display_name for record in records}
            for message in messages:
                lines = self._message_lines(message)
                files = message.attachment_ids.sudo().mapped("name")
                if lines or files:
                    entries.append({
                        "date": message.date, "author": message.author_id.sudo().name or message.email_from or "",
                        "about": "" if records == self else names[message.res_id],
                        "lines": lines, "files": files, "id": message.id,
                    })
        return sorted(entries, key=lambda entry: (entry["date"], entry["id"]))

    @api.model
    def _message_lines(self, message):
        """Return the text of a message, and what its change log says, line by line."""
        if message.message_type == "email_outgoing":  # a mail from a template: its body is mostly layout
            to = ", ".join(message.sudo().partner_ids.mapped("name"))
            return [self.env._("Mail to %(to)s: %(subject)s", to=to or "—", subject=message.subject or "—")]
        body = html2plaintext(message.body or "", include_references=False)
        lines = [line.strip() for line in body.splitlines() if line.strip()]
        # The log is the administrator's alone; who reads a message sees the changes of the fields they may read.
        tracked = message.sudo().tracking_value_ids._filter_has_field_access(self.env)
        for change in tracked._tracking_value_format():
            old, new = (self._change_text(change[key]) for key in ("oldValue", "newValue"))
            lines.append(f"{change['fieldInfo']['changedField']}: {old} → {new}")
        return lines

    @api.model
    def _change_text(self, value):
        return "—" if value in (None, False, "") else str(value)
