import logging
from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import today_of, zone_of
from odoo.tools import SQL, split_every

from .quality_survey_roles import MANAGER

_logger = logging.getLogger(__name__)
BATCH = 100
#: hour of the day a visit is planned at, where the company works
HOUR = 9


class QualityReturnVisitPlan(models.Model):
    """The scheduled action: due visits are planned once each, and what nobody held is marked as missed (D9).

    After the scheduler stood still each customer gets the one visit that is due last; periods that passed meanwhile
    are not made up for, because two visits on one day tell nothing new. They are noted on the plan.
    """

    _inherit = "quality.return.visit.plan"

    @api.model
    def _cron_schedule(self):
        """Plan what is due in every plan, and mark what was missed; run again, it adds nothing.

        A plan that fails keeps none of the others waiting; one that another process works on is left to it.
        """
        for plan in self.search([("active", "=", True)]).try_lock_for_update():
            plan._try_plan_due()
        self.env["quality.return.visit"]._mark_missed()

    def _try_plan_due(self):
        try:
            with self.env.cr.savepoint():
                self._plan_due()
                self.env.flush_all()
        except Exception:
            self.env.invalidate_all(flush=False)
            _logger.exception("Return visits of plan %s cannot be planned", self.id)

    def _plan_due(self):
        """Plan the visits of one plan that come within its days ahead."""
        self.ensure_one()
        today = today_of(self.company_id, fields.Datetime.now())
        horizon = today + timedelta(days=self.days_ahead)
        customers = self._customers()
        last = self._last_periods(customers)
        wanted, lost = [], 0
        for customer in customers:
            period, skipped = self._next_period(customer, last.get(customer.id), today)
            if period <= horizon:
                wanted.append((customer, period))
                lost += skipped
        for part in split_every(BATCH, wanted):
            if not self._try_create(part):
                for pair in part:  # find the one that stops the others
                    self._try_create([pair])
        if lost:
            self._message_log(
                body=self.env._("%d return visits of periods that have passed were not made up for.", lost)
            )

    def _last_periods(self, customers):
        """Return ``{customer id: the last period planned}``, cancelled visits included."""
        groups = self.env["quality.return.visit"].sudo()._read_group(
            [("plan_id", "=", self.id), ("partner_id", "in", customers.ids)], ["partner_id"], ["period_date:max"]
        )
        return {partner.id: period for partner, period in groups}

    def _next_period(self, customer, last, today):
        """Return the period of the next visit, and how many passed before it without one.

        :param last: the last period planned, or None
        """
        step = relativedelta(months=customer.return_visit_months or self.frequency_months)
        period = last + step if last else self.start_date
        skipped = 0
        while period + step <= today:
            period += step
            skipped += 1
        return period, skipped if last else 0

    def _try_create(self, pairs):
        """Plan the visits of ``pairs`` of customer and period; return whether it worked, all of it or nothing."""
        try:
            with self.env.cr.savepoint():
                visits = self.env["quality.return.visit"].sudo()
                vals_list = [self._visit_vals(customer, period) for customer, period in pairs]
                for vals, user in zip(vals_list, self._choose_interviewers(pairs), strict=True):
                    vals["interviewer_id"] = user.id
                visits.create(vals_list)
                self.env.flush_all()
        except Exception:
            _logger.warning("Return visits of plan %s cannot be planned", self.id, exc_info=True)
            self.env.invalidate_all(flush=False)
            return False
        return True

    def _visit_vals(self, customer, period):
        """Return the values of the visit to ``customer`` in ``period``; one that is overdue is planned for today."""
        today = today_of(self.company_id, fields.Datetime.now())
        return {
            "company_id": self.company_id.id,
            "plan_id": self.id,
            "period_date": period,
            "programme": self.programme,
            "kind": self.kind,
            "partner_id": customer.id,
            "phone": customer.phone,
            "survey_id": self.survey_id.id,
            "planned_at": self._moment(max(period, today)),
            "grace_days": self.grace_days,
        }

    def _moment(self, day):
        """Return nine o'clock of ``day`` where the company works, as naive UTC."""
        local = zone_of(self.company_id).localize(datetime.combine(day, time(HOUR)))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def _choose_interviewers(self, pairs):
        """Return an interviewer for each pair: the least busy who did not work for the customer; maybe nobody."""
        users = self.interviewer_ids.filtered("active")
        visits = self.env["quality.return.visit"].sudo()
        load = dict.fromkeys(users, 0)
        groups = visits._read_group(
            [("interviewer_id", "in", users.ids), ("state", "in", ("planned", "in_progress"))],
            ["interviewer_id"], ["__count"],
        )
        load.update(dict(groups))
        customers = self.env["res.partner"].union(*(customer for customer, _period in pairs))
        concerned = visits._concerned_users(self.company_id, customers.commercial_partner_id)
        chosen = []
        for customer, _period in pairs:
            fitting = [user for user in users if user.id not in concerned.get(customer.commercial_partner_id.id, ())]
            user = min(fitting, key=lambda one: (load[one], one.id), default=self.env["res.users"])
            if user:
                load[user] += 1
            chosen.append(user)
        return chosen


class QualityReturnVisit(models.Model):
    """Promises and misses."""

    _inherit = "quality.return.visit"

    def _latest(self):
        """Return until when this visit may be held."""
        self.ensure_one()
        return self.planned_at + timedelta(days=self.grace_days)

    def _promise(self):
        """Promise to hold these visits in time, and give each interviewer the activity; constant queries a batch."""
        live = self.sudo().filtered(lambda one: not one.is_historic and one.state in ("planned", "in_progress"))
        if not live:
            return
        running = set(live._find_deadlines("return_visit").mapped("res_id"))
        self.env["quality.deadline"]._start(
            [
                {
                    "record": visit,
                    "kind": "return_visit",
                    "due_at": visit._latest(),
                    "user": visit.interviewer_id,
                }
                for visit in live
                if visit.id not in running
            ]
        )
        for visit in live.filtered(lambda one: one.id in running):
            visit._replan_deadline("return_visit", due_at=visit._latest(), user=visit.interviewer_id)
        live._assign_next_step()

    @api.model
    def _mark_missed(self):
        """Mark what nobody began in time, and tell those who make the plans."""
        failed = []
        while missed := self._past_their_grace(failed):
            if not missed._try_miss():
                failed += [visit.id for visit in missed if not visit._try_miss()]

    def _try_miss(self):
        """Mark these as missed and tell of it, all of it or nothing; return whether it worked."""
        try:
            with self.env.cr.savepoint():
                self.write({"state": "missed"})
                for visit in self:
                    visit._tell_missed()
                self.env.flush_all()
        except Exception:
            _logger.warning("Return visits %s cannot be marked as missed", self.ids, exc_info=True)
            self.env.invalidate_all(flush=False)
            return False
        return True

    def _tell_missed(self):
        self.message_notify(
            partner_ids=self._role_users(MANAGER).partner_id.ids,
            subject=self.env._("Missed return visit: %s", self.display_name),
            body=self.env._("Nobody held this return visit in time. It can still be held late."),
        )

    @api.model
    def _past_their_grace(self, failed):
        """Return a batch of planned visits whose last moment is over.

        :param failed: ids of those that were tried already
        """
        self.flush_model(["state", "planned_at", "grace_days"])
        rows = self.env.execute_query(
            SQL(
                """SELECT id FROM quality_return_visit
                    WHERE state = 'planned' AND planned_at < %(now)s
                      AND id != ALL(%(failed)s) AND planned_at + grace_days * interval '1 day' < %(now)s
                 ORDER BY planned_at, id LIMIT %(limit)s
                   FOR NO KEY UPDATE SKIP LOCKED""",
                now=fields.Datetime.now(),
                failed=list(failed),
                limit=BATCH,
            )
        )
        return self.sudo().browse([row[0] for row in rows])

    # ------------------------------------------------------------------
    # Who must not ask
    # ------------------------------------------------------------------

    @api.model
    def _concerned_users(self, company, partners):
        """Return ``{customer id: ids of users who worked for it since its last return visit}``; two queries.

        They do not ask the customer how the work was: persons in charge of tickets, engineers on visits.

        :param partners: commercial partners
        """
        since = dict.fromkeys(partners.ids)
        domain = [
            ("company_id", "=", company.id),
            ("commercial_partner_id", "in", partners.ids),
            ("state", "in", ("done", "reported")),
        ]
        for partner, moment in self.sudo()._read_group(domain, ["commercial_partner_id"], ["done_at:max"]):
            since[partner.id] = moment
        self.env.flush_all()
        found = {}
        for partner_id, user_id, moment in self.env.execute_query(self._work_query(company, partners)):
            if not since[partner_id] or moment >= since[partner_id]:
                found.setdefault(partner_id, set()).add(user_id)
        return found

    @api.model
    def _work_query(self, company, partners):
        """Return the query of (customer, user, last moment of work) of tickets and visits to ``partners``."""
        return SQL(
            """SELECT partner_id, user_id, MAX(moment) FROM (
                   SELECT customer.commercial_partner_id AS partner_id, ticket.user_id,
                          COALESCE(ticket.closed_at, %(now)s) AS moment
                     FROM service_ticket ticket JOIN res_partner customer ON customer.id = ticket.partner_id
                    WHERE customer.commercial_partner_id = ANY(%(partners)s) AND ticket.company_id = %(company)s
                      AND ticket.state != 'cancelled' AND ticket.user_id IS NOT NULL
                UNION ALL
                   SELECT customer.commercial_partner_id, resource.user_id,
                          COALESCE(visit.finished_at, visit.planned_start, %(now)s)
                     FROM service_visit visit
                     JOIN service_ticket ticket ON ticket.id = visit.ticket_id
                     JOIN res_partner customer ON customer.id = ticket.partner_id
                     JOIN service_visit_engineer_rel engineer ON engineer.visit_id = visit.id
                     JOIN hr_employee employee ON employee.id = engineer.employee_id
                     JOIN resource_resource resource ON resource.id = employee.resource_id
                    WHERE customer.commercial_partner_id = ANY(%(partners)s) AND ticket.company_id = %(company)s
                      AND visit.state NOT IN ('draft', 'cancelled') AND resource.user_id IS NOT NULL
               ) work GROUP BY partner_id, user_id""",
            now=fields.Datetime.now(),
            partners=list(partners.ids),
            company=company.id,
        )
