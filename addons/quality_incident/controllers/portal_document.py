from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.http import request
from odoo.tools import consteq
from werkzeug.exceptions import NotFound


class PortalDocument:
    """Pages of one kind of document for people outside, found by their login or by a secret link (F4, F5).

    Portal users have no right to the models behind. What a visitor may see is decided here; the documents' own
    methods check state and contents again, and templates get plain values.
    """

    _model = ""
    _page = ""

    # ------------------------------------------------------------------
    # Hooks
    # ------------------------------------------------------------------

    def _own_domain(self):
        """Return the domain of the documents of the visitor; nobody but portal users has any."""
        return Domain.FALSE

    def _is_shown(self, document):
        """Return whether ``document`` may be seen from outside at all."""
        return True

    def _customer_of(self, document):
        """Return the contact whose language a visitor without a login reads."""
        return document.partner_id

    def _render(self, document, access_token, **values):
        """Return the page of ``document``."""
        raise NotImplementedError

    # ------------------------------------------------------------------
    # Whose is it?
    # ------------------------------------------------------------------

    def _find(self, document_id, access_token=None):
        """Return the document as the superuser who keeps the visitor's id, or an empty recordset.

        A wrong token, somebody else's document, one that is not shown, and a number that does not exist look the same.
        """
        documents = request.env[self._model].sudo()
        document = documents.browse(document_id).exists()
        if not document or not self._is_shown(document):
            return documents
        by_link = access_token and document.access_token and consteq(document.access_token, access_token)
        if not by_link and not document.filtered_domain(self._own_domain()):
            return documents
        customer = self._customer_of(document)
        if request.env.user._is_public() and customer.lang:
            request.update_context(lang=customer.lang)
            document = document.with_context(lang=customer.lang)
        return document

    def _get(self, document_id, access_token):
        document = self._find(document_id, access_token)
        if not document:
            raise NotFound
        return document

    # ------------------------------------------------------------------
    # Steps and files
    # ------------------------------------------------------------------

    def _person_values(self):
        """Return what the page says and asks about who acts: a link alone does not tell."""
        public = request.env.user._is_public()
        return {
            "ask_name": public,
            "person": request.session.get("quality_person", "") if public else request.env.user.name,
        }

    def _act(self, document_id, access_token, step, done):
        """Take a step for the visitor, wholly or not at all; what it lacks is said on the page with the typed text.

        :param step: function of the document and the name of who acts
        :param done: mark of what to say afterwards
        """
        document = self._get(document_id, access_token)
        form = request.params
        person = request.env.user.name if not request.env.user._is_public() else form.get("person", "")
        try:
            with request.env.cr.savepoint():
                step(document, person)
        except (UserError, ValidationError, AccessError) as error:
            document.env.invalidate_all(flush=False)
            return self._render(document, access_token, errors=str(error).splitlines(), typed=form, person=person)
        request.session["quality_person"] = person
        link = f"&access_token={access_token}" if access_token else ""
        return request.redirect(f"{self._page}/{document.id}?done={done}{link}", 303)

    def _sent_files(self, name="files"):
        """Return ``(name, content)`` of the files of the form."""
        return [(file.filename, file.read()) for file in request.httprequest.files.getlist(name) if file.filename]

    def _send_file(self, files, file_id):
        """Send the one of ``files`` that is asked for; photos are shown, everything else is saved.

        :raises NotFound: it is none of them
        """
        file = files.filtered(lambda file: file.id == file_id)
        if not file:
            raise NotFound
        stream = request.env["ir.binary"].sudo()._get_stream_from(file)
        is_photo = (file.mimetype or "").startswith("image/") and "svg" not in file.mimetype
        response = stream.get_response(as_attachment=not is_photo, content_security_policy="default-src 'none'")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response
