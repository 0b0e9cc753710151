from odoo import api, fields, models

BEARERS = [("company", "Company"), ("supplier", "Supplier"), ("customer", "Customer")]
ALLOCATIONS = [
    ("department", "Department"),
    ("manufacturing", "Manufacturing cost"),
    ("supplier", "Supplier"),
    ("customer", "Customer"),
]
#: expense products of Odoo and the types they are
EXPENSES = {
    "expense_product_travel_accommodation": "travel",
    "expense_product_mileage": "travel",
    "expense_product_meal": "allowance",
}


class ServiceCostType(models.Model):
    """A kind of service cost, who bears it as a rule, and where it goes (C21)."""

    _name = "service.cost.type"
    _description = "Type of service cost"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False, help="By which the system finds the type of what it records itself.")
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one("res.company", index=True, help="Empty: for every company.")
    bearer = fields.Selection(BEARERS, "Borne by", default="company", required=True)
    allocation = fields.Selection(
        ALLOCATIONS,
        "Allocated to",
        default="department",
        required=True,
        help="Where such a cost goes as a rule (C21).",
    )

    _code_uniq = models.UniqueIndex("(code, COALESCE(company_id, 0))", "There is a type with this code already.")

    @api.model
    def _of_code(self, codes, companies):
        """Return ``{(code, company): type}``: that of the company before the shared one, else “other”.

        :param codes: iterable of codes
        :param companies: recordset
        """
        types = self.sudo().search([("code", "in", [*codes, "other"]), ("company_id", "in", [*companies.ids, False])])
        known = {(one.code, one.company_id.id): one for one in types}
        return {
            (code, company): known.get((code, company.id))
            or known.get((code, False))
            or known.get(("other", company.id))
            or known.get(("other", False))
            for code in codes
            for company in companies
        }

    @api.model
    def _map_expense_products(self):
        """Say of the expenses that Odoo ships which cost of service they are; what somebody chose stays."""
        for product, cost_type in EXPENSES.items():
            record = self.env.ref(f"hr_expense.{product}", raise_if_not_found=False)
            if record and not record.service_cost_type_id:
                record.service_cost_type_id = self.env.ref(f"service_ticket.cost_type_{cost_type}")


class ProductTemplate(models.Model):
    _inherit = "product.template"

    service_cost_type_id = fields.Many2one(
        "service.cost.type",
        "Service cost",
        help="Which cost of after-sales service an expense on this product is, when it belongs to a visit.",
    )
