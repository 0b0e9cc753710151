import re
from datetime import datetime, timezone

from odoo import api, fields, models

#: a moment that says itself how far it is from UTC, as exports of databases write it
WITH_OFFSET = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)")


def moment_with_offset(text):
    """Return the UTC datetime, without a zone, that ``text`` names with its offset; None when it names no offset."""
    if not isinstance(text, str) or not WITH_OFFSET.fullmatch(text.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment.astimezone(timezone.utc).replace(tzinfo=None, microsecond=0)


class IrFieldsConverter(models.AbstractModel):
    _inherit = "ir.fields.converter"

    @api.model
    def _str_to_datetime(self, model, field, value, savepoint):
        """Read a moment with its offset exactly; every other one in the user's time zone, as Odoo does."""
        moment = moment_with_offset(value)
        if moment:
            return fields.Datetime.to_string(moment), []
        return super()._str_to_datetime(model, field, value, savepoint)
