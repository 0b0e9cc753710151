from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .service_fee_request import AGREED, OPEN
from .service_ticket_roles import AGENT, ENGINEER


class ServiceTicket(models.Model):
    """What the customer pays for, seen from the ticket (C7, C18, D2)."""

    _inherit = "service.ticket"

    is_chargeable = fields.Boolean(
        "Chargeable", compute="_compute_is_chargeable", help="Not a matter of quality, or out of warranty."
    )
    fee_ids = fields.One2many("service.fee.request", "ticket_id", "Fee requests", readonly=True)
    fee_count = fields.Integer(compute="_compute_fee_count")

    @api.depends("cause_class", "warranty_state")
    def _compute_is_chargeable(self):
        for ticket in self:
            ticket.is_chargeable = ticket.cause_class == "non_quality" or ticket.warranty_state == "out"

    @api.depends("fee_ids")
    def _compute_fee_count(self):
        groups = (
            self.env["service.fee.request"]
            .sudo()
            ._read_group([("ticket_id", "in", self.ids), ("state", "!=", "cancelled")], ["ticket_id"], ["__count"])
        )
        counts = {ticket.id: count for ticket, count in groups}
        for ticket in self:
            ticket.fee_count = counts.get(ticket.id, 0)

    def _is_charged_at_cost(self):
        """D2: once the warranty has ended, material and basic labour at cost."""
        return self.warranty_state == "out"

    def _has_accepted_fee(self):
        return any(fee.state in AGREED for fee in self.sudo().fee_ids)

    # ------------------------------------------------------------------
    # A new request
    # ------------------------------------------------------------------

    def action_request_fee(self):
        """Draft the fee request of a chargeable ticket, filled in with what is known; or show the open one.

        :return: the form
        :raises AccessError: the user is no service staff
        :raises UserError: the ticket is over, or not chargeable
        """
        self.ensure_one()
        self._check_staff()
        fee = self.sudo().fee_ids.filtered(lambda one: one.state in ("draft", "approval", "approved", "quoted"))[:1]
        return (fee.with_env(self.env) or self._draft_fee()).get_formview_action()

    def _draft_fee(self, visit=None):
        """Return a new draft with the lines that are known; the caller has checked the user."""
        if self.state in ("closed", "cancelled"):
            raise UserError(self.env._("%s is over; no fee can be asked for.", self.name))
        if not self.is_chargeable:
            raise UserError(
                self.env._(
                    "%s is not chargeable: the cause is neither use or handling, nor has the warranty ended.", self.name
                )
            )
        return self.env["service.fee.request"].create(
            {
                "ticket_id": self.id,
                "visit_id": visit.id if visit else False,
                "line_ids": [fields.Command.create(vals) for vals in self.sudo()._prepare_fee_lines(visit)],
            }
        )

    def _prepare_fee_lines(self, visit=None):
        """Return the values of the lines a new fee request begins with: labour, travel, then the parts."""
        visits = visit or self.visit_ids.filtered(lambda one: one.state != "cancelled")
        lines = []
        hours = sum(one._work_hours() * len(one.engineer_ids) for one in visits)
        labour = self.env.ref("service_ticket.product_service_labour", raise_if_not_found=False)
        if labour and labour.active:
            lines.append({"product_id": labour.id, "quantity": round(hours, 2) or 1})
        travel = self.env.ref("service_ticket.product_service_travel", raise_if_not_found=False)
        if visits and travel and travel.active:
            lines.append({"product_id": travel.id, "quantity": len(visits)})
        return lines + self._prepare_fee_part_lines(visits)

    def _prepare_fee_part_lines(self, visits):
        """Hook: return the values of the lines for parts: ``product_id, quantity, in_warranty``."""
        return []

    def action_open_fees(self):
        """Return the action that shows the fee requests of this ticket."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_fee_action"),
            "domain": [("ticket_id", "=", self.id)],
            "context": {"default_ticket_id": self.id},
        }

    # ------------------------------------------------------------------
    # Steps of the ticket
    # ------------------------------------------------------------------

    def _missing_closure(self):
        return super()._missing_closure() + self._missing_fees()

    def _missing_fees(self):
        """C7: no open fee request and no money on the way behind a closed ticket."""
        ticket = self.sudo()
        missing = [
            self.env._("The end of fee request %(fee)s (%(state)s)", fee=fee.name, state=fee._state_label(fee.state))
            for fee in ticket.fee_ids.with_env(self.env).sudo()
            if fee.state in OPEN
        ]
        missing += [
            self.env._("The cash of %s handed in", cash.name)
            for cash in ticket.fee_ids.cash_ids
            if cash.state == "received"
        ]
        return missing

    def _missing_for(self, target):
        missing = super()._missing_for(target)
        if target == "cancelled":
            missing += [
                self.env._("The end of fee request %s: the customer accepted it", fee.name)
                for fee in self.sudo().fee_ids
                if fee.state in AGREED[:1] or fee.cash_ids.filtered(lambda cash: cash.state == "received")
            ]
        return missing

    def _enter_cancelled(self, origins):
        result = super()._enter_cancelled(origins)
        for fee in self.fee_ids.filtered(lambda fee: fee.state in OPEN):
            fee.cancel_reason = self.env._("The ticket was cancelled.")
            fee.write({"state": "cancelled"})
        return result

    def _dispatch_vals(self):
        return {**super()._dispatch_vals(), "is_chargeable": self.is_chargeable}


class ServiceVisit(models.Model):
    """A visit at the customer's expense begins when the customer has agreed to the expense (C7, C18)."""

    _inherit = "service.visit"

    is_chargeable = fields.Boolean(
        "At the customer's expense",
        tracking=True,
        help="The engineers leave only when a fee request of this ticket is accepted. The service desk decides it.",
    )
    ticket_chargeable = fields.Boolean(related="ticket_id.is_chargeable", string="The ticket is chargeable")
    fee_ids = fields.One2many("service.fee.request", "visit_id", "Fee requests", readonly=True)
    cash_ids = fields.One2many("service.cash.receipt", "visit_id", "Cash received", readonly=True)

    def write(self, vals):
        """Write; whether the customer pays is not for the engineers to decide.

        :raises AccessError: an engineer changes who pays
        """
        changed = "is_chargeable" in vals and any(visit.is_chargeable != vals["is_chargeable"] for visit in self)
        if changed and not self.env.su and not self.env.user.has_group(AGENT):
            raise AccessError(self.env._("The service desk decides whether a visit is at the customer's expense."))
        return super().write(vals)

    @api.model
    def _frozen_fields(self, state):
        frozen = super()._frozen_fields(state)
        return frozen if state in ("draft", "planned") else frozen | {"is_chargeable"}

    def _missing_for(self, target):
        missing = super()._missing_for(target)
        if target == "departed" and self.is_chargeable and not self.sudo().ticket_id._has_accepted_fee():
            missing.append(
                self.env._("An accepted fee request: the visit is at the customer's expense. Use “Fee request”")
            )
        return missing

    def _work_hours(self):
        """Return the hours on site, by which each engineer is counted; 0 before the end."""
        if not self.arrived_at or not self.finished_at:
            return 0.0
        return (self.finished_at - self.arrived_at).total_seconds() / 3600

    def action_request_fee(self):
        """Draft a fee request for this visit, or show the open one of its ticket (C18).

        :raises AccessError: the user is neither on the visit nor at the service desk
        """
        self.ensure_one()
        self._check_role(f"{ENGINEER},{AGENT}")
        self._check_own()
        ticket = self.ticket_id
        fee = ticket.sudo().fee_ids.filtered(lambda one: one.state in ("draft", "approval", "approved", "quoted"))[:1]
        return (fee.with_env(self.env) or ticket._draft_fee(self)).get_formview_action()
