from odoo import api, fields, models

#: who may see what service costs; labour says what people earn
READERS = (
    "service_ticket.group_service_finance,service_ticket.group_service_manager,"
    "quality_incident.group_quality_manager,quality_incident.group_quality_chief_engineer"
)


class ServiceTicket(models.Model):
    """What a ticket cost, and who bears it (C19, C21)."""

    _inherit = "service.ticket"

    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Currency of the company")
    cost_ids = fields.One2many("service.cost", "ticket_id", "Costs", readonly=True, groups=READERS)
    cost_total = fields.Monetary(
        "Costs in all",
        currency_field="company_currency_id",
        compute="_compute_costs",
        compute_sudo=True,
        groups=READERS,
    )
    cost_company = fields.Monetary(
        "Borne by the company",
        currency_field="company_currency_id",
        compute="_compute_costs",
        compute_sudo=True,
        groups=READERS,
    )
    cost_supplier = fields.Monetary(
        "Borne by suppliers",
        currency_field="company_currency_id",
        compute="_compute_costs",
        compute_sudo=True,
        groups=READERS,
    )
    cost_customer = fields.Monetary(
        "Borne by the customer",
        currency_field="company_currency_id",
        compute="_compute_costs",
        compute_sudo=True,
        groups=READERS,
    )
    unaudited_count = fields.Integer("Costs to audit", compute="_compute_costs", compute_sudo=True)

    @api.depends("cost_ids.company_amount", "cost_ids.bearer", "cost_ids.state")
    def _compute_costs(self):
        groups = self.env["service.cost"]._read_group(
            [("ticket_id", "in", self.ids), ("state", "!=", "cancelled")],
            ["ticket_id", "bearer", "state"],
            ["company_amount:sum", "__count"],
        )
        sums, drafts = {}, {}
        for ticket, bearer, state, amount, count in groups:
            sums[ticket.id, bearer] = sums.get((ticket.id, bearer), 0) + amount
            if state == "draft":
                drafts[ticket.id] = drafts.get(ticket.id, 0) + count
        for ticket in self:
            ticket.cost_company = sums.get((ticket.id, "company"), 0)
            ticket.cost_supplier = sums.get((ticket.id, "supplier"), 0)
            ticket.cost_customer = sums.get((ticket.id, "customer"), 0)
            ticket.cost_total = ticket.cost_company + ticket.cost_supplier + ticket.cost_customer
            ticket.unaudited_count = drafts.get(ticket.id, 0)

    def action_open_costs(self):
        """Return the action that shows the costs of this ticket."""
        self.ensure_one()
        self.check_access("read")
        self._check_role(READERS)
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_cost_action"),
            "domain": [("ticket_id", "=", self.id)],
            "context": {"default_ticket_id": self.id},
        }

    def _missing_closure(self):
        """C19: where the company wants it, finance has audited the costs before a ticket is closed."""
        missing = super()._missing_closure()
        if self.company_id.service_audit_before_close and self.unaudited_count:
            missing.append(self.env._("The audit of the costs by finance (%d to audit)", self.unaudited_count))
        return missing
