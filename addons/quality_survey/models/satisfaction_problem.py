from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_rectification_workflow import ISSUERS
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.statistics import DETRACTOR
from .quality_survey_roles import STAFF

QUALITY = "quality_incident.group_quality_staff"
#: what others than the system may write of a problem
ANSWER = frozenset({"reply", "department_id", "evidence_ids"})


class QualitySatisfactionProblem(models.Model):
    """A problem that a customer raised, and the reply to it (D15): without one the statement cannot be approved."""

    _name = "quality.satisfaction.problem"
    _description = "Problem of a customer"
    _inherit = ["quality.line.mixin", "quality.register.mixin"]
    _order = "statement_id desc, given_at, id"
    _check_company_auto = True
    _document_field = "statement_id"
    _document_states = ("draft",)
    _personal_fields = ("text", "reply")

    statement_id = fields.Many2one(
        "quality.satisfaction.statement", required=True, readonly=True, index=True, ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one(related="statement_id.company_id", store=True, index=True)
    feedback_id = fields.Many2one(
        "quality.feedback", "Opinion", required=True, readonly=True, index=True, ondelete="restrict",
        check_company=True,
    )
    given_at = fields.Datetime("Raised on", readonly=True)
    channel = fields.Selection(related="feedback_id.channel", store=True)
    subject = fields.Selection(related="feedback_id.subject", store=True)
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True, index="btree_not_null")
    product_id = fields.Many2one("product.product", readonly=True, index="btree_not_null")
    score_text = fields.Char("Score", readonly=True)
    text = fields.Text("What the customer says", required=True, readonly=True)

    department_id = fields.Many2one("hr.department", "Responsible", index="btree_not_null", check_company=True)
    reply = fields.Text(help="What we answer to exactly this problem.")
    replied_by_id = fields.Many2one("res.users", "Replied by", readonly=True)
    replied_at = fields.Datetime("Replied on", readonly=True)
    rectification_id = fields.Many2one(
        "quality.rectification", "Rectification notice", readonly=True, index="btree_not_null", ondelete="set null"
    )
    ticket_id = fields.Many2one("service.ticket", readonly=True, index="btree_not_null", ondelete="set null")
    improvement_id = fields.Many2one("service.improvement", readonly=True, index="btree_not_null", ondelete="set null")
    statement_state = fields.Selection(related="statement_id.state")

    _once = models.UniqueIndex("(statement_id, feedback_id)", "This opinion is in the list of problems already.")
    _unanswered_idx = models.Index("(company_id) WHERE replied_at IS NULL")

    @api.depends("text", "partner_id")
    def _compute_display_name(self):
        for problem in self:
            line = " ".join((problem.text or "").split())
            short = f"{line[:60]}…" if len(line) > 60 else line
            problem.display_name = f"{problem.partner_id.name}: {short}" if problem.partner_id else short

    def write(self, vals):
        """Write; people write the reply and who is responsible, who replied and when is noted.

        :raises UserError: something else would change, or the statement is no draft
        """
        if not self.env.su and vals.keys() - ANSWER:
            raise UserError(self.env._("A problem stays as the customer raised it; only the reply is written here."))
        if "reply" in vals:
            said = (vals["reply"] or "").strip()
            vals = {
                **vals, "replied_by_id": said and self.env.uid, "replied_at": said and fields.Datetime.now(),
            }
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not self.env.su:
            raise UserError(self.env._("Problems that customers raised are not deleted."))

    # ------------------------------------------------------------------
    # What follows from it, in one click
    # ------------------------------------------------------------------

    def action_raise_rectification(self):
        """Draft a rectification notice about this problem, or open the one there is (D15, F7).

        :raises AccessError: the user may not issue notices
        """
        self.ensure_one()
        self.check_access("read")
        self.statement_id._check_role(ISSUERS)
        if not self.rectification_id:
            notice = self.env["quality.rectification"]._raise_from(
                self, [{"requirement": self.text}], recipient_department_id=self.department_id.id,
                subject=self.env._("Problem of a customer: %s", self.display_name),
            )
            self.sudo().rectification_id = notice
        return self.rectification_id.get_formview_action()

    def action_raise_improvement(self):
        """Draft an improvement opinion to quality and engineering from this problem, or open the one there is (D15).

        :raises AccessError: the user neither collects feedback nor belongs to the quality staff
        """
        self.ensure_one()
        self.check_access("read")
        self.statement_id._check_role(f"{STAFF},{QUALITY}")
        if not self.improvement_id:
            self.sudo().improvement_id = self.env["service.improvement"].sudo().create(
                {
                    "name": self.display_name, "note": self.text, "product_id": self.product_id.id,
                    "company_id": self.company_id.id, "department_id": self.department_id.id,
                    "ticket_id": self.sudo().feedback_id.ticket_id.id,
                    "trend": {"competitor": "competitor", "need": "wish"}.get(self.subject, "defect"),
                }
            )
        return self.improvement_id.get_formview_action()

    def action_raise_ticket(self):
        """Open a complaint ticket about this problem, or the one there is (F7).

        :raises AccessError: the user does not collect feedback
        :raises UserError: nobody is known to complain
        """
        self.ensure_one()
        self.check_access("read")
        self.statement_id._check_role(STAFF)
        if not self.ticket_id:
            feedback = self.sudo().feedback_id
            if feedback.is_anonymous or not feedback.partner_id:
                raise UserError(self.env._("Nobody is known to answer to: a complaint needs its customer."))
            self.sudo().ticket_id = feedback._create_complaint()
        return self.ticket_id.get_formview_action()

    # ------------------------------------------------------------------
    # Register
    # ------------------------------------------------------------------

    _register_date = "given_at"
    _register_order = "given_at, id"
    _register_historic = None

    @api.model
    def _register_title(self):
        return self.env._("Problems of customers and replies")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Statement"), "statement_id.name", width=18),
            Column(self.env._("Raised on"), "given_at", "datetime"),
            Column(self.env._("Channel"), "channel", width=16),
            Column(self.env._("Subject"), "subject", width=16),
            Column(self.env._("Customer"), "partner_id", width=24),
            Column(self.env._("Score"), "score_text", width=10),
            Column(self.env._("What the customer says"), "text", width=48),
            Column(self.env._("Responsible"), "department_id", width=18),
            Column(self.env._("Reply"), "reply", width=48),
            Column(self.env._("Replied by"), "replied_by_id", width=16),
            Column(self.env._("Replied on"), "replied_at", "datetime"),
            Column(self.env._("Rectification notice"), "rectification_id.name", width=16),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Company"), "company_id"),
        ]


class QualityRectification(models.Model):
    _inherit = "quality.rectification"

    @api.model
    def _source_of(self, record):
        if record._name == "quality.satisfaction.problem":
            return "survey"
        return super()._source_of(record)

    def _feedback_domains(self):
        """Say of a notice about a problem which opinion it goes back to (F7)."""
        domains = super()._feedback_domains()
        problems = self.env["quality.satisfaction.problem"].sudo().search([("rectification_id", "in", self.ids)])
        for notice, of_notice in problems.grouped("rectification_id").items():
            domains[notice.id] = Domain("id", "in", of_notice.feedback_id.ids)
        return domains


class QualitySatisfactionStatement(models.Model):
    """Which opinions are problems: low scores with words, complaints and needs."""

    _inherit = "quality.satisfaction.statement"

    problem_count = fields.Integer(compute="_compute_problem_count")
    unanswered_count = fields.Integer("Without a reply", compute="_compute_problem_count")

    @api.depends("problem_ids.replied_at")
    def _compute_problem_count(self):
        groups = self.env["quality.satisfaction.problem"]._read_group(
            [("statement_id", "in", self.ids)], ["statement_id"], ["__count", "replied_at:count"]
        )
        counts = {statement.id: (count, replied) for statement, count, replied in groups}
        for statement in self:
            total, replied = counts.get(statement.id, (0, 0))
            statement.problem_count, statement.unanswered_count = total, total - replied

    @api.model
    def _problem_domain(self):
        """Return what makes an opinion a problem: words, and a low score, a detractor, a complaint or a need."""
        low = Domain("has_score", "=", True) & Domain("is_satisfied", "=", False)
        detractor = Domain("has_nps", "=", True) & Domain("nps", "<=", DETRACTOR)
        return Domain("comment", "!=", False) & (low | detractor | Domain("subject", "in", ("complaint", "need")))

    def _list_problems(self):
        """List the problems of what is counted now; replies given stay, those of what is revised are taken over."""
        problems = self.env["quality.satisfaction.problem"].sudo()
        found = self.env["quality.feedback"].sudo().search(
            Domain("counted_in_ids", "in", self.ids) & self._problem_domain(), order="given_at, id"
        ).filtered(lambda feedback: (feedback.comment or "").strip())
        listed = self.problem_ids.grouped("feedback_id")
        self.problem_ids.filtered(lambda problem: problem.feedback_id not in found).unlink()
        earlier = self.revises_id.problem_ids.grouped("feedback_id")
        problems.create(
            [
                self._problem_vals(feedback, earlier.get(feedback, problems))
                for feedback in found if feedback not in listed
            ]
        )

    def _problem_vals(self, feedback, earlier):
        """Return the values of a new problem; of an anonymous opinion nothing is kept that could tell whose it is."""
        known = feedback.browse() if feedback.is_anonymous else feedback
        marks = [f"{feedback.score:g}"] if feedback.has_score else []
        marks += [self.env._("NPS %s", feedback.nps)] if feedback.has_nps else []
        return {
            "statement_id": self.id, "feedback_id": feedback.id, "text": feedback.comment.strip(),
            "given_at": feedback.given_at, "partner_id": known.partner_id.id, "product_id": known.product_id.id,
            "score_text": ", ".join(marks), "department_id": known.team_id.department_id.id,
            **{
                name: earlier[name].id if earlier._fields[name].relational else earlier[name]
                for name in (
                    "reply", "replied_by_id", "replied_at", "department_id", "rectification_id", "ticket_id",
                    "improvement_id",
                )
                if earlier
            },
        }
