from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..tools.days import end_of_day
from .quality_incident_workflow import INSPECTOR, REPORTER
from .quality_rectification import STAFF
from .quality_rectification_workflow import GATE


class QualityRectificationLine(models.Model):
    """The steps of a line: begun and done by the recipient after the plan's approval, judged by somebody else."""

    _inherit = "quality.rectification.line"

    _transitions = {
        ("open", "started"): ("_missing_doer", "_missing_release"),
        ("open", "done"): ("_missing_doer", "_missing_release", "_missing_work"),
        ("started", "done"): ("_missing_doer", "_missing_release", "_missing_work"),
        ("done", "passed"): ("_missing_recheck",),
        ("done", "failed"): ("_missing_recheck", "_missing_finding"),
        ("failed", "open"): ("_missing_new_round",),
        ("passed", "open"): ("_missing_new_round",),
    }
    _transition_groups = {
        ("open", "started"): REPORTER,
        ("open", "done"): REPORTER,
        ("started", "done"): REPORTER,
        ("done", "passed"): STAFF,
        ("done", "failed"): STAFF,
    }
    _stamps = {
        "started": ("started_by_id", "started_at"),
        "done": ("done_by_id", "done_at"),
        "passed": ("recheck_by_id", "recheck_at"),
        "failed": ("recheck_by_id", "recheck_at"),
    }
    _system_fields = frozenset(
        {
            "company_id", "recipient_department_id", "recipient_partner_id", "clause_key", "repeat_count",
            "plan_due_date", "original_due_date", "started_at", "started_by_id", "done_at", "done_by_id", "result",
            "recheck_at", "recheck_by_id",
        }
    )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_responsible(self):
        """A1: who carries it out: somebody of the department, or a name at the outside party."""
        notice = self.rectification_id
        if notice.recipient_partner_id:
            return [] if self.responsible_name else [self.env._("Who is responsible for “%s”", self.display_name)]
        if not self.responsible_id:
            return [self.env._("Who is responsible for “%s”", self.display_name)]
        employees = self.responsible_id.sudo().employee_ids.filtered(
            lambda employee: employee.company_id == notice.company_id
        )
        departments = self.env["hr.department"].sudo().search(
            [("id", "child_of", notice.sudo().recipient_department_id.ids)]
        )
        if employees.department_id & departments:
            return []
        return [
            self.env._(
                "Somebody of %(department)s for “%(line)s”: %(user)s works elsewhere",
                department=notice.recipient_name,
                line=self.display_name,
                user=self.responsible_id.name,
            )
        ]

    def _missing_doer(self):
        if self.env.su or self.rectification_id.acts_for_recipient:
            return []
        return [self.env._("Somebody of the recipient: %s", self.rectification_id.recipient_name or "?")]

    def _missing_release(self):
        """A2: no line is begun before the plan is approved as it stands."""
        notice = self.rectification_id
        if notice.state in ("approved", "executing") and notice._gate_approved(GATE):
            return []
        return [self.env._("The approved plan: no work before it")]

    def _missing_work(self):
        missing = [] if self.after_ids else [self.env._("A photo or document of the state after the work")]
        if not (self.done_note or "").strip():
            missing.append(self._fields["done_note"]._description_string(self.env))
        if self.deviation and not (self.deviation_reason or "").strip():
            missing.append(self._fields["deviation_reason"]._description_string(self.env))
        return missing

    def _missing_recheck(self):
        """B3: re-checked while it is the issuer's turn, by somebody else than the doer."""
        if self.rectification_id.state != "recheck":
            return [self.env._("The request for the re-check: the notice is not there yet")]
        self._check_rechecker()
        return []

    def _missing_finding(self):
        if (self.recheck_note or "").strip():
            return []
        return [self.env._("What the re-check found: why it fails")]

    def _missing_new_round(self):
        return [] if self.env.su else [self.env._("A new round of the notice; it opens the line by itself")]

    def _check_rechecker(self):
        """Raise AccessError unless the user is an inspector or the issuer, and did not do the work."""
        user = self.env.user
        for line in self:
            if user in line.done_by_id | line.responsible_id | line.started_by_id:
                raise AccessError(
                    self.env._("“%s”: somebody who did not do the work re-checks it.", line.display_name)
                )
            if not self.env.su and user != line.rectification_id.issuer_id and not user.has_group(INSPECTOR):
                raise AccessError(
                    self.env._(
                        "“%(line)s” is re-checked by a quality inspector or by %(issuer)s, who issued the notice.",
                        line=line.display_name,
                        issuer=line.rectification_id.issuer_id.name,
                    )
                )

    # ------------------------------------------------------------------
    # What happens on the way
    # ------------------------------------------------------------------

    def _after_transition(self, origins, target):
        lines = self.sudo()
        if target == "done":
            for line in lines:
                if not line.started_at:
                    line.write({"started_at": line.done_at, "started_by_id": line.done_by_id.id})
                line.rectification_id._stop_deadline("action", key=line._deadline_key())
            lines.extension_ids._lapse()
        elif target in ("passed", "failed"):
            lines.write({"result": "pass" if target == "passed" else "fail"})
            self.env["quality.rectification.recheck"]._record(lines)
        if target in ("started", "done"):
            lines.rectification_id.filtered(lambda notice: notice.state == "approved").write({"state": "executing"})
        return super()._after_transition(origins, target)

    def _reopen(self, postpone=False):
        """Open lines for another round as the system; their re-checks keep what was found and shown.

        :param postpone: give each the new due date of its re-check, or the company's days for a new round
        """
        for line in self.sudo():
            redo = fields.Date.context_today(line) + timedelta(days=line.company_id.quality_redo_days)
            new_date = line.recheck_due_date or redo
            if line.state != "open":
                line.write({"state": "open"})
            line.write(
                {
                    "started_at": False, "started_by_id": False, "done_at": False, "done_by_id": False,
                    "done_note": False, "result": False, "recheck_at": False, "recheck_by_id": False,
                    "recheck_note": False, "recheck_due_date": False, "deviation": False, "deviation_reason": False,
                    "after_ids": [fields.Command.clear()], "recheck_file_ids": [fields.Command.clear()],
                }
            )
            if postpone:
                line._move_due_date(new_date)

    # ------------------------------------------------------------------
    # Clocks
    # ------------------------------------------------------------------

    def _deadline_key(self):
        return f"line:{self.id}"

    def _start_clocks(self):
        """Start the clock of each open line, or let the one that stood still go on to the present due date."""
        due = self.sudo().filtered(lambda line: line.state in ("open", "started") and line.due_date)
        specs = [
            {
                "record": line.rectification_id,
                "kind": "action",
                "key": line._deadline_key(),
                "name": line.display_name,
                "due_at": end_of_day(line.due_date, line.company_id),
                "user": line.responsible_id or line.rectification_id._recipient_owner(),
                "department": line.recipient_department_id,
            }
            for line in due
        ]
        if not specs:
            return
        self.env["quality.deadline"]._start(specs)
        for notice in due.rectification_id:
            if notice._find_deadlines("action").filtered(lambda row: row.state == "paused"):
                notice._resume_deadline("action")
                for line in due & notice.line_ids:
                    line._replan_clock()

    def _replan_clock(self):
        """Move the clock of one line to its due date and its owner."""
        self.rectification_id._replan_deadline(
            "action",
            key=self._deadline_key(),
            due_at=end_of_day(self.due_date, self.company_id),
            user=self.responsible_id or self.rectification_id._recipient_owner(),
        )

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_start(self):
        """Begin the work on these lines (A2).

        :raises UserError: the plan is not approved, or the user does not belong to the recipient
        """
        self._lock_notices()
        return self._take_step("started")

    def _do_start(self):
        """Begin the work; the caller has checked who does."""
        self._lock_notices()
        return self.sudo()._take_step("started")

    def action_done(self):
        """Report these lines as done, with note and photo (A2).

        :raises UserError: listing what is missing: the approved plan, the note, the photo after
        """
        self._lock_notices()
        return self._take_step("done")

    def _do_done(self):
        """Report as done; the caller has checked who does."""
        self._lock_notices()
        return self.sudo()._take_step("done")

    def action_pass(self):
        """Judge these lines as put right (B3).

        :raises AccessError: the user did the work, or may not re-check
        :raises UserError: the notice is not being re-checked
        """
        self._check_rechecker()
        return self._take_step("passed")

    def action_fail(self, reason=None):
        """Judge these lines as not put right (B3); they get another round.

        :param reason: what was found; without it the button asks for it, unless it is entered already
        """
        self._check_rechecker()
        if reason:
            self.write({"recheck_note": reason})
        elif not all(self.mapped("recheck_note")):
            return self.env["quality.reason"]._ask(self, "action_fail")
        return self._take_step("failed")

    def action_request_extension(self):
        """Return the dialog to ask for a later due date of this line."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Ask for an extension"),
            "res_model": "quality.rectification.extension",
            "views": [(self.env.ref("quality_incident.quality_rectification_extension_view_form_ask").id, "form")],
            "target": "new",
            "context": {"default_line_id": self.id},
        }

    def _lock_notices(self):
        """Wait for whoever changes the same notices now, so that no work begins while its approval is taken away."""
        notices = self.sudo().rectification_id
        if notices:
            notices.flush_recordset()
            self.env.cr.execute(
                SQL("SELECT 1 FROM quality_rectification WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", notices.ids)
            )
