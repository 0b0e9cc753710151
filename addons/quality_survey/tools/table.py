"""Tables people have: CSV files of any delimiter and encoding, with headers nobody has tidied."""

import csv
from io import StringIO

ENCODINGS = ("utf-8-sig", "gb18030")
DELIMITERS = ",;\t|"


class NotATable(ValueError):
    """The file cannot be read as a table."""


def tidy(header):
    """Return what a header is compared by: ``"NETPRO  "`` and ``netpro`` are one."""
    return " ".join(str(header or "").split()).casefold()


def read_table(content):
    """Return ``(headers, rows)`` of a CSV file given as bytes; rows are lists of stripped texts, empty ones left out.

    :raises NotATable: it is no text, has no header, or a row has more cells than the header
    """
    for encoding in ENCODINGS:
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise NotATable("encoding")
    if not text.strip() or "\0" in text:
        raise NotATable("empty")
    first = text.lstrip("\r\n").split("\n", 1)[0]
    delimiter = max(DELIMITERS, key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter)
    try:
        rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as error:
        raise NotATable(str(error)) from error
    rows = [(number, row) for number, row in rows if any(row)]
    return rows[0][1], rows[1:]
