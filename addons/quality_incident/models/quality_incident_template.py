import io

import xlsxwriter
from odoo import api, models

#: rows of the template that have a list to choose from
LISTED_ROWS = 2000


class QualityIncident(models.Model):
    """The template of the import (F9): made when asked for, in the user's language and for what they may import."""

    _inherit = "quality.incident"

    @api.model
    def get_import_templates(self):
        """Return the address of the template that the import screen offers."""
        return [
            {
                "label": self.env._("Template for incidents"),
                "template": "/quality_incident/import_template.xlsx",
            }
        ]

    @api.model
    def _import_columns(self):
        """Return the columns of the template in order: name of the field to what goes in."""
        columns = {
            "external_ref": self.env._(
                "Number of the case where it comes from. The same number is never imported twice."
            ),
            "title": self.env._("A few words. When empty, the beginning of “What happened” is taken."),
            "occurred_at": self.env._(
                "Needed. A date, or a date and a time in your time zone. Statutory clocks run from it."
            ),
            "discovered_at": self.env._("When empty: now; for a closed incident, when it happened."),
            "grade": self.env._(
                "When empty: minor. Other words can be taught under Configuration / Words in imported files."
            ),
            "location": self.env._(
                "Part of the works or place on the site. Needed before the incident can be reported."
            ),
            "description": self.env._("What happened, what is damaged. Needed before the incident can be reported."),
            "project_id": self.env._("Name of a project that exists."),
            "estimated_loss": self.env._("An amount in the currency of your company."),
            "deaths": self.env._("A number."),
            "serious_injuries": self.env._("A number."),
            "preliminary_cause": self.env._("What is thought to be the cause."),
            "responsible_department_id": self.env._("Name of a department that exists."),
            "responsible_partner_id": self.env._(
                "Name of a contact that exists, when an outside party is responsible."
            ),
            "responsible_person": self.env._("Name of a person."),
            "technical_lead_id": self.env._("Name of a user."),
            "inspector_id": self.env._("Name of a user."),
        }
        if self._may_import_history():
            columns |= {
                "state": self.env._(
                    "Empty or Draft: starts here and goes through every step. Closed or Cancelled: history."
                ),
                "closed_at": self.env._("When it was closed. For history only; ignored on an open incident."),
                "reported_at": self.env._("When it was reported. For history only; ignored on an open incident."),
                "cancel_reason": self.env._("Why it was cancelled. For history only; ignored on an open incident."),
                "actual_loss": self.env._("An amount in the currency of your company."),
                "cause_category_id": self.env._("Name of a cause category that exists."),
                "root_cause": self.env._("The cause as it was found."),
            }
        return columns

    @api.model
    def _import_template(self):
        """Return the template as the content of an Excel file: a sheet to fill in and a sheet that explains it."""
        output = io.BytesIO()
        book = xlsxwriter.Workbook(output, {"in_memory": True})
        columns = self._import_columns()
        described = self.fields_get(list(columns), ["string", "type", "selection"])
        choices = {name: self._import_choices(name, field) for name, field in described.items()}
        self._write_rows_sheet(book, columns, described, choices)
        self._write_help_sheet(book, columns, described, choices)
        book.close()
        return output.getvalue()

    @api.model
    def _import_choices(self, name, field):
        """Return the values of a column that has a list of them."""
        allowed = {"state": ("draft", "closed", "cancelled")}.get(name)
        return [label for value, label in field.get("selection", ()) if not allowed or value in allowed]

    @api.model
    def _write_rows_sheet(self, book, columns, described, choices):
        sheet = book.add_worksheet(self.env._("Incidents"))
        header = book.add_format({"bold": True, "bg_color": "#DDE3EA", "border": 1})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for index, (name, text) in enumerate(columns.items()):
            field = described[name]
            wide = field["type"] in ("char", "text", "datetime", "many2one")
            sheet.set_column(index, index, 24 if wide else 14, moment if field["type"] == "datetime" else None)
            sheet.write(0, index, field["string"], header)
            sheet.write_comment(0, index, text, {"x_scale": 2})
            if choices[name]:
                sheet.data_validation(
                    1,
                    index,
                    LISTED_ROWS,
                    index,
                    {
                        "validate": "list",
                        "source": choices[name],
                        "error_type": "information",
                    },
                )
        sheet.freeze_panes(1, 0)

    @api.model
    def _write_help_sheet(self, book, columns, described, choices):
        sheet = book.add_worksheet(self.env._("Explanation"))
        bold = book.add_format({"bold": True})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 80, wrapped)
        sheet.set_column(2, 2, 40, wrapped)
        sheet.write_row(0, 0, [self.env._("Column"), self.env._("What goes in"), self.env._("Possible values")], bold)
        for row, (name, text) in enumerate(columns.items(), start=1):
            sheet.write_row(row, 0, [described[name]["string"], text, ", ".join(choices[name])])
