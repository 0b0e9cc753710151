from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .service_ticket_roles import AGENT, ENGINEER, LEADER, STORE

STATES = [
    ("draft", "Draft"),
    ("approval", "Being approved"),
    ("approved", "To issue"),
    ("issued", "Issued"),
    ("cleared", "Cleared"),
    ("cancelled", "Cancelled"),
]
SOURCES = [
    ("store", "Parts store"),
    ("station", "Service station"),
    ("van", "Own van stock"),
    ("ship", "Sent to the customer"),
]
#: states in which somebody still owes an approval, parts or a clearing
OPEN = ("draft", "approval", "approved", "issued")
#: what was asked for, fixed with the request for approval
CONTENT = ("ticket_id", "visit_id", "engineer_id", "station_id", "source", "line_ids", "note", "address_id")


class ServicePartRequest(models.Model):
    """A requisition of spare parts, from the proposal to the clearing of every unit (C13)."""

    _name = "service.part.request"
    _description = "Part requisition"
    _inherit = ["quality.step.mixin", "quality.approval.mixin", "quality.evidence.mixin", "quality.register.mixin"]
    _order = "create_date desc, id desc"
    _rec_names_search = ["name", "ticket_id.name", "ticket_id.subject"]
    _check_company_auto = True
    _sequence_code = "service.part.request"
    _historic_group = LEADER
    _open_states = ("draft",)
    _personal_fields = ("note", "reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    state = fields.Selection(
        STATES, default="draft", required=True, copy=False, index=True, tracking=True, group_expand="_expand_states"
    )
    ticket_id = fields.Many2one(
        "service.ticket", index="btree_not_null", check_company=True, ondelete="restrict", tracking=True
    )
    visit_id = fields.Many2one(
        "service.visit", index="btree_not_null", check_company=True, ondelete="restrict",
        domain="[('ticket_id', '=?', ticket_id)]",
    )
    partner_id = fields.Many2one(related="ticket_id.partner_id", string="Customer")
    source = fields.Selection(SOURCES, "Taken from", default="store", required=True, tracking=True)
    engineer_id = fields.Many2one(
        "hr.employee", index="btree_not_null", check_company=True, tracking=True,
        help="On whose account the parts stand until they are cleared.",
    )
    station_id = fields.Many2one(
        "service.station", index="btree_not_null", check_company=True, tracking=True, ondelete="restrict",
        help="The station that gives the parts, or on whose account they stand when no engineer is named.",
    )
    address_id = fields.Many2one("res.partner", "Sent to", help="Empty: the customer's own address.")
    note = fields.Text()
    evidence_ids = fields.Many2many(string="Photos and documents")
    line_ids = fields.One2many("service.part.line", "request_id", "Parts", copy=True)
    picking_ids = fields.One2many("stock.picking", "service_request_id", "Transfers", readonly=True)
    picking_count = fields.Integer(compute="_compute_picking_count", compute_sudo=True)
    reference_id = fields.Many2one("stock.reference", readonly=True, copy=False, ondelete="restrict")

    # postage of what is sent (C13)
    carrier = fields.Char("Carrier and parcel", copy=False)
    postage_cost = fields.Monetary("Postage", copy=False, tracking=True)

    # figures
    amount = fields.Monetary("Value", compute="_compute_amount", store=True, help="As valued in stock.")
    has_out_of_warranty = fields.Boolean("Out of warranty", compute="_compute_warranty", store=True)
    has_unknown_warranty = fields.Boolean("Warranty not known", compute="_compute_warranty", store=True)
    is_first_free = fields.Boolean(
        "First free parts", compute="_compute_is_first_free",
        help="Parts in warranty for a customer who has had none before.",
    )
    to_issue_count = fields.Integer("To issue", compute="_compute_counts", compute_sudo=True)
    open_count = fields.Integer("To clear", compute="_compute_counts", compute_sudo=True)
    at_hand_count = fields.Integer("Unused", compute="_compute_counts", compute_sudo=True)
    old_part_count = fields.Integer("Old parts expected", compute="_compute_counts", compute_sudo=True)
    is_holder = fields.Boolean(
        compute="_compute_is_holder", search="_search_is_holder", export_string_translation=False
    )
    approved_at = fields.Datetime("Approved on", readonly=True, copy=False)
    issued_at = fields.Datetime("First issued on", readonly=True, copy=False, index=True)
    cleared_at = fields.Datetime("Cleared on", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)

    _store_idx = models.Index("(company_id, state) WHERE state IN ('approved', 'issued')")
    _postage_positive = models.Constraint("CHECK (postage_cost >= 0)", "Postage cannot be negative.")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "ticket_id.name")
    def _compute_display_name(self):
        for request in self:
            request.display_name = " ".join(filter(None, (request.name, request.sudo().ticket_id.name)))

    @api.depends("line_ids.amount", "line_ids.state")
    def _compute_amount(self):
        for request in self:
            request.amount = sum(request.line_ids.filtered(lambda line: line.state != "cancelled").mapped("amount"))

    @api.depends("line_ids.in_warranty")
    def _compute_warranty(self):
        for request in self:
            states = set(request.line_ids.mapped("in_warranty"))
            request.has_out_of_warranty = "out" in states
            request.has_unknown_warranty = "unknown" in states

    @api.depends("ticket_id.partner_id", "line_ids.in_warranty")
    def _compute_is_first_free(self):
        partners = self.sudo().ticket_id.partner_id.commercial_partner_id
        served = self.env["service.part.line"].sudo()._read_group(
            [
                ("ticket_id.partner_id.commercial_partner_id", "in", partners.ids),
                ("in_warranty", "=", "in"), ("issued_at", "!=", False),
            ],
            ["ticket_id"], ["request_id:recordset"],
        )
        before = {}
        for ticket, requests in served:
            partner = ticket.partner_id.commercial_partner_id
            before[partner] = before.get(partner, self.browse()) | requests
        for request in self:
            partner = request.sudo().ticket_id.partner_id.commercial_partner_id
            earlier = before.get(partner, self.browse()) - request._origin
            request.is_first_free = bool(
                partner and not earlier and "in" in request.line_ids.mapped("in_warranty")
            )

    @api.depends("line_ids.state")
    def _compute_counts(self):
        groups = self.env["service.part.line"]._read_group(
            [("request_id", "in", self.ids), ("state", "in", ("requested", "open", "used"))],
            ["request_id", "state", "old_part_state"], ["__count"],
        )
        counts = {}
        for request, state, old_part, count in groups:
            found = counts.setdefault(request.id, {"requested": 0, "open": 0, "used": 0, "expected": 0})
            found[state] += count
            found["expected"] += count if old_part == "expected" else 0
        for request in self:
            found = counts.get(request._origin.id, {})
            request.to_issue_count = found.get("requested", 0) if request.state == "approved" else 0
            request.open_count = found.get("open", 0) + found.get("used", 0)
            request.at_hand_count = found.get("used" if request.source == "ship" else "open", 0)
            request.old_part_count = found.get("expected", 0)

    @api.depends("picking_ids")
    def _compute_picking_count(self):
        counts = dict(
            self.env["stock.picking"]._read_group(
                [("service_request_id", "in", self.ids)], ["service_request_id"], ["__count"]
            )
        )
        for request in self:
            request.picking_count = counts.get(request, 0)

    @api.depends("engineer_id", "create_uid")
    @api.depends_context("uid")
    def _compute_is_holder(self):
        for request in self:
            request.is_holder = self.env.user in request.sudo()._people()

    @api.model
    def _search_is_holder(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        uid = self.env.uid
        return (
            Domain("create_uid", "=", uid) | Domain("engineer_id.user_id", "=", uid)
            | Domain("station_id.keeper_id", "=", uid)
        )

    def _expand_states(self, states, domain):
        shown = ("approved", "issued") if self.env.context.get("service_store_board") else OPEN
        return [state for state, _label in STATES if state in shown or state in states]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Write requisitions; the ticket, its visit and the engineer fill in what they know.

        :raises AccessError: the user is neither service staff nor the keeper of the store
        """
        self._check_role(f"{ENGINEER},{STORE}")
        vals_list = [self._with_known(dict(vals)) for vals in vals_list]
        self._number(vals_list)
        requests = super().create(vals_list)
        requests._check_visit()
        return requests

    def write(self, vals):
        """Write; changed postage has to be approved anew."""
        result = super().write(vals)
        if {"visit_id", "ticket_id"} & vals.keys():
            self._check_visit()
        if {"postage_cost", "carrier"} & vals.keys():
            self._refresh_approvals()
        return result

    @api.model
    def _with_known(self, vals):
        """Return the values of a new requisition with what its visit, its ticket and its author say."""
        visit = self.env["service.visit"].browse(vals.get("visit_id") or [])
        if visit:
            vals.setdefault("ticket_id", visit.sudo().ticket_id.id)
        ticket = self.env["service.ticket"].browse(vals.get("ticket_id") or [])
        if ticket:
            vals.setdefault("company_id", ticket.sudo().company_id.id)
        if "engineer_id" not in vals and not vals.get("station_id"):
            company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id)
            crew = (visit or ticket.sudo().visit_ids.filtered(lambda one: one.state != "cancelled")[:1]).sudo()
            own = self._employee_of_user(company)
            engineer = own if own in crew.engineer_ids or not crew else crew.leader_id or crew.engineer_ids[:1]
            vals["engineer_id"] = engineer.id
        return vals

    @api.model
    def _employee_of_user(self, company):
        return self.env["hr.employee"].sudo().search(
            [("user_id", "=", self.env.uid), ("company_id", "=", company.id)], limit=1
        )

    def _check_visit(self):
        for request in self.sudo():
            if request.visit_id and request.visit_id.ticket_id != request.ticket_id:
                raise UserError(self.env._("%s belongs to another ticket.", request.visit_id.name))

    @api.onchange("visit_id", "ticket_id")
    def _onchange_ticket(self):
        if self.visit_id and not self.ticket_id:
            self.ticket_id = self.visit_id.ticket_id
        if not self.engineer_id and not self.station_id and self.visit_id:
            self.engineer_id = self.visit_id.leader_id or self.visit_id.engineer_ids[:1]

    @api.model
    def _frozen_fields(self, state):
        if state in ("cleared", "cancelled"):
            return self._every_field()
        frozen = {"name", "company_id"}
        if state != "draft":
            frozen |= set(CONTENT)
        if state in ("approval", "issued"):
            frozen |= {"postage_cost", "carrier"}
        return frozenset(frozen)

    def _evidence_locked(self):
        return any(request.state in ("cleared", "cancelled") for request in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", OPEN)

    def _personal_documents(self):
        return self

    # ------------------------------------------------------------------
    # People and places
    # ------------------------------------------------------------------

    def _people(self):
        """Return the users whose requisition this is: who wrote it and who holds the parts."""
        return self.create_uid | self.engineer_id.user_id | self.station_id.keeper_id

    def _check_own(self):
        """Raise AccessError unless the user wrote these, holds the parts, or works at the desk or in the store."""
        self.check_access("write")
        if self.env.su or self.env.user.has_groups(f"{AGENT},{STORE}"):
            return
        for request in self:
            if self.env.user not in request.sudo()._people():
                raise AccessError(self.env._("%s is somebody else's requisition.", request.display_name))

    def _holder(self):
        """Return who holds the parts: the engineer, else the station; nobody when they are sent to the customer."""
        self.ensure_one()
        if self.source == "ship":
            return None
        return self.engineer_id or self.station_id

    def _source_place(self):
        """Return the location that the parts are taken from."""
        company = self.company_id._service_places()
        if self.source == "station":
            return self.station_id.location_id
        if self.source == "van":
            return self._holder()._service_account()[0]
        return company.service_store_location_id

    def _customer_place(self):
        """Return the location of the customer in Odoo's stock."""
        partner = self.ticket_id.partner_id.with_company(self.company_id)
        return partner.property_stock_customer or self.env.ref("stock.stock_location_customers")

    def _own_reference(self):
        """Return the ``stock.reference`` of this requisition, made at its first move."""
        self.ensure_one()
        if not self.reference_id:
            self.sudo().reference_id = self.env["stock.reference"].sudo().create({"name": self.name})
        return self.reference_id
