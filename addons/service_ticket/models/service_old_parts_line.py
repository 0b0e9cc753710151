from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .service_old_parts import COUNTED


class ServiceOldPartsLine(models.Model):
    """The figures of one part in one month; only the system writes them."""

    _name = "service.old.parts.line"
    _description = "Figures of old parts"
    _order = "document_id desc, product_id, id"
    _rec_name = "product_id"
    _check_company_auto = True

    document_id = fields.Many2one("service.old.parts", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="document_id.company_id", store=True, index=True)
    product_id = fields.Many2one("product.product", "Part", required=True, index=True)
    issued = fields.Float(digits="Product Unit")
    used = fields.Float(digits="Product Unit", help="The customer's now: fitted and cleared, or sent.")
    returned = fields.Float("Returned unused", digits="Product Unit")
    written_off = fields.Float("Written off", digits="Product Unit")
    received = fields.Float("Old parts received", digits="Product Unit")
    missing = fields.Float(
        "Old parts missing", digits="Product Unit", help="Used by the end of the month, old part not handed in yet."
    )
    scrapped = fields.Float(digits="Product Unit")
    sent_back = fields.Float("Sent back", digits="Product Unit")
    claimed = fields.Float("In a claim", digits="Product Unit")

    @api.model
    def _labels(self):
        return {name: self._fields[name]._description_string(self.env) for name in (*COUNTED, "missing", "claimed")}


class ServiceOldPartsItem(models.Model):
    """What happens to one old part."""

    _name = "service.old.parts.item"
    _description = "Old part"
    _inherit = ["quality.line.mixin"]
    _order = "document_id desc, id"
    _rec_name = "part_line_id"
    _check_company_auto = True
    _document_field = "document_id"
    _document_states = ("draft",)

    document_id = fields.Many2one(
        "service.old.parts", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="document_id.company_id", store=True, index=True)
    part_line_id = fields.Many2one(
        "service.part.line", "Part", required=True, readonly=True, index=True, ondelete="restrict", check_company=True
    )
    product_id = fields.Many2one(related="part_line_id.returned_product_id", string="Old part")
    lot_id = fields.Many2one(related="part_line_id.returned_lot_id", string="Serial number")
    quantity = fields.Float(related="part_line_id.quantity")
    ticket_id = fields.Many2one(related="part_line_id.ticket_id")
    received_at = fields.Datetime(related="part_line_id.old_part_received_at", string="Received on")
    disposal = fields.Selection(
        [("keep", "Keep"), ("scrap", "Scrap"), ("send_back", "Send back")], "What happens", default="keep",
        required=True,
    )
    partner_id = fields.Many2one("res.partner", "Sent back to", check_company=True)

    _once = models.UniqueIndex("(document_id, part_line_id)", "This old part is on the document already.")

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise UserError(self.env._("The old parts come from the count."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and {"part_line_id", "document_id"} & vals.keys():
            raise UserError(self.env._("The old parts come from the count."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_counted(self):
        if not self.env.su:
            raise UserError(self.env._("The old parts come from the count. Keep what is not to go away."))

    @api.model
    def _personal_needed_domain(self):
        return Domain.FALSE
