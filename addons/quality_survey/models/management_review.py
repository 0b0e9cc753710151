from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_rectification_workflow import ISSUERS
from odoo.addons.quality_incident.tools.days import today_of
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import is_html_empty

from .quality_survey_roles import GENERAL_MANAGER

SEAL = "management_review"
KEEPERS = f"{ISSUERS},{GENERAL_MANAGER}"


class QualitySeal(models.Model):
    _inherit = "quality.seal"

    purpose = fields.Selection(selection_add=[(SEAL, "Management review")], ondelete={SEAL: "cascade"})


class QualityManagementReview(models.Model):
    """The management review (D16): what the year's data say, who was there, what was decided and who does it."""

    _name = "quality.management.review"
    _description = "Management review"
    _inherit = [
        "mail.thread", "mail.activity.mixin", "quality.step.mixin", "quality.deadline.mixin", "quality.seal.mixin",
        "quality.evidence.mixin",
    ]
    _order = "date_to desc, id desc"
    _check_company_auto = True
    _personal_fields = ("minutes", "reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    date_from = fields.Date("From", required=True, default=lambda self: self._last_year(1, 1))
    date_to = fields.Date("To", required=True, default=lambda self: self._last_year(12, 31))
    state = fields.Selection(
        [("draft", "Being prepared"), ("held", "Held"), ("filed", "Filed"), ("cancelled", "Cancelled")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    inputs_at = fields.Datetime("Inputs of", readonly=True, copy=False)
    input_ids = fields.One2many("quality.management.input", "review_id", readonly=True)
    held_at = fields.Datetime("Held on", copy=False)
    chair_id = fields.Many2one(
        "res.users", "Chaired by", copy=False, check_company=True, domain="[('share', '=', False)]"
    )
    attendance_ids = fields.One2many("quality.management.attendance", "review_id")
    minutes = fields.Html(copy=False)
    conclusion = fields.Selection(
        [
            ("suitable", "Suitable, adequate and effective"),
            ("partly", "To be improved"),
            ("unsuitable", "Not effective"),
        ],
        "The quality system is", copy=False,
    )
    decision_ids = fields.One2many("quality.management.decision", "review_id", "Decisions")
    annual_report_ids = fields.One2many("quality.annual.report", "review_id", "Annual reports", readonly=True)
    evidence_ids = fields.Many2many(string="Files of the review")
    filed_at = fields.Datetime("Filed on", readonly=True, copy=False)
    filed_by_id = fields.Many2one("res.users", "Filed by", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)

    _sequence_code = "quality.management.review"
    _step_activity = "quality_survey.mail_activity_annual_step"
    _open_states = ("draft", "held")
    _transitions = {
        ("draft", "held"): ("_missing_inputs", "_missing_meeting"),
        ("held", "filed"): ("_missing_minutes", "_missing_decisions"),
        ("draft", "cancelled"): ("_missing_cancel_reason",),
        ("held", "cancelled"): ("_missing_cancel_reason",),
    }
    _transition_groups = {
        ("draft", "held"): KEEPERS,
        ("held", "filed"): GENERAL_MANAGER,
        ("draft", "cancelled"): GENERAL_MANAGER,
        ("held", "cancelled"): GENERAL_MANAGER,
    }
    _stamps = {"filed": ("filed_by_id", "filed_at")}
    _system_fields = frozenset({"inputs_at", "input_ids", "filed_at", "filed_by_id", "reason", "cancel_reason"})
    _next_state = {"draft": "held", "held": "filed"}

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model
    def _last_year(self, month, day):
        year = today_of(self.env.company.sudo(), fields.Datetime.now()).year - 1
        return fields.Date.to_date(f"{year}-{month:02d}-{day:02d}")

    @api.depends("name", "date_from", "date_to")
    def _compute_display_name(self):
        for review in self:
            review.display_name = f"{review.name} {review.date_from} – {review.date_to}"

    @api.constrains("date_from", "date_to")
    def _check_days(self):
        if any(review.date_from > review.date_to for review in self):
            raise ValidationError(self.env._("The span ends before it begins: choose a later end."))

    @api.model_create_multi
    def create(self, vals_list):
        """Create; the inputs are gathered at once.

        :raises AccessError: the user is neither the general manager nor issues notices
        """
        self._check_role(KEEPERS)
        self._number(vals_list)
        reviews = super().create(vals_list)
        reviews._gather_inputs()
        reviews._assign_next_step()
        return reviews

    def write(self, vals):
        if vals.keys() - set(self._never_frozen):
            self._check_role(KEEPERS)
        result = super().write(vals)
        if vals.keys() & {"date_from", "date_to"}:
            self._gather_inputs()
        return result

    @api.model
    def _frozen_fields(self, state):
        if state in ("filed", "cancelled"):
            return self._every_field() | {"name", "company_id"}
        frozen = {"name", "company_id"}
        return frozenset(frozen | {"date_from", "date_to"} if state == "held" else frozen)

    @api.model
    def _check_may_import_history(self):
        raise AccessError(self.env._("A management review is drawn up here; it is not imported."))

    def _evidence_locked(self):
        return any(review.state == "filed" for review in self)

    def _personal_documents(self):
        return self

    def _personal_reference(self):
        return self.name

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_inputs(self):
        return [] if self.inputs_at else [self.env._("The inputs: gather them")]

    def _missing_meeting(self):
        missing = [] if self.held_at else [self.env._("When the review was held")]
        if not self.chair_id:
            missing.append(self.env._("Who chaired it"))
        if not self.attendance_ids.filtered("is_present"):
            missing.append(self.env._("Who was present"))
        return missing

    def _missing_minutes(self):
        missing = self._missing_meeting()
        if is_html_empty(self.minutes):
            missing.append(self.env._("The minutes"))
        if not self.conclusion:
            missing.append(self.env._("The conclusion on the quality system"))
        return missing

    def _missing_decisions(self):
        """D16: what was decided has somebody who does it, and a day."""
        missing = [] if self.decision_ids else [self.env._("A decision")]
        return missing + [
            self.env._("Owner and due date of: %s", decision.name)
            for decision in self.decision_ids if not (decision.user_id and decision.due_date)
        ]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the button of this step")]

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_refresh(self):
        """Gather the inputs again while the review is being prepared.

        :raises AccessError: the user is neither the general manager nor issues notices
        :raises UserError: it was held
        """
        self._check_role(KEEPERS)
        self.check_access("write")
        self._check_transition_known("held")
        self._gather_inputs()
        return True

    def action_hold(self):
        """Say that the review was held: its inputs stay as they were.

        :raises UserError: listing what is missing: time, chair, attendance
        """
        return self._take_step("held")

    def action_file(self):
        """File minutes and decisions: sealed and fixed, the decisions' clocks run (D16).

        :raises UserError: listing what the minutes and decisions lack
        """
        return self._take_step("filed")

    def action_cancel(self, reason=None):
        """Cancel the review with a reason; it keeps its number."""
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def _after_transition(self, origins, target):
        if target == "filed":
            for review in self.sudo():
                review.decision_ids._start_clocks()
                review._seal(SEAL)
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _next_people(self):
        if self.state == "draft":
            people = self._role_users("quality_incident.group_quality_manager")
            return people, self.env._("Prepare the management review")
        if self.state == "held":
            return self._role_users(GENERAL_MANAGER), self.env._("File the minutes of the management review")
        return None

    def _seal_content(self, purpose):
        return {
            "number": self.name, "span": [str(self.date_from), str(self.date_to)], "held": str(self.held_at),
            "chair": self.chair_id.login or "", "minutes": str(self.minutes or ""), "conclusion": self.conclusion or "",
            "inputs": [
                [row.section, row.name, row.value_text or "", row.target_text or "", row.verdict or ""]
                for row in self.input_ids.sorted("id")
            ],
            "attendance": [[row.name, row.role or "", row.is_present] for row in self.attendance_ids.sorted("id")],
            "decisions": [
                [row.name, row.kind, row.owner_name or "", str(row.first_due_date or "")]
                for row in self.decision_ids.sorted("id")
            ],
        }


class QualityManagementAttendance(models.Model):
    """Who was asked to the review, as what, and who came."""

    _name = "quality.management.attendance"
    _description = "Attendance"
    _inherit = ["quality.line.mixin"]
    _order = "review_id desc, id"
    _check_company_auto = True
    _document_field = "review_id"
    _personal_fields = ("name", "role")

    review_id = fields.Many2one(
        "quality.management.review", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    user_id = fields.Many2one("res.users", domain="[('share', '=', False)]", check_company=True)
    name = fields.Char(required=True, compute="_compute_name", store=True, readonly=False, precompute=True)
    role = fields.Char("As", help="Department or function.")
    is_present = fields.Boolean("Present", default=True)

    @api.depends("user_id")
    def _compute_name(self):
        for one in self:
            one.name = one.user_id.name or one.name

    def _check_document_states(self):
        """Lines are written by who keeps the review, while it is open."""
        self.review_id._check_role(KEEPERS)
        return super()._check_document_states()
