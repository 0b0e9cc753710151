from odoo import api, fields, models
from odoo.exceptions import AccessError

from .quality_survey_roles import CLERK, GENERAL_MANAGER, MANAGER

CUSTOMER_CLASSES = [
    ("key", "Key customer"),
    ("regular", "Regular customer"),
    ("occasional", "Occasional customer"),
    ("potential", "Potential customer"),
]
#: decided for a company as a whole; its contacts follow
CARE_FIELDS = ("customer_class", "region_name", "return_visit_months")


class ResPartner(models.Model):
    """Which customers are looked after how closely (E2)."""

    _inherit = "res.partner"

    customer_class = fields.Selection(
        CUSTOMER_CLASSES, "Class of customer", index="btree_not_null", help="Decided for the company; contacts follow."
    )
    is_key_customer = fields.Boolean(
        "Key customer", compute="_compute_is_key_customer", store=True, help="Gets regular return visits."
    )
    region_name = fields.Char("Sales region", help="Empty: the province or country of the address.")
    service_region = fields.Char("Region", compute="_compute_service_region")
    return_visit_months = fields.Integer(
        "Return visit every (months)", help="Months from one return visit to the next. 0: as its plan says."
    )
    return_visit_ids = fields.One2many(
        "quality.return.visit", "commercial_partner_id", "Return visits", groups=f"{CLERK},{MANAGER},{GENERAL_MANAGER}"
    )
    return_visit_count = fields.Integer(
        compute="_compute_return_visit_count", groups=f"{CLERK},{MANAGER},{GENERAL_MANAGER}"
    )

    _key_customer_idx = models.Index("(id) WHERE is_key_customer")
    _return_visit_months_positive = models.Constraint(
        "CHECK (return_visit_months >= 0)", "The months between return visits cannot be negative."
    )

    @api.depends("customer_class")
    def _compute_is_key_customer(self):
        for partner in self:
            partner.is_key_customer = partner.customer_class == "key"

    @api.depends("region_name", "state_id", "country_id", "commercial_partner_id.region_name")
    def _compute_service_region(self):
        for partner in self:
            partner.service_region = partner._service_region()

    def _compute_return_visit_count(self):
        groups = self.env["quality.return.visit"]._read_group(
            [("commercial_partner_id", "in", self.commercial_partner_id.ids)], ["commercial_partner_id"], ["__count"]
        )
        counts = dict(groups)
        for partner in self:
            partner.return_visit_count = counts.get(partner.commercial_partner_id, 0)

    # ------------------------------------------------------------------
    # Decided for the company
    # ------------------------------------------------------------------

    def _commercial_fields(self):
        return [*super()._commercial_fields(), *CARE_FIELDS]

    @api.model_create_multi
    def create(self, vals_list):
        """Create; who is not in customer care does not class customers.

        :raises AccessError: somebody else classes a customer
        """
        if any(vals.get(name) for vals in vals_list for name in CARE_FIELDS):
            self._check_customer_care()
        return super().create([{name: vals[name] for name in vals if name != "is_key_customer"} for vals in vals_list])

    def write(self, vals):
        """Write; what is entered on a contact goes to its company, from where all contacts have it.

        :raises AccessError: somebody outside customer care changes the class
        """
        vals = {name: value for name, value in vals.items() if name != "is_key_customer"}  # follows from the class
        care = {name: vals[name] for name in CARE_FIELDS if name in vals}
        changing = self.filtered(
            lambda partner: any((partner[name] or False) != (care[name] or False) for name in care)
        )
        if changing:
            # Contacts that follow their company have what it has already: nothing is decided there.
            companies = changing.commercial_partner_id
            deciding = companies.filtered(
                lambda company: any((company[name] or False) != (care[name] or False) for name in care)
            )
            if deciding:
                self._check_customer_care()
            (deciding - self).write(care)
        return super().write(vals)

    @api.model
    def _check_customer_care(self):
        if not self.env.su and not self.env.user.has_groups(f"{CLERK},{MANAGER},{GENERAL_MANAGER}"):
            raise AccessError(self.env._("Marketing decides on classes, regions and return visits of customers."))

    # ------------------------------------------------------------------
    # For others
    # ------------------------------------------------------------------

    def _service_region(self):
        """Return the region of one partner as text, the same for every reader: as named, else province, else country.

        Feedback keeps it as it was when the customer spoke (E2).
        """
        partner = self.sudo()
        if not partner:
            return False
        company = partner.commercial_partner_id
        if company.region_name:
            return company.region_name
        place = partner if partner.state_id or partner.country_id else company
        lang = self.env.company.sudo().partner_id.lang
        return place.state_id.name or place.country_id.with_context(lang=lang).name or False

    def action_open_return_visits(self):
        """Return the action that shows the return visits to this customer."""
        self.ensure_one()
        self.check_access("read")
        self.env["quality.return.visit"].check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_survey.quality_return_visit_action"),
            "domain": [("commercial_partner_id", "=", self.commercial_partner_id.id)],
            "context": {"default_partner_id": self.id},
        }
