from odoo import http
from odoo.addons.quality_incident.tools.sheet import MIMETYPE
from odoo.http import content_disposition, request
from werkzeug.wsgi import wrap_file


class StatementDownload(http.Controller):
    """The quarterly statement in Excel, streamed from the disk."""

    @http.route("/quality/statement/<int:statement_id>/xlsx", type="http", auth="user", methods=["GET"], readonly=True)
    def statement(self, statement_id):
        """Send the statement with its figures, problems and opinions; the user's rights decide."""
        statement = request.env["quality.satisfaction.statement"].browse(statement_id).exists()
        if not statement:
            raise request.not_found()
        statement.check_access("read")
        name = f"{statement.name}_{statement.revision}.xlsx".replace("/", "_")
        response = request.make_response(
            wrap_file(request.httprequest.environ, statement._workbook()),
            [("Content-Type", MIMETYPE), ("Content-Disposition", content_disposition(name))],
        )
        response.direct_passthrough = True
        return response
