from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain
from odoo.http import content_disposition, request
from odoo.tools import consteq
from werkzeug.exceptions import NotFound

MODEL = "quality.rectification"
PAGE = "/my/rectifications"
OVER = ("closed", "cancelled")


class RectificationPortal(CustomerPortal):
    """Rectification notices for the outside parties they are addressed to (F5).

    Portal users have no right to any quality model. What a visitor may see is decided here, by the link or by the
    company they belong to; templates get plain values.
    """

    # ------------------------------------------------------------------
    # Whose notice is it?
    # ------------------------------------------------------------------

    def _party_domain(self):
        """Return the domain of the notices of the visitor's company."""
        partner = request.env.user.partner_id.commercial_partner_id
        if not request.env.user._is_portal():
            return Domain.FALSE
        return Domain("recipient_partner_id", "child_of", partner.id) & Domain("state", "!=", "draft")

    def _find_notice(self, notice_id, access_token=None):
        """Return the notice as the superuser who keeps the visitor's id, or an empty recordset.

        A wrong token, another party's notice, a draft, and a number that does not exist look all the same.
        """
        notices = request.env[MODEL].sudo()
        notice = notices.browse(notice_id).exists()
        if not notice or notice.state == "draft" or not notice.recipient_partner_id:
            return notices
        by_link = access_token and notice.access_token and consteq(notice.access_token, access_token)
        if not by_link and not notice.filtered_domain(self._party_domain()):
            return notices
        if request.env.user._is_public() and notice.recipient_partner_id.lang:
            request.update_context(lang=notice.recipient_partner_id.lang)
            notice = notice.with_context(lang=notice.recipient_partner_id.lang)
        return notice

    def _get_notice(self, notice_id, access_token):
        notice = self._find_notice(notice_id, access_token)
        if not notice:
            raise NotFound
        return notice

    # ------------------------------------------------------------------
    # List
    # ------------------------------------------------------------------

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "rectification_count" in counters:
            values["rectification_count"] = request.env[MODEL].sudo().search_count(self._party_domain())
        return values

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
        mine = self._party_domain()
        domain = mine & filters[filterby]["domain"]
        if search:
            domain &= Domain.OR(Domain(name, "ilike", search) for name in ("name", "subject", "location"))
        notices = request.env[MODEL].sudo()
        pager = portal_pager(
            url=PAGE,
            url_args={"sortby": sortby, "filterby": filterby, "search": search},
            total=notices.search_count(domain),
            page=page,
            step=self._items_per_page,
        )
        found = notices.search(
            domain, order=sortings[sortby]["order"], limit=self._items_per_page, offset=pager["offset"]
        )
        return request.render(
            "quality_incident.portal_rectifications",
            {
                **self._prepare_portal_layout_values(),
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
        notice = self._find_notice(notice_id, access_token)
        if not notice:
            return request.redirect("/my")
        return self._render(notice, access_token, done=done)

    def _render(self, notice, access_token, **values):
        public = request.env.user._is_public()
        return request.render(
            "quality_incident.portal_rectification",
            {
                **self._prepare_portal_layout_values(),
                "page_name": "rectification",
                "notice": notice._portal_page(),
                # The chatter of the portal wants the record; the templates here do not use it.
                "thread": notice,
                "token": access_token or notice._portal_ensure_token(),
                "link": access_token or "",
                "ask_name": public,
                "person": request.session.get("quality_person", "") if public else request.env.user.name,
                "typed": {},
                **values,
            },
        )

    def _act(self, notice_id, access_token, step, done):
        """Take a step for the recipient, wholly or not at all; what it lacks is said on the page with the typed text.

        :param step: function of the notice and the name of who acts
        :param done: mark of what to say afterwards
        """
        notice = self._get_notice(notice_id, access_token)
        form = request.params
        person = request.env.user.name if not request.env.user._is_public() else form.get("person", "")
        try:
            with request.env.cr.savepoint():
                step(notice, person)
        except (UserError, ValidationError, AccessError) as error:
            notice.env.invalidate_all(flush=False)
            return self._render(notice, access_token, errors=str(error).splitlines(), typed=form, person=person)
        request.session["quality_person"] = person
        link = f"&access_token={access_token}" if access_token else ""
        return request.redirect(f"{PAGE}/{notice.id}?done={done}{link}", 303)

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
        files = [
            (file.filename, file.read())
            for file in request.httprequest.files.getlist("files")
            if file.filename
        ]

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
        notice = self._get_notice(notice_id, access_token)
        file = notice._portal_readable_files().filtered(lambda file: file.id == file_id)
        if not file:
            raise NotFound
        stream = request.env["ir.binary"].sudo()._get_stream_from(file)
        is_photo = (file.mimetype or "").startswith("image/") and "svg" not in file.mimetype
        response = stream.get_response(as_attachment=not is_photo, content_security_policy="default-src 'none'")
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

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
        notice = self._get_notice(notice_id, access_token)
        reports = request.env["ir.actions.report"].sudo()
        content, _kind = reports._render_qweb_pdf(
            "quality_incident.action_report_rectification", notice.ids, data={"outside": True}
        )
        name = f"{notice.name.replace('/', '_')}.pdf"
        return request.make_response(
            content, [("Content-Type", "application/pdf"), ("Content-Disposition", content_disposition(name))]
        )
