from odoo import api, models

from ..tools.paper import Paper


class QualityReport(models.AbstractModel):
    """What every printed document has in common: who may print it, and how values stand on its paper.

    A document's own model ``report.<module>.<template>`` inherits this and says in ``_document_model`` what it prints.
    """

    _name = "quality.report"
    _description = "Printed quality document"

    _document_model = None

    @api.model
    def _get_report_values(self, docids, data=None):
        """Return the rendering values of a document, whichever way it was asked for: print menu, RPC or URL.

        :raises AccessError: the user may not read one of the records
        :raises UserError: a document may not be issued yet, see :meth:`_check_printable`
        """
        docs = self.env[self._document_model].browse(docids)
        docs.check_access("read")
        self._check_printable(docs)
        # Superuser from here on: who may read the document may read the names of its project and departments.
        docs = docs.sudo()
        return {
            "doc_ids": docs.ids, "doc_model": docs._name, "docs": docs, "paper_of": Paper,
            **self._extra_values(docs, data or {}),
        }

    @api.model
    def _check_printable(self, docs):
        """Hook: raise UserError when one of ``docs`` may not be issued yet, naming everything that is missing."""

    @api.model
    def _extra_values(self, docs, data):
        """Hook: return more values for the template."""
        return {}

    @api.model
    def _kept_with(self, doc):
        """Hook: return the record that keeps the issued PDF, for a report that is kept at all."""
        return doc

    @api.model
    def _page_label(self, doc):
        """Hook: return what stands beside the page number, to tell loose sheets apart."""
        return doc.display_name
