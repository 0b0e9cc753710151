from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from .service_claim_origin import NOTHING, ORIGINS
from .service_part_line import WARRANTY

#: what the supplier answers about a part; entered while the claim waits for it
ANSWER = frozenset({"credit_amount", "replacement_quantity", "refusal_reason", "goods_decision"})
#: what is found out, not entered
FOUND = frozenset(
    {
        "claim_state", "failed_on", "purchase_line_id", "received_on", "origin", "supplier_id", "warranty_months",
        "warranty_until", "warranty_state", "part_amount", "claimed_amount", "accepted_amount", "received_amount",
        "received_quantity", "outcome",
    }
)
OUTCOMES = [
    ("none", "Not answered"),
    ("credit", "Credit note"),
    ("replacement", "Replacement"),
    ("both", "Replacement and credit note"),
    ("refused", "Refused"),
]
GOODS = [
    ("left", "Stays with the supplier"),
    ("back", "Comes back to us"),
    ("here", "Is still here"),
]


class ServiceSupplierClaimLine(models.Model):
    """One defective part of a claim: where it was bought, what is asked for it, what the supplier gives (C15)."""

    _name = "service.supplier.claim.line"
    _description = "Part of a supplier claim"
    _inherit = ["quality.line.mixin"]
    _order = "claim_id desc, id"
    _rec_name = "product_id"
    _check_company_auto = True
    _document_field = "claim_id"
    _document_states = ("draft", "sent")
    _personal_fields = ("fault", "why", "refusal_reason")

    claim_id = fields.Many2one(
        "service.supplier.claim", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="claim_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="claim_id.currency_id")
    claim_state = fields.Selection(related="claim_id.state", store=True, string="State of the claim")
    partner_id = fields.Many2one(related="claim_id.partner_id")

    # what failed
    part_line_id = fields.Many2one(
        "service.part.line", "Old part", index="btree_not_null", ondelete="restrict", check_company=True,
        domain="[('old_part_state', '=', 'received'), ('company_id', '=', company_id)]",
        help="Of a requisition. Empty: a part that came into the defective place another way.",
    )
    product_id = fields.Many2one(
        "product.product", "Part", compute="_compute_part", store=True, readonly=False, precompute=True,
        required=True, index=True, check_company=True, domain="[('is_storable', '=', True)]",
    )
    tracking = fields.Selection(related="product_id.tracking")
    lot_id = fields.Many2one(
        "stock.lot", "Serial number", compute="_compute_part", store=True, readonly=False, precompute=True,
        index="btree_not_null", check_company=True, domain="[('product_id', '=', product_id)]",
    )
    quantity = fields.Float(
        compute="_compute_part", store=True, readonly=False, precompute=True, digits="Product Unit", required=True
    )
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    ticket_id = fields.Many2one(
        "service.ticket", compute="_compute_ticket_id", store=True, readonly=False, precompute=True,
        index="btree_not_null", check_company=True, ondelete="restrict",
    )
    fault = fields.Char(compute="_compute_fault", store=True, readonly=False, precompute=True)
    failed_on = fields.Date("Failed on", compute="_compute_origin", store=True, precompute=True)

    # where it was bought
    origin = fields.Selection(ORIGINS, "Purchase found", compute="_compute_origin", store=True, precompute=True)
    purchase_line_id = fields.Many2one(
        "purchase.order.line", "Line of the purchase order", compute="_compute_origin", store=True, precompute=True,
        index="btree_not_null",
    )
    purchase_id = fields.Many2one(related="purchase_line_id.order_id", string="Purchase order")
    supplier_id = fields.Many2one(
        "res.partner", "Bought from", compute="_compute_origin", store=True, precompute=True, index="btree_not_null"
    )
    received_on = fields.Date("Received on", compute="_compute_origin", store=True, precompute=True)
    warranty_months = fields.Integer("Months of warranty", compute="_compute_origin", store=True, precompute=True)
    warranty_until = fields.Date(
        "Supplier's warranty until", compute="_compute_origin", store=True, precompute=True
    )
    warranty_state = fields.Selection(
        WARRANTY, "Supplier's warranty", compute="_compute_origin", store=True, precompute=True
    )
    why = fields.Char(
        "Why it is claimed all the same", help="Needed out of the supplier's warranty, or from another supplier.",
    )

    # what is asked for
    unit_price = fields.Monetary(
        "Price", compute="_compute_origin", store=True, readonly=False, precompute=True, aggregator=None,
        help="What a unit was bought for, before tax.",
    )
    labour_amount = fields.Monetary("Labour")
    freight_amount = fields.Monetary("Freight")
    part_amount = fields.Monetary("For the part", compute="_compute_claimed", store=True)
    claimed_amount = fields.Monetary("Claimed", compute="_compute_claimed", store=True)

    # what the supplier gives
    credit_amount = fields.Monetary("Credited", copy=False)
    replacement_quantity = fields.Float("Replaced", digits="Product Unit", copy=False)
    refusal_reason = fields.Char("Why not all of it", copy=False)
    goods_decision = fields.Selection(GOODS, "The part", copy=False)
    accepted_amount = fields.Monetary(
        "Accepted", compute="_compute_accepted", store=True, help="Credit, and replaced units at their price."
    )
    outcome = fields.Selection(OUTCOMES, compute="_compute_accepted", store=True)
    move_ids = fields.One2many("stock.move", "service_claim_line_id", "Moves", readonly=True)
    refund_line_ids = fields.One2many("account.move.line", "service_claim_line_id", readonly=True)
    received_quantity = fields.Float(
        "Replacements received", compute="_compute_received", store=True, compute_sudo=True, digits="Product Unit"
    )
    received_amount = fields.Monetary("Received", compute="_compute_received", store=True, compute_sudo=True)

    _once = models.UniqueIndex(
        "(part_line_id) WHERE part_line_id IS NOT NULL AND claim_state != 'cancelled'",
        "This old part is in a claim already.",
    )
    _open_idx = models.Index("(company_id, product_id, lot_id) WHERE claim_state NOT IN ('settled', 'cancelled')")
    _positive = models.Constraint("CHECK (quantity > 0)", "The quantity of a claimed part is more than zero.")
    _amounts = models.Constraint(
        "CHECK (COALESCE(unit_price, 0) >= 0 AND COALESCE(labour_amount, 0) >= 0 AND COALESCE(freight_amount, 0) >= 0 "
        "AND COALESCE(credit_amount, 0) >= 0 AND COALESCE(replacement_quantity, 0) >= 0)",
        "Amounts of a claim cannot be negative.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("product_id", "lot_id", "quantity")
    def _compute_display_name(self):
        for line in self:
            product, lot = line.sudo().product_id, line.sudo().lot_id
            line.display_name = f"{product.display_name or ''} {lot.name or f'× {line.quantity:g}'}".strip()

    @api.depends("part_line_id")
    def _compute_part(self):
        for line in self:
            part = line.sudo().part_line_id
            if part:
                line.product_id = part.returned_product_id or part.product_id
                line.lot_id, line.quantity = part.returned_lot_id, part.quantity
            else:
                line.product_id, line.lot_id = line.product_id, line.lot_id
                line.quantity = line.quantity or 1

    @api.depends("part_line_id")
    def _compute_ticket_id(self):
        for line in self:
            line.ticket_id = line.sudo().part_line_id.ticket_id or line.ticket_id

    @api.depends("part_line_id", "ticket_id")
    def _compute_fault(self):
        for line in self:
            part = line.sudo().part_line_id
            known = part.visit_id.true_cause or part.reason or line.sudo().ticket_id.subject
            line.fault = line.fault or " ".join((known or "").split())[:200] or False

    @api.depends("product_id", "lot_id", "part_line_id", "claim_id.currency_id")
    def _compute_origin(self):
        """C15: purchase and warranty as they are when the part is put on the claim; later purchases change nothing."""
        Origin = self.env["service.claim.origin"]
        for company, lines in self.grouped(lambda line: line.claim_id.company_id or self.env.company).items():
            found = Origin._find(company, {(line.product_id, line.lot_id) for line in lines})
            for line in lines:
                line._take_origin(company, found.get((line.product_id, line.lot_id)))

    def _take_origin(self, company, facts):
        day = self._failure_day()
        if facts is None:
            facts = {**NOTHING, "origin": False}
        state, until = self.env["service.claim.origin"]._warranty(facts, day)
        currency = self.claim_id.currency_id or company.currency_id
        price = facts["price"]
        if facts["currency"] and facts["currency"] != currency:
            day_of_rate = self.claim_id.claim_date or fields.Date.context_today(self)
            price = facts["currency"]._convert(price, currency, company, day_of_rate, round=False)
        self.update(
            {
                "origin": facts["origin"], "failed_on": day, "received_on": facts["received_on"] or False,
                "purchase_line_id": facts["purchase"].id if facts["purchase"] else False,
                "supplier_id": facts["supplier"].id if facts["supplier"] else False,
                "warranty_months": facts["months"], "warranty_until": until or False, "warranty_state": state,
                "unit_price": price,
            }
        )

    def _failure_day(self):
        """Return the day on which the part was taken out, as far as it is known."""
        part = self.sudo().part_line_id
        moment = part.used_at or part.old_part_received_at
        if moment:
            return fields.Datetime.context_timestamp(self, moment).date()
        return self.claim_id.claim_date or fields.Date.context_today(self)

    @api.depends("quantity", "unit_price", "labour_amount", "freight_amount")
    def _compute_claimed(self):
        for line in self:
            line.part_amount = line._rounded(line.quantity * line.unit_price)
            line.claimed_amount = line.part_amount + line.labour_amount + line.freight_amount

    @api.depends("credit_amount", "replacement_quantity", "unit_price", "claim_state")
    def _compute_accepted(self):
        for line in self:
            replaced = line._rounded(line.replacement_quantity * line.unit_price)
            line.accepted_amount = line.credit_amount + replaced
            if line.claim_state not in ("answered", "settled"):
                line.outcome = "none"
            elif line.replacement_quantity:
                line.outcome = "both" if line.credit_amount else "replacement"
            else:
                line.outcome = "credit" if line.credit_amount else "refused"

    @api.depends(
        "move_ids.state", "move_ids.quantity", "move_ids.service_purpose", "refund_line_ids.parent_state",
        "refund_line_ids.price_subtotal", "unit_price",
    )
    def _compute_received(self):
        for line in self:
            moves = line.move_ids.filtered(
                lambda move: move.state == "done" and move.service_purpose == "claim_replace"
            )
            line.received_quantity = sum(
                move.product_uom._compute_quantity(move.quantity, move.product_id.uom_id) for move in moves
            )
            credited = 0
            for item in line.refund_line_ids.filtered(lambda item: item.parent_state == "posted"):
                credited += item.currency_id._convert(
                    item.price_subtotal, line.currency_id, line.company_id, item.move_id.invoice_date or item.date
                )
            line.received_amount = credited + line._rounded(line.received_quantity * line.unit_price)

    def _rounded(self, amount):
        currency = self.currency_id or self.env.company.currency_id
        return currency.round(amount)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Put parts on claims; an old part of a requisition is kept for the claim from now on.

        :raises AccessError: something is entered that is found out
        :raises UserError: the claim is no draft, or an old part is not in the store
        """
        for vals in vals_list:  # forms send empty values along
            self._check_entered({name: value for name, value in vals.items() if value}, ANSWER)
        lines = super().create(vals_list)
        lines._check_in_draft()
        lines._keep_old_parts()
        return lines

    def write(self, vals):
        """Write; parts and amounts in a draft, the supplier's answer while the claim waits for it.

        :raises UserError: naming what does not fit the state
        """
        self._check_entered(vals, {"claim_id", "part_line_id"})
        if not self.env.su:
            answers = ANSWER & vals.keys()
            if answers and any(line.claim_id.state != "sent" for line in self):
                raise UserError(self.env._("The answer of the supplier is entered once the claim was sent."))
            if vals.keys() - ANSWER:
                self._check_in_draft()
        return super().write(vals)

    def unlink(self):
        """Take parts off a draft; their old parts go the monthly way again."""
        parts = self.sudo().part_line_id
        result = super().unlink()
        parts._release_old_parts()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_sent(self):
        self._check_in_draft()

    @api.model
    def _check_entered(self, vals, others):
        names = (FOUND | others) & vals.keys()
        if names and not self.env.su:
            raise AccessError(
                self.env._(
                    "%s follows from the claim; it cannot be entered here.",
                    ", ".join(sorted(self._fields[name]._description_string(self.env) for name in names)),
                )
            )

    def _check_in_draft(self):
        for claim in self.claim_id:
            if claim.state != "draft" and not self.env.su:
                raise UserError(
                    self.env._(
                        "%(name)s is “%(state)s”: what is claimed can no longer be changed.", name=claim.name,
                        state=claim._state_label(claim.state),
                    )
                )

    def _keep_old_parts(self):
        """Keep the old parts of these new lines from the monthly reconciliation."""
        parts = self.sudo().part_line_id
        if not parts:
            return
        parts._lock()
        parts.invalidate_recordset(["old_part_state"])
        gone = parts.filtered(lambda part: part.old_part_state != "received")
        if gone:
            raise UserError(
                self.env._(
                    "These old parts are not in the store, or in a claim already:\n%s",
                    "\n".join(f"• {part.display_name}" for part in gone),
                )
            )
        parts._claim_old_parts()

    @api.constrains("part_line_id", "product_id", "lot_id", "quantity")
    def _check_part(self):
        for line in self:
            part = line.sudo().part_line_id
            product = part.returned_product_id or part.product_id
            if part and (line.product_id, line.lot_id, line.quantity) != (product, part.returned_lot_id, part.quantity):
                raise ValidationError(self.env._("%s: what was received is claimed as it is.", part.display_name))
            if line.lot_id and line.lot_id.product_id != line.product_id:
                raise ValidationError(self.env._("%s: the serial number is of another product.", line.display_name))
            if line.tracking == "serial" and line.quantity != 1:
                raise ValidationError(self.env._("%s: one unit for each serial number.", line.display_name))

    @api.onchange("product_id")
    def _onchange_product_id(self):
        if self.lot_id.product_id != self.product_id:
            self.lot_id = False

    @api.model
    def _personal_needed_domain(self):
        return Domain("claim_state", "not in", ("settled", "cancelled"))

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_in_claim(self):
        """Return what a part of a claim lacks before it is approved."""
        missing, name = [], self.display_name
        if self.tracking != "none" and not self.lot_id:
            missing.append(self.env._("The serial number: %s", name))
        if not self.unit_price:
            missing.append(self.env._("The price it was bought for: %s", name))
        if not (self.why or "").strip():
            supplier = self.claim_id.partner_id.commercial_partner_id
            if self.warranty_state == "out":
                missing.append(
                    self.env._("Why it is claimed though the supplier's warranty ended on %(day)s: %(part)s",
                               day=self.warranty_until, part=name)
                )
            if self.supplier_id and self.supplier_id != supplier:
                missing.append(
                    self.env._("Why %(claimed)s pays for what %(other)s sold: %(part)s", claimed=supplier.name,
                               other=self.supplier_id.name, part=name)
                )
        return missing

    def _missing_in_answer(self):
        """Return what the supplier's answer about this part lacks, or where it does not fit the claim."""
        missing, name = [], self.display_name
        if self.uom_id.compare(self.replacement_quantity, self.quantity) > 0:
            missing.append(self.env._("%(part)s: no more than the %(all)s claimed are replaced", part=name,
                                      all=f"{self.quantity:g}"))
        if self.uom_id.round(self.replacement_quantity) != self.replacement_quantity or (
            self.tracking == "serial" and self.replacement_quantity not in (0, 1)
        ):
            missing.append(self.env._("%s: how many are replaced", name))
        left = self.currency_id.compare_amounts(self.claimed_amount, self.accepted_amount)
        if left < 0:
            missing.append(
                self.env._(
                    "%(part)s: %(accepted)s are more than the %(claimed)s claimed", part=name,
                    accepted=self.currency_id.format(self.accepted_amount),
                    claimed=self.currency_id.format(self.claimed_amount),
                )
            )
        elif left and not (self.refusal_reason or "").strip():
            missing.append(self.env._("Why the supplier does not give all of it: %s", name))
        sent = self.claim_id.with_goods
        if not self.goods_decision:
            missing.append(self.env._("What becomes of the part: %s", name))
        elif (self.goods_decision == "here") == sent:
            missing.append(
                self.env._("%s was sent: it stays with the supplier or comes back", name) if sent
                else self.env._("%s was never sent: it is still here", name)
            )
        elif self.goods_decision == "back" and self.replacement_quantity:
            missing.append(self.env._("%s: a part that is replaced does not come back", name))
        return missing
