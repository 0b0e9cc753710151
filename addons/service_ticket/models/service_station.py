from odoo import api, fields, models
from odoo.exceptions import UserError

from .service_ticket_roles import ENGINEER, STORE


class ServiceStation(models.Model):
    """A service station with parts of ours on an own account (C14)."""

    _name = "service.station"
    _description = "Service station"
    _inherit = ["mail.thread", "service.part.holder"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    partner_id = fields.Many2one("res.partner", "Firm", required=True, index=True, tracking=True)
    keeper_id = fields.Many2one(
        "res.users", tracking=True, check_company=True, index="btree_not_null", domain="[('share', '=', False)]",
        help="Answers for the parts of the station.",
    )
    location_id = fields.Many2one("stock.location", "Place", readonly=True, copy=False, index="btree_not_null")
    orderpoint_count = fields.Integer("Replenishment rules", compute="_compute_orderpoint_count", compute_sudo=True)
    quantity = fields.Float("Parts there", compute="_compute_quantity", compute_sudo=True)

    _one_name = models.UniqueIndex("(company_id, name)", "There is a station of this name already.")

    @api.depends("location_id")
    def _compute_orderpoint_count(self):
        groups = self.env["stock.warehouse.orderpoint"]._read_group(
            [("location_id", "in", self.location_id.ids)], ["location_id"], ["__count"]
        )
        counts = dict(groups)
        for station in self:
            station.orderpoint_count = counts.get(station.location_id, 0)

    @api.depends("location_id")
    def _compute_quantity(self):
        domain = [("location_id.service_station_id", "in", self.ids)]
        counts = {}
        for location, quantity in self.env["stock.quant"]._read_group(domain, ["location_id"], ["quantity:sum"]):
            station = location.service_station_id.id
            counts[station] = counts.get(station, 0) + quantity
        for station in self:
            station.quantity = counts.get(station.id, 0)

    @api.model_create_multi
    def create(self, vals_list):
        """Set up stations with their places.

        :raises UserError: the company has no warehouse
        """
        stations = super().create([{**vals, "location_id": False} for vals in vals_list])
        for station in stations:
            station.sudo().location_id = station._service_account()[0]
        return stations

    def write(self, vals):
        """Write; the place follows from the station and carries its name.

        :raises UserError: somebody enters the place, or archives a station that has parts
        """
        if not self.env.su and {"location_id", "company_id"} & vals.keys():
            raise UserError(self.env._("The place of a station and its company stay as they are."))
        if vals.get("active") is False:
            for station in self.sudo().filtered("quantity"):
                raise UserError(self.env._("%s still has parts: bring them back first.", station.name))
        result = super().write(vals)
        if "name" in vals:
            for station in self.sudo():
                station.location_id.name = station.name
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        """A station that ever had parts stays, for the sake of its account."""
        for station in self.sudo():
            if self.env["stock.move.line"].sudo().search_count(
                ["|", ("location_id", "=", station.location_id.id), ("location_dest_id", "=", station.location_id.id)],
                limit=1,
            ):
                raise UserError(self.env._("%s had parts: archive the station instead.", station.name))

    def unlink(self):
        """Delete stations that never had parts, with their places."""
        places = self.env["stock.location"].sudo().search([("service_station_id", "in", self.ids)])
        places.write({"service_station_id": False, "service_place": False, "active": False})
        return super().unlink()

    def _service_account_field(self):
        return "service_station_id"

    def action_open_rules(self):
        """Return the replenishment rules of this station: Odoo's own, supplied from the parts store.

        :raises AccessError: the user keeps no store
        """
        self.ensure_one()
        self.env["service.ticket"]._check_role(STORE)
        self.check_access("read")
        company = self.sudo().company_id._service_places()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("stock.action_orderpoint"),
            "domain": [("location_id", "=", self.location_id.id)],
            "context": {
                "default_location_id": self.location_id.id,
                "default_warehouse_id": company._service_warehouse().id,
                "default_route_id": company.service_supply_route_id.id,
                "default_trigger": "auto",
            },
        }

    def action_open_account(self):
        """Return the account of these stations: what lies there."""
        self.env["service.ticket"]._check_role(f"{ENGINEER},{STORE}")
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_part_account_action"),
            "domain": [("station_id", "in", self.ids)],
            "context": {},
        }
