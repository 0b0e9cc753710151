from odoo import api, fields, models

from .quality_survey_roles import GENERAL_MANAGER, MANAGER, STAFF

GATE = "market_survey"
TYPES = [
    ("customer", "Customer"),
    ("potential", "Potential customer"),
    ("authority", "Superior authority of customers"),
    ("researcher", "Research institute"),
    ("competitor", "Competitor"),
    ("other", "Other"),
]
#: what the report says besides its figures
TEXTS = ("introduction", "trends", "causes", "gaps", "improvements")


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=[(GATE, "Market survey report")], ondelete={GATE: "cascade"})


class QualityMarketSurvey(models.Model):
    """The yearly survey of the market and its report: causes, gaps, improvements (市场调研报告; D13)."""

    _name = "quality.market.survey"
    _description = "Market survey"
    _inherit = ["quality.step.mixin", "quality.approval.mixin", "quality.evidence.mixin"]
    _order = "year desc, id desc"
    _rec_names_search = ["name", "title"]
    _check_company_auto = True
    _sequence_code = "quality.market.survey"
    _personal_fields = (*TEXTS, "reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    title = fields.Char(required=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("analysis", "Analysis"), ("approval", "Approval"),
         ("approved", "Approved"), ("cancelled", "Cancelled")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    year = fields.Integer(
        required=True, aggregator=None, default=lambda self: fields.Date.context_today(self).year, index=True
    )
    user_id = fields.Many2one(
        "res.users", "Person in charge", required=True, default=lambda self: self.env.user, tracking=True,
        check_company=True, domain="[('share', '=', False)]",
    )
    survey_id = fields.Many2one(
        "survey.survey", "Questionnaire", index="btree_not_null", ondelete="restrict", tracking=True
    )
    date_end = fields.Date("Answers until", tracking=True)
    respondent_ids = fields.One2many("quality.market.respondent", "campaign_id", "Respondents")
    respondent_count = fields.Integer("Asked", compute="_compute_counts")
    answered_count = fields.Integer("Answered", compute="_compute_counts")
    counts_by_type = fields.Text("By type", compute="_compute_counts")

    # the report
    figures_at = fields.Datetime("Figures of", readonly=True, copy=False)
    figure_ids = fields.One2many("quality.market.figure", "campaign_id", "Figures", readonly=True)
    introduction = fields.Text("Why and whom we asked", copy=False)
    trends = fields.Text("Market, competitors and development of products", copy=False)
    causes = fields.Text("Analysis of causes", copy=False)
    gaps = fields.Text("Where we lag behind", copy=False)
    improvements = fields.Text(copy=False)
    gap_ids = fields.One2many("quality.market.gap", "campaign_id", "Gaps and measures")
    started_at = fields.Datetime("Begun on", readonly=True, copy=False)
    approved_at = fields.Datetime("Approved on", readonly=True, copy=False)
    report_id = fields.Many2one(
        "ir.attachment", "Archived report", readonly=True, copy=False, index="btree_not_null", bypass_search_access=True
    )
    evidence_ids = fields.Many2many(string="Interviews and sources")
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)

    _open_states = ("draft", "running", "analysis", "approval")
    _transitions = {
        ("draft", "running"): ("_missing_campaign",),
        ("running", "analysis"): ("_missing_answers",),
        ("analysis", "running"): (),
        ("analysis", "approval"): ("_missing_report",),
        ("approval", "analysis"): (),
        ("approval", "approved"): ("_missing_report", "_missing_approval"),
        ("draft", "cancelled"): ("_missing_cancel_reason",),
        ("running", "cancelled"): ("_missing_cancel_reason",),
        ("analysis", "cancelled"): ("_missing_cancel_reason",),
    }
    _transition_groups = {
        ("draft", "running"): STAFF,
        ("running", "analysis"): STAFF,
        ("analysis", "running"): STAFF,
        ("analysis", "approval"): STAFF,
        ("approval", "analysis"): STAFF,
        ("approval", "approved"): STAFF,
        ("draft", "cancelled"): f"{MANAGER},{GENERAL_MANAGER}",
        ("running", "cancelled"): f"{MANAGER},{GENERAL_MANAGER}",
        ("analysis", "cancelled"): f"{MANAGER},{GENERAL_MANAGER}",
    }
    _next_state = {"draft": "running", "running": "analysis", "analysis": "approval"}
    _step_activity = "quality_survey.mail_activity_market_survey"
    _system_fields = frozenset(
        {"figures_at", "figure_ids", "started_at", "approved_at", "report_id", "cancel_reason", "reason"}
    )

    _year_sensible = models.Constraint("CHECK (year BETWEEN 1990 AND 2200)", "Enter the year with four digits.")

    # ------------------------------------------------------------------
    # Computes and CRUD
    # ------------------------------------------------------------------

    @api.depends("name", "title")
    def _compute_display_name(self):
        for campaign in self:
            campaign.display_name = f"{campaign.name} {campaign.title or ''}".strip()

    @api.depends("respondent_ids.state", "respondent_ids.type")
    def _compute_counts(self):
        groups = self.env["quality.market.respondent"]._read_group(
            [("campaign_id", "in", self.ids)], ["campaign_id", "type", "state"], ["__count"]
        )
        counted = {}
        for campaign, kind, state, count in groups:
            asked, answered = counted.setdefault(campaign, {}).get(kind, (0, 0))
            counted[campaign][kind] = (asked + count, answered + (count if state == "answered" else 0))
        labels = self.env["quality.market.respondent"]._fields["type"]._description_selection(self.env)
        for campaign in self:
            by_type = counted.get(campaign, {})
            campaign.respondent_count = sum(asked for asked, _answered in by_type.values())
            campaign.answered_count = sum(answered for _asked, answered in by_type.values())
            campaign.counts_by_type = " · ".join(
                f"{label} {by_type[kind][1]}/{by_type[kind][0]}" for kind, label in labels if kind in by_type
            ) or False

    @api.model_create_multi
    def create(self, vals_list):
        self._number(vals_list)
        campaigns = super().create(vals_list)
        campaigns._assign_next_step()
        return campaigns

    def write(self, vals):
        result = super().write(vals)
        if not set(TEXTS).isdisjoint(vals):
            self._refresh_approvals()
        if "user_id" in vals:
            self._assign_next_step()
        return result

    def _line_changed(self):
        self._refresh_approvals()

    @api.model
    def _frozen_fields(self, state):
        if state in ("approval", "approved", "cancelled"):
            return self._every_field() | {"name", "company_id"}
        frozen = {"name", "company_id"}
        if state == "draft":
            return frozenset(frozen)
        return frozenset(frozen | {"survey_id", "year"})

    def _evidence_locked(self):
        return any(campaign.state in ("approved", "cancelled") for campaign in self)

    def _personal_documents(self):
        return self

    def _personal_reference(self):
        return self.name

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_campaign(self):
        missing = [] if self.survey_id else [self.env._("The questionnaire")]
        survey = self.sudo().survey_id
        if survey and survey.access_mode != "token":
            missing.append(self.env._("A questionnaire for invited people only: anybody could answer this one"))
        if survey.is_anonymous:
            missing.append(self.env._("A questionnaire that is not anonymous: answers are told apart by respondent"))
        if not self.respondent_ids:
            missing.append(self.env._("Whom to ask"))
        if not self.date_end or self.date_end < fields.Date.context_today(self):
            missing.append(self.env._("Until when answers are taken, a date ahead"))
        return missing

    def _missing_answers(self):
        answered = self.respondent_ids.filtered(lambda one: one.state == "answered")
        return [] if answered else [self.env._("An answer: nobody has answered yet")]

    def _missing_report(self):
        """D13: the report analyses causes, finds gaps and lays down improvements."""
        missing = [] if self.figures_at else [self.env._("The figures: refresh them")]
        missing += [
            self._fields[name]._description_string(self.env)
            for name in ("causes", "gaps", "improvements")
            if not (self[name] or "").strip()
        ]
        return missing + [
            self.env._("Gap “%s”: a measure, handed over to somebody", gap.name)
            for gap in self.gap_ids.filtered(lambda one: not one._is_settled())
        ]

    def _missing_approval(self):
        return [] if self._gate_approved(GATE) else [self.env._("The approval of the general manager")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]
