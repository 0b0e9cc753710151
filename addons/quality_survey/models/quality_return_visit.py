from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from .quality_return_visit_plan import KINDS, PROGRAMMES
from .quality_survey_roles import STAFF

STATES = [
    ("planned", "Planned"),
    ("in_progress", "In progress"),
    ("done", "Done"),
    ("reported", "Reported"),
    ("missed", "Missed"),
    ("cancelled", "Cancelled"),
]
#: what is decided before the customer is asked
ORDER = ("partner_id", "plan_id", "period_date", "programme", "survey_id", "company_id")


class QualityReturnVisit(models.Model):
    """A customer is asked how things are, by somebody who did not do the work (回访; D9, D12, E2)."""

    _name = "quality.return.visit"
    _description = "Return visit"
    _inherit = [
        "quality.step.mixin",
        "quality.deadline.mixin",
        "quality.evidence.mixin",
        "quality.register.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "planned_at desc, id desc"
    _rec_names_search = ["name", "partner_id.name"]
    _check_company_auto = True
    _sequence_code = "quality.return.visit"
    _personal_fields = ("contact_name", "phone", "words", "summary", "reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    state = fields.Selection(
        STATES, default="planned", required=True, copy=False, index=True, tracking=True, group_expand="_expand_states"
    )
    programme = fields.Selection(PROGRAMMES, default="return_visit", required=True, index=True)
    kind = fields.Selection(KINDS, "Way", default="phone", required=True, tracking=True)
    plan_id = fields.Many2one(
        "quality.return.visit.plan", index="btree_not_null", copy=False, check_company=True, ondelete="restrict"
    )
    period_date = fields.Date("Due in the period from", readonly=True, copy=False)
    planned_at = fields.Datetime("Planned", required=True, default=fields.Datetime.now, index=True, tracking=True)
    grace_days = fields.Integer("Missed after (days)", default=14, required=True)

    # whom
    partner_id = fields.Many2one("res.partner", "Customer", required=True, index=True, tracking=True)
    commercial_partner_id = fields.Many2one(
        related="partner_id.commercial_partner_id", string="Company of the customer", store=True, index=True
    )
    contact_id = fields.Many2one(
        "res.partner", index="btree_not_null", domain="[('id', 'child_of', commercial_partner_id)]"
    )
    contact_name = fields.Char("Spoke to")
    phone = fields.Char()

    # who
    interviewer_id = fields.Many2one(
        "res.users", index="btree_not_null", tracking=True, check_company=True,
        domain="[('share', '=', False)]", help="Somebody who did not work for this customer since the last visit.",
    )
    participant_ids = fields.Many2many(
        "res.users", "quality_return_visit_user_rel", "visit_id", "user_id", "Accompanied by",
        domain="[('share', '=', False)]", help="People of other departments who come along (D12).",
    )
    concerned_names = fields.Char("Cannot be the interviewer", compute="_compute_concerned_names")

    # what was said
    survey_id = fields.Many2one("survey.survey", "Questionnaire", index="btree_not_null", ondelete="restrict")
    answer_ids = fields.One2many("quality.return.answer", "visit_id", "Answers")
    attempt_ids = fields.One2many("quality.return.attempt", "visit_id", "Attempts")
    finding_ids = fields.One2many("quality.return.finding", "visit_id", "Findings")
    finding_count = fields.Integer(compute="_compute_finding_count")
    words = fields.Text("What the customer says", copy=False)
    result = fields.Selection(
        [("good", "Satisfied"), ("mixed", "Partly satisfied"), ("poor", "Not satisfied")],
        copy=False, tracking=True, index="btree_not_null",
    )
    summary = fields.Text("Summary for the report", copy=False)
    evidence_ids = fields.Many2many(string="Photos and documents")

    # what happened
    started_at = fields.Datetime("Begun on", readonly=True, copy=False)
    next_attempt_at = fields.Datetime("Next attempt", readonly=True, copy=False)
    done_at = fields.Datetime("Done on", readonly=True, copy=False, index=True)
    done_by_id = fields.Many2one("res.users", "Done by", readonly=True, copy=False)
    feedback_id = fields.Many2one("quality.feedback", readonly=True, copy=False, index="btree_not_null")
    score = fields.Float(
        "Score (0–100)", compute="_compute_scores", store=True, aggregator="avg", digits=(5, 2),
        help="Satisfaction in all; without such a question the mean of the subjects.",
    )
    has_score = fields.Boolean("Scored", compute="_compute_scores", store=True)
    report_id = fields.Many2one(
        "quality.visit.report", "Weekly report", readonly=True, copy=False, index="btree_not_null", check_company=True
    )
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)

    _once_a_period = models.UniqueIndex(
        "(plan_id, partner_id, period_date) WHERE plan_id IS NOT NULL AND period_date IS NOT NULL",
        "This plan has a visit to this customer in this period already.",
    )
    _due_idx = models.Index("(planned_at) WHERE state = 'planned'")
    _last_idx = models.Index("(company_id, commercial_partner_id, done_at) WHERE state IN ('done', 'reported')")
    _week_idx = models.Index("(company_id, done_at)")
    _grace_positive = models.Constraint("CHECK (grace_days >= 0)", "Days cannot be negative.")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for visit in self:
            visit.display_name = f"{visit.name} {visit.sudo().partner_id.name or ''}".strip()

    @api.depends("partner_id", "state")
    def _compute_concerned_names(self):
        concerned = self._concerned()
        for visit in self:
            users = self.env["res.users"].sudo().browse(concerned.get(visit, ()))
            visit.concerned_names = ", ".join(sorted(users.mapped("name"))) or False

    @api.depends("finding_ids")
    def _compute_finding_count(self):
        groups = self.env["quality.return.finding"]._read_group(
            [("visit_id", "in", self.ids)], ["visit_id"], ["__count"]
        )
        counts = dict(groups)
        for visit in self:
            visit.finding_count = counts.get(visit, 0)

    @api.depends("answer_ids.grade", "answer_ids.choice_id", "answer_ids.refused", "answer_ids.role")
    def _compute_scores(self):
        for visit in self:
            scored = [(answer.role, answer._score()) for answer in visit.answer_ids]
            overall = [score for role, score in scored if role == "overall" and score is not None]
            subjects = [score for role, score in scored if role == "dimension" and score is not None]
            counted = overall or subjects
            visit.has_score = bool(counted)
            visit.score = sum(counted) / len(counted) if counted else 0

    def _expand_states(self, states, domain):
        board = ("planned", "in_progress", "done", "missed")
        return [state for state, _label in STATES if state in board or state in states]

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Plan visits: numbered, with the questions of their questionnaire, promised in the deadline ledger.

        :raises UserError: the interviewer worked for the customer
        """
        self._number(vals_list)
        for vals in vals_list:
            if not self.env.su:
                vals.pop("period_date", None)
        visits = super().create(vals_list)
        visits._check_interviewer()
        visits._ask_questions()
        visits._promise()
        return visits

    def write(self, vals):
        """Write; the interviewer is checked whoever writes, and promises follow.

        :raises UserError: the interviewer worked for the customer; see also the workflow mixin
        """
        result = super().write(vals)
        if not {"interviewer_id", "partner_id"}.isdisjoint(vals):
            self._check_interviewer()
        if "survey_id" in vals:
            self._ask_questions()
        if not {"interviewer_id", "planned_at", "grace_days"}.isdisjoint(vals):
            self._promise()
        return result

    @api.model
    def _frozen_fields(self, state):
        if state in ("done", "reported", "cancelled"):
            return self._every_field() - {"finding_ids"} | {"name", "company_id"}
        frozen = {"name", "company_id", "plan_id", "period_date"}
        if state != "planned":
            frozen |= set(ORDER)
        return frozenset(frozen)

    def _evidence_locked(self):
        return any(visit.state not in self._open_states for visit in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", self._open_states)

    def _personal_documents(self):
        return self

    def _personal_reference(self):
        return self.name

    @api.constrains("contact_id", "partner_id")
    def _check_contact(self):
        for visit in self.sudo().filtered("contact_id"):
            if visit.contact_id.commercial_partner_id != visit.commercial_partner_id:
                raise ValidationError(self.env._("%s: the contact belongs to another customer.", visit.display_name))

    @api.onchange("partner_id", "contact_id")
    def _onchange_partner(self):
        person = self.contact_id or self.partner_id
        self.phone = person.phone or self.phone
        if self.contact_id:
            self.contact_name = self.contact_id.name

    # ------------------------------------------------------------------
    # The interviewer is nobody who did the work (D9)
    # ------------------------------------------------------------------

    def _concerned(self):
        """Return ``{visit: ids of the users who worked for its customer since the last return visit}``."""
        found = {}
        for company, visits in self.sudo().grouped("company_id").items():
            concerned = self._concerned_users(company, visits.commercial_partner_id)
            for visit in visits:
                found[self.browse(visit.id)] = concerned.get(visit.commercial_partner_id.id, set())
        return found

    def _check_interviewer(self):
        open_visits = self.filtered(lambda one: one.interviewer_id and not one.is_historic)
        concerned = open_visits._concerned() if open_visits else {}
        for visit in open_visits:
            user = visit.sudo().interviewer_id
            if not user.has_groups(STAFF):
                raise UserError(
                    self.env._("%s does not work in customer satisfaction and cannot hold return visits.", user.name)
                )
            if user.id in concerned[visit]:
                raise UserError(self._refusal_of(user))

    def _refusal_of(self, user):
        return self.env._(
            "%(visit)s: %(user)s worked for this customer since the last return visit. "
            "Choose an interviewer who did not.",
            visit=self.display_name,
            user=user.sudo().name,
        )

    # ------------------------------------------------------------------
    # Questionnaire
    # ------------------------------------------------------------------

    def _ask_questions(self):
        """Give these visits the questions of their questionnaire, as the system; answers of another one go."""
        visits = self.sudo()
        visits.answer_ids.filtered(lambda one: one.question_id.survey_id != one.visit_id.survey_id).unlink()
        missing = visits.filtered(lambda visit: visit.survey_id and not visit.answer_ids and not visit.is_historic)
        lines = self.env["quality.return.answer"].sudo()
        lines.create(
            [
                {**vals, "visit_id": visit.id}
                for lang, some in missing.grouped(lambda one: one.interviewer_id.lang or self.env.lang).items()
                for survey, group in some.grouped("survey_id").items()
                for vals in lines._questions_of(survey.with_context(lang=lang))
                for visit in group
            ]
        )
