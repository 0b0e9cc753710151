from odoo import api, fields, models
from odoo.exceptions import UserError


class ServiceChecklistItem(models.Model):
    """What must be ready before anybody leaves, by product category (C9, E3)."""

    _name = "service.checklist.item"
    _description = "Item of the preparation"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    is_required = fields.Boolean("Needed before leaving", default=True)
    categ_ids = fields.Many2many("product.category", string="Only for", help="Empty: for every product.")
    company_id = fields.Many2one("res.company", index=True, help="Empty: for every company.")

    @api.model
    def _lines_for(self, visit):
        """Return the commands that give ``visit`` the preparation of its product and company."""
        items = self.sudo().search([("company_id", "in", [False, visit.company_id.id])])
        categories = self.env["product.category"]
        categ = visit.product_id.categ_id
        while categ:
            categories |= categ
            categ = categ.parent_id
        fitting = items.filtered(lambda item: not item.categ_ids or item.categ_ids & categories)
        return [
            fields.Command.create({"name": item.name, "is_required": item.is_required, "sequence": item.sequence})
            for item in fitting
        ]


class ServiceVisitCheck(models.Model):
    _name = "service.visit.check"
    _description = "Preparation of a visit"
    _inherit = ["quality.line.mixin"]
    _order = "visit_id, sequence, id"
    _document_field = "visit_id"
    _document_states = ("draft", "planned")

    visit_id = fields.Many2one("service.visit", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="visit_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("What", required=True)
    is_required = fields.Boolean("Needed", default=True)
    done = fields.Boolean("Ready")
    done_by_id = fields.Many2one("res.users", "Ready by", readonly=True)

    def write(self, vals):
        if not self.env.su and "done_by_id" in vals:
            raise UserError(self.env._("Who made it ready is kept by the system."))
        if "done" in vals:
            vals = {**vals, "done_by_id": self.env.uid if vals["done"] else False}
        return super().write(vals)
