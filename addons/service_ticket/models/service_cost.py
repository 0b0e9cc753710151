from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .service_cost_type import ALLOCATIONS, BEARERS
from .service_ticket_roles import FINANCE, LEADER

#: what the source of an automatic line says
FACTS = frozenset({"date", "quantity", "unit_cost", "amount", "currency_id", "ticket_id", "visit_id", "employee_id"})
#: what finance decides when it allocates
ALLOCATED = frozenset({"allocation", "department_id", "partner_id", "analytic_distribution"})


class ServiceCost(models.Model):
    """One cost of a ticket: entered once, audited by finance, allocated, corrected only by a reversal (C19, C21)."""

    _name = "service.cost"
    _description = "Service cost"
    _inherit = [
        "quality.workflow.mixin",
        "quality.evidence.mixin",
        "analytic.mixin",
        "mail.thread",
        "quality.register.mixin",
    ]
    _order = "date desc, id desc"
    _rec_names_search = ["name", "ticket_id.name"]
    _check_company_auto = True
    _historic_group = LEADER
    _personal_fields = ("name", "reason")
    _register_date = "date"
    _register_order = "date, id"

    name = fields.Char("Description", required=True)
    state = fields.Selection(
        [("draft", "To audit"), ("audited", "Audited"), ("allocated", "Allocated"), ("cancelled", "Cancelled")],
        default="draft",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    type_id = fields.Many2one("service.cost.type", required=True, index=True, ondelete="restrict", tracking=True)
    ticket_id = fields.Many2one("service.ticket", required=True, index=True, ondelete="restrict", check_company=True)
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
    incident_id = fields.Many2one(related="ticket_id.incident_id", store=True, index="btree_not_null")
    visit_id = fields.Many2one(
        "service.visit",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        domain="[('ticket_id', '=', ticket_id)]",
    )
    employee_id = fields.Many2one("hr.employee", index="btree_not_null", check_company=True)
    date = fields.Date(required=True, default=fields.Date.context_today, index=True)
    quantity = fields.Float(default=1, digits="Product Unit", required=True)
    unit = fields.Char(help="Hours, pieces, kilometres, …")
    unit_cost = fields.Float("Cost per unit", digits="Product Price", required=True)
    currency_id = fields.Many2one(
        "res.currency", required=True, default=lambda self: self.env.company.currency_id, index=True
    )
    amount = fields.Monetary(compute="_compute_amount", store=True, tracking=True)
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Currency of the company")
    company_amount = fields.Monetary(
        "Amount in the company's currency",
        currency_field="company_currency_id",
        compute="_compute_company_amount",
        store=True,
        help="At the rate of the day of the cost.",
    )
    bearer = fields.Selection(
        BEARERS,
        "Borne by",
        compute="_compute_bearer",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        tracking=True,
    )
    allocation = fields.Selection(
        ALLOCATIONS,
        "Allocated to",
        compute="_compute_allocation",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        tracking=True,
    )
    department_id = fields.Many2one(
        "hr.department",
        compute="_compute_department_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        check_company=True,
        tracking=True,
    )
    partner_id = fields.Many2one("res.partner", "Supplier or customer", index="btree_not_null", tracking=True)
    reason = fields.Char(readonly=True, copy=False)

    # where it comes from
    entered_by_id = fields.Many2one("res.users", "Entered by", readonly=True, copy=False, index="btree_not_null")
    source_model = fields.Char(readonly=True, copy=False, export_string_translation=False)
    source_id = fields.Many2oneReference(
        "Source ID", model_field="source_model", readonly=True, copy=False, export_string_translation=False
    )
    source_key = fields.Char(readonly=True, copy=False, export_string_translation=False)
    expense_id = fields.Many2one("hr.expense", readonly=True, copy=False, index="btree_not_null", ondelete="set null")
    is_automatic = fields.Boolean("Recorded by the system", compute="_compute_is_automatic", store=True)
    reversal_of_id = fields.Many2one(
        "service.cost", "Reverses", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    is_reversed = fields.Boolean("Reversed", readonly=True, copy=False)

    # what finance did
    audited_by_id = fields.Many2one("res.users", readonly=True, copy=False)
    audited_at = fields.Datetime("Audited on", readonly=True, copy=False)
    voucher_id = fields.Many2one(
        "service.cost.voucher", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )

    _source_uniq = models.UniqueIndex(
        "(source_model, source_id, source_key) WHERE source_model IS NOT NULL AND state != 'cancelled'"
        " AND is_reversed IS NOT TRUE AND reversal_of_id IS NULL",
        "This cost is recorded already.",
    )
    _ticket_idx = models.Index("(ticket_id, bearer) WHERE state != 'cancelled'")
    _company_idx = models.Index("(company_id, date) WHERE state != 'cancelled'")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("type_id", "name")
    def _compute_display_name(self):
        for cost in self:
            cost.display_name = f"{cost.type_id.name or ''}: {cost.name or ''}"

    @api.depends("quantity", "unit_cost", "currency_id")
    def _compute_amount(self):
        for cost in self:
            amount = cost.quantity * cost.unit_cost
            cost.amount = cost.currency_id.round(amount) if cost.currency_id else amount

    @api.depends("amount", "currency_id", "date", "company_id")
    def _compute_company_amount(self):
        for cost in self:
            company = cost.company_id or self.env.company
            cost.company_amount = (cost.currency_id or company.currency_id)._convert(
                cost.amount, company.currency_id, company, cost.date or fields.Date.context_today(cost)
            )

    @api.depends("type_id")
    def _compute_bearer(self):
        for cost in self:
            cost.bearer = cost.type_id.bearer or "company"

    @api.depends("type_id", "bearer")
    def _compute_allocation(self):
        for cost in self:
            outside = cost.bearer in ("supplier", "customer")
            cost.allocation = cost.bearer if outside else cost.type_id.allocation or "department"

    @api.depends("ticket_id", "employee_id", "allocation")
    def _compute_department_id(self):
        """The responsible department, else that of the employee, else that of the team."""
        for cost in self:
            ticket = cost.ticket_id
            known = ticket.responsible_department_id or cost.employee_id.sudo().department_id
            cost.department_id = cost.department_id or known or ticket.team_id.department_id

    @api.depends("source_model")
    def _compute_is_automatic(self):
        for cost in self:
            cost.is_automatic = bool(cost.source_model)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Enter costs; who enters one does not audit it."""
        if not self.env.su:
            self._check_role(f"{FINANCE},{LEADER}")
        costs = super().create([{**vals, "entered_by_id": self.env.uid} for vals in vals_list])
        costs._check_entered()
        return costs

    @api.model
    def _check_system_fields(self, vals):
        return super()._check_system_fields({name: value for name, value in vals.items() if name != "entered_by_id"})

    def write(self, vals):
        if "entered_by_id" in vals and not self.env.su:
            raise AccessError(self.env._("Who entered a cost stays who entered it."))
        if not self.env.su and not FACTS.isdisjoint(vals):
            self._check_automatic(vals)
        result = super().write(vals)
        if not FACTS.isdisjoint(vals):
            self._check_entered()
        return result

    @api.model
    def _check_may_import_history(self):
        raise AccessError(self.env._("Costs are audited here; none is imported as history."))

    @api.model
    def _frozen_fields(self, state):
        if state == "draft":
            return frozenset()
        frozen = self._every_field()
        return frozen - ALLOCATED if state == "audited" else frozen

    def _check_automatic(self, vals):
        for cost in self.filtered("is_automatic"):
            if any(cost._would_change(name, vals[name]) for name in FACTS & vals.keys() - {"amount"}):
                raise UserError(
                    self.env._("“%s” follows from its source. Correct it there, or cancel it here.", cost.display_name)
                )

    def _check_entered(self):
        for cost in self:
            if cost.ticket_id.state == "cancelled" and not cost.source_model:
                raise UserError(self.env._("%s is cancelled; it has no further costs.", cost.ticket_id.name))
            if cost.quantity <= 0 and not cost.reversal_of_id:
                raise UserError(self.env._("“%s”: the quantity of a cost is above zero.", cost.display_name))
            if cost.unit_cost < 0:
                raise UserError(self.env._("“%s”: a cost is not negative. Reverse what is wrong.", cost.display_name))
            if cost.visit_id and cost.visit_id.ticket_id != cost.ticket_id:
                raise UserError(self.env._("“%s”: the visit belongs to another ticket.", cost.display_name))

    def _evidence_locked(self):
        return any(cost.state != "draft" for cost in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "=", "draft")

    def _personal_documents(self):
        return self

    @api.onchange("ticket_id")
    def _onchange_ticket_id(self):
        if self.ticket_id:
            self.currency_id = self.ticket_id.company_id.currency_id
