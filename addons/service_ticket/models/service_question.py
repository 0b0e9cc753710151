from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .service_ticket_roles import AGENT, ENGINEER, QUALITY

KIND = "department_answer"


class ServiceQuestion(models.Model):
    """What a department is asked about a ticket, and what it answers until when (C17, C19, D3, E7, E8, E11)."""

    _name = "service.question"
    _description = "Question to a department"
    _inherit = ["quality.evidence.mixin"]
    _order = "ticket_id, asked_at, id"
    _rec_name = "question"
    _check_company_auto = True
    _personal_fields = ("question", "answer")

    ticket_id = fields.Many2one("service.ticket", required=True, index=True, ondelete="cascade", check_company=True)
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
    department_id = fields.Many2one("hr.department", required=True, index=True, ondelete="restrict", check_company=True)
    user_id = fields.Many2one(
        "res.users",
        "To be answered by",
        index="btree_not_null",
        domain="[('share', '=', False)]",
        help="Empty: the manager of the department.",
    )
    purpose = fields.Selection(
        [
            ("verify", "Verify the facts"),
            ("analyse", "Analyse the cause"),
            ("propose", "Propose a solution"),
            ("feedback", "Take note of the result"),
        ],
        default="analyse",
        required=True,
    )
    question = fields.Text(required=True)
    answer = fields.Text(readonly=True)
    state = fields.Selection(
        [("open", "Open"), ("answered", "Answered"), ("cancelled", "Cancelled")],
        default="open",
        required=True,
        readonly=True,
        index=True,
        copy=False,
    )
    asked_by_id = fields.Many2one("res.users", "Asked by", readonly=True, default=lambda self: self.env.user)
    asked_at = fields.Datetime("Asked on", readonly=True, default=fields.Datetime.now)
    answered_by_id = fields.Many2one("res.users", "Answered by", readonly=True)
    answered_at = fields.Datetime("Answered on", readonly=True)
    evidence_ids = fields.Many2many(string="Documents")
    is_mine = fields.Boolean("For me to answer", compute="_compute_is_mine", search="_search_is_mine")

    @api.depends("department_id", "user_id")
    @api.depends_context("uid")
    def _compute_is_mine(self):
        departments = self._my_departments()
        for question in self:
            question.is_mine = question.user_id == self.env.user or question.department_id in departments

    @api.model
    def _search_is_mine(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return Domain("user_id", "=", self.env.uid) | Domain("department_id", "in", self._my_departments().ids)

    @api.model
    def _my_departments(self):
        return self.env["hr.department"].sudo().search(self.env["quality.deadline"]._my_departments_domain())

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Ask departments; each gets its clock.

        :raises AccessError: the user is no service or quality staff
        :raises UserError: a ticket is closed or cancelled
        """
        self.env["service.ticket"]._check_role(f"{ENGINEER},{QUALITY}")
        system = {"state": "open", "answer": False, "answered_by_id": False, "answered_at": False}
        asked = {"asked_by_id": self.env.uid, "asked_at": fields.Datetime.now()}
        questions = super().create([{**vals, **system, **asked} for vals in vals_list])
        for question in questions:
            if question.purpose != "feedback" and question.ticket_id.state in ("closed", "cancelled"):
                raise UserError(
                    self.env._("%s is over; there is nothing to ask about.", question.ticket_id.display_name)
                )
        questions._start_clocks()
        return questions

    def write(self, vals):
        if not self.env.su:
            if vals.keys() & {
                "state",
                "answer",
                "asked_by_id",
                "asked_at",
                "answered_by_id",
                "answered_at",
                "ticket_id",
            }:
                raise AccessError(self.env._("Questions are answered and withdrawn with their buttons."))
            if any(question.state != "open" for question in self):
                raise UserError(self.env._("An answered question is kept as it is; ask another one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not self.env.su:
            raise UserError(self.env._("Withdraw the question instead of deleting it."))

    def _evidence_locked(self):
        return any(question.state != "open" for question in self)

    # ------------------------------------------------------------------
    # Clock
    # ------------------------------------------------------------------

    def _clock_key(self):
        return f"question:{self.id}"

    def _start_clocks(self):
        specs = []
        policies = self.ticket_id._policies_of("department_answer")
        for question in self.sudo():
            policy = policies.get(question.ticket_id.id)
            if policy:
                specs.append(
                    {
                        "record": question.ticket_id,
                        "kind": KIND,
                        "key": question._clock_key(),
                        "name": self.env._("Answer of %s", question.department_id.name),
                        "hours": policy.hours,
                        "calendar": policy.calendar_id,
                        "warning_share": policy.warning_share,
                        "user": question.user_id or question.department_id.manager_id.user_id,
                        "department": question.department_id,
                    }
                )
        self.env["quality.deadline"]._start(specs)

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_answer(self, answer=None):
        """Answer for the department; a text is required, the button asks for it.

        :raises AccessError: the user neither belongs to the department nor was asked
        :raises UserError: it is answered or withdrawn already
        """
        self.check_access("read")
        if not answer:
            return self.env["quality.reason"]._ask(self, "action_answer")
        for question in self:
            question._check_open()
            if not self.env.su and not question.is_mine:
                raise AccessError(
                    self.env._("%s is asked here: somebody of theirs answers.", question.sudo().department_id.name)
                )
            question.sudo().write(
                {
                    "state": "answered",
                    "answer": answer,
                    "answered_by_id": self.env.uid,
                    "answered_at": fields.Datetime.now(),
                }
            )
            ticket = question.sudo().ticket_id
            ticket._stop_deadline(KIND, key=question._clock_key())
            ticket._message_log(body=f"{question.sudo().department_id.name}: {answer}")
        return True

    def action_withdraw(self):
        """Withdraw questions that need no answer any more.

        :raises AccessError: the user neither asked nor works at the service desk
        """
        self.check_access("read")
        for question in self:
            question._check_open()
            if question.asked_by_id != self.env.user:
                self.env["service.ticket"]._check_role(AGENT)
            question.sudo().state = "cancelled"
            question.sudo().ticket_id._cancel_deadline(KIND, key=question._clock_key())
        return True

    def _check_open(self):
        if self.state != "open":
            raise UserError(self.env._("“%s” is answered or withdrawn already.", self.question))
