from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain


class QualityLineMixin(models.AbstractModel):
    """A line of a document: it can change only while its document allows it, and its document hears of it."""

    _name = "quality.line.mixin"
    _inherit = "quality.evidence.mixin"
    _description = "Line of a quality document"

    #: many2one field that holds the document
    _document_field = "incident_id"
    #: states of the document in which its lines may be added, changed and removed; empty: every open one
    _document_states = ()

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_document_states()
        lines._get_documents()._line_changed()
        return lines

    def write(self, vals):
        self._check_document_states()
        result = super().write(vals)
        if self._document_field in vals:
            self._check_document_states()
        self._get_documents()._line_changed()
        return result

    def unlink(self):
        documents = self._get_documents()
        result = super().unlink()
        documents._line_changed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_document_closed(self):
        self._check_document_states()

    def _get_documents(self):
        """Return the documents of these lines."""
        return self[self._document_field]

    def _check_document_states(self):
        if self.env.su:  # the system writes lines only after a public method has checked its user
            return
        for document in self._get_documents():
            if document.state not in self._states_of_lines(document):
                raise UserError(
                    self.env._(
                        "%(document)s is “%(state)s”: its %(lines)s can no longer be changed.",
                        document=document.display_name,
                        state=document._state_label(document.state),
                        lines=self._description.lower(),
                    )
                )

    @api.model
    def _check_may_import_history(self):
        """A line is worked out in its open document: a “historic” one would be a way around a step of it."""
        raise AccessError(self.env._("History is imported as whole documents, not as lines of them."))

    def _evidence_locked(self):
        return any(document.state not in self._states_of_lines(document) for document in self._get_documents())

    def _states_of_lines(self, document):
        """Return the states of ``document`` in which these lines may change."""
        return self._document_states or document._open_states

    # every line knows its incident, lines of lines too

    @api.model
    def _personal_needed_domain(self):
        document = self._fields[self._document_field].comodel_name
        if document == "quality.incident" or "incident_id" in self._fields:
            return Domain("incident_id.state", "in", self.env["quality.incident"]._open_states)
        return Domain(f"{self._document_field}.state", "in", self.env[document]._open_states)

    def _personal_reference(self):
        return self._personal_documents()._personal_reference()

    def _personal_documents(self):
        return self.incident_id if "incident_id" in self._fields else self._get_documents()


class QualityIncidentLine(models.AbstractModel):
    """What every kind of line of an incident has in common."""

    _name = "quality.incident.line"
    _inherit = "quality.line.mixin"
    _description = "Line of an incident"
    _check_company_auto = True

    incident_id = fields.Many2one("quality.incident", required=True, index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one(related="incident_id.company_id", store=True, index=True)

    @api.depends(lambda self: (self._rec_name,) if self._rec_name else ())
    @api.depends_context("lang")
    def _compute_display_name(self):
        """Call a line that has no name of its own by what it is: the label of its selection, not the key."""
        field = self._fields.get(self._rec_name)
        if field is None or field.type != "selection":
            return super()._compute_display_name()
        labels = dict(field._description_selection(self.env))
        for line in self:
            line.display_name = labels.get(line[field.name], self._description)
        return None
