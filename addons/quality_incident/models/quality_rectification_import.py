from odoo import api, fields, models
from odoo.exceptions import UserError

from .quality_incident_import import OVER

#: what the past of a line consists of; the system enters it after the notice exists
LINE_HISTORY = ("result", "recheck_at", "recheck_note", "done_at", "original_due_date")
RESULTS = {"pass": "passed", "fail": "failed"}


class QualityImportWord(models.Model):
    _inherit = "quality.import.word"

    meaning = fields.Selection(
        selection_add=[
            ("normal", "Severity: Normal"),
            ("pass", "Re-check: Pass"),
            ("fail", "Re-check: Fail"),
            ("unchecked", "Re-check: none yet"),
        ],
        ondelete={"normal": "cascade", "pass": "cascade", "fail": "cascade", "unchecked": "cascade"},
    )

    @api.model
    def _line_results(self):
        """Return a function from a word of a file to the result of a re-check it means, or to itself."""
        words = self.search(
            [("meaning", "in", ("pass", "fail", "unchecked")), ("company_id", "in", [False, self.env.company.id])]
        )
        known = {self._key(word.name): word.meaning for word in words.sorted(lambda word: bool(word.company_id))}
        known["unchecked"] = "unchecked"
        return lambda value: {"unchecked": ""}.get(found := known.get(self._key(value), value), found)

    @api.model
    def _severities(self):
        """Return a function from a word of a file to a severity; what is minor or general for incidents is normal."""
        meanings = self._meanings(self.env["quality.rectification"]._fields["severity"])
        grades = self._meanings(self.env["quality.incident"]._fields["grade"])
        normal = dict.fromkeys(("minor", "general"), "normal")

        def severity(value):
            meaning = meanings(value)
            return normal.get(grades(value), grades(value)) if meaning == value else meaning

        return severity


class QualityRectification(models.Model):
    """Import of notices (F9): live ones as drafts, history as closed or cancelled, with extensions and re-checks.

    A row is a notice with one requirement; further rows with only columns of ``line_ids`` add requirements to it.
    """

    _name = "quality.rectification"
    _inherit = ["quality.rectification", "quality.import.mixin"]

    _import_word_fields = ("state",)
    _import_history_states = OVER
    _import_history_fields = ("is_historic", "issued_at", "acknowledged_at", "closed_at", "cancel_reason")
    _one_line_fields = ("subject", "location", "external_ref", "external_status")
    _import_times = ("issued_at", "acknowledged_at", "closed_at")

    _external_ref_once = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL AND (state != 'cancelled' OR is_historic)",
        "A notice with this reference at the source exists already.",
    )

    # ------------------------------------------------------------------
    # On every way in
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Create; what a manager gives of the past of a line is entered by the system, in one way only."""
        vals_list = [self._in_one_line(vals) for vals in vals_list]
        pasts = [self._take_past(vals) for vals in vals_list]
        notices = super().create(vals_list)
        for notice, past in zip(notices, pasts, strict=True):
            if past:
                notice.sudo()._enter_past(past)
        return notices

    def write(self, vals):
        return super().write(self._in_one_line(vals))

    @api.model
    def _take_past(self, vals):
        """Take the past of the lines, or all of historic lines, out of ``vals``; return the values of each line."""
        lines = [command[2] for command in vals.get("line_ids") or () if command[0] == fields.Command.CREATE]
        if not vals.get("is_historic") and not any(line.get(name) for line in lines for name in LINE_HISTORY):
            return []
        if not self.env.su:
            self._check_may_import_history()
        if vals.get("is_historic"):
            vals.pop("line_ids", None)
            return lines
        present = [{name: value for name, value in line.items() if name not in LINE_HISTORY} for line in lines]
        vals["line_ids"] = [fields.Command.create(line) for line in present]
        return lines

    def _enter_past(self, past):
        """Enter what happened to the lines of one notice before this system."""
        if self.is_historic:
            self.line_ids.create([{**self._historic_line(line), "rectification_id": self.id} for line in past])
        for line, values in zip(self.line_ids.sorted("id"), past, strict=True):
            self._enter_past_dates(line, values)
            if values.get("result"):
                self._enter_past_recheck(line, values)

    @api.model
    def _historic_line(self, values):
        """Return the values of a line of history; one without a due date of its own keeps the original one."""
        result = values.get("result")
        return {
            **values,
            "is_historic": True,
            "state": RESULTS.get(result, "open"),
            "due_date": values.get("due_date") or values.get("original_due_date"),
        }

    def _enter_past_dates(self, line, values):
        """A later date than the original one was an extension: keep it as one."""
        original = fields.Date.to_date(values.get("original_due_date"))
        if not original:
            return
        if not line.due_date:
            line.due_date = original
        moved = line.due_date != original
        line.original_due_date = original if moved else False
        if moved:
            self.env["quality.rectification.extension"].create(
                {
                    "is_historic": True,
                    "line_id": line.id,
                    "old_date": original,
                    "requested_date": line.due_date,
                    "reason": self.env._("Imported: the date had been moved before."),
                    "state": "approved",
                    "requested_by_id": False,
                    "requested_at": False,
                }
            )

    def _enter_past_recheck(self, line, values):
        self.env["quality.rectification.recheck"].create(
            {
                "is_historic": True,
                "line_id": line.id,
                "rectification_id": self.id,
                "company_id": self.company_id.id,
                "round": 0,
                "result": values["result"],
                "at": values.get("recheck_at") or self.closed_at,
                "note": values.get("recheck_note") or self.external_status,
                "due_date": line.due_date,
                "done_at": values.get("done_at"),
            }
        )

    def _check_history(self):
        for notice in self:
            if notice.state not in OVER:
                raise UserError(
                    self.env._(
                        "%s: history is closed or cancelled. Enter an open notice as a draft and take its steps.",
                        notice.subject,
                    )
                )
            for name, problem in self._time_problems({name: notice[name] for name in self._import_times}):
                raise UserError(
                    self.env._(
                        "%(notice)s: %(column)s: %(problem)s",
                        notice=notice.subject,
                        column=self._fields[name]._description_string(self.env),
                        problem=problem,
                    )
                )
        return super()._check_history()

    @api.model
    def _too_early(self, readable):
        return self.env._("%s is before the notice was issued", readable)

    # ------------------------------------------------------------------
    # Row by row
    # ------------------------------------------------------------------

    @api.model
    def load(self, fields, data):
        """Import rows of texts; words for severities and for results of re-checks are understood.

        :param fields: names of the columns
        :param data: rows of texts
        """
        words = self.env["quality.import.word"].sudo()
        meanings = {"severity": words._severities(), "line_ids/result": words._line_results()}
        for index, name in enumerate(fields):
            if name in meanings:
                data = [[*row[:index], meanings[name](row[index]), *row[index + 1 :]] for row in data]
        return super().load(fields, data)

    @api.model
    def _import_row_label(self, vals):
        return vals.get("external_ref") or vals.get("subject") or ""

    @api.model
    def _fill_import_row(self, row):
        result = super()._fill_import_row(row)
        vals = row.vals
        vals.update(self._in_one_line(vals))
        lines = [command[2] for command in vals.get("line_ids") or () if command[0] == fields.Command.CREATE]
        text = vals.get("description") or next((line.get("requirement") for line in lines), False)
        if not lines and text:
            vals["line_ids"] = [fields.Command.create({"requirement": text})]
        vals["subject"] = vals.get("subject") or self._shortened(text)
        self._mark_history(vals)
        return result

    @api.model
    def _check_import_rows(self, rows):
        result = super()._check_import_rows(rows)
        for row in rows:
            state, manager = row.vals.get("state") or "draft", self._may_import_history()
            if state != "draft" and not (manager and state in OVER):
                row.refuse(
                    "state",
                    self.env._("a notice starts as a draft here; closed ones are imported by the quality manager"),
                )
            if not row.vals.get("line_ids"):
                row.refuse("line_ids", self.env._("is missing: what must be put right?"))
            for column, problem in self._time_problems(row.vals):
                row.refuse(column, problem)
        self._check_import_references(rows)
        return result


class QualityRectificationLine(models.Model):
    _inherit = "quality.rectification.line"

    _import_history_fields = LINE_HISTORY

    @api.model
    def _check_may_import_history(self):
        """Lines of history come with their notice, which has checked the user."""
        return None if self.env.su else super()._check_may_import_history()


class QualityRectificationExtension(models.Model):
    _inherit = "quality.rectification.extension"

    @api.model
    def _check_may_import_history(self):
        """Extensions of history come with their notice, which has checked the user."""
        return None if self.env.su else super()._check_may_import_history()
