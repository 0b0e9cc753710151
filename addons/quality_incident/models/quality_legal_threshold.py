from odoo import fields, models


class QualityLegalThreshold(models.Model):
    """Lower bounds of the national accident grades; each bound includes itself (建质[2010]111号, A10)."""

    _name = "quality.legal.threshold"
    _description = "Legal accident grade"
    _order = "sequence desc"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(required=True, help="The stricter grade has the higher number.")
    grade = fields.Selection(
        [
            ("general", "General accident"),
            ("larger", "Larger accident"),
            ("major", "Major accident"),
            ("extraordinary", "Extraordinarily major accident"),
        ],
        required=True,
    )
    min_deaths = fields.Integer("Deaths from", required=True)
    min_serious_injuries = fields.Integer("Serious injuries from", required=True)
    min_loss = fields.Monetary("Direct loss from", required=True)
    currency_id = fields.Many2one("res.currency", required=True)

    _grade_unique = models.UniqueIndex("(grade)", "There is one row per legal grade.")
    _bounds_positive = models.Constraint(
        "CHECK (min_deaths > 0 AND min_serious_injuries > 0 AND min_loss > 0)",
        "A bound of zero would grade every incident.",
    )

    def _grade_of(self, incident):
        """Return the strictest legal grade ``incident`` reaches by one of its three measures, or ``none``."""
        for threshold in self.sorted("sequence", reverse=True):
            if (
                incident.deaths >= threshold.min_deaths
                or incident.serious_injuries >= threshold.min_serious_injuries
                or threshold._reached_by_loss(incident)
            ):
                return threshold.grade
        return "none"

    def _reached_by_loss(self, incident):
        loss = max(incident.estimated_loss, incident.actual_loss)
        if not loss:
            return False
        if incident.currency_id != self.currency_id:
            loss = incident.currency_id._convert(
                loss,
                self.currency_id,
                incident.company_id,
                incident.occurred_at or fields.Date.today(),
            )
        return self.currency_id.compare_amounts(loss, self.min_loss) >= 0
