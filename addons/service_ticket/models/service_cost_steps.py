from odoo import models
from odoo.exceptions import UserError

from .service_ticket_roles import FINANCE, LEADER


class ServiceCost(models.Model):
    """Finance audits and allocates; what was audited is corrected by a reversal (C19)."""

    _inherit = "service.cost"

    _transitions = {
        ("draft", "audited"): ("_missing_audit",),
        ("draft", "cancelled"): ("_missing_reason",),
        ("audited", "allocated"): ("_missing_voucher",),
    }
    _transition_groups = {
        ("draft", "audited"): FINANCE,
        ("draft", "cancelled"): f"{FINANCE},{LEADER}",
        ("audited", "allocated"): FINANCE,
    }
    _stamps = {"audited": ("audited_by_id", "audited_at")}
    _system_fields = frozenset(
        {
            "entered_by_id",
            "source_model",
            "source_id",
            "source_key",
            "expense_id",
            "reversal_of_id",
            "is_reversed",
            "audited_by_id",
            "audited_at",
            "voucher_id",
            "reason",
            "amount",
            "company_amount",
            "company_id",
            "incident_id",
            "is_automatic",
        }
    )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_audit(self):
        """C19: an amount, and somebody who neither entered the cost nor has it paid back."""
        missing = [] if self.company_amount else [self.env._("The amount")]
        own = self.sudo().employee_id.user_id
        if not self.is_automatic:
            own |= self.entered_by_id
        if self.env.user in own:
            missing.append(self.env._("Somebody else of finance: it is your own, or you entered it"))
        return missing

    def _missing_allocation(self):
        missing = []
        if self.allocation == "department" and not self.department_id:
            missing.append(self.env._("The department that bears it"))
        if self.allocation in ("supplier", "customer") and not self.partner_id:
            missing.append(self.env._("The supplier or customer who bears it"))
        if (self.allocation in ("supplier", "customer")) != (self.bearer != "company"):
            missing.append(self.env._("One bearer: borne by and allocated to say different things"))
        return missing

    def _missing_voucher(self):
        missing = self._missing_allocation()
        return missing if self.voucher_id else [*missing, self.env._("The voucher: use “Allocate”")]

    def _missing_reason(self):
        return [] if self.reason else [self.env._("A reason: use the Cancel button")]

    # ------------------------------------------------------------------
    # Public actions, several at once
    # ------------------------------------------------------------------

    def action_audit(self):
        """Audit these costs; their amounts are fixed from now on (C19).

        :raises AccessError: the user is not of service finance
        :raises UserError: what is missing, of all of them
        """
        self._check_role(FINANCE)
        self.check_access("write")
        self._check_all("audited", "_missing_audit")
        return self._take_step("audited")

    def action_allocate(self):
        """Allocate audited costs: one voucher for each company, with the sums of each department and bearer (C19, C21).

        :return: the action that shows the vouchers
        """
        self._check_role(FINANCE)
        self.check_access("write")
        self._check_all("allocated", "_missing_allocation")
        vouchers = self.env["service.cost.voucher"]
        for company, costs in self.grouped("company_id").items():
            voucher = vouchers.sudo().create({"company_id": company.id, "prepared_by_id": self.env.uid})
            costs.sudo().write({"voucher_id": voucher.id})
            vouchers |= voucher
        self._take_step("allocated")
        return vouchers.with_env(self.env)._open()

    def action_cancel(self, reason=None):
        """Cancel costs that were recorded wrongly and are not audited yet.

        :param reason: text; without it the button asks for it
        """
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_cancel")
        self._check_role(f"{FINANCE},{LEADER}")
        self.check_access("write")
        self._check_transition_known("cancelled")
        self.sudo().write({"reason": reason})
        return self.write({"state": "cancelled"})

    def action_reverse(self, reason=None):
        """Reverse audited costs: a line with the opposite amount, to be audited by somebody else.

        :param reason: text; without it the button asks for it
        """
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_reverse")
        self._check_role(FINANCE)
        self.check_access("write")
        for cost in self:
            if cost.state not in ("audited", "allocated") or cost.is_reversed or cost.reversal_of_id:
                raise UserError(
                    self.env._("“%s” cannot be reversed: only an audited cost is, and only once.", cost.display_name)
                )
        self._do_reverse(reason)
        return True

    def _do_reverse(self, reason):
        """Write the reversals; the caller has checked the user."""
        costs = self.sudo()
        costs.write({"is_reversed": True})
        return costs.create(
            [
                {
                    "name": self.env._("Reversal of %(cost)s: %(reason)s", cost=cost.name, reason=reason),
                    "reason": reason,
                    "reversal_of_id": cost.id,
                    "type_id": cost.type_id.id,
                    "ticket_id": cost.ticket_id.id,
                    "visit_id": cost.visit_id.id,
                    "employee_id": cost.employee_id.id,
                    "date": cost.date,
                    "quantity": -cost.quantity,
                    "unit": cost.unit,
                    "unit_cost": cost.unit_cost,
                    "currency_id": cost.currency_id.id,
                    "bearer": cost.bearer,
                    "allocation": cost.allocation,
                    "department_id": cost.department_id.id,
                    "partner_id": cost.partner_id.id,
                    "analytic_distribution": cost.analytic_distribution,
                }
                for cost in costs
            ]
        )

    def _check_all(self, target, guard):
        """Raise one error with what all of these costs lack, so that a long list is corrected in one go."""
        self._check_transition_known(target)
        missing = [
            f"• {cost.display_name} ({cost.ticket_id.sudo().name}): {', '.join(found)}"
            for cost in self
            if (found := getattr(cost, guard)())
        ]
        if missing:
            raise UserError(self.env._("Not yet. Missing:\n%s", "\n".join(missing)))
