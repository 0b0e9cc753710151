from urllib.parse import urlencode

from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.http import request

from .portal import PAGE as TICKETS
from .portal import TicketPortal

PAGE = "/my/warranty"
HOUR = 3600
#: questions of one login, and from one network address, within an hour
PER_LOGIN, PER_PLACE = 30, 120


class WarrantyPortal(http.Controller):
    """The warranty of a serial number, for the customer it was delivered to and nobody else (F10)."""

    def _render_page(self, **values):
        return request.render(
            "service_ticket.portal_warranty",
            {
                **CustomerPortal()._prepare_portal_layout_values(),
                "page_name": "service_warranty",
                "serial": "",
                "answer": None,
                "asked": False,
                **values,
            },
        )

    @http.route(PAGE, type="http", auth="user", website=True, methods=["GET"], readonly=True)
    def form(self, **_kwargs):
        """Show the field for a serial number."""
        return self._render_page() if request.env.user._is_portal() else request.redirect("/odoo/warranty-check")

    @http.route(PAGE, type="http", auth="user", website=True, methods=["POST"])
    def ask(self, serial="", **_form):
        """Answer for one serial number; unknown ones and those of others get one and the same answer."""
        user = request.env.user
        if not user._is_portal():
            return request.redirect("/odoo/warranty-check")
        serial = " ".join(str(serial).split())[:100]
        if not self._within_limits(user):
            response = self._render_page(serial=serial, too_many=True)
            response.status_code = 429
            return response
        answer = request.env["service.warranty.term"].sudo()._portal_answer(serial, user.partner_id)
        new = f"{TICKETS}/new?{urlencode({'serial': serial})}"
        return self._render_page(serial=serial, answer=answer, asked=bool(serial), new_url=new)

    def _within_limits(self, user):
        limits = request.env["service.rate.limit"].sudo()
        login = limits._allows("warranty:login", user.id, PER_LOGIN, HOUR)
        return limits._allows("warranty:place", request.httprequest.remote_addr, PER_PLACE, HOUR) and login


class RecallPortal(TicketPortal):
    """The answer of a customer to a recall (F11)."""

    @http.route(f"{TICKETS}/<int:ticket_id>/recall", type="http", auth="public", website=True, methods=["POST"])
    def answer_recall(self, ticket_id, access_token=None, reply=None, note=None, **_form):
        """Record what the customer does about the recall."""
        return self._act(
            ticket_id,
            access_token,
            lambda ticket, person: ticket._portal_recall_reply(person, reply, note),
            "recall",
        )
