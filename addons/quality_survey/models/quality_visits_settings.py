from odoo import fields, models


class ResCompany(models.Model):
    """What a company decides about visits and acceptance forms, and what it gets with its defaults."""

    _inherit = "res.company"

    _quality_defaults = {"quality.acceptance.item": None}
    _quality_sequences = (
        "quality.return.visit",
        "quality.visit.report",
        "quality.acceptance.form",
        "quality.market.survey",
    )

    survey_acceptance_auto = fields.Selection(
        [
            ("none", "By hand"),
            ("delivery", "With every delivery of a sales order"),
            ("installation", "With every installation ticket"),
            ("both", "With deliveries and installation tickets"),
        ],
        "Acceptance forms are drawn up",
        default="installation",
        required=True,
    )
    survey_visit_reader_ids = fields.Many2many(
        "res.users", "quality_visit_report_reader_rel", "company_id", "user_id", "Readers of the report of visits",
        domain="[('share', '=', False)]", help="Leaders who get it, besides the heads of departments (D12).",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    survey_acceptance_auto = fields.Selection(related="company_id.survey_acceptance_auto", readonly=False)
    survey_visit_reader_ids = fields.Many2many(related="company_id.survey_visit_reader_ids", readonly=False)
