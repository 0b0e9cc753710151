from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import end_of_day
from odoo.exceptions import AccessError

from .service_ticket_roles import LEADER


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(
        selection_add=[("assessment", "Assessment of an engineer"), ("other",)], ondelete={"assessment": "cascade"}
    )


class ResCompany(models.Model):
    _inherit = "res.company"

    service_training_days = fields.Integer("Training of engineers", default=60, help="Days at least (C1).")
    service_certificate_months = fields.Integer(
        "Qualification holds", default=12, help="Months until the next assessment."
    )


class HrSkill(models.Model):
    _inherit = "hr.skill"

    service_categ_ids = fields.Many2many(
        "product.category",
        string="Qualifies for",
        help="Product categories this certificate qualifies for; empty: all.",
    )
    is_service = fields.Boolean("Service qualification", help="Given and renewed by assessments only.")


class HrEmployeeSkill(models.Model):
    _inherit = "hr.employee.skill"

    @api.model_create_multi
    def create(self, vals_list):
        skills = self.env["hr.skill"].browse([vals.get("skill_id") for vals in vals_list if vals.get("skill_id")])
        self._check_service(skills)
        return super().create(vals_list)

    def write(self, vals):
        self._check_service(self.skill_id | self.env["hr.skill"].browse(vals.get("skill_id") or []))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_service(self):
        self._check_service(self.skill_id)

    def _check_service(self, skills):
        """C1: a service qualification comes from an assessment, from nowhere else."""
        if not self.env.su and skills.sudo().filtered("is_service"):
            message = self.env._("A service qualification is given by an assessment: After-sales ‣ Assessments.")
            raise AccessError(message)


class ServiceAssessment(models.Model):
    """Training and examination of a service engineer; passing gives the certificate that dispatch asks for (C1)."""

    _name = "service.assessment"
    _description = "Assessment of a service engineer"
    _inherit = [
        "quality.workflow.mixin",
        "quality.evidence.mixin",
        "quality.deadline.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "exam_date desc, id desc"
    _rec_name = "employee_id"
    _check_company_auto = True
    _historic_group = LEADER
    _deletable_states = ("training",)
    _personal_fields = ("note",)

    employee_id = fields.Many2one("hr.employee", "Engineer", required=True, index=True, check_company=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    skill_id = fields.Many2one(
        "hr.skill",
        "Qualification",
        required=True,
        index=True,
        domain="[('is_service', '=', True)]",
        ondelete="restrict",
    )
    state = fields.Selection(
        [("training", "In training"), ("passed", "Passed"), ("failed", "Failed")],
        default="training",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    training_start = fields.Date(required=True, default=fields.Date.context_today)
    training_end = fields.Date()
    is_renewal = fields.Boolean("Re-assessment", compute="_compute_is_renewal", store=True)
    exam_date = fields.Date("Examined on")
    score = fields.Float(aggregator="avg")
    examiner_id = fields.Many2one("res.users", domain="[('share', '=', False)]")
    note = fields.Text()
    valid_to = fields.Date("Valid until", readonly=True, copy=False, index="btree_not_null")
    conduct_count = fields.Integer("Substantiated complaints since the last", compute="_compute_conduct_count")

    _transitions = {
        ("training", "passed"): ("_missing_exam", "_missing_training"),
        ("training", "failed"): ("_missing_exam",),
    }
    _transition_groups = dict.fromkeys(_transitions, LEADER)
    _system_fields = frozenset({"valid_to"})

    @api.depends("employee_id", "skill_id")
    def _compute_is_renewal(self):
        for assessment in self:
            assessment.is_renewal = bool(assessment._earlier())

    def _earlier(self):
        return self.sudo().search(
            [
                ("employee_id", "=", self.employee_id.id),
                ("skill_id", "=", self.skill_id.id),
                ("state", "=", "passed"),
                ("id", "!=", self._origin.id),
            ],
            order="exam_date desc",
            limit=1,
        )

    @api.depends("employee_id", "exam_date")
    def _compute_conduct_count(self):
        for assessment in self:
            since = assessment._earlier().exam_date
            domain = [
                ("conduct_employee_id", "=", assessment.employee_id.id),
                ("conduct_finding", "=", "substantiated"),
            ]
            domain += [("received_at", ">=", since)] if since else []
            assessment.conduct_count = self.env["service.ticket"].sudo().search_count(domain)

    @api.model
    def _frozen_fields(self, state):
        return frozenset() if state == "training" else self._every_field()

    def _evidence_locked(self):
        return any(assessment.state != "training" for assessment in self)

    def _missing_exam(self):
        missing = [
            self._fields[name]._description_string(self.env)
            for name in ("exam_date", "score", "examiner_id")
            if not self[name]
        ]
        if self.exam_date and self.exam_date > fields.Date.context_today(self):
            missing.append(self.env._("An examination that has taken place"))
        if self.examiner_id and self.examiner_id == self.employee_id.user_id:
            missing.append(self.env._("Another examiner: nobody examines themself"))
        if self.conduct_count and not (self.note or "").strip():
            missing.append(self.env._("A note on the substantiated complaints about conduct"))
        return missing

    def _missing_training(self):
        """C1: two months of training before the first certificate."""
        if self.is_renewal:
            return []
        days = self.company_id.service_training_days
        if self.training_end and self.training_end - self.training_start >= timedelta(days=days):
            return []
        return [self.env._("At least %d days of training, with beginning and end", days)]

    def action_pass(self):
        """Pass: the certificate is given or prolonged, the next assessment is due before it ends (C1).

        :raises UserError: training or examination is missing
        """
        return self._take_step("passed")

    def action_fail(self):
        """Fail: the engineer trains again; a new assessment follows."""
        return self._take_step("failed")

    def _after_transition(self, origins, target):
        if target == "passed":
            for assessment in self.sudo():
                assessment._give_certificate()
        return super()._after_transition(origins, target)

    def _give_certificate(self):
        valid_to = self.exam_date + relativedelta(months=self.company_id.service_certificate_months)
        self.valid_to = valid_to
        level = self.skill_id.skill_type_id.skill_level_ids.sorted("level_progress")[-1:]
        self.env["hr.employee.skill"].create(
            {
                "employee_id": self.employee_id.id,
                "skill_type_id": self.skill_id.skill_type_id.id,
                "skill_id": self.skill_id.id,
                "skill_level_id": level.id,
                "valid_from": self.exam_date,
                "valid_to": valid_to,
            }
        )
        same = [("employee_id", "=", self.employee_id.id), ("skill_id", "=", self.skill_id.id), ("id", "!=", self.id)]
        self.search(same)._stop_deadline("assessment")
        self._start_deadline(
            "assessment",
            due_at=end_of_day(valid_to, self.company_id),
            user=self.examiner_id,
            name=self.env._("Re-assessment of %s", self.employee_id.name),
        )


class HrEmployee(models.Model):
    _inherit = "hr.employee"

    service_conduct_count = fields.Integer(
        "Substantiated complaints", compute="_compute_service_conduct_count", groups="hr.group_hr_user"
    )

    def _compute_service_conduct_count(self):
        groups = (
            self.env["service.ticket"]
            .sudo()
            ._read_group(
                [("conduct_employee_id", "in", self.ids), ("conduct_finding", "=", "substantiated")],
                ["conduct_employee_id"],
                ["__count"],
            )
        )
        counts = {employee.id: count for employee, count in groups}
        for employee in self:
            employee.service_conduct_count = counts.get(employee.id, 0)

    def _service_qualified(self, product, day):
        """Return those of these employees who hold a valid certificate for ``product`` on ``day`` (C1).

        :param product: ``product.product`` or an empty recordset, for which any service certificate will do
        :param day: date
        """
        domain = [
            ("employee_id", "in", self.ids),
            ("skill_id.is_service", "=", True),
            ("valid_from", "<=", day),
            "|",
            ("valid_to", "=", False),
            ("valid_to", ">=", day),
        ]
        held = self.env["hr.employee.skill"].sudo().search(domain)
        categories, categ = self.env["product.category"], product.sudo().categ_id
        while categ:
            categories |= categ
            categ = categ.parent_id
        held = held.filtered(
            lambda row: not row.skill_id.service_categ_ids or not product or row.skill_id.service_categ_ids & categories
        )
        return self & held.employee_id.with_env(self.env)
