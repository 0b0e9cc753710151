from odoo import api, fields, models
from odoo.exceptions import AccessError

from .service_fee_request import EDITABLE

KINDS = [
    ("part", "Part"),
    ("labour", "Labour"),
    ("travel", "Travel"),
    ("transport", "Transport"),
    ("other", "Other"),
]


class ProductTemplate(models.Model):
    _inherit = "product.template"

    service_fee_kind = fields.Selection(
        [kind for kind in KINDS if kind[0] != "part"],
        "Charged as",
        help="Which line of a fee request of after-sales service this product is. Goods are parts.",
    )


class ServiceFeeLine(models.Model):
    """One thing the customer pays for, or gets free in warranty (C18, D2)."""

    _name = "service.fee.line"
    _description = "Line of a fee request"
    _inherit = ["quality.line.mixin"]
    _order = "fee_id, sequence, id"
    _check_company_auto = True
    _document_field = "fee_id"
    _document_states = EDITABLE
    _personal_fields = ("name",)

    fee_id = fields.Many2one("service.fee.request", required=True, index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one(related="fee_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="fee_id.currency_id")
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        check_company=True,
        ondelete="restrict",
        index=True,
        domain="[('sale_ok', '=', True)]",
    )
    kind = fields.Selection(KINDS, compute="_compute_kind", store=True, readonly=False, precompute=True, required=True)
    name = fields.Text("Description", compute="_compute_name", store=True, readonly=False, precompute=True)
    quantity = fields.Float(default=1, digits="Product Unit", required=True)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    price_unit = fields.Float(
        "Unit price",
        digits="Product Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        help="Proposed at material and basic labour cost once the warranty has ended, else at the list price.",
    )
    in_warranty = fields.Boolean("In warranty", help="Free for the customer; stands on the quotation with 0.")
    tax_ids = fields.Many2many(
        "account.tax", string="Taxes", compute="_compute_tax_ids", store=True, check_company=True
    )
    amount = fields.Monetary(
        "Untaxed", compute="_compute_amount", store=True, help="What the customer pays for this line, before taxes."
    )

    _quantity_positive = models.Constraint("CHECK (quantity > 0)", "The quantity of a fee is above zero.")
    _price_positive = models.Constraint("CHECK (price_unit >= 0)", "The price of a fee is not negative.")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_follows(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_follows(vals)
        return super().write(vals)

    @api.model
    def _check_follows(self, vals):
        """A stored computed field takes whatever is written into it; taxes and amount follow from the product."""
        if not self.env.su and not {"amount", "tax_ids", "company_id"}.isdisjoint(vals):
            raise AccessError(self.env._("Amount and taxes of a line follow from its product, quantity and price."))

    @api.depends("product_id")
    def _compute_kind(self):
        for line in self:
            product = line.product_id
            line.kind = "part" if product.type == "consu" else product.service_fee_kind or line.kind or "other"

    @api.depends("product_id")
    def _compute_name(self):
        for line in self:
            line.name = line.product_id.display_name

    @api.depends("product_id", "fee_id.currency_id", "fee_id.ticket_id")
    def _compute_price_unit(self):
        """D2: after the warranty at cost, where a cost is known; else the list price."""
        today = fields.Date.context_today(self)
        for line in self:
            fee, product = line.fee_id, line.product_id.with_company(line.fee_id.company_id or self.env.company)
            company = fee.company_id or self.env.company
            at_cost = fee.sudo().ticket_id._is_charged_at_cost()
            price = (at_cost and product.sudo().standard_price) or product.lst_price
            line.price_unit = company.currency_id._convert(
                price, fee.currency_id or company.currency_id, company, today, round=False
            )

    @api.depends("product_id", "fee_id.partner_id", "fee_id.company_id")
    def _compute_tax_ids(self):
        """The taxes a quotation would have: those of the product, mapped for the customer."""
        for line in self:
            company = line.fee_id.company_id or self.env.company
            taxes = line.product_id.taxes_id._filter_taxes_by_company(company)
            positions = self.env["account.fiscal.position"].with_company(company)
            line.tax_ids = positions._get_fiscal_position(line.fee_id.partner_id).map_tax(taxes) if taxes else taxes

    @api.depends("price_unit", "quantity", "in_warranty", "currency_id")
    def _compute_amount(self):
        for line in self:
            amount = line._charged_price() * line.quantity
            line.amount = line.currency_id.round(amount) if line.currency_id else amount

    def _charged_price(self):
        """Return what one unit costs the customer."""
        return 0 if self.in_warranty else self.price_unit

    def _tax_base(self):
        """Return this line as Odoo's tax computation wants it."""
        company = self.fee_id.company_id or self.env.company
        return self.env["account.tax"]._prepare_base_line_for_taxes_computation(
            self,
            price_unit=self._charged_price(),
            quantity=self.quantity,
            tax_ids=self.tax_ids,
            product_id=self.product_id,
            partner_id=self.fee_id.partner_id,
            currency_id=self.fee_id.currency_id or company.currency_id,
            rate=1.0,
        )

    def _content(self):
        return {
            "product": self.product_id.id,
            "name": self.name or "",
            "quantity": repr(round(self.quantity, 6)),
            "price": repr(round(self.price_unit, 6)),
            "in_warranty": self.in_warranty,
            "taxes": sorted(self.tax_ids.ids),
        }

    def _prepare_order_line(self):
        """Return this line for the quotation; one in warranty is shown, with 0."""
        text = self.name or self.product_id.display_name
        if self.in_warranty:
            text = f"{text}\n{self.env._('In warranty: free of charge')}"
        return {
            "product_id": self.product_id.id,
            "name": text,
            "product_uom_qty": self.quantity,
            "product_uom_id": self.uom_id.id,
            "price_unit": self._charged_price(),
            "discount": 0,
            "tax_ids": [fields.Command.set(self.tax_ids.ids)],
            "service_fee_line_id": self.id,
        }
