from odoo import fields, models


class QualityCauseCategory(models.Model):
    """A class of causes, for the Pareto of causes."""

    _name = "quality.cause.category"
    _description = "Cause category"
    _order = "sequence, name"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    parent_id = fields.Many2one("quality.cause.category", "Part of", index="btree_not_null", ondelete="restrict")

    _name_unique = models.UniqueIndex("(name, COALESCE(parent_id, 0))", "This cause category exists already.")
