import base64

from lxml import html

from .common import QualityCase

# one black point
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYGD4DwABBAEAX+XDSwAAAABJRU5ErkJggg=="
)


class ReportCase(QualityCase):
    """Documents as their readers get them."""

    def _page(self, xmlid, record, user=None, lang="en_US"):
        """Return the printed document as an HTML tree."""
        Report = self.env["ir.actions.report"].with_user(user or self.inspector).with_context(lang=lang)
        return html.fromstring(Report._render_qweb_html(xmlid, record.ids)[0].decode())

    def _text(self, xmlid, record, **options):
        return " ".join(self._page(xmlid, record, **options).text_content().split())

    def _pdf(self, xmlid, records, user=None, lang="en_US"):
        Report = self.env["ir.actions.report"].with_user(user or self.inspector)
        with self.allow_pdf_render():
            return Report.with_context(lang=lang, force_report_rendering=True)._render_qweb_pdf(xmlid, records.ids)[0]
