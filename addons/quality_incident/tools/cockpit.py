"""What the cockpit is asked for, as domains: which records, since when, of whom."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytz
from dateutil.relativedelta import relativedelta
from odoo import fields
from odoo.api import Environment
from odoo.fields import Domain

#: age of what is open, in days: both ends belong to the bracket
AGES = ((0, 7), (8, 30), (31, 60), (61, 90), (91, None))


@dataclass(frozen=True)
class Scope:
    """One question to the cockpit: the last ``months`` months, this one included, of a project or a department."""

    env: Environment
    months: int = 12
    project_id: int = 0
    department_id: int = 0
    historic: bool = False

    @property
    def zone(self):
        """The time zone days and months are cut in: the reader's."""
        return pytz.timezone(self.env.user.tz or self.env.company.partner_id.tz or "UTC")

    @property
    def today(self):
        return fields.Datetime.now().replace(tzinfo=pytz.utc).astimezone(self.zone).date()

    def midnight(self, day):
        """Return the first moment of ``day`` in the reader's zone, as naive UTC."""
        local = self.zone.localize(datetime.combine(day, time.min))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    def month_starts(self):
        """Return the first days of the months asked for, oldest first."""
        first = self.today.replace(day=1)
        return [first - relativedelta(months=back) for back in reversed(range(self.months))]

    @property
    def since(self):
        return self.midnight(self.month_starts()[0])

    # ------------------------------------------------------------------
    # Domains
    # ------------------------------------------------------------------

    def of(self, model, department_field):
        """Return the domain of the records of ``model`` that are asked for, whatever their time."""
        domain = Domain("company_id", "in", self.env.companies.ids)
        if not self.historic and "is_historic" in self.env[model]._fields:
            domain &= Domain("is_historic", "=", False)
        if self.project_id and "project_id" in self.env[model]._fields:
            domain &= Domain("project_id", "=", self.project_id)
        if self.department_id:
            domain &= Domain(department_field, "child_of", self.department_id)
        return domain

    def incidents(self):
        return self.of("quality.incident", "responsible_department_id") & Domain("state", "!=", "cancelled")

    def rectifications(self):
        return self.of("quality.rectification", "recipient_department_id") & Domain("state", "!=", "cancelled")

    def ages(self, field):
        """Return ``[(label, domain)]``: the brackets of age since ``field``, in whole days of the reader."""
        brackets = []
        for youngest, oldest in AGES:
            domain = Domain(field, "<", self.midnight(self.today - timedelta(days=youngest - 1)))
            if oldest is not None:
                domain &= Domain(field, ">=", self.midnight(self.today - timedelta(days=oldest)))
            brackets.append((f"{youngest}–{oldest}" if oldest is not None else f"> {youngest - 1}", domain))
        return brackets
