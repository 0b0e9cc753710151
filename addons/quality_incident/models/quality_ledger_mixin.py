from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL


class QualityLedgerMixin(models.AbstractModel):
    """A row of a ledger: it points to any document, and whoever may read the document may read the row.

    The record rule of a ledger is ``[("document_readable", "=", True)]``. It asks the rules of the document itself,
    so a new kind of document, or a changed rule on it, needs nothing here.
    """

    _name = "quality.ledger.mixin"
    _description = "Row of a ledger about a document"

    #: name of the abstract model whose descendants are the documents of this ledger
    _document_mixin = None

    res_model = fields.Selection(
        selection="_selection_res_model", string="Kind of document", required=True, readonly=True,
    )
    res_id = fields.Many2oneReference("Document ID", model_field="res_model", required=True, readonly=True, index=True)
    res_name = fields.Char(
        "Document", required=True, readonly=True, help="The document's name when this row was written.",
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    document_readable = fields.Boolean(
        compute="_compute_document_readable", search="_search_document_readable", export_string_translation=False,
    )

    # ------------------------------------------------------------------
    # The document
    # ------------------------------------------------------------------

    @api.model
    def _document_models(self):
        """Return the names of the models that are documents of this ledger."""
        names = self.env.registry.descendants([self._document_mixin], "_inherit")
        return sorted(name for name in names if not self.env[name]._abstract)

    @api.model
    def _selection_res_model(self):
        return [(name, self.env["ir.model"]._get(name).name) for name in self._document_models()]

    def _document(self):
        """Return the document of this row in the present environment, an empty recordset when it is gone."""
        self.ensure_one()
        return self.env[self.res_model].browse(self.res_id).exists()

    @api.model
    def _prepare_document_vals(self, document):
        """Return the values that make a new row point to ``document``."""
        company = document.company_id if "company_id" in document._fields else self.env["res.company"]
        return {
            "res_model": document._name, "res_id": document.id, "res_name": document.display_name,
            "company_id": (company or self.env.company).id,
        }

    def action_open_document(self):
        """Return the action that opens the document of this row.

        :raises UserError: the document no longer exists
        """
        self.ensure_one()
        self.check_access("read")
        if self.res_model not in self.env or not self.sudo()._document():
            raise UserError(self.env._("%s no longer exists.", self.res_name))
        return {
            "type": "ir.actions.act_window", "res_model": self.res_model, "res_id": self.res_id,
            "views": [(False, "form")], "target": "current",
        }

    # ------------------------------------------------------------------
    # Who may read the row
    # ------------------------------------------------------------------

    @api.depends("res_model", "res_id")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_document_readable(self):
        readable = set()
        for model, rows in self.grouped("res_model").items():
            if model in self.env:
                # Not as superuser, whoever asks: a record rule is evaluated with sudo.
                documents = self.env[model].sudo(False).browse(set(rows.mapped("res_id"))).exists()
                readable.update((model, res_id) for res_id in documents._filtered_access("read").ids)
        for row in self:
            row.document_readable = (row.res_model, row.res_id) in readable

    @api.model
    def _search_document_readable(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return self._readable_domain(self.env.user)

    @api.model
    def _readable_domain(self, user):
        """Return the domain of the rows whose document ``user`` may read now, in SQL through the document's own rules.

        For the present user in the companies selected, for anybody else in all of that user's companies.
        """
        domains = []
        for name in self._document_models():
            documents = self.env[name].with_user(user).with_context(active_test=False)
            if user != self.env.user:
                documents = documents.with_context(allowed_company_ids=user.sudo().company_ids.ids)
            if documents.has_access("read"):
                domains.append(Domain("res_model", "=", name) & self._document_exists_domain(documents))
        return Domain.OR(domains)

    @api.model
    def _document_exists_domain(self, documents):
        # EXISTS and not IN: for a handful of rows PostgreSQL then probes the documents' primary key instead of
        # listing every document the user may read.
        def to_sql(model, alias, query):
            subquery = documents._search(Domain.TRUE)
            subquery.add_where(SQL(
                "%s = %s", SQL.identifier(subquery.table, "id"), model._field_to_sql(alias, "res_id", query),
            ))
            return SQL("EXISTS (%s)", subquery.select(SQL("1")))

        return Domain.custom(to_sql=to_sql)
