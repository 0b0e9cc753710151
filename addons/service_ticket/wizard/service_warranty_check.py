from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.service_ticket_roles import AGENT, ENGINEER

#: serial numbers of that name that are offered
LIMIT = 20


class ServiceWarrantyCheck(models.TransientModel):
    """One field for a serial number, typed or scanned, and everything that is known of it below (F10)."""

    _name = "service.warranty.check"
    _description = "Warranty check"

    serial = fields.Char("Serial number")
    lot_ids = fields.Many2many("stock.lot", compute="_compute_lot_ids")
    lot_count = fields.Integer(compute="_compute_lot_ids")
    lot_id = fields.Many2one(
        "stock.lot", "Product with this serial number", compute="_compute_lot_id", store=True, readonly=False,
        domain="[('id', 'in', lot_ids)]",
    )
    answer = fields.Html(related="lot_id.service_warranty_text", related_sudo=False)

    @api.depends_context("lang")
    def _compute_display_name(self):
        self.display_name = self.env._("Warranty check")

    @api.depends("serial")
    def _compute_lot_ids(self):
        for check in self:
            check.lot_ids = self._find_lots(check.serial)
            check.lot_count = len(check.lot_ids)

    @api.depends("serial")
    def _compute_lot_id(self):
        for check in self:
            check.lot_id = check.lot_ids if len(check.lot_ids) == 1 else False

    @api.model
    def _find_lots(self, serial):
        """Return the serial numbers the user may read that are called ``serial``; a scan may differ in its case."""
        name = " ".join((serial or "").split())
        lots = self.env["stock.lot"]
        if not name or not lots.has_access("read"):
            return lots
        exact = lots.search(["|", ("name", "=", name), ("ref", "=", name)], limit=LIMIT)
        escaped = name.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        return exact or lots.search([("name", "=ilike", escaped)], limit=LIMIT)

    def _chosen(self):
        self.ensure_one()
        self.env["service.ticket"]._check_role(f"{ENGINEER},{AGENT}")
        if not self.lot_id:
            raise UserError(self.env._("Enter or scan a serial number first."))
        return self.lot_id

    def action_new_ticket(self):
        """Return the form of a new ticket about the serial number."""
        return self._chosen().action_new_service_ticket()

    def action_open_lot(self):
        """Return the form of the serial number."""
        return self._chosen()._open_for_service()

    def action_open_tickets(self):
        """Return the tickets of the serial number."""
        return self._chosen().action_open_service_tickets()
