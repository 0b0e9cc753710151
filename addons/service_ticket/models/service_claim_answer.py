from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from .service_claim_settings import CLAIMERS, CREDITORS
from .service_ticket_roles import FINANCE

ACCOUNTING = "account.group_account_invoice"


class AccountMove(models.Model):
    """The credit note of a supplier: at most one that is not cancelled for each claim (C15)."""

    _inherit = "account.move"

    service_claim_id = fields.Many2one(
        "service.supplier.claim", "Supplier claim", readonly=True, copy=False, index="btree_not_null",
        check_company=True, ondelete="restrict",
    )

    _one_service_refund = models.UniqueIndex(
        "(service_claim_id) WHERE service_claim_id IS NOT NULL AND state != 'cancel'",
        "This claim has its credit note already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su or "service_claim_id" not in vals:
                vals["service_claim_id"] = False
        return super().create(vals_list)

    def write(self, vals):
        if "service_claim_id" in vals and not self.env.su:
            raise AccessError(self.env._("The claim of a credit note is set by the system."))
        return super().write(vals)

    def _post(self, soft=True):
        """Post; a claim whose credit note is posted goes on."""
        posted = super()._post(soft)
        posted.sudo().service_claim_id._try_settle()
        return posted


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    service_claim_line_id = fields.Many2one(
        "service.supplier.claim.line", "Claimed part", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            if not self.env.su or "service_claim_line_id" not in vals:
                vals["service_claim_line_id"] = False
        return super().create(vals_list)

    def write(self, vals):
        if "service_claim_line_id" in vals and not self.env.su:
            raise AccessError(self.env._("The claimed part of a credit note is set by the system."))
        return super().write(vals)


class ServiceSupplierClaim(models.Model):
    """What the supplier answers, and what comes of it: credit note, replacement, refusal; each once (C15)."""

    _inherit = "service.supplier.claim"

    refund_ids = fields.One2many(
        "account.move", "service_claim_id", "Credit notes", readonly=True,
        groups=f"{ACCOUNTING},account.group_account_readonly",
    )
    refund_id = fields.Many2one(
        "account.move", "Credit note", compute="_compute_refund", compute_sudo=True, search="_search_refund_id"
    )
    refund_state = fields.Selection(
        lambda self: self.env["account.move"]._fields["state"]._description_selection(self.env),
        "State of the credit note", compute="_compute_refund", compute_sudo=True,
    )
    credit_total = fields.Monetary("To be credited", compute="_compute_credit_total")
    replacement_total = fields.Float("To be replaced", compute="_compute_credit_total", digits="Product Unit")

    @api.depends("refund_ids.state")
    def _compute_refund(self):
        for claim in self:
            claim.refund_id = claim.refund_ids.filtered(lambda move: move.state != "cancel")[:1]
            claim.refund_state = claim.refund_id.state

    @api.model
    def _search_refund_id(self, operator, value):
        moves = self.env["account.move"].sudo()
        if operator == "in" and False in value:
            domain = [("service_claim_id", "!=", False), ("state", "!=", "cancel")]
            return [("id", "not in", moves.search(domain).service_claim_id.ids)]
        return [("id", "in", moves.search([("id", operator, value)]).service_claim_id.ids)]

    @api.depends("line_ids.credit_amount", "line_ids.replacement_quantity")
    def _compute_credit_total(self):
        for claim in self:
            claim.credit_total = sum(claim.line_ids.mapped("credit_amount"))
            claim.replacement_total = sum(claim.line_ids.mapped("replacement_quantity"))

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_settlement(self):
        """C15: what the supplier gave is here: the credit note is posted, replacements and refused parts are in."""
        claim, missing = self.sudo(), []
        if claim.credit_total and not claim.refund_id:
            missing.append(self.env._("The credit note: use “Draft the credit note”"))
        elif claim.credit_total and claim.refund_state != "posted":
            missing.append(self.env._("The posting of the credit note by accounting"))
        for line, quantity in claim._to_receive("claim_replace"):
            missing.append(
                self.env._("The replacement, %(many)s to come: %(part)s", many=f"{quantity:g}", part=line.display_name)
            )
        for line, _quantity in claim._to_receive("claim_back"):
            missing.append(self.env._("The part the supplier sends back: %s", line.display_name))
        return missing

    def _missing_nothing_booked(self):
        claim = self.sudo()
        missing = [self.env._("No credit note: cancel it in accounting first")] if claim.refund_id else []
        receipts = claim.picking_ids.move_ids.filtered(
            lambda move: move.state == "done" and move.service_purpose != "send_back"
        )
        return missing + [self.env._("No receipt: %s came in already", move.product_id.name) for move in receipts]

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_answer(self):
        """Close the supplier's answer as it was entered; the claim is settled once what it promises is here (C15).

        :raises AccessError: the user neither keeps the store nor works at the service desk
        :raises UserError: listing everything the answer lacks
        """
        self._check_claimer()
        self.sudo()._lock()
        self._take_step("answered")
        self._try_settle()
        return True

    def action_correct_answer(self):
        """Open the answer again, as long as nothing followed from it.

        :raises AccessError: the user neither keeps the store nor works at the service desk
        :raises UserError: a credit note or a receipt followed already
        """
        self._check_claimer()
        self.sudo()._lock()
        return self._take_step("sent")

    def action_draft_refund(self):
        """Draft the vendor credit note of each claim for accounting, once; nobody here needs rights in accounting.

        :return: the action that opens it for accountants, else True
        :raises AccessError: the user is no service manager, of service finance, or an accountant
        :raises UserError: the claim is not answered, nothing is credited, or there is a credit note already
        """
        self._check_role(f"{CREDITORS},{ACCOUNTING}")
        self.check_access("read")
        self.sudo()._lock()
        for claim in self:
            system = claim._as_system()
            system.invalidate_recordset(["state"])
            if system.state != "answered" or not system.credit_total:
                raise UserError(self.env._("%s: the supplier credits nothing now.", claim.display_name))
            if system.refund_id:
                raise UserError(self.env._("%s has its credit note already.", claim.display_name))
            system._make_refund()
        self._assign_next_step()
        return self._refund_action() if self.env.user.has_group(ACCOUNTING) else True

    def action_open_refund(self):
        """Return the credit note of this claim.

        :raises AccessError: the user has no rights in accounting
        """
        self.ensure_one()
        self._check_role(ACCOUNTING)
        self.check_access("read")
        return self._refund_action()

    def action_settle(self):
        """Settle answered claims of which everything is here; most settle by themselves (C15).

        :raises AccessError: the user neither works with claims nor in service finance
        :raises UserError: listing what is still to come
        """
        self._check_role(f"{CLAIMERS},{FINANCE}")
        self.check_access("read")
        self.sudo()._lock()
        self.sudo().invalidate_recordset(["state"])
        return self.sudo()._take_step("settled")

    # ------------------------------------------------------------------
    # For the code of claims; superuser
    # ------------------------------------------------------------------

    def _lock(self):
        """Let others who take the same claims on wait; Odoo repeats them when something changed."""
        if self:
            self.env.flush_all()
            self.env.cr.execute(
                SQL("SELECT id FROM service_supplier_claim WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids)),
                log_exceptions=False,
            )

    def _try_settle(self):
        """Settle those of these claims of which everything is here."""
        claims = self.sudo().filtered(lambda one: one.state == "answered")
        claims.filtered(lambda one: not one._missing_settlement()).write({"state": "settled"})

    def _make_refund(self):
        """Return the drafted vendor credit note of this claim: a line for each part that is credited."""
        journal = self.env["account.journal"].search(
            [("type", "=", "purchase"), *self.env["account.journal"]._check_company_domain(self.company_id)], limit=1
        )
        if not journal:
            raise UserError(
                self.env._("%s has no purchase journal: set up its accounting first.", self.company_id.name)
            )
        position = self.env["account.fiscal.position"]._get_fiscal_position(self.partner_id)
        lines = [
            fields.Command.create(line._refund_vals(position))
            for line in self.line_ids
            if line.credit_amount
        ]
        return self.env["account.move"].create(
            {
                "move_type": "in_refund", "journal_id": journal.id, "partner_id": self.partner_id.id,
                "currency_id": self.currency_id.id, "invoice_date": self.answered_on,
                "ref": self.supplier_reference or self.name, "invoice_origin": self.name,
                "service_claim_id": self.id, "fiscal_position_id": position.id, "invoice_line_ids": lines,
            }
        )

    def _refund_action(self):
        refunds = self.sudo().refund_id
        action = {
            **self.env["ir.actions.act_window"]._for_xml_id("account.action_move_in_refund_type"),
            "domain": [("id", "in", refunds.ids)], "context": {"default_move_type": "in_refund"},
        }
        if len(refunds) == 1:
            action |= {"views": [(False, "form")], "view_mode": "form", "res_id": refunds.id}
        return action


class ServiceSupplierClaimLine(models.Model):
    _inherit = "service.supplier.claim.line"

    def _refund_vals(self, position):
        """Return the values of the line of the credit note; without the product, so that no value in stock changes."""
        product = self.product_id
        account = product.product_tmpl_id.get_product_accounts(position)["expense"]
        taxes = product.supplier_taxes_id._filter_taxes_by_company(self.company_id)
        return {
            "name": f"{self.claim_id.name}: {self.display_name}", "quantity": 1, "price_unit": self.credit_amount,
            **({"account_id": account.id} if account else {}),
            "tax_ids": [fields.Command.set(position.map_tax(taxes).ids)], "service_claim_line_id": self.id,
        }
