from odoo import http
from odoo.http import content_disposition, request

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportTemplate(http.Controller):
    """The file that a user fills in before an import."""

    @http.route("/quality_incident/import_template.xlsx", type="http", auth="user", readonly=True)
    def import_template(self):
        """Send the template for incidents to whoever may enter one."""
        incidents = request.env["quality.incident"]
        incidents.check_access("create")
        return request.make_response(
            incidents._import_template(),
            [
                ("Content-Type", XLSX),
                ("Content-Disposition", content_disposition("incidents.xlsx")),
            ],
        )
