from odoo import fields, models


class QualitySceneProtection(models.Model):
    """How the scene was protected and recorded (A9)."""

    _name = "quality.scene.protection"
    _description = "Scene protection record"
    _inherit = "quality.incident.line"
    _order = "protected_at, id"
    _rec_name = "measures"
    _personal_fields = ("measures",)

    protected_at = fields.Datetime("Protected on", required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", "Protected by", required=True, default=lambda self: self.env.user)
    measures = fields.Text(required=True, help="What was closed off, moved, photographed, kept.")
