"""Scales on which customers give their opinion, and the one scale from 0 to 100 on which they are compared."""

import math
import re

SMILEYS = "1-3-5 smileys"
YES_NO = "yes/no"
RANGE = re.compile(r"(\d+)-(\d+)")
#: the named scales; any other “a-b” with a < b is a scale too
NAMED = ("1-5", "1-10", "0-10", "0-100", SMILEYS, YES_NO)
FACES = {1.0: 0.0, 3.0: 50.0, 5.0: 100.0}
WORDS = {"yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}


class NotOnScale(ValueError):
    """The value is not on the scale, or there is no such scale."""


def bounds(scale):
    """Return the lowest and the highest value of a scale.

    :raises NotOnScale: there is no such scale
    """
    if scale == SMILEYS:
        return 1.0, 5.0
    if scale == YES_NO:
        return 0.0, 1.0
    match = RANGE.fullmatch(scale or "")
    low, high = map(float, match.groups()) if match else (0.0, 0.0)
    if low >= high:
        raise NotOnScale(scale)
    return low, high


def to_hundred(value, scale):
    """Return ``(score from 0 to 100, value as a number)`` of a value on a scale; ``1-5``: 4 is 75.

    :raises NotOnScale: the value is not on the scale; nothing is clamped
    """
    low, high = bounds(scale)
    if scale == YES_NO:
        number = WORDS.get(str(value).strip().lower(), math.nan)
    else:
        try:
            number = float(value)
        except (TypeError, ValueError):
            number = math.nan
    if not low <= number <= high or (scale == SMILEYS and number not in FACES):
        raise NotOnScale(value)
    if scale == SMILEYS:
        return FACES[number], number
    return round((number - low) / (high - low) * 100, 2), number
