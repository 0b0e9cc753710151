from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import today_of
from odoo.exceptions import UserError

from .service_repair_order import OVER
from .service_ticket_roles import STORE


class ServiceTicket(models.Model):
    """A ticket whose product is repaired in the workshop (C2)."""

    _inherit = "service.ticket"

    repair_ids = fields.One2many("repair.order", "service_ticket_id", "Repair orders", groups="stock.group_stock_user")
    repair_count = fields.Integer("Repairs", compute="_compute_repair_summary", compute_sudo=True)
    repair_open = fields.Boolean(compute="_compute_repair_summary", compute_sudo=True, export_string_translation=False)
    repair_summary = fields.Text("In the workshop", compute="_compute_repair_summary", compute_sudo=True)

    @api.depends("repair_ids.state", "repair_ids.service_place")
    @api.depends_context("lang")
    def _compute_repair_summary(self):
        for ticket in self:
            states = dict(ticket.repair_ids._fields["state"]._description_selection(self.env))
            places = dict(ticket.repair_ids._fields["service_place"]._description_selection(self.env))
            ticket.repair_count = len(ticket.repair_ids)
            ticket.repair_open = any(repair.state not in OVER for repair in ticket.repair_ids)
            ticket.repair_summary = "\n".join(
                f"{repair.name}: {states[repair.state]} · {places[repair.service_place]}"
                for repair in ticket.repair_ids
            )

    def _warranty_today(self):
        """Return the day it is where the company of this ticket works."""
        return today_of(self.sudo().company_id, fields.Datetime.now())

    def action_repair_order(self):
        """Ask for a repair in the workshop: repair order and receipt are made, the store keepers get a task (C2).

        :return: the form of the repair order for who works in the stock, else True
        :raises AccessError: the user may not work on the ticket
        :raises UserError: listing everything that is missing
        """
        self.ensure_one()
        self._check_staff()
        ticket = self.sudo()
        repair = ticket.repair_ids.filtered(lambda one: one.state not in OVER)[:1]
        if not repair:
            missing = self._missing_for_repair()
            if missing:
                raise UserError("\n".join([self.env._("%s: a repair order needs:", self.name), *missing]))
            repair = ticket._create_repair_order()
        if not self.env.user.has_group("stock.group_stock_user"):
            return True
        return repair.with_env(self.env).get_formview_action()

    def _missing_for_repair(self):
        """Return what a repair order needs that this ticket lacks, as texts."""
        ticket, missing = self.sudo(), []
        if ticket.state not in ("accepted", "analysis", "planned", "in_progress", "waiting"):
            missing.append(self.env._("A ticket that is accepted and not resolved yet"))
        if not ticket.partner_id:
            missing.append(self.env._("The customer"))
        if not ticket.product_id or ticket.product_id.type != "consu":
            missing.append(self.env._("The product: goods, not a service"))
        if ticket.product_id.tracking != "none" and not ticket.lot_id:
            missing.append(self.env._("The serial number"))
        return missing

    def _create_repair_order(self):
        """Return a new repair order of this ticket with the receipt of the product; superuser."""
        company = self.company_id
        warehouse, place = company._service_repair_warehouse(), company._service_repair_place()
        repair = self.env["repair.order"].with_company(company).create(
            {
                "service_ticket_id": self.id,
                "company_id": company.id,
                "picking_type_id": warehouse.repair_type_id.id,
                "partner_id": self.partner_id.id,
                "product_id": self.product_id.id,
                "lot_id": self.lot_id.id,
                "product_qty": 1,
                "product_location_src_id": place.id,
                "product_location_dest_id": place.id,
                "under_warranty": self.warranty_parts,
                "user_id": False,
                "internal_notes": self._repair_notes(),
            }
        )
        repair._service_receive()
        self._message_log(body=self.env._("Repair order %s was asked for.", repair.name))
        keepers = self._role_users(STORE)
        for keeper in keepers:
            repair.activity_schedule(
                "service_ticket.mail_activity_ticket_step", user_id=keeper.id,
                summary=self.env._("Receive the product of %s for repair", self.name),
            )
        return repair

    def _repair_notes(self):
        analysis = self._current_analysis()
        return "\n".join(filter(None, (self.subject, self.description, analysis.cause, analysis.note)))

    def action_open_repairs(self):
        """Return the repair orders of this ticket.

        :raises AccessError: the user does not work in the stock
        """
        self.ensure_one()
        self.check_access("read")
        repairs = self.env["repair.order"]
        repairs.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": repairs._name,
            "view_mode": "list,form",
            "name": self.env._("Repair orders"),
            "domain": [("service_ticket_id", "=", self.id)],
            "context": {"create": False},
        }

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_repairs(self):
        """Nothing is solved, and nobody goes away, while the workshop is at it."""
        return [
            self.env._("The end of repair order %s", repair.name)
            for repair in self.sudo().repair_ids
            if repair.state not in OVER
        ]

    def _missing_product_home(self):
        """A closed ticket leaves no product of the customer with us."""
        return [
            self.env._("The product of repair order %s: with the customer again", repair.name)
            for repair in self.sudo().repair_ids
            if repair.service_place in ("here", "leaving")
        ]

    def _missing_resolution(self):
        return super()._missing_resolution() + self._missing_repairs()

    def _missing_closure(self):
        return super()._missing_closure() + self._missing_repairs() + self._missing_product_home()

    def _missing_cancel_reason(self):
        return super()._missing_cancel_reason() + self._missing_repairs() + self._missing_product_home()


