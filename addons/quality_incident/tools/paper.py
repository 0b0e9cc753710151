"""How values stand on paper: in the time zone of the document's company, in the language of who prints it."""
from datetime import datetime

import pytz
from odoo import fields
from odoo.tools import format_date, formatLang, get_lang, groupby

from .amounts import amount_in_words
from .days import zone_of


class Paper:
    """The values of one document as its templates print them.

    :param document: the record printed; its environment has the language
    """

    def __init__(self, document):
        self.env = document.env
        company = document.company_id if "company_id" in document._fields else self.env.company
        self.company = (company or self.env.company).sudo()
        self.zone = zone_of(self.company).zone

    def date(self, value):
        """Return a date, or the day of a UTC datetime, as text; empty when there is none."""
        if not value:
            return ""
        return format_date(self.env, self._local(value).date() if isinstance(value, datetime) else value)

    def time(self, value):
        """Return a UTC datetime as date and minute where the company works; empty when there is none."""
        return f"{self.date(value)} {self._local(value):%H:%M}" if value else ""

    def now(self):
        """Return the present date and minute where the company works."""
        return self.time(fields.Datetime.now())

    def words(self, amount, currency):
        """Return an amount in words."""
        return amount_in_words(amount, currency, get_lang(self.env).code)

    def number(self, value):
        """Return a number without superfluous decimals."""
        return f"{value:.2f}".rstrip("0").rstrip(".")

    def figure(self, value, digits):
        """Return a number with the separators of the language and ``digits`` decimals."""
        return formatLang(self.env, value, digits=digits)

    def address(self):
        """Return address and telephone of the company in one line; empty when they are not known."""
        partner = self.company.partner_id
        city = " ".join(filter(None, (partner.zip, partner.city)))
        return " · ".join(filter(None, (partner.street, partner.street2, city, partner.phone)))

    def contact(self, user):
        """Return the name of a user with telephone and e-mail address."""
        return " · ".join(filter(None, (user.name, user.partner_id.phone, user.partner_id.email)))

    def files(self, attachments):
        """Return the names of files, separated by commas."""
        return ", ".join(attachments.sudo().mapped("name"))

    def names(self, records):
        """Return the display names of records, separated by commas."""
        return ", ".join(records.mapped("display_name"))

    def value(self, record, name):
        """Return the value of any field as text."""
        field, value = record._fields[name], record[name]
        if field.relational:
            return self.names(value)
        if field.type in ("date", "datetime"):
            return self.time(value) if field.type == "datetime" else self.date(value)
        if field.type == "monetary":
            return record[field.get_currency_field(record)].with_env(self.env).format(value)
        if field.type == "selection":
            return self.choice(record, name)
        return self.number(value) if field.type == "float" else str(value or "")

    def sections(self, parts):
        """Return the parts of a dossier as ``(section, [(number, part)])``, in their order."""
        return groupby(enumerate(parts, 1), key=lambda row: row[1]["section"])

    def pages(self, part):
        """Return the pages of a part of a dossier."""
        first, count = part.get("first_page"), part.get("pages")
        return f"{first}–{first + count - 1}" if count and count > 1 else str(first or "")

    def size(self, size):
        """Return a number of bytes in readable units; empty when there is no file."""
        if size is None:
            return ""
        for unit in ("B", "kB", "MB"):
            if size < 1000:
                return f"{size:.3g} {unit}"
            size /= 1000
        return f"{size:.3g} GB"

    def choice(self, record, name):
        """Return the label of the selection field ``name``; empty when nothing is chosen."""
        return dict(record._fields[name]._description_selection(self.env)).get(record[name], "")

    def label(self, record, name):
        """Return the label of the field ``name``."""
        return record._fields[name]._description_string(self.env)

    def _local(self, value):
        return pytz.utc.localize(value).astimezone(pytz.timezone(self.zone))
