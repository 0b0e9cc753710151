from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import html2plaintext

#: what the recipient plans
PLAN_FIELDS = frozenset({"plan", "due_date", "responsible_id", "responsible_name"})
TITLE_LENGTH = 60


class QualityRectificationLine(models.Model):
    """One requirement of a notice: its plan, its work with photos before and after, its re-check (A1, A2, B3)."""

    _name = "quality.rectification.line"
    _description = "Rectification requirement"
    _inherit = ["quality.line.mixin", "quality.workflow.mixin"]
    _order = "rectification_id desc, sequence, id"
    _rec_name = "requirement"
    _check_company_auto = True
    _document_field = "rectification_id"
    _personal_fields = (
        "requirement", "plan", "responsible_name", "done_note", "deviation", "deviation_reason", "recheck_note",
    )
    _document_states = ("draft", "acknowledged", "planned", "approved", "executing", "recheck")
    _deletable_states = ("open",)
    _evidence_fields = ("evidence_ids", "before_ids", "after_ids", "recheck_file_ids")

    rectification_id = fields.Many2one(
        "quality.rectification", "Notice", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="rectification_id.company_id", store=True, index=True)
    notice_state = fields.Selection(related="rectification_id.state", string="State of the notice")
    recipient_department_id = fields.Many2one(
        related="rectification_id.recipient_department_id", store=True, index="btree_not_null"
    )
    recipient_partner_id = fields.Many2one(
        related="rectification_id.recipient_partner_id", store=True, index="btree_not_null"
    )
    acts_for_recipient = fields.Boolean(compute="_compute_acts_for_recipient")
    sequence = fields.Integer(default=10)
    state = fields.Selection(
        [("open", "Open"), ("started", "Begun"), ("done", "Done"), ("passed", "Passed"), ("failed", "Failed")],
        default="open",
        required=True,
        index=True,
        copy=False,
    )

    # asked for
    requirement = fields.Text(required=True)
    standard_id = fields.Many2one("quality.standard", index="btree_not_null", ondelete="restrict",
                                  check_company=True)
    standard_clause = fields.Char("Clause", help="As the notice cites it; from the standard when one is chosen.",
                                  compute="_compute_standard_clause", store=True, readonly=False, precompute=True)
    clause_key = fields.Char(compute="_compute_clause_key", store=True, index="btree_not_null",
                             export_string_translation=False)
    standard_warning = fields.Char(compute="_compute_standard_warning")
    before_ids = fields.Many2many(
        "ir.attachment", "quality_rectification_before_rel", "line_id", "attachment_id", "Photos before",
        copy=False, bypass_search_access=True,
    )
    repeat_count = fields.Integer("Number of repeats", readonly=True, copy=False, aggregator="sum")

    # planned
    plan = fields.Text(copy=False, help="What will be done, concretely.")
    due_date = fields.Date("Due date", index=True)
    plan_due_date = fields.Date("Due date as planned", readonly=True, copy=False)
    original_due_date = fields.Date("Original due date", readonly=True, copy=False,
                                    help="The first date, where it was moved since.")
    responsible_id = fields.Many2one(
        "res.users", index="btree_not_null", copy=False, check_company=True,
        domain="[('share', '=', False)]", help="Somebody of the department the notice is addressed to.",
    )
    responsible_name = fields.Char("Responsible at the outside party", copy=False)

    # carried out
    started_at = fields.Datetime("Work begun", readonly=True, copy=False)
    started_by_id = fields.Many2one("res.users", "Begun by", readonly=True, copy=False)
    done_at = fields.Datetime("Done on", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", "Done by", readonly=True, copy=False, index="btree_not_null")
    done_note = fields.Text("What was done", copy=False)
    deviation = fields.Text("Deviation from the plan", copy=False, help="What was done otherwise than planned.")
    deviation_reason = fields.Text("Reason of the deviation", copy=False)
    after_ids = fields.Many2many(
        "ir.attachment", "quality_rectification_after_rel", "line_id", "attachment_id", "Photos after",
        copy=False, bypass_search_access=True,
    )
    is_overdue = fields.Boolean("Overdue", compute="_compute_is_overdue", search="_search_is_overdue")

    # re-checked
    result = fields.Selection([("pass", "Pass"), ("fail", "Fail")], "Re-check", readonly=True, copy=False, index=True)
    recheck_note = fields.Text("Finding of the re-check", copy=False)
    recheck_file_ids = fields.Many2many(
        "ir.attachment", "quality_rectification_recheck_file_rel", "line_id", "attachment_id", "Photos of the re-check",
        copy=False, bypass_search_access=True,
    )
    recheck_due_date = fields.Date("New due date if it fails", copy=False)
    recheck_at = fields.Datetime("Re-checked on", readonly=True, copy=False)
    recheck_by_id = fields.Many2one("res.users", "Re-checked by", readonly=True, copy=False)
    recheck_ids = fields.One2many("quality.rectification.recheck", "line_id", "Re-checks", readonly=True)
    extension_ids = fields.One2many("quality.rectification.extension", "line_id", "Extensions", readonly=True)
    open_extension_id = fields.Many2one("quality.rectification.extension", compute="_compute_open_extension_id")

    _repeat_idx = models.Index("(company_id, rectification_id) WHERE repeat_count > 0")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("requirement")
    def _compute_display_name(self):
        for line in self:
            text = " ".join(html2plaintext(line.requirement or "").split())
            line.display_name = text if len(text) <= TITLE_LENGTH else f"{text[: TITLE_LENGTH - 1].rstrip()}…"

    @api.depends("standard_id")
    def _compute_standard_clause(self):
        for line in self:
            standard = line.standard_id
            cited = f"{standard.code}-{standard.version}" if standard.version else standard.code
            line.standard_clause = f"{cited} {standard.clause or ''}".strip() if standard else line.standard_clause

    @api.depends("standard_id.code", "standard_id.clause", "standard_clause")
    def _compute_clause_key(self):
        for line in self:
            cited = " ".join((line.standard_clause or "").split()).casefold()
            line.clause_key = (line.standard_id._repeat_key() if line.standard_id else cited) or False

    @api.depends("standard_id", "rectification_id.issued_at")
    def _compute_standard_warning(self):
        for line in self:
            day = (line.rectification_id.issued_at or fields.Datetime.now()).date()
            line.standard_warning = line.standard_id._warning(day) if line.standard_id else False

    @api.depends("responsible_id", "rectification_id.acts_for_recipient")
    @api.depends_context("uid")
    def _compute_acts_for_recipient(self):
        for line in self:
            line.acts_for_recipient = line.rectification_id.acts_for_recipient

    @api.depends("due_date", "state", "rectification_id.state")
    def _compute_is_overdue(self):
        today = fields.Date.context_today(self)
        for line in self:
            working = line.state in ("open", "started") and line.notice_state in ("approved", "executing")
            line.is_overdue = working and bool(line.due_date) and line.due_date < today

    @api.model
    def _search_is_overdue(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return [
            ("state", "in", ("open", "started")),
            ("rectification_id.state", "in", ("approved", "executing")),
            ("due_date", "<", fields.Date.context_today(self)),
        ]

    @api.depends("extension_ids.state")
    def _compute_open_extension_id(self):
        for line in self:
            line.open_extension_id = line.extension_ids.filtered(lambda request: request.state == "requested")[:1]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._check_drafted()
        for line in lines.filtered("due_date"):
            line._note_due_date(False)
        return lines

    def write(self, vals):
        """Write; each kind of entry only in its time and by whom it belongs to, and a changed plan lapses (A2).

        :raises AccessError: the entry belongs to somebody else
        :raises UserError: it comes too early or too late
        """
        self._check_may_write(vals)
        before = {line: line.due_date for line in self} if "due_date" in vals else {}
        planning = self._would_change_plan(vals)
        result = super().write(vals)
        for line, old in before.items():
            if line.due_date != old:
                line._note_due_date(old)
        planning._note_author()
        if vals.get("deviation"):
            self._note_deviation()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_issued(self):
        self._check_drafted()

    def _check_drafted(self):
        """Raise UserError when a line is added or removed after the notice was issued."""
        for line in self:
            notice = line.rectification_id
            if notice.state != "draft" and not notice.is_historic and not self.env.su:
                raise UserError(
                    self.env._(
                        "%s is issued: its requirements stay as they are. Raise another notice.", notice.display_name
                    )
                )

    def _would_change_plan(self, vals):
        """Return the lines of issued notices whose plan ``vals`` changes."""
        names = PLAN_FIELDS & vals.keys()
        return self.filtered(
            lambda line: line.rectification_id.state != "draft"
            and any(line._would_change(name, vals[name]) for name in names)
        )

    # ------------------------------------------------------------------
    # What is noted along the way
    # ------------------------------------------------------------------

    def _note_due_date(self, old):
        """Keep the planned date for the approval, and the first one that was asked for."""
        self.ensure_one()
        vals = {"plan_due_date": self.due_date}
        if old and not self.original_due_date and self.rectification_id.state != "draft":
            vals["original_due_date"] = old
        return super(QualityRectificationLine, self.sudo()).write(vals)

    def _move_due_date(self, day):
        """Move the due date by a decision of its own (extension, new round): the approved plan stays what it was."""
        self.ensure_one()
        first = self.original_due_date or self.due_date
        vals = {"due_date": day, "original_due_date": first}
        return super(QualityRectificationLine, self.sudo()).write(vals)

    def _note_author(self):
        """Remember who wrote the plan: they cannot approve it."""
        for notice in self.sudo().rectification_id:
            if self.env.user not in notice.plan_author_ids:
                notice.plan_author_ids = [fields.Command.link(self.env.uid)]

    def _note_deviation(self):
        for line in self:
            line.rectification_id._message_log(
                body=self.env._(
                    "“%(line)s”: done otherwise than planned: %(deviation)s. Reason: %(reason)s",
                    line=line.display_name,
                    deviation=line.deviation,
                    reason=line.deviation_reason or "—",
                )
            )
