from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from .quality_acceptance_form import OPINIONS

SHOWN = ("sent", "signed", "refused")


class QualityAcceptanceForm(models.Model):
    """An acceptance form on the page of the customer (D14, F4); the controller has found out whose it is."""

    _inherit = "quality.acceptance.form"

    @api.model
    def _portal_domain(self, user):
        """Return the domain of the forms ``user`` may see in the portal: nobody but portal users has any."""
        if not user._is_portal():
            return Domain.FALSE
        partner = user.partner_id
        own = Domain("partner_id", "=", partner.id)
        if partner.service_company_view:
            own |= Domain("partner_id", "child_of", partner.commercial_partner_id.id)
        return own & Domain("state", "in", SHOWN) & Domain("is_historic", "=", False)

    def _portal_fill_in(self, person, form):
        """Keep judgements and opinions from the page; the signature follows."""
        self._portal_person(person)
        judgements = {
            check.id: (form.get(f"check_{check.id}"), form.get(f"remark_{check.id}")) for check in self.check_ids
        }
        self._fill_in(judgements, form)
        self._check_ready()

    def _check_ready(self):
        missing = self._missing_judgements()
        if missing:
            raise UserError("\n".join([self.env._("Please complete:"), *missing]))

    def _portal_refuse(self, person, reason):
        """Do not accept, with the reason."""
        self._do_refuse(self._portal_person(person), reason)

    # ------------------------------------------------------------------
    # Plain values for the templates
    # ------------------------------------------------------------------

    def _portal_row(self):
        """Return what the list shows of this form."""
        return {
            "id": self.id,
            "number": self.name,
            "state": self.state,
            "state_label": self._portal_state(),
            "products": ", ".join(self.line_ids.product_id.mapped("display_name")),
            "delivered": format_date(self.env, self.delivered_on) if self.delivered_on else "",
        }

    def _portal_state(self):
        words = {
            "sent": self.env._("Please check and sign"),
            "signed": self.env._("Signed"),
            "refused": self.env._("Not accepted: we get in touch with you"),
        }
        return words.get(self.state, "")

    def _portal_page(self):
        """Return the values of the page of this form; nothing internal."""
        self.ensure_one()
        results = self.check_ids._fields["result"]._description_selection(self.env)
        return {
            **self._portal_row(),
            "company": self.company_id.name,
            "customer": self.partner_id.display_name,
            "contact": self.contact_name or "",
            "lines": [
                {
                    "product": line.product_id.display_name,
                    "quantity": f"{line.quantity:g}",
                    "serials": line.serials or "",
                }
                for line in self.line_ids
            ],
            "results": results,
            "checks": [
                {"id": check.id, "name": check.name, "result": check.result or "", "remark": check.remark or "",
                 "label": dict(results).get(check.result, "")}
                for check in self.check_ids
            ],
            "opinions": [
                {"name": name, "label": self._fields[name]._description_string(self.env), "value": self[name] or ""}
                for name in OPINIONS
            ],
            "recommend": self.recommend or "",
            "comment": self.comment or "",
            "may_fill": self.state == "sent",
            "may_sign": self.state == "sent" and not self._missing_judgements(),
            "signed_by": self.signed_by or "",
            "signed": self._portal_time(self.signed_at),
            "refusal": self.refusal_reason or "",
        }
