from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.addons.quality_incident.controllers.portal_document import PortalDocument
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.http import content_disposition, request
from werkzeug.exceptions import NotFound

from ..models.service_ticket_portal import portal_kinds

MODEL = "service.ticket"
PAGE = "/my/tickets"
OVER = ("closed", "cancelled")


class TicketHome(CustomerPortal):
    """The entry of the service tickets on the customer's home."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "service_ticket_count" in counters:
            tickets = request.env[MODEL].sudo()
            values["service_ticket_count"] = tickets.search_count(tickets._portal_domain(request.env.user))
        return values


class TicketPortal(PortalDocument, http.Controller):
    """Service tickets for the customers they come from (F4)."""

    _model = MODEL
    _page = PAGE

    def _own_domain(self):
        return request.env[MODEL].sudo()._portal_domain(request.env.user)

    def _is_shown(self, document):
        return not document.is_historic

    # ------------------------------------------------------------------
    # List
    # ------------------------------------------------------------------

    def _filters(self):
        return {
            "open": {"label": request.env._("Open"), "domain": Domain("state", "not in", OVER)},
            "closed": {"label": request.env._("Closed"), "domain": Domain("state", "in", OVER)},
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
        }

    def _sortings(self):
        return {
            "received": {"label": request.env._("Newest"), "order": "received_at desc, id desc"},
            "number": {"label": request.env._("Number"), "order": "name"},
            "state": {"label": request.env._("State"), "order": "state, received_at desc"},
        }

    @http.route([PAGE, f"{PAGE}/page/<int:page>"], type="http", auth="user", website=True, readonly=True)
    def tickets(self, page=1, sortby="received", filterby="open", search="", **_kwargs):
        """Show the visitor's tickets."""
        filters, sortings = self._filters(), self._sortings()
        filterby = filterby if filterby in filters else "open"
        sortby = sortby if sortby in sortings else "received"
        domain = self._own_domain() & filters[filterby]["domain"]
        if search:
            domain &= Domain.OR(Domain(name, "ilike", search) for name in ("name", "subject", "lot_id.name"))
        tickets = request.env[MODEL].sudo()
        pager = portal_pager(
            url=PAGE,
            url_args={"sortby": sortby, "filterby": filterby, "search": search},
            total=tickets.search_count(domain),
            page=page,
            step=CustomerPortal._items_per_page,
        )
        found = tickets.search(
            domain, order=sortings[sortby]["order"], limit=CustomerPortal._items_per_page, offset=pager["offset"]
        )
        return request.render(
            "service_ticket.portal_tickets",
            {
                **CustomerPortal()._prepare_portal_layout_values(),
                "rows": [ticket._portal_row() for ticket in found],
                "page_name": "service_ticket",
                "pager": pager,
                "default_url": PAGE,
                "searchbar_filters": filters,
                "searchbar_sortings": sortings,
                "filterby": filterby,
                "sortby": sortby,
                "search": search,
            },
        )

    # ------------------------------------------------------------------
    # A new one
    # ------------------------------------------------------------------

    def _render_form(self, **values):
        return request.render(
            "service_ticket.portal_ticket_new",
            {
                **CustomerPortal()._prepare_portal_layout_values(),
                "page_name": "service_ticket",
                "kinds": portal_kinds(request.env),
                "teams": [(team.id, team.name) for team in request.env[MODEL]._portal_teams()],
                "typed": {},
                **values,
            },
        )

    @http.route(f"{PAGE}/new", type="http", auth="user", website=True, methods=["GET"])
    def new_ticket(self, **form):
        """Show the form for a new request."""
        return self._render_form(typed=form)

    @http.route(f"{PAGE}/new", type="http", auth="user", website=True, methods=["POST"])
    def create_ticket(self, **form):
        """Register a new request of the visitor, wholly or not at all (F4)."""
        user = request.env.user
        if not user._is_portal():
            return request.redirect("/odoo")
        try:
            with request.env.cr.savepoint():
                ticket = request.env[MODEL]._portal_create(form, self._sent_files(), "portal", user.partner_id)
        except (UserError, ValidationError, AccessError) as error:
            return self._render_form(typed=form, errors=str(error).splitlines())
        return request.redirect(f"{PAGE}/{ticket.id}?done=new", 303)

    # ------------------------------------------------------------------
    # One ticket
    # ------------------------------------------------------------------

    @http.route(f"{PAGE}/<int:ticket_id>", type="http", auth="public", website=True, methods=["GET"])
    def ticket(self, ticket_id, access_token=None, done=None, **_kwargs):
        """Show one ticket to its customer."""
        ticket = self._find(ticket_id, access_token)
        if not ticket:
            return request.redirect("/my")
        return self._render(ticket, access_token, done=done)

    def _render(self, document, access_token, **values):
        return request.render(
            "service_ticket.portal_ticket",
            {
                **CustomerPortal()._prepare_portal_layout_values(),
                **self._person_values(),
                "page_name": "service_ticket",
                "ticket": document._portal_page(),
                "grades": document.env["service.visit"]._portal_grades(),
                # The chatter of the portal wants the record; the templates here do not use it.
                "thread": document,
                "token": access_token or document._portal_ensure_token(),
                "link": access_token or "",
                "typed": {},
                **values,
            },
        )

    @http.route(f"{PAGE}/<int:ticket_id>/agree", type="http", auth="public", website=True, methods=["POST"])
    def agree(self, ticket_id, access_token=None, **_form):
        """Agree to the proposed solution (C18, E9)."""
        return self._act(ticket_id, access_token, lambda ticket, person: ticket._portal_agree(person), "agree")

    @http.route(f"{PAGE}/<int:ticket_id>/confirm", type="http", auth="public", website=True, methods=["POST"])
    def confirm(self, ticket_id, access_token=None, note=None, **_form):
        """Confirm the result (C16)."""
        return self._act(
            ticket_id, access_token, lambda ticket, person: ticket._portal_confirm(person, note), "confirm"
        )

    @http.route(f"{PAGE}/<int:ticket_id>/reject", type="http", auth="public", website=True, methods=["POST"])
    def reject(self, ticket_id, access_token=None, reason=None, **_form):
        """Say that it is not solved (C16)."""
        return self._act(
            ticket_id, access_token, lambda ticket, person: ticket._portal_reject(person, reason), "reject"
        )

    @http.route(f"{PAGE}/<int:ticket_id>/files", type="http", auth="public", website=True, methods=["POST"])
    def add_files(self, ticket_id, access_token=None, **_form):
        """Hand in further photos and documents."""
        files = self._sent_files()
        return self._act(
            ticket_id, access_token, lambda ticket, person: ticket._portal_add_files(person, files), "files"
        )

    @http.route(f"{PAGE}/<int:ticket_id>/evaluate", type="http", auth="public", website=True, methods=["POST"])
    def evaluate(self, ticket_id, access_token=None, grade=None, comment=None, **_form):
        """Evaluate the whole (D5)."""
        return self._act(
            ticket_id,
            access_token,
            lambda ticket, person: ticket._portal_evaluate(person, grade, comment),
            "evaluate",
        )

    # ------------------------------------------------------------------
    # Service reports
    # ------------------------------------------------------------------

    def _visit(self, ticket, visit_id):
        visit = ticket._portal_visit(visit_id)
        if not visit:
            raise NotFound
        return visit

    @http.route(
        f"{PAGE}/<int:ticket_id>/visit/<int:visit_id>/evaluate", type="http", auth="public", website=True,
        methods=["POST"],
    )
    def evaluate_visit(self, ticket_id, visit_id, access_token=None, **form):
        """Evaluate a visit before its report is signed (D5)."""
        return self._act(
            ticket_id,
            access_token,
            lambda ticket, person: self._visit(ticket, visit_id)._portal_evaluate_visit(form),
            "evaluate_visit",
        )

    @http.route(f"{PAGE}/<int:ticket_id>/visit/<int:visit_id>/sign", type="jsonrpc", auth="public", website=True)
    def sign(self, ticket_id, visit_id, access_token=None, name=None, signature=None):
        """Sign the service report (C6); answers what the signature form of the portal expects."""
        access_token = access_token or request.httprequest.args.get("access_token")
        ticket = self._find(ticket_id, access_token)
        visit = ticket._portal_visit(visit_id) if ticket else ticket
        if not visit:
            return {"error": request.env._("This page does not exist any more.")}
        try:
            with request.env.cr.savepoint():
                visit._do_sign(name, signature)
        except (UserError, ValidationError) as error:
            return {"error": str(error)}
        link = f"&access_token={access_token}" if access_token else ""
        return {"force_refresh": True, "redirect_url": f"{PAGE}/{ticket.id}?done=sign{link}"}

    @http.route(f"{PAGE}/<int:ticket_id>/visit/<int:visit_id>/pdf", type="http", auth="public", website=True)
    def visit_pdf(self, ticket_id, visit_id, access_token=None, **_kwargs):
        """Send the service report of a finished visit."""
        visit = self._visit(self._get(ticket_id, access_token), visit_id)
        content = visit.report_id.raw
        if not content:
            reports = request.env["ir.actions.report"].sudo()
            content, _kind = reports._render_qweb_pdf("service_ticket.action_report_service_report", visit.ids)
        name = f"{visit.name.replace('/', '_')}.pdf"
        return request.make_response(
            content, [("Content-Type", "application/pdf"), ("Content-Disposition", content_disposition(name))]
        )

    @http.route(f"{PAGE}/<int:ticket_id>/file/<int:file_id>", type="http", auth="public", readonly=True)
    def file(self, ticket_id, file_id, access_token=None, **_kwargs):
        """Send a file that came from the customer, nothing else that hangs on the ticket."""
        ticket = self._get(ticket_id, access_token)
        return self._send_file(ticket._portal_own_files(), file_id)
