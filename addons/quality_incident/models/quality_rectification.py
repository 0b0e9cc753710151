from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .quality_incident_workflow import CHIEF, MANAGER

STAFF = "quality_incident.group_quality_staff"
SEVERITIES = [("normal", "Normal"), ("major", "Major")]
CHANNELS = [
    ("portal", "Portal"),
    ("email", "E-mail"),
    ("letter", "Letter"),
    ("fax", "Fax"),
    ("hand", "Handed over"),
    ("phone", "Phone, confirmed in writing"),
]
#: promises of the recipient: only while one of these runs can the recipient be late
RECIPIENT_KINDS = ("acknowledgement", "plan", "action")
#: facts of the notice, fixed once it is issued
NOTICE_CONTENT = (
    "subject", "severity", "source", "incident_id", "project_id", "location", "description",
    "recipient_department_id", "recipient_partner_id", "external_ref", "evidence_ids",
)


class QualityRectification(models.Model):
    """A rectification notice (整改通知单): what must be put right, by whom, until when, and whether it was (A1, A2)."""

    _name = "quality.rectification"
    _description = "Rectification notice"
    _inherit = [
        "quality.step.mixin",
        "quality.effect.mixin",
        "quality.approval.mixin",
        "quality.dossier.mixin",
        "quality.evidence.mixin",
    ]
    _order = "issued_at desc, id desc"
    _rec_names_search = ["name", "subject", "external_ref"]
    _check_company_auto = True
    _mail_post_access = "read"  # recipients read the notice, and answer it
    _personal_fields = (
        "subject", "location", "description", "ack_person", "reason", "cancel_reason", "effect_note",
    )

    # identity
    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    subject = fields.Char(required=True, tracking=True)
    external_ref = fields.Char(
        "Reference at the source", copy=False, help="Number of the case in the system or office it comes from."
    )
    external_status = fields.Char("Outcome at the source", copy=False, help="In the words of where it comes from.")
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    state = fields.Selection(
        [
            ("draft", "Draft"),
            ("issued", "Issued"),
            ("acknowledged", "Acknowledged"),
            ("planned", "Planned"),
            ("approved", "Approved"),
            ("executing", "Executing"),
            ("recheck", "Re-check"),
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
    severity = fields.Selection(
        SEVERITIES,
        default="normal",
        required=True,
        index=True,
        tracking=True,
        help="The plan of a major notice is reviewed by the chief engineer before it goes to the issuer.",
    )
    round = fields.Integer(default=1, readonly=True, copy=False, aggregator="max", help="Counts the re-checks.")
    plan_round = fields.Integer(default=1, readonly=True, copy=False, aggregator=None, export_string_translation=False)

    # where it comes from
    source = fields.Selection(
        [
            ("incident", "Incident"),
            ("inspection", "Inspection"),
            ("ticket", "Ticket"),
            ("survey", "Survey"),
            ("external", "Other"),
        ],
        default="external",
        required=True,
        index=True,
    )
    incident_id = fields.Many2one("quality.incident", index="btree_not_null", check_company=True, ondelete="restrict")
    origin_model = fields.Char(readonly=True, copy=False, export_string_translation=False)
    origin_id = fields.Many2oneReference(
        model_field="origin_model", readonly=True, copy=False, index="btree_not_null"
    )
    origin_name = fields.Char("Raised from", readonly=True, copy=False)
    project_id = fields.Many2one("project.project", index="btree_not_null", check_company=True)
    location = fields.Char(help="Part of the works or place on the site.")
    description = fields.Text("What was found")
    evidence_ids = fields.Many2many(string="Photos and documents")

    # who
    issuer_id = fields.Many2one(
        "res.users", "Issued by", required=True, index=True, tracking=True, default=lambda self: self.env.user,
        copy=False, check_company=True, domain="[('share', '=', False)]",
    )
    recipient_department_id = fields.Many2one(
        "hr.department", "To the department", index="btree_not_null", check_company=True, tracking=True
    )
    recipient_partner_id = fields.Many2one(
        "res.partner", "To the outside party", index="btree_not_null", check_company=True, tracking=True,
        help="Contractor or supplier. Staff acts on their behalf unless they answer in the portal.",
    )
    recipient_name = fields.Char("Recipient", compute="_compute_recipient_name")
    addressed_to_me = fields.Boolean(compute="_compute_addressed_to_me", search="_search_addressed_to_me")
    acts_for_recipient = fields.Boolean(compute="_compute_acts_for_recipient")

    # what happened
    issued_at = fields.Datetime("Issued on", readonly=True, copy=False, index=True)
    acknowledged_at = fields.Datetime("Acknowledged on", readonly=True, copy=False)
    acknowledged_by_id = fields.Many2one("res.users", "Acknowledged by", readonly=True, copy=False)
    ack_channel = fields.Selection(CHANNELS, "Acknowledged through", copy=False)
    ack_person = fields.Char("Acknowledged for them by", copy=False, help="Who at the outside party acknowledged it.")
    planned_at = fields.Datetime("Plan submitted on", readonly=True, copy=False)
    plan_author_ids = fields.Many2many(
        "res.users", "quality_rectification_author_rel", "rectification_id", "user_id", "Plan written by",
        readonly=True, copy=False,
    )
    approved_at = fields.Datetime("Plan approved on", readonly=True, copy=False)
    closed_at = fields.Datetime("Closed on", readonly=True, copy=False, index=True)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)

    line_ids = fields.One2many("quality.rectification.line", "rectification_id", "Requirements", copy=True)
    recheck_ids = fields.One2many("quality.rectification.recheck", "rectification_id", "Re-checks", readonly=True)
    extension_ids = fields.One2many("quality.rectification.extension", "rectification_id", "Extensions")

    waiting_for = fields.Selection(
        [("recipient", "Recipient"), ("issuer", "Issuer"), ("approvers", "Approvers"), ("nobody", "Nobody")],
        "Whose turn",
        compute="_compute_waiting_for",
    )
    is_overdue = fields.Boolean(
        "Overdue", compute="_compute_is_overdue", search="_search_is_overdue",
        help="The recipient owes something and its time is over. What waits for issuer or approvers is not overdue.",
    )

    _sequence_code = "quality.rectification"
    _step_activity = "quality_incident.mail_activity_rectification_step"
    _open_states = ("draft", "issued", "acknowledged", "planned", "approved", "executing", "recheck")

    _board_idx = models.Index("(company_id, state, issued_at)")
    _one_recipient = models.Constraint(
        "CHECK (recipient_department_id IS NULL OR recipient_partner_id IS NULL)",
        "A notice goes to a department of your own or to an outside party, not to both.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for notice in self:
            notice.display_name = f"{notice.name} {notice.subject or ''}".strip()

    @api.depends("recipient_department_id", "recipient_partner_id")
    def _compute_recipient_name(self):
        for notice in self.sudo():
            recipient = notice.recipient_partner_id or notice.recipient_department_id
            notice.recipient_name = recipient.display_name or False

    def _my_departments(self):
        """Return the departments the user works in or leads."""
        deadlines = self.env["quality.deadline"]
        return self.env["hr.department"].sudo().search(deadlines._my_departments_domain())

    @api.depends("recipient_department_id")
    @api.depends_context("uid")
    def _compute_addressed_to_me(self):
        departments = self._my_departments()
        for notice in self:
            notice.addressed_to_me = notice.recipient_department_id in departments

    @api.model
    def _search_addressed_to_me(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return Domain("recipient_department_id", "in", self._my_departments().ids)

    @api.depends("addressed_to_me", "recipient_partner_id", "line_ids.responsible_id")
    @api.depends_context("uid")
    def _compute_acts_for_recipient(self):
        staff = self.env.user.has_group(STAFF)
        for notice in self:
            own = notice.addressed_to_me or self.env.user in notice.sudo().line_ids.responsible_id
            notice.acts_for_recipient = staff if notice.recipient_partner_id else own

    @api.depends("state", "approval_ids.state")
    def _compute_waiting_for(self):
        sides = {"draft": "issuer", "recheck": "issuer", "closed": "nobody", "cancelled": "nobody"}
        for notice in self:
            asked = notice.state == "planned" and notice.approval_state == "pending"
            notice.waiting_for = "approvers" if asked else sides.get(notice.state, "recipient")

    @api.depends("deadline_ids.state", "deadline_ids.due_at")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        late = {
            row.res_id
            for row in self._find_deadlines()
            if row.kind in RECIPIENT_KINDS and row.state == "running" and row.due_at < now
        }
        for notice in self:
            notice.is_overdue = notice.id in late

    @api.model
    def _search_is_overdue(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        late = (
            Domain("kind", "in", RECIPIENT_KINDS)
            & Domain("state", "=", "running")
            & Domain("due_at", "<", fields.Datetime.now())
        )
        return Domain("deadline_ids", "any", late)

    def _expand_states(self, states, domain):
        """Return the columns of the board: every step a notice waits in, the others when something is there."""
        board = set(self._open_states)
        return [state for state, _label in self._fields["state"].selection if state in board or state in states]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._number(vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Write; past the draft the recipient enters only lines, and only a manager or the chief changes the issuer.

        :raises AccessError: the user has no part in what is changed
        :raises UserError: see the workflow mixin
        """
        self._check_may_edit(vals)
        return super().write(vals)

    def _check_may_edit(self, vals):
        if self.env.su:
            return
        if not self.env.user.has_group(STAFF) and vals.keys() - {"line_ids", *self._never_frozen}:
            raise AccessError(
                self.env._("A notice is in the hands of the quality staff. Enter your plan and your work on its lines.")
            )
        if "issuer_id" in vals and any(notice.state != "draft" for notice in self):
            # The issuer approves the plan: whoever could change them could approve it.
            self._check_role(f"{CHIEF},{MANAGER}")

    @api.model
    def _frozen_fields(self, state):
        if state in ("closed", "cancelled"):
            return self._every_field() | {"name", "company_id"}
        frozen = {"name", "company_id"}
        if state != "draft":
            frozen |= set(NOTICE_CONTENT)
        if state not in ("draft", "issued"):
            frozen |= {"ack_channel", "ack_person"}
        return frozenset(frozen)

    def _evidence_locked(self):
        return any(notice.state != "draft" for notice in self)

    def _line_changed(self):
        """Called by every line: what was approved may no longer be what stands here (A2)."""
        if self.filtered(lambda notice: notice.state != "draft"):
            self._refresh_approvals()

    def action_open_origin(self):
        """Return the action that opens what this notice was raised from.

        :raises UserError: there is nothing, or it no longer exists
        """
        self.ensure_one()
        self.check_access("read")
        model = self.env.get(self.origin_model) if self.origin_model else None
        if model is None or not model.sudo().browse(self.origin_id).exists():
            raise UserError(self.env._("%s: what it was raised from no longer exists.", self.display_name))
        return model.browse(self.origin_id).get_formview_action()
