from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.addons.quality_incident.controllers.portal_document import PortalDocument
from odoo.exceptions import UserError, ValidationError
from odoo.http import content_disposition, request

MODEL = "quality.acceptance.form"
PAGE = "/my/acceptance"


class AcceptanceHome(CustomerPortal):
    """The entry of the acceptance forms on the customer's home."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "acceptance_form_count" in counters:
            forms = request.env[MODEL].sudo()
            values["acceptance_form_count"] = forms.search_count(forms._portal_domain(request.env.user))
        return values


class AcceptancePortal(PortalDocument, http.Controller):
    """Acceptance forms for the customers they are with: by login or by the link in the mail (D14)."""

    _model = MODEL
    _page = PAGE

    def _own_domain(self):
        return request.env[MODEL].sudo()._portal_domain(request.env.user)

    def _is_shown(self, document):
        return document.state in ("sent", "signed", "refused") and not document.is_historic

    # ------------------------------------------------------------------
    # Pages
    # ------------------------------------------------------------------

    @http.route([PAGE, f"{PAGE}/page/<int:page>"], type="http", auth="user", website=True, readonly=True)
    def forms(self, page=1, **_kwargs):
        """Show the visitor's forms, open ones first."""
        forms, domain = request.env[MODEL].sudo(), self._own_domain()
        step = CustomerPortal._items_per_page
        pager = portal_pager(url=PAGE, total=forms.search_count(domain), page=page, step=step)
        found = forms.search(domain, order="state desc, id desc", limit=step, offset=pager["offset"])
        return request.render(
            "quality_survey.portal_acceptance_forms",
            {
                **CustomerPortal()._prepare_portal_layout_values(),
                "rows": [form._portal_row() for form in found],
                "page_name": "acceptance_form",
                "pager": pager,
                "default_url": PAGE,
            },
        )

    @http.route(f"{PAGE}/<int:form_id>", type="http", auth="public", website=True, methods=["GET"])
    def form(self, form_id, access_token=None, done=None, **_kwargs):
        """Show one form to its customer."""
        form = self._find(form_id, access_token)
        if not form:
            return request.redirect("/my")
        return self._render(form, access_token, done=done)

    def _render(self, document, access_token, **values):
        return request.render(
            "quality_survey.portal_acceptance_form",
            {
                **CustomerPortal()._prepare_portal_layout_values(),
                **self._person_values(),
                "page_name": "acceptance_form",
                "form": document._portal_page(),
                "link": access_token or "",
                "typed": {},
                **values,
            },
        )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    @http.route(f"{PAGE}/<int:form_id>/fill", type="http", auth="public", website=True, methods=["POST"])
    def fill(self, form_id, access_token=None, **values):
        """Keep judgements and opinions; the signature follows."""
        return self._act(form_id, access_token, lambda form, person: form._portal_fill_in(person, values), "fill")

    @http.route(f"{PAGE}/<int:form_id>/refuse", type="http", auth="public", website=True, methods=["POST"])
    def refuse(self, form_id, access_token=None, reason=None, **_form):
        """Do not accept, with the reason."""
        return self._act(form_id, access_token, lambda form, person: form._portal_refuse(person, reason), "refuse")

    @http.route(f"{PAGE}/<int:form_id>/sign", type="jsonrpc", auth="public", website=True)
    def sign(self, form_id, access_token=None, name=None, signature=None):
        """Sign; answers what the signature form of the portal expects."""
        access_token = access_token or request.httprequest.args.get("access_token")
        form = self._find(form_id, access_token)
        if not form:
            return {"error": request.env._("This page does not exist any more.")}
        try:
            with request.env.cr.savepoint():
                form._do_sign(name, signature, "portal")
        except (UserError, ValidationError) as error:
            return {"error": str(error)}
        link = f"&access_token={access_token}" if access_token else ""
        return {"force_refresh": True, "redirect_url": f"{PAGE}/{form.id}?done=sign{link}"}

    @http.route(f"{PAGE}/<int:form_id>/pdf", type="http", auth="public", website=True)
    def pdf(self, form_id, access_token=None, **_kwargs):
        """Send the form as PDF."""
        form = self._get(form_id, access_token)
        reports = request.env["ir.actions.report"].sudo()
        content, _kind = reports._render_qweb_pdf("quality_survey.action_report_acceptance_form", form.ids)
        name = f"{form.name.replace('/', '_')}.pdf"
        return request.make_response(
            content, [("Content-Type", "application/pdf"), ("Content-Disposition", content_disposition(name))]
        )
