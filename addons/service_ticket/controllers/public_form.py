from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.http import request
from odoo.tools import email_normalize

from ..models.service_ticket_portal import portal_kinds

PAGE = "/service/new"
#: a field no person sees; who fills it in is a program
TRAP = "website_url"
HOUR = 3600
#: requests within an hour from one network address, and for one e-mail address
PER_PLACE, PER_ADDRESS = 10, 5


class PublicForm(http.Controller):
    """Entering a request without a login, and following it by a secret link (F4)."""

    def _render_form(self, **values):
        return request.render(
            "service_ticket.public_form",
            {
                **CustomerPortal()._prepare_portal_layout_values(),
                "kinds": portal_kinds(request.env),
                "teams": [(team.id, team.name) for team in request.env["service.ticket"]._portal_teams()],
                "trap": TRAP,
                "typed": {},
                **values,
            },
        )

    @http.route(PAGE, type="http", auth="public", website=True, methods=["GET"], sitemap=True)
    def form(self, **_kwargs):
        """Show the empty form; who has a login gets the one that knows them."""
        if request.env.user._is_portal():
            return request.redirect("/my/tickets/new")
        return self._render_form()

    @http.route(PAGE, type="http", auth="public", website=True, methods=["POST"])
    def submit(self, **form):
        """Register the request, wholly or not at all; a program that fills everything in is thanked and forgotten."""
        if form.get(TRAP):
            return request.render("service_ticket.public_thanks", {"number": "", "url": ""})
        if not self._within_limits(form):
            response = self._render_form(
                typed=form,
                errors=[request.env._("Too many requests from here. Please call us, or try again in an hour.")],
            )
            response.status_code = 429
            return response
        files = [(file.filename, file.read()) for file in request.httprequest.files.getlist("files") if file.filename]
        try:
            with request.env.cr.savepoint():
                ticket = request.env["service.ticket"]._portal_create(form, files, "web")
        except (UserError, ValidationError, AccessError) as error:
            return self._render_form(typed=form, errors=str(error).splitlines())
        ticket._send_receipt()
        return request.render(
            "service_ticket.public_thanks", {"number": ticket.name, "url": ticket.get_portal_url()}
        )

    def _within_limits(self, form):
        """Count this request for the network address and the e-mail address, and return whether both are within."""
        limits = request.env["service.rate.limit"].sudo()
        place = limits._allows("form:place", request.httprequest.remote_addr, PER_PLACE, HOUR)
        address = email_normalize(form.get("email") or "")
        return place and (not address or limits._allows("form:address", address, PER_ADDRESS, HOUR))
