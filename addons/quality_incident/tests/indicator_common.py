from datetime import date, datetime, timedelta

import pytz
from odoo.tools import SQL

from .rectification_common import RectificationCase

ZONE = "Asia/Shanghai"
#: a month long over, so that no record of today is in it
FIRST, LAST = date(2025, 3, 1), date(2025, 3, 31)


class IndicatorCase(RectificationCase):
    """Indicators of a company in Shanghai, and records with the dates a test needs."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = ZONE
        cls.other_company.resource_calendar_id.tz = ZONE
        cls.Value = cls.env["quality.indicator.value"]
        cls.Indicator = cls.env["quality.indicator"]

    @classmethod
    def _indicator(cls, code, company=None):
        return cls.Indicator.search([("code", "=", code), ("company_id", "=", (company or cls.company).id)])

    @classmethod
    def _utc(cls, *moment):
        """Return a moment of the wall clock in Shanghai as naive UTC."""
        local = pytz.timezone(ZONE).localize(datetime(*moment))
        return local.astimezone(pytz.utc).replace(tzinfo=None)

    @classmethod
    def _set(cls, record, **vals):
        """Give a record the dates of a test, past every rule: they are stamped by the system otherwise."""
        record.env.flush_all()
        pairs = SQL(", ").join(SQL("%s = %s", SQL.identifier(name), value) for name, value in vals.items())
        cls.env.cr.execute(SQL("UPDATE %s SET %s WHERE id = ANY(%s)", SQL.identifier(record._table), pairs, record.ids))
        cls.env.invalidate_all()
        return record

    def _measure(self, code, first=FIRST, last=LAST, company=None, historic=None):
        """Return (numerator, denominator, excluded) of an indicator in a period."""
        indicator = self._indicator(code, company)
        if historic is not None:
            indicator.include_historic = historic
        (measure,) = indicator._measure_spans([(indicator, first, last)])
        return tuple(measure)

    def _store(self, code, first=FIRST, last=LAST, company=None):
        """Return the stored value of an indicator in a period."""
        indicator = self._indicator(code, company)
        return self.Value.sudo()._store([(indicator, first, last)])

    def _reported(self, *moment, **vals):
        """Return an incident reported at a moment in Shanghai."""
        incident = self._drive_incident(self._make_incident())
        at = self._utc(*moment)
        return self._set(incident, reported_at=at, occurred_at=at, discovered_at=at, **vals)

    def _drive_incident(self, incident):
        incident.with_user(self.reporter).action_report()
        return incident

    def _closed(self, days, *moment, **vals):
        """Return an incident closed at a moment, ``days`` after its report."""
        at = self._utc(*moment)
        return self._set(self._make_incident(), state="closed", closed_at=at, reported_at=at - timedelta(days=days),
                         **vals)

    def _issued(self, *moment, **vals):
        notice = self._drive_notice(self._make_notice())
        return self._set(notice, issued_at=self._utc(*moment), **vals)

    def _drive_notice(self, notice):
        notice.with_user(notice.issuer_id).action_issue()
        return notice
