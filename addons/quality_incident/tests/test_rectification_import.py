from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .rectification_common import RectificationCase


@tagged("post_install", "-at_install")
class TestRectificationImport(RectificationCase):
    """F9: notices of another register; what is over is history, what is open starts here as a draft."""

    COLUMNS = ("external_ref", "description", "severity", "state", "issued_at", "closed_at", "external_status",
               "line_ids/requirement", "line_ids/original_due_date", "line_ids/due_date", "line_ids/result")

    def _load(self, *rows, user=None):
        notices = self.env["quality.rectification"].with_user(user or self.manager)
        return notices.load(list(self.COLUMNS), [list(row) for row in rows])

    def _row(self, ref, **cells):
        row = {
            "external_ref": ref, "description": "Repair the tiles", "severity": "A", "state": "Close",
            "issued_at": "2024-01-02 00:00:00", "closed_at": "2024-03-01 00:00:00", "external_status": "DONE",
            "line_ids/requirement": "Repair the tiles", "line_ids/original_due_date": "2024-01-20",
            "line_ids/due_date": "2024-02-20", "line_ids/result": "DONE", **cells,
        }
        return [row[name] for name in self.COLUMNS]

    def _teach(self, **words):
        self.env["quality.import.word"].create([{"name": name, "meaning": word} for name, word in words.items()])

    def test_history(self):
        """Issue 3: class, original and new date, outcome become severity, extension, re-check."""
        self._teach(A="minor", C="major", DONE="pass", BAD="fail")
        result = self._load(
            self._row("V1"), self._row("V2", severity="C", **{"line_ids/due_date": ""}),
            self._row("V3", state="Open", external_status="BAD", **{"line_ids/result": "BAD"}),
        )
        self.assertFalse(result["messages"])
        done, major, bad = self.env["quality.rectification"].browse(result["ids"])
        self.assertEqual((done.state, done.is_historic, done.severity), ("closed", True, "normal"))
        self.assertEqual(done.subject, "Repair the tiles")
        self.assertEqual((done.line_ids.state, done.line_ids.result), ("passed", "pass"))
        self.assertEqual(done.extension_ids.mapped("state"), ["approved"])
        self.assertEqual(str(done.line_ids.original_due_date), "2024-01-20")
        self.assertEqual(str(done.line_ids.due_date), "2024-02-20")
        self.assertEqual((done.recheck_ids.result, done.recheck_ids.round), ("pass", 0))
        self.assertEqual(major.severity, "major")
        self.assertFalse(major.extension_ids)
        self.assertEqual(str(major.line_ids.due_date), "2024-01-20")
        self.assertEqual((bad.state, bad.is_historic, bad.line_ids.state), ("draft", False, "open"))
        self.assertEqual((bad.recheck_ids.result, bad.line_ids.result, bad.issued_at), ("fail", False, False))
        self.assertFalse((done | major | bad).deadline_ids)
        self.assertFalse((done | major).activity_ids)
        with self.assertRaisesRegex(UserError, "live notice"):
            done.with_user(self.chief).action_reopen("Again")
        with self.assertRaises(UserError):
            done.with_user(self.inspector).action_record_effect("effective", "x")

    def test_bad_rows(self):
        self._teach(A="minor", DONE="pass")
        result = self._load(
            self._row("V1"), self._row("V1"), self._row("V2", closed_at="2023-01-01 00:00:00"),
            self._row("V3", state="executing"),
        )
        self.assertFalse(result["ids"])
        texts = "\n".join(message["message"] for message in result["messages"])
        for part in ("earlier row of the file", "before the notice was issued", "starts as a draft"):
            self.assertIn(part, texts)
        self.assertFalse(self.env["quality.rectification"].search_count([("external_ref", "=", "V1")]))

    def test_history_is_the_managers(self):
        self._teach(A="minor", DONE="pass")
        result = self._load(self._row("V1"), user=self.inspector)
        self.assertFalse(result["ids"])
        notices = self.env["quality.rectification"]
        with self.assertRaises(AccessError):
            notices.with_user(self.inspector).create(self._notice_vals(is_historic=True, state="closed"))
        with self.assertRaises(AccessError):
            notices.with_user(self.inspector).create(
                self._notice_vals(line_ids=[(0, 0, {"requirement": "x", "result": "pass"})])
            )
        with self.assertRaisesRegex(UserError, "closed or cancelled"):
            notices.with_user(self.manager).create(self._notice_vals(is_historic=True, state="executing"))
        with self.assertRaises(AccessError):
            self.env["quality.rectification.line"].with_user(self.manager).create(
                {"rectification_id": self._make_notice().id, "requirement": "x", "is_historic": True, "state": "passed"}
            )
