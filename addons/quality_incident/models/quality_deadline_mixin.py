from odoo import api, fields, models
from odoo.exceptions import UserError

from .quality_deadline import OPEN_STATES
from .quality_deadline_clock import KEEP

#: from the least to the most urgent
COLORS = ("none", "grey", "amber", "red")


class QualityDeadlineMixin(models.AbstractModel):
    """Gives a document its promises. Every method works on many records at once and is private: the caller has
    checked its user. Without ``key`` they act on all promises of the kind."""

    _name = "quality.deadline.mixin"
    _description = "Document with deadlines"

    #: a document that reaches one of these states owes nothing any more
    _deadline_cancel_states = ("cancelled",)

    deadline_ids = fields.One2many("quality.deadline", "res_id", "Deadlines", readonly=True, bypass_search_access=True)
    next_due_at = fields.Datetime(
        "Next due", compute="_compute_next_due_at", store=True, index="btree_not_null",
        help="The earliest due time among the running deadlines of this document.",
    )
    deadline_color = fields.Selection(
        [("none", "Nothing due"), ("grey", "In time"), ("amber", "Soon due"), ("red", "Overdue")],
        "Urgency", compute="_compute_deadline_color", compute_sudo=True,
        help="That of the most urgent deadline. Red: overdue. Amber: three quarters of the time are used up. "
             "Grey: in time, or paused.",
    )

    @api.depends("deadline_ids.state", "deadline_ids.due_at")
    def _compute_next_due_at(self):
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "=", "running")]
        earliest = dict(self.env["quality.deadline"].sudo()._read_group(domain, ["res_id"], ["due_at:min"]))
        for record in self:
            record.next_due_at = earliest.get(record.id, False)

    @api.depends("deadline_ids.state", "deadline_ids.due_at", "deadline_ids.warn_at")
    def _compute_deadline_color(self):
        # Not through deadline_ids: most of its rows are finished, and a list would read them all.
        by_document = self._find_deadlines().grouped("res_id")
        for record in self:
            colors = [deadline.deadline_color for deadline in by_document.get(record.id, ())]
            record.deadline_color = max(colors, key=COLORS.index, default="none")

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_not_written(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_not_written(vals)
        result = super().write(vals)
        if vals.get("state") in self._deadline_cancel_states:
            self.filtered(lambda record: record.state == vals["state"])._cancel_deadline()
        return result

    def unlink(self):
        self._cancel_deadline()
        return super().unlink()

    @api.model
    def _check_not_written(self, vals):
        # A stored computed field takes whatever RPC or an import writes into it.
        if "next_due_at" in vals:
            raise UserError(self.env._("“Next due” follows from the deadlines; it cannot be set."))

    # ------------------------------------------------------------------
    # Promises
    # ------------------------------------------------------------------

    def _start_deadline(self, kind, hours=None, due_at=None, start_at=None, calendar=None, user=None,
                        department=None, name=None, key="", warning_share=None):
        """Promise something on each record and return the rows; see ``quality.deadline._start``."""
        return self.env["quality.deadline"]._start([{
            "record": record, "kind": kind, "key": key, "name": name, "hours": hours, "due_at": due_at,
            "start_at": start_at, "calendar": calendar, "user": user, "department": department,
            "warning_share": warning_share,
        } for record in self])

    def _stop_deadline(self, kind, key=None, done_at=None):
        """Keep promises: met when ``done_at`` (default: now) is not after the due time, else late."""
        self._find_deadlines(kind, key)._stop(done_at)

    def _cancel_deadline(self, kind=None, key=None):
        """End promises (default: all) that no longer apply; they count neither as met nor as late."""
        self._find_deadlines(kind, key)._cancel()

    def _pause_deadline(self, kind, key=None, at=None):
        """Stop counting since ``at`` (default: now), for instance while waiting for the customer."""
        self._find_deadlines(kind, key)._pause(at)

    def _resume_deadline(self, kind, key=None, at=None):
        """Count on since ``at`` (default: now); the due time moves by the pause."""
        self._find_deadlines(kind, key)._resume(at)

    def _replan_deadline(self, kind, key=None, hours=None, due_at=None, start_at=None, calendar=KEEP, user=KEEP,
                         department=KEEP):
        """Change promises, keeping the time already used; see ``quality.deadline._replan``."""
        self._find_deadlines(kind, key)._replan(hours, due_at, start_at, calendar, user, department)

    def _find_deadlines(self, kind=None, key=None):
        """Return the open promises on these records as the superuser, in order of their due time."""
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "in", OPEN_STATES)]
        if kind:
            domain.append(("kind", "=", kind))
        if key is not None:
            domain.append(("key", "=", key))
        return self.env["quality.deadline"].sudo().search(domain)
