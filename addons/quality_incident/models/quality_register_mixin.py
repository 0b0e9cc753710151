from dataclasses import dataclass
from typing import Any

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import split_every

from ..tools.days import zone_of
from ..tools.sheet import Book, Column

#: rows read at a time: memory and the cost of a query stay the same however long the register is
BATCH = 1000
#: more are no paper to read, but a file to search: that is what Excel is for
MOST_PRINTED = 1000


@dataclass(frozen=True)
class RegisterColumn:
    """A column of a register: its header, its kind (see ``tools.sheet``), and where the value is.

    ``value`` is a path of fields (``"standard_id.code"``) or a function of the record. A selection shows its label, a
    record its name.
    """

    header: str
    value: Any
    kind: str = "text"
    width: int | None = None


class QualityRegisterMixin(models.AbstractModel):
    """Records that make a register, in Excel and on paper: one row a record, the columns declared once."""

    _name = "quality.register.mixin"
    _description = "Register"

    #: field that the span of time of a register is about
    _register_date = "create_date"
    _register_order = "id"
    #: path to the flag of imported history; ``None`` where there is none
    _register_historic = "is_historic"

    @api.model
    def _register_title(self):
        """Hook: return what the register is called, translated."""
        return self._description

    @api.model
    def _register_columns(self):
        """Hook: return the columns as a list of :class:`RegisterColumn`, headers translated."""
        return []

    @api.model
    def _register_source(self, domain):
        """Hook: return (model, domain) of the rows, for documents whose register has a row for each line of theirs."""
        return self, domain

    @api.model
    def _register_open(self, domain):
        """Return (model, domain, columns) of the rows, for a user who may have the register.

        :raises AccessError: the user may not read this kind of record at all
        :raises UserError: it has no register
        """
        self.check_access("read")
        rows, domain = self._register_source(Domain(domain))
        rows.check_access("read")
        columns = rows._register_columns()
        if not columns:
            raise UserError(self.env._("There is no register of this."))
        return rows, Domain(domain), columns

    @api.model
    def _register_printable(self, domain):
        """Return how many entries the register of ``domain`` has.

        :raises UserError: more than are printed
        """
        count = self.search_count(domain)
        if count > MOST_PRINTED:
            raise UserError(
                self.env._(
                    "“%(register)s” has %(count)d entries; at most %(most)d are printed. Choose a shorter span of time"
                    " or filter the list, or take the Excel file.",
                    register=self._register_title(), count=count, most=MOST_PRINTED,
                )
            )
        return count

    @api.model
    def _register_pdf(self, domain, first=None, last=None):
        """Return the register of the records of ``domain`` that the user may read, as a PDF.

        :param first: first and ``last`` day of the span that was chosen, if one was; printed above it
        :raises AccessError, UserError: see :meth:`_register_open`; too long for paper
        """
        asked = {"register": self._name, "domain": list(Domain(domain)), "first": first, "last": last}
        report = "quality_incident.action_report_register"
        return self.env["ir.actions.report"]._render_qweb_pdf(report, data=asked)[0]

    @api.model
    def _register_file(self, domain):
        """Return the register of the records of ``domain`` that the user may read, as an open Excel file.

        :raises AccessError, UserError: see :meth:`_register_open`
        """
        rows, domain, columns = self._register_open(domain)
        title = self._register_title()
        with Book(title, zone=zone_of(self.env.company.sudo(), self.env.user)) as book:
            sheet_columns = [Column(column.header, column.kind, column.width) for column in columns]
            book.sheet(title, sheet_columns, rows._register_rows(domain, columns))
            return book.finish()

    @api.model
    def _register_rows(self, domain, columns):
        """Yield the rows; which records is decided by the user's rights, what stands in them is read by the system."""
        ids = self.search(domain, order=self._register_order).ids
        for part in split_every(BATCH, ids):
            # Superuser: who may read a record may read the names of its project, people and departments.
            for record in self.sudo().browse(part):
                yield [self._register_value(record, column) for column in columns]
            self.env.invalidate_all()

    @api.model
    def _register_value(self, record, column):
        if callable(column.value):
            return column.value(record)
        *path, name = column.value.split(".")
        for step in path:
            record = record[step]
        field, value = record._fields[name], record[name]
        if field.type == "selection":
            return dict(field._description_selection(record.env)).get(value, "")
        return ", ".join(other.display_name or "" for other in value) if field.relational else value
