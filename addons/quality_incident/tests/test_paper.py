from io import BytesIO

from lxml import html
from odoo.tests import BaseCase
from odoo.tools.pdf import PdfFileReader, PdfFileWriter

from ..tools.archive import csv_bytes, safe_name
from ..tools.pages import fit_pages
from ..tools.pdf import mergeable, page_count, stamp_pages


def blank_pdf(pages=1, password=None):
    """Return a PDF of empty A4 pages."""
    writer, buffer = PdfFileWriter(), BytesIO()
    for _page in range(pages):
        writer.add_blank_page(width=595, height=842)
    if password:
        writer.encrypt(password)
    writer.write(buffer)
    return buffer.getvalue()


class TestPages(BaseCase):
    """What keeps printed tables whole, with either build of wkhtmltopdf."""

    def _fit(self, body):
        page = f"<html><body><main><div class='article qi'>{body}</div></main></body></html>"
        return html.fromstring(fit_pages(page.encode()).decode()).find_class("qi")[0]

    def test_each_row_is_a_block_of_its_own(self):
        """A7, A11: no row is cut; the heading row stays with the first one, columns keep their widths."""
        article = self._fit(
            "<table><thead><tr><th style='width: 20%'>A</th><th>B</th></tr></thead>"
            "<tr><td>1</td><td>一</td></tr><tr><td>2</td><td>二</td></tr><tr><td>3</td><td>三</td></tr></table>"
        )
        blocks = article.find_class("qi-keep")
        self.assertEqual([block.text_content().strip() for block in blocks], ["AB1一", "2二", "3三"])
        self.assertTrue(all("20%" in block.xpath(".//td")[0].get("style") for block in blocks))

    def test_short_facts_stay_in_one_piece(self):
        """A7, A11: a short table of facts is one block, a long one is not."""
        row = "<tr><th>A</th><td>%s</td></tr>"
        self.assertEqual(len(self._fit(f"<table class='qi-facts'>{row % 'x' * 3}</table>").find_class("qi-keep")), 1)
        long = self._fit(f"<table class='qi-facts'>{row % ('x' * 900) * 3}</table>")
        self.assertEqual(len(long.find_class("qi-keep")), 3)

    def test_headings_go_with_what_follows(self):
        """A7, A11: no heading stands alone at the end of a page."""
        article = self._fit("<h2>One</h2><h3>Two</h3><p>text</p><p>more</p><h2>Last</h2>")
        self.assertEqual([block.text_content() for block in article.find_class("qi-keep")], ["OneTwotext", "Last"])

    def test_signatures_go_with_the_last_row(self):
        """A7, A11: signatures are never alone on a page."""
        article = self._fit(
            "<table><tr><td>1</td></tr><tr><td>2</td></tr></table><table class='qi-sign'><tr><td>sign</td></tr></table>"
            "<div class='qi-foot'>foot</div>"
        )
        last = list(article)[-1]
        self.assertEqual(" ".join(last.text_content().split()), "2signfoot")

    def test_long_texts_become_paragraphs(self):
        """A11: a text of many lines may break between them."""
        article = self._fit("<h2>Story</h2><p class='qi-text'>one\n\ntwo\nthree</p>")
        self.assertEqual([p.text_content() for p in article.iter("p")], ["one", "two", "three"])
        self.assertEqual(article.find_class("qi-keep")[0].text_content(), "Storyone")


class TestPdf(BaseCase):
    """Page numbers and what may be merged."""

    def test_page_numbers(self):
        """A7: every page is numbered and named, whatever wkhtmltopdf can do."""
        stamped = stamp_pages(blank_pdf(3), "QI/2026/00001")
        texts = [page.extract_text() for page in PdfFileReader(BytesIO(stamped)).pages]
        self.assertEqual([" ".join(text.split()) for text in texts], [
            "QI/2026/00001 · 1 / 3", "QI/2026/00001 · 2 / 3", "QI/2026/00001 · 3 / 3",
        ])
        self.assertIn("1 / 1", PdfFileReader(BytesIO(stamp_pages(blank_pdf(), "编号"))).pages[0].extract_text())
        self.assertEqual(page_count(stamped), 3)

    def test_only_whole_files_are_merged(self):
        """B9: a damaged, locked or endless PDF stays outside the printed dossier."""
        self.assertTrue(mergeable(blank_pdf(2), 10))
        self.assertFalse(mergeable(blank_pdf(11), 10))
        self.assertFalse(mergeable(blank_pdf(password="secret"), 10))
        self.assertFalse(mergeable(b"%PDF-1.4 and nothing more", 10))
        self.assertFalse(mergeable(b"", 10))


class TestArchive(BaseCase):
    """Names that stay inside the archive, tables that do nothing."""

    def test_safe_names(self):
        """B9: no name climbs out of the archive or means something to a file system."""
        expected = {
            "../../x": "x", "..\\..\\x.txt": "x.txt", "/etc/passwd": "passwd", "..": "file", "": "file", "a\nb": "a_b",
            "C:\\x": "x", "con.txt": "_con.txt", "NUL": "_NUL", ".bashrc": "bashrc", "照片 1.jpg": "照片 1.jpg",
            "a<b>|?.pdf": "a_b___.pdf", "evil\u202egpj.exe": "evil_gpj.exe", "dots...": "dots", "a/../../b": "b",
        }
        for name, safe in expected.items():
            self.assertEqual(safe_name(name), safe)
        self.assertEqual(len(safe_name("长" * 300 + ".jpeg")), 120)
        self.assertTrue(safe_name("长" * 300 + ".jpeg").endswith(".jpeg"))

    def test_tables_hold_no_formulas(self):
        """B9: what a stranger typed is text in every spreadsheet."""
        content = csv_bytes(["a"], [["=1+1"], ["@x"], ["-2"], ["ordinary"], [None], [False], [0]]).decode("utf-8-sig")
        self.assertEqual(content.splitlines()[1:], ["'=1+1", "'@x", "'-2", "ordinary", '""', '""', "0"])
