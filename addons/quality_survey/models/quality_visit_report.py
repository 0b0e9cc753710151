from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import start_of_day
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .quality_survey_roles import STAFF


class QualityVisitReport(models.Model):
    """The weekly report of visits to customers (走访周报; D12): to the leaders, and back to the departments (D9)."""

    _name = "quality.visit.report"
    _description = "Weekly report of visits"
    _inherit = ["quality.step.mixin", "quality.evidence.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _sequence_code = "quality.visit.report"
    _step_activity = "quality_survey.mail_activity_visit_report"
    _open_states = ("draft",)
    _personal_fields = ("summary", "reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    date_from = fields.Date("From", required=True, readonly=True, index=True)
    date_to = fields.Date("To", required=True, readonly=True)
    week = fields.Char(compute="_compute_week")
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    summary = fields.Text(copy=False, help="What the week brought, in a few sentences; stands above the figures.")
    figures_at = fields.Datetime("Figures of", readonly=True, copy=False)
    published_at = fields.Datetime("Published on", readonly=True, copy=False)
    published_by_id = fields.Many2one("res.users", "Published by", readonly=True, copy=False)
    evidence_ids = fields.Many2many(string="Report as PDF", readonly=True)

    # figures of the week, frozen with the report
    done_count = fields.Integer("Visits held", readonly=True)
    leader_count = fields.Integer("By the general manager", readonly=True)
    on_site_count = fields.Integer("On site", readonly=True)
    missed_count = fields.Integer("Missed", readonly=True)
    due_count = fields.Integer("Still due at the end of the week", readonly=True)
    finding_count = fields.Integer("Findings in all", readonly=True)
    problem_count = fields.Integer("Problems", readonly=True)
    score_count = fields.Integer("Opinions scored", readonly=True)
    score = fields.Float("Mean score (0–100)", readonly=True, digits=(5, 2), aggregator=None)
    line_ids = fields.One2many("quality.visit.report.line", "report_id", "Visits", readonly=True)
    item_ids = fields.One2many("quality.visit.report.item", "report_id", "Findings", readonly=True)
    visit_ids = fields.One2many("quality.return.visit", "report_id", "Return visits", readonly=True)

    _transitions = {("draft", "published"): ("_missing_figures", "_missing_summary")}
    _transition_groups = {("draft", "published"): STAFF}
    _next_state = {"draft": "published"}
    _stamps = {"published": ("published_by_id", "published_at")}
    _figures = frozenset(
        {"done_count", "leader_count", "on_site_count", "missed_count", "due_count", "finding_count", "problem_count",
         "score_count", "score"}
    )
    _system_fields = frozenset(
        {"figures_at", "published_at", "published_by_id", "evidence_ids", "reason", "line_ids", "item_ids", "visit_ids"}
    ) | _figures

    _week_once = models.UniqueIndex("(company_id, date_from)", "This week has a report of visits already.")

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.depends("name", "date_from", "date_to")
    def _compute_display_name(self):
        for report in self:
            report.display_name = f"{report.name} {report.date_from} – {report.date_to}"

    @api.depends("date_from")
    def _compute_week(self):
        for report in self:
            year, week, _day = report.date_from.isocalendar() if report.date_from else (0, 0, 0)
            report.week = f"{year}-W{week:02d}"

    @api.constrains("date_from", "date_to")
    def _check_week(self):
        for report in self:
            if report.date_from.weekday() or report.date_to != report.date_from + timedelta(days=6):
                raise ValidationError(self.env._("A report of visits is about a week, from Monday to Sunday."))

    @api.model_create_multi
    def create(self, vals_list):
        """Create; the figures are read at once, and who is to hear of it follows the report.

        :raises AccessError: the user does not work in customer satisfaction
        """
        self._check_role(STAFF)
        self._number(vals_list)
        reports = super().create(vals_list)
        reports._read_figures()
        for report in reports:
            report.message_subscribe(report._readers().partner_id.ids)
        reports._assign_next_step()
        return reports

    def write(self, vals):
        if vals.keys() - set(self._never_frozen):
            self._check_role(STAFF)
        if vals.get("state") == "published":
            # By whatever path it is published: the figures are read a last time.
            self.filtered(lambda report: report.state == "draft")._read_figures()
        return super().write(vals)

    @api.model
    def _frozen_fields(self, state):
        if state == "published":
            return self._every_field() | {"name", "company_id"}
        return frozenset({"name", "company_id", "date_from", "date_to"})

    def _evidence_locked(self):
        return any(report.state == "published" for report in self)

    def _personal_documents(self):
        return self

    def _personal_reference(self):
        return self.name

    def _span(self):
        """Return the first moment of the week and the first after it, as naive UTC."""
        self.ensure_one()
        end = self.date_to + timedelta(days=1)
        return start_of_day(self.date_from, self.company_id), start_of_day(end, self.company_id)

    def _readers(self):
        """Return who gets the report: the leaders the company names, and the heads of its departments."""
        departments = self.env["hr.department"].sudo().search([("company_id", "=", self.company_id.id)])
        heads = departments.manager_id.user_id.filtered("active")
        return heads | self.sudo().company_id.survey_visit_reader_ids

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _missing_figures(self):
        return [] if self.figures_at else [self.env._("The figures: refresh them")]

    def _missing_summary(self):
        return [] if (self.summary or "").strip() else [self.env._("A summary of the week")]

    def _next_people(self):
        if self.state != "draft":
            return None
        people = self._role_users("service_ticket.group_service_marketing")
        return people, self.env._("Look over the weekly report of visits and publish it")

    def _after_transition(self, origins, target):
        reports = self.sudo()
        for report in reports:
            visits = report.visit_ids.filtered(lambda one: one.state == "done")
            visits.write({"state": "reported"})
        reports._announce()
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def action_refresh(self):
        """Read the figures again while the report is a draft.

        :raises AccessError: the user does not work in customer satisfaction
        :raises UserError: it is published
        """
        self._check_role(STAFF)
        self.check_access("write")
        self._check_transition_known("published")
        self._read_figures()
        return True

    def action_publish(self):
        """Publish: figures are read a last time and fixed; leaders and departments get the report as PDF (D12).

        :raises AccessError: the user does not work in customer satisfaction
        :raises UserError: the summary is missing, or it is published already
        """
        self._check_role(STAFF)
        return self._take_step("published")

    def action_open_visits(self):
        """Return the action that shows the visits of this report."""
        self.ensure_one()
        self._check_role(STAFF)
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_survey.quality_return_visit_action"),
            "domain": [("report_id", "=", self.id)],
            "context": {},
        }


class QualityVisitReportLine(models.Model):
    """A visit as it stood when the report was made."""

    _name = "quality.visit.report.line"
    _description = "Visit in a weekly report"
    _inherit = ["quality.personal.mixin"]
    _order = "report_id desc, is_leader desc, done_at, id"
    _rec_name = "number"
    _personal_fields = ("customer", "people", "words", "summary")

    report_id = fields.Many2one("quality.visit.report", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="report_id.company_id", store=True, index=True)
    is_leader = fields.Boolean("General manager's visit", readonly=True)
    number = fields.Char(readonly=True)
    done_at = fields.Datetime("Date", readonly=True)
    way = fields.Selection(
        lambda self: self.env["quality.return.visit"]._fields["kind"]._description_selection(self.env), readonly=True
    )
    customer = fields.Char(readonly=True)
    region = fields.Char(readonly=True)
    people = fields.Char("Visited by", readonly=True)
    result = fields.Selection(
        lambda self: self.env["quality.return.visit"]._fields["result"]._description_selection(self.env), readonly=True
    )
    has_score = fields.Boolean(readonly=True)
    score = fields.Float("Score (0–100)", readonly=True, digits=(5, 2), aggregator="avg")
    words = fields.Text("What the customer says", readonly=True)
    summary = fields.Text(readonly=True)

    def _personal_documents(self):
        return self.report_id

    def _personal_reference(self):
        return self.report_id.name

    @api.model
    def _personal_needed_domain(self):
        return Domain("report_id.state", "=", "draft")


class QualityVisitReportItem(models.Model):
    """A finding as it stood when the report was made, under the department it concerns (D9)."""

    _name = "quality.visit.report.item"
    _description = "Finding in a weekly report"
    _inherit = ["quality.personal.mixin"]
    _order = "report_id desc, department, kind, id"
    _rec_name = "number"
    _personal_fields = ("customer", "text", "fate")

    report_id = fields.Many2one("quality.visit.report", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="report_id.company_id", store=True, index=True)
    department = fields.Char(readonly=True)
    number = fields.Char("Visit", readonly=True)
    customer = fields.Char(readonly=True)
    kind = fields.Selection(
        lambda self: self.env["quality.return.finding"]._fields["kind"]._description_selection(self.env),
        "Sort", readonly=True,
    )
    text = fields.Text("What", readonly=True)
    fate = fields.Char("What became of it", readonly=True)

    def _personal_documents(self):
        return self.report_id

    def _personal_reference(self):
        return self.report_id.name

    @api.model
    def _personal_needed_domain(self):
        return Domain("report_id.state", "=", "draft")
