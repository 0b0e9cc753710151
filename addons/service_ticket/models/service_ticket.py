from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import email_normalize, format_datetime

from .service_ticket_roles import AGENT, ENGINEER, LEADER

KINDS = [
    ("repair", "Repair"),
    ("complaint", "Complaint"),
    ("conduct", "Complaint about conduct"),
    ("consultation", "Consultation"),
    ("suggestion", "Suggestion"),
    ("installation", "Installation and commissioning"),
    ("training", "Training"),
    ("update", "Software update"),
]
CHANNELS = [
    ("phone", "Phone"),
    ("letter", "Letter"),
    ("visit", "Visit of the customer"),
    ("email", "E-mail"),
    ("portal", "Portal"),
    ("web", "Web form"),
    ("internal", "Forwarded internally"),
    ("field", "Staff in the field"),
]
STATES = [
    ("new", "New"),
    ("accepted", "Accepted"),
    ("analysis", "Analysis"),
    ("planned", "Planned"),
    ("in_progress", "In progress"),
    ("waiting", "Waiting"),
    ("resolved", "Resolved"),
    ("confirmed", "Confirmed"),
    ("closed", "Closed"),
    ("cancelled", "Cancelled"),
]
#: states in which somebody still owes the customer something
WORKING = ("new", "accepted", "analysis", "planned", "in_progress", "waiting")
OPEN = (*WORKING, "resolved", "confirmed")
#: facts of the intake, fixed once the ticket is resolved
INTAKE = (
    "kind",
    "channel",
    "received_at",
    "partner_id",
    "product_id",
    "lot_id",
    "sale_order_id",
    "delivered_on",
    "demand",
    "description",
    "cause_class",
    "severity",
    "incident_id",
    "solution_id",
    "resolution",
    "conduct_finding",
    "conduct_employee_id",
    "explanation",
)


def _lacks_team(vals):
    return not vals.get("team_id") and not vals.get("is_historic")


class ServiceTicket(models.Model):
    """What a customer asks for, complains about or suggests, followed to its proper end (C2, C16, C17, E4)."""

    _name = "service.ticket"
    _description = "Service ticket"
    _inherit = [
        "quality.step.mixin",
        "quality.approval.mixin",
        "quality.evidence.mixin",
        "quality.portal.mixin",
        "rating.mixin",
    ]
    _order = "priority desc, received_at desc, id desc"
    _rec_names_search = ["name", "subject", "external_ref"]
    _check_company_auto = True
    _sequence_code = "service.ticket"
    _historic_group = LEADER
    _open_states = OPEN
    _personal_fields = (
        "subject",
        "contact_name",
        "phone",
        "email",
        "description",
        "demand",
        "resolution",
        "proposal",
        "explanation",
        "reason",
        "cancel_reason",
        "customer_agreed_by",
    )

    # identity
    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    subject = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    state = fields.Selection(
        STATES, default="new", required=True, copy=False, index=True, tracking=True, group_expand="_expand_states"
    )
    kind = fields.Selection(KINDS, default="repair", required=True, index=True, tracking=True)
    channel = fields.Selection(CHANNELS, "Received by", default="phone", required=True, tracking=True)
    received_at = fields.Datetime(
        "Received on",
        required=True,
        default=fields.Datetime.now,
        copy=False,
        index=True,
        tracking=True,
        help="When the customer's word reached the company; the clocks run from here.",
    )
    external_ref = fields.Char("Reference at the source", copy=False)
    external_status = fields.Char("State at the source", copy=False)
    priority = fields.Selection(
        [("0", "Normal"), ("1", "High"), ("2", "Urgent"), ("3", "Critical")], default="0", tracking=True
    )

    # the customer
    partner_id = fields.Many2one("res.partner", "Customer", index="btree_not_null", tracking=True)
    contact_name = fields.Char()
    phone = fields.Char()
    email = fields.Char("E-mail")
    email_key = fields.Char(
        compute="_compute_email_key", store=True, index="btree_not_null", export_string_translation=False
    )

    # the matter
    description = fields.Text()
    demand = fields.Text(help="What the customer asks for: the remedy sought.")
    product_id = fields.Many2one("product.product", index="btree_not_null", check_company=True)
    lot_id = fields.Many2one(
        "stock.lot",
        "Serial number",
        index="btree_not_null",
        check_company=True,
        domain="[('product_id', '=?', product_id)]",
    )
    sale_order_id = fields.Many2one("sale.order", "Sales order", index="btree_not_null", check_company=True)
    delivered_on = fields.Date("Delivered on")
    fault_code_ids = fields.Many2many("service.fault.code", string="Fault codes")
    cause_class = fields.Selection(
        [("quality", "Quality"), ("non_quality", "Not quality: use or handling"), ("other", "Other")],
        "Class of cause",
        index=True,
        tracking=True,
    )
    severity = fields.Selection(
        [("light", "Light"), ("serious", "Serious")], default="light", required=True, index=True, tracking=True
    )
    supplier_needed = fields.Boolean("Supplier needed", tracking=True)
    is_dispute = fields.Boolean("Dispute", tracking=True, help="Settled by the contract; stops no clock.")
    contract_ref = fields.Char("Contract")
    evidence_ids = fields.Many2many(string="Photos and documents")

    # who
    team_id = fields.Many2one("service.team", index="btree_not_null", check_company=True, tracking=True)
    user_id = fields.Many2one(
        "res.users",
        "Person in charge",
        index="btree_not_null",
        tracking=True,
        check_company=True,
        domain="[('share', '=', False)]",
        help="One person, responsible to the end.",
    )

    # what happened
    escalation_level = fields.Integer("Escalation level", readonly=True, copy=False, tracking=True, aggregator="max")
    accepted_at = fields.Datetime("Accepted on", readonly=True, copy=False)
    first_answered_at = fields.Datetime("First answered on", readonly=True, copy=False)
    resolved_at = fields.Datetime("Resolved on", readonly=True, copy=False)
    confirmed_at = fields.Datetime("Confirmed on", readonly=True, copy=False)
    closed_at = fields.Datetime("Closed on", readonly=True, copy=False, index=True)
    waiting_reason_id = fields.Many2one("service.wait.reason", "Waits for", readonly=True, copy=False)
    waiting_from = fields.Char(readonly=True, copy=False, export_string_translation=False)
    waiting_since = fields.Datetime(readonly=True, copy=False)
    reopen_count = fields.Integer("Reopened", readonly=True, copy=False, help="Times the customer came back with it.")
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    resolution = fields.Text("What was done", copy=False, help="The answer to the customer; shown in the portal.")
    solution_id = fields.Many2one("service.solution", index="btree_not_null", copy=False, tracking=True)

    # relatives
    parent_id = fields.Many2one(
        "service.ticket", "Follows", index="btree_not_null", copy=False, check_company=True, ondelete="restrict"
    )
    child_ids = fields.One2many("service.ticket", "parent_id", "Followed by")
    recurrence_of_id = fields.Many2one(
        "service.ticket",
        "Recurrence of",
        index="btree_not_null",
        copy=False,
        check_company=True,
        ondelete="restrict",
        help="The same fault was reported before.",
    )
    analysis_ids = fields.One2many("service.analysis", "ticket_id", "Analyses")
    question_ids = fields.One2many("service.question", "ticket_id", "Questions to departments")
    visit_ids = fields.One2many("service.visit", "ticket_id", "Visits")
    callback_ids = fields.One2many("service.callback", "ticket_id", "Call-backs")
    visit_count = fields.Integer(compute="_compute_visit_count")
    is_mine = fields.Boolean(compute="_compute_is_mine", search="_search_is_mine", export_string_translation=False)

    _board_idx = models.Index("(company_id, state, received_at)")
    _customer_idx = models.Index("(partner_id, state) WHERE partner_id IS NOT NULL")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for ticket in self:
            ticket.display_name = f"{ticket.name} {ticket.subject or ''}".strip()

    @api.depends("email")
    def _compute_email_key(self):
        for ticket in self:
            ticket.email_key = email_normalize(ticket.email or "") or False

    @api.depends("visit_ids")
    def _compute_visit_count(self):
        groups = self.env["service.visit"]._read_group([("ticket_id", "in", self.ids)], ["ticket_id"], ["__count"])
        counts = dict(groups)
        for ticket in self:
            ticket.visit_count = counts.get(ticket, 0)

    @api.depends("user_id", "visit_ids.engineer_ids", "team_id.member_ids")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        mine = self.filtered_domain(self._mine_domain()) if self else self
        for ticket in self:
            ticket.is_mine = ticket in mine

    @api.model
    def _search_is_mine(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return self._mine_domain()

    @api.model
    def _mine_domain(self):
        """Return the domain of the tickets the user is in charge of, drives out for, or whose team the user is in."""
        uid = self.env.uid
        return (
            Domain("user_id", "=", uid)
            | Domain("team_id.member_ids", "in", [uid])
            | Domain("visit_ids.engineer_ids.user_id", "in", [uid])
        )

    def _expand_states(self, states, domain):
        """Return the columns of the board: every state in which somebody still has something to do."""
        return [state for state, _label in STATES if state in OPEN or state in states]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Register tickets; their clocks start from when the word was received.

        :raises UserError: received in the future, or see the workflow mixin
        """
        self._number(vals_list)
        tickets = super().create(self._with_team(vals_list))
        tickets._check_times()
        tickets._fill_from_serial()
        tickets._fill_from_order()
        live = tickets.filtered(lambda ticket: not ticket.is_historic)
        live._sync_clocks()
        live._assign_next_step()
        return tickets

    def write(self, vals):
        """Write; what a promise depends on is promised anew, keeping the time already used.

        :raises UserError: see the workflow mixin, and a time that cannot be
        """
        result = super().write(vals)
        if "received_at" in vals:
            self._check_times()
        if not self._clock_fields().isdisjoint(vals):
            self._sync_clocks()
        if not {"user_id", "team_id"}.isdisjoint(vals):
            self._assign_next_step()
        if not self._handling_fields().isdisjoint(vals):
            self._refresh_approvals()
        return result

    @api.model
    def _with_team(self, vals_list):
        """Return ``vals_list`` with the only team of the company, where there is no choice to be made."""
        if not any(_lacks_team(vals) for vals in vals_list):
            return vals_list
        groups = self.env["service.team"].sudo()._read_group([], ["company_id"], ["id:recordset"])
        only = {company.id: teams.id for company, teams in groups if len(teams) == 1}
        return [
            {**vals, "team_id": only.get(vals.get("company_id") or self.env.company.id)} if _lacks_team(vals) else vals
            for vals in vals_list
        ]

    def _check_times(self):
        now = fields.Datetime.now()
        for ticket in self.filtered(lambda ticket: ticket.received_at > now):
            raise UserError(
                self.env._(
                    "%(ticket)s: received on %(when)s lies in the future. Enter when the word reached you.",
                    ticket=ticket.subject,
                    when=format_datetime(self.env, ticket.received_at),
                )
            )

    @api.model
    def _frozen_fields(self, state):
        if state in ("closed", "cancelled"):
            open_ends = {"team_id", "user_id", "fault_code_ids", "recurrence_of_id", "rating_ids"}
            return self._every_field() - open_ends | {"name", "company_id"}
        frozen = {"name", "company_id"}
        if state != "new":
            frozen |= {"received_at", "channel"}
        if state in ("resolved", "confirmed"):
            frozen |= set(INTAKE)
        return frozenset(frozen)

    def _evidence_locked(self):
        return any(ticket.state in ("closed", "cancelled") for ticket in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", OPEN)

    def _personal_documents(self):
        return self

    @api.model
    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["partner_id"]

    def _compute_access_url(self):
        for ticket in self:
            ticket.access_url = f"/my/tickets/{ticket.id}"

    # ------------------------------------------------------------------
    # People
    # ------------------------------------------------------------------

    def _doers(self):
        """Return the users who did the work of these tickets, and therefore neither call back nor approve."""
        return self.user_id | self.visit_ids.filtered(lambda visit: visit.state != "cancelled").engineer_ids.user_id

    def _check_staff(self):
        """Raise AccessError unless the user works in service and may change these tickets."""
        self._check_role(f"{ENGINEER},{AGENT}")
        self.check_access("write")
