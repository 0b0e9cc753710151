from dataclasses import dataclass, field

from odoo import api, fields, models
from odoo.tools import format_datetime

TITLE_LENGTH = 80


@dataclass
class ImportRow:
    """One row of a file on its way to become a record: its values, where it stands, what is wrong with it."""

    dbid: int
    xid: str
    vals: dict
    info: dict
    problems: list = field(default_factory=list)

    def refuse(self, column, problem):
        """Say why this row cannot be imported; ``column`` is the name of the field to look at."""
        self.problems.append((column, problem))


class QualityImportMixin(models.AbstractModel):
    """Odoo's own import, with one message per row that names the column and says what to do (F9).

    Every row is looked at before the first record is made: Odoo tries a whole batch, and when that fails blames its
    first row. Values of the file that mean one of ours (“CLOSED”, “A”) are taught in ``quality.import.word``.
    """

    _name = "quality.import.mixin"
    _description = "Import with a message per row"

    #: selection fields whose values may be spelled otherwise in a file
    _import_word_fields = ()
    #: fields that are set by the system and may be imported only with history, by those who may import it
    _import_history_fields = ()
    #: states that make a row history when somebody imports it who may
    _import_history_states = ()
    #: texts that come padded from fixed-width files
    _one_line_fields = ()
    #: moments of the past: none lies ahead, none before the first
    _import_times = ()

    @api.model
    def load(self, fields, data):
        """Import rows of texts, with known words replaced by our own values; see the method of Odoo.

        :param fields: names of the columns
        :param data: rows of texts
        """
        for index, name in enumerate(fields):
            if name in self._import_word_fields:
                meanings = self.env["quality.import.word"].sudo()._meanings(self._fields[name])
                data = [[*row[:index], meanings(row[index]), *row[index + 1 :]] for row in data]
        return super().load(fields, data)

    @api.model
    def _convert_records(self, records, **options):
        texts, unreadable = [], set()
        log = options.pop("log", lambda message: None)

        def remember_texts():
            for record, info in records:
                texts.append(record)
                yield record, info

        def log_unreadable(message):
            if message["type"] == "error":
                unreadable.add(message["record"])
            log(self._explain_unreadable(message, texts[message["record"]]))

        converted = super()._convert_records(remember_texts(), log=log_unreadable, **options)
        rows = [ImportRow(*row) for row in converted]
        rows = [row for row in rows if row.info["record"] not in unreadable]
        skip = self.env.context.get("import_skip_records") or []
        fresh = [row for row in self._rows_to_create(rows) if all(row.vals.get(name, "") is not None for name in skip)]
        for row in fresh:
            self._fill_import_row(row)
        self._check_import_rows(fresh)
        for row in rows:
            for column, problem in row.problems:
                log(self._import_message(row, column, problem))
            if not row.problems:
                yield row.dbid, row.xid, row.vals, row.info

    @api.model
    def _rows_to_create(self, rows):
        """Return the rows that make a new record: the others name one by its identifier and change it."""
        module = self.env.context.get("_import_current_module")
        names = {row.xid if "." in row.xid else f"{module}.{row.xid}": row for row in rows if row.xid}
        known = {
            f"{found[1]}.{found[2]}" for found in self.env["ir.model.data"].sudo()._lookup_xmlids(list(names), self)
        }
        changed = [names[name] for name in names if name in known]
        return [row for row in rows if not row.dbid and row not in changed]

    @api.model
    def _fill_import_row(self, row):
        """Let defaults fill the empty cells of required columns; hook to derive more."""
        for name in [name for name, value in row.vals.items() if value is False]:
            if self._fields[name].required and self._fields[name].default:
                del row.vals[name]

    @api.model
    def _check_import_rows(self, rows):
        """Refuse rows with empty required columns; hook for whatever else makes a row wrong."""
        required = [
            name
            for name, column in self._fields.items()
            if column.required and column.store and not (column.default or column.compute or column.related)
        ]
        for row in rows:
            for name in required:
                if not row.vals.get(name):
                    row.refuse(name, self.env._("missing"))

    @api.model
    def _import_row_label(self, vals):
        """Hook: return how a person recognises the row of these values."""
        return vals.get(self._rec_name) or ""

    @api.model
    def _import_message(self, row, column, problem):
        """Return a message. Odoo's screen shows its whole text only without a ``field``, and counts from 1."""
        label = self._import_row_label(row.vals)
        text = f"{self._fields[column]._description_string(self.env)}: {problem}"
        return {
            **row.info,
            "type": "error",
            "column": column,
            "record": row.info["rows"]["from"] + 1,
            "message": f"{label}: {text}" if label else text,
        }

    @api.model
    def _explain_unreadable(self, message, texts):
        """Add to Odoo's message about an unknown word the word itself, and where it can be taught."""
        name = message.get("field")
        if name in self._import_word_fields and message["type"] == "error":
            hint = self.env._("Words can be taught under Configuration / Words in imported files.")
            return {
                **message,
                "value": texts[name],
                "message": f"{message['message']}. {hint}",
                "moreinfo": [*message.get("moreinfo", ()), hint],
            }
        return message

    # ------------------------------------------------------------------
    # For documents of a register
    # ------------------------------------------------------------------

    @api.model
    def _time_problems(self, times):
        """Return ``(column, problem)`` of each of these times that lies ahead or before the first.

        :param times: datetimes by name of the field; missing ones are looked over
        """
        times = {name: fields.Datetime.to_datetime(times[name]) for name in self._import_times if times.get(name)}
        now, first = fields.Datetime.now(), times.get(self._import_times[0])
        problems = []
        for name, moment in times.items():
            readable = format_datetime(self.env, moment)
            if moment > now:
                problems.append((name, self.env._("%s lies in the future. Check the date and its format", readable)))
            elif first and moment < first <= now:
                problems.append((name, self._too_early(readable)))
        return problems

    @api.model
    def _too_early(self, readable):
        """Hook: return what is said of a moment that lies before the first one."""
        return self.env._("%s is before it began", readable)

    @api.model
    def _mark_history(self, vals):
        """Mark the values of a row as history when its state says so; drop from the others what only history has."""
        manager = self._may_import_history()
        if manager and vals.get("state") in self._import_history_states:
            vals["is_historic"] = True
        for name in self._import_history_fields:
            # A column such as “status date” is a closing date only on the rows that are closed.
            if not vals.get(name) or (manager and not vals.get("is_historic")):
                vals.pop(name, None)

    @api.model
    def _in_one_line(self, vals):
        """Return ``vals`` with the short texts freed from padding, line breaks and doubled spaces."""
        return vals | {
            name: " ".join(vals[name].split()) or False
            for name in self._one_line_fields
            if isinstance(vals.get(name), str)
        }

    @api.model
    def _shortened(self, text):
        """Return a title out of a long text: its beginning; False when there is none."""
        text = " ".join((text or "").split())
        if len(text) <= TITLE_LENGTH:
            return text or False
        cut = text[:TITLE_LENGTH].rpartition(" ")[0]
        return f"{cut if len(cut) > TITLE_LENGTH / 2 else text[:TITLE_LENGTH]}…"

    @api.model
    def _check_import_references(self, rows):
        """Refuse rows whose ``external_ref`` is in the register already, or twice in the file."""

        def key(vals):
            return vals.get("company_id") or self.env.company.id, vals["external_ref"]

        rows = [row for row in rows if row.vals.get("external_ref")]
        known = {
            (record.company_id.id, record.external_ref): record.name
            for record in self.sudo().search_fetch(
                [
                    ("company_id", "in", [key(row.vals)[0] for row in rows]),
                    ("external_ref", "in", [key(row.vals)[1] for row in rows]),
                    "|",
                    ("state", "!=", "cancelled"),
                    ("is_historic", "=", True),
                ],
                ["company_id", "external_ref", "name"],
            )
        }
        seen = set()
        for row in rows:
            reference = key(row.vals)
            if reference in known:
                row.refuse(
                    "external_ref",
                    self.env._("in the register already, as %s; take this row out of the file", known[reference]),
                )
            elif reference in seen:
                row.refuse("external_ref", self.env._("an earlier row of the file has the same reference"))
            seen.add(reference)
