from datetime import datetime, time

import pytz


def company_zone(company):
    """Return the name of the time zone ``company`` works in."""
    return company.resource_calendar_id.tz or company.partner_id.tz or "UTC"


def end_of_day(day, company):
    """Return the last second of ``day`` where ``company`` works, as naive UTC: a date is kept until its evening."""
    zone = pytz.timezone(company_zone(company))
    local = zone.localize(datetime.combine(day, time(23, 59, 59)))
    return local.astimezone(pytz.utc).replace(tzinfo=None)
