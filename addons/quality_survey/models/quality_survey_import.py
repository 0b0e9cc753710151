import hashlib
import math
from dataclasses import dataclass, field
from datetime import datetime, time

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import split_every

from ..tools.table import NotATable, read_table, tidy
from .quality_survey_roles import MANAGER
from .survey_survey import OURS

BATCH = 1000
#: an error names so many rows
MOST_NAMED = 50
DATE_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d")


@dataclass
class Answer:
    """One row of a file on its way to become an answered questionnaire."""

    number: int
    ref: str
    given_at: datetime
    lines: list = field(default_factory=list)


class QualitySurveyImport(models.Model):
    """How the columns of a file become answers of a questionnaire; kept, so that the next file needs one click (F9)."""

    _name = "quality.survey.import"
    _description = "Import of answers"
    _order = "name"
    _check_company_auto = True

    name = fields.Char(required=True)
    survey_id = fields.Many2one(
        "survey.survey", "Questionnaire", required=True, index=True, ondelete="restrict", check_company=True,
        domain=f"[('survey_type', '=', '{OURS}')]",
    )
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    key_column = fields.Char(
        "Column of the number", help="Tells one answer from another: what was imported already is left alone. "
                                     "Empty: the file and the place of the row."
    )
    date_column = fields.Char("Column of the date", help="Empty: the date entered with the file.")
    date_format = fields.Selection(
        [(one, one) for one in DATE_FORMATS], default="%Y-%m-%d", required=True, string="Format of dates"
    )
    column_ids = fields.One2many("quality.survey.import.column", "import_id", "Columns", copy=True)
    answer_count = fields.Integer("Answers", compute="_compute_answer_count", compute_sudo=True)

    def _compute_answer_count(self):
        groups = self.env["survey.user_input"]._read_group(
            [("import_id", "in", self.ids)], ["import_id"], ["__count"]
        )
        counts = {record.id: count for record, count in groups}
        for one in self:
            one.answer_count = counts.get(one.id, 0)

    @api.constrains("survey_id")
    def _check_survey(self):
        for one in self:
            if one.survey_id.survey_type != OURS or one.survey_id.is_anonymous:
                raise ValidationError(
                    self.env._("Answers are imported into a questionnaire about satisfaction that is not anonymous: "
                               "a file has its own way of hiding people.")
                )

    # ------------------------------------------------------------------
    # Import
    # ------------------------------------------------------------------

    def _import(self, content, given_on, is_historic):
        """Import a CSV file, wholly or not at all; return ``(rows in the file, new answers)``.

        :param content: bytes
        :param given_on: date of rows without one
        :param is_historic: whether the opinions are from before this system
        :raises AccessError: the user does not manage satisfaction
        :raises UserError: naming every row and column that is wrong
        """
        self.ensure_one()
        self.env["quality.feedback"]._check_role(MANAGER)
        self.check_access("read")
        if given_on > fields.Date.context_today(self):
            raise UserError(self.env._("The answers lie in the future: check the date."))
        headers, rows = self._read(content)
        answers, problems = self._parse(headers, rows, given_on, hashlib.sha256(content).hexdigest()[:16])
        if problems:
            named = problems[:MOST_NAMED]
            if len(problems) > MOST_NAMED:
                named.append(self.env._("and %s more", len(problems) - MOST_NAMED))
            raise UserError(self.env._("Nothing was imported.\n%s", "\n".join(named)))
        fresh = self._without_imported(answers)
        for part in split_every(BATCH, fresh, list):
            self.sudo()._create_answers(part, is_historic)
        return len(answers), len(fresh)

    def _read(self, content):
        try:
            headers, rows = read_table(content)
        except NotATable as error:
            raise UserError(
                self.env._("This is not a CSV file with a header that can be read: save it as CSV, in UTF-8.")
            ) from error
        places = {}
        for place, header in enumerate(headers):
            places.setdefault(tidy(header), place)
        wanted = [*self.column_ids.mapped("column"), self.key_column, self.date_column]
        missing = [name for name in wanted if name and tidy(name) not in places]
        if missing or not self.column_ids:
            raise UserError(
                self.env._("The file has no column: %s", ", ".join(missing))
                if missing
                else self.env._("Say first which column answers which question.")
            )
        return places, rows

    def _parse(self, places, rows, given_on, checksum):
        """Return ``(answers, problems)`` of the rows of a file."""
        answers, problems, seen = [], [], {}
        columns = [(one, places[tidy(one.column)], one._reader()) for one in self.column_ids]

        def cell(row, name):
            place = places[tidy(name)]
            return row[place] if place < len(row) else ""

        for number, row in rows:
            ref = cell(row, self.key_column) if self.key_column else f"{checksum}:{number}"
            if not ref or ref in seen:
                problems.append(
                    self.env._("Row %(row)s, %(column)s: the number %(ref)s is in row %(other)s already",
                               row=number, column=self.key_column, ref=ref, other=seen[ref])
                    if ref
                    else self.env._("Row %(row)s, %(column)s: no number", row=number, column=self.key_column)
                )
            seen.setdefault(ref, number)
            answer = Answer(number, ref, datetime.combine(given_on, time(12)))
            if self.date_column:
                self._read_date(answer, cell(row, self.date_column), problems)
            for column, place, reader in columns:
                text = row[place] if place < len(row) else ""
                try:
                    answer.lines.append(reader(text))
                except ValueError:
                    problems.append(
                        self.env._("Row %(row)s, %(column)s: “%(value)s” is no answer to “%(question)s”", row=number,
                                   column=column.column, value=text, question=column.question_id.title)
                    )
            answers.append(answer)
        return answers, problems

    def _read_date(self, answer, text, problems):
        try:
            answer.given_at = datetime.strptime(text, self.date_format)
        except ValueError:
            problems.append(
                self.env._("Row %(row)s, %(column)s: “%(value)s” is not a date like %(format)s", row=answer.number,
                           column=self.date_column, value=text, format=self.date_format)
            )
        if answer.given_at > fields.Datetime.now():
            problems.append(
                self.env._("Row %(row)s: the answer lies in the future (%(date)s)", row=answer.number,
                           date=answer.given_at)
            )

    def _without_imported(self, answers):
        """Return the answers that are not here already, and let a second import at the same time wait for this one."""
        self.sudo().lock_for_update(allow_referencing=True)
        known = self.env["survey.user_input"].sudo().search_fetch(
            [("import_id", "=", self.id)], ["import_ref"]
        )
        refs = set(known.mapped("import_ref"))
        return [answer for answer in answers if answer.ref not in refs]

    def _create_answers(self, answers, is_historic):
        """Create a batch of answers, their lines and their opinions."""
        quiet = {"mail_create_nolog": True, "mail_create_nosubscribe": True, "mail_notrack": True,
                 "tracking_disable": True}
        inputs = self.env["survey.user_input"].with_context(**quiet)
        questions = self.survey_id.question_ids
        created = inputs.create(
            [
                {
                    "survey_id": self.survey_id.id, "state": "done", "import_id": self.id, "import_ref": answer.ref,
                    "start_datetime": answer.given_at, "end_datetime": answer.given_at,
                    "predefined_question_ids": [fields.Command.set(questions.ids)],
                }
                for answer in answers
            ]
        )
        self.env["survey.user_input.line"].create(
            [
                {**line, "user_input_id": record.id}
                for record, answer in zip(created, answers, strict=True)
                for line in answer.lines
            ]
        )
        created._file_feedback(is_historic=is_historic, company_id=self.company_id.id)


class QualitySurveyImportColumn(models.Model):
    """One column of a file: the question it answers, and what in it is no answer."""

    _name = "quality.survey.import.column"
    _description = "Column of an import"
    _order = "import_id, sequence, id"

    import_id = fields.Many2one("quality.survey.import", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="import_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    column = fields.Char(required=True, help="As in the header of the file; spaces and case do not matter.")
    survey_id = fields.Many2one(related="import_id.survey_id")
    question_id = fields.Many2one(
        "survey.question", required=True, ondelete="restrict",
        domain="[('survey_id', '=', survey_id), ('is_page', '=', False)]",
    )
    no_answer = fields.Char(
        "No answer", help="Values that mean “don't know” or “not applicable”, separated by commas: 0, 6, 11, BLANK."
    )

    _once = models.UniqueIndex("(import_id, question_id)", "A question is answered by one column.")

    @api.constrains("question_id", "import_id")
    def _check_question(self):
        for one in self:
            if one.question_id.survey_id != one.import_id.survey_id:
                raise ValidationError(self.env._("“%s” belongs to another questionnaire.", one.question_id.title))
            if one.question_id.question_type in ("matrix", "multiple_choice", "date", "datetime"):
                raise ValidationError(
                    self.env._("“%s”: a column answers a scale, a number, one choice or a text.",
                               one.question_id.title)
                )

    def _reader(self):
        """Return a function that turns a cell into the values of a line; it raises ValueError at what is no answer."""
        self.ensure_one()
        question = self.question_id
        kind = question.question_type
        nothing = {"", *(tidy(one) for one in (self.no_answer or "").split(","))}
        skipped = {"question_id": question.id, "skipped": True, "answer_type": False}
        choices = self._choices()
        low, high = question.scale_min, question.scale_max

        def read(text):
            if tidy(text) in nothing:
                return skipped
            line = {"question_id": question.id, "skipped": False}
            if kind == "scale":
                value = float(text)
                if not low <= value <= high or value != int(value):
                    raise ValueError(text)
                return {**line, "answer_type": "scale", "value_scale": int(value)}
            if kind == "simple_choice":
                if tidy(text) not in choices:
                    raise ValueError(text)
                return {**line, "answer_type": "suggestion", "suggested_answer_id": choices[tidy(text)]}
            if kind == "numerical_box":
                value = float(text)
                if not math.isfinite(value):
                    raise ValueError(text)
                return {**line, "answer_type": kind, "value_numerical_box": value}
            return {**line, "answer_type": kind, f"value_{kind}": text}

        return read

    def _choices(self):
        """Return ``{what may stand in the file: id of the choice}``: its words, or its place from 1."""
        answers = self.question_id.with_context(lang=None).suggested_answer_ids
        by_place = {str(place): answer.id for place, answer in enumerate(answers, 1)}
        return {**by_place, **{tidy(answer.value): answer.id for answer in answers}}
