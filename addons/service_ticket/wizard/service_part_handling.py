from odoo import api, fields, models
from odoo.exceptions import UserError

OPERATIONS = [
    ("issue", "Issue parts"),
    ("use", "Parts used"),
    ("return", "Take unused parts back"),
    ("old_part", "Receive old parts"),
]


class ServicePartHandling(models.TransientModel):
    """Asks which units are issued, used or taken back; the document checks everything again."""

    _name = "service.part.handling"
    _description = "Handling of parts"

    operation = fields.Selection(OPERATIONS, required=True, readonly=True)
    visit_id = fields.Many2one("service.visit", readonly=True)
    line_ids = fields.One2many("service.part.handling.line", "handling_id", "Parts")

    @api.model
    def _ask(self, operation, lines, visit=None):
        """Return the dialog for ``lines``; the caller has checked its user."""
        rows = [
            fields.Command.create(vals)
            for line in lines.sudo()
            for vals in self._rows_of(operation, line)
        ]
        if not rows:
            raise UserError(self.env._("There is nothing to handle here."))
        handling = self.create(
            {"operation": operation, "visit_id": visit.id if visit else False, "line_ids": rows}
        )
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "res_id": handling.id, "view_mode": "form",
            "target": "new", "name": dict(self._fields["operation"]._description_selection(self.env))[operation],
        }

    @api.model
    def _rows_of(self, operation, line):
        """Return the rows for ``line``: one for each unit when serial numbers are chosen."""
        vals = {"part_line_id": line.id, "quantity": 0 if operation == "use" else line.quantity}
        if operation == "issue":
            if line.state != "requested":
                return []
            if line.tracking == "serial":
                return [{**vals, "quantity": 1}] * int(line.quantity)
            vals["quantity"] = max(min(line.quantity, line[self._free_column(line)]), 0)
        if operation == "old_part":
            if line.old_part_state not in ("expected", "waived"):
                return []
            vals["old_serial"] = line.returned_serial
        return [vals]

    @api.model
    def _free_column(self, line):
        """Return the field of ``line`` that says how much is free where it is taken from."""
        return {"station": "at_station", "van": "at_van"}.get(line.source, "at_store")

    def action_confirm(self):
        """Hand what was entered to the requisition, the lines or the visit, which check it.

        :raises UserError: listing everything that is wrong
        """
        self.ensure_one()
        rows = [row._as_row() for row in self.line_ids if row.quantity > 0 and row._is_chosen()]
        lines = self.line_ids.part_line_id
        if self.operation == "issue":
            lines.request_id.action_issue(rows)
        elif self.operation == "use":
            self.visit_id.action_use_parts(rows)
        elif self.operation == "return":
            lines.action_take_back(rows)
        else:
            lines.action_receive_old(rows)
        return {"type": "ir.actions.act_window_close"}


class ServicePartHandlingLine(models.TransientModel):
    """One row of the dialog."""

    _name = "service.part.handling.line"
    _description = "Row of parts"

    handling_id = fields.Many2one("service.part.handling", required=True, index=True, ondelete="cascade")
    operation = fields.Selection(related="handling_id.operation")
    part_line_id = fields.Many2one("service.part.line", "Line", required=True, readonly=True)
    product_id = fields.Many2one(related="part_line_id.product_id")
    tracking = fields.Selection(related="part_line_id.tracking")
    ticket_id = fields.Many2one(related="part_line_id.ticket_id")
    lot_id = fields.Many2one(related="part_line_id.lot_id", string="Serial number issued")
    available = fields.Float(compute="_compute_available", digits="Product Unit")
    quantity = fields.Float(digits="Product Unit")
    free_lot_ids = fields.Many2many("stock.lot", compute="_compute_free_lot_ids", export_string_translation=False)
    issued_lot_id = fields.Many2one(
        "stock.lot", "Serial number", domain="[('id', 'in', free_lot_ids)]",
        help="Without it this unit stays to be issued.",
    )
    old_serial = fields.Char("Serial number of the old part")

    @api.depends("part_line_id")
    def _compute_available(self):
        for row in self:
            line = row.part_line_id.sudo()
            row.available = line[row.handling_id._free_column(line)]

    @api.depends("part_line_id")
    def _compute_free_lot_ids(self):
        """The serial numbers that lie where the parts are taken from; one query for a requisition."""
        found = {}
        for request in self.part_line_id.sudo().request_id:
            rows = self.filtered(lambda row, request=request: row.part_line_id.sudo().request_id == request)
            tracked = rows.filtered(lambda row: row.tracking != "none").sudo().product_id
            if tracked and self[:1].operation == "issue":
                stock = self.env["service.part.moves"]._stock_at(tracked, request._source_place())
                for product, quants in stock.items():
                    free = quants.filtered(lambda quant: quant.quantity > quant.reserved_quantity)
                    found[request, product] = free.lot_id.ids
        for row in self:
            line = row.part_line_id.sudo()
            row.free_lot_ids = found.get((line.request_id, line.product_id), [])

    def _is_chosen(self):
        """Return whether this row is meant: a unit whose serial number was not chosen stays to be issued."""
        return self.operation != "issue" or self.tracking == "none" or bool(self.issued_lot_id)

    def _as_row(self):
        return {
            "line_id": self.part_line_id.id, "quantity": self.quantity, "lot": self.issued_lot_id.id or None,
            "old_serial": self.old_serial or None, "key": None,
        }
