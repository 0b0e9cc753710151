from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

#: why a part moved; registers and the monthly reconciliation count by it
PURPOSES = [
    ("issue", "Issued"),
    ("ship", "Shipped to the customer"),
    ("use", "Fitted, to be cleared"),
    ("undo", "Not fitted after all"),
    ("deliver", "Used at the customer's"),
    ("return", "Returned unused"),
    ("old_part", "Old part received"),
    ("write_off", "Written off"),
    ("scrap", "Old part scrapped"),
    ("send_back", "Old part sent back"),
]
OURS = ("service_line_id", "service_purpose")


class StockPicking(models.Model):
    _inherit = "stock.picking"

    service_request_id = fields.Many2one(
        "service.part.request", "Part requisition", readonly=True, copy=False, index="btree_not_null",
        check_company=True, ondelete="restrict",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if self.env.su:
                vals.setdefault("service_request_id", False)
            else:
                vals["service_request_id"] = False
        return super().create(vals_list)

    def write(self, vals):
        if "service_request_id" in vals and not self.env.su:
            raise AccessError(self.env._("The requisition of a transfer is set by the system."))
        return super().write(vals)

    def _send_confirmation_email(self):
        """Tell customers of what is sent to them, not of what an engineer has long fitted at their place."""
        fitted = self.filtered(lambda one: one.service_request_id and one.service_request_id.source != "ship")
        return super(StockPicking, self - fitted)._send_confirmation_email()


class StockMove(models.Model):
    """The moves of spare parts: each names its line and its purpose, and nobody else moves what is on an account."""

    _inherit = "stock.move"

    service_line_id = fields.Many2one(
        "service.part.line", "Part line", readonly=True, copy=False, index="btree_not_null", check_company=True,
        ondelete="restrict",
    )
    service_purpose = fields.Selection(PURPOSES, "Purpose", readonly=True, copy=False)

    _service_month_idx = models.Index("(company_id, date) WHERE service_line_id IS NOT NULL")

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            for name in OURS:
                if self.env.su:
                    vals.setdefault(name, False)
                else:
                    vals[name] = False
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and set(OURS) & vals.keys():
            raise AccessError(self.env._("What part line a move belongs to is set by the system."))
        return super().write(vals)

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return [*super()._prepare_merge_moves_distinct_fields(), *OURS]

    def _action_done(self, cancel_backorder=False):
        """Do the moves; what lies on a service account moves by its requisition only, and never below zero (C13, C14).

        :raises UserError: naming the account and what to do instead
        """
        self._check_service_moves()
        done = super()._action_done(cancel_backorder=cancel_backorder)
        done._check_service_accounts()
        return done

    def _check_service_moves(self):
        """Refuse moves of others on the account of an engineer or on used parts; a station's free stock is Odoo's."""
        places = self.move_line_ids.location_id | self.move_line_ids.location_dest_id | self.location_id
        if not (places | self.location_dest_id)._is_service_account():
            return
        for move in self.filtered(lambda one: not one.service_line_id):
            lines = move.move_line_ids
            touched = (lines.location_id | lines.location_dest_id or move.location_id | move.location_dest_id)
            closed = touched._is_service_account().filtered(
                lambda place: place.service_employee_id or place.service_place == "used"
            )
            if closed:
                raise UserError(
                    self.env._(
                        "%(place)s is a spare-parts account: parts come and go there by requisition, clearing and "
                        "write-off only (After-sales ‣ Spare parts).", place=closed[0].display_name,
                    )
                )

    def _check_service_accounts(self):
        """Nothing on an account goes below zero, or below what its open lines say."""
        places = self.move_line_ids.location_id._is_service_account()
        if not places:
            return
        products = self.product_id
        quants = self.env["stock.quant"].sudo()._read_group(
            [("location_id", "in", places.ids), ("product_id", "in", products.ids)],
            ["location_id", "product_id", "lot_id"], ["quantity:sum"],
        )
        owed = {}
        if self.filtered(lambda move: not move.service_line_id):  # ours are booked after the move
            owed = self.env["service.part.line"]._open_quantities(places)
        held = {(place, product, lot): quantity for place, product, lot, quantity in quants}
        for key in {*held, *(key for key in owed if key[1] in products)}:
            if key[1].uom_id.compare(held.get(key, 0), owed.get(key, 0)) < 0:
                raise UserError(
                    self.env._(
                        "%(product)s: %(place)s has only %(held)s, and %(owed)s of it stand on open requisitions.",
                        product=" ".join(filter(None, (key[1].display_name, key[2].name))),
                        place=key[0].display_name, held=held.get(key, 0), owed=owed.get(key, 0),
                    )
                )


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines.filtered(lambda line: line.state == "done")._check_service_done()
        return lines

    def write(self, vals):
        """Write; what was done on a service account stays as it was done.

        :raises UserError: naming the account
        """
        if {"quantity", "lot_id", "location_id", "location_dest_id", "product_id", "owner_id"} & vals.keys():
            self.filtered(lambda line: line.state == "done")._check_service_done()
        return super().write(vals)

    def _check_service_done(self):
        for line in self:
            places = (line.location_id | line.location_dest_id)._is_service_account()
            if line.move_id.service_line_id or places:
                raise UserError(
                    self.env._(
                        "%s: this transfer of spare parts was done. Correct it by another one: take the parts back, or "
                        "issue them anew.", line.picking_id.name or line.move_id.service_line_id.display_name,
                    )
                )


class ServicePartMoves(models.AbstractModel):
    """The one place where spare parts are moved. Every method runs as the superuser, for one company at a time."""

    _name = "service.part.moves"
    _description = "Moves of spare parts"

    @api.model
    def _system(self, company):
        """Return this model as the superuser in ``company``, without what a caller put into the context."""
        env = self.env(context=clean_context(self.env.context), su=True)
        return self.with_env(env).with_company(company)

    @api.model
    def _move(self, request, purpose, entries, picking_type=None, partner=None):
        """Move parts at once and return the transfer (empty when there is no ``picking_type``).

        :param request: the ``service.part.request`` whose reference the moves carry, never a sales order's
        :param purpose: one of ``PURPOSES``
        :param entries: list of dicts ``line``, ``quantity``, ``lot``, ``source``, ``target`` (locations), and
            ``product`` when it is not the line's, ``package`` that the units are taken out of
        :raises UserError: a move could not be done
        """
        request = request.with_env(self.env)
        company = request.company_id
        reference = request._own_reference()
        Picking = self.env["stock.picking"]
        first, picking = entries[0], Picking
        if picking_type:
            picking = Picking.create(
                {
                    "picking_type_id": picking_type.id, "partner_id": partner.id if partner else False,
                    "location_id": first["source"].id, "location_dest_id": first["target"].id,
                    "origin": request.name, "company_id": company.id, "service_request_id": request.id,
                }
            )
        moves = self.env["stock.move"].create(
            [self._move_vals(entry, purpose, picking, reference, request, partner) for entry in entries]
        )
        moves._action_confirm(merge=False)
        moves.picked = True
        if picking:
            picking._action_done()
        else:
            moves._action_done()
        if any(move.state != "done" for move in moves) or (picking and picking.state != "done"):
            raise UserError(self.env._("%s: the parts could not be moved. Reload and try again.", request.name))
        return picking

    @api.model
    def _move_vals(self, entry, purpose, picking, reference, request, partner):
        product = entry.get("product") or entry["line"].product_id
        places = {"location_id": entry["source"].id, "location_dest_id": entry["target"].id}
        return {
            **places, "product_id": product.id, "product_uom": product.uom_id.id,
            "product_uom_qty": entry["quantity"], "company_id": request.company_id.id, "origin": request.name,
            "picking_id": picking.id, "picking_type_id": picking.picking_type_id.id,
            "partner_id": partner.id if partner else False,
            "reference_ids": [fields.Command.set(reference.ids)],
            "service_line_id": entry["line"].id, "service_purpose": purpose,
            "move_line_ids": [
                fields.Command.create(
                    {
                        **places, "product_id": product.id, "product_uom_id": product.uom_id.id,
                        "quantity": entry["quantity"], "lot_id": entry["lot"].id if entry["lot"] else False,
                        "package_id": entry["package"].id if entry.get("package") else False,
                        "picking_id": picking.id, "company_id": request.company_id.id,
                    }
                )
            ],
        }

    @api.model
    def _lock_stock(self, products, place):
        """Let whoever takes the same parts at the same moment wait; Odoo then repeats the second one, who sees what the
        first left."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "SELECT quant.id FROM stock_quant quant JOIN stock_location place ON place.id = quant.location_id "
                "WHERE quant.product_id IN %s AND place.parent_path LIKE %s ORDER BY quant.id FOR UPDATE OF quant",
                tuple(products.ids) or (0,), f"{place.parent_path}%",
            ),
            log_exceptions=False,
        )
        self.env["stock.quant"].invalidate_model()

    @api.model
    def _stock_at(self, products, place):
        """Return the free quants of ``products`` in the tree of ``place``, oldest first, as ``{product: [quants]}``."""
        quants = self.env["stock.quant"].sudo().search(
            [("product_id", "in", products.ids), ("location_id", "child_of", place.id), ("quantity", ">", 0)],
            order="in_date, id",
        )
        return quants.grouped("product_id")

    @api.model
    def _pick(self, product, quantity, lot, quants, taken):
        """Return ``[(quant, quantity)]`` that make up ``quantity``, or None when there is not enough.

        :param taken: ``{quant: quantity}`` given away in this call already; updated
        """
        found, left = [], quantity
        for quant in quants:
            if quant.lot_id != lot or quant.owner_id:
                continue
            free = quant.quantity - quant.reserved_quantity - taken.get(quant, 0)
            part = min(left, free)
            if product.uom_id.compare(part, 0) > 0:
                found.append((quant, part))
                left -= part
            if product.uom_id.compare(left, 0) <= 0:
                break
        if product.uom_id.compare(left, 0) > 0:
            return None
        for quant, part in found:
            taken[quant] = taken.get(quant, 0) + part
        return found
