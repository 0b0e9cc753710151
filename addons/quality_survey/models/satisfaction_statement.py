from datetime import date, timedelta

from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import start_of_day, today_of
from odoo.addons.quality_incident.tools.indicators import period_of
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

from .quality_survey_roles import MANAGER

QUARTERS = [("1", "Q1"), ("2", "Q2"), ("3", "Q3"), ("4", "Q4")]
FIRST_YEAR, LAST_YEAR = 1990, 2100


class QualitySatisfactionStatement(models.Model):
    """What customers said in a quarter (D15): figures frozen with the opinions behind them, each problem answered."""

    _name = "quality.satisfaction.statement"
    _description = "Satisfaction statement"
    _inherit = [
        "quality.step.mixin",
        "quality.approval.mixin",
        "quality.seal.mixin",
        "quality.evidence.mixin",
    ]
    _order = "date_from desc, revision desc, id desc"
    _check_company_auto = True
    _personal_fields = ("reason", "cancel_reason", "summary", "revision_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    year = fields.Integer(
        required=True, aggregator=None, default=lambda self: self._last_quarter()[0].year,
    )
    quarter = fields.Selection(
        QUARTERS, required=True, default=lambda self: str((self._last_quarter()[0].month + 2) // 3)
    )
    date_from = fields.Date("First day", compute="_compute_days", store=True, index=True)
    date_to = fields.Date("Last day", compute="_compute_days", store=True)
    state = fields.Selection(
        [("draft", "Draft"), ("review", "In review"), ("approved", "Approved"), ("cancelled", "Cancelled")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    revision = fields.Integer(default=1, readonly=True, copy=False, aggregator=None)
    revises_id = fields.Many2one(
        "quality.satisfaction.statement", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict",
    )
    revision_reason = fields.Text("Reason of the revision", readonly=True, copy=False)
    is_current = fields.Boolean("In force", readonly=True, copy=False, help="The newest approved revision.")
    include_historic = fields.Boolean(
        "Count imported history", tracking=True, help="Otherwise opinions from before this system are left out."
    )
    summary = fields.Text("Assessment", copy=False, help="What the figures mean; stands above them on paper.")

    # what was counted, by the system
    figures_at = fields.Datetime("Figures of", readonly=True, copy=False)
    counted_ids = fields.Many2many(
        "quality.feedback", "quality_satisfaction_statement_feedback_rel", "statement_id", "feedback_id",
        "Opinions counted", readonly=True, copy=False,
    )
    counted = fields.Integer("Number of opinions", readonly=True, copy=False)
    counted_late = fields.Integer(
        "Late ones among them", readonly=True, copy=False,
        help="Given in an earlier quarter, but filed when its statement was approved already.",
    )
    left_out = fields.Integer(
        "Left out", readonly=True, copy=False, help="Imported history, and opinions about competitors."
    )
    has_invitations = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    invited = fields.Integer(readonly=True, copy=False, help="Invitations sent in the quarter.")
    invited_answered = fields.Integer("Invited who answered", readonly=True, copy=False)
    response_rate = fields.Float("Response rate (%)", readonly=True, copy=False, aggregator=None)
    has_target = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    target = fields.Float("Target (%)", readonly=True, copy=False, aggregator=None)
    before_id = fields.Many2one(
        "quality.satisfaction.statement", "Compared with", readonly=True, copy=False, ondelete="restrict",
        index="btree_not_null",
    )
    figure_ids = fields.One2many("quality.satisfaction.figure", "statement_id", "Figures", readonly=True)
    total_id = fields.Many2one(
        "quality.satisfaction.figure", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    rate_text = fields.Char("Satisfied", related="total_id.rate_text")
    nps_text = fields.Char("NPS", related="total_id.nps_text")
    verdict_text = fields.Char("Result", related="total_id.verdict_text")
    measure_ids = fields.One2many(
        "quality.satisfaction.measure", "statement_id", "Service in the quarter", readonly=True
    )
    problem_ids = fields.One2many("quality.satisfaction.problem", "statement_id", "Problems of customers")

    approved_at = fields.Datetime("Approved on", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    evidence_ids = fields.Many2many(string="Statement as PDF and Excel", readonly=True)

    _sequence_code = "quality.satisfaction.statement"
    _step_activity = "quality_survey.mail_activity_statement_step"
    _open_states = ("draft", "review")

    _one_open = models.UniqueIndex(
        "(company_id, date_from) WHERE state IN ('draft', 'review')", "This quarter has an open statement already."
    )
    _one_revision = models.UniqueIndex(
        "(company_id, date_from, revision) WHERE state != 'cancelled'", "This quarter has a statement already."
    )
    _one_current = models.UniqueIndex(
        "(company_id, date_from) WHERE is_current", "This quarter has a statement in force already."
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.model
    def _last_quarter(self):
        """Return first and last day of the last quarter that has ended where the company works."""
        today = today_of(self.env.company.sudo(), fields.Datetime.now())
        return period_of(period_of(today, "quarter")[0] - timedelta(days=1), "quarter")

    @api.depends("year", "quarter")
    def _compute_days(self):
        for statement in self:
            known = statement.quarter and FIRST_YEAR <= (statement.year or 0) <= LAST_YEAR
            first = known and date(statement.year, 3 * int(statement.quarter) - 2, 1)
            statement.date_from, statement.date_to = period_of(first, "quarter") if first else (False, False)

    @api.constrains("year")
    def _check_year(self):
        if any(not FIRST_YEAR <= statement.year <= LAST_YEAR for statement in self):
            raise ValidationError(self.env._("The year has four digits."))

    @api.depends("name", "year", "quarter", "revision")
    def _compute_display_name(self):
        for statement in self:
            revision = self.env._(", revision %s", statement.revision) if statement.revision > 1 else ""
            statement.display_name = f"{statement.name} {statement._period_text()}{revision}"

    def _period_text(self):
        """Return the quarter as people call it."""
        self.ensure_one()
        return f"{self.year} Q{self.quarter}"

    def _span(self):
        """Return the first moment of the quarter and the first after it where the company works, as naive UTC."""
        self.ensure_one()
        company = self.company_id.sudo()
        return start_of_day(self.date_from, company), start_of_day(self.date_to + timedelta(days=1), company)

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Create; the figures are counted at once.

        :raises AccessError: the user does not write statements
        """
        self._check_role(MANAGER)
        self._number(vals_list)
        statements = super().create(vals_list)
        statements._count_figures()
        statements._start_clock()
        statements._assign_next_step()
        return statements

    def write(self, vals):
        """Write; another quarter or choice of history counts anew.

        :raises AccessError: the user does not write statements
        """
        if vals.keys() - {"problem_ids", *self._never_frozen}:
            # What somebody decides in an approval is written by the system.
            self._check_role(MANAGER)
        if vals.get("state") == "review":
            # By whatever path it goes to review: counted a last time, what was corrected or came late included.
            self.filtered(lambda statement: statement.state == "draft")._count_figures()
        result = super().write(vals)
        if vals.keys() & {"year", "quarter", "include_historic"}:
            self._count_figures()
            self._start_clock()
        elif "summary" in vals:
            self._refresh_approvals()
        return result

    @api.model
    def _frozen_fields(self, state):
        if state in ("approved", "cancelled"):
            return self._every_field() | {"name", "company_id", "date_from", "date_to"}
        frozen = {"name", "company_id", "date_from", "date_to"}
        if state == "review":
            frozen |= {"year", "quarter", "include_historic", "summary", "problem_ids"}
        return frozenset(frozen)

    @api.model
    def _check_may_import_history(self):
        raise AccessError(self.env._("A statement is drawn up here from the opinions it counts; it is not imported."))

    def _evidence_locked(self):
        return any(statement.state == "approved" for statement in self)

    def _line_changed(self):
        """Called by the problems: what was asked to be approved may no longer be what stands here."""
        self.filtered(lambda statement: statement.state == "review")._refresh_approvals()

    def _personal_documents(self):
        return self

    def _personal_reference(self):
        return self.name

    # ------------------------------------------------------------------
    # What is behind it
    # ------------------------------------------------------------------

    def action_open_feedback_counted(self):
        """Return the action that opens the opinions counted."""
        self.ensure_one()
        self.check_access("read")
        return self._open_feedback(self.display_name, Domain.TRUE)

    def _open_feedback(self, title, domain):
        """Return the action that opens the opinions of this statement that meet ``domain``."""
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": "quality.feedback",
            "views": [[False, "list"], [False, "form"]],
            "domain": list(Domain("counted_in_ids", "in", self.ids) & domain),
        }
