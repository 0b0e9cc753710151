"""Excel files written row by row: typed cells, constant memory, and no text that Excel takes for a formula.

Usage::

    with Book("Incident register", zone=pytz.timezone("Asia/Shanghai")) as book:
        book.sheet("Incidents", [Column("Number", width=18), Column("Reported on", "datetime")], rows)
        file = book.finish()  # an open binary file at its beginning; closing it deletes it
"""

import re
import tempfile
from dataclasses import dataclass
from datetime import date, datetime

import pytz
import xlsxwriter

MIMETYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: limits of Excel
LAST_ROW = 1_048_575
TEXT_LENGTH = 32_767
TITLE_LENGTH = 31
#: the first day its calendar knows
FIRST_YEAR = 1900

_FORBIDDEN_IN_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN_IN_TITLE = re.compile(r"[\[\]:*?/\\]")
#: what Excel would calculate if somebody typed it
_FORMULA = tuple("=+-@\t\r\n|%")

#: default width in characters, and format, of each kind of column
KINDS = {
    "text": (24, {"text_wrap": True, "valign": "top"}),
    "integer": (10, {"num_format": "#,##0"}),
    "number": (12, {"num_format": "#,##0.00"}),
    "amount": (16, {"num_format": "#,##0.00"}),
    "percent": (10, {"num_format": "0.0%"}),
    "date": (12, {"num_format": "yyyy-mm-dd"}),
    "datetime": (18, {"num_format": "yyyy-mm-dd hh:mm"}),
    "boolean": (8, {"align": "center"}),
}


@dataclass(frozen=True)
class Column:
    """A column: its header, the kind of its cells (a key of ``KINDS``), its width in characters."""

    header: str
    kind: str = "text"
    width: int | None = None


class Book:
    """An Excel file in the making, on disk."""

    def __init__(self, title, zone=pytz.utc):
        """:param zone: time zone that moments (naive UTC) are shown in"""
        self._file = tempfile.TemporaryFile(suffix=".xlsx")  # noqa: SIM115 -- read and closed by whoever gets it
        self._zone = zone
        self._book = xlsxwriter.Workbook(
            self._file,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_date_format": "yyyy-mm-dd",
            },
        )
        self._book.set_properties({"title": _clean(title)})
        self._formats = {
            kind: self._book.add_format({"valign": "top", **style}) for kind, (_width, style) in KINDS.items()
        }
        # The format "text": so it stays one when the cell is edited in Excel or copied.
        self._kept = self._book.add_format({**KINDS["text"][1], "num_format": "@"})
        self._bold = self._book.add_format(
            {"bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#E9ECEF", "bottom": 1}
        )
        self._titles = set()

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind:
            self._file.close()

    def sheet(self, title, columns, rows):
        """Write a sheet with a header that stays in sight and filters; more rows than fit go on to further sheets.

        :param columns: list of :class:`Column`
        :param rows: iterable of sequences, one value per column: text, number, ``bool``, ``date``, ``datetime``
            (naive UTC), a share of 1 for percent; ``None`` and ``False`` (but in a boolean column) leave a cell empty
        :return: number of rows
        """
        total, line, sheet = 0, 0, self._new_sheet(title, columns)
        for row in rows:
            if line == LAST_ROW:
                self._end_sheet(sheet, columns, line)
                sheet, line = self._new_sheet(title, columns), 0
            line += 1
            total += 1
            for number, (column, value) in enumerate(zip(columns, row, strict=True)):
                self._write(sheet, line, number, column.kind, value)
        self._end_sheet(sheet, columns, line)
        return total

    def finish(self):
        """Complete the file; return it, open for reading from its beginning."""
        self._book.close()
        self._file.seek(0)
        return self._file

    # ------------------------------------------------------------------
    # Inside
    # ------------------------------------------------------------------

    def _new_sheet(self, title, columns):
        sheet = self._book.add_worksheet(self._title(title))
        sheet.freeze_panes(1, 0)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width or KINDS[column.kind][0])
        for number, column in enumerate(columns):
            sheet.write_string(0, number, _clean(column.header), self._bold)
        return sheet

    def _end_sheet(self, sheet, columns, last):
        sheet.autofilter(0, 0, last, len(columns) - 1)

    def _title(self, title):
        """Return ``title`` as Excel allows it, and only once in a book."""
        base = _FORBIDDEN_IN_TITLE.sub(" ", _clean(title)).strip().strip("'") or "1"
        name, number = base[:TITLE_LENGTH], 1
        while name.casefold() in self._titles:
            number += 1
            mark = f" ({number})"
            name = base[: TITLE_LENGTH - len(mark)] + mark
        self._titles.add(name.casefold())
        return name

    def _write(self, sheet, row, number, kind, value):
        style = self._formats[kind]
        if kind == "boolean":
            if value is not None:
                sheet.write_boolean(row, number, bool(value), style)
        elif value is None or value is False or value == "":
            sheet.write_blank(row, number, None, style)
        elif isinstance(value, date):  # a datetime, too
            self._write_time(sheet, row, number, kind, value)
        elif isinstance(value, (int, float)) and kind != "text":
            sheet.write_number(row, number, value, style)
        else:
            text = _clean(value)
            sheet.write_string(row, number, text, self._kept if text.startswith(_FORMULA) else self._formats["text"])

    def _write_time(self, sheet, row, number, kind, value):
        if isinstance(value, datetime) and kind == "datetime":
            value = pytz.utc.localize(value).astimezone(self._zone).replace(tzinfo=None)
        if value.year < FIRST_YEAR or kind == "text":
            sheet.write_string(row, number, value.isoformat(), self._formats["text"])
        else:
            sheet.write_datetime(row, number, value, self._formats[kind])


def _clean(value):
    """Return ``value`` as text that Excel can hold."""
    text = _FORBIDDEN_IN_TEXT.sub("", str(value)).replace("\r\n", "\n")
    return text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…"
