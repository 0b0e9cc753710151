import json

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.http import content_disposition, request
from werkzeug.exceptions import BadRequest
from werkzeug.wsgi import wrap_file

from ..tools.sheet import MIMETYPE


class Register(http.Controller):
    """Registers in Excel, streamed from the disk."""

    @http.route("/quality/register/<string:model>", type="http", auth="user", methods=["GET", "POST"], readonly=True)
    def register(self, model, domain="[]"):
        """Send the register of the records of ``domain`` (a JSON list) that the user may read.

        Which records and whether at all is decided by the user's own rights; a model without register is not found.
        """
        register = request.env["quality.register"]._model(model)
        if register is None:
            raise request.not_found()
        try:
            file = register._register_file(self._parsed(domain))
        except AccessError:
            raise
        except (UserError, ValueError) as error:  # a filter on what is no field, too
            raise BadRequest(str(error)) from error
        name = f"{register._register_title()}.xlsx"
        response = request.make_response(
            wrap_file(request.httprequest.environ, file),
            [("Content-Type", MIMETYPE), ("Content-Disposition", content_disposition(name))],
        )
        response.direct_passthrough = True
        return response

    def _parsed(self, text):
        try:
            domain = json.loads(text)
            if not isinstance(domain, list):
                raise ValueError(text)
            return Domain(domain)
        except (TypeError, ValueError) as error:
            raise BadRequest(request.env._("The filter of the register cannot be read.")) from error
