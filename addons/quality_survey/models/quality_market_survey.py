from odoo import api, fields, models
from odoo.addons.quality_incident.tools.canonical import snapshot
from odoo.exceptions import UserError

from .quality_survey_roles import CLERK, GENERAL_MANAGER, MANAGER, STAFF

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
    improvements = fields.Text("Improvements", copy=False)
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

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return GATE

    def _approval_content(self, gate):
        return {
            "report": snapshot(
                self,
                ["name", "title", "year", "survey_id", "figures_at", *TEXTS,
                 ("gap_ids", ["name", "cause", "measure", "department_id"]),
                 ("figure_ids", ["type", "question", "answer", "answered", "mean"])],
            )
        }

    def _approval_authors(self, gate):
        return self.user_id

    def _check_can_request_approval(self, gate):
        self._check_role(STAFF)
        missing = super()._check_can_request_approval(gate)
        if self.state != "approval":
            raise UserError(self.env._("%s: hand the report in after the analysis.", self.display_name))
        return missing + self._missing_report()

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "approved"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        self.sudo().filtered(lambda one: one.state == "approval").write({"state": "analysis"})
        return super()._on_approval_rejected(gate)

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    def _next_people(self):
        todo = {
            "draft": self.env._("Choose whom to ask and begin the market survey"),
            "running": self.env._("Collect the answers of the market survey"),
            "analysis": self.env._("Write the report of the market survey"),
        }
        return (self.user_id, todo[self.state]) if self.state in todo else None

    def _after_transition(self, origins, target):
        campaigns = self.sudo()
        if target == "running":
            campaigns.filtered(lambda one: not one.started_at).write({"started_at": fields.Datetime.now()})
        elif target == "analysis":
            campaigns.filtered(lambda one: origins[self.browse(one.id)] == "running")._read_figures()
        elif target == "approved":
            campaigns.write({"approved_at": fields.Datetime.now()})
            campaigns._archive_report()
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _archive_report(self):
        action = self.env.ref("quality_survey.action_report_market_survey")
        for campaign in self:
            content, _kind = action._render_qweb_pdf(action, campaign.ids)
            campaign.report_id = self.env["ir.attachment"].create(
                {"name": f"{campaign.name.replace('/', '_')}.pdf", "raw": content, "res_model": self._name,
                 "res_id": campaign.id}
            )

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_start(self):
        """Begin: everybody with an address is invited by a link of their own (D13).

        :raises AccessError: the user does not work in customer satisfaction
        :raises UserError: listing what is missing
        """
        self._check_role(STAFF)
        self.check_access("write")
        result = self._take_step("running")
        self.respondent_ids._invite()
        return result

    def action_invite(self):
        """Invite the respondents added meanwhile; nobody is invited twice."""
        self._check_role(STAFF)
        self.check_access("write")
        for campaign in self:
            if campaign.state != "running":
                raise UserError(self.env._("%s is not running.", campaign.display_name))
        self.respondent_ids._invite()
        return True

    def action_analyse(self):
        """Stop collecting: the figures are read and stand (D13)."""
        self._check_role(STAFF)
        return self._take_step("analysis")

    def action_continue(self):
        """Go on collecting answers, or take the report back from the approval to change it."""
        self._check_role(STAFF)
        for campaign in self:
            campaign._take_step("running" if campaign.state == "analysis" else "analysis")
        return True

    def action_submit(self):
        """Hand the report to the general manager for approval (D13).

        :raises UserError: listing what the report lacks
        """
        self._check_role(STAFF)
        self._take_step("approval")
        return self.action_request_approval(GATE)

    def action_cancel(self, reason=None):
        """Cancel with a reason; the campaign keeps its number."""
        self._check_role(f"{MANAGER},{GENERAL_MANAGER}")
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_add_customers(self):
        """Add every key customer that is not asked yet.

        :raises UserError: the survey is over
        """
        self._check_role(f"{CLERK},{MANAGER},{GENERAL_MANAGER}")
        self.check_access("write")
        for campaign in self:
            if campaign.state not in ("draft", "running"):
                raise UserError(self.env._("%s: nobody is asked any more.", campaign.display_name))
            known = campaign.respondent_ids.partner_id
            customers = self.env["res.partner"].search(
                [("is_key_customer", "=", True), ("parent_id", "=", False), ("id", "not in", known.ids),
                 ("company_id", "in", [False, campaign.company_id.id])]
            )
            self.env["quality.market.respondent"].create(
                [{"campaign_id": campaign.id, "partner_id": customer.id, "type": "customer"} for customer in customers]
            )
        return True
