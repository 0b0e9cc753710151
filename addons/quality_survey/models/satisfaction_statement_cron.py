import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import start_of_day, today_of
from odoo.addons.quality_incident.tools.indicators import period_of

_logger = logging.getLogger(__name__)

#: quarters that are caught up with after the job stood still
CAUGHT_UP = 4


class QualitySatisfactionStatement(models.Model):
    """Drafts itself after the end of each quarter (D15)."""

    _inherit = "quality.satisfaction.statement"

    @api.model
    def _cron_draft(self):
        """Draft the statements of the quarters that ended, up to four back; run again, it adds none.

        A quarter without opinions has none, nor one that somebody drew up or cancelled. A company whose statement
        fails keeps none of the others waiting.
        """
        now = fields.Datetime.now()
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            try:
                with self.env.cr.savepoint():
                    self.sudo().with_company(company)._draft_missing(company, now)
            except Exception:
                self.env.invalidate_all(flush=False)
                _logger.exception("The satisfaction statement of company %s cannot be drafted", company.id)

    @api.model
    def _draft_missing(self, company, now):
        """Draft the statements that ``company`` lacks, the oldest first."""
        first, last = period_of(today_of(company, now), "quarter")
        quarters = []
        for _turn in range(CAUGHT_UP):
            first, last = period_of(first - timedelta(days=1), "quarter")
            quarters.append((first, last))
        oldest = quarters[-1][0]
        known = set(
            self.search([("company_id", "=", company.id), ("date_from", ">=", oldest)]).mapped("date_from")
        )
        for first, last in reversed(quarters):
            if first not in known and self._had_opinions(company, first, last):
                self.create(
                    {"company_id": company.id, "year": first.year, "quarter": str((first.month + 2) // 3)}
                )

    @api.model
    def _had_opinions(self, company, first, last):
        return bool(
            self.env["quality.feedback"].search_count(
                [
                    ("company_id", "=", company.id), ("is_historic", "=", False), ("statement_id", "=", False),
                    ("given_at", ">=", start_of_day(first, company)),
                    ("given_at", "<", start_of_day(last + timedelta(days=1), company)),
                ],
                limit=1,
            )
        )
