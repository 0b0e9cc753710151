import contextlib
import csv
import io

import psycopg2
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import QualityCase

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: what the import screen sends when the user changes nothing
SCREEN_OPTIONS = {
    "encoding": "",
    "separator": "",
    "quoting": '"',
    "date_format": "",
    "datetime_format": "",
    "float_thousand_separator": ",",
    "float_decimal_separator": ".",
    "advanced": True,
    "has_headers": True,
    "keep_matches": False,
    "limit": 2000,
    "sheets": [],
    "sheet": "",
    "skip": 0,
    "tracking_disable": True,
    "import_skip_records": [],
    "import_set_empty_fields": [],
    "fallback_values": {},
    "name_create_enabled_fields": {},
}


@tagged("post_install", "-at_install")
class TestBornLater(QualityCase):
    """Nobody creates a record in a later state: not by the context, a stored default, or as a “historic” line."""

    def _create(self, context=None, user=None, **vals):
        incidents = self.env["quality.incident"].with_user(user or self.reporter).with_context(**(context or {}))
        return incidents.create(self._incident_vals(**vals))

    def test_defaults_in_the_context_decide_nothing(self):
        incident = self._create(
            {
                "default_state": "closed",
                "default_is_historic": True,
                "default_closed_at": "2020-01-01 00:00:00",
                "default_reported_at": "2020-01-01 00:00:00",
                "default_round": 7,
            }
        )
        self.assertEqual((incident.state, incident.is_historic, incident.closed_at), ("draft", False, False))
        self.assertEqual((incident.reported_at, incident.round), (False, 1))

    def test_defaults_a_user_stored_decide_nothing(self):
        self.env["ir.default"].with_user(self.reporter).create(
            {
                "field_id": self.env["ir.model.fields"]._get("quality.incident", "state").id,
                "json_value": '"closed"',
                "user_id": self.reporter.id,
            }
        )
        self.assertEqual(self._create().state, "draft")

    def test_lines_are_never_history(self):
        """A manager who also holds a role must not import what their incident still lacks (A13, B8)."""
        incident = self._make_incident()
        self._drive(incident, "acceptance")
        self.manager.group_ids += self.env.ref("quality_incident.group_quality_inspector")
        with self.assertRaisesRegex(AccessError, "whole documents"):
            self._draft_acceptance(incident, user=self.manager, is_historic=True, state="accepted")
        with self.assertRaisesRegex(AccessError, "whole documents"):
            self.env["quality.responsibility"].with_user(self.manager).create(
                {
                    "incident_id": incident.id,
                    "department_id": self.department_b.id,
                    "decision": "None",
                    "sanction": "warning",
                    "is_historic": True,
                    "state": "decided",
                }
            )

    def test_history_keeps_its_grade(self):
        incident = self._create(user=self.manager, is_historic=True, state="closed", deaths=3)
        self.assertEqual((incident.grade, incident.legal_grade), ("minor", "larger"))

    def test_history_is_over(self):
        """An open incident cannot be history: it would owe no duty and no approval."""
        for state in ("draft", "executing", "closing"):
            with self.assertRaisesRegex(UserError, "closed or cancelled"):
                self._create(user=self.manager, is_historic=True, state=state)


class ImportCase(QualityCase):
    """A file goes the way of Odoo's import screen: upload, preview with its guesses, test or import."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.incidents = cls.env["quality.incident"]

    def _upload(self, user, content, name="incidents.csv", **options):
        """Return the uploaded file and the options that the preview settled on."""
        kind = {"csv": "text/csv", "xlsx": XLSX}[name.rpartition(".")[2]]
        file = (
            self.env["base_import.import"]
            .with_user(user)
            .with_context(lang=user.lang)
            .create(
                {
                    "res_model": "quality.incident",
                    "file": content,
                    "file_name": name,
                    "file_type": kind,
                }
            )
        )
        preview = file.parse_preview({**SCREEN_OPTIONS, **options})
        self.assertNotIn("error", preview)
        return file, preview

    def _import(self, content, mapping, user=None, dryrun=False, options=None, name="incidents.csv"):
        """Import a file with columns mapped as the user chose; return Odoo's answer."""
        file, preview = self._upload(user or self.reporter, content, name, **(options or {}))
        headers = preview["headers"]
        return file.with_context(tracking_disable=True).execute_import(
            [mapping.get(header, False) for header in headers],
            [header.strip().lower() for header in headers],
            {**preview["options"], **(options or {})},
            dryrun=dryrun,
        )

    def _import_rows(self, rows, user=None, **kwargs):
        """Import rows whose columns are named like the fields."""
        names = list(rows[0])
        lines = [names, *([row.get(name, "") for name in names] for row in rows)]
        output = io.StringIO()
        csv.writer(output).writerows(lines)
        return self._import(output.getvalue().encode(), {name: name for name in names}, user=user, **kwargs)

    def _imported(self, result):
        self.assertFalse(result["messages"])
        return self.incidents.browse(result["ids"])

    def _assert_refused(self, result, *expected):
        """Check that nothing was imported, and the messages: ``(row counted from 1, column, text)`` each."""
        self.assertFalse(result["ids"])
        found = [
            (message["rows"]["from"] + 1, message.get("column") or message.get("field"))
            for message in result["messages"]
        ]
        self.assertEqual(found, [(row, column) for row, column, _text in expected])
        for message, (_row, column, text) in zip(result["messages"], expected, strict=True):
            self.assertIn(text, message["message"])
            self.assertIn(self.incidents._fields[column].string, message["message"])

    def flush_tracking(self):
        self.env.flush_all()
        self.env.cr.precommit.run()

    def _count(self):
        return self.incidents.with_context(active_test=False).search_count([])


@tagged("post_install", "-at_install")
class TestImportMessages(ImportCase):
    """F9: clear messages per row that name the column, and nothing half-written."""

    def _row(self, **values):
        return {
            "external_ref": "",
            "title": "Crack in the wall",
            "occurred_at": "2026-01-05 08:00:00",
            "discovered_at": "",
            "grade": "general",
            "location": "Axis C",
            **values,
        }

    def test_a_file_becomes_drafts(self):
        self.reporter.tz = "Asia/Shanghai"
        first, second = self._imported(
            self._import_rows(
                [
                    self._row(external_ref="A-1"),
                    self._row(external_ref="A-2", grade="", title="Leak"),
                ]
            )
        )
        self.assertEqual((first.state, first.grade, first.external_ref), ("draft", "general", "A-1"))
        self.assertEqual(
            str(first.occurred_at), "2026-01-05 00:00:00", "times of the file are in the time zone of the user"
        )
        self.assertEqual((first.reporter_id, first.is_historic, second.grade), (self.reporter, False, "minor"))
        self.assertTrue(first.name.startswith("QI/"))

    def test_every_bad_row_is_named(self):
        before = self._count()
        rows = [
            self._row(external_ref="B-1"),
            self._row(external_ref="B-2", title=""),
            self._row(external_ref="B-3", occurred_at="2999-12-31 00:00:00"),
            self._row(external_ref="B-4", discovered_at="2025-12-31 00:00:00"),
            self._row(external_ref="B-1"),
            self._row(external_ref="B-6", occurred_at=""),
            self._row(external_ref="B-7", grade="terrible"),
        ]
        for dryrun in (True, False):
            result = self._import_rows(rows, dryrun=dryrun)
            self._assert_refused(
                result,
                (7, "grade", "Value 'terrible' not found"),
                (2, "title", "B-2"),
                (3, "occurred_at", "in the future"),
                (4, "discovered_at", "before it happened"),
                (5, "external_ref", "earlier row"),
                (6, "occurred_at", "when did it happen"),
            )
            self.assertIn("Words in imported files", result["messages"][0]["message"])
            self.assertEqual(result["messages"][0]["value"], "terrible")
            self.assertEqual(self._count(), before)

    def test_one_bad_row_leaves_nothing(self):
        """The real run too: neither records nor numbers in the register's sequence that somebody sees."""
        before = self._count()
        rows = [self._row(external_ref=f"C-{number}") for number in range(20)]
        for row in rows:
            row["deaths"] = "0"
        rows[13]["deaths"] = "-1"
        self._assert_refused(self._import_rows(rows), (14, "deaths", "C-13: Deaths: cannot be negative"))
        self.assertEqual(self._count(), before)

    def test_dry_run_writes_nothing(self):
        before = self._count()
        result = self._import_rows([self._row()], dryrun=True)
        self.assertFalse(result["messages"])
        self.assertEqual(self._count(), before)

    def test_wrong_dates_are_listed_together(self):
        """US dates in a file taken for European ones: one message with every row, column and the format expected."""
        rows = [self._row(occurred_at=value) for value in ("01/02/2026", "04/23/2013", "n/a")]
        result = self._import_rows(rows, options={"date_format": "%d/%m/%Y", "datetime_format": "%d/%m/%Y %H:%M:%S"})
        [message] = result["messages"]
        self.assertIn("Happened on: row 2 “04/23/2013”, row 3 “n/a”", message["message"])
        self.assertIn("DD/MM/YYYY", message["message"])
        us = self._import_rows(rows[:2], options={"date_format": "%m/%d/%Y"})
        self.assertEqual(
            [str(day.date()) for day in self._imported(us).mapped("occurred_at")], ["2026-01-02", "2013-04-23"]
        )

    def test_the_preview_finds_us_dates(self):
        _file, preview = self._upload(self.reporter, b"title,occurred_at\nA,01/02/2026\nB,04/23/2013\n")
        self.assertEqual(preview["options"]["date_format"], "%m/%d/%Y")

    def test_wrong_amounts_are_listed_together(self):
        rows = [self._row(estimated_loss=value) for value in ("1,200.50", "much", "12", "?")]
        [message] = self._import_rows(rows)["messages"]
        self.assertIn("Estimated loss: row 2 “much”, row 4 “?”", message["message"])
        good = self._import_rows([rows[0]])
        self.assertEqual(self._imported(good).estimated_loss, 1200.5)

    def test_padding_and_missing_title(self):
        rows = [
            self._row(
                external_ref="  D-1  ",
                title="",
                location="10          \u3000 BROOME STREET        ",
                description="PROVIDE ADEQUATE LIGHTING AT OR NEAR THE OUTSIDE OF THE FRONT ENTRANCEWAY OF THE BUILDING",
            )
        ]
        incident = self._imported(self._import_rows(rows, options={"encoding": "utf-8"}))
        self.assertEqual((incident.external_ref, incident.location), ("D-1", "10 BROOME STREET"))
        self.assertEqual(
            incident.title, "PROVIDE ADEQUATE LIGHTING AT OR NEAR THE OUTSIDE OF THE FRONT ENTRANCEWAY OF…"
        )
        incident.with_user(self.reporter).location = " Axis  D\n"
        self.assertEqual(incident.location, "Axis D")
        long = self.incidents._shortened("混凝土蜂窝麻面" * 20)
        self.assertEqual(len(long), 81)

    def test_importing_again_makes_no_doubles(self):
        rows = [self._row(external_ref="E-1"), self._row(external_ref="E-2")]
        first, second = self._imported(self._import_rows(rows))
        self._assert_refused(
            self._import_rows([*rows, self._row(external_ref="E-3")]),
            (1, "external_ref", first.name),
            (2, "external_ref", second.name),
        )
        with self.assertRaises(psycopg2.errors.UniqueViolation), mute_logger("odoo.sql_db"):
            self._make_incident(external_ref="E-1")
        first.with_user(self.reporter).action_cancel("Imported by mistake")
        self._imported(self._import_rows(rows[:1]))

    def test_references_are_the_companys_own(self):
        self._make_incident(external_ref="F-1")
        result = self._import_rows([self._row(external_ref="F-1")], user=self.foreign_manager)
        self.assertEqual(self._imported(result).company_id, self.other_company)

    def test_words(self):
        """Grades in Chinese without the language; the classes of an authority once the manager taught them."""
        rows = [self._row(grade=word) for word in ("轻微", "一般", " 重大 ", "MAJOR", "c")]
        self._assert_refused(self._import_rows(rows), (5, "grade", "Value 'c' not found"))
        words = self.env["quality.import.word"].with_user(self.manager)
        words.create({"name": "C", "meaning": "minor"})
        words.create({"name": "C", "meaning": "major", "company_id": self.company.id})
        with self.assertRaises(AccessError):
            words.with_user(self.lead).create({"name": "D", "meaning": "minor"})
        incidents = self._imported(self._import_rows(rows))
        self.assertEqual(incidents.mapped("grade"), ["minor", "general", "major", "major", "major"])

    def test_chinese_file_of_an_older_excel(self):
        text = "标题,发生时间,等级,原编号\n三层柱蜂窝,2026-01-05,一般,沪质-17\n".encode("gb18030")
        mapping = {"标题": "title", "发生时间": "occurred_at", "等级": "grade", "原编号": "external_ref"}
        incident = self._imported(self._import(text, mapping, options={"encoding": "gb18030"}))
        self.assertEqual((incident.title, incident.grade, incident.external_ref), ("三层柱蜂窝", "general", "沪质-17"))

    def test_the_mapping_is_remembered(self):
        """What the user chose once is proposed for the next file with these headers."""
        content = b"Bez.,Wann\nA,2026-01-05\n"
        self._imported(self._import(content, {"Bez.": "title", "Wann": "occurred_at"}))
        _file, preview = self._upload(self.lead, content)
        self.assertEqual(preview["matches"], {0: ["title"], 1: ["occurred_at"]})

    def test_existing_incidents_are_changed_by_their_identifier(self):
        """An exported list imported again changes drafts, and nothing that is frozen."""
        incident = self._make_incident(external_ref="G-1")
        [[xid]] = incident.with_user(self.manager)._export_rows([["id"]])
        load = self.incidents.with_user(self.manager).load
        self.assertEqual(load(["id", "location"], [[xid, "Axis Z"]])["ids"], incident.ids)
        self.assertEqual(incident.location, "Axis Z")
        self._drive(incident, "reported")
        result = load(["id", "external_ref"], [[xid, "G-2"]])
        self.assertFalse(result["ids"])
        self.assertIn("can no longer be changed", result["messages"][0]["message"])

    def test_a_change_by_import_leaves_its_trace(self):
        """F12: the import screen asks to track nothing; what is tracked here stays so."""
        incident = self._make_incident()
        [[xid]] = incident.with_user(self.manager)._export_rows([["id"]])
        self.flush_tracking()
        before = len(incident.sudo().message_ids.tracking_value_ids)
        result = self._import(f"id,title\n{xid},Another title\n".encode(), {"id": "id", "title": "title"}, self.manager)
        self.assertEqual(result["ids"], incident.ids)
        self.flush_tracking()
        changes = incident.sudo().message_ids.tracking_value_ids
        self.assertEqual(len(changes), before + 1)
        self.assertEqual(changes.sorted("id")[-1].new_value_char, "Another title")

    def test_rows_can_be_skipped_on_request(self):
        rows = [self._row(external_ref="H-1"), self._row(external_ref="H-2", cause_category_id="Gremlins")]
        rows[0]["cause_category_id"] = self.cause.name
        self.assertFalse(self._import_rows(rows)["ids"])
        incident = self._imported(self._import_rows(rows, options={"import_skip_records": ["cause_category_id"]}))
        self.assertEqual(incident.external_ref, "H-1")

    def test_strangers_import_nothing(self):
        for user in (self.plain_user, self.portal_user):
            with self.subTest(user.name):
                result = self.incidents.with_user(user).load(["title", "occurred_at"], [["x", "2026-01-01 00:00:00"]])
                self.assertFalse(result["ids"])
                self.assertIn("not allowed to create", result["messages"][0]["message"])

    def test_ledgers_take_no_import(self):
        incident = self._drive(self._make_incident(), "reported")
        for model, values in {
            "quality.approval": {"res_model": "quality.incident", "res_id": str(incident.id), "state": "approved"},
            "quality.deadline": {"res_model": "quality.incident", "res_id": str(incident.id), "state": "met"},
            "quality.seal": {"res_model": "quality.incident", "res_id": str(incident.id)},
        }.items():
            with self.subTest(model):
                ids = []
                with contextlib.suppress(AccessError):
                    ids = self.env[model].with_user(self.manager).load(list(values), [list(values.values())])["ids"]
                self.assertFalse(ids)
