from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.fields import Domain
from odoo.http import content_disposition, request
from werkzeug.exceptions import NotFound

from .portal_document import PortalDocument

MODEL = "quality.rectification"
PAGE = "/my/rectifications"
OVER = ("closed", "cancelled")


def party_domain():
    """Return the domain of the notices of the visitor's company."""
    if not request.env.user._is_portal():
        return Domain.FALSE
    partner = request.env.user.partner_id.commercial_partner_id
    return Domain("recipient_partner_id", "child_of", partner.id) & Domain("state", "!=", "draft")


class RectificationHome(CustomerPortal):
    """The entry of the notices on the customer's home."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "rectification_count" in counters:
            values["rectification_count"] = request.env[MODEL].sudo().search_count(party_domain())
        return values


class RectificationPortal(PortalDocument, http.Controller):
    """Rectification notices for the outside parties they are addressed to (F5)."""

    _model = MODEL
    _page = PAGE

    def _own_domain(self):
        return party_domain()

    def _is_shown(self, document):
        return document.state != "draft" and bool(document.recipient_partner_id)

    def _customer_of(self, document):
        return document.recipient_partner_id

    # ------------------------------------------------------------------
    # List
    # ------------------------------------------------------------------

    def _filters(self):
        return {
            "open": {"label": request.env._("Open"), "domain": Domain("state", "not in", OVER)},
            "overdue": {"label": request.env._("Overdue"), "domain": Domain("is_overdue", "=", True)},
            "closed": {"label": request.env._("Closed"), "domain": Domain("state", "in", OVER)},
            "all": {"label": request.env._("All"), "domain": Domain.TRUE},
        }

    def _sortings(self):
        return {
            "issued": {"label": request.env._("Newest"), "order": "issued_at desc, id desc"},
            "due": {"label": request.env._("Due first"), "order": "next_due_at, id"},
            "number": {"label": request.env._("Number"), "order": "name"},
        }

    @http.route([PAGE, f"{PAGE}/page/<int:page>"], type="http", auth="user", website=True, readonly=True)
    def rectifications(self, page=1, sortby="issued", filterby="open", search="", **_kwargs):
        """Show the notices of the visitor's company."""
        filters, sortings = self._filters(), self._sortings()
        filterby = filterby if filterby in filters else "open"
        sortby = sortby if sortby in sortings else "issued"
        mine = self._own_domain()
        domain = mine & filters[filterby]["domain"]
        if search:
            domain &= Domain.OR(Domain(name, "ilike", search) for name in ("name", "subject", "location"))
        notices = request.env[MODEL].sudo()
        pager = portal_pager(
            url=PAGE,
            url_args={"sortby": sortby, "filterby": filterby, "search": search},
            total=notices.search_count(domain),
            page=page,
            step=CustomerPortal._items_per_page,
        )
        found = notices.search(
            domain, order=sortings[sortby]["order"], limit=CustomerPortal._items_per_page, offset=pager["offset"]
        )
        return request.render(
            "quality_incident.portal_rectifications",
            {
                **CustomerPortal()._prepare_portal_layout_values(),
                "rows": [notice._portal_row() for notice in found],
                "page_name": "rectification",
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
    # One notice
    # ------------------------------------------------------------------

    @http.route(f"{PAGE}/<int:notice_id>", type="http", auth="public", website=True, methods=["GET"])
    def rectification(self, notice_id, access_token=None, done=None, **_kwargs):
        """Show one notice to its recipient."""
        notice = self._find(notice_id, access_token)
        if not notice:
            return request.redirect("/my")
        return self._render(notice, access_token, done=done)

    def _render(self, notice, access_token, **values):
        return request.render(
            "quality_incident.portal_rectification",
            {
                **CustomerPortal()._prepare_portal_layout_values(),
                **self._person_values(),
                "page_name": "rectification",
                "notice": notice._portal_page(),
                # The chatter of the portal wants the record; the templates here do not use it.
                "thread": notice,
                "token": access_token or notice._portal_ensure_token(),
                "link": access_token or "",
                "typed": {},
                **values,
            },
        )

    def _line(self, notice, line_id):
        line = notice.line_ids.filtered(lambda line: str(line.id) == str(line_id))
        if not line:
            raise NotFound
        return line

    @http.route(f"{PAGE}/<int:notice_id>/acknowledge", type="http", auth="public", website=True, methods=["POST"])
    def acknowledge(self, notice_id, access_token=None, **_form):
        """Acknowledge the notice (A1)."""
        return self._act(
            notice_id, access_token, lambda notice, person: notice._portal_acknowledge(person), "acknowledge"
        )

    @http.route(f"{PAGE}/<int:notice_id>/plan", type="http", auth="public", website=True, methods=["POST"])
    def plan(self, notice_id, access_token=None, submit=None, **form):
        """Keep the plan, or submit it (A1)."""

        def step(notice, person):
            plans = {
                line.id: {
                    "plan": form.get(f"plan_{line.id}", "").strip() or False,
                    "due_date": form.get(f"due_{line.id}"),
                    "responsible_name": form.get(f"responsible_{line.id}", "").strip() or False,
                }
                for line in notice.line_ids
                if f"plan_{line.id}" in form
            }
            notice._portal_plan(person, plans, submit=bool(submit))

        return self._act(notice_id, access_token, step, "submit" if submit else "plan")

    @http.route(f"{PAGE}/<int:notice_id>/work", type="http", auth="public", website=True, methods=["POST"])
    def work(self, notice_id, access_token=None, line=None, finish=None, **form):
        """Keep what was done on one line, with photos, or report it as done (A2)."""
        files = self._sent_files()

        def step(notice, person):
            values = {
                name: form.get(name, "").strip() or False for name in ("done_note", "deviation", "deviation_reason")
            }
            notice._portal_work(person, self._line(notice, line), values, files, done=bool(finish))

        return self._act(notice_id, access_token, step, "finish" if finish else "work")

    @http.route(f"{PAGE}/<int:notice_id>/extension", type="http", auth="public", website=True, methods=["POST"])
    def extension(self, notice_id, access_token=None, line=None, day=None, reason=None, **_form):
        """Ask for a later due date of one line."""
        return self._act(
            notice_id,
            access_token,
            lambda notice, person: notice._portal_extend(person, self._line(notice, line), day, reason),
            "extension",
        )

    @http.route(f"{PAGE}/<int:notice_id>/recheck", type="http", auth="public", website=True, methods=["POST"])
    def recheck(self, notice_id, access_token=None, **_form):
        """Hand the finished work over for the re-check (B3)."""
        return self._act(
            notice_id, access_token, lambda notice, person: notice._portal_request_recheck(person), "recheck"
        )

    # ------------------------------------------------------------------
    # Files
    # ------------------------------------------------------------------

    @http.route(f"{PAGE}/<int:notice_id>/file/<int:file_id>", type="http", auth="public", readonly=True)
    def file(self, notice_id, file_id, access_token=None, **_kwargs):
        """Send a file of the notice: one of its photos and documents, nothing else that hangs on it."""
        notice = self._get(notice_id, access_token)
        return self._send_file(notice._portal_readable_files(), file_id)

    @http.route(
        f"{PAGE}/<int:notice_id>/file/<int:file_id>/remove", type="http", auth="public", website=True, methods=["POST"]
    )
    def remove_file(self, notice_id, file_id, access_token=None, **_form):
        """Remove a photo of the work that is not reported yet."""

        def step(notice, person):
            line = notice.line_ids.filtered(lambda line: file_id in line.after_ids.ids)
            if not line:
                raise NotFound
            notice._portal_remove_file(person, line, line.after_ids.filtered(lambda file: file.id == file_id))

        return self._act(notice_id, access_token, step, "work")

    @http.route(f"{PAGE}/<int:notice_id>/pdf", type="http", auth="public", website=True)
    def pdf(self, notice_id, access_token=None, **_kwargs):
        """Send the printed notice, as it is meant for outside."""
        notice = self._get(notice_id, access_token)
        reports = request.env["ir.actions.report"].sudo()
        content, _kind = reports._render_qweb_pdf(
            "quality_incident.action_report_rectification", notice.ids, data={"outside": True}
        )
        name = f"{notice.name.replace('/', '_')}.pdf"
        return request.make_response(
            content, [("Content-Type", "application/pdf"), ("Content-Disposition", content_disposition(name))]
        )
