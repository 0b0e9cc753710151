from datetime import date, timedelta

from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_rectification_workflow import ISSUERS
from odoo.addons.quality_incident.tools.days import today_of
from odoo.exceptions import AccessError, ValidationError

from ..tools.statistics import Tally
from .quality_survey_roles import GENERAL_MANAGER, MANAGER
from .satisfaction_statement import FIRST_YEAR, LAST_YEAR

QUALITY = "quality_incident.group_quality_staff"
#: problems quoted in the first text; the others stand in the statements
PROBLEMS = 50
#: in which states of the report each part is written, and by whom
PARTS = {
    "satisfaction_text": (("draft",), MANAGER),
    "analysis_text": (("analysis",), ISSUERS),
    "decision_text": (("decision",), GENERAL_MANAGER),
    "no_measure_reason": (("decision", "measures"), GENERAL_MANAGER),
}


class QualityAnnualReport(models.Model):
    """The yearly report on satisfaction and what follows from it, verified until it is effective (D16).

    Marketing reports, quality analyses, the general manager decides; each part is approved. The measures are
    rectification notices; the management review is the end.
    """

    _name = "quality.annual.report"
    _description = "Annual satisfaction report"
    _inherit = ["quality.step.mixin", "quality.approval.mixin", "quality.seal.mixin", "quality.evidence.mixin"]
    _order = "year desc, id desc"
    _check_company_auto = True
    _personal_fields = ("satisfaction_text", "analysis_text", "decision_text", "reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    year = fields.Integer(required=True, aggregator=None, default=lambda self: self._last_year())
    state = fields.Selection(
        [
            ("draft", "Satisfaction report"),
            ("analysis", "Analysis"),
            ("decision", "Decision"),
            ("measures", "Measures"),
            ("review", "Management review"),
            ("closed", "Closed"),
            ("cancelled", "Cancelled"),
        ],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    round = fields.Integer(
        default=1, readonly=True, copy=False, aggregator=None, help="Counts how often measures were taken up again."
    )

    # the year, from its statements
    statement_ids = fields.Many2many(
        "quality.satisfaction.statement", "quality_annual_report_statement_rel", "report_id", "statement_id",
        "Statements of the year", readonly=True, copy=False,
    )
    figures_at = fields.Datetime("Figures of", readonly=True, copy=False)
    answers = fields.Integer("Opinions", readonly=True, copy=False)
    scored = fields.Integer("With a score", readonly=True, copy=False)
    satisfied = fields.Integer("Satisfied answers", readonly=True, copy=False)
    rate = fields.Float("Satisfied (%)", readonly=True, copy=False, aggregator=None)
    interval_low = fields.Float("From (%)", readonly=True, copy=False, aggregator=None)
    interval_high = fields.Float("To (%)", readonly=True, copy=False, aggregator=None)
    asked = fields.Integer("Asked for a recommendation", readonly=True, copy=False)
    promoters = fields.Integer("Promoters (9–10)", readonly=True, copy=False)
    detractors = fields.Integer("Detractors (0–6)", readonly=True, copy=False)
    nps = fields.Float("NPS", readonly=True, copy=False, aggregator=None)
    nps_error = fields.Float("Standard error of the NPS", readonly=True, copy=False, aggregator=None)
    has_target = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    target = fields.Float("Target (%)", readonly=True, copy=False, aggregator=None)
    verdict = fields.Selection(
        lambda self: self.env["quality.satisfaction.figure"]._fields["verdict"]._description_selection(self.env),
        readonly=True, copy=False,
    )

    # the chain of documents
    satisfaction_text = fields.Html("Satisfaction report (marketing)", copy=False)
    analysis_text = fields.Html("Analysis report (quality)", copy=False)
    decision_text = fields.Html("Decision of the general manager", copy=False)
    no_measure_reason = fields.Text("Why no measure is needed", copy=False)
    measure_ids = fields.One2many(
        "quality.rectification", "annual_report_id", "Corrective and preventive measures", readonly=True
    )
    measure_count = fields.Integer(compute="_compute_measure_count")
    effective_count = fields.Integer("Effective measures", compute="_compute_measure_count")
    review_id = fields.Many2one(
        "quality.management.review", "Management review", copy=False, index="btree_not_null", check_company=True,
        ondelete="restrict", domain="[('state', '!=', 'cancelled')]",
    )
    closed_at = fields.Datetime("Closed on", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    evidence_ids = fields.Many2many(string="Report as PDF", readonly=True)

    _sequence_code = "quality.annual.report"
    _step_activity = "quality_survey.mail_activity_annual_step"
    _open_states = ("draft", "analysis", "decision", "measures", "review")

    _one_year = models.UniqueIndex(
        "(company_id, year) WHERE state != 'cancelled'", "This year has an annual report already."
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.model
    def _last_year(self):
        return today_of(self.env.company.sudo(), fields.Datetime.now()).year - 1

    @api.depends("name", "year")
    def _compute_display_name(self):
        for report in self:
            report.display_name = f"{report.name} {report.year}"

    @api.depends("measure_ids.state", "measure_ids.effect_result")
    def _compute_measure_count(self):
        for report in self:
            measures = report.sudo().measure_ids.filtered(lambda notice: notice.state != "cancelled")
            report.measure_count = len(measures)
            report.effective_count = len(measures.filtered(self._is_effective))

    @api.model
    def _is_effective(self, notice):
        return notice.state == "closed" and notice.effect_result == "effective"

    @api.constrains("year")
    def _check_year(self):
        if any(not FIRST_YEAR <= report.year <= LAST_YEAR for report in self):
            raise ValidationError(self.env._("The year has four digits."))

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Create; the first part is filled with the figures and problems of the year's statements.

        :raises AccessError: the user does not write satisfaction reports
        """
        self._check_role(MANAGER)
        self._number(vals_list)
        reports = super().create(vals_list)
        reports._read_year()
        for report in reports.filtered(lambda report: not report.satisfaction_text):
            report.sudo().satisfaction_text = report._first_text()
        reports._start_clock()
        reports._assign_next_step()
        return reports

    def write(self, vals):
        """Write; each part belongs to who writes it: marketing, quality, the general manager.

        :raises AccessError: the part is not the user's
        """
        for name in vals.keys() & PARTS.keys():
            if any(report._would_change(name, vals[name]) for report in self):
                self._check_role(PARTS[name][1])
        if vals.keys() - PARTS.keys() - set(self._never_frozen) - {"state", "review_id"}:
            self._check_role(f"{MANAGER},{GENERAL_MANAGER}")
        if "review_id" in vals:
            self._check_role(f"{ISSUERS},{GENERAL_MANAGER}")
        result = super().write(vals)
        if "year" in vals:
            self._read_year()
            self._start_clock()
        elif vals.keys() & PARTS.keys():
            self._refresh_approvals()
        return result

    @api.model
    def _frozen_fields(self, state):
        if state in ("closed", "cancelled"):
            return self._every_field() | {"name", "company_id"}
        frozen = {"name", "company_id"} | {part for part, (states, _group) in PARTS.items() if state not in states}
        return frozenset(frozen if state == "draft" else frozen | {"year"})

    @api.model
    def _check_may_import_history(self):
        raise AccessError(
            self.env._("An annual report is drawn up here from the year's statements; it is not imported.")
        )

    def _evidence_locked(self):
        return any(report.state == "closed" for report in self)

    def _personal_documents(self):
        return self

    def _personal_reference(self):
        return self.name

    # ------------------------------------------------------------------
    # The year
    # ------------------------------------------------------------------

    def action_refresh(self):
        """Read the year's statements again while the report of marketing is a draft; the texts stay.

        :raises AccessError: the user does not write satisfaction reports
        :raises UserError: the report is past its first part
        """
        self._check_role(MANAGER)
        self.check_access("write")
        self._check_transition_known("analysis")
        self._read_year()
        return True

    def action_prefill(self):
        """Write the first part anew from the year's statements; what was typed there is replaced."""
        self.action_refresh()
        for report in self:
            report.sudo().satisfaction_text = report._first_text()
        self._refresh_approvals()
        return True

    def _read_year(self):
        """Add up the statements in force of the year, as the system; they count no opinion twice."""
        statements = self.env["quality.satisfaction.statement"].sudo()
        for report in self.sudo():
            found = statements.search(
                [
                    ("company_id", "=", report.company_id.id), ("is_current", "=", True),
                    ("date_from", ">=", date(report.year, 1, 1)), ("date_to", "<=", date(report.year, 12, 31)),
                ],
                order="date_from",
            )
            rows = found.total_id
            total = sum((self._tally_of(row) for row in rows), Tally())
            share, nps = total.share(), total.nps()
            indicator = statements.new({"company_id": report.company_id.id})._target_indicator()
            target = indicator.target / 100 if indicator.has_target else None
            report.write(
                {
                    "statement_ids": [fields.Command.set(found.ids)], "figures_at": fields.Datetime.now(),
                    "answers": total.answers, "scored": total.scored, "satisfied": total.satisfied,
                    "rate": 100 * share[0] if share else 0, "interval_low": 100 * share[1] if share else 0,
                    "interval_high": 100 * share[2] if share else 0, "asked": total.asked,
                    "promoters": total.promoters, "detractors": total.detractors, "nps": nps[0] if nps else 0,
                    "nps_error": nps[1] if nps else 0, "has_target": indicator.has_target,
                    "target": indicator.target if indicator.has_target else 0, "verdict": total.verdict(target),
                }
            )

    @api.model
    def _tally_of(self, row):
        """Return the tally of a figure of a statement."""
        return Tally(
            answers=row.answers, scored=row.scored, satisfied=row.satisfied, asked=row.asked, promoters=row.promoters,
            detractors=row.detractors,
        )

    def _first_text(self):
        """Return the satisfaction report as far as the statements tell it; marketing writes on."""
        self.ensure_one()
        company = self.sudo().company_id
        report = self.sudo().with_context(lang=company.partner_id.lang or self.env.lang)
        problems = report.statement_ids.problem_ids.sorted(lambda problem: (problem.given_at, problem.id))
        return report.env["ir.qweb"]._render(
            "quality_survey.annual_first_text",
            {"report": report, "problems": problems[:PROBLEMS], "more": len(problems) - PROBLEMS},
        )

    @api.model
    def _cron_draft(self):
        """Draft the report of the year that ended for each company with statements of it; run again, it adds none."""
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            year = today_of(company, fields.Datetime.now()).year - 1
            domain = [("company_id", "=", company.id), ("year", "=", year)]
            reports = self.sudo().with_company(company)
            stands = self.env["quality.satisfaction.statement"].sudo().search_count(
                [*domain, ("is_current", "=", True), ("quarter", "=", "4")], limit=1
            )
            if stands and not reports.search_count(domain, limit=1):
                reports.create({"company_id": company.id, "year": year})

    def _next_day(self):
        return date(self.year, 12, 31) + timedelta(days=self.company_id.survey_annual_days)
