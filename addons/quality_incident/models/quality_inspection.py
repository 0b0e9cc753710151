from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.tools import SQL

from .quality_inspection_template import SUBJECTS
from .quality_rectification import STAFF
from .quality_rectification_workflow import ISSUERS

CONCLUSIONS = [("unqualified", "Unqualified"), ("qualified", "Qualified"), ("good", "Good")]


class QualityInspection(models.Model):
    """One inspection with its checklist (B1, B3)."""

    _name = "quality.inspection"
    _description = "Inspection"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "quality.step.mixin",
        "quality.deadline.mixin",
        "quality.evidence.mixin",
        "quality.register.mixin",
    ]
    _order = "planned_at desc, id desc"
    _rec_names_search = ["name", "title"]
    _check_company_auto = True
    _mail_post_access = "read"
    _personal_fields = ("title", "location", "conclusion_note", "reason", "late_reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    title = fields.Char(required=True, tracking=True)
    external_ref = fields.Char(
        "Reference at the source", copy=False, help="Number of the inspection in the system it comes from."
    )
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    state = fields.Selection(
        [
            ("planned", "Planned"),
            ("in_progress", "In progress"),
            ("done", "Done"),
            ("missed", "Missed"),
            ("cancelled", "Cancelled"),
        ],
        default="planned",
        required=True,
        copy=False,
        index=True,
        tracking=True,
        group_expand="_expand_states",
    )
    subject = fields.Selection(
        SUBJECTS,
        "What is inspected",
        default="site",
        required=True,
        index=True,
        help="A part in progress, a completed unit and a contract end with a conclusion that counts for an indicator.",
    )
    conclusion = fields.Selection(CONCLUSIONS, copy=False, tracking=True)
    conclusion_note = fields.Text("Summary", copy=False)

    # when and where
    plan_id = fields.Many2one(
        "quality.inspection.plan", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    occurrence_at = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    template_id = fields.Many2one(
        "quality.inspection.template", "Kind of site", index="btree_not_null", check_company=True, ondelete="restrict"
    )
    project_id = fields.Many2one("project.project", index="btree_not_null", check_company=True)
    location = fields.Char(help="Part of the works or place on the site.")
    department_id = fields.Many2one(
        "hr.department",
        "Inspected department",
        index="btree_not_null",
        check_company=True,
        help="Notices about deficiencies go there.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Inspected outside party",
        index="btree_not_null",
        check_company=True,
        help="Contractor or supplier that notices about deficiencies go to.",
    )
    planned_at = fields.Datetime(
        "Takes place on", required=True, default=fields.Datetime.now, tracking=True, index=True
    )
    grace_hours = fields.Integer("Missed after", default=24, help="Hours after its time in which it may be begun.")

    # who
    inspector_id = fields.Many2one(
        "res.users",
        "Quality inspector",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
        default=lambda self: self.env.user,
        domain="[('share', '=', False)]",
    )
    participant_ids = fields.Many2many(
        "res.users",
        "quality_inspection_user_rel",
        "inspection_id",
        "user_id",
        "Participants",
        domain="[('share', '=', False)]",
    )
    may_fill = fields.Boolean(compute="_compute_may_fill", export_string_translation=False)

    # what happened
    started_at = fields.Datetime("Begun on", readonly=True, copy=False)
    started_by_id = fields.Many2one("res.users", "Begun by", readonly=True, copy=False)
    done_at = fields.Datetime("Completed on", readonly=True, copy=False, index=True)
    done_by_id = fields.Many2one("res.users", "Completed by", readonly=True, copy=False)
    was_missed = fields.Boolean("Missed its time", readonly=True, copy=False, index="btree_not_null")
    late_reason = fields.Text("Why it was held late", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    invitation_number = fields.Integer(readonly=True, copy=False, export_string_translation=False)

    line_ids = fields.One2many("quality.inspection.line", "inspection_id", "Checklist", copy=True)
    line_count = fields.Integer("Points", compute="_compute_counts", store=True)
    answered_count = fields.Integer("Answered points", compute="_compute_counts", store=True)
    deficient_count = fields.Integer("Deficient points", compute="_compute_counts", store=True)
    to_raise_count = fields.Integer("Deficient points without notice", compute="_compute_counts", store=True)

    _sequence_code = "quality.inspection"
    _step_activity = "quality_incident.mail_activity_inspection_step"
    _open_states = ("planned", "in_progress", "missed")
    _deadline_cancel_states = ("cancelled",)

    _occurrence_once = models.UniqueIndex(
        "(plan_id, occurrence_at) WHERE plan_id IS NOT NULL", "This inspection of the plan exists already."
    )
    _external_ref_once = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL",
        "An inspection with this reference at the source exists already.",
    )
    _due_idx = models.Index("(planned_at) WHERE state = 'planned'")
    _results_idx = models.Index("(company_id, done_at, subject) WHERE state = 'done'")
    _one_party = models.Constraint(
        "CHECK (department_id IS NULL OR partner_id IS NULL)",
        "An inspection looks at a department of your own or at an outside party, not at both.",
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "title")
    def _compute_display_name(self):
        for inspection in self:
            inspection.display_name = f"{inspection.name} {inspection.title or ''}".strip()

    @api.depends("line_ids.result", "line_ids.rectification_line_id.rectification_id.state")
    def _compute_counts(self):
        for inspection in self:
            lines = inspection.line_ids
            deficient = lines.filtered(lambda line: line.result == "deficient")
            inspection.line_count = len(lines)
            inspection.answered_count = len(lines.filtered("result"))
            inspection.deficient_count = len(deficient)
            inspection.to_raise_count = len(deficient.filtered(lambda line: not line._is_raised()))

    @api.depends("inspector_id", "state")
    @api.depends_context("uid")
    def _compute_may_fill(self):
        for inspection in self:
            inspection.may_fill = inspection.state in self._open_states and inspection._is_inspector()

    @api.constrains("inspector_id", "is_historic")
    def _check_inspector_is_staff(self):
        for inspection in self.filtered(lambda one: not one.is_historic):
            if not inspection.inspector_id.has_group(STAFF):
                raise ValidationError(
                    self.env._("%s is not quality staff and cannot hold an inspection.", inspection.inspector_id.name)
                )

    def _expand_states(self, states, domain):
        return [state for state, _label in self._fields["state"].selection if state != "cancelled" or state in states]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Create; who may issue notices decides who inspects what.

        :raises AccessError: the user may not
        """
        self._check_role(ISSUERS)
        for vals in vals_list:
            template = self.env["quality.inspection.template"].browse(vals.get("template_id") or ())
            if template:
                template.check_access("read")
                vals.setdefault("subject", template.subject)
                vals.setdefault("title", template.name)
                if not vals.get("line_ids"):
                    vals["line_ids"] = self._lines_of(template)
        self._number(vals_list)
        inspections = super().create(vals_list)
        inspections._announce()
        return inspections

    def write(self, vals):
        """Write; the staff plans, who may issue notices names the inspector, a moved inspection invites again.

        :raises AccessError: the user is no quality staff, or may not name the inspector
        :raises UserError: see the workflow mixin
        """
        if not self.env.su and vals.keys() - set(self._never_frozen):
            self._check_role(ISSUERS if "inspector_id" in vals else STAFF)
        before = {one: one.participant_ids for one in self}
        moved = {} if "planned_at" not in vals else {one: one.planned_at for one in self}
        result = super().write(vals)
        again = self.filtered(lambda one: one in moved and one.planned_at != moved[one] and one.state == "planned")
        again._announce()
        for inspection in (self - again).filtered(lambda one: one.state == "planned"):
            if "inspector_id" in vals:
                inspection._promise()
            inspection._invite(inspection.participant_ids - before[inspection])
        return result

    @api.model
    def _lines_of(self, template):
        """Return the commands that copy the points of ``template``, in the user's language."""
        return [
            fields.Command.create(
                {
                    "sequence": line.sequence,
                    "section": line.section,
                    "name": line.name,
                    "standard_id": line.standard_id.id,
                    "hint": line.hint,
                }
            )
            for line in template.sudo().line_ids
        ]

    @api.model
    def _frozen_fields(self, state):
        if state in ("done", "cancelled"):
            return self._every_field() - {"line_ids"} | {"name", "company_id"}
        frozen = {"name", "company_id", "external_ref"}
        return frozenset(frozen | {"template_id", "subject", "planned_at"} if state == "in_progress" else frozen)

    def _evidence_locked(self):
        return any(inspection.state not in self._open_states for inspection in self)

    def _personal_documents(self):
        return self

    def _personal_reference(self):
        return self.name

    def _is_inspector(self):
        """Return whether the user may hold this inspection: its inspector, or who inspects and issues notices."""
        self.ensure_one()
        return self.env.su or self.env.user == self.inspector_id or self.env.user.has_groups(ISSUERS)

    def _lock(self):
        """Wait for whoever completes these inspections now: nothing is entered into what has just been fixed."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL("SELECT 1 FROM quality_inspection WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", self.ids)
        )

    def _check_inspector(self):
        """Raise AccessError unless the user may hold these inspections (B3)."""
        for inspection in self:
            if not inspection._is_inspector():
                raise AccessError(
                    self.env._(
                        "%(inspection)s is held by %(inspector)s, or by somebody who inspects and issues notices.",
                        inspection=inspection.display_name,
                        inspector=inspection.inspector_id.name,
                    )
                )
