from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from .service_ticket_roles import STORE

#: repair orders that nobody works on any more
OVER = ("done", "cancel")


class ResCompany(models.Model):
    _inherit = "res.company"

    service_repair_location_id = fields.Many2one(
        "stock.location", "Place of customers' products", check_company=True, ondelete="restrict",
        help="Where products that belong to customers stand while they are repaired; nothing is sold from there.",
    )

    def _service_repair_warehouse(self):
        """Return the warehouse in which this company repairs.

        :raises UserError: the company has none
        """
        self.ensure_one()
        warehouses = self.env["stock.warehouse"].sudo()
        warehouse = warehouses.search([("company_id", "=", self.id)], order="sequence, id", limit=1)
        if not warehouse.repair_type_id:
            raise UserError(
                self.env._(
                    "%s has no warehouse with repairs. The administrator sets one up: Inventory ‣ Configuration ‣ "
                    "Warehouses.",
                    self.name,
                )
            )
        return warehouse

    def _service_repair_place(self):
        """Return the place of customers' products of this company; made beside its stock when there is none yet."""
        company = self.sudo()
        if not company.service_repair_location_id:
            company.lock_for_update(allow_referencing=True)
            company.invalidate_recordset(["service_repair_location_id"])
        if not company.service_repair_location_id:
            warehouse = company._service_repair_warehouse()
            company.service_repair_location_id = self.env["stock.location"].sudo().create(
                {
                    "name": self.env._("Customers' products in repair"),
                    "usage": "internal",
                    "location_id": warehouse.view_location_id.id,
                    "company_id": company.id,
                }
            )
        return company.service_repair_location_id


class StockPicking(models.Model):
    _inherit = "stock.picking"

    service_repair_id = fields.Many2one(
        "repair.order", "Repaired for the customer", index="btree_not_null", check_company=True, copy=False,
        readonly=True, ondelete="restrict",
        help="This transfer takes a customer's product to the workshop, or home again; it stays the customer's.",
    )
    service_comes_in = fields.Boolean(
        "Brings it to the workshop", readonly=True, copy=False, export_string_translation=False
    )


class RepairOrder(models.Model):
    """A repair in the workshop for a service ticket: the product comes from the customer and goes back (C2)."""

    _inherit = "repair.order"

    service_ticket_id = fields.Many2one(
        "service.ticket", index="btree_not_null", check_company=True, copy=False, readonly=True, ondelete="restrict"
    )
    service_picking_ids = fields.One2many("stock.picking", "service_repair_id", "From and to the customer")
    service_picking_count = fields.Integer(compute="_compute_service_place")
    service_place = fields.Selection(
        [("none", "Not a customer's"), ("awaited", "Expected from the customer"), ("here", "In the workshop"),
         ("leaving", "To be sent back"), ("home", "Back at the customer"), ("kept", "Not sent back")],
        "The product is", compute="_compute_service_place",
    )
    service_kept_reason = fields.Char("Why it is not sent back", readonly=True, copy=False, tracking=True)

    _service_one_open = models.UniqueIndex(
        "(service_ticket_id) WHERE service_ticket_id IS NOT NULL AND state NOT IN ('done', 'cancel')",
        "A repair of this ticket is open already.",
    )

    @api.depends("service_ticket_id", "service_picking_ids.state", "service_kept_reason")
    def _compute_service_place(self):
        for repair in self:
            pickings = repair.service_picking_ids.filtered(lambda one: one.state != "cancel")
            repair.service_picking_count = len(pickings)
            came = pickings.filtered("service_comes_in")
            leaves = pickings - came
            if not repair.service_ticket_id or not (came or leaves):
                repair.service_place = "none"
            elif leaves.filtered(lambda one: one.state == "done"):
                repair.service_place = "home"
            elif repair.service_kept_reason:
                repair.service_place = "kept"
            elif leaves:
                repair.service_place = "leaving"
            else:
                repair.service_place = "here" if "done" in came.mapped("state") else "awaited"

    # ------------------------------------------------------------------
    # In and out
    # ------------------------------------------------------------------

    def _service_receive(self):
        """Expect the product from the customer: a receipt of its own, owned by the customer, apart from any sale."""
        return self._service_transfer("in_type_id", incoming=True)

    def _service_send_back(self):
        """Plan the way home of what is here; once for each repair."""
        here = self.filtered(lambda repair: repair.service_place == "here")
        for repair in here:
            repair._service_transfer("out_type_id", incoming=False)
        never_came = self.service_picking_ids.filtered(
            lambda one: one.service_comes_in and one.state not in ("done", "cancel")
        )
        never_came.filtered(lambda one: one.service_repair_id in self).action_cancel()
        return here

    def _service_transfer(self, type_field, *, incoming):
        self.ensure_one()
        repair = self.sudo().with_company(self.company_id)
        customer = repair.partner_id
        outside = customer.property_stock_customer
        place = repair.product_location_src_id if incoming else repair.product_location_dest_id
        source, target = (outside, place) if incoming else (place, outside)
        name = f"{repair.service_ticket_id.name}, {repair.name}"
        reference = self.env["stock.reference"].sudo().create({"name": name})
        common = {"location_id": source.id, "location_dest_id": target.id, "company_id": repair.company_id.id}
        picking = self.env["stock.picking"].sudo().create(
            {
                **common,
                "picking_type_id": repair.picking_type_id.warehouse_id[type_field].id,
                "partner_id": customer.id,
                "owner_id": customer.id,
                "origin": name,
                "service_repair_id": repair.id,
                "service_comes_in": incoming,
                "move_ids": [
                    Command.create(
                        {
                            **common,
                            "product_id": repair.product_id.id,
                            "product_uom_qty": repair.product_qty,
                            "product_uom": repair.product_uom.id,
                            "restrict_partner_id": customer.id,
                            "reference_ids": [Command.link(reference.id)],
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        repair._service_name_serial(picking, incoming=incoming)
        return picking

    def _service_name_serial(self, picking, *, incoming):
        """Say which serial number comes in, and reserve that very one for the way out."""
        move = picking.move_ids
        if not incoming:
            picking.action_assign()
        if not self.lot_id or (move.move_line_ids.lot_id == self.lot_id and not incoming):
            return
        move.move_line_ids.unlink()
        move.write(
            {
                "move_line_ids": [
                    Command.create(
                        {
                            "picking_id": picking.id,
                            "product_id": self.product_id.id,
                            "product_uom_id": self.product_uom.id,
                            "lot_id": self.lot_id.id,
                            "quantity": self.product_qty,
                            "owner_id": self.partner_id.id,
                            "location_id": picking.location_id.id,
                            "location_dest_id": picking.location_dest_id.id,
                        }
                    )
                ]
            }
        )

    # ------------------------------------------------------------------
    # Steps of Odoo
    # ------------------------------------------------------------------

    def action_repair_done(self):
        """End repairs; what belongs to a customer goes home, the parts used go into the history of the unit (D2)."""
        result = super().action_repair_done()
        ours = self.sudo().filtered(lambda repair: repair.service_ticket_id and repair.state == "done")
        ours._service_send_back()
        ours._service_record_parts()
        return result

    def action_repair_cancel(self):
        """Cancel repairs; what came from a customer goes home all the same."""
        result = super().action_repair_cancel()
        self.sudo().filtered("service_ticket_id")._service_send_back()
        return result

    def _service_record_parts(self):
        vals_list = [
            {
                "ticket_id": repair.service_ticket_id.id,
                "lot_id": repair.lot_id.id,
                "product_id": move.product_id.id,
                "quantity": move.product_uom._compute_quantity(line.quantity, move.product_id.uom_id),
                "amount": move.product_id.standard_price * line.quantity_product_uom,
                "new_lot_id": line.lot_id.id,
                "replaced_on": repair.service_ticket_id._warranty_today(),
            }
            for repair in self.with_company(self.company_id[:1])
            for move in repair.move_ids.filtered(lambda one: one.repair_line_type == "add" and one.state == "done")
            for line in move.move_line_ids
        ]
        if vals_list:
            self.env["service.part.replacement"]._record(vals_list)

    def action_service_keep(self, reason=None):
        """Record that a customer's product is not sent back, and why: replaced, scrapped at the customer's wish.

        :param reason: text; without it the button asks for it
        :raises AccessError: the user does not keep the store
        :raises UserError: the product is not here
        """
        self.env["service.ticket"]._check_role(STORE)
        self.check_access("write")
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_service_keep")
        for repair in self:
            if repair.service_place not in ("here", "leaving") or repair.state not in OVER:
                raise UserError(self.env._("%s: the repair is not over, or the product is not here.", repair.name))
            leaving = repair.service_picking_ids.filtered(
                lambda one: not one.service_comes_in and one.state not in ("done", "cancel")
            )
            leaving.action_cancel()
            repair.sudo().service_kept_reason = reason
            repair.sudo().service_ticket_id._message_log(
                body=self.env._(
                    "%(repair)s: the product is not sent back: %(reason)s", repair=repair.name, reason=reason
                )
            )
        return True

    def action_open_service_ticket(self):
        """Return the form of the ticket this repair is for."""
        self.ensure_one()
        self.check_access("read")
        return self.service_ticket_id.get_formview_action()

    def action_open_service_pickings(self):
        """Return the transfers from and to the customer."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "stock.picking",
            "view_mode": "list,form",
            "name": self.env._("From and to the customer"),
            "domain": [("service_repair_id", "=", self.id)],
        }
