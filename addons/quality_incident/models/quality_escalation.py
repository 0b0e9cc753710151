import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..tools.business_time import TimeTable

_logger = logging.getLogger(__name__)

BATCH_SIZE = 100
#: a deadline that cannot be escalated is tried again after this time, and holds up nobody else until then
POISON_DELAY = timedelta(hours=1)


class QualityEscalation(models.Model):
    """The log of what the ladder fired, and the job that fires it.

    Exactly once: the log row, the reminders, the queued mail and the deadline's new level are one transaction, and
    a unique index allows one row for each (deadline, rule). A job killed in the middle leaves nothing behind; the
    next run finds the deadline still due.
    """

    _name = "quality.escalation"
    _description = "Escalation"
    _order = "fired_at desc, id desc"
    _rec_name = "rule_name"

    deadline_id = fields.Many2one("quality.deadline", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    rule_id = fields.Many2one("quality.escalation.rule", readonly=True, ondelete="set null", index="btree_not_null")
    # Copied: the log says what was the rule then.
    rule_name = fields.Char("Rule", required=True, readonly=True)
    level = fields.Integer(readonly=True)
    fired_at = fields.Datetime(required=True, readonly=True)
    user_ids = fields.Many2many("res.users", string="Told", readonly=True)

    _once_uniq = models.UniqueIndex("(deadline_id, rule_id)", "This step has already been taken for this deadline.")

    # ------------------------------------------------------------------
    # Append-only, for the superuser too
    # ------------------------------------------------------------------

    def write(self, vals):
        if vals:
            raise UserError(self.env._("The escalation log is never changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_log(self):
        raise UserError(self.env._("The escalation log is never deleted."))

    # ------------------------------------------------------------------
    # The job
    # ------------------------------------------------------------------

    @api.model
    def _cron_escalate(self, batch_size=BATCH_SIZE):
        """Escalate every deadline that is due for it, in batches that are committed one by one."""
        Log, Cron, Deadline = self.sudo(), self.env["ir.cron"], self.env["quality.deadline"].sudo()
        Cron._commit_progress(remaining=Deadline.search_count(self._due_domain()))
        untouched = set()  # somebody else is at work on these; the next run sees what became of them
        while True:
            domain = self._due_domain() & Domain("id", "not in", untouched)
            deadlines = Deadline.search(domain, order="next_check_at, id", limit=batch_size)
            if not deadlines:
                break
            try:
                with self.env.cr.savepoint():
                    done = Log._escalate_locked(deadlines)
            except Exception:  # whatever it is, it may concern one row only
                self.env.cr.rollback()
                _logger.info("Escalation of %s deadlines failed; taking them one by one", len(deadlines), exc_info=True)
                done = Log._escalate_one_by_one(deadlines)
            untouched.update(set(deadlines.ids) - set(done))
            if not Cron._commit_progress(len(deadlines)):
                break  # out of time; the framework calls again at once

    @api.model
    def _due_domain(self):
        """Return the domain of what is due now; it is the condition of the ledger's partial index."""
        return Domain("state", "=", "running") & Domain("next_check_at", "<=", fields.Datetime.now())

    @api.model
    def _escalate_locked(self, deadlines):
        """Lock, check again and escalate; return the ids that need no more attention in this run."""
        locked = deadlines.try_lock_for_update(allow_referencing=True)
        locked.invalidate_recordset()
        due = locked.filtered_domain(self._due_domain())
        if due:
            self._escalate(due)
        return locked.ids

    @api.model
    def _escalate_one_by_one(self, deadlines):
        """Escalate each in its own transaction, so that what fails is alone in failing; return as above."""
        Cron, done = self.env["ir.cron"], []
        for deadline_id in deadlines.ids:
            deadline = deadlines.browse(deadline_id)
            try:
                with self.env.cr.savepoint():
                    done += self._escalate_locked(deadline)
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()  # a user is changing this very deadline
            except Exception:
                self.env.cr.rollback()
                _logger.exception("%s cannot be escalated; it is tried again in %s", deadline, POISON_DELAY)
                deadline.next_check_at = fields.Datetime.now() + POISON_DELAY
                done.append(deadline_id)
            Cron._commit_progress()
        return done

    # ------------------------------------------------------------------
    # One batch
    # ------------------------------------------------------------------

    @api.model
    def _escalate(self, deadlines):
        """Fire every rule whose moment has come, and plan the next look. The rows are locked, running and due."""
        now, times = fields.Datetime.now(), TimeTable()
        documents = deadlines._documents()
        orphans = deadlines.filtered(lambda deadline: deadline.id not in documents)
        orphans._cancel()
        deadlines -= orphans
        ladder = self.env["quality.escalation.rule"]._ladder(deadlines.company_id)
        fired = self._fired(deadlines)
        shots = []
        for deadline in deadlines:
            clock = deadline._safe_clock(times)
            rules = ladder._for(deadline.company_id.id, deadline.kind, deadline.res_model)
            rules -= fired.get(deadline.id, rules.browse())
            due = rules.filtered(lambda rule, clock=clock: rule._moment(clock) <= now)
            breached = deadline.due_at < now
            deadline.write({
                "breached": breached,
                "level": max([deadline.level, *due.mapped("level")]),
                "next_check_at": (rules - due)._next_check(clock, breached),
            })
            shots += [(deadline, rule) for rule in due.sorted("level", reverse=True)]
        self._fire(shots, documents, now)

    @api.model
    def _fired(self, deadlines):
        """Return ``{id of the deadline: rules it has fired}``."""
        domain = [("deadline_id", "in", deadlines.ids), ("rule_id", "!=", False)]
        groups = self.sudo()._read_group(domain, ["deadline_id"], ["rule_id:recordset"])
        return {deadline.id: rules for deadline, rules in groups}

    @api.model
    def _fire(self, shots, documents, now):
        """Log ``shots`` and tell the people concerned, in this transaction.

        :param shots: list of (deadline, rule), for each deadline the highest level first
        :param documents: ``{id of the deadline: document}``
        """
        recipients = self._recipients(shots)
        notices, told, logs = [], set(), []
        for deadline, rule in shots:
            # Several steps at once (a clock started late, the job was off): a person is told once, for the highest.
            users = recipients[deadline, rule].filtered(lambda user, d=deadline: (d.id, user.id) not in told)
            told.update((deadline.id, user.id) for user in users)
            notices += [(deadline, rule, user) for user in users]
            logs.append({
                "deadline_id": deadline.id, "company_id": deadline.company_id.id, "rule_id": rule.id,
                "rule_name": rule.name, "level": rule.level, "fired_at": now, "user_ids": users.ids,
            })
        self.sudo().create(logs)
        self._notify(notices, documents)
