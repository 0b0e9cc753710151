from odoo import models
from odoo.exceptions import ValidationError


class QualityIndicator(models.Model):
    """How indicators are measured: one query for each code."""

    _inherit = "quality.indicator"

    def _measure_method(self):
        """Return the method that measures this indicator.

        :raises ValidationError: no installed addon measures this code
        """
        method = getattr(self, f"_measure_{self.code}", None)
        if not callable(method):
            raise ValidationError(self.env._("No installed addon measures an indicator with the code “%s”.", self.code))
        return method
