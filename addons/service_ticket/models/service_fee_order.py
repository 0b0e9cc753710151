from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .service_fee_request import AGREED
from .service_ticket_roles import FINANCE

#: what the approval of a fee request fixes of its order
FIXED = frozenset(
    {
        "partner_id",
        "company_id",
        "currency_id",
        "pricelist_id",
        "fiscal_position_id",
        "order_line",
        "state",
        "signature",
        "signed_by",
        "signed_on",
        "require_signature",
        "require_payment",
        "validity_date",
    }
)
FIXED_LINE = frozenset(
    {"order_id", "product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount", "tax_ids", "name"}
)
OWN = frozenset({"service_ticket_id", "service_fee_id"})


class ServiceFeeRequest(models.Model):
    """Quotation, order and invoice of a fee request are Odoo's own (C7, C18)."""

    _inherit = "service.fee.request"

    order_ids = fields.One2many("sale.order", "service_fee_id", "Quotations", readonly=True)
    order_id = fields.Many2one("sale.order", "Quotation", compute="_compute_order_id", compute_sudo=True)
    invoice_ids = fields.Many2many("account.move", string="Invoices", compute="_compute_order_id", compute_sudo=True)
    invoice_count = fields.Integer(compute="_compute_order_id", compute_sudo=True)

    @api.depends("order_ids.state", "order_ids.invoice_ids.state")
    def _compute_order_id(self):
        for fee in self:
            fee.order_id = fee.order_ids.filtered(lambda order: order.state != "cancel").sorted("id")[-1:]
            fee.invoice_ids = fee.order_id.invoice_ids.filtered(lambda move: move.state != "cancel")
            fee.invoice_count = len(fee.invoice_ids)

    def _create_order(self):
        """Create the quotation of an approved request; ``self`` is the superuser's."""
        ticket = self.ticket_id
        return (
            self.env["sale.order"]
            .with_company(self.company_id)
            .create(
                {
                    "partner_id": self.partner_id.id,
                    "company_id": self.company_id.id,
                    "pricelist_id": False,
                    "currency_id": self.currency_id.id,
                    "origin": f"{ticket.name}, {self.name}",
                    "service_ticket_id": ticket.id,
                    "service_fee_id": self.id,
                    "validity_date": self.valid_until,
                    "require_signature": True,
                    "require_payment": False,
                    "order_line": [fields.Command.create(line._prepare_order_line()) for line in self.line_ids],
                }
            )
        )

    def _drop_orders(self):
        """Cancel the quotations that no longer stand, after the request has left the state that held them."""
        for order in self.order_ids.filtered(lambda order: order.state != "cancel"):
            if order.locked:
                order.action_unlock()
            order._action_cancel()

    def action_invoice(self):
        """Draw up the draft invoice of what the customer accepted; accounting posts it.

        :return: the action that shows it
        :raises AccessError: the user is not of service finance
        """
        self._check_role(FINANCE)
        self.check_access("read")
        for fee in self:
            fee._check_transition_known("invoiced")
            order = fee.sudo().order_id
            if not fee.sudo().invoice_ids:
                # Parts reach the customer by requisition, so what was agreed is invoiced, not what the order delivered.
                order._force_lines_to_invoice_policy_order()
                order._create_invoices()
                fee.invalidate_recordset(["order_id", "invoice_ids", "invoice_count"])
            fee.write({"state": "invoiced"})
        return self.action_open_invoices()

    def action_open_invoices(self):
        """Return the action that shows the invoices, or says where they are for who may not see them."""
        self.check_access("read")
        moves = self.sudo().invoice_ids
        if not self.env["account.move"].has_access("read"):
            return {
                "type": "ir.actions.client",
                "tag": "display_notification",
                "params": {
                    "type": "success",
                    "message": self.env._(
                        "The draft invoice waits in accounting: %s",
                        ", ".join(move.name or move.ref or str(move.id) for move in moves),
                    ),
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        return {
            "type": "ir.actions.act_window",
            "res_model": "account.move",
            "name": self.env._("Invoices"),
            "views": [[False, "list"], [False, "form"]],
            "domain": [("id", "in", moves.ids)],
        }

    def action_open_order(self):
        """Return the action that shows the quotation or order."""
        self.ensure_one()
        self.check_access("read")
        self.env["sale.order"].check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "sale.order",
            "name": self.env._("Quotation"),
            "views": [[False, "form"]],
            "res_id": self.order_id.id,
        }


class SaleOrder(models.Model):
    """An order about a ticket comes from an approved fee request, and says what was approved (C7)."""

    _inherit = "sale.order"

    service_ticket_id = fields.Many2one(
        "service.ticket",
        "Service ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    service_fee_id = fields.Many2one(
        "service.fee.request",
        "Fee request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )

    _service_fee_uniq = models.UniqueIndex(
        "(service_fee_id) WHERE state != 'cancel' AND service_fee_id IS NOT NULL",
        "This fee request has its quotation already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get(name) for vals in vals_list for name in OWN):
            raise AccessError(
                self.env._("A quotation about a service ticket comes from its approved fee request, not from here.")
            )
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su:
            if not OWN.isdisjoint(vals):
                raise AccessError(self.env._("The service ticket of an order comes from its approved fee request."))
            if not FIXED.isdisjoint(vals):
                self._check_not_fixed(vals)
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_service_fee(self):
        if self.service_fee_id:
            raise UserError(self.env._("The quotation of a fee request is kept. Cancel the fee request instead."))

    @api.constrains("service_ticket_id", "service_fee_id")
    def _check_service_fee(self):
        """Whoever creates it: without an approved request there is no quotation."""
        for order in self.filtered(lambda order: order.service_ticket_id or order.service_fee_id):
            fee = order.service_fee_id
            approved = fee.state == "approved" and fee._gate_approved("fee_request")
            if not approved or fee.ticket_id != order.service_ticket_id:
                raise ValidationError(
                    self.env._("A quotation about a service ticket needs an approved fee request of that ticket.")
                )

    @api.depends("service_fee_id")
    def _compute_currency_id(self):
        """The currency of the fee request; Odoo's own follows from the price list, which a fee has none of."""
        ours = self.filtered("service_fee_id")
        result = super(SaleOrder, self - ours)._compute_currency_id()
        for order in ours:
            order.currency_id = order.service_fee_id.sudo().currency_id
        return result

    def _check_not_fixed(self, vals):
        for order in self.filtered("service_fee_id"):
            changed = [
                name
                for name in FIXED & vals.keys()
                if (name == "order_line" and order._touches_fixed_lines(vals[name]))
                or (
                    name != "order_line"
                    and order._fields[name].convert_to_cache(vals[name], order)
                    != order._fields[name].convert_to_cache(order[name], order)
                )
            ]
            if changed:
                raise UserError(
                    self.env._(
                        "%(order)s says what was approved as %(fee)s: %(fields)s cannot be changed here. "
                        "Change the fee request; it is approved anew.",
                        order=order.name,
                        fee=order.service_fee_id.sudo().name,
                        fields=", ".join(sorted(order._fields[name]._description_string(self.env) for name in changed)),
                    )
                )

    def _touches_fixed_lines(self, commands):
        """Return whether commands on the lines do more than link; the lines judge what is written on them."""
        harmful = (fields.Command.UNLINK, fields.Command.CLEAR, fields.Command.SET)
        return any(command[0] in harmful for command in commands)

    def _confirmation_error_message(self):
        fee = self.sudo().service_fee_id
        if fee and fee.state not in AGREED:
            return self.env._("%s: the customer has not accepted it yet.", fee.name)
        return super()._confirmation_error_message()

    def action_confirm(self):
        """Confirm; the signature under the quotation in Odoo's portal is the acceptance of its fee request."""
        signed = self.filtered(lambda order: self.env.su and order.service_fee_id.state == "quoted" and order.signature)
        for order in signed:
            order.service_fee_id._do_answer("accepted", order.signed_by, "portal", signature=order.signature.decode())
        rest = self - signed
        return super(SaleOrder, rest).action_confirm() if rest else True

    def _action_cancel(self):
        """Cancel; that of an offer in Odoo's portal is the customer's refusal."""
        for order in self.filtered("service_fee_id"):
            fee = order.sudo().service_fee_id
            if fee.state == "quoted" and self.env.su and self.env.user.share:
                person = order.partner_id.name if self.env.user._is_public() else self.env.user.name
                fee._do_answer("refused", person, "portal", self.env._("Declined under the quotation"))
            elif fee.state in ("approved", "quoted", "accepted", "invoiced", "settled"):
                raise UserError(self.env._("%s: cancel the fee request; its quotation goes with it.", fee.name))
        live = self.filtered(lambda order: order.state != "cancel")
        return super(SaleOrder, live)._action_cancel() if live else True

    def _has_to_be_signed(self):
        fee = self.service_fee_id
        return super()._has_to_be_signed() and (not fee or fee.sudo().state == "quoted")

    def _get_update_prices_lines(self):
        return super()._get_update_prices_lines().filtered(lambda line: not line.service_fee_line_id)


class SaleOrderLine(models.Model):
    _inherit = "sale.order.line"

    service_fee_line_id = fields.Many2one(
        "service.fee.line",
        "Line of the fee request",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
    )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if not self.env.su:
            # Down payments and sections add nothing to what was agreed.
            lines.filtered(lambda line: not (line.is_downpayment or line.display_type))._check_not_fixed()
        return lines

    def write(self, vals):
        if not self.env.su and not (FIXED_LINE | {"service_fee_line_id"}).isdisjoint(vals):
            self.filtered(lambda line: not (line.is_downpayment or line.display_type))._check_not_fixed()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_service_fee(self):
        if not self.env.su:
            self._check_not_fixed()

    def _check_not_fixed(self):
        fees = self.sudo().order_id.service_fee_id
        if fees:
            raise UserError(
                self.env._(
                    "The lines say what was approved as %s and cannot be changed here. Change the fee request; it is "
                    "approved anew.",
                    ", ".join(fees.mapped("name")),
                )
            )

    def _action_launch_stock_rule(self, **kwargs):
        """The parts of a fee request reach the customer by requisition (C13), not by a second delivery."""
        others = self.filtered(lambda line: not line.sudo().order_id.service_fee_id)
        return super(SaleOrderLine, others)._action_launch_stock_rule(**kwargs)
