from odoo import api, fields, models

from .quality_incident_workflow import INSPECTOR, MANAGER


class QualityRecallLine(models.Model):
    """One customer who received what an incident is about, and whether they have been told (F11)."""

    _name = "quality.recall.line"
    _description = "Recall list line"
    _inherit = ["quality.incident.line", "quality.workflow.mixin"]
    _order = "state desc, partner_id, delivered_on"
    _deletable_states = ("to_inform",)

    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, ondelete="restrict")
    product_id = fields.Many2one("product.product", required=True, index=True, ondelete="restrict")
    lot_name = fields.Char("Lot or serial number")
    quantity = fields.Float("Quantity received", digits="Product Unit")
    delivered_on = fields.Datetime()
    source = fields.Char("Delivery", help="The document the goods left with.")
    state = fields.Selection(
        [("to_inform", "To inform"), ("informed", "Informed")], default="to_inform", required=True, copy=False
    )
    channel = fields.Selection([("phone", "Phone"), ("email", "E-mail"), ("letter", "Letter"), ("visit", "Visit")])
    note = fields.Text("What was agreed")
    informed_at = fields.Datetime("Informed on", readonly=True, copy=False)
    informed_by_id = fields.Many2one("res.users", "Informed by", readonly=True, copy=False)

    _transitions = {("to_inform", "informed"): ("_missing_channel",)}
    _transition_groups = {("to_inform", "informed"): f"{INSPECTOR},{MANAGER}"}
    _stamps = {"informed": ("informed_by_id", "informed_at")}
    _system_fields = frozenset({"informed_at", "informed_by_id"})
    _once = models.UniqueIndex(
        "(incident_id, partner_id, product_id, COALESCE(lot_name, ''), COALESCE(source, ''))",
        "This delivery is on the recall list already.",
    )

    @api.model
    def _frozen_fields(self, state):
        delivery = {"incident_id", "partner_id", "product_id", "lot_name", "quantity", "delivered_on", "source"}
        return frozenset({"incident_id"} if state == "to_inform" else delivery | {"channel"})

    def _missing_channel(self):
        return [] if self.channel else [self.env._("The channel the customer was informed by")]

    def action_inform(self):
        """Record that these customers were informed.

        :raises UserError: the channel is missing
        :raises AccessError: the user is neither inspector nor quality manager
        """
        return self._take_step("informed")
