from odoo import fields, models


class ServiceWaitReason(models.Model):
    """Why nothing can be done on a ticket for the moment, and whether the customer's clocks stand still meanwhile."""

    _name = "service.wait.reason"
    _description = "Reason for waiting"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    pauses = fields.Boolean(
        "Clocks stand still", help="Only for what the customer causes: waiting for our own parts is our own time."
    )
