"""Small work on PDF files, with what Odoo brings along."""
from io import BytesIO

from odoo.tools.pdf import PdfFileReader, PdfFileWriter
from reportlab.pdfgen.canvas import Canvas

MILLIMETRE = 72 / 25.4
#: from the edges of the paper, inside what printers can print
MARGIN, BASELINE = 15 * MILLIMETRE, 8 * MILLIMETRE


def stamp_pages(content, label="", side="right"):
    """Return the PDF ``content`` with "label · page / pages" at the foot of each page.

    :param label: left out when it is not Latin, which the PDF standard fonts cannot write
    :param side: ``left`` or ``right``
    """
    reader, writer = PdfFileReader(BytesIO(content), strict=False), PdfFileWriter()
    pages = len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        page.merge_page(_overlay(page, _foot(label, number, pages), side))
        writer.add_page(page)
    buffer = BytesIO()
    writer.write(buffer)
    return buffer.getvalue()


def page_count(content):
    """Return the number of pages of the PDF ``content``."""
    return len(PdfFileReader(BytesIO(content)).pages)


def mergeable(content, most_pages):
    """Return whether the PDF ``content``, from whoever, can become part of another one."""
    try:
        reader = PdfFileReader(BytesIO(content), strict=False)
        if reader.is_encrypted or not 0 < len(reader.pages) <= most_pages:
            return False
        stamp_pages(content)
    except Exception:  # a damaged file fails in PyPDF in every possible way
        return False
    return True


def merge_numbered(paths, target, label):
    """Write the PDF files ``paths`` as one to ``target``, numbered through at the left foot of each page."""
    writer, readers = PdfFileWriter(), [PdfFileReader(str(path), strict=False) for path in paths]
    pages = [page for reader in readers for page in reader.pages]
    for number, page in enumerate(pages, 1):
        page.merge_page(_overlay(page, _foot(label, number, len(pages)), "left"))
        writer.add_page(page)
    with open(target, "wb") as stream:
        writer.write(stream)


def _foot(label, number, pages):
    # The standard fonts of PDF write Latin only.
    return f"{label} · {number} / {pages}" if label and label.isascii() else f"{number} / {pages}"


def _overlay(page, text, side):
    box = page.mediabox
    buffer = BytesIO()
    canvas = Canvas(buffer, pagesize=(float(box.right), float(box.top)))
    canvas.setFont("Helvetica", 8)
    canvas.setFillGray(0.35)
    if side == "left":
        canvas.drawString(float(box.left) + MARGIN, float(box.bottom) + BASELINE, text)
    else:
        canvas.drawRightString(float(box.right) - MARGIN, float(box.bottom) + BASELINE, text)
    canvas.save()
    return PdfFileReader(BytesIO(buffer.getvalue())).pages[0]
