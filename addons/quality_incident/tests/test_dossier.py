import json
import tempfile
from pathlib import Path
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .dossier_common import DOSSIER, RULES, DossierCase


@tagged("post_install", "-at_install")
class TestDossierRights(DossierCase):
    """B9: who may ask, who may have it, and with whose eyes it is made."""

    def test_who_may_ask(self):
        """B9: only who may read the document may ask for its dossier."""
        for user in (self.plain_user, self.portal_user, self.foreign_manager):
            with self.assertRaises(AccessError), mute_logger(RULES):
                self._request(user)
        self.assertFalse(self.Dossier.search([]))
        self.assertEqual(self._request(self.reporter).requested_by_id, self.reporter)

    def test_who_may_have_it(self):
        """B9: the requester and the staff may see and download it; nobody else, not even with the file's address."""
        dossier = self._made()
        stranger = self._make_user("stranger", "reporter")
        for user in (self.inspector, self.engineer, self.manager):
            self.assertTrue(dossier.with_user(user).attachment_id.raw)
            self.assertIn(str(dossier.attachment_id.id), dossier.with_user(user).action_download()["url"])
        for user in (stranger, self.plain_user, self.portal_user, self.foreign_manager):
            self.assertFalse(dossier.attachment_id.with_user(user).has_access("read"))
            with self.assertRaises(AccessError), mute_logger(RULES):
                dossier.with_user(user).action_download()

    def test_less_trusted_readers(self):
        """B9: a reporter of the incident gets the own dossier, not the one made with the eyes of the staff."""
        of_staff, own = self._made(), self._made(self.reporter)
        self.assertTrue(own.with_user(self.reporter).has_access("read"))
        self.assertFalse(of_staff.with_user(self.reporter).has_access("read"))
        self.assertFalse(of_staff.attachment_id.with_user(self.reporter).has_access("read"))
        self.assertEqual(self.incident.with_user(self.reporter).dossier_count, 1)

    def test_made_as_the_requester(self):
        """B9: everything is printed with the rights and in the language of who asked."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self.inspector.lang = "zh_CN"
        self._made()
        self.assertEqual({(user, lang) for _xmlid, user, lang in self.printed}, {(self.inspector, "zh_CN")})

    def test_foreign_files_stay_out(self):
        """B9: a file linked by its number that the requester may not read is not in it, not even its name."""
        secret = self.env["ir.attachment"].with_user(self.chief).create({"name": "salaries.txt", "raw": b"secret"})
        self.incident.sudo().evidence_ids = [fields.Command.link(secret.id)]
        dossier = self._made()
        archive = self._zip(dossier)
        self.assertFalse([name for name in archive.namelist() if "salaries" in name])
        self.assertNotIn("salaries", json.dumps(dossier.manifest))
        self.assertIn("may not read", json.dumps(dossier.manifest))

    def test_lost_rights(self):
        """B9: who has lost the rights, or left, while the dossier waited does not get it."""
        dossiers = self._request(self.inspector) | self._request(self.engineer)
        self.inspector.write({"group_ids": [fields.Command.set(self.env.ref("base.group_user").ids)]})
        self.engineer.active = False
        with mute_logger(DOSSIER, RULES):
            self._run()
        self.assertEqual(dossiers.mapped("state"), ["failed", "failed"])
        self.assertFalse(dossiers.attachment_id)

    def test_rpc_writes(self):
        """B9: nobody creates or changes rows or files; the quality manager may delete an old dossier with its files."""
        dossier = self._made()
        for user in (self.inspector, self.manager, self.reporter):
            mine = dossier.with_user(user)
            attachment = self.env["ir.attachment"].with_user(user)
            for attempt in (
                lambda mine=mine: mine.write({"state": "queued"}),
                lambda mine=mine: mine.write({"attachment_id": False}),
                lambda mine=mine: mine.create({
                    "res_model": "quality.incident", "res_id": self.incident.id, "res_name": "x",
                    "company_id": self.company.id, "requested_by_id": mine.env.uid, "state": "done",
                }),
                lambda mine=mine: mine.attachment_id.write({"raw": b"forged"}),
                lambda mine=mine: mine.attachment_id.unlink(),
                lambda attachment=attachment: attachment.create({
                    "name": "x", "raw": b"x", "res_model": "quality.dossier", "res_id": dossier.id,
                }),
            ):
                with self.assertRaises(AccessError), mute_logger(RULES, "odoo.addons.base.models.ir_model"):
                    attempt()
        with self.assertRaises(AccessError):
            dossier.with_user(self.inspector).unlink()
        files = dossier.attachment_id | dossier.pdf_attachment_id
        dossier.with_user(self.manager).unlink()
        self.assertFalse(files.exists())


@tagged("post_install", "-at_install")
class TestDossierQueue(DossierCase):
    """B9: made in the background, each one once, whatever happens on the way."""

    def test_progress_and_notice(self):
        """B9: queued at once, progress to 100, the requester is told, the document keeps a note with the checksum."""
        self.inspector.notification_type = "inbox"
        dossier = self._request()
        self.assertEqual((dossier.state, dossier.progress), ("queued", 0))
        seen = []
        report_progress = type(self.Dossier)._report_progress

        def spy(row, percent, text):
            seen.append(percent)
            return report_progress(row, percent, text)

        with patch.object(type(self.Dossier), "_report_progress", spy):
            self._run()
        self.assertEqual(seen, sorted(seen))
        self.assertGreater(len(seen), 4)
        self.assertEqual((dossier.state, dossier.progress, dossier.attempts), ("done", 100, 1))
        notice = self.env["mail.message"].search([("partner_ids", "=", self.inspector.partner_id.id)], limit=1)
        self.assertIn("ready", notice.subject)
        self.assertIn(f"/odoo/quality-dossiers/{dossier.id}", notice.body)
        self.assertIn(dossier.sha256, self.incident.message_ids[:1].body)

    def test_asked_twice(self):
        """B9: a second click shows the dossier that is being made; once it is ready a new one can be made."""
        first = self._request()
        self.assertEqual(self._request(), first)
        self.assertNotEqual(self._request(self.engineer), first)
        self._run()
        again = first.with_user(self.inspector).action_again()
        self.assertNotEqual(again["res_id"], first.id)

    def test_done_once(self):
        """B9: what is done is not done again."""
        dossier = self._made()
        attachment = dossier.attachment_id
        self._run()
        self.assertEqual((dossier.attachment_id, dossier.attempts), (attachment, 1))

    def test_dead_worker(self):
        """B9: what a worker left half done when it died is taken up by the next one, and made once."""
        dossier = self._request()
        died = False
        with patch.object(type(self.Dossier), "_bind", side_effect=SystemExit):
            try:  # not assertRaises, which would roll back what was committed
                self._run()
            except SystemExit:
                died = True
        self.assertTrue(died)
        left = Path(tempfile.mkdtemp(prefix=f"quality-dossier-{self.env.cr.dbname}-{dossier.id}-"))
        dossier.invalidate_recordset()
        self.assertEqual((dossier.state, dossier.attempts), ("running", 1))
        self.assertFalse(dossier.attachment_id)
        self._run()
        self.assertEqual((dossier.state, dossier.attempts), ("done", 2))
        self.assertFalse(left.exists(), "what the dead worker left on the disk")
        files = self.env["ir.attachment"].search([("res_model", "=", "quality.dossier"), ("res_id", "=", dossier.id)])
        self.assertEqual(len(files), 2)

    def test_worker_that_always_dies(self):
        """B9: after three deaths it is given up with a reason."""
        dossier = self._request()
        dossier.sudo().write({"state": "running", "attempts": 3})
        self._run()
        self.assertEqual(dossier.state, "failed")
        self.assertIn("3", dossier.error)

    def test_poison(self):
        """B9: one that cannot be made fails with its reason; the others are made, and it can be asked for again."""
        other = self._drive(self._make_incident(), "reported")
        bad, good = self._request(), self._request(incident=other)
        build = type(self.Dossier)._build

        def poisoned(row):
            if row == bad:
                raise ZeroDivisionError("poison")
            return build(row)

        with patch.object(type(self.Dossier), "_build", poisoned), mute_logger(DOSSIER):
            self._run()
        self.assertEqual((bad.state, good.state), ("failed", "done"))
        self.assertIn("poison", bad.error)
        self._run()
        self.assertEqual(bad.attempts, 1)
        self.assertNotEqual(self._request(), bad)

    def test_overtaken_worker(self):
        """B9: a worker that was taken for dead and comes back does not finish what another one took over."""
        dossier = self._request()
        bind = type(self.Dossier)._bind

        def overtaken(row, files):
            bind(row, files)
            self.env.cr.execute("UPDATE quality_dossier SET attempts = attempts + 1 WHERE id = %s", [row.id])

        with patch.object(type(self.Dossier), "_bind", overtaken):
            self._run()
        dossier.invalidate_recordset()
        self.assertEqual((dossier.state, dossier.attempts), ("running", 2))
        self.assertFalse(dossier.attachment_id)

    def test_download_before_ready(self):
        """B9: what is not ready cannot be downloaded."""
        with self.assertRaises(UserError):
            self._request().with_user(self.inspector).action_download()

    def test_stored_in_the_database(self):
        """B9: with attachments kept in the database the files are there as well."""
        self.env["ir.config_parameter"].set_param("ir_attachment.location", "db")
        self.assertTrue(self._zip(self._made()).namelist())
