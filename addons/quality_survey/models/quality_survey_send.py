import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..tools.people import staff_partners

_logger = logging.getLogger(__name__)

BATCH_SIZE = 100
#: an invitation that cannot be sent is tried again after this time, and holds up nobody else until then
POISON_DELAY = timedelta(hours=6)


class QualitySurveyInvitation(models.Model):
    """Invitations are sent, reminded of once, and expire: by one job that looks only at what is due.

    Exactly once: the queued mail and the new state are one transaction. A job killed in the middle leaves nothing
    behind; the next run finds the row still due.
    """

    _inherit = "quality.survey.invitation"

    @api.model
    def _cron_invite(self, batch_size=BATCH_SIZE):
        """Do what is due, in batches that are committed one by one."""
        Cron, ledger = self.env["ir.cron"], self.sudo()
        Cron._commit_progress(remaining=ledger.search_count(self._due_domain()))
        untouched = set()
        while True:
            domain = self._due_domain() & Domain("id", "not in", untouched)
            rows = ledger.search(domain, order="next_action_at, id", limit=batch_size)
            if not rows:
                break
            try:
                with self.env.cr.savepoint():
                    done = rows._do_due()
            except Exception:  # whatever it is, it may concern one row only
                self.env.cr.rollback()
                _logger.info("%s invitations failed; taking them one by one", len(rows), exc_info=True)
                done = rows._do_due_one_by_one()
            untouched.update(set(rows.ids) - set(done))
            if not Cron._commit_progress(len(rows)):
                break

    @api.model
    def _due_domain(self):
        return Domain("next_action_at", "<=", fields.Datetime.now())

    def _do_due(self):
        """Lock, check again and act; return the ids that need no more attention in this run."""
        locked = self.try_lock_for_update(allow_referencing=True)
        locked.invalidate_recordset()
        due = locked.filtered_domain(self._due_domain())
        now = fields.Datetime.now()
        due.filtered(lambda row: row.state == "planned")._send(now)
        sent = due.filtered(lambda row: row.state == "sent" and row.sent_at < now)
        expired = sent.filtered(lambda row: row.expires_at <= now)
        expired.write({"state": "expired", "next_action_at": False})
        (sent - expired)._remind(now)
        return locked.ids

    def _do_due_one_by_one(self):
        Cron, done = self.env["ir.cron"], []
        for row_id in self.ids:
            row = self.browse(row_id)
            try:
                with self.env.cr.savepoint():
                    done += row._do_due()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()
            except Exception:
                self.env.cr.rollback()
                _logger.exception("%s cannot be sent; it is tried again in %s", row, POISON_DELAY)
                row.next_action_at = fields.Datetime.now() + POISON_DELAY
                done.append(row_id)
            Cron._commit_progress()
        return done

    # ------------------------------------------------------------------
    # Send and remind
    # ------------------------------------------------------------------

    def _send(self, now):
        """Queue the invitations of those who may still be asked; the others are cancelled with the reason."""
        staff = staff_partners(self.env, self.partner_id)
        tired = self._sent_lately(now)
        asked, going = set(), self.browse()
        for row in self:
            partner, rule = row.partner_id, row.rule_id
            reason = row._reason_against(partner, rule, staff)
            address = self._address_key(partner)
            if not reason and (address, row.company_id.id) in tired | asked:
                reason = "fatigue"
            if reason:
                row._cancel(reason)
                continue
            if rule.company_id.survey_fatigue_days:
                asked.add((address, row.company_id.id))
            going |= row
        for row in going:
            expires_at = now + timedelta(days=row.rule_id.expiry_days)
            row.write(
                {
                    "state": "sent", "sent_at": now, "expires_at": expires_at,
                    "email": row._address_key(row.partner_id), "next_action_at": row._reminder_at(now, expires_at),
                }
            )
        going._queue_mail("quality_survey.mail_template_invitation")

    def _sent_lately(self, now):
        """Return ``{(address, company)}`` of those who were asked within the days their company wants between."""
        emails = [key for key in map(self._address_key, self.partner_id) if isinstance(key, str)]
        tired = set()
        for company in self.company_id.filtered("survey_fatigue_days"):
            since = now - timedelta(days=company.survey_fatigue_days)
            rows = self.search([("sent_at", ">", since), ("id", "not in", self.ids), ("email", "in", emails)])
            tired |= {(row.email, company.id) for row in rows}
        return tired

    def _reminder_at(self, sent_at, expires_at):
        days = self.rule_id.reminder_days
        moment = sent_at + timedelta(days=days)
        return moment if days and moment < expires_at else expires_at

    def _remind(self, now):
        """Queue the one reminder; those who opted out meanwhile were cancelled by it."""
        waiting = self.filtered(lambda row: not row.reminded_at)
        for row in self:
            row.write({"reminded_at": row.reminded_at or now, "next_action_at": row.expires_at})
        waiting._queue_mail("quality_survey.mail_template_reminder")

    def _queue_mail(self, template):
        """Queue one mail each, in the language of its receiver.

        The mails hang on no record: whoever may read the invitation must not find its link in them.
        """
        if self:
            self.env.ref(template).sudo().send_mail_batch(
                self.ids, force_send=False, email_values={"model": False, "res_id": False, "auto_delete": True}
            )


class ServiceTicket(models.Model):
    _inherit = "service.ticket"

    def _after_transition(self, origins, target):
        result = super()._after_transition(origins, target)
        if target == "closed":
            self.env["quality.survey.rule"]._on_event("ticket_closed", self)
        return result


class ServiceVisit(models.Model):
    _inherit = "service.visit"

    def _after_transition(self, origins, target):
        result = super()._after_transition(origins, target)
        if target == "approved":
            self.env["quality.survey.rule"]._on_event("visit_approved", self)
        return result


class StockPicking(models.Model):
    _inherit = "stock.picking"

    def _action_done(self):
        result = super()._action_done()
        delivered = self.filtered(lambda one: one.state == "done" and one.picking_type_code == "outgoing")
        customers = delivered.filtered(lambda one: one.location_dest_id.usage == "customer")
        self.env["quality.survey.rule"]._on_event("delivery_done", customers)
        return result
