from odoo import fields, models

SEQUENCES = ("quality.satisfaction.statement", "quality.annual.report", "quality.management.review")


class ResCompany(models.Model):
    _inherit = "res.company"

    _quality_sequences = SEQUENCES

    survey_statement_days = fields.Integer(
        "Statement within", default=30, help="Days from the end of the quarter to the approved statement."
    )
    survey_annual_days = fields.Integer(
        "Annual report within", default=60, help="Days from the end of the year to the decision of the general manager."
    )

    _survey_days_positive = models.Constraint(
        "CHECK (survey_statement_days > 0 AND survey_annual_days > 0)",
        "The days for statements and reports must be positive.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    survey_statement_days = fields.Integer(related="company_id.survey_statement_days", readonly=False)
    survey_annual_days = fields.Integer(related="company_id.survey_annual_days", readonly=False)
