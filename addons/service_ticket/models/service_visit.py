from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .service_ticket_roles import LEADER

STATES = [
    ("draft", "Draft"),
    ("planned", "Planned"),
    ("departed", "On the way"),
    ("on_site", "On site"),
    ("done", "Finished"),
    ("approved", "Approved"),
    ("cancelled", "Cancelled"),
]
GRADES = [("1", "Very poor"), ("2", "Poor"), ("3", "Fair"), ("4", "Good"), ("5", "Very good")]
#: what the engineers write on site (C10)
REPORT = (
    "history", "listen", "look", "examine", "opened", "running_hours", "warranty_state", "true_cause", "work_done",
    "departure_report", "result", "opinion", "fault_code_ids", "evidence_ids",
)
EVALUATION = ("evaluation_quality", "evaluation_attitude", "evaluation_timeliness", "evaluation_overall")
#: what the dispatch order says (C9)
ORDER = (
    "ticket_id", "task", "partner_id", "site_partner_id", "contact_name", "phone", "product_id", "lot_id",
    "requested_at", "planned_start", "planned_end", "engineer_ids", "leader_id", "advance_amount", "route",
)


class ServiceVisit(models.Model):
    """A dispatch order that becomes a service report (C6, C9 to C11, D5)."""

    _name = "service.visit"
    _description = "Visit"
    _inherit = ["quality.step.mixin", "quality.approval.mixin", "quality.seal.mixin", "quality.evidence.mixin"]
    _order = "planned_start desc, id desc"
    _rec_names_search = ["name", "ticket_id.name", "ticket_id.subject"]
    _check_company_auto = True
    _sequence_code = "service.visit"
    _historic_group = LEADER
    _open_states = ("draft", "planned", "departed", "on_site", "done")
    _personal_fields = (
        "contact_name", "phone", "task", "history", "listen", "look", "examine", "true_cause", "work_done",
        "departure_report", "opinion", "evaluation_comment", "refusal_reason", "refusal_witness", "signed_by",
        "signature", "reason", "cancel_reason",
    )

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    ticket_id = fields.Many2one(
        "service.ticket", required=True, index=True, ondelete="restrict", check_company=True
    )
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
    state = fields.Selection(
        STATES, default="draft", required=True, copy=False, index=True, tracking=True, group_expand="_expand_states"
    )
    level = fields.Integer("Escalation level", readonly=True, copy=False, aggregator=None)

    # dispatch order
    task = fields.Text(help="What is to be done on site.")
    partner_id = fields.Many2one("res.partner", "Customer", index="btree_not_null")
    site_partner_id = fields.Many2one("res.partner", "Site")
    contact_name = fields.Char()
    phone = fields.Char()
    product_id = fields.Many2one("product.product", check_company=True, index="btree_not_null")
    lot_id = fields.Many2one("stock.lot", "Serial number", check_company=True, index="btree_not_null")
    requested_at = fields.Datetime("Time the customer asked for", tracking=True)
    planned_start = fields.Datetime(index=True, tracking=True)
    planned_end = fields.Datetime()
    engineer_ids = fields.Many2many(
        "hr.employee", "service_visit_engineer_rel", "visit_id", "employee_id", "Engineers", check_company=True
    )
    leader_id = fields.Many2one("hr.employee", check_company=True, help="Required with two or more engineers.")
    currency_id = fields.Many2one("res.currency", default=lambda self: self.env.company.currency_id, required=True)
    advance_amount = fields.Monetary("Cash advance")
    route = fields.Text()
    check_ids = fields.One2many("service.visit.check", "visit_id", "Preparation", copy=True)
    map_url = fields.Char(related="ticket_id.map_url")

    # what happened
    departed_at = fields.Datetime("Left on", readonly=True, copy=False)
    arrived_at = fields.Datetime("Arrived on", readonly=True, copy=False)
    finished_at = fields.Datetime("Finished on", readonly=True, copy=False, index=True)
    approved_at = fields.Datetime("Approved on", readonly=True, copy=False)
    arrival_place = fields.Char("Place of arrival", readonly=True, copy=False, help="Where the phone said it was.")
    is_late = fields.Boolean("Late for the customer", compute="_compute_is_late", store=True)

    # service report
    history = fields.Text(copy=False, help="What happened before, repairs, changes.")
    listen = fields.Text("What the operator says", copy=False)
    look = fields.Text("What is seen", copy=False)
    examine = fields.Text("What the check shows", copy=False)
    opened = fields.Boolean("Opened before by others", copy=False)
    running_hours = fields.Float(copy=False)
    true_cause = fields.Text("True cause", copy=False)
    work_done = fields.Text("Work done", copy=False)
    departure_report = fields.Text("Short report before leaving", copy=False)
    result = fields.Selection(
        [("solved", "Solved"), ("unsolved", "Not solved"), ("needs_parts", "Needs parts")],
        copy=False, tracking=True, index="btree_not_null",
    )
    opinion = fields.Text("Own opinion", copy=False, help="What the engineers propose when they cannot solve it (D4).")
    fault_code_ids = fields.Many2many("service.fault.code", string="Fault codes", copy=False)
    evidence_ids = fields.Many2many(string="Photos and documents")

    # the customer
    evaluation_quality = fields.Selection(GRADES, "Quality of the work", copy=False)
    evaluation_attitude = fields.Selection(GRADES, "Conduct", copy=False)
    evaluation_timeliness = fields.Selection(GRADES, "Timeliness", copy=False)
    evaluation_overall = fields.Selection(GRADES, "Overall", copy=False)
    evaluation_comment = fields.Text("Comment of the customer", copy=False)
    signature = fields.Image(readonly=True, copy=False, max_width=1024, max_height=1024, attachment=True)
    signed_by = fields.Char("Signed by", readonly=True, copy=False)
    signed_at = fields.Datetime("Signed on", readonly=True, copy=False)
    refusal_reason = fields.Text("Why it was not signed", readonly=True, copy=False)
    refusal_witness = fields.Char("Witness", readonly=True, copy=False)
    seal_validity = fields.Selection(
        [("none", "Not signed"), ("valid", "Valid"), ("changed", "Changed since"), ("broken", "Broken"),
         ("missing", "Missing"), ("refused", "Refused")],
        "Signature is", compute="_compute_seal_validity",
    )
    report_id = fields.Many2one("ir.attachment", "Archived report", readonly=True, copy=False, index="btree_not_null",
                                bypass_search_access=True)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    expense_ids = fields.One2many("hr.expense", "service_visit_id", "Expenses")
    expense_total = fields.Monetary("Expenses in all", compute="_compute_expense_total", compute_sudo=True)

    _calendar_idx = models.Index("(company_id, planned_start) WHERE state NOT IN ('cancelled', 'draft')")
    _one_after_other = models.Constraint(
        "CHECK (planned_end IS NULL OR planned_start IS NULL OR planned_end >= planned_start)",
        "A visit ends after it begins.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "ticket_id.subject")
    def _compute_display_name(self):
        for visit in self:
            visit.display_name = f"{visit.name} {visit.sudo().ticket_id.subject or ''}".strip()

    @api.depends("requested_at", "arrived_at")
    def _compute_is_late(self):
        for visit in self:
            visit.is_late = bool(visit.requested_at and visit.arrived_at and visit.arrived_at > visit.requested_at)

    @api.depends("signed_at", "refusal_reason", *REPORT, *EVALUATION)
    def _compute_seal_validity(self):
        seals = self.env["quality.seal"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids), ("purpose", "=", "service_report")],
            order="id",
        )
        last = {seal.res_id: seal for seal in seals}
        for visit in self:
            seal = last.get(visit.id)
            if seal and visit.signed_at:
                seal.invalidate_recordset(["validity"])
                visit.seal_validity = seal.validity
            else:
                visit.seal_validity = "refused" if visit.refusal_reason else "none"

    @api.depends("expense_ids.total_amount")
    def _compute_expense_total(self):
        for visit in self:
            visit.expense_total = sum(visit.expense_ids.mapped("total_amount"))

    def _expand_states(self, states, domain):
        return [state for state, _label in STATES if state not in ("approved", "cancelled") or state in states]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Write dispatch orders; what the ticket knows is filled in (C9)."""
        self._number(vals_list)
        tickets = self.env["service.ticket"].browse([vals.get("ticket_id") for vals in vals_list])
        for vals, ticket in zip(vals_list, tickets, strict=True):
            for name, value in ticket._dispatch_vals().items():
                vals.setdefault(name, value)
        visits = super().create(vals_list)
        for visit in visits.sudo():
            visit.level = visit.ticket_id.escalation_level
            if not visit.check_ids:
                visit.check_ids = self.env["service.checklist.item"]._lines_for(visit)
        visits._check_planned_people()
        return visits

    def write(self, vals):
        """Write; what was signed and is changed is shown as changed, what was approved lapses."""
        result = super().write(vals)
        if not {"engineer_ids", "leader_id", "planned_start", "product_id"}.isdisjoint(vals):
            self._check_planned_people()
        if not {"planned_start", "planned_end", "engineer_ids"}.isdisjoint(vals):
            self._sync_calendar()
        if "requested_at" in vals:
            self._promise_appointment()
        if not {*REPORT, *EVALUATION}.isdisjoint(vals):
            self._refresh_approvals()
        return result

    @api.model
    def _frozen_fields(self, state):
        if state in ("approved", "cancelled"):
            return self._every_field() - {"expense_ids"}
        frozen = {"name", "ticket_id"}
        if state in ("departed", "on_site", "done"):
            frozen |= set(ORDER)
        if state != "done":
            frozen |= {*EVALUATION, "evaluation_comment"}
        if state in ("draft", "planned"):
            frozen |= {"result", "work_done", "departure_report"}
        return frozenset(frozen)

    def _evidence_locked(self):
        return any(visit.state in ("approved", "cancelled") for visit in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", self._open_states)

    def _personal_documents(self):
        return self

    def _check_planned_people(self):
        """C1: people who are not qualified are not put on a visit that is planned already."""
        for visit in self.filtered(lambda visit: visit.state in ("planned", "departed")):
            missing = visit._missing_people()
            if missing:
                raise UserError("\n".join(missing))


class HrExpense(models.Model):
    _inherit = "hr.expense"

    service_visit_id = fields.Many2one(
        "service.visit", "Visit", index="btree_not_null", check_company=True, ondelete="set null"
    )
