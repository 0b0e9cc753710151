from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.business_time import Clock, TimeTable
from .quality_deadline import OPEN_STATES, WARNING_SHARE

#: default of an argument that may also be given as empty: leave it as it is
KEEP = object()


class QualityDeadlineClock(models.Model):
    """How a promise starts, pauses, changes and ends: always in batch, always by code that has checked its user.

    Moments are naive UTC datetimes, spans are hours of the promise's own calendar.
    """

    _inherit = "quality.deadline"

    # ------------------------------------------------------------------
    # Start
    # ------------------------------------------------------------------

    @api.model
    def _start(self, specs):
        """Start promises and return their rows, in the order of ``specs`` and without duplicates.

        A promise that already runs is returned as it is. Historic documents start no clock and have no row.

        :param specs: iterable of dicts with ``record`` (one document), ``kind``, and ``hours`` or ``due_at``;
            optional: ``key`` (tells apart promises of one kind), ``name`` (default: the label of the kind),
            ``start_at`` (default: now), ``calendar`` (default: around the clock), ``user`` (the owner),
            ``department`` (default: the owner's), ``warning_share`` (percent of the hours, default 75)
        :raises UserError: a calendar cannot measure deadlines
        """
        specs = [spec for spec in specs if not self._is_historic(spec["record"])]
        found = self._find_open(specs)
        departments = self._owner_departments(specs)
        ladder, times, now = self._ladder_of(specs), TimeTable(), fields.Datetime.now()
        missing = {}
        for spec in specs:
            promise = self._promise_of(spec)
            if promise not in found and promise not in missing:
                missing[promise] = self._start_vals(spec, departments, ladder, times, now)
        rows = self.sudo().create(list(missing.values()))
        found.update(zip(missing, rows, strict=True))
        return self.browse(dict.fromkeys(found[self._promise_of(spec)].id for spec in specs))

    @api.model
    def _promise_of(self, spec):
        """Return what makes a promise unique while it runs."""
        return spec["record"]._name, spec["record"].id, spec["kind"], spec.get("key") or ""

    @api.model
    def _is_historic(self, record):
        return "is_historic" in record._fields and record.is_historic

    @api.model
    def _company_of(self, record):
        return ("company_id" in record._fields and record.sudo().company_id) or self.env.company

    @api.model
    def _find_open(self, specs):
        """Return ``{promise: row}`` for the promises of ``specs`` that already run or pause."""
        ids = defaultdict(list)
        for spec in specs:
            ids[spec["record"]._name].append(spec["record"].id)
        domain = Domain.OR(
            Domain("res_model", "=", model) & Domain("res_id", "in", res_ids) for model, res_ids in ids.items()
        )
        rows = self.sudo().search(domain & Domain("state", "in", OPEN_STATES))
        return {(row.res_model, row.res_id, row.kind, row.key): row for row in rows}

    @api.model
    def _owner_departments(self, specs):
        """Return ``{(user id, company id): department}`` for the owners given without a department."""
        user_ids = {spec["user"].id for spec in specs if spec.get("user") and not spec.get("department")}
        if not user_ids:
            return {}
        employees = self.env["hr.employee"].sudo().search([("user_id", "in", list(user_ids))])
        return {(employee.user_id.id, employee.company_id.id): employee.department_id for employee in employees}

    @api.model
    def _ladder_of(self, specs):
        companies = self.env["res.company"].union(*(self._company_of(spec["record"]) for spec in specs))
        return self.env["quality.escalation.rule"]._ladder(companies)

    @api.model
    def _start_vals(self, spec, departments, ladder, times, now):
        """Return the values of a new row, planned completely so that it is written once."""
        record, company = spec["record"], self._company_of(spec["record"])
        calendar = spec.get("calendar") or self.env["resource.calendar"]
        user = spec.get("user") or self.env["res.users"]
        department = spec.get("department") or departments.get((user.id, company.id), self.env["hr.department"])
        start_at, due_at, hours = spec.get("start_at") or now, spec.get("due_at"), spec.get("hours")
        warning_share, time = spec.get("warning_share") or WARNING_SHARE, times.of(calendar, company)
        if due_at:
            hours = max(time.between(start_at, due_at), 0)
        clock = Clock(time, start_at, 0, hours)
        clock = clock._replace(due_at=due_at or clock.at_share(100))
        rules = ladder._for(company.id, spec["kind"], record._name)
        return {
            "res_model": record._name, "res_id": record.id, "res_name": record.sudo().display_name,
            "kind": spec["kind"], "key": spec.get("key") or "",
            "name": spec.get("name") or dict(self._fields["kind"]._description_selection(self.env))[spec["kind"]],
            "company_id": company.id, "user_id": user.id, "department_id": department.id, "calendar_id": calendar.id,
            "hours": hours, "start_at": start_at, "counted_from": start_at, "due_at": clock.due_at,
            "warning_share": warning_share, "warn_at": clock.at_share(warning_share),
            "next_check_at": rules._next_check(clock),
        }

    # ------------------------------------------------------------------
    # End
    # ------------------------------------------------------------------

    def _stop(self, done_at=None):
        """End open promises as met (done at the due time at the latest) or late.

        :param done_at: when it was really done, not in the future; default: now
        """
        done_at = self._checked_moment(done_at)
        rows = self._open()
        times = TimeTable()
        late = rows.browse()
        for row in rows:
            if row.state == "paused":
                row.paused_hours += row._paused_until(done_at, row._safe_clock(times))
            # What is done during a pause has taken no longer than until the pause began.
            ended_at = min(done_at, row.paused_since) if row.state == "paused" else done_at
            if ended_at > row.due_at:
                late += row
        ending = {"done_at": done_at, "paused_since": False, "next_check_at": False}
        (rows - late).write({"state": "met", "breached": False, **ending})
        late.write({"state": "late", "breached": True, **ending})
        rows._withdraw_reminders()

    def _cancel(self):
        """End open promises without judging them: what is cancelled is neither met nor late."""
        rows = self._open()
        rows.write({"state": "cancelled", "paused_since": False, "next_check_at": False})
        rows._withdraw_reminders()

    def _withdraw_reminders(self):
        """Remove the reminders people still have of promises that ended; the escalation log keeps what was sent."""
        if self:
            self.env["mail.activity"].sudo().search([("quality_deadline_id", "in", self.ids)]).unlink()

    # ------------------------------------------------------------------
    # Pause and resume
    # ------------------------------------------------------------------

    def _pause(self, at=None):
        """Stop counting on running promises.

        :param at: since when, not in the future; default: now
        """
        at, times = self._checked_moment(at), TimeTable()
        for row in self._open().filtered(lambda row: row.state == "running"):
            row.write({
                "state": "paused", "paused_since": at, "next_check_at": False,
                "breached": row.breached or row.due_at < at,
                **row._counted_until(at, times),
            })

    def _resume(self, at=None):
        """Count on; the due time moves by the pause, measured in the promise's own calendar.

        A promise that was overdue before the pause stays due when it was.

        :param at: since when, not in the future; default: now
        """
        at, times = self._checked_moment(at), TimeTable()
        rows = self._open().filtered(lambda row: row.state == "paused")
        for row in rows:
            overdue = row.due_at < row.paused_since
            row.write({
                "state": "running", "paused_since": False, "counted_from": max(at, row.counted_from),
                "paused_hours": row.paused_hours + row._paused_until(at, row._clock(times)),
            })
            if not overdue:
                row.due_at = max(row.due_at, row._clock(times).at_share(100))
                row._shift_warning(times)
        rows._plan_check(times)

    def _paused_until(self, at, clock):
        """Return the hours of the present pause until ``at``."""
        return max(clock.time.between(self.counted_from, at), 0)

    def _counted_until(self, at, times):
        """Return the values that close the count at ``at``; a clock that has not begun yet counts nothing."""
        clock = self._clock(times)
        return {
            "consumed_hours": self.consumed_hours + max(clock.time.between(self.counted_from, at), 0),
            "counted_from": max(at, self.counted_from),
        }

    # ------------------------------------------------------------------
    # Change
    # ------------------------------------------------------------------

    def _replan(self, hours=None, due_at=None, start_at=None, calendar=KEEP, user=KEEP, department=KEEP):
        """Change open promises; the time already used stays used.

        Warnings that were sent are not sent again for the new due time. To promise anew, cancel and start.

        :param hours: the whole span promised, not what is left of it
        :param due_at: instead of ``hours``: the due time itself
        :param calendar: empty recordset or None for around the clock; what ran before now counts as it ran
        """
        times, now = TimeTable(), fields.Datetime.now()
        rows = self._open()
        for row in rows:
            row._replan_people(user, department)
            overdue = row.due_at < (row.paused_since or now)
            restarted = bool(start_at) and start_at != row.start_at
            if restarted:
                row._move_start(start_at, times)
            recounted = calendar is not KEEP and (calendar or row.calendar_id.browse()) != row.calendar_id
            if recounted:
                row._change_calendar(calendar, now, times)
            # A promise already broken does not become whole because its calendar changed.
            if due_at or hours is not None or restarted or (recounted and not overdue):
                row._move_due(hours, due_at, times)
            row.breached = row.breached and row.due_at < (row.paused_since or now)
        rows._plan_check(times)

    def _replan_people(self, user, department):
        if user is not KEEP:
            self.user_id = user or False
        if department is not KEEP:
            self.department_id = department or False

    def _move_start(self, start_at, times):
        """Move the start of one row; hours between the old and the new start count as used, or no longer do."""
        if self.counted_from == self.start_at:
            self.counted_from = start_at
        else:
            gained = self._clock(times).time.between(start_at, self.start_at)
            self.consumed_hours = max(self.consumed_hours + gained, 0)
        self.start_at = start_at

    def _change_calendar(self, calendar, now, times):
        """Count one row in another calendar from ``now`` on (a paused one: from its pause on)."""
        if self.state == "running":
            self.write(self._counted_until(now, times))
        self.calendar_id = calendar or False

    def _move_due(self, hours, due_at, times):
        """Set the due time of one row: as given, or from its (new) hours and what it has used of them."""
        clock = self._clock(times)
        if due_at:
            hours = max(self.consumed_hours + clock.time.between(self.counted_from, due_at), 0)
        if hours is not None:
            self.hours = hours
        self.due_at = due_at or self._clock(times).at_share(100)
        self._shift_warning(times)

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    def _open(self):
        """Return the rows that still run or pause, as the superuser."""
        return self.sudo().filtered(lambda row: row.state in OPEN_STATES)

    def _checked_moment(self, moment):
        """Return ``moment``, or now; the ledger records what happened, so nothing happens in the future."""
        now = fields.Datetime.now()
        if moment and moment > now:
            raise UserError(self.env._("A deadline cannot be ended, paused or resumed in the future."))
        return moment or now

    def _shift_warning(self, times):
        self.ensure_one()
        self.warn_at = self._clock(times).at_share(self.warning_share)

    def _plan_check(self, times):
        """Set when the escalation looks at open rows next."""
        ladder = self.env["quality.escalation.rule"]._ladder(self.company_id)
        fired = self.env["quality.escalation"]._fired(self)
        for row in self:
            rules = ladder._for(row.company_id.id, row.kind, row.res_model) - fired.get(row.id, ladder.browse())
            running = row.state == "running"
            row.next_check_at = running and rules._next_check(row._safe_clock(times), breached=row.breached)
