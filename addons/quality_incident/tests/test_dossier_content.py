import base64
import hashlib
import json
import subprocess
import tempfile
from itertools import pairwise
from pathlib import Path

from markupsafe import Markup
from odoo.tests import tagged

from .dossier_common import DossierCase
from .report_common import PICTURE
from .test_paper import blank_pdf


@tagged("post_install", "-at_install")
class TestDossierContent(DossierCase):
    """B9: everything is in it, and can be checked."""

    def test_checksums(self):
        """B9: ``sha256sum -c`` accepts every file, and every file but the list itself is on the list."""
        dossier = self._made()
        archive = self._zip(dossier)
        self.assertEqual(dossier.sha256, hashlib.sha256(dossier.attachment_id.raw).hexdigest())
        with tempfile.TemporaryDirectory() as folder:
            archive.extractall(folder)
            check = subprocess.run(
                ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, text=True, check=False,
            )
            self.assertEqual(check.returncode, 0, check.stdout + check.stderr)
            listed = {line.split("  ", 1)[1] for line in Path(folder, "SHA256SUMS").read_text().splitlines()}
        self.assertEqual(listed | {"SHA256SUMS"}, set(archive.namelist()))
        self.assertEqual(dossier.file_count, len(archive.namelist()))

    def test_index_is_complete(self):
        """B9: the index lists every file with its size and checksum, the same as in the form's data."""
        dossier = self._made()
        archive, rows = self._zip(dossier), self._index(dossier)
        files = {row["path"]: row for row in rows if row["path"]}
        pdf = next(name for name in archive.namelist() if name.endswith(".pdf") and "/" not in name)
        self.assertEqual(set(files) | {"index.csv", "SHA256SUMS", pdf}, set(archive.namelist()))
        for path, row in files.items():
            content = archive.read(path)
            self.assertEqual((int(row["size"]), row["sha256"]), (len(content), hashlib.sha256(content).hexdigest()))
        self.assertEqual([part.get("path") for part in dossier.manifest], [row["path"] or None for row in rows])
        self.assertEqual(archive.read(pdf), dossier.pdf_attachment_id.raw)

    def test_page_numbers_of_the_index(self):
        """B9: the index says on which page each part begins, its own pages counted."""
        dossier = self._made()
        pages = [(part["first_page"], part["pages"]) for part in dossier.manifest if part.get("pages")]
        self.assertEqual(pages[0][0], 3)  # after an index of two pages
        for (first, count), (following, _count) in pairwise(pages):
            self.assertEqual(first + count, following)

    def test_refused_report_is_listed(self):
        """B9: a report that may not be issued yet is listed with the reason, the others are there."""
        dossier = self._made()
        notes = {row["title"]: row["note"] for row in self._index(dossier)}
        self.assertIn("opinion of the investigation group", notes[f"Detailed report {self.incident.name}"])
        self.assertFalse(notes[f"Statutory report {self.incident.name}-1"])

    def test_files_of_the_document_and_its_lines(self):
        """B9: files of the incident, of its lines, and those in the chatter, each once, in folders per section."""
        self.incident.with_user(self.inspector).evidence_ids = self._evidence(self.inspector, "photo.png", PICTURE)
        self.incident.with_user(self.inspector).message_post(body="See here", attachments=[("letter.txt", b"dear")])
        duty = self.incident.duty_ids.with_user(self.inspector)
        duty.evidence_ids = self._evidence(self.inspector, "receipt.pdf", blank_pdf(3))
        names = self._zip(self._made()).namelist()
        self.assertIn("Files/01 Quality incident/photo.png", names)
        self.assertIn("Files/01 Quality incident/letter.txt", names)
        self.assertIn("Files/05 Reporting duty/receipt.pdf", names)
        self.assertEqual(sum("photo" in name for name in names), 1)

    def test_evidence_is_printed(self):
        """B9: a PDF and a photo among the evidence are pages of the printed dossier; a broken PDF is no page."""
        self._upload("plan.pdf", blank_pdf(3))
        self._upload("broken.pdf", b"%PDF-1.7 no more")
        self._upload("photo.png", PICTURE)
        parts = {part["title"].rpartition(": ")[2]: part for part in self._made().manifest}
        self.assertEqual(parts["plan.pdf"]["pages"], 3)
        self.assertNotIn("pages", parts["broken.pdf"])
        self.assertEqual(parts["Photos 1 to 1"]["pages"], 1)

    def test_bad_names(self):
        """B9: a name cannot climb out of the archive; the same name twice gives two files."""
        for name in ("../../x", "..\\..\\x", "/etc/x", "same.txt", "Same.txt", "a\nb.txt"):
            self._upload(name, name.encode())
        names = [name for name in self._zip(self._made()).namelist() if name.startswith("Files/")]
        self.assertEqual(sorted(name.rpartition("/")[2] for name in names), [
            "Same (2).txt", "a_b.txt", "same.txt", "x", "x (2)", "x (3)",
        ])
        self.assertFalse([name for name in names if ".." in name or name.startswith("/")])

    def test_lost_files_and_links(self):
        """B9: a link and a file that is lost are listed with the reason, and stop nothing."""
        self.env["ir.attachment"].with_user(self.inspector).create({
            "name": "cloud", "type": "url", "url": "https://example.com/file",
            "res_model": "quality.incident", "res_id": self.incident.id,
        })
        lost = self._upload("lost.txt", b"lost for ever").sudo()
        lost.flush_recordset()
        self.env.cr.execute("UPDATE ir_attachment SET store_fname = 'no/where' WHERE id = %s", [lost.id])
        lost.invalidate_recordset()
        notes = {row["title"].rpartition(": ")[2]: row["note"] for row in self._index(self._made())}
        self.assertIn("https://example.com/file", notes["cloud"])
        self.assertIn("missing", notes["lost.txt"])

    def test_history(self):
        """B9: approvals as table and data, messages without mail layout, seals exactly as they were sealed."""
        incident = self._drive(self._make_incident(), "closing")
        incident.with_user(self.inspector).message_post(body=Markup("<p>=cmd() <b>said</b></p>"))
        archive = self._zip(self._made(incident=incident))
        approvals = json.loads(archive.read("History/approvals.json"))
        self.assertEqual([row["decided_by"] for row in approvals], ["Engineer"])
        self.assertIn(b"Engineer", archive.read("History/approvals.csv"))
        self.assertIn("=cmd() *said*", archive.read("History/messages.txt").decode())
        seal = incident.acceptance_ids.seal_ids
        content = archive.read(f"History/Seals/seal-{seal.id}-acceptance.json")
        self.assertEqual(hashlib.sha256(content).hexdigest(), seal.digest)

    def test_drawn_signatures(self):
        """B9: drawn signatures are in it as pictures."""
        incident = self._drive(self._make_incident(grade="major"), "reported")
        incident.stop_order_ids.signoff_ids[0].with_user(self.inspector).write(
            {"signer_name": "Zhou", "signature": base64.b64encode(PICTURE)}
        )
        names = self._zip(self._made(incident=incident)).namelist()
        self.assertTrue([name for name in names if name.endswith("Signature.png")])

    def test_really_printed(self):
        """B9, F1: with wkhtmltopdf, in Chinese: index first, its parts, the photo, numbered through."""
        self.printing.stop()
        self.env["res.lang"]._activate_lang("zh_CN")
        self.inspector.lang = "zh_CN"
        self.incident.with_user(self.inspector).location = "三层东侧"
        self._upload("现场照片.png", PICTURE)
        dossier = self._request()
        with self.allow_pdf_render():
            self.env.ref("quality_incident.ir_cron_quality_dossier").method_direct_trigger()
        self.printing.start()
        self.assertEqual(dossier.state, "done", dossier.error)
        pages = subprocess.run(
            ["pdftotext", "-layout", "-", "-"], input=dossier.pdf_attachment_id.raw, capture_output=True, check=True,
        ).stdout.decode().split("\f")[:-1]
        self.assertIn("SHA-256", pages[0])
        self.assertIn(f"{self.incident.name} · 1 / {len(pages)}", pages[0])
        self.assertIn(f"{self.incident.name} · {len(pages)} / {len(pages)}", pages[-1])
        statutory = next(part for part in dossier.manifest if part.get("pages"))
        self.assertIn("三层东侧", pages[statutory["first_page"] - 1])
