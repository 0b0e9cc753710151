from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools.misc import clean_context

from .service_ticket_roles import STORE

PURPOSES = [("claim_replace", "Replacement from a claim"), ("claim_back", "Old part came back from a claim")]


class StockPicking(models.Model):
    _inherit = "stock.picking"

    service_claim_id = fields.Many2one(
        "service.supplier.claim", "Supplier claim", readonly=True, copy=False, index="btree_not_null",
        check_company=True, ondelete="restrict",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su or "service_claim_id" not in vals:
                vals["service_claim_id"] = False
        return super().create(vals_list)

    def write(self, vals):
        if "service_claim_id" in vals and not self.env.su:
            raise AccessError(self.env._("The claim of a transfer is set by the system."))
        return super().write(vals)

    def _send_confirmation_email(self):
        """A supplier gets our letter, not the mail that tells customers of their delivery."""
        return super(StockPicking, self.filtered(lambda one: not one.service_claim_id))._send_confirmation_email()


class StockMove(models.Model):
    """The moves of claims: exactly what was approved goes out of the defective place, once (C15)."""

    _inherit = "stock.move"

    service_purpose = fields.Selection(
        selection_add=PURPOSES, ondelete={purpose: "cascade" for purpose, _label in PURPOSES}
    )
    service_claim_line_id = fields.Many2one(
        "service.supplier.claim.line", "Claimed part", readonly=True, copy=False, index="btree_not_null",
        check_company=True, ondelete="restrict",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su or "service_claim_line_id" not in vals:
                vals["service_claim_line_id"] = False
        return super().create(vals_list)

    def write(self, vals):
        if "service_claim_line_id" in vals and not self.env.su:
            raise AccessError(self.env._("What claim a move belongs to is set by the system."))
        return super().write(vals)

    @api.model
    def _prepare_merge_moves_distinct_fields(self):
        return [*super()._prepare_merge_moves_distinct_fields(), "service_claim_line_id"]

    def _action_done(self, cancel_backorder=False):
        """Do the moves; those of claims as they were prepared, and their claims go on.

        :raises AccessError: the user does not keep the parts store
        :raises UserError: naming what differs from the claim
        """
        ours = self.filtered("service_claim_line_id")
        ours._check_claim_moves()
        done = super()._action_done(cancel_backorder=cancel_backorder)
        if ours:
            done.filtered("service_claim_line_id").sudo()._follow_claims()
        return done

    def _check_claim_moves(self):
        if self and not self.env.su and not self.env.user.has_group(STORE):
            raise AccessError(self.env._("Parts of claims are sent and received by the keeper of the parts store."))
        wrong = []
        for move in self.sudo():
            line, lots = move.service_claim_line_id, move.move_line_ids.lot_id
            compared = move.product_uom.compare(move.quantity, move.product_uom_qty)
            if move.service_purpose == "claim_replace":
                if compared > 0:
                    wrong.append(self.env._("%s: more than the supplier owes", line.display_name))
                continue
            source = move.location_id if move.service_purpose == "send_back" else move.location_dest_id
            places = move.move_line_ids.mapped(
                "location_id" if move.service_purpose == "send_back" else "location_dest_id"
            )
            if not move.picked or compared or lots != line.lot_id or places != source:
                wrong.append(self.env._("%s: exactly this part, all of it", line.display_name))
        if wrong:
            raise UserError(
                self.env._(
                    "%(transfer)s does not fit the claim:\n%(wrong)s", transfer=self.picking_id[:1].name or "",
                    wrong="\n".join(f"• {item}" for item in wrong),
                )
            )

    def _follow_claims(self):
        """Take old parts and claims on as far as these moves, just done, have brought them; superuser."""
        sent = self.filtered(lambda move: move.service_purpose == "send_back").service_claim_line_id
        back = self.filtered(lambda move: move.service_purpose == "claim_back").service_claim_line_id
        sent.part_line_id.write({"old_part_state": "sent_back"})
        back.part_line_id.write({"old_part_state": "received"})
        sent.claim_id.write({"goods_sent_at": fields.Datetime.now()})
        sent.claim_id._follow_sending()
        (self.service_claim_line_id.claim_id - sent.claim_id)._try_settle()


class ServiceSupplierClaim(models.Model):
    """The goods of a claim: out of the defective place to the supplier, replacements and refused parts back (C15)."""

    _inherit = "service.supplier.claim"

    reference_id = fields.Many2one("stock.reference", readonly=True, copy=False, ondelete="restrict")
    picking_ids = fields.One2many("stock.picking", "service_claim_id", "Transfers", readonly=True)
    picking_count = fields.Integer(compute="_compute_picking_count", compute_sudo=True)

    @api.depends("picking_ids")
    def _compute_picking_count(self):
        groups = self.env["stock.picking"]._read_group(
            [("service_claim_id", "in", self.ids)], ["service_claim_id"], ["__count"]
        )
        counts = {claim.id: count for claim, count in groups}
        for claim in self:
            claim.picking_count = counts.get(claim._origin.id, 0)

    # ------------------------------------------------------------------
    # What lies in the defective place
    # ------------------------------------------------------------------

    def _lock_goods(self):
        """Let two claims on the same units wait for each other."""
        for company in self.sudo().company_id:
            place = company._service_claim_places().service_defective_location_id
            lines = self.sudo().filtered(lambda one, company=company: one.company_id == company).line_ids
            self.env["service.part.moves"]._lock_stock(lines.product_id, place)

    def _missing_goods(self):
        """Return the parts of this claim that are not, or not freely, in the defective place."""
        claim = self.sudo()
        place = claim.company_id._service_claim_places().service_defective_location_id
        products = claim.line_ids.product_id
        free = {}
        for product, lot, quantity, reserved in self.env["stock.quant"].sudo()._read_group(
            [("location_id", "=", place.id), ("product_id", "in", products.ids), ("owner_id", "=", False)],
            ["product_id", "lot_id"], ["quantity:sum", "reserved_quantity:sum"],
        ):
            free[product, lot] = quantity - reserved
        for key, quantity in claim._bound_elsewhere(products).items():
            free[key] = free.get(key, 0) - quantity
        missing = []
        for line in claim.line_ids:
            key = (line.product_id, line.lot_id)
            free[key] = free.get(key, 0) - line.quantity
            gone = line.part_line_id and line.part_line_id.old_part_state != "claimed"
            if gone or line.product_id.uom_id.compare(free[key], 0) < 0:
                missing.append(self.env._("In the defective place, and in no other claim: %s", line.display_name))
        return missing

    def _bound_elsewhere(self, products):
        """Return ``{(product, lot): quantity}`` that lies in the defective place for other parts and claims."""
        bound = {}
        Line = self.env["service.supplier.claim.line"]
        reserved = Line.search(
            [
                ("part_line_id", "!=", False), ("claim_id.with_goods", "=", True), ("claim_state", "=", "approved"),
                ("move_ids.state", "not in", ("draft", "cancel", "done")),
            ]
        )
        parts = self.env["service.part.line"].search(
            [
                ("company_id", "=", self.company_id.id), ("old_part_state", "in", ("received", "claimed")),
                "|", ("returned_product_id", "in", products.ids),
                "&", ("returned_product_id", "=", False), ("product_id", "in", products.ids),
                ("id", "not in", self.line_ids.part_line_id.ids),
                ("id", "not in", reserved.part_line_id.ids),
            ]
        )
        for part in parts:
            key = (part.returned_product_id or part.product_id, part.returned_lot_id)
            bound[key] = bound.get(key, 0) + part.quantity
        others = Line.search(
            [
                ("company_id", "=", self.company_id.id), ("product_id", "in", products.ids),
                ("part_line_id", "=", False), ("claim_id", "!=", self.id),
                "|", ("claim_state", "=", "approval"),
                "&", ("claim_id.with_goods", "=", False), ("claim_state", "in", ("approved", "sent", "answered")),
            ]
        )
        for line in others:
            key = (line.product_id, line.lot_id)
            bound[key] = bound.get(key, 0) + line.quantity
        return bound

    # ------------------------------------------------------------------
    # Transfers; superuser
    # ------------------------------------------------------------------

    def _as_system(self):
        """Return this claim as the superuser in its company, without what a caller put into the context."""
        self.ensure_one()
        env = self.env(context=clean_context(self.env.context), su=True)
        return self.with_env(env).with_company(self.company_id)

    def _supplier_place(self):
        partner = self.partner_id.with_company(self.company_id)
        return partner.property_stock_supplier or self.env.ref("stock.stock_location_suppliers")

    def _own_reference(self):
        """Return the ``stock.reference`` of this claim, never that of the purchase order."""
        if not self.reference_id:
            self.reference_id = self.env["stock.reference"].create({"name": self.name})
        return self.reference_id

    def _open_pickings(self, purpose=None):
        """Return the transfers of these claims that are neither done nor cancelled; superuser."""
        pickings = self.sudo().picking_ids.filtered(lambda one: one.state not in ("done", "cancel"))
        return pickings.filtered(lambda one: purpose in (None, one.move_ids[:1].service_purpose))

    def _prepare_sending(self):
        """Make the transfer from the defective place to the supplier and reserve exactly the units of the claim."""
        claim = self._as_system()
        place = claim.company_id._service_claim_places().service_defective_location_id
        entries = [(line, line.quantity) for line in claim.line_ids]
        return claim._make_picking(
            "send_back", entries, claim.company_id.service_claim_out_type_id, place, claim._supplier_place()
        )

    def _prepare_receipts(self):
        """Make the transfers of what is still to come from the supplier: replacements, and refused parts."""
        claim = self._as_system()
        company = claim.company_id._service_claim_places()
        supplier, kind = claim._supplier_place(), company.service_claim_in_type_id
        for purpose, target in (
            ("claim_replace", company.service_store_location_id), ("claim_back", company.service_defective_location_id)
        ):
            entries = claim._to_receive(purpose)
            if entries and not claim._open_pickings(purpose):
                claim._make_picking(purpose, entries, kind, supplier, target)

    def _to_receive(self, purpose):
        """Return ``[(line, quantity)]`` that the supplier has not delivered yet."""
        entries = []
        for line in self.line_ids:
            if purpose == "claim_replace":
                left = line.replacement_quantity - line.received_quantity
            else:
                done = line.move_ids.filtered(lambda one: one.state == "done" and one.service_purpose == "claim_back")
                left = line.quantity if line.goods_decision == "back" and not done else 0
            if line.product_id.uom_id.compare(left, 0) > 0:
                entries.append((line, left))
        return entries

    def _make_picking(self, purpose, entries, kind, source, target):
        places = {"location_id": source.id, "location_dest_id": target.id}
        picking = self.env["stock.picking"].create(
            {
                **places, "picking_type_id": kind.id, "partner_id": self.partner_id.id, "origin": self.name,
                "company_id": self.company_id.id, "service_claim_id": self.id,
            }
        )
        reference = self._own_reference()
        moves = self.env["stock.move"].create(
            [
                {
                    **places, "product_id": line.product_id.id, "product_uom": line.product_id.uom_id.id,
                    "product_uom_qty": quantity, "company_id": self.company_id.id, "origin": self.name,
                    "picking_id": picking.id, "picking_type_id": kind.id, "partner_id": self.partner_id.id,
                    "reference_ids": [fields.Command.set(reference.ids)], "service_claim_line_id": line.id,
                    "service_purpose": purpose,
                    "service_line_id": line.part_line_id.id if purpose == "send_back" else False,
                }
                for line, quantity in entries
            ]
        )
        moves._action_confirm(merge=False)
        if purpose != "claim_replace":
            self._choose_units(moves)
        return picking

    def _choose_units(self, moves):
        """Fix the serial numbers of ``moves``; out of the defective place that reserves them."""
        moves.move_line_ids.unlink()  # what Odoo proposed without a serial number
        for move in moves:
            lot, left = move.service_claim_line_id.lot_id, move.product_uom_qty
            for place, package, quantity in self._units_at(move, lot, left):
                self.env["stock.move.line"].create(
                    {
                        "move_id": move.id, "picking_id": move.picking_id.id, "product_id": move.product_id.id,
                        "product_uom_id": move.product_uom.id, "quantity": quantity, "lot_id": lot.id,
                        "location_id": place.id, "package_id": package.id, "location_dest_id": move.location_dest_id.id,
                        "company_id": move.company_id.id,
                    }
                )

    def _units_at(self, move, lot, quantity):
        if move.service_purpose != "send_back":
            return [(move.location_id, self.env["stock.package"], quantity)]
        Moves = self.env["service.part.moves"]
        quants = Moves._stock_at(move.product_id, move.location_id).get(move.product_id, ())
        quants = [quant for quant in quants if quant.location_id == move.location_id]
        found = Moves._pick(move.product_id, quantity, lot, quants, {})
        if not found:
            raise UserError(
                self.env._("%s is not in the defective place any more.", move.service_claim_line_id.display_name)
            )
        return [(quant.location_id, quant.package_id, part) for quant, part in found]

    def _cancel_pickings(self):
        for claim in self:
            claim._as_system()._open_pickings().action_cancel()

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_send(self):
        """Send the parts of approved claims to their suppliers, as their transfers say (C15).

        :raises AccessError: the user does not keep the parts store
        :raises UserError: a claim is not approved, goes without parts, or a part is not in the defective place any more
        """
        self._check_role(STORE)
        self.check_access("write")
        for claim in self:
            if claim.state != "approved" or not claim.with_goods:
                raise UserError(self.env._("%s: there are no parts to send now.", claim.display_name))
        self.sudo()._lock()
        for claim in self:
            system = claim._as_system()
            system.invalidate_recordset(["state"])
            if system.state != "approved":
                raise UserError(self.env._("%s was sent by somebody else.", claim.display_name))
            picking = system._open_pickings("send_back") or system._prepare_sending()
            picking.move_ids.picked = True
            picking._action_done()
            if picking.state != "done":
                raise UserError(self.env._("%s: the parts could not be moved. Reload and try again.", claim.name))
        return True

    def action_receive(self):
        """Return the transfers by which replacements and refused parts come in; the keeper enters what arrived (C15).

        :raises AccessError: the user does not keep the parts store
        :raises UserError: the supplier owes nothing
        """
        self.ensure_one()
        self._check_role(STORE)
        self.check_access("read")
        if self.state == "answered":
            self.sudo()._prepare_receipts()
        pickings = self._open_pickings() - self._open_pickings("send_back")
        if not pickings:
            raise UserError(self.env._("%s: the supplier has nothing more to deliver.", self.display_name))
        return self._picking_action(pickings)

    def action_open_pickings(self):
        """Return the transfers of this claim.

        :raises AccessError: the user does not keep the parts store
        """
        self.ensure_one()
        self._check_role(STORE)
        self.check_access("read")
        return self._picking_action(self.sudo().picking_ids)

    def _picking_action(self, pickings):
        action = {
            **self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all"),
            "domain": [("id", "in", pickings.ids)], "context": {},
        }
        if len(pickings) == 1:
            action |= {"views": [(False, "form")], "view_mode": "form", "res_id": pickings.id}
        return action

    def _follow_sending(self):
        """Take approved claims whose goods, or whose letter, are on their way to the next step; superuser."""
        ready = self.filtered(lambda one: one.state == "approved" and not one._missing_sending())
        ready.write({"state": "sent"})
