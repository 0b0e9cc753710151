from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from ..tools.business_time import Clock

OPEN_STATES = ("running", "paused")
#: a promise turns amber when this share of its hours is used up
WARNING_SHARE = 75


class QualityDeadline(models.Model):
    """The deadline ledger: one row for each promise on a document (DESIGN.md §3).

    Nobody has the right to create, change or delete rows. Code does it through :mod:`quality_deadline_clock`,
    after it has checked its user. Rows outlive their document as history of what was kept and what was not.
    """

    _name = "quality.deadline"
    _description = "Deadline"
    _inherit = ["quality.personal.mixin"]
    _order = "due_at, id"
    _personal_fields = ("res_name", "name")

    # The promise
    res_model = fields.Char("Document model", required=True, readonly=True)
    # Looked up with res_model, yet selective alone: few models share an id.
    res_id = fields.Many2oneReference(
        "Document ID", model_field="res_model", required=True, readonly=True, index=True)
    res_name = fields.Char("Document", readonly=True)
    kind = fields.Selection(
        [
            ("statutory", "Statutory report"),
            ("approval", "Approval"),
            ("action", "Action"),
            ("acceptance", "Acceptance"),
            ("effectiveness", "Effectiveness check"),
            ("other", "Other"),
        ],
        required=True, readonly=True,
    )
    key = fields.Char(
        required=True, readonly=True, default="", export_string_translation=False,
        help="Tells apart several promises of one kind on one document.",
    )
    name = fields.Char("Promise", required=True, readonly=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True)
    user_id = fields.Many2one("res.users", "Owner", readonly=True)
    department_id = fields.Many2one("hr.department", readonly=True)

    # The clock
    hours = fields.Float("Promised hours", readonly=True, help="Hours of the clock, from the start to the due time.")
    start_at = fields.Datetime("Started", required=True, readonly=True)
    due_at = fields.Datetime("Due", required=True, readonly=True)
    warning_share = fields.Integer("Warned at (%)", readonly=True, help="Percent of the promised hours.")
    warn_at = fields.Datetime("Warned from", readonly=True)
    calendar_id = fields.Many2one(
        "resource.calendar", "Working schedule", readonly=True, help="Empty: the clock runs day and night.")
    counted_from = fields.Datetime(readonly=True, export_string_translation=False)
    consumed_hours = fields.Float(
        readonly=True, default=0, export_string_translation=False, help="Hours that had run at “counted from”.")
    paused_since = fields.Datetime(readonly=True)
    paused_hours = fields.Float(readonly=True, default=0, help="Hours of the clock that did not count.")

    # How it went
    state = fields.Selection(
        [("running", "Running"), ("paused", "Paused"), ("met", "Met"), ("late", "Late"), ("cancelled", "Cancelled")],
        required=True, readonly=True, default="running",
    )
    done_at = fields.Datetime("Done", readonly=True)
    breached = fields.Boolean(
        readonly=True, default=False, help="The due time has passed, whether or not it was done later.")
    level = fields.Integer("Escalation level", readonly=True, default=0, help="The highest step of the ladder reached.")
    next_check_at = fields.Datetime(
        readonly=True, export_string_translation=False,
        help="When the escalation looks at this row again; empty when nothing is left to happen.")
    escalation_ids = fields.One2many("quality.escalation", "deadline_id", "Escalations", readonly=True)
    deadline_color = fields.Selection(
        [("none", "Finished"), ("grey", "In time"), ("amber", "Soon due"), ("red", "Overdue")],
        "Urgency", compute="_compute_deadline_color",
        help="Red: overdue. Amber: three quarters of the time are used up. Grey: in time, or paused.",
    )
    in_my_department = fields.Boolean(
        compute="_compute_in_my_department", search="_search_in_my_department", export_string_translation=False)

    _promise_uniq = models.UniqueIndex(
        "(res_model, res_id, kind, key) WHERE state IN ('running', 'paused')",
        "This promise is already running on this document.",
    )
    # The escalation reads through this index only, so what is due costs the same in a ledger of any size.
    _check_idx = models.Index("(next_check_at) WHERE state = 'running'")
    _owner_idx = models.Index("(user_id, due_at) WHERE state IN ('running', 'paused')")
    _department_idx = models.Index("(department_id, due_at) WHERE state IN ('running', 'paused')")
    _company_idx = models.Index("(company_id, due_at) WHERE state IN ('running', 'paused')")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "res_name")
    def _compute_display_name(self):
        for deadline in self:
            deadline.display_name = f"{deadline.res_name}: {deadline.name}" if deadline.res_name else deadline.name

    @api.depends("state", "due_at", "warn_at")
    def _compute_deadline_color(self):
        now = fields.Datetime.now()
        for deadline in self:
            if deadline.state not in OPEN_STATES:
                deadline.deadline_color = "none"
            elif deadline.state == "paused":
                deadline.deadline_color = "grey"
            elif deadline.due_at < now:
                deadline.deadline_color = "red"
            else:
                deadline.deadline_color = "amber" if deadline.warn_at and deadline.warn_at <= now else "grey"

    @api.depends("department_id")
    @api.depends_context("uid")
    def _compute_in_my_department(self):
        departments = self.env["hr.department"].sudo().search(self._my_departments_domain())
        for deadline in self:
            deadline.in_my_department = deadline.department_id in departments

    @api.model
    def _search_in_my_department(self, operator, value):
        if operator != "in":
            return NotImplemented
        departments = self.env["hr.department"].sudo()._search(self._my_departments_domain())
        return Domain("department_id", "in", departments)

    @api.model
    def _my_departments_domain(self):
        """Return the domain of the departments the user works in or leads."""
        employees = self.env["hr.employee"].sudo().search([("user_id", "=", self.env.uid)])
        return Domain("id", "in", employees.department_id.ids) | Domain("manager_id", "in", employees.ids)

    # ------------------------------------------------------------------
    # The document
    # ------------------------------------------------------------------

    def action_open_record(self):
        """Return the action that opens the document the promise was made on.

        :raises AccessError: the user may read this row but not the document, or not even the row
        :raises UserError: the document no longer exists
        """
        self.ensure_one()
        self.check_access("read")
        document = self._documents().get(self.id)
        if not document:
            raise UserError(self.env._("“%(name)s” no longer exists. Only its deadlines are kept.", name=self.res_name))
        document = document.with_env(self.env)
        if not document.has_access("read"):
            raise AccessError(self.env._("You may see that “%(name)s” is due, but not open it.", name=self.res_name))
        return document.get_formview_action()

    def _documents(self):
        """Return ``{id of the row: its document}``, as the superuser sees it, for the rows whose document exists."""
        ids_by_model = self.grouped("res_model")
        documents = {}
        for res_model, deadlines in ids_by_model.items():
            if res_model not in self.env:  # the addon that brought the model is gone
                continue
            existing = self.env[res_model].sudo().browse(set(deadlines.mapped("res_id"))).exists()
            by_id = {document.id: document for document in existing}
            documents.update((row.id, by_id[row.res_id]) for row in deadlines if row.res_id in by_id)
        return documents

    def _clock(self, times):
        """Return the :class:`Clock` of one row; ``times`` is the :class:`TimeTable` of the batch."""
        self.ensure_one()
        time = times.of(self.calendar_id, self.company_id)
        return Clock(time, self.counted_from, self.consumed_hours, self.hours, self.due_at)

    def _safe_clock(self, times):
        """Return the clock of one row, or a plain one when somebody has made its calendar unable to measure.

        The due time was promised and stays; without this a change of calendar would silence all warnings of it.
        """
        try:
            return self._clock(times)
        except UserError:
            plain = times.of(None, self.company_id)
            return Clock(plain, self.start_at, 0, plain.between(self.start_at, self.due_at), self.due_at)

    # ------------------------------------------------------------------
    # Protection
    # ------------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_except_ledger(self):
        raise UserError(self.env._("Deadlines are a record of what was promised. They end, they are not deleted."))
