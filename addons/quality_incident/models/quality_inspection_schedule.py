import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL, split_every

from .quality_incident_workflow import MANAGER

_logger = logging.getLogger(__name__)
BATCH = 100


class QualityInspectionPlan(models.Model):
    """The scheduled action: inspections are created ahead, and marked as missed when nobody held them (B1)."""

    _inherit = "quality.inspection.plan"

    @api.model
    def _cron_schedule(self):
        """Create what the plans want within their days ahead, and mark what was missed; run again, it adds nothing."""
        self.search([("active", "=", True)])._create_ahead()
        self.env["quality.inspection"]._mark_missed()

    def _create_ahead(self):
        """Create the coming inspections of these plans, each once.

        What should have been created while the scheduler stood still is not made up for: nobody was invited, so nobody
        missed it. It is noted on the plan.
        """
        now = fields.Datetime.now()
        wanted = [
            (plan, moment)
            for plan in self
            for moment in plan._occurrences(
                max(now, plan.scheduled_until or now), now + timedelta(days=plan.days_ahead)
            )
        ]
        for part in split_every(BATCH, wanted):
            known = self._known_occurrences(part)
            missing = [(plan, moment) for plan, moment in part if (plan.id, moment) not in known]
            if missing and not self._try_create(missing):
                for pair in missing:  # find the one that stops the others
                    self._try_create([pair])
        for plan in self:
            plan._note_gap(now)
        self.filtered(lambda plan: plan.scheduled_until != now).sudo().write({"scheduled_until": now})

    @api.model
    def _known_occurrences(self, pairs):
        inspections = (
            self.env["quality.inspection"]
            .sudo()
            .search_fetch(
                [
                    ("plan_id", "in", [plan.id for plan, _moment in pairs]),
                    ("occurrence_at", "in", [moment for _plan, moment in pairs]),
                ],
                ["plan_id", "occurrence_at"],
            )
        )
        return {(inspection.plan_id.id, inspection.occurrence_at) for inspection in inspections}

    @api.model
    def _try_create(self, pairs):
        """Create the inspections of ``pairs`` of plan and moment; return whether it worked, all of it or nothing."""
        try:
            with self.env.cr.savepoint():
                self.env["quality.inspection"].sudo().create([plan._inspection_vals(at) for plan, at in pairs])
                self.env.flush_all()
        except Exception:
            _logger.warning(
                "Inspections of %s cannot be created", [plan.display_name for plan, _at in pairs], exc_info=True
            )
            self.env.invalidate_all(flush=False)
            return False
        return True

    def _inspection_vals(self, moment):
        """Return the values of the inspection of this plan at ``moment``."""
        lang = self.inspector_id.lang or self.env.lang
        inspections = self.env["quality.inspection"].with_context(lang=lang)
        return {
            "title": self.name,
            "company_id": self.company_id.id,
            "plan_id": self.id,
            "occurrence_at": moment,
            "planned_at": moment,
            "template_id": self.template_id.id,
            "subject": self.template_id.subject,
            "line_ids": inspections._lines_of(self.template_id.with_context(lang=lang)),
            "project_id": self.project_id.id,
            "location": self.location,
            "department_id": self.department_id.id,
            "partner_id": self.partner_id.id,
            "grace_hours": self.grace_hours,
            "inspector_id": self.inspector_id.id,
            "participant_ids": [fields.Command.set(self._people().ids)],
        }

    def _note_gap(self, now):
        lost = self._occurrences(self.scheduled_until, now) if self.scheduled_until else []
        known = self._known_occurrences([(self, moment) for moment in lost]) if lost else set()
        lost = [moment for moment in lost if (self.id, moment) not in known]
        if lost:
            self._message_log(
                body=self.env._(
                    "%(count)d inspections were not created, because the scheduler stood still from %(since)s on.",
                    count=len(lost),
                    since=self.scheduled_until,
                )
            )


class QualityInspection(models.Model):
    """Promises and misses."""

    _inherit = "quality.inspection"

    def _announce(self):
        """Promise to hold these inspections in time, give the inspector an activity, invite the participants."""
        live = self.sudo().filtered(lambda one: not one.is_historic and one.state == "planned")
        live._promise()
        for inspection in live:
            inspection._invite(inspection.participant_ids)

    def _promise(self):
        """Promise to hold these inspections in time, and give the inspectors their activity."""
        live = self.sudo().filtered(lambda one: not one.is_historic)
        if not live:
            return
        running = live.filtered(lambda one: one._find_deadlines("inspection"))
        self.env["quality.deadline"]._start(
            [
                {
                    "record": inspection,
                    "kind": "inspection",
                    "name": inspection.title,
                    "due_at": inspection._latest(),
                    "user": inspection.inspector_id,
                }
                for inspection in live - running
            ]
        )
        for inspection in running:
            inspection._replan_deadline("inspection", due_at=inspection._latest(), user=inspection.inspector_id)
        live._assign_next_step()

    def _latest(self):
        """Return until when this inspection may be begun."""
        self.ensure_one()
        return self.planned_at + timedelta(hours=self.grace_hours)

    @api.model
    def _mark_missed(self):
        """Mark what nobody began in time, and tell the inspectors and the quality managers."""
        failed = []
        while missed := self._past_their_grace(failed):
            if not missed._try_miss():
                failed += [inspection.id for inspection in missed if not inspection._try_miss()]

    def _try_miss(self):
        """Mark these as missed and tell of it, all of it or nothing; return whether it worked."""
        try:
            with self.env.cr.savepoint():
                self._miss()
                self.env.flush_all()
        except Exception:
            _logger.warning("Inspections %s cannot be marked as missed", self.ids, exc_info=True)
            self.env.invalidate_all(flush=False)
            return False
        return True

    def _miss(self):
        self.write({"state": "missed"})
        for inspection in self:
            inspection.message_notify(
                partner_ids=inspection._role_users(MANAGER).partner_id.ids,
                subject=self.env._("Missed inspection: %s", inspection.display_name),
                body=self.env._("Nobody held this inspection in time. It can still be held late, with a reason."),
            )

    @api.model
    def _past_their_grace(self, failed):
        """Return a batch of inspections whose last moment is over; the planned time alone does not tell.

        :param failed: ids of those that were tried already
        """
        self.flush_model(["state", "planned_at", "grace_hours"])
        self.env.cr.execute(
            SQL(
                """SELECT id FROM quality_inspection
                    WHERE state = 'planned' AND planned_at < %(now)s
                      AND id != ALL(%(failed)s) AND planned_at + grace_hours * interval '1 hour' < %(now)s
                 ORDER BY planned_at, id LIMIT %(limit)s
                   FOR NO KEY UPDATE SKIP LOCKED""",
                now=fields.Datetime.now(),
                failed=list(failed),
                limit=BATCH,
            )
        )
        return self.sudo().browse([row[0] for row in self.env.cr.fetchall()])
