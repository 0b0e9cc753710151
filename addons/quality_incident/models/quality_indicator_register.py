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
        _ = self.env._
        return [
            Column(_("Indicator"), "name", width=34),
            Column(_("Period"), "period_text", width=22),
            Column(_("First day"), "date_from", "date"),
            Column(_("Last day"), "date_to", "date"),
            Column(_("Unit"), "unit", width=12),
            Column(_("Value"), lambda value: self._number_of(value, value._shown_value()), "number"),
            Column(_("Target"), lambda value: self._number_of(value, value._shown_target()), "number"),
            Column(_("Direction"), "direction", width=18),
            Column(_("Numerator"), "numerator", "number"),
            Column(_("Denominator"), "denominator", "number"),
            Column(_("Left out"), "excluded", "integer"),
            Column(_("Interval from"), lambda value: value.interval_low if value.interval_text else None, "number"),
            Column(_("Interval to"), lambda value: value.interval_high if value.interval_text else None, "number"),
            Column(_("Verdict"), "verdict", width=14),
            Column(_("Formula"), "formula", width=48),
            Column(_("What is not counted"), "exclusion_text", width=36),
            Column(_("Revision"), "revision", "integer"),
            Column(_("Newest revision"), "is_current", "boolean"),
            Column(_("Reason of the revision"), "revision_reason"),
            Column(_("Measured on"), "computed_at", "datetime"),
            Column(_("Company"), "company_id"),
        ]

    @api.model
    def _number_of(self, value, shown):
        """Return a number for Excel; nothing where there is none."""
        return None if shown is False else shown
