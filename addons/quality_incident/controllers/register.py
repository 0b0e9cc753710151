import json

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.http import content_disposition, request
from odoo.tools import html_escape
from werkzeug.exceptions import BadRequest
from werkzeug.wsgi import wrap_file

from ..tools.sheet import MIMETYPE


class Register(http.Controller):
    """Registers in Excel, streamed from the disk, and on paper."""

    @http.route("/quality/register/<string:model>", type="http", auth="user", methods=["GET", "POST"], readonly=True)
    def register(self, model, domain="[]"):
        """Send the register of the records of ``domain`` (a JSON list) that the user may read.

        Which records and whether at all is decided by the user's own rights; a model without register is not found.
        """
        register = self._register(model)
        file = self._made(lambda: register._register_file(self._parsed(domain)))
        response = request.make_response(
            wrap_file(request.httprequest.environ, file),
            [("Content-Type", MIMETYPE), ("Content-Disposition", self._name(register, "xlsx"))],
        )
        response.direct_passthrough = True
        return response

    @http.route(
        "/quality/register/<string:model>/pdf", type="http", auth="user", methods=["GET", "POST"], readonly=True
    )
    def register_pdf(self, model, domain="[]", first=None, last=None):
        """Send the register as a PDF; see :meth:`register`.

        :param first: first and ``last`` day (ISO) of the span that was chosen, printed above it
        """
        register = self._register(model)
        content = self._made(lambda: register._register_pdf(self._parsed(domain), first, last))
        return request.make_response(
            content, [("Content-Type", "application/pdf"), ("Content-Disposition", self._name(register, "pdf"))]
        )

    def _register(self, model):
        register = request.env["quality.register"]._model(model)
        if register is None:
            raise request.not_found()
        return register

    def _name(self, register, extension):
        return content_disposition(f"{register._register_title()}.{extension}")

    def _made(self, make):
        try:
            return make()
        except AccessError:
            raise
        except (UserError, ValueError) as error:  # a filter on what is no field, too
            raise self._refusal(error) from error

    def _refusal(self, error):
        """Return the answer to what cannot be made: a page to a visitor, to a script what its error dialog reads."""
        if request.httprequest.method == "GET" or not isinstance(error, UserError):
            return BadRequest(str(error))
        shown = json.dumps({"code": 0, "message": str(error), "data": http.serialize_exception(error)})
        return BadRequest(response=request.make_response(html_escape(shown), status=400))

    def _parsed(self, text):
        try:
            domain = json.loads(text)
            if not isinstance(domain, list):
                raise ValueError(text)
            return Domain(domain)
        except (TypeError, ValueError) as error:
            raise BadRequest(request.env._("The filter of the register cannot be read.")) from error
