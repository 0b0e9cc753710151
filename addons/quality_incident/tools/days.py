from datetime import datetime, time

import pytz


def zone_of(company, user=None):
    """Return the time zone of ``user``, or when there is none that ``company`` works in, else UTC."""
    name = (user and user.tz) or company.resource_calendar_id.tz or company.partner_id.tz or "UTC"
    return pytz.timezone(name)


def end_of_day(day, company):
    """Return the last second of ``day`` where ``company`` works, as naive UTC: a date is kept until its evening."""
    local = zone_of(company).localize(datetime.combine(day, time(23, 59, 59)))
    return local.astimezone(pytz.utc).replace(tzinfo=None)
