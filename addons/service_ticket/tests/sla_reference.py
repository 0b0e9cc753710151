"""A clock counted minute by minute: slow, obvious, and with nothing of the engine that it checks."""

from datetime import timedelta
from functools import cache

import pytz

MINUTE = timedelta(minutes=1)


class Calendar:
    """Working minutes of a week in a time zone, without holidays; no windows means day and night."""

    def __init__(self, windows=None, zone="UTC", holidays=()):
        """Set up a calendar.

        :param windows: ``{weekday: [(from hour, to hour), ...]}`` in local time
        :param zone: name of the time zone
        :param holidays: local days without work
        """
        self.windows, self.zone, self.holidays = windows, pytz.timezone(zone), set(holidays)

    @cache  # noqa: B019 -- a few calendars, as long as the tests
    def counts(self, moment):
        """Return whether the minute that begins at ``moment`` (naive UTC) is worked."""
        if self.windows is None:
            return True
        local = pytz.utc.localize(moment).astimezone(self.zone)
        if local.date() in self.holidays:
            return False
        hour = local.hour + local.minute / 60
        return any(start <= hour < end for start, end in self.windows.get(local.weekday(), ()))


def due_of(start, events, minutes, calendar):
    """Return when the last promised minute is over if nothing but ``events`` happens, or None when it stands still."""
    return follow(start, start + timedelta(days=200), events, minutes, calendar, until_due=True)["due"]


def follow(start, end, events, minutes, calendar, until_due=False):
    """Walk a clock from ``start`` to ``end`` minute by minute.

    :param start: naive UTC moment on a full minute
    :param end: when the walk stops looking
    :param events: list of (moment, what), in order: ``pause``, ``resume``, ``stop``, ``cancel``, or a pair
        (minutes, calendar) for a new promise
    :param minutes: promised working minutes
    :param calendar: :class:`Calendar`
    :param until_due: look no further than the due moment
    :return: dict with ``consumed`` (working minutes), ``due`` (when the last promised minute was over, or None),
        ``state`` (running, paused, met, cancelled)
    """
    events, used, due, state, now = list(events), 0, None, "running", start
    while now < end and state in ("running", "paused") and not (until_due and due and not events):
        while events and events[0][0] <= now and state in ("running", "paused"):
            what = events.pop(0)[1]
            if isinstance(what, tuple):
                minutes, calendar = what
                due = now if used >= minutes and due is None else due
            else:
                state = {"pause": "paused", "resume": "running", "stop": "met", "cancel": "cancelled"}[what]
        if state == "running":
            if calendar.counts(now):
                used += 1
                if used == minutes:
                    due = now + MINUTE
            now += MINUTE
        elif state == "paused":
            now += MINUTE
    return {"consumed": used, "due": due, "state": state}
