from contextlib import contextmanager
from datetime import datetime, timedelta

from odoo import Command
from odoo.tests import freeze_time

from .common import QualityCase

#: a Monday, 9:00 in Berlin
MONDAY = datetime(2026, 1, 5, 8)


class DeadlineCase(QualityCase):
    """An incident, office hours in Berlin (Monday to Friday, 8–12 and 13–17), no ladder but the test's own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["quality.escalation.rule"].search([]).unlink()
        cls.cron = cls.env.ref("quality_incident.ir_cron_quality_escalation")
        cls.calendar = cls.env["resource.calendar"].create({
            "name": "Office hours", "company_id": cls.company.id, "tz": "Europe/Berlin",
            "attendance_ids": [Command.clear()] + [
                Command.create({
                    "name": "Shift", "dayofweek": str(day), "hour_from": start, "hour_to": stop, "day_period": period,
                })
                for day in range(5) for start, stop, period in [(8, 12, "morning"), (13, 17, "afternoon")]
            ],
        })
        cls.incident = cls._make_incident().sudo()
        cls.Deadline = cls.env["quality.deadline"]
        cls.Escalation = cls.env["quality.escalation"]

    @classmethod
    def _rule(cls, moment_type="after", moment_value=0, **vals):
        return cls.env["quality.escalation.rule"].create({
            "name": "Step", "company_id": cls.company.id, "moment_type": moment_type, "moment_value": moment_value,
            "channel": "both", **vals,
        })

    @classmethod
    def _promise(cls, hours=8, incident=None, kind="other", user=None, start_at=MONDAY, **vals):
        return (incident or cls.incident)._start_deadline(
            kind, hours=hours, start_at=start_at, user=user or cls.engineer, **vals)

    @contextmanager
    def _at(self, moment=MONDAY, **later):
        with freeze_time(moment + timedelta(**later)):
            yield

    def _run_job(self, moment=MONDAY, **later):
        """Run the escalation job as the scheduler does, at ``moment`` plus ``later``; return the number of queries."""
        with self._at(moment, **later), self.enter_registry_test_mode():
            before = self.env.cr.sql_log_count
            self.assertIs(self.cron.method_direct_trigger(), True)
            return self.env.cr.sql_log_count - before

    def _activities(self, deadline):
        return self.env["mail.activity"].search([("quality_deadline_id", "in", deadline.ids)])

    def _mails(self, user=None):
        """Return the mail queued for ``user`` (anybody) about incidents."""
        mails = self.env["mail.mail"].sudo().search([("model", "=", "quality.incident")])
        return mails.filtered(lambda mail: not user or user.partner_id in mail.recipient_ids)
