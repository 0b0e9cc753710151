"""Time as a working calendar counts it, for many clocks at once.

Every moment is a naive UTC datetime, as the ORM stores it; every span is in hours of the clock.
"""
from bisect import bisect_left, bisect_right
from datetime import timedelta
from typing import Any, NamedTuple

import pytz
from odoo.exceptions import UserError

#: a first look covers this many days, each further one doubles what is known
FIRST_WINDOW = timedelta(days=35)
#: a promise that needs more calendar than this cannot be planned
HORIZON = timedelta(days=3660)


class PlainTime:
    """The clock of the law: 24 hours a day, 7 days a week."""

    def add(self, start, hours):
        """Return the moment at which ``hours`` have passed since ``start``."""
        return start + timedelta(seconds=round(hours * 3600))

    def between(self, start, stop):
        """Return the hours from ``start`` to ``stop``; negative when ``stop`` is earlier."""
        return (stop - start).total_seconds() / 3600


class BusinessTime:
    """The working time of one calendar as one company sees it.

    The intervals are loaded once and extended when a clock runs past what is known, so the number of queries
    depends on how far the clocks reach and not on how many there are.

    :param calendar: ``resource.calendar`` record; its own time zone counts, not the user's
    :param company: ``res.company`` record; public holidays of other companies are left out
    :raises UserError: the calendar cannot measure a deadline (flexible hours, or no working hours at all)
    """

    def __init__(self, calendar, company):
        self._calendar = calendar.sudo()
        self._company = company
        if self._calendar.flexible_hours:
            raise UserError(calendar.env._(
                "The working schedule “%(name)s” has flexible hours, so no deadline can be counted in it. "
                "Choose a schedule with fixed hours.", name=self._calendar.display_name,
            ))
        if not self._calendar.attendance_ids.filtered(lambda line: not line.display_type):
            raise UserError(self._no_working_time())
        self._from = self._to = None
        self._starts, self._stops, self._before = [], [], []  # _before[i]: seconds worked before interval i

    def add(self, start, hours):
        """Return the moment at which ``hours`` (≥ 0) of working time have passed since ``start``.

        A span that ends exactly with a shift is over at the end of that shift, not at the start of the next one.

        :raises UserError: the calendar does not hold that much working time within ten years
        """
        seconds = round(hours * 3600)
        if seconds <= 0:
            return start
        self._cover(start, start + timedelta(seconds=seconds))
        target = self._worked(start) + seconds
        while self._total() < target:
            if self._to - start > HORIZON:
                raise UserError(self._no_working_time())
            self._load(self._from, self._to + (self._to - self._from))
            target = self._worked(start) + seconds
        index = bisect_left(self._before, target) - 1  # the interval in which, or at whose end, the target is reached
        return self._starts[index] + timedelta(seconds=target - self._before[index])

    def between(self, start, stop):
        """Return the working hours from ``start`` to ``stop``; negative when ``stop`` is earlier."""
        self._cover(min(start, stop), max(start, stop))
        return (self._worked(stop) - self._worked(start)) / 3600

    # ------------------------------------------------------------------
    # Intervals
    # ------------------------------------------------------------------

    def _worked(self, moment):
        """Return the seconds worked from the first known interval to ``moment``."""
        index = bisect_right(self._starts, moment) - 1
        if index < 0:
            return 0
        return self._before[index] + (min(moment, self._stops[index]) - self._starts[index]).total_seconds()

    def _total(self):
        return self._before[-1] + (self._stops[-1] - self._starts[-1]).total_seconds() if self._starts else 0

    def _cover(self, start, stop):
        """Make sure that everything from ``start`` to ``stop`` is known."""
        if self._from is not None and self._from <= start and stop <= self._to:
            return
        if self._from is None:
            low, high = start - timedelta(days=7), max(stop, start + FIRST_WINDOW)
        else:  # grow by as much again, so that a batch whose clocks reach further and further loads seldom
            known = self._to - self._from
            low = self._from if self._from <= start else min(start, self._from - known)
            high = self._to if stop <= self._to else max(stop, self._to + known)
        self._load(low, high)

    def _load(self, low, high):
        """Read the working intervals of the whole window: two queries, whatever its length."""
        intervals = self._calendar._work_intervals_batch(
            low.replace(tzinfo=pytz.utc), high.replace(tzinfo=pytz.utc),
            # Without this domain the superuser would see the holidays of every company.
            domain=[("time_type", "=", "leave"), ("company_id", "in", [False, self._company.id])],
            tz=pytz.timezone(self._calendar.tz),
        )[False]
        self._from, self._to = low, high
        self._starts, self._stops, self._before = [], [], []
        total = 0
        for opening, stop in sorted((_naive(start), _naive(stop)) for start, stop, _lines in intervals):
            # Shifts may overlap in the hour that a clock is put back, or vanish in the one it leaves out.
            start = max([opening, *self._stops[-1:]])
            if stop <= start:
                continue
            self._starts.append(start)
            self._stops.append(stop)
            self._before.append(total)
            total += (stop - start).total_seconds()

    def _no_working_time(self):
        return self._calendar.env._(
            "The working schedule “%(name)s” has no working hours to count a deadline in. Add working hours to it, "
            "or choose another one.", name=self._calendar.display_name,
        )


class TimeTable:
    """The clocks of a batch: one :class:`BusinessTime` for each (calendar, company), made when first asked for."""

    def __init__(self):
        self._plain = PlainTime()
        self._times = {}

    def of(self, calendar, company):
        """Return what counts time for ``calendar`` (an empty recordset or None: around the clock) and ``company``."""
        if not calendar:
            return self._plain
        key = (calendar.id, company.id)
        if key not in self._times:
            self._times[key] = BusinessTime(calendar, company)
        return self._times[key]


class Clock(NamedTuple):
    """What a promise needs to tell when a share of it is used up.

    ``consumed`` hours had run at ``counted_from``; since then the clock runs without a break. Keeping these two
    apart is what lets a pause, or a change of calendar, leave the time already used untouched.
    """

    time: Any  # PlainTime or BusinessTime
    counted_from: Any
    consumed: float
    hours: float
    due_at: Any = None

    def at_share(self, percent):
        """Return the moment at which ``percent`` of the promised hours are used up."""
        return self.time.add(self.counted_from, max(self.hours * percent / 100 - self.consumed, 0))


def _naive(moment):
    """Return an aware moment as naive UTC on a whole second; a shift until midnight ends a microsecond before it."""
    moment = moment.astimezone(pytz.utc).replace(tzinfo=None)
    return (moment + timedelta(microseconds=1)).replace(microsecond=0) if moment.microsecond == 999999 else moment
