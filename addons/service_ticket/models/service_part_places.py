from odoo import api, fields, models
from odoo.exceptions import RedirectWarning, UserError
from odoo.fields import Domain

#: what a location of the spare-parts accounts is for
PLACES = [
    ("accounts", "All accounts"),
    ("holder", "Unused parts of an engineer or station"),
    ("used", "Used parts, to be cleared"),
    ("defective", "Old and defective parts"),
]


class StockLocation(models.Model):
    """Whose account a location belongs to; the account of an engineer or station is what lies there (C13, C14)."""

    _inherit = "stock.location"

    service_place = fields.Selection(PLACES, "Spare-parts place", readonly=True, copy=False, index="btree_not_null")
    service_employee_id = fields.Many2one(
        "hr.employee", "Account of", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    service_station_id = fields.Many2one(
        "service.station", "Account of the station", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict",
    )

    _one_employee_place = models.UniqueIndex(
        "(service_employee_id, service_place) WHERE service_employee_id IS NOT NULL",
        "This engineer has an account already.",
    )
    _one_station_place = models.UniqueIndex(
        "(service_station_id, service_place) WHERE service_station_id IS NOT NULL",
        "This station has an account already.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            for name in ("service_place", "service_employee_id", "service_station_id"):
                if self.env.su:
                    vals.setdefault(name, False)
                else:
                    vals[name] = False
        return super().create(vals_list)

    def write(self, vals):
        """Write; a place of the spare-parts accounts stays what and where it is.

        :raises UserError: naming the place
        """
        fixed = {"usage", "company_id", "location_id", "service_place", "service_employee_id", "service_station_id"}
        if not self.env.su and fixed & vals.keys():
            self._check_no_service_place()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_service_place(self):
        self._check_no_service_place()

    def _check_no_service_place(self):
        for location in self.filtered("service_place"):
            raise UserError(
                self.env._("%s is a place of the spare-parts accounts: it stays where it is.", location.display_name)
            )

    def _is_service_account(self):
        """Return those of these locations that are part of the account of an engineer or station."""
        return self.filtered(lambda location: location.service_place in ("holder", "used"))

    # What was taken out of a machine is worth nothing until somebody proves otherwise; it would also spoil the average
    # cost of the new parts.
    def _should_be_valued(self):
        return super()._should_be_valued() and self.service_place != "defective"

    def _search_is_valued(self, operator, value):
        found = super()._search_is_valued(operator, value)
        defective = Domain("service_place", "=", "defective")
        positive = (operator == "=") == bool(value)
        return Domain(found) & ~defective if positive else Domain(found) | defective


class ResCompany(models.Model):
    """The places of a company's spare parts, made once (C14)."""

    _inherit = "res.company"

    service_store_location_id = fields.Many2one(
        "stock.location", "Parts store", domain="[('usage', '=', 'internal'), ('company_id', '=', id)]",
        help="Where spare parts are issued from. At first the stock of the warehouse.",
    )
    service_defective_location_id = fields.Many2one("stock.location", "Old parts", readonly=True)
    service_accounts_location_id = fields.Many2one("stock.location", "Service accounts", readonly=True)
    service_issue_type_id = fields.Many2one("stock.picking.type", "Issue of spare parts", readonly=True)
    service_return_type_id = fields.Many2one("stock.picking.type", "Spare parts taken back", readonly=True)
    service_old_part_type_id = fields.Many2one("stock.picking.type", "Receipt of old parts", readonly=True)
    service_use_type_id = fields.Many2one("stock.picking.type", "Spare parts to customers", readonly=True)
    service_supply_route_id = fields.Many2one("stock.route", "Supply of stations", readonly=True)
    service_clearing_days = fields.Integer(
        "Clear parts within", default=7, help="Days from the issue for a ticket to its clearing. 0: no deadline."
    )
    service_van_days = fields.Integer(
        "Van stock within", default=90,
        help="Days in which parts issued as van stock are used, brought back or issued anew. 0: no deadline.",
    )

    _service_days_positive = models.Constraint(
        "CHECK (service_clearing_days >= 0 AND service_van_days >= 0)", "Days cannot be negative."
    )

    def _quality_create_sequences(self):
        """A company that gets its defaults gets its places too, once it has a warehouse."""
        result = super()._quality_create_sequences()
        self._service_parts_setup()
        return result

    @api.model
    def _service_parts_setup_main(self):
        self.env.ref("base.main_company").sudo()._service_parts_setup()

    def _service_parts_setup(self):
        """Make the places, kinds of transfers and the supply route that are missing; companies without a warehouse are
        left for later. Runs as the superuser; doing it again changes nothing."""
        for one in self.sudo():
            company, warehouse = one.with_company(one), one._service_warehouse()
            if not warehouse:
                continue
            company._service_make_places(warehouse)
            company._service_make_types(warehouse)
            company._service_make_route()

    def _service_warehouse(self):
        return self.env["stock.warehouse"].sudo().search([("company_id", "=", self.id)], order="sequence, id", limit=1)

    def _service_places(self):
        """Return this company as the superuser with all its places.

        :raises UserError: the company has no warehouse
        """
        company = self.sudo()
        if not company.service_supply_route_id:
            company._service_parts_setup()
        if not company.service_supply_route_id:
            message = self.env._(
                "%s has no warehouse, and spare parts need one. Create a warehouse first: Inventory ‣ Configuration ‣ "
                "Warehouses.", company.name,
            )
            if self.env.user.has_group("stock.group_stock_manager"):
                action = self.env.ref("stock.action_warehouse_form")
                raise RedirectWarning(message, action.id, self.env._("Go to the warehouses"))
            raise UserError(message)
        return company

    def _service_make_places(self, warehouse):
        Location = self.env["stock.location"].sudo()
        if not self.service_store_location_id:
            self.service_store_location_id = warehouse.lot_stock_id
        if not self.service_defective_location_id:
            self.service_defective_location_id = Location.create(
                {
                    "name": self.env._("Defective"), "usage": "internal", "company_id": self.id,
                    "location_id": warehouse.view_location_id.id, "service_place": "defective",
                }
            )
        if not self.service_accounts_location_id:
            # outside the warehouse: what is in the vans is not for sale
            self.service_accounts_location_id = Location.create(
                {
                    "name": self.env._("Service accounts"), "usage": "view", "company_id": self.id,
                    "service_place": "accounts",
                }
            )

    def _service_make_types(self, warehouse):
        store, accounts = self.service_store_location_id, self.service_accounts_location_id
        defective = self.service_defective_location_id
        customers = self.env.ref("stock.stock_location_customers")
        types = {
            "service_issue_type_id": (self.env._("Spare parts: issue"), "internal", "SPI", store, accounts),
            "service_return_type_id": (self.env._("Spare parts: taken back"), "internal", "SPR", accounts, store),
            "service_old_part_type_id": (self.env._("Spare parts: old parts"), "incoming", "SPO", customers, defective),
            "service_use_type_id": (self.env._("Spare parts: to customers"), "outgoing", "SPU", accounts, customers),
        }
        for name, (label, code, prefix, source, target) in types.items():
            if not self[name]:
                self[name] = self.env["stock.picking.type"].sudo().create(
                    {
                        "name": label, "code": code, "sequence_code": prefix, "company_id": self.id,
                        "warehouse_id": warehouse.id, "default_location_src_id": source.id,
                        "default_location_dest_id": target.id, "use_create_lots": False, "use_existing_lots": True,
                        "reservation_method": "manual", "create_backorder": "always", "sequence": 60,
                    }
                )

    def _service_make_route(self):
        if self.service_supply_route_id:
            return
        route = self.env["stock.route"].sudo().create(
            {
                "name": self.env._("Spare parts from the store"), "company_id": self.id, "product_selectable": True,
                "product_categ_selectable": True, "sequence": 50,
            }
        )
        self.env["stock.rule"].sudo().create(
            {
                "name": self.env._("Store to stations"), "route_id": route.id, "action": "pull",
                "procure_method": "make_to_stock", "company_id": self.id,
                "picking_type_id": self.service_issue_type_id.id,
                "location_src_id": self.service_store_location_id.id,
                "location_dest_id": self.service_accounts_location_id.id,
            }
        )
        self.service_supply_route_id = route


class ServicePartHolder(models.AbstractModel):
    """Who keeps spare parts on an own account: an engineer or a station."""

    _name = "service.part.holder"
    _description = "Holder of spare parts"

    def _service_account_field(self):
        """Hook: return the field of ``stock.location`` that names such a holder."""
        raise NotImplementedError(self._name)

    def _service_account(self):
        """Return ``(unused, used)``: the two locations of one holder, made at the first issue.

        :raises UserError: the company has no warehouse
        """
        self.ensure_one()
        company = self.sudo().company_id._service_places()
        Location = self.env["stock.location"].sudo().with_company(company)
        owner = self._service_account_field()
        found = Location.search([(owner, "=", self.id)]).grouped("service_place")
        if "holder" not in found:
            found["holder"] = Location.create(
                {
                    "name": self.sudo().name, "usage": "internal", "company_id": company.id,
                    "location_id": company.service_accounts_location_id.id, "service_place": "holder",
                    owner: self.id,
                }
            )
        if "used" not in found:
            found["used"] = Location.create(
                {
                    "name": self.env._("Used, to be cleared"), "usage": "internal", "company_id": company.id,
                    "location_id": found["holder"].id, "service_place": "used", owner: self.id,
                }
            )
        return found["holder"], found["used"]


class HrEmployee(models.Model):
    _name = "hr.employee"
    _inherit = ["hr.employee", "service.part.holder"]

    service_location_id = fields.Many2one(
        "stock.location", "Spare-parts account", compute="_compute_service_location_id",
        groups="hr.group_hr_user,stock.group_stock_user",
    )

    def _compute_service_location_id(self):
        places = self.env["stock.location"].sudo().search(
            [("service_employee_id", "in", self.ids), ("service_place", "=", "holder")]
        )
        by_employee = {place.service_employee_id.id: place for place in places}
        for employee in self:
            employee.service_location_id = by_employee.get(employee.id, False)

    def _service_account_field(self):
        return "service_employee_id"

    def write(self, vals):
        """Write; the account carries the engineer's name."""
        result = super().write(vals)
        if "name" in vals:
            places = self.env["stock.location"].sudo().search(
                [("service_employee_id", "in", self.ids), ("service_place", "=", "holder")]
            )
            for place in places:
                place.name = place.service_employee_id.name
        return result
