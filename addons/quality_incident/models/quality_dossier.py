import logging
from collections import Counter

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

_logger = logging.getLogger(__name__)

OPEN = ("queued", "running")
#: a worker that dies this often over one dossier will not get it done: too big for its limits
MOST_ATTEMPTS = 3


class QualityDossier(models.Model):
    """One request for everything about a document in one file (B9), and what came of it.

    Nobody has create or write rights: rows come from :meth:`_request` and change only here. How the files are made is
    in quality_dossier_build.py; it works with the rights and in the language of who asked for it.
    """

    _name = "quality.dossier"
    _description = "Dossier"
    _inherit = ["quality.ledger.mixin"]
    _order = "id desc"
    _document_mixin = "quality.dossier.mixin"

    requested_by_id = fields.Many2one("res.users", "Requested by", required=True, readonly=True, index=True)
    state = fields.Selection(
        [("queued", "Queued"), ("running", "Being made"), ("done", "Ready"), ("failed", "Failed")],
        default="queued",
        required=True,
        readonly=True,
        index=True,
    )
    progress = fields.Integer("Progress (%)", readonly=True, aggregator=None)
    progress_text = fields.Char("At present", readonly=True)
    attempts = fields.Integer(readonly=True, aggregator=None, help="How often a worker took it up.")
    started_at = fields.Datetime("Started on", readonly=True)
    finished_at = fields.Datetime("Finished on", readonly=True)
    error = fields.Text(readonly=True)
    attachment_id = fields.Many2one("ir.attachment", "ZIP", readonly=True, index="btree_not_null", ondelete="set null")
    pdf_attachment_id = fields.Many2one(
        "ir.attachment", "PDF", readonly=True, index="btree_not_null", ondelete="set null"
    )
    sha256 = fields.Char("SHA-256 of the ZIP", readonly=True)
    file_count = fields.Integer("Files", readonly=True, aggregator=None)
    manifest = fields.Json(readonly=True, help="The parts in order, as the index prints them.")

    _open_rows = models.Index("(id) WHERE state IN ('queued', 'running')")
    _one_open = models.UniqueIndex(
        "(res_model, res_id, requested_by_id) WHERE state IN ('queued', 'running')",
        "This dossier is being made already.",
    )

    @api.depends("res_name", "create_date")
    def _compute_display_name(self):
        for dossier in self:
            day = fields.Date.context_today(dossier, dossier.create_date) if dossier.create_date else ""
            dossier.display_name = f"{dossier.res_name} {day}".strip()

    def _document_number(self):
        """Return the number of the document, for the foot of each page."""
        document = self._document()
        return document.name if document and "name" in document._fields and document.name else self.res_name

    # ------------------------------------------------------------------
    # Asking, showing
    # ------------------------------------------------------------------

    @api.model
    def _request(self, document):
        """Queue the dossier of ``document`` for the present user and return its row.

        :raises AccessError: the user may not read the document, or is from outside
        """
        document.check_access("read")
        if not self.env.user._is_internal():
            raise AccessError(self.env._("Dossiers are made for the people of the company only."))
        waiting = self.sudo().search([
            ("res_model", "=", document._name), ("res_id", "=", document.id),
            ("requested_by_id", "=", self.env.uid), ("state", "in", OPEN),
        ], limit=1)
        dossier = waiting or self.sudo().create({
            **self._prepare_document_vals(document), "requested_by_id": self.env.uid,
            "progress_text": self.env._("Waiting for its turn"),
        })
        self.env.ref("quality_incident.ir_cron_quality_dossier").sudo()._trigger()
        return dossier.sudo(False)

    @api.model
    def _forget(self, documents):
        """Delete the dossiers of ``documents``, which are copies, and return their ids; what is being made goes on."""
        dossiers = self.sudo().search([
            ("res_model", "=", documents._name), ("res_id", "in", documents.ids), ("state", "not in", OPEN),
        ])
        ids = set(dossiers.ids)
        (dossiers.attachment_id | dossiers.pdf_attachment_id).unlink()
        dossiers.unlink()
        return ids

    def _open(self):
        """Return the action that shows this dossier."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "current",
        }

    def action_again(self):
        """Ask for the dossier of the same document once more, as it is now; see ``action_build_dossier``."""
        self.ensure_one()
        self.check_access("read")
        return self._request(self._document())._open()

    def action_download(self):
        """Return the action that downloads the ZIP.

        :raises UserError: it is not ready
        """
        return self._download("attachment_id")

    def action_download_pdf(self):
        """Return the action that downloads the PDF.

        :raises UserError: it is not ready
        """
        return self._download("pdf_attachment_id")

    def _download(self, name):
        self.ensure_one()
        self.check_access("read")
        if not self[name]:
            raise UserError(self.env._("This dossier is not ready."))
        url = f"/web/content/{self[name].id}?download=true"
        return {"type": "ir.actions.act_url", "url": url, "target": "download"}

    # ------------------------------------------------------------------
    # The queue
    # ------------------------------------------------------------------

    @api.model
    def _cron_build(self):
        """Make what is queued, one dossier after the other; what a dead worker left behind is taken up again.

        A scheduled action never runs twice at the same time: a row that is ``running`` when this begins has no worker.
        """
        Cron = self.env["ir.cron"]
        todo = self.search([("state", "in", OPEN)], order="id")
        Cron._commit_progress(remaining=len(todo))
        for dossier_id in todo.ids:
            dossier = self.browse(dossier_id).try_lock_for_update().filtered(lambda row: row.state in OPEN)
            if dossier and dossier._take_up():
                dossier._make()
            if not Cron._commit_progress(1):
                break

    def _take_up(self):
        """Mark this locked dossier as being made, durably; return False when it cannot be tried again."""
        if self.attempts >= MOST_ATTEMPTS:
            self._fail(self.env._(
                "It was taken up %s times and the worker died each time. It is probably too big for the limits of time "
                "and memory of the server's scheduled actions.", self.attempts,
            ))
            return False
        self.write({
            "state": "running", "attempts": self.attempts + 1, "started_at": fields.Datetime.now(), "progress": 0,
            "error": False,
        })
        return True

    def _make(self):
        """Make this dossier to its end, be it good or bad; other dossiers are not touched by what goes wrong."""
        attempt = self.attempts
        self.env["ir.cron"]._commit_progress(0)
        try:
            files = self._build()
        except Exception as error:
            self.env.cr.rollback()
            expected = isinstance(error, UserError)
            _logger.log(
                logging.WARNING if expected else logging.ERROR, "Dossier %s cannot be made", self.id,
                exc_info=not expected,
            )
            if self._still_mine(attempt):
                self._fail(str(error) if expected else f"{type(error).__name__}: {error}")
            return
        with files:
            if self._still_mine(attempt):
                self._finish(files)

    def _still_mine(self, attempt):
        """Return whether no other worker took this dossier up meanwhile; the row is locked then."""
        locked = self.try_lock_for_update()
        locked.invalidate_recordset()
        return bool(locked) and locked.state == "running" and locked.attempts == attempt

    def _report_progress(self, percent, text):
        """Show how far it is; durable, so that others see it."""
        self.write({"progress": percent, "progress_text": text})
        self.env["ir.cron"]._commit_progress(0)

    # ------------------------------------------------------------------
    # The end
    # ------------------------------------------------------------------

    def _finish(self, files):
        vals = {"res_model": self._name, "res_id": self.id}
        Attachment = self.env["ir.attachment"].sudo()
        self.write({
            "state": "done", "progress": 100, "progress_text": False, "finished_at": fields.Datetime.now(),
            "sha256": files.sha256, "file_count": files.count,
            "attachment_id": Attachment._create_from_file(files.zip_path, {**vals, "name": f"{files.name}.zip"}).id,
            "pdf_attachment_id": Attachment._create_from_file(files.pdf_path, {**vals, "name": f"{files.name}.pdf"}).id,
        })
        env = self._requester_env()
        self._tell(
            env._("Your dossier is ready: %s", self.res_name), self._summary(env), "success",
        )
        self._document()._message_log(body=env._(
            "Dossier made for %(user)s: %(count)s files, SHA-256 of the ZIP %(digest)s",
            user=self.requested_by_id.name, count=files.count, digest=files.sha256,
        ))

    def _summary(self, env):
        counts = Counter(bool(part.get("note")) for part in self.manifest or [])
        text = env._("%s parts.", counts[False])
        if counts[True]:
            text += " " + env._("%s are not in it; the index says why.", counts[True])
        return text

    def _fail(self, message):
        self.write({
            "state": "failed", "error": message, "progress_text": False, "finished_at": fields.Datetime.now(),
        })
        self._tell(self._requester_env()._("The dossier could not be made: %s", self.res_name), message, "danger")

    def _tell(self, title, text, kind):
        """Tell the requester, in the browser if there is one open, and in the inbox or by mail as the user prefers."""
        user = self.requested_by_id
        user._bus_send("simple_notification", {"type": kind, "title": title, "message": text, "sticky": False})
        body = self.env["ir.qweb"]._render("quality_incident.dossier_notification", {
            "dossier": self, "text": text, "label": self._requester_env()._("Open the dossier"),
        })
        document = self._document()
        thread = document if document else self.env["mail.thread"]
        thread.message_notify(
            body=body, subject=title, partner_ids=user.partner_id.ids,
            **({} if document else {"model": self._name, "res_id": self.id}),
        )

    def _requester_env(self):
        """Return the environment of who asked for it: rights, language, time zone, company."""
        user = self.requested_by_id
        context = {"lang": user.lang, "tz": user.tz, "allowed_company_ids": self.company_id.ids}
        return self.env(user=user.id, context=context, su=False)
