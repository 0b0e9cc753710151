from odoo import api, fields, models
from odoo.exceptions import UserError

from .service_claim_settings import CLAIMERS
from .service_part_line import WARRANTY
from .service_ticket_roles import FINANCE

#: who may see claims; their prices are not for everybody
READERS = f"{CLAIMERS},{FINANCE},quality_incident.group_quality_staff"
#: types of service costs that are freight; parts are claimed at their price, the rest is labour
FREIGHT = ("transport", "packaging", "postage")
PARTS = ("parts",)


class ServicePartLine(models.Model):
    """Old parts that suppliers may have to pay for (C15)."""

    _inherit = "service.part.line"

    claim_line_ids = fields.One2many("service.supplier.claim.line", "part_line_id", "Claimed", groups=READERS)
    supplier_id = fields.Many2one("res.partner", compute="_compute_supplier", groups=READERS)
    supplier_warranty = fields.Selection(
        WARRANTY, "Supplier's warranty", compute="_compute_supplier", groups=READERS
    )
    supplier_warranty_until = fields.Date("Supplier's warranty until", compute="_compute_supplier", groups=READERS)

    def _old_part_key(self):
        """Return ``(product, serial number)`` of the old part."""
        part = self.sudo()
        return part.returned_product_id or part.product_id, part.returned_lot_id

    @api.depends("product_id", "returned_product_id", "returned_lot_id", "used_at")
    def _compute_supplier(self):
        Origin = self.env["service.claim.origin"]
        for company, lines in self.grouped(lambda line: line.company_id or self.env.company).items():
            found = Origin._find(company, {line._old_part_key() for line in lines})
            for line in lines:
                facts = found.get(line._old_part_key())
                moment = line.used_at or line.old_part_received_at or fields.Datetime.now()
                day = fields.Datetime.context_timestamp(line, moment).date()
                state, until = Origin._warranty(facts, day) if facts else ("unknown", None)
                line.supplier_id = facts["supplier"].id if facts and facts["supplier"] else False
                line.supplier_warranty, line.supplier_warranty_until = state, until or False

    def action_claim(self):
        """Write the claims for these old parts: one for each supplier, found by the purchase (C15).

        :return: the action that opens them
        :raises AccessError: the user neither keeps the store nor works at the service desk
        :raises UserError: listing the parts that are not in the store or whose supplier is not known
        """
        self.env["service.supplier.claim"]._check_role(CLAIMERS)
        self.check_access("read")
        wrong = [
            self.env._("%s is not in the defective place, or in a claim already", line.display_name)
            for line in self.sudo()
            if line.old_part_state != "received"
        ]
        groups = {}
        for line in self.sudo() if not wrong else ():
            if line.supplier_id:
                groups.setdefault((line.company_id, line.supplier_id), []).append(line)
            else:
                wrong.append(self.env._("Nobody knows who sold %s: write its claim by hand", line.display_name))
        if wrong or not groups:
            raise UserError("\n".join([self.env._("These parts cannot be claimed like this:"), *wrong]))
        claims = self.env["service.supplier.claim"].create(
            [
                {
                    "company_id": company.id, "partner_id": supplier.id,
                    "line_ids": [fields.Command.create({"part_line_id": line.id}) for line in lines],
                }
                for (company, supplier), lines in groups.items()
            ]
        )
        claims._take_costs()
        return claims._claims_action()


class ServiceSupplierClaim(models.Model):
    _inherit = "service.supplier.claim"

    def action_take_costs(self):
        """Take labour and freight of the tickets over from the service costs, as far as no claim has them yet (C15).

        :raises AccessError: the user neither keeps the store nor works at the service desk
        :raises UserError: the claim is no draft
        """
        self._check_claimer()
        self.line_ids._check_in_draft()
        self._take_costs()
        return True

    def _take_costs(self):
        for line, costs in self._claim_costs(self.line_ids).items():
            line.sudo().write({f"{kind}_amount": amount for kind, amount in costs.items()})

    @api.model
    def _claim_costs(self, lines):
        """Hook: return ``{line: {"labour": amount, "freight": amount}}`` of these parts in their claims' currencies.

        Read from the costs of their tickets that the supplier bears, where costs are kept (``service.cost``). Each cost
        is claimed once: what other claims have of it already is taken off, the rest stands on the ticket's first part.
        """
        if "service.cost" not in self.env or not lines.ticket_id:
            return {}
        lines = lines.sudo()
        sums = self._ticket_costs(lines.ticket_id)
        others = self.env["service.supplier.claim.line"].sudo().search(
            [("ticket_id", "in", lines.ticket_id.ids), ("claim_state", "!=", "cancelled"), ("id", "not in", lines.ids)]
        )
        for line in others:
            for kind in ("labour", "freight"):
                key = (line.ticket_id, kind)
                sums[key] = sums.get(key, 0) - line[f"{kind}_amount"] * line.claim_id.company_rate
        found = {}
        for line in lines.sorted("id"):
            found[line] = {
                kind: line._rounded(max(sums.pop((line.ticket_id, kind), 0), 0) / (line.claim_id.company_rate or 1))
                for kind in ("labour", "freight")
            }
        return found

    @api.model
    def _ticket_costs(self, tickets):
        """Return ``{(ticket, kind): amount}`` of the costs that suppliers bear, in the currency of the company."""
        groups = self.env["service.cost"].sudo()._read_group(
            [("ticket_id", "in", tickets.ids), ("bearer", "=", "supplier"), ("state", "!=", "cancelled")],
            ["ticket_id", "type_id"], ["company_amount:sum"],
        )
        sums = {}
        for ticket, kind_of_cost, amount in groups:
            if kind_of_cost.code not in PARTS:
                key = (ticket, "freight" if kind_of_cost.code in FREIGHT else "labour")
                sums[key] = sums.get(key, 0) + amount
        return sums

    def _claims_action(self):
        action = {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_supplier_claim_action"),
            "domain": [("id", "in", self.ids)], "context": {},
        }
        if len(self) == 1:
            action |= {"views": [(False, "form")], "view_mode": "form", "res_id": self.id}
        return action


class ServiceTicket(models.Model):
    """The loop closed: the ticket shows what suppliers pay for its parts (C15)."""

    _inherit = "service.ticket"

    claim_line_ids = fields.One2many("service.supplier.claim.line", "ticket_id", "Claimed parts", groups=READERS)
    claim_ids = fields.Many2many(
        "service.supplier.claim", string="Supplier claims", compute="_compute_claim_ids", search="_search_claim_ids",
        groups=READERS,
    )
    claim_count = fields.Integer(compute="_compute_claim_ids", groups=READERS)

    @api.depends("claim_line_ids.claim_id")
    def _compute_claim_ids(self):
        for ticket in self:
            ticket.claim_ids = ticket.claim_line_ids.claim_id
            ticket.claim_count = len(ticket.claim_ids)

    @api.model
    def _search_claim_ids(self, operator, value):
        return [("claim_line_ids.claim_id", operator, value)]

    def action_open_claims(self):
        """Return the supplier claims for parts of this ticket (C15).

        :raises AccessError: the user may not see claims
        """
        self.ensure_one()
        self._check_role(READERS)
        self.check_access("read")
        return self.claim_ids._claims_action()


class ResPartner(models.Model):
    _inherit = "res.partner"

    service_claim_ids = fields.One2many("service.supplier.claim", "partner_id", "Supplier claims", groups=READERS)
    service_claim_count = fields.Integer(compute="_compute_service_claim_count", groups=READERS)

    @api.depends("service_claim_ids")
    def _compute_service_claim_count(self):
        groups = self.env["service.supplier.claim"]._read_group(
            [("partner_id", "child_of", self.ids)], ["partner_id"], ["__count"]
        )
        counts = dict.fromkeys(self.ids, 0)
        for partner, count in groups:
            above = partner.sudo()
            while above:
                if above.id in counts:
                    counts[above.id] += count
                above = above.parent_id
        for partner in self:
            partner.service_claim_count = counts.get(partner._origin.id, 0)

    def action_open_service_claims(self):
        """Return the claims on this supplier.

        :raises AccessError: the user may not see claims
        """
        self.ensure_one()
        self.env["service.ticket"]._check_role(READERS)
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_supplier_claim_action"),
            "domain": [("partner_id", "child_of", self.ids)], "context": {"default_partner_id": self.id},
        }
