"""Waiting for others who work on the same records."""

from odoo.tools import SQL


def wait_for(records):
    """Lock the rows of ``records`` and wait for whoever holds them.

    Waiting, and not ``lock_for_update`` which refuses at once: who comes second fails to serialize, Odoo repeats the
    request, and it meets what the first one did. A conflict is no error, so nobody needs to read about it in the log.
    """
    if records.ids:
        records.flush_recordset()
        query = SQL(
            "SELECT id FROM %s WHERE id IN %s ORDER BY id FOR UPDATE",
            SQL.identifier(records._table),
            tuple(records.ids),
        )
        records.env.cr.execute(query, log_exceptions=False)
        records.invalidate_recordset()
