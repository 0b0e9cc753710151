"""The arithmetic of indicators: periods, the Wilson interval, the verdict. No database here."""
from datetime import date, datetime, time, timedelta
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import pytz
from odoo.tools import float_compare

CONFIDENCE = 0.95
MONTHS = {"month": 1, "quarter": 3, "year": 12}
#: units of figures that are ratios; every other one is a sum
FACTORS = {"percent": 100, "points": 100, "days": 1, "amount_mean": 1}


class Span(NamedTuple):
    """One period of one company, as a measure needs it.

    :param start_at: first moment of the period where the company works, as naive UTC
    :param stop_at: first moment after it, as naive UTC
    :param zone: name of the company's time zone
    :param today: the day it is now in that zone
    :param now: this moment, as naive UTC; what is due later is not late yet
    :param include_historic: whether imported records count
    """

    company_id: int
    date_from: date
    date_to: date
    start_at: datetime
    stop_at: datetime
    zone: str
    today: date
    now: datetime
    include_historic: bool


class Measure(NamedTuple):
    """What a measure returns for one span; ``denominator`` counts the records also where the value is a sum."""

    numerator: float
    denominator: float
    excluded: int


def period_of(day, kind):
    """Return first and last day of the week (from Monday), month, quarter or year that ``day`` lies in."""
    if kind == "week":
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=6)
    months = MONTHS[kind]
    first = date(day.year, (day.month - 1) // months * months + 1, 1)
    after = first.month - 1 + months
    return first, date(first.year + after // 12, after % 12 + 1, 1) - timedelta(days=1)


def periods_between(first_day, last_day, kind):
    """Return the periods from the one ``first_day`` lies in to the last one that ends by ``last_day``."""
    periods = []
    start, end = period_of(first_day, kind)
    while end <= last_day:
        periods.append((start, end))
        start, end = period_of(end + timedelta(days=1), kind)
    return periods


def midnight(day, zone):
    """Return the first moment of ``day`` in the time zone named ``zone``, as naive UTC."""
    local = pytz.timezone(zone).localize(datetime.combine(day, time.min))
    return local.astimezone(pytz.utc).replace(tzinfo=None)


def wilson_interval(successes, total, confidence=CONFIDENCE):
    """Return the Wilson score interval of the share ``successes / total``, as two numbers from 0 to 1.

    Unlike the textbook interval it holds for small samples and near 0 and 1, where quality figures are.

    :raises ValueError: nothing was looked at, or more successes than looked at
    """
    if total <= 0 or not 0 <= successes <= total:
        raise ValueError("a share needs 0 <= successes <= total, and a total above 0")
    z2 = NormalDist().inv_cdf((1 + confidence) / 2) ** 2
    share = successes / total
    centre = share + z2 / (2 * total)
    spread = sqrt(z2 * (share * (1 - share) / total + z2 / (4 * total * total)))
    scale = 1 + z2 / total
    # At 0 and at 1 the end is exactly 0 or 1; the root leaves a rounding error.
    low = 0.0 if successes == 0 else (centre - spread) / scale
    high = 1.0 if successes == total else (centre + spread) / scale
    return low, high


def judge(low, high, target, direction):
    """Return the verdict on what lies between ``low`` and ``high``; a full count has both ends at its value."""
    if direction == "lower":
        low, high, target = -high, -low, -target
    if float_compare(low, target, precision_digits=6) >= 0:
        return "met"
    return "not_met" if float_compare(high, target, precision_digits=6) < 0 else "not_proven"


def figure(measure, rule):
    """Return value, interval and verdict of a :class:`Measure`, as a dict.

    A percentage or a mean of nothing is no figure: ``no_data``. The sum of nothing is 0.

    :param rule: what has ``unit, direction, target, has_target, is_sample``: an indicator, or an earlier value
    """
    result = {**measure._asdict(), "value": None, "interval_low": None, "interval_high": None, "verdict": "no_data"}
    if rule.unit in FACTORS:
        if not measure.denominator:
            return result
        result["value"] = FACTORS[rule.unit] * measure.numerator / measure.denominator
    else:
        result["value"] = measure.numerator
    ends = (result["value"], result["value"])
    if rule.is_sample:
        ends = tuple(100 * end for end in wilson_interval(measure.numerator, measure.denominator))
        result["interval_low"], result["interval_high"] = ends
    result["verdict"] = judge(*ends, rule.target, rule.direction) if rule.has_target else "no_target"
    return result
