"""Lays a register out on landscape paper: which columns stand side by side, which below, what fits on a page.

A heading row that the browser repeats is printed over the text by some builds of wkhtmltopdf. So the pages are made
here, each with a heading of its own; the height of a row is estimated by its characters, rather too high than too low.
"""

import math
import unicodedata
from dataclasses import dataclass, field

#: width of a page in characters of half width, height in lines, both of the font of a register
WIDTH, HEIGHT = 165, 43
#: lines that the head of the first page, a heading row, the foot, and the frame of a row take
HEAD, HEADING, FOOT, FRAME = 10, 1.2, 4, 0.5
#: words do not fill a line
FILL = 0.85
#: what stands below is one text and fills them better
FILL_BELOW = 0.92
#: longest text of a cell, and of a value below, on paper; the rest is in Excel
CELL, BELOW = 160, 600


@dataclass
class Row:
    """A record on paper: texts of the columns side by side, and (header, text) of those below that say something."""

    cells: list
    below: list = field(default_factory=list)


def split_columns(columns, widths):
    """Return (columns side by side, columns below, width of each of the first in percent).

    The first columns that fit on the page stand side by side, in the order in which they are declared.

    :param columns: list of anything
    :param widths: their widths in characters
    """
    fitting = used = 0
    for width in widths:
        if used + width > WIDTH:
            break
        used += width
        fitting += 1
    fitting = max(fitting, 1)
    used = sum(widths[:fitting])
    return columns[:fitting], columns[fitting:], [100 * width / used for width in widths[:fitting]]


def pages_of(rows, headers, shares):
    """Yield lists of rows, each list for one page, the first one with the head of the register above it.

    :param rows: iterable of :class:`Row`
    :param headers: headers of the columns side by side
    :param shares: widths of the columns side by side in percent
    """
    heading = _side_by_side(headers, shares) + HEADING
    page, left = [], HEIGHT - HEAD - heading
    for row in rows:
        height = _height(row, shares)
        if page and height > left:
            yield page
            page, left = [], HEIGHT - heading
        page.append(row)
        left -= height
    if left < FOOT and len(page) > 1:
        # The foot stands with a row, and not alone on a page without a heading.
        yield page[:-1]
        page = page[-1:]
    yield page


def clip(text, length):
    """Return ``text`` on as few lines as it has, no longer than ``length``."""
    text = "\n".join(line for line in text.strip().splitlines() if line.strip())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _height(row, shares):
    below = sum(_units(header) + _units(text) + 3 for header, text in row.below)
    breaks = sum(text.count("\n") for _header, text in row.below)
    lines = math.ceil(below / (WIDTH * FILL_BELOW)) + breaks + FRAME / 2 if below else 0
    return _side_by_side(row.cells, shares) + FRAME + lines


def _side_by_side(texts, shares):
    return max(_lines(text, share) for text, share in zip(texts, shares, strict=True))


def _lines(text, share):
    width = max(WIDTH * share / 100 * FILL - 1, 1)
    return sum(max(1, math.ceil(_units(line) / width)) for line in text.split("\n"))


def _units(text):
    """Return the width of ``text`` in characters of half width; Chinese ones are twice as wide."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
