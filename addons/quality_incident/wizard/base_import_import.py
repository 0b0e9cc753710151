import functools

from odoo import api, models
from odoo.addons.base_import.models.base_import import FIELDS_RECURSION_LIMIT, ImportValidationError

from ..models.ir_fields import moment_with_offset

#: how many wrong values one message lists
LISTED = 10


class BaseImport(models.TransientModel):
    """Odoo's import screen, for our models (F9): history's own columns, and every wrong value with its row."""

    _inherit = "base_import.import"

    @api.model
    def get_fields_tree(self, model, depth=FIELDS_RECURSION_LIMIT):
        """Offer those who may import history the columns that only history carries; see the method of Odoo.

        :param model: name of the model
        :param depth: how deep to go into lines
        """
        tree = super().get_fields_tree(model, depth=depth)
        Model = self.env[model]
        names = getattr(Model, "_import_history_fields", ())
        if names and depth >= FIELDS_RECURSION_LIMIT - 1 and Model._may_import_history():
            for name, field in Model.fields_get(names, ["string", "type"]).items():
                tree.append(
                    {
                        "id": name,
                        "name": name,
                        "string": field["string"],
                        "type": field["type"],
                        "required": False,
                        "fields": [],
                        "model_name": model,
                    }
                )
        return tree

    def _parse_date_from_data(self, data, index, name, field_type, options):
        parse = self._parse_plain_date
        if not self._lists_wrong_values():
            return parse(data, index, name, field_type, options)
        wrong = self._wrong_values(
            functools.partial(parse, index=index, name=name, field_type=field_type, options=options), data, index
        )
        if wrong:
            self._refuse_values(
                name,
                wrong,
                options,
                self.env._(
                    "not dates in the format %s. Choose the format of the file under “Formatting”.",
                    self._readable_format(options.get("date_format") or "%Y-%m-%d"),
                ),
            )
        return None

    def _parse_plain_date(self, data, index, name, field_type, options):
        """Leave moments with an offset as they are; the conversion of values understands them (F9)."""
        if field_type == "datetime":
            data = [line for line in data if moment_with_offset(line[index]) is None]
        return super()._parse_date_from_data(data, index, name, field_type, options)

    def _parse_float_from_data(self, data, index, name, options):
        parse = super()._parse_float_from_data
        if not self._lists_wrong_values():
            return parse(data, index, name, options)
        wrong = self._wrong_values(functools.partial(parse, index=index, name=name, options=options), data, index)
        if wrong:
            self._refuse_values(name, wrong, options, self.env._("not numbers."))
        return None

    def _lists_wrong_values(self):
        return isinstance(self.env[self.res_model], self.env.registry["quality.import.mixin"])

    @api.model
    def _wrong_values(self, parse, data, index):
        """Parse the rows one by one; return ``(row, value)`` of each that cannot be."""
        wrong = []
        for number, row in enumerate(data, start=1):
            value = row[index]
            try:
                parse([row])
            except ImportValidationError:
                wrong.append((number, value))
        return wrong

    def _refuse_values(self, name, wrong, options, problem):
        offset = options.get("skip") or 0
        field = self.env[self.res_model]._fields.get(name)
        listed = [self.env._("row %(row)d “%(value)s”", row=offset + row, value=value) for row, value in wrong[:LISTED]]
        if len(wrong) > LISTED:
            listed.append(self.env._("%d more", len(wrong) - LISTED))
        message = self.env._(
            "%(column)s: %(values)s: %(problem)s",
            column=field._description_string(self.env) if field else name,
            values=", ".join(listed),
            problem=problem,
        )
        raise ImportValidationError(message, field=name, field_type=field.type if field else None)

    @api.model
    def _readable_format(self, pattern):
        """Return a date format the way the import screen writes it."""
        for code, text in (("%Y", "YYYY"), ("%y", "YY"), ("%m", "MM"), ("%d", "DD")):
            pattern = pattern.replace(code, text)
        return pattern
