from collections import defaultdict

from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import today_of
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .service_ticket_roles import AGENT, ENGINEER, LEADER
from .service_warranty_answer import SOURCES, STATES

#: what the service manager says of one serial number
OWN = ("service_term_id", "service_start_on", "service_start_note")


class StockLot(models.Model):
    """The warranty of one serial number (D2, F10)."""

    _inherit = "stock.lot"

    service_term_id = fields.Many2one(
        "service.warranty.term", "Warranty term of its own", tracking=True, ondelete="restrict",
        index="btree_not_null", help="Instead of the term of the product.",
    )
    service_start_on = fields.Date(
        "Warranty starts on", tracking=True,
        help="By contract, or commissioned by somebody else. Empty: by the delivery or the commissioning on record.",
    )
    service_start_note = fields.Char("Reason", tracking=True, help="Where the date or the term comes from.")
    service_warranty_state = fields.Selection(STATES, "Warranty", compute="_compute_service_warranty")
    service_warranty_until = fields.Date("Covered until", compute="_compute_service_warranty")
    service_warranty_source = fields.Selection(SOURCES, "Warranty by", compute="_compute_service_warranty")
    service_warranty_text = fields.Html("Answer", compute="_compute_service_warranty_text", sanitize=False)
    service_ticket_count = fields.Integer("Tickets", compute="_compute_service_ticket_count")
    replacement_ids = fields.One2many("service.part.replacement", "lot_id", "Replaced parts")

    _service_reason = models.Constraint(
        "CHECK ((service_term_id IS NULL AND service_start_on IS NULL) OR service_start_note IS NOT NULL)",
        "A warranty of its own needs a reason: where does the date or the term come from?",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("service_term_id", "service_start_on")
    @api.depends_context("company")
    def _compute_service_warranty(self):
        answers = self.env["service.warranty.term"]._answer([{"lot": lot} for lot in self._origin])
        known = {answer["lot_id"]: answer for answer in answers}
        for lot in self:
            answer = known.get(lot._origin.id) or {"state": "unknown", "until": False, "source": "no_delivery"}
            lot.service_warranty_state = answer["state"]
            lot.service_warranty_until = answer["until"]
            lot.service_warranty_source = answer["source"]

    @api.depends("service_term_id", "service_start_on")
    @api.depends_context("company", "lang", "uid")
    def _compute_service_warranty_text(self):
        pages = self._origin._warranty_pages()
        for lot in self:
            page = pages.get(lot._origin.id)
            lot.service_warranty_text = page and self.env["ir.qweb"]._render(
                "service_ticket.warranty_answer", {"answer": page}
            )

    def _compute_service_ticket_count(self):
        groups = self.env["service.ticket"]._read_group([("lot_id", "in", self.ids)], ["lot_id"], ["__count"])
        counts = dict(groups)
        for lot in self:
            lot.service_ticket_count = counts.get(lot, 0)

    # ------------------------------------------------------------------
    # Who says so
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if any(vals.get(name) for vals in vals_list for name in OWN):
            self._check_warranty_keeper()
        return super().create(vals_list)

    def write(self, vals):
        """Write; a warranty of its own is the service manager's to give, and tracked.

        :raises AccessError: somebody else changes it
        """
        if not self.env.su and any(name in vals and self._warranty_changes(name, vals[name]) for name in OWN):
            self._check_warranty_keeper()
            self = self.with_context(tracking_disable=False, mail_notrack=False)  # noqa: PLW0642
        return super().write(vals)

    def _warranty_changes(self, name, value):
        field = self._fields[name]
        return any(field.convert_to_cache(value, lot) != field.convert_to_cache(lot[name], lot) for lot in self)

    def _check_warranty_keeper(self):
        if not self.env.su and not self.env.user.has_group(LEADER):
            raise AccessError(
                self.env._("The warranty of a serial number is changed by the service manager, who says why.")
            )

    # ------------------------------------------------------------------
    # Facts
    # ------------------------------------------------------------------

    def _commissioned_on(self):
        """Return ``{(company id, lot id): days}`` on which an installation of these serial numbers was finished."""
        days = defaultdict(list)
        if not self:
            return days
        self.env["service.ticket"].flush_model(["kind", "lot_id", "state", "resolved_at", "closed_at", "company_id"])
        self.env["service.visit"].flush_model(["ticket_id", "state", "result", "finished_at"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT ticket.company_id, ticket.lot_id, COALESCE(MIN(visit.finished_at), MIN(ticket.resolved_at),
                       MIN(ticket.closed_at))
                  FROM service_ticket ticket
             LEFT JOIN service_visit visit ON visit.ticket_id = ticket.id AND visit.result = 'solved'
                   AND visit.state IN ('done', 'approved') AND visit.finished_at IS NOT NULL
                 WHERE ticket.kind = 'installation' AND ticket.lot_id IN %s AND ticket.state != 'cancelled'
                   AND (visit.id IS NOT NULL OR ticket.state IN ('resolved', 'confirmed', 'closed'))
              GROUP BY ticket.company_id, ticket.lot_id, ticket.id
                """,
                tuple(self.ids),
            )
        )
        companies = self.env["res.company"].sudo()
        for company_id, lot_id, moment in rows:
            if moment:
                days[company_id, lot_id].append(today_of(companies.browse(company_id), moment))
        return days

    # ------------------------------------------------------------------
    # Screens
    # ------------------------------------------------------------------

    def action_open_service_tickets(self):
        """Return the action that shows the tickets of this serial number."""
        self.ensure_one()
        self._check_warranty_reader()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_ticket_action_all"),
            "domain": [("lot_id", "=", self.id)],
            "context": {},
        }

    def _open_for_service(self):
        """Return the form of this serial number: that of the stock for who works there, else that of the service."""
        keeper = self.env.user.has_group("stock.group_stock_user")
        view = "stock.view_production_lot_form" if keeper else "service_ticket.stock_lot_view_form_service"
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "res_id": self.id,
            "views": [(self.env.ref(view).id, "form")],
            "name": self.name,
        }

    def action_new_service_ticket(self):
        """Return the form of a new ticket about this serial number, with all that is known of it."""
        self.ensure_one()
        self._check_warranty_reader()
        known = self.env["service.ticket"]._serial_vals(self)
        return {
            "type": "ir.actions.act_window",
            "res_model": "service.ticket",
            "view_mode": "form",
            "name": self.env._("New ticket"),
            "context": {
                "default_lot_id": self.id,
                "default_product_id": self.product_id.id,
                **{f"default_{name}": value for name, value in known.items() if value},
            },
        }

    def _check_warranty_reader(self):
        """Raise AccessError unless the user works in service and may read these serial numbers."""
        self.env["service.ticket"]._check_role(f"{ENGINEER},{AGENT}")
        self.check_access("read")
