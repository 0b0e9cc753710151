from odoo import http
from odoo.http import content_disposition, request
from werkzeug.exceptions import NotFound

from .portal import PAGE, TicketPortal


class FeePortal(TicketPortal):
    """The offers on the page of a ticket: seen, accepted, declined, negotiated by its customer (C18, F4)."""

    def _fee(self, ticket, fee_id):
        fee = ticket._portal_fee(fee_id)
        if not fee:
            raise NotFound
        return fee

    @http.route(
        f"{PAGE}/<int:ticket_id>/fee/<int:fee_id>/accept", type="http", auth="public", website=True, methods=["POST"]
    )
    def accept_fee(self, ticket_id, fee_id, access_token=None, offer=None, **_form):
        """Agree to the offer."""
        return self._act(
            ticket_id,
            access_token,
            lambda ticket, person: self._fee(ticket, fee_id)._portal_fee_accept(person, offer),
            "fee_accepted",
        )

    @http.route(
        f"{PAGE}/<int:ticket_id>/fee/<int:fee_id>/refuse", type="http", auth="public", website=True, methods=["POST"]
    )
    def refuse_fee(self, ticket_id, fee_id, access_token=None, offer=None, fee_reason=None, **_form):
        """Decline the offer."""
        return self._act(
            ticket_id,
            access_token,
            lambda ticket, person: self._fee(ticket, fee_id)._portal_fee_refuse(person, offer, fee_reason),
            "fee_refused",
        )

    @http.route(
        f"{PAGE}/<int:ticket_id>/fee/<int:fee_id>/counter", type="http", auth="public", website=True, methods=["POST"]
    )
    def counter_fee(self, ticket_id, fee_id, access_token=None, offer=None, fee_reason=None, fee_amount=None, **_form):
        """Propose another amount."""
        return self._act(
            ticket_id,
            access_token,
            lambda ticket, person: self._fee(ticket, fee_id)._portal_fee_counter(person, offer, fee_reason, fee_amount),
            "fee_counter",
        )

    @http.route(f"{PAGE}/<int:ticket_id>/fee/<int:fee_id>/pdf", type="http", auth="public", website=True)
    def fee_pdf(self, ticket_id, fee_id, access_token=None, **_kwargs):
        """Send the quotation."""
        fee = self._fee(self._get(ticket_id, access_token), fee_id)
        order = fee.order_id
        if not order:
            raise NotFound
        reports = request.env["ir.actions.report"].sudo()
        content, _kind = reports._render_qweb_pdf("sale.action_report_saleorder", order.ids)
        name = f"{fee.name.replace('/', '_')}.pdf"
        return request.make_response(
            content, [("Content-Type", "application/pdf"), ("Content-Disposition", content_disposition(name))]
        )
