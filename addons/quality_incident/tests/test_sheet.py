import re
import zipfile
from datetime import date, datetime
from unittest.mock import patch

import openpyxl
import pytz
from odoo.tests import BaseCase, tagged

from ..tools import sheet
from ..tools.sheet import Book, Column


@tagged("standard", "at_install")
class TestSheet(BaseCase):
    """Excel files (F9): typed cells, filters, a frozen header, and no way in for a formula."""

    def _file(self, columns, rows, title="Register", **options):
        with Book("Book", **options) as book:
            book.sheet(title, columns, rows)
            return book.finish()

    def _load(self, *args, **options):
        return openpyxl.load_workbook(self._file(*args, **options))

    def test_typed_cells(self):
        columns = [Column(kind, kind) for kind in sheet.KINDS]
        row = ["a", 7, 1.5, 1234.5, 0.853, date(2026, 1, 2), datetime(2026, 1, 1, 20, 30), True]
        book = self._load(
            columns,
            [row, [None] * 8, ["", False, 0, 0.0, False, False, False, False]],
            zone=pytz.timezone("Asia/Shanghai"),
        )
        work = book["Register"]
        cells = work[2]
        self.assertEqual(
            [cell.value for cell in cells],
            ["a", 7, 1.5, 1234.5, 0.853, datetime(2026, 1, 2), datetime(2026, 1, 2, 4, 30), True],
        )
        self.assertEqual([cell.is_date for cell in cells], [False] * 5 + [True, True, False])
        self.assertEqual(cells[4].number_format, "0.0%")
        self.assertEqual([cell.value for cell in work[4]], [None, None, 0, 0, None, None, None, False])

    def test_header_stays_and_filters(self):
        work = self._load([Column("A"), Column("B")], [["1", "2"]] * 3)["Register"]
        self.assertEqual(work.freeze_panes, "A2")
        self.assertEqual(work.auto_filter.ref, "A1:B4")
        self.assertTrue(work["A1"].font.bold)

    def test_no_formula(self):
        """Whatever a text begins with, it is a text."""
        evil = [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "|calc",
            "http://example.com",
            "0012",
            '=HYPERLINK("x")',
        ]
        file = self._file([Column("Text")], [[text] for text in evil])
        work = openpyxl.load_workbook(file)["Register"]
        self.assertEqual({cell.data_type for cell in work["A"]}, {"s"})
        self.assertEqual(work["A2"].value, "=1+1")
        self.assertEqual(work["A2"].number_format, "@", "a text even when edited")
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            xml = archive.read("xl/worksheets/sheet1.xml").decode()
        self.assertFalse(re.search(r"<f[ >]|hyperlink", xml))

    def test_what_excel_cannot_hold(self):
        work = self._load([Column("Text")], [["a\x00b\x0bc"], ["x" * 40000], [date(1812, 6, 24)]])["Register"]
        self.assertEqual(work["A2"].value, "abc")
        self.assertEqual(len(work["A3"].value), 32767)
        self.assertTrue(work["A3"].value.endswith("…"))
        self.assertEqual(work["A4"].value, "1812-06-24")
        self.assertEqual(self._load([Column("D", "date")], [[date(1812, 6, 24)]])["Register"]["A2"].value, "1812-06-24")

    def test_titles(self):
        with Book("Book") as book:
            for title in ("A/B:[C]*?", "x" * 40, "x" * 40, "''"):
                book.sheet(title, [Column("A")], [])
            names = openpyxl.load_workbook(book.finish()).sheetnames
        self.assertEqual(names, ["A B  C", "x" * 31, "x" * 27 + " (2)", "1"])

    def test_more_rows_than_a_sheet_holds(self):
        with patch.object(sheet, "LAST_ROW", 10), Book("Book") as book:
            self.assertEqual(book.sheet("R", [Column("A", "integer")], ([n] for n in range(25))), 25)
            loaded = openpyxl.load_workbook(book.finish())
        self.assertEqual(loaded.sheetnames, ["R", "R (2)", "R (3)"])
        self.assertEqual([loaded[name].max_row for name in loaded.sheetnames], [11, 11, 6])
        self.assertEqual(loaded["R (3)"]["A6"].value, 24)

    def test_a_row_too_short_is_refused(self):
        with self.assertRaises(ValueError):
            self._file([Column("A"), Column("B")], [["1"]])
