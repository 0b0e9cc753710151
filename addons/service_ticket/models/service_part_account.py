from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column
from odoo.tools import SQL

from .service_ticket_roles import ENGINEER, STORE

#: ages of what is open, the youngest first
BUCKETS = [("7", "Up to 7 days"), ("30", "8 to 30 days"), ("90", "31 to 90 days"), ("old", "Over 90 days")]


class ServicePartAccount(models.Model):
    """The accounts of engineers and stations: what lies there, read from Odoo's stock only (C13, C14)."""

    _name = "service.part.account"
    _description = "Spare-parts account"
    _inherit = ["quality.register.mixin"]
    _auto = False
    _order = "since, id"
    _rec_name = "product_id"
    _register_date = "since"
    _register_order = "employee_id, station_id, since, id"
    _register_historic = None

    employee_id = fields.Many2one("hr.employee", "Engineer", readonly=True)
    station_id = fields.Many2one("service.station", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one("res.users", "Answers for it", readonly=True)
    product_id = fields.Many2one("product.product", "Part", readonly=True)
    lot_id = fields.Many2one("stock.lot", "Serial number", readonly=True)
    location_id = fields.Many2one("stock.location", "Place", readonly=True)
    place = fields.Selection([("holder", "Unused"), ("used", "Used, to be cleared")], "Is", readonly=True)
    quantity = fields.Float(readonly=True, digits="Product Unit")
    since = fields.Datetime(readonly=True, help="When the oldest of these units came onto the account.")
    age_days = fields.Integer("Days", readonly=True, aggregator="max")
    bucket = fields.Selection(BUCKETS, "Age", readonly=True)
    value = fields.Monetary(compute="_compute_value", compute_sudo=True, help="At the present value in stock.")

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT quant.id, place.service_employee_id AS employee_id, place.service_station_id AS station_id,
                   place.company_id, COALESCE(employee.user_id, station.keeper_id) AS user_id, quant.product_id,
                   quant.lot_id, quant.location_id, place.service_place AS place, quant.quantity,
                   quant.in_date AS since, age.days AS age_days,
                   CASE WHEN age.days <= 7 THEN '7' WHEN age.days <= 30 THEN '30' WHEN age.days <= 90 THEN '90'
                        ELSE 'old' END AS bucket
              FROM stock_quant AS quant
              JOIN stock_location AS place ON place.id = quant.location_id
         LEFT JOIN hr_employee AS employee ON employee.id = place.service_employee_id
         LEFT JOIN service_station AS station ON station.id = place.service_station_id
CROSS JOIN LATERAL (SELECT EXTRACT(DAY FROM (now() AT TIME ZONE 'UTC') - quant.in_date)::int AS days) AS age
             WHERE place.service_place IN ('holder', 'used') AND quant.quantity != 0
            """
        )

    @api.depends("quantity", "product_id")
    def _compute_value(self):
        for row in self:
            product = row.product_id.with_company(row.company_id)
            lot = row.lot_id.with_company(row.company_id)
            cost = lot.standard_price if lot and product.lot_valuated else product.standard_price
            row.value = row.quantity * cost

    @api.model
    def _register_title(self):
        return self.env._("Spare-parts accounts")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Engineer"), "employee_id.name", width=20),
            Column(self.env._("Station"), "station_id.name", width=20),
            Column(self.env._("Part"), "product_id", width=34),
            Column(self.env._("Serial number"), "lot_id.name", width=20),
            Column(self.env._("Is"), "place", width=18),
            Column(self.env._("Quantity"), "quantity", "number"),
            Column(self.env._("Unit"), "product_id.uom_id.name", width=10),
            Column(self.env._("Value"), "value", "amount"),
            Column(self.env._("Since"), "since", "datetime"),
            Column(self.env._("Days"), "age_days", "integer"),
            Column(self.env._("Age"), "bucket", width=16),
            Column(self.env._("Company"), "company_id"),
        ]

    # ------------------------------------------------------------------
    # Reconciliation
    # ------------------------------------------------------------------

    @api.model
    def _check_account(self, companies=None):
        """Return what does not agree between the open lines and Odoo's stock; empty when everything does.

        A tuple ``(place, product, lot, lines, stock)`` each: three ids and two quantities.

        On the account of an engineer, and on used parts anywhere, both are equal; a station may have more in stock,
        which came by replenishment. Nothing is below zero.
        """
        mine = SQL("place.company_id IN %s", tuple(companies.ids)) if companies else SQL("TRUE")
        self.env.flush_all()
        return self.env.execute_query(
            SQL(
                """
                WITH stock AS (
                    SELECT quant.location_id, quant.product_id, COALESCE(quant.lot_id, 0) AS lot_id,
                           SUM(quant.quantity) AS quantity
                      FROM stock_quant AS quant
                      JOIN stock_location AS place ON place.id = quant.location_id
                     WHERE place.service_place IN ('holder', 'used') AND %(mine)s
                  GROUP BY 1, 2, 3
                ), book AS (
                    SELECT line.location_id, line.product_id, COALESCE(line.lot_id, 0) AS lot_id,
                           SUM(line.quantity) AS quantity
                      FROM service_part_line AS line
                      JOIN stock_location AS place ON place.id = line.location_id
                     WHERE place.service_place IN ('holder', 'used') AND %(mine)s
                       AND line.state IN ('open', 'used')
                  GROUP BY 1, 2, 3
                )
                SELECT place.id, product_id, lot_id, COALESCE(book.quantity, 0), COALESCE(stock.quantity, 0)
                  FROM stock FULL JOIN book USING (location_id, product_id, lot_id)
                  JOIN stock_location AS place ON place.id = COALESCE(book.location_id, stock.location_id)
                 WHERE COALESCE(stock.quantity, 0) < -0.00001
                    OR COALESCE(stock.quantity, 0) - COALESCE(book.quantity, 0) < -0.00001
                    OR (COALESCE(stock.quantity, 0) - COALESCE(book.quantity, 0) > 0.00001
                        AND (place.service_station_id IS NULL OR place.service_place = 'used'))
                """,
                mine=mine,
            )
        )


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    def action_open_part_account(self):
        """Return the spare-parts account of these engineers (C13).

        :raises AccessError: the user works neither in service nor in the store
        """
        self.env["service.ticket"]._check_role(f"{ENGINEER},{STORE}")
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_part_account_action"),
            "domain": [("employee_id", "in", self.ids)], "context": {},
        }


class ServicePartLine(models.Model):
    """The register of parts (领料): one row a line, whatever became of it."""

    _inherit = "service.part.line"
    _register_date = "issued_at"
    _register_order = "issued_at, id"

    @api.model
    def _register_title(self):
        return self.env._("Register of spare parts")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Requisition"), "request_id.name", width=16),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Visit"), "visit_id.name", width=16),
            Column(self.env._("Engineer"), "engineer_id.name", width=20),
            Column(self.env._("Station"), "station_id.name", width=20),
            Column(self.env._("Taken from"), "source", width=16),
            Column(self.env._("Part"), "product_id", width=34),
            Column(self.env._("Quantity"), "quantity", "number"),
            Column(self.env._("Unit"), "uom_id.name", width=10),
            Column(self.env._("Why it is needed"), "reason", width=30),
            Column(self.env._("Warranty"), "in_warranty", width=16),
            Column(self.env._("Warranty until"), "warranty_until", "date"),
            Column(self.env._("Serial number"), "lot_id.name", width=20),
            Column(self.env._("Value"), "amount", "amount"),
            Column(self.env._("Issued"), "issued_at", "datetime"),
            Column(self.env._("State"), "state", width=18),
            Column(self.env._("Used"), "used_at", "datetime"),
            Column(self.env._("Old serial number"), "returned_lot_id.name", width=20),
            Column(self.env._("Old part"), "old_part_state", width=16),
            Column(self.env._("Old part received"), "old_part_received_at", "datetime"),
            Column(self.env._("Cleared by being"), "clearing", width=18),
            Column(self.env._("Cleared"), "cleared_at", "datetime"),
            Column(self.env._("Company"), "company_id"),
        ]


class ServicePartRequest(models.Model):
    """The register of requisitions (C13)."""

    _inherit = "service.part.request"
    _register_date = "create_date"

    @api.model
    def _register_title(self):
        return self.env._("Register of part requisitions")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Date"), "create_date", "datetime"),
            Column(self.env._("State"), "state", width=16),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Customer"), "partner_id", width=24),
            Column(self.env._("Taken from"), "source", width=16),
            Column(self.env._("Engineer"), "engineer_id.name", width=20),
            Column(self.env._("Station"), "station_id.name", width=20),
            Column(self.env._("Parts"), lambda one: ", ".join(one.line_ids.mapped("display_name")), width=40),
            Column(self.env._("Value"), "amount", "amount"),
            Column(self.env._("Postage"), "postage_cost", "amount"),
            Column(self.env._("Approved"), "approved_at", "datetime"),
            Column(self.env._("First issued"), "issued_at", "datetime"),
            Column(self.env._("Cleared"), "cleared_at", "datetime"),
            Column(self.env._("Company"), "company_id"),
        ]
