from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class QualityFeedback(models.Model):
    """Which opinions count, and the statement that counted one (D15)."""

    _inherit = "quality.feedback"

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

    @property
    def _system_fields(self):
        return super()._system_fields | {"statement_id", "counted_in_ids", "problem_ids"}

    @api.depends("problem_ids.rectification_id")
    def _compute_rectification_ids(self):
        """Count in the notices about the problem that the opinion raised (F7)."""
        result = super()._compute_rectification_ids()
        for feedback in self:
            feedback.rectification_ids |= feedback.problem_ids.rectification_id
        return result

    @api.model
    def _present_domain(self):
        """Return the domain of the opinions that may be looked at: not withdrawn, not held back as too few."""
        return Domain("active", "=", True) & Domain("is_held", "=", False)

    @api.model
    def _countable_domain(self):
        """Return the domain of the opinions that say something about us: not those about competitors."""
        return self._present_domain() & Domain("subject", "!=", "competitor")

    @api.model
    def _present_sql(self, alias):
        """Return :meth:`_present_domain` as a condition on the table ``alias``."""
        table = SQL.identifier(alias)
        return SQL("%s.active AND %s.is_held IS NOT TRUE", table, table)
