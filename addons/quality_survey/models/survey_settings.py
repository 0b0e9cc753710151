from odoo import api, fields, models
from odoo.exceptions import ValidationError

SEQUENCES = ("quality.satisfaction.statement", "quality.annual.report", "quality.management.review")


class ResCompany(models.Model):
    _inherit = "res.company"

    @property
    def _quality_sequences(self):
        return (*super()._quality_sequences, *SEQUENCES)

    survey_satisfied_score = fields.Float(
        "Satisfied from", default=75, digits=(5, 2),
        help="Score from 0 to 100 at which a customer counts as satisfied: 75 is 4 of 5.",
    )
    survey_minimum_group = fields.Integer(
        "Smallest group shown", default=5,
        help="Groups with anonymous answers and fewer opinions than this are shown together: nobody is found out.",
    )
    survey_statement_days = fields.Integer(
        "Statement within", default=30, help="Days from the end of the quarter to the approved statement."
    )
    survey_annual_days = fields.Integer(
        "Annual report within", default=60, help="Days from the end of the year to the decision of the general manager."
    )

    _survey_settings_positive = models.Constraint(
        "CHECK (survey_minimum_group >= 1 AND survey_statement_days > 0 AND survey_annual_days > 0)",
        "The smallest group and the days for statements and reports must be positive.",
    )

    @api.constrains("survey_satisfied_score")
    def _check_survey_satisfied_score(self):
        if any(not 0 < company.survey_satisfied_score <= 100 for company in self):
            raise ValidationError(self.env._("The score of a satisfied customer lies between 0 and 100."))


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    survey_satisfied_score = fields.Float(related="company_id.survey_satisfied_score", readonly=False)
    survey_minimum_group = fields.Integer(related="company_id.survey_minimum_group", readonly=False)
    survey_statement_days = fields.Integer(related="company_id.survey_statement_days", readonly=False)
    survey_annual_days = fields.Integer(related="company_id.survey_annual_days", readonly=False)
