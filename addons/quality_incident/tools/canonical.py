"""One spelling for one content, so that a digest proves what was approved or signed."""

import hashlib
import json
from datetime import date, datetime

from odoo import fields


def canonical_json(content):
    """Return ``content`` (dicts, lists, scalars, dates) as JSON with one spelling: sorted keys, no spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=_spell)


def digest(content):
    """Return the SHA-256, in hexadecimal, of the canonical JSON of ``content``."""
    return hashlib.sha256(canonical_json(content).encode()).hexdigest()


def snapshot(records, spec):
    """Return the content of ``records`` as plain data that :func:`canonical_json` can spell.

    :param records: recordset; the result has one dict per record, in order of id
    :param spec: list of field names, or of ``(field name, sub spec)`` for lines.
        Relations are given by id, so renaming a partner changes no digest; attachments by the checksum of
        their bytes, so replacing a file does.
    """
    return [_snapshot_one(record, spec) for record in records.sorted("id")]


def _snapshot_one(record, spec):
    content = {"id": record.id}
    for item in spec:
        name, sub = item if isinstance(item, tuple) else (item, None)
        field, value = record._fields[name], record[name]
        if sub:
            content[name] = snapshot(value, sub)
        elif field.relational and field.comodel_name == "ir.attachment":
            content[name] = sorted(value.sudo().mapped(lambda a: a.checksum or a.url or ""))
        elif field.relational:
            content[name] = sorted(value.ids)
        elif field.type in ("float", "monetary"):
            content[name] = repr(round(value, 6) + 0.0)
        elif field.type == "binary":
            content[name] = hashlib.sha256(value or b"").hexdigest() if value else False
        else:
            content[name] = value
    return content


def _spell(value):
    if isinstance(value, datetime):
        return fields.Datetime.to_string(value)
    if isinstance(value, date):
        return fields.Date.to_string(value)
    return str(value)
