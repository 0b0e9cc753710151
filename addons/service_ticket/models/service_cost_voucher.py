from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class ServiceCostVoucher(models.Model):
    """The allocation of audited costs on one paper; nothing is added to it or taken from it later (C19, C21)."""

    _name = "service.cost.voucher"
    _description = "Allocation voucher"
    _inherit = ["quality.number.mixin", "quality.register.mixin"]
    _sequence_code = "service.cost.voucher"
    _order = "id desc"
    _check_company_auto = True
    _register_date = "date"
    _register_order = "date, id"
    _register_historic = None

    name = fields.Char("Number", required=True, readonly=True, copy=False, index="trigram")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    date = fields.Date(required=True, readonly=True, default=fields.Date.context_today, index=True)
    prepared_by_id = fields.Many2one("res.users", "Prepared by", readonly=True)
    cost_ids = fields.One2many("service.cost", "voucher_id", "Costs", readonly=True)
    cost_count = fields.Integer("Lines", compute="_compute_amount", store=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    amount = fields.Monetary("Total", compute="_compute_amount", store=True)

    @api.depends("cost_ids.company_amount")
    def _compute_amount(self):
        groups = self.env["service.cost"]._read_group(
            [("voucher_id", "in", self.ids)], ["voucher_id"], ["company_amount:sum", "__count"]
        )
        sums = {voucher.id: (amount, count) for voucher, amount, count in groups}
        for voucher in self:
            voucher.amount, voucher.cost_count = sums.get(voucher.id, (0, 0))

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            raise AccessError(self.env._("A voucher comes from the costs: choose audited ones and use “Allocate”."))
        self._number(vals_list)
        return super().create(vals_list)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Vouchers are kept. Reverse a cost that was allocated wrongly."))

    def _sums(self):
        """Return ``[(allocation, department or bearer, amount)]`` of one voucher, for the paper."""
        self.ensure_one()
        labels = dict(self.env["service.cost"]._fields["allocation"]._description_selection(self.env))
        sums = {}
        for cost in self.cost_ids:
            inside = cost.allocation in ("department", "manufacturing")
            who = (cost.department_id if inside else cost.partner_id).display_name or ""
            key = (cost.allocation, who)
            sums[key] = sums.get(key, 0) + cost.company_amount
        return [(labels[allocation], who, amount) for (allocation, who), amount in sorted(sums.items())]

    def _open(self):
        """Return the action that shows these vouchers."""
        action = {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "name": self.env._("Allocation vouchers"),
            "views": [[False, "list"], [False, "form"]],
            "domain": [("id", "in", self.ids)],
        }
        if len(self) == 1:
            action.update(views=[[False, "form"]], res_id=self.id)
        return action
