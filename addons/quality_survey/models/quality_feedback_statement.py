from odoo import api, fields, models


class QualityFeedback(models.Model):
    """What statements need of an opinion: whether it says satisfied, and the statement that counted it (D15)."""

    _inherit = "quality.feedback"

    is_satisfied = fields.Boolean(
        "Satisfied", readonly=True, help="Decided when the opinion is filed, by the company's bound of that day."
    )
    statement_id = fields.Many2one(
        "quality.satisfaction.statement", "Counted in", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict", check_company=True, help="The approved statement that counted it first.",
    )
    counted_in_ids = fields.Many2many(
        "quality.satisfaction.statement", "quality_satisfaction_statement_feedback_rel", "feedback_id", "statement_id",
        "Statements that counted it", readonly=True, copy=False,
    )
    problem_ids = fields.One2many(
        "quality.satisfaction.problem", "feedback_id", "Problems in statements", readonly=True
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create; an opinion with a score is satisfied or not from then on."""
        bounds = {}
        for vals in vals_list:
            vals.pop("statement_id", None)
            if vals.get("has_score") and "is_satisfied" not in vals:
                company = vals.get("company_id") or self.env.company.id
                if company not in bounds:
                    bounds[company] = self.env["res.company"].sudo().browse(company).survey_satisfied_score
                vals["is_satisfied"] = vals.get("score", 0) >= bounds[company]
        return super().create(vals_list)
