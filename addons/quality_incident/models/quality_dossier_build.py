import base64
import json

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools.mimetypes import guess_mimetype

from ..tools.archive import csv_bytes, safe_name
from ..tools.dossier_files import DossierFiles
from ..tools.paper import Paper
from ..tools.pdf import mergeable, page_count

PHOTO_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp")
PHOTOS_PER_PRINT = 6
#: PDFs above this stay in the ZIP only
MERGED_SIZE, MERGED_PAGES = 30 * 1024 * 1024, 200
LONGEST_NAME = 60


class QualityDossier(models.Model):
    """How the files of a dossier are made: with the rights and in the language of who asked for it (B9)."""

    _inherit = "quality.dossier"

    def _build(self):
        """Make the files of this dossier and return them as :class:`DossierFiles`, which the caller closes.

        :raises UserError: the requester may no longer read the document, or the server cannot print
        """
        document = self._readable_document()
        _ = document.env._
        files = DossierFiles(_file_name(_("Dossier %s", document.display_name)), f"{self.env.cr.dbname}-{self.id}")
        try:
            self._add_reports(files, document)
            self._report_progress(50, _("Collecting approvals, seals and messages"))
            self._add_history(files, document)
            self._report_progress(60, _("Collecting files"))
            photos = self._add_evidence(files, document)
            self._report_progress(75, _("Printing photos"))
            self._add_photos(files, photos)
            self._report_progress(90, _("Binding the PDF"))
            self._bind(files)
        except BaseException:
            files.cleanup()
            raise
        return files

    def _readable_document(self):
        """Return the document in the requester's environment, after checking that it may still be read."""
        env = self._requester_env()
        document = env[self.res_model].browse(self.res_id).exists()
        if not document:
            raise UserError(env._("%s no longer exists.", self.res_name))
        if not self.requested_by_id.active:
            raise UserError(env._("%s is no longer an active user.", self.requested_by_id.name))
        document.check_access("read")
        return document

    # ------------------------------------------------------------------
    # Reports
    # ------------------------------------------------------------------

    def _add_reports(self, files, document):
        _ = document.env._
        reports = document._dossier_reports()
        for number, (xmlid, record, title) in enumerate(reports, 1):
            self._report_progress(5 + 45 * number // len(reports), title)
            model = record.env["ir.actions.report"]._get_rendering_context_model(record.env.ref(xmlid).sudo())
            try:
                if hasattr(model, "_check_printable"):
                    model._check_printable(record)
            except UserError as refusal:
                files.add_missing(_("Reports"), title, _("Not available: %s", refusal))
                continue
            content = self._print(xmlid, record)
            files.add(_("Reports"), title, [_("Reports")], _file_name(f"{number:02} {title}.pdf"), content)
            files.print_last(content)

    def _print(self, xmlid, record, data=None):
        """Return the PDF of ``record``, made with its environment's rights, and kept nowhere."""
        Report = record.env["ir.actions.report"].with_context(
            force_report_rendering=True, report_pdf_no_attachment=True,
        )
        return Report._render_qweb_pdf(xmlid, record.ids, data=data)[0]

    # ------------------------------------------------------------------
    # What the system itself wrote: approvals, seals, messages
    # ------------------------------------------------------------------

    def _add_history(self, files, document):
        _ = document.env._
        section = _("History")
        content = self._print("quality_incident.action_report_dossier_history", self.with_env(document.env))
        files.add(section, _("Approvals, seals and messages"), [section], _file_name(f"{section}.pdf"), content)
        files.print_last(content)
        approvals = self._approval_rows(document)
        if approvals:
            header = list(approvals[0])
            files.add(section, _("Approvals (table)"), [section], "approvals.csv",
                      csv_bytes(header, [row.values() for row in approvals]))
            files.add(section, _("Approvals (data)"), [section], "approvals.json",
                      json.dumps(approvals, ensure_ascii=False, indent=1).encode())
        messages = document._dossier_messages()
        if messages:
            files.add(section, _("Messages (text)"), [section], "messages.txt", self._messages_text(document, messages))
        for seal in document._dossier_seals().sorted("id"):
            # Exactly the sealed text: its SHA-256 is the digest of the seal.
            name = f"seal-{seal.id}-{seal.purpose}"
            files.add(section, seal.display_name, [section, _("Seals")], f"{name}.json", seal.content.encode())
            if seal.signature:
                files.add(section, _("Signature of %s", seal.signer_name), [section, _("Seals")], f"{name}.png",
                          base64.b64decode(seal.signature))

    @api.model
    def _approval_rows(self, document):
        """Return the approval ledger of ``document`` as plain data with readable keys, times in UTC."""
        return [{
            "gate": row.gate, "round": row.round, "step": row.sequence, "seat": row.seat, "name": row.rule_name,
            "asked": row.approver_names or "", "state": row.state,
            "requested_by": row.requested_by_id.name, "requested_at": _utc(row.requested_at),
            "decided_by": row.decided_by_id.name or "", "on_behalf_of": row.on_behalf_of_id.name or "",
            "decided_at": _utc(row.decided_at), "comment": row.comment or "",
            "four_eyes_relaxed": row.four_eyes_relaxed, "lapsed_at": _utc(row.superseded_at), "digest": row.digest,
        } for row in document._dossier_approvals().sudo()]

    @api.model
    def _messages_text(self, document, messages):
        paper = Paper(document)
        blocks = []
        for message in messages:
            head = " · ".join(filter(None, (paper.time(message["date"]), message["author"], message["about"])))
            lines = [head, *message["lines"]]
            if message["files"]:
                lines.append("[" + ", ".join(message["files"]) + "]")
            blocks.append("\n".join(lines))
        return ("\n\n".join(blocks) + f"\n\n{paper.zone}\n").encode()

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    def _add_evidence(self, files, document):
        """Add every file of the document and its lines; return the ids of the photos among them."""
        env, photos, seen = document.env, [], set()
        for number, belonging in enumerate(document._dossier_records(), 1):
            records = belonging._filtered_access("read")
            section = env["ir.model"]._get(records._name).name
            folder = [env._("Files"), f"{number:02} {section}".replace("/", "_")]
            for record, attachment in self._files_of(records):
                if attachment.id in seen:
                    continue
                seen.add(attachment.id)
                title = self._add_attachment(files, section, folder, record, attachment)
                if title and attachment.mimetype in PHOTO_TYPES:
                    photos.append((attachment.id, title))
            self._add_signatures(files, section, folder, records)
        return photos

    @api.model
    def _files_of(self, records):
        """Return ``(record, attachment)`` of all files linked to ``records`` or uploaded on them, in order of age."""
        links = [
            name for name, field in records._fields.items()
            if field.type == "many2many" and field.comodel_name == "ir.attachment" and field.store
        ]
        uploaded = records.env["ir.attachment"].search([
            ("res_model", "=", records._name), ("res_id", "in", records.ids), ("res_field", "=", False),
        ]).grouped("res_id")
        for record in records:
            attachments = uploaded.get(record.id, records.env["ir.attachment"])
            for name in links:
                # All of them: one that the requester may not read is noted, not passed over.
                attachments |= record.sudo()[name].with_env(record.env)
            for attachment in attachments.sorted("id"):
                yield record, attachment

    @api.model
    def _add_attachment(self, files, section, folder, record, attachment):
        """Add one file and return its title; False when there is nothing to add, which is noted."""
        _ = attachment.env._
        if not attachment.has_access("read"):
            # Linked by somebody, but not the requester's to see: not even its name.
            files.add_missing(section, record.display_name, _("A file that you may not read."))
            return False
        title = _title(record, attachment.name)
        if attachment.type == "url":
            files.add_missing(section, title, _("A link, not a file: %s", attachment.url))
            return False
        stream = attachment.sudo()._open_content()
        if not stream:
            files.add_missing(section, title, _("The file is missing in the file store."))
            return False
        with stream:
            files.add(section, title, folder, attachment.name, stream)
        if attachment.mimetype == "application/pdf" and attachment.file_size <= MERGED_SIZE:
            content = attachment._read_content()
            if mergeable(content, MERGED_PAGES):
                files.print_last(content)
        return title

    @api.model
    def _add_signatures(self, files, section, folder, records):
        """Add the pictures that are fields of the records, such as drawn signatures."""
        names = [name for name, field in records._fields.items() if field.type == "binary" and field.store]
        for record in records:
            for name in names:
                content = base64.b64decode(record[name] or b"")
                if content:
                    extension = guess_mimetype(content).rpartition("/")[2]
                    label = record._fields[name]._description_string(record.env)
                    title = _title(record, label)
                    files.add(section, title, folder, _file_name(f"{title}.{extension}"), content)

    def _add_photos(self, files, photos):
        """Print the photos with their captions, a few at a time to keep memory small."""
        env = self._requester_env()
        for start in range(0, len(photos), PHOTOS_PER_PRINT):
            some = photos[start:start + PHOTOS_PER_PRINT]
            content = self._print(
                "quality_incident.action_report_dossier_photos", self.with_env(env), {"photos": some, "start": start},
            )
            title = env._("Photos %(first)s to %(last)s", first=start + 1, last=start + len(some))
            files.add_pages(env._("Photos"), title, content)

    # ------------------------------------------------------------------
    # Index
    # ------------------------------------------------------------------

    def _bind(self, files):
        """Print the index, bind the PDF and finish the ZIP with the list of files and of checksums."""
        # The index says on which page each part begins, which depends on its own length: guessed, then counted.
        index, pages = b"", 1 + round((len(files.parts) + len({part["section"] for part in files.parts})) / 19)
        for _attempt in range(3):
            files.number_pages(pages + 1)
            self.manifest = files.parts
            index = self._print("quality_incident.action_report_dossier_index", self.with_env(self._requester_env()))
            if page_count(index) == pages:
                break
            pages = page_count(index)
        files.bind(index, self._document_number())
        columns = ("section", "title", "path", "size", "sha256", "first_page", "pages", "note")
        rows = [[part.get(name) for name in columns] for part in files.parts]
        files.archive.add([], "index.csv", csv_bytes(columns, rows))
        files.close()


def _file_name(text):
    return safe_name(text.replace("/", "_").replace(": ", " - "))


def _title(record, detail):
    name = record.display_name
    return f"{name if len(name) <= LONGEST_NAME else name[:LONGEST_NAME - 1] + '…'}: {detail}"


def _utc(value):
    return f"{value.isoformat()}Z" if value else ""
