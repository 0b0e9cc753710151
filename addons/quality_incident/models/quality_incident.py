from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

from .quality_incident_contents import PLAN_CONTENT

GRADES = [("minor", "Minor"), ("general", "General"), ("major", "Major")]

#: a change of these may hand the next step to somebody else
NEXT_STEP_CONTENT = ("grade", "technical_lead_id", "engineer_id", "inspector_id", "written_report")


class QualityIncident(models.Model):
    """A quality incident from its first report to its closure (rule books A and B)."""

    _name = "quality.incident"
    _description = "Quality incident"
    _inherit = ["quality.step.mixin", "quality.incident.contents", "quality.evidence.mixin"]
    _order = "occurred_at desc, id desc"
    _rec_names_search = ["name", "title", "external_ref"]
    _check_company_auto = True
    _personal_fields = (
        "title", "location", "description", "preliminary_cause", "root_cause", "responsible_person", "written_report",
        "verification_note", "reason", "cancel_reason", "effect_note",
    )

    # identity
    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    title = fields.Char(required=True, tracking=True)
    external_ref = fields.Char(
        "Reference at the source", copy=False, help="Number of the case in the system or office it comes from."
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("reported", "Reported"),
            ("verified", "Verified"),
            ("analysis", "Analysis"),
            ("plan", "Plan"),
            ("executing", "Executing"),
            ("acceptance", "Acceptance"),
            ("closing", "Closing"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        default="draft",
        required=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand="_expand_states",
    )
    round = fields.Integer(
        default=1,
        readonly=True,
        copy=False,
        help="Counts up when acceptance is refused or a closed incident is reopened.",
    )
    grade = fields.Selection(
        GRADES,
        default="minor",
        required=True,
        index=True,
        tracking=True,
        help="Minor: no effect on structural quality. General: affects structural quality, not safety. "
        "Major: affects the structure; whatever has casualties is graded by them.",
    )

    # what happened
    occurred_at = fields.Datetime("Happened on", required=True, default=fields.Datetime.now, copy=False, tracking=True)
    discovered_at = fields.Datetime("Discovered on", required=True, default=fields.Datetime.now, copy=False)
    reported_at = fields.Datetime("Reported on", readonly=True, copy=False)
    project_id = fields.Many2one("project.project", index="btree_not_null", check_company=True)
    location = fields.Char(help="Part of the works or place on the site.")
    description = fields.Text("What happened")
    evidence_ids = fields.Many2many(string="Photos and documents")
    product_id = fields.Many2one("product.product", index="btree_not_null", check_company=True)
    currency_id = fields.Many2one("res.currency", required=True, default=lambda self: self.env.company.currency_id)
    estimated_loss = fields.Monetary("Estimated loss", tracking=True)
    actual_loss = fields.Monetary("Actual loss", copy=False, tracking=True)
    no_loss = fields.Boolean(
        "No economic loss", help="Tick when the loss is known to be nil; an empty amount means not known yet."
    )
    deaths = fields.Integer(copy=False, tracking=True)
    serious_injuries = fields.Integer("Serious injuries", copy=False, tracking=True)

    # why, and who
    preliminary_cause = fields.Text("Preliminary cause")
    cause_category_id = fields.Many2one(
        "quality.cause.category", "Cause category", index="btree_not_null", ondelete="restrict"
    )
    root_cause = fields.Text("Root cause", tracking=True)
    responsible_department_id = fields.Many2one(
        "hr.department", "Responsible department", index="btree_not_null", check_company=True
    )
    responsible_partner_id = fields.Many2one(
        "res.partner", "Responsible outside party", index="btree_not_null", check_company=True
    )
    responsible_unit = fields.Char("Responsible unit", compute="_compute_responsible_unit")
    responsible_person = fields.Char("Responsible person")
    reporter_id = fields.Many2one(
        "res.users", default=lambda self: self.env.user, required=True, index=True, copy=False
    )
    technical_lead_id = fields.Many2one("res.users", "Project technical lead", index="btree_not_null", tracking=True)
    engineer_id = fields.Many2one("res.users", "Engineer in charge", index="btree_not_null", tracking=True)
    inspector_id = fields.Many2one("res.users", "Quality inspector", index="btree_not_null", tracking=True)

    # how it was handled
    self_handled = fields.Boolean(
        "Handled outside the procedure",
        help="The project department dealt with it by itself before reporting. Opens a violation.",
    )
    written_report = fields.Text(
        "Written report", help="The technical lead's written report to the engineering department.", copy=False
    )
    verification_note = fields.Text("Verification note", copy=False)
    inspector_notified_at = fields.Datetime("Inspector notified on", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    closed_at = fields.Datetime("Closed on", readonly=True, copy=False, index=True)
    plan_started_at = fields.Datetime("Plan started on", readonly=True, copy=False)

    team_ids = fields.One2many("quality.team.member", "incident_id", "Investigation team")
    meeting_ids = fields.One2many("quality.analysis.meeting", "incident_id", "Joint analysis")
    scene_ids = fields.One2many("quality.scene.protection", "incident_id", "Scene protection")
    stop_order_ids = fields.One2many("quality.stop.order", "incident_id", "Stop-work orders")
    duty_ids = fields.One2many("quality.reporting.duty", "incident_id", "Reporting duties")
    determination_ids = fields.One2many("quality.determination", "incident_id", "Determinations")
    option_ids = fields.One2many("quality.treatment.option", "incident_id", "Treatment options")
    action_ids = fields.One2many("quality.action", "incident_id", "Actions")
    acceptance_ids = fields.One2many("quality.acceptance", "incident_id", "Acceptances")
    responsibility_ids = fields.One2many("quality.responsibility", "incident_id", "Responsibility decisions")
    education_ids = fields.One2many("quality.education", "incident_id", "Education sessions")
    violation_ids = fields.One2many("quality.violation", "incident_id", "Violations")
    fact_ids = fields.One2many("quality.closure.fact", "incident_id", "Four no-pass")

    chosen_option_id = fields.Many2one("quality.treatment.option", "Chosen option", compute="_compute_chosen_option_id")
    defect_nature = fields.Text(
        "Defect nature", compute="_compute_defect_nature", help="As the last confirmed determination found it."
    )

    _sequence_code = "quality.incident"
    _step_activity = "quality_incident.mail_activity_quality_step"
    _open_states = ("draft", "reported", "verified", "analysis", "plan", "executing", "acceptance", "closing")

    _board_idx = models.Index("(company_id, state, occurred_at)")
    _counts_positive = models.Constraint(
        "CHECK (deaths >= 0 AND serious_injuries >= 0 AND estimated_loss >= 0 AND actual_loss >= 0)",
        "Deaths, injuries and losses cannot be negative.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "title")
    def _compute_display_name(self):
        for incident in self:
            incident.display_name = f"{incident.name} {incident.title or ''}".strip()

    @api.depends("responsible_department_id", "responsible_partner_id")
    def _compute_responsible_unit(self):
        for incident in self:
            unit = incident.responsible_partner_id or incident.responsible_department_id
            incident.responsible_unit = unit.display_name or False

    @api.depends("option_ids.chosen")
    def _compute_chosen_option_id(self):
        for incident in self:
            incident.chosen_option_id = incident.option_ids.filtered("chosen")[:1]

    @api.depends("determination_ids.state", "determination_ids.nature")
    def _compute_defect_nature(self):
        for incident in self:
            confirmed = incident.determination_ids.filtered(lambda line: line.state == "confirmed")
            incident.defect_nature = confirmed.sorted(lambda line: (line.confirmed_at, line.id))[-1:].nature

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("occurred_at", "discovered_at")
    def _check_times(self):
        now = fields.Datetime.now()
        for incident in self:
            if incident.occurred_at > now:
                raise ValidationError(
                    self.env._(
                        "%s: the incident cannot have happened in the future. Check the date and the time zone.",
                        incident.title,
                    )
                )
            if incident.discovered_at < incident.occurred_at:
                raise ValidationError(
                    self.env._("%s: it cannot have been discovered before it happened.", incident.title)
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        staff = self.env.su or self.env.user.has_group("quality_incident.group_quality_staff")
        for vals in vals_list:
            if not staff:
                vals["reporter_id"] = self.env.uid
            if vals.get("is_historic"):
                vals.setdefault("discovered_at", vals.get("occurred_at"))
        self._number(vals_list)
        incidents = super().create(vals_list)
        incidents.filtered(lambda incident: not incident.is_historic)._raise_to_legal_grade()  # history keeps its grade
        return incidents

    def write(self, vals):
        """Write; past the draft only staff may, and what follows from the change happens with it.

        :raises AccessError: a reporter changes a reported incident, or somebody else than the quality
            manager the time of occurrence
        :raises UserError: a grade below the legal one; see also the workflow mixin
        """
        self._check_may_edit(vals)
        changed = vals.keys()
        result = super().write(vals)
        if not changed.isdisjoint(("grade", "deaths", "serious_injuries", "estimated_loss", "actual_loss")):
            self._raise_to_legal_grade(explicit="grade" in vals)
            self._open_duties()
            self._open_stop_orders()
            self._notify_major()
        if "occurred_at" in vals:
            self._replan_duties()
        if "self_handled" in vals:
            self._detect_self_handling()
        if not changed.isdisjoint(PLAN_CONTENT):
            self._line_changed()
        return result

    def _check_may_edit(self, vals):
        if self.env.su or not self - self.filtered(lambda incident: incident.state == "draft"):
            return
        if not vals.keys() - set(self._never_frozen):
            return
        if not self.env.user.has_group("quality_incident.group_quality_staff"):
            raise AccessError(
                self.env._("A reported incident is in the hands of the quality staff. Add what you know as a message.")
            )
        if "occurred_at" in vals and not self.env.user.has_group("quality_incident.group_quality_manager"):
            raise AccessError(
                self.env._(
                    "Statutory clocks run from the time of occurrence: once reported, "
                    "only the quality manager may correct it."
                )
            )

    @api.model
    def _frozen_fields(self, state):
        frozen = {"name", "company_id"}
        if state != "draft":
            frozen |= {"external_ref", "discovered_at", "reported_at", "reporter_id", "currency_id"}
        if state in ("executing", "acceptance", "closing"):
            frozen |= {"project_id", "location"}
        if state in ("closed", "cancelled"):
            frozen |= self._every_field()
        return frozenset(frozen)

    def _evidence_locked(self):
        return any(incident.state not in incident._open_states for incident in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", self._open_states)

    def _personal_reference(self):
        return self.name

    def _personal_documents(self):
        return self

    def _line_changed(self):
        """Called by every line: what was approved may no longer be what stands here."""
        self._refresh_approvals()
