from odoo import api, fields, models
from odoo.exceptions import ValidationError


class QualityReportItem(models.Model):
    """One content a report to an authority must have: a field of the incident that may not be empty."""

    _name = "quality.report.item"
    _description = "Required report content"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    field_name = fields.Char("Field of the incident", required=True)

    _field_unique = models.UniqueIndex("(field_name)", "This content is listed already.")

    @api.constrains("field_name")
    def _check_field_name(self):
        for item in self:
            if item.field_name not in self.env["quality.incident"]._fields:
                raise ValidationError(self.env._("A quality incident has no field “%s”.", item.field_name))

    def _missing_in(self, incident):
        """Return the names of those contents that ``incident`` leaves empty; a loss known to be nil is not empty."""
        return [
            item.name
            for item in self
            if not incident[item.field_name]
            and not (item.field_name in ("estimated_loss", "actual_loss") and incident.no_loss)
        ]
