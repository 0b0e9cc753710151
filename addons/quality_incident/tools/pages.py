"""Prepares HTML for paper: rows, headings and blocks that stay whole at the end of a page.

wkhtmltopdf keeps a block together (``page-break-inside``) but, with Debian's Qt, never a table row, and no Qt keeps a
heading with what follows. So each row becomes a table of its own, and a heading goes into one block with the next one.
"""
import re

from lxml import html

#: tables that are no lists of rows
WHOLE = {"qi-plain", "qi-head", "qi-register"}
#: characters up to which a table of facts stays in one piece
SHORT = 1500
WIDTH = re.compile(r"width:\s*[\d.]+%")


def fit_pages(content):
    """Return the HTML document ``content`` (bytes) with everything of class ``qi`` made ready for page breaks."""
    root = html.fromstring(content, parser=html.HTMLParser(encoding="utf-8"))
    for article in root.find_class("qi"):
        for text in article.find_class("qi-text"):
            if text.tag == "p":
                _split_text(text)
        for table in list(article.iter("table")):
            if "qi-facts" in table.classes and len(table.text_content()) < SHORT:
                _keep_together(table)
            elif not WHOLE & set(table.classes):
                _split_table(table)
        for heading in list(article.iter("h2", "h3")):
            _bind_heading(heading)
        for end in article.find_class("qi-foot"):
            _bind_end(end)
    return html.tostring(root, encoding="utf-8", doctype="<!DOCTYPE html>")


def _split_text(text):
    """Turn a text of several lines into one paragraph per line."""
    lines = [line for line in text.text_content().split("\n") if line.strip()]
    for line in lines[:-1]:
        paragraph = html.Element("p")
        paragraph.text = line
        text.addprevious(paragraph)
    text.text = lines[-1] if lines else ""


def _split_table(table):
    """Put each row into a table and a block of its own, the first one together with the heading rows."""
    rows = list(table.iter("tr"))
    headings = [row for row in rows if row.getparent().tag == "thead"]
    bodies = rows[len(headings):]
    if headings:
        widths = [WIDTH.search(cell.get("style") or "") for cell in headings[0]]
        for row in bodies:
            _set_widths(row, widths)
    block = _keep_together(table)
    for row in reversed(bodies[1:]):
        part = html.Element("table", dict(table.attrib))
        part.classes.add("qi-part")
        if row is not bodies[-1]:
            part.classes.add("qi-open")
        part.append(row)
        block.addnext(part)
        _keep_together(part)
    if bodies[1:]:
        table.classes.add("qi-open")


def _set_widths(row, widths):
    for cell, width in zip(row, widths, strict=False):
        if width and not WIDTH.search(cell.get("style") or ""):
            cell.set("style", f"{width.group()}; {cell.get('style') or ''}")


def _bind_heading(heading):
    """Wrap ``heading`` and what comes next, further headings included, into one block."""
    if heading.getparent().get("class") == "qi-keep":
        return
    elements = [heading]
    while elements[-1].tag in ("h2", "h3") and elements[-1].getnext() is not None:
        elements.append(elements[-1].getnext())
    _keep_together(*elements)


def _bind_end(end):
    """Wrap ``end`` and what it must not stand apart from, signatures and the last row before them, into one block."""
    elements = [end]
    while elements[0].getprevious() is not None:
        elements.insert(0, elements[0].getprevious())
        if not elements[0].find_class("qi-sign"):
            break
    _keep_together(*elements)


def _keep_together(*elements):
    """Wrap neighbouring elements into a block that is not broken, and return it."""
    block = html.Element("div", {"class": "qi-keep"})
    elements[0].addprevious(block)
    for element in elements:
        block.append(element)
    return block
