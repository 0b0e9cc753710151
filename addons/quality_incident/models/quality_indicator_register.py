from odoo import api, models

from .quality_register_mixin import RegisterColumn as Column


class QualityIndicatorValue(models.Model):
    """The indicator sheet in Excel: one row for each value measured, with what it was measured from (B5)."""

    _name = "quality.indicator.value"
    _inherit = ["quality.indicator.value", "quality.register.mixin"]
    _register_date = "date_to"
    _register_order = "date_to DESC, indicator_id, revision"
    _register_historic = None

    @api.model
    def _register_title(self):
        return self.env._("Indicator sheet")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Indicator"), "name", width=34),
            Column(self.env._("Period"), "period_text", width=22),
            Column(self.env._("First day"), "date_from", "date"),
            Column(self.env._("Last day"), "date_to", "date"),
            Column(self.env._("Unit"), "unit", width=12),
            Column(self.env._("Value"), lambda value: self._number_of(value, value._shown_value()), "number"),
            Column(self.env._("Target"), lambda value: self._number_of(value, value._shown_target()), "number"),
            Column(self.env._("Direction"), "direction", width=18),
            Column(self.env._("Numerator"), "numerator", "number"),
            Column(self.env._("Denominator"), "denominator", "number"),
            Column(self.env._("Left out"), "excluded", "integer"),
            Column(
                self.env._("Interval from"), lambda value: value.interval_low if value.interval_text else None, "number"
            ),
            Column(
                self.env._("Interval to"), lambda value: value.interval_high if value.interval_text else None, "number"
            ),
            Column(self.env._("Verdict"), "verdict", width=14),
            Column(self.env._("Formula"), "formula", width=48),
            Column(self.env._("What is not counted"), "exclusion_text", width=36),
            Column(self.env._("Revision"), "revision", "integer"),
            Column(self.env._("Newest revision"), "is_current", "boolean"),
            Column(self.env._("Reason of the revision"), "revision_reason"),
            Column(self.env._("Measured on"), "computed_at", "datetime"),
            Column(self.env._("Company"), "company_id"),
        ]

    @api.model
    def _number_of(self, value, shown):
        """Return a number for Excel; nothing where there is none."""
        return None if shown is False else shown
