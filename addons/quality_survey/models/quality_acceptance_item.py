from odoo import api, fields, models
from odoo.exceptions import UserError


class QualityAcceptanceItem(models.Model):
    """What a customer checks when a product is installed, by product category (D14)."""

    _name = "quality.acceptance.item"
    _description = "Item of the installation acceptance"
    _order = "sequence, id"

    name = fields.Char("What is checked", required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    categ_ids = fields.Many2many("product.category", string="Only for", help="Empty: for every product.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )

    @api.model
    def _names_for(self, company, products):
        """Return the names of what is checked for ``products`` in ``company``, in order."""
        items = self.sudo().search([("company_id", "=", company.id)])
        categories = self.env["product.category"]
        level = products.sudo().categ_id
        while level:
            categories |= level
            level = level.parent_id
        return [item.name for item in items if not item.categ_ids or item.categ_ids & categories]


class QualityAcceptanceFormLine(models.Model):
    """A product that was delivered and installed, with its serial numbers."""

    _name = "quality.acceptance.form.line"
    _description = "Product of an acceptance form"
    _inherit = ["quality.line.mixin"]
    _order = "form_id desc, sequence, id"
    _rec_name = "product_id"
    _check_company_auto = True
    _document_field = "form_id"
    _document_states = ("draft",)

    form_id = fields.Many2one("quality.acceptance.form", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="form_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    product_id = fields.Many2one("product.product", required=True, index=True, check_company=True)
    quantity = fields.Float(default=1, digits="Product Unit", required=True)
    serials = fields.Char("Serial numbers")


class QualityAcceptanceFormCheck(models.Model):
    """One point the customer judges: accepted, not accepted, with a remark (D14)."""

    _name = "quality.acceptance.form.check"
    _description = "Point of an acceptance form"
    _inherit = ["quality.line.mixin"]
    _order = "form_id desc, sequence, id"
    _document_field = "form_id"
    _document_states = ("draft", "sent")
    _personal_fields = ("remark",)

    form_id = fields.Many2one("quality.acceptance.form", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="form_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("What is checked", required=True)
    result = fields.Selection(
        [("accepted", "Accepted"), ("rejected", "Not accepted"), ("na", "Does not apply")], "Judgement"
    )
    remark = fields.Char()

    def write(self, vals):
        """Write; what is asked is fixed when the form is sent.

        :raises UserError: the question changes after that
        """
        if not self.env.su and "name" in vals and any(check.form_id.state != "draft" for check in self):
            raise UserError(self.env._("What is checked is fixed when the form is sent; withdraw it first."))
        return super().write(vals)
