"""Waiting for others who work on the same records."""

from odoo.tools import SQL


def wait_for(records):
    """Let whoever works on ``records`` at the same moment finish first, and then see what they did.

    Who comes second fails to serialize, because the row it waited for has a new version; Odoo repeats the request,
    and it meets what the first one did. Only locking the row would not do: the second would go on with what it saw
    before. A conflict is no error, so nobody needs to read about it in the log.
    """
    if records.ids:
        records.flush_recordset()
        query = SQL("UPDATE %s SET id = id WHERE id IN %s", SQL.identifier(records._table), tuple(records.ids))
        records.env.cr.execute(query, log_exceptions=False)
        records.invalidate_recordset()
