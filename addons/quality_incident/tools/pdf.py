"""Small work on PDF files, with what Odoo brings along."""
from io import BytesIO

from reportlab.pdfgen.canvas import Canvas

from odoo.tools.pdf import PdfFileReader, PdfFileWriter

MILLIMETRE = 72 / 25.4
#: from the edges of the paper, inside what printers can print
MARGIN, BASELINE = 15 * MILLIMETRE, 8 * MILLIMETRE


def stamp_pages(content, label="", side="right"):
    """Return the PDF ``content`` with "label · page / pages" at the foot of each page.

    :param label: left out when it is not Latin, which the PDF standard fonts cannot write
    :param side: ``left`` or ``right``
    """
    reader, writer = PdfFileReader(BytesIO(content)), PdfFileWriter()
    pages = len(reader.pages)
    label = label if label.isascii() else ""
    for number, page in enumerate(reader.pages, 1):
        text = f"{label} · {number} / {pages}" if label else f"{number} / {pages}"
        page.merge_page(_overlay(page, text, side))
        writer.add_page(page)
    return _content(writer)


def page_count(content):
    """Return the number of pages of the PDF ``content``."""
    return len(PdfFileReader(BytesIO(content)).pages)


def merge(contents):
    """Return the PDFs of the iterable ``contents`` as one."""
    writer = PdfFileWriter()
    for content in contents:
        for page in PdfFileReader(BytesIO(content), strict=False).pages:
            writer.add_page(page)
    return _content(writer)


def _overlay(page, text, side):
    width, height = float(page.mediabox.width), float(page.mediabox.height)
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(width, height))
    canvas.setFont("Helvetica", 8)
    canvas.setFillGray(0.35)
    if side == "left":
        canvas.drawString(MARGIN, BASELINE, text)
    else:
        canvas.drawRightString(width - MARGIN, BASELINE, text)
    canvas.save()
    return PdfFileReader(BytesIO(buffer.getvalue())).pages[0]


def _content(writer):
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
