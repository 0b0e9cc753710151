from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.paper import Paper
from ..tools.register_pages import BELOW, CELL, Row, clip, pages_of, split_columns
from ..tools.sheet import KINDS

#: decimals
NUMBERS = {"integer": 0, "number": 2, "amount": 2}


class ReportRegister(models.AbstractModel):
    """A register on paper (C17, D6): the same columns as in Excel, for whatever model declares them.

    It prints no records but what ``data`` asks for: ``register`` (a model), ``domain`` (a list), ``first`` and ``last``
    (ISO dates, the span that was chosen, if any).
    """

    _name = "report.quality_incident.report_register"
    _description = "Printed register"
    _inherit = ["quality.report"]

    @api.model
    def _get_report_values(self, docids, data=None):
        """Return the rendering values: the pages of the register as far as the user may read it.

        :raises AccessError: the user may not read this kind of record at all
        :raises UserError: there is no such register, or it is too long for paper
        """
        data = data or {}
        register = self.env["quality.register"]._model(data.get("register"))
        if register is None:
            raise UserError(self.env._("There is no register of this."))
        source, domain, columns = register._register_open(data.get("domain") or [])
        count = source._register_printable(domain)
        company = self.env.company
        paper = Paper(company)
        widths = [column.width or KINDS[column.kind][0] for column in columns]
        side, below, shares = split_columns(columns, widths)
        rows = self._rows(source._register_rows(domain, columns), side, below, paper)
        return {
            "docs": company, "paper_of": Paper, "title": register._register_title(),
            "subtitle": self._subtitle(source, domain, count, data, paper),
            "columns": side, "shares": shares, "count": count,
            "pages": list(pages_of(rows, [column.header for column in side], shares)) if count else [],
        }

    @api.model
    def _rows(self, records, side, below, paper):
        """Yield the values of ``records`` as :class:`Row`; what says nothing does not stand below."""
        for values in records:
            texts = [self._text(column, value, paper) for column, value in zip([*side, *below], values, strict=True)]
            extra = zip(below, texts[len(side):], strict=True)
            yield Row(
                [clip(text, CELL) for text in texts[: len(side)]],
                [(column.header, clip(text, BELOW)) for column, text in extra if text],
            )

    @api.model
    def _text(self, column, value, paper):
        """Return ``value`` as it stands on paper."""
        if column.kind == "boolean":
            return self.env._("Yes") if value else ""
        if value is None or value is False or value == "":
            return ""
        if column.kind == "datetime":
            return paper.time(value)
        if column.kind == "date":
            return paper.date(value)
        if column.kind in NUMBERS:
            return paper.figure(value, NUMBERS[column.kind])
        return f"{paper.figure(100 * value, 1)} %" if column.kind == "percent" else str(value)

    @api.model
    def _subtitle(self, register, domain, count, data, paper):
        """Return what the register is about: the span of time, as chosen or as found, and how many entries it has."""
        target = register
        *path, name = register._register_date.split(".")
        for step in path:
            target = target[step]
        label = target._fields[name]._description_string(self.env)
        first, last = (fields.Date.to_date(data.get(end) or False) for end in ("first", "last"))
        if not first and not last and count:
            # Superuser: the span of what the user may read, even when a related document is not.
            times = [time for time in register.search(domain).sudo().mapped(register._register_date) if time]
            first, last = (min(times), max(times)) if times else (None, None)
        parts = [f"{label}: {paper.date(first) or '…'} – {paper.date(last) or '…'}"] if first or last else []
        return " · ".join([*parts, self.env._("%d entries", count)])
