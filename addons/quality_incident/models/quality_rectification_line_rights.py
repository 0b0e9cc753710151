from odoo import api, models
from odoo.exceptions import AccessError, UserError

from .quality_rectification import STAFF
from .quality_rectification_line import PLAN_FIELDS

#: what the issuer asks for; fixed when the notice is issued
REQUIREMENT_FIELDS = frozenset({"sequence", "requirement", "standard_id", "standard_clause", "before_ids"})
#: what the recipient reports
WORK_FIELDS = frozenset({"after_ids", "evidence_ids", "done_note", "deviation", "deviation_reason"})
#: what the re-check enters before it decides
RECHECK_FIELDS = frozenset({"recheck_note", "recheck_file_ids", "recheck_due_date"})
#: in which states of the notice each may be entered
PLAN_STATES = ("draft", "acknowledged", "planned", "approved", "executing")


class QualityRectificationLine(models.Model):
    """Who may enter what on a line, and when."""

    _inherit = "quality.rectification.line"

    def _check_may_write(self, vals):
        if self.env.su:
            return
        for line in self:
            changed = {name for name in vals if name in self._fields and line._would_change(name, vals[name])}
            line._check_times(changed)
            line._check_people(changed)

    def _check_times(self, changed):
        """Refuse what is entered too early or too late."""
        state, working = self.rectification_id.state, self.state in ("open", "started")
        times = (
            (REQUIREMENT_FIELDS, state == "draft"),
            (PLAN_FIELDS, state in PLAN_STATES and working),
            ({"due_date"}, state not in ("approved", "executing")),
            (WORK_FIELDS, state in ("approved", "executing") and working),
            (RECHECK_FIELDS, state == "recheck" and self.state == "done"),
            ({"rectification_id"}, False),
        )
        refused = {name for names, allowed in times if not allowed for name in names & changed}
        if refused == {"due_date"} and state in ("approved", "executing"):
            raise UserError(self.env._("“%s”: the due date is approved. Ask for an extension.", self.display_name))
        if refused:
            raise UserError(
                self.env._(
                    "“%(line)s”: %(fields)s cannot be entered now; the notice is “%(state)s”.",
                    line=self.display_name,
                    fields=", ".join(sorted(self._fields[name]._description_string(self.env) for name in refused)),
                    state=self.rectification_id._state_label(state),
                )
            )

    def _check_people(self, changed):
        """Refuse what belongs to somebody else: the requirement to staff, plan and work to the recipient."""
        notice = self.rectification_id
        drafting = notice.state == "draft"
        if (changed & REQUIREMENT_FIELDS or drafting) and not self.env.user.has_group(STAFF):
            raise AccessError(self.env._("Only the quality staff writes the requirements of a notice."))
        if not drafting and changed & (PLAN_FIELDS | WORK_FIELDS):
            notice._check_recipient()
        if changed & RECHECK_FIELDS:
            self._check_rechecker()

    @api.model
    def _frozen_fields(self, state):
        return frozenset({"rectification_id"})

    def _evidence_locked(self):
        return any(line.rectification_id.state not in line.rectification_id._open_states for line in self)

    def _evidence_file_locked(self, file):
        """Photos before are the issuer's and fixed when issued; photos after, when done; re-checked ones for ever."""
        notice = self.rectification_id
        kept = self.recheck_ids.after_ids | self.recheck_ids.file_ids
        return (
            super()._evidence_file_locked(file)
            or (file in self.before_ids and notice.state != "draft")
            or (file in self.after_ids and self.state not in ("open", "started"))
            or file in kept
        )
