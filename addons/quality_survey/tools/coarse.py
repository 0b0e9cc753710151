"""Moments too coarse to lead to anybody."""


def quarter_start(moment):
    """Return noon (UTC) of the first day of the quarter of ``moment``: the same day in every time zone but one."""
    month = (moment.month - 1) // 3 * 3 + 1
    return moment.replace(month=month, day=1, hour=12, minute=0, second=0, microsecond=0)
