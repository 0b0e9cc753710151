from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    quality_deadline_id = fields.Many2one(
        "quality.deadline", "Deadline", readonly=True, copy=False, index="btree_not_null", ondelete="cascade",
        help="The promise this reminder is about; the reminder goes when the promise is kept.",
    )
