"""Small work on PDF files, with what Odoo brings along."""
from io import BytesIO

from odoo.tools.pdf import (
    ArrayObject,
    DecodedStreamObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfFileReader,
    PdfFileWriter,
)
from reportlab.pdfbase.pdfmetrics import stringWidth

MILLIMETRE = 72 / 25.4
#: from the edges of the paper, inside what printers can print
MARGIN, BASELINE = 15 * MILLIMETRE, 8 * MILLIMETRE
#: name of the font of the foot on each page, and its size in points
FONT, SIZE = "/QualityFoot", 8


def stamp_pages(content, label="", side="right"):
    """Return the PDF ``content`` with "label · page / pages" at the foot of each page.

    :param label: left out when it is not Latin, which the PDF standard fonts cannot write
    :param side: ``left`` or ``right``
    """
    reader, writer = PdfFileReader(BytesIO(content), strict=False), PdfFileWriter()
    pages = len(reader.pages)
    for number, page in enumerate(reader.pages, 1):
        _stamp(writer, writer.add_page(page) or page, _foot(label, number, pages), side)
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
        _stamp(writer, writer.add_page(page) or page, _foot(label, number, len(pages)), "left")
    with open(target, "wb") as stream:
        writer.write(stream)


def _foot(label, number, pages):
    # The standard fonts of PDF write Latin only.
    return f"{label} · {number} / {pages}" if label and label.isascii() else f"{number} / {pages}"


def _stamp(writer, page, text, side):
    """Write ``text`` at the foot of ``page``, a page of ``writer``.

    What is on the page stays as it is and is not even read: the foot is one more stream behind it, so that a long
    document costs no more than its pages are many.
    """
    box = page.mediabox
    left = float(box.left) + MARGIN
    if side == "right":
        left = float(box.right) - MARGIN - stringWidth(text, "Helvetica", SIZE)
    shown = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)").encode("cp1252", "replace")
    place = f"BT {FONT} {SIZE} Tf 0.35 g {left:.2f} {float(box.bottom) + BASELINE:.2f} Td (".encode()
    _add_font(page)
    content = page.raw_get("/Contents") if "/Contents" in page else None
    found = content.get_object() if isinstance(content, IndirectObject) else content
    parts = found if isinstance(found, ArrayObject) else [content] if content is not None else []
    # Between q and Q the page changes the state of drawing for itself alone.
    streams = [_stream(writer, b"q\n"), *parts, _stream(writer, b"\nQ\nq " + place + shown + b") Tj ET Q\n")]
    page[NameObject("/Contents")] = ArrayObject(streams)


def _add_font(page):
    """Let ``page`` know the font of its foot: one of the standard fonts that every reader of PDF has."""
    resources = page.get("/Resources")
    if resources is None:
        resources = page[NameObject("/Resources")] = DictionaryObject()
    fonts = resources.get("/Font")
    if fonts is None:
        fonts = resources[NameObject("/Font")] = DictionaryObject()
    names = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica", "/Encoding": "/WinAnsiEncoding"}
    fonts[NameObject(FONT)] = DictionaryObject({NameObject(key): NameObject(name) for key, name in names.items()})


def _stream(writer, data):
    stream = DecodedStreamObject()
    stream.set_data(data)
    return writer._add_object(stream)
