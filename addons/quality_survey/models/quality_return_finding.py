from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .quality_survey_roles import STAFF

KINDS = [("problem", "Problem"), ("improvement", "Improvement"), ("need", "Need"), ("praise", "Praise")]
#: fields that say what became of a finding; each holds one document
DESTINATIONS = ("ticket_id", "improvement_id", "rectification_id")
TITLE_LENGTH = 80


class QualityReturnFinding(models.Model):
    """Something a customer said in a return visit that concerns somebody: passed on, answered or acted on (D9)."""

    _name = "quality.return.finding"
    _description = "Finding of a return visit"
    _inherit = ["quality.line.mixin", "quality.register.mixin"]
    _order = "create_date desc, id desc"
    _rec_name = "text"
    _check_company_auto = True
    _document_field = "visit_id"
    _document_states = ("planned", "in_progress", "missed")
    _personal_fields = ("text", "answer")

    visit_id = fields.Many2one(
        "quality.return.visit", "Return visit", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="visit_id.company_id", store=True, index=True)
    partner_id = fields.Many2one(related="visit_id.commercial_partner_id", string="Customer", store=True, index=True)
    visit_done_at = fields.Datetime(related="visit_id.done_at", string="Heard on", store=True, index=True)
    kind = fields.Selection(KINDS, "Sort", required=True, default="problem", index=True)
    text = fields.Text("What", required=True)
    product_id = fields.Many2one("product.product", index="btree_not_null", check_company=True)
    department_id = fields.Many2one(
        "hr.department", "Concerns", index="btree_not_null", check_company=True, help="Gets it when the visit is done."
    )
    is_for_me = fields.Boolean(
        compute="_compute_is_for_me", search="_search_is_for_me", export_string_translation=False
    )

    # what became of it
    answer = fields.Text(readonly=True, copy=False)
    answered_by_id = fields.Many2one("res.users", "Answered by", readonly=True, copy=False)
    answered_at = fields.Datetime("Answered on", readonly=True, copy=False)
    passed_on_at = fields.Datetime("Passed on", readonly=True, copy=False)
    ticket_id = fields.Many2one(
        "service.ticket", readonly=True, copy=False, index="btree_not_null", check_company=True, ondelete="restrict"
    )
    improvement_id = fields.Many2one(
        "service.improvement", readonly=True, copy=False, index="btree_not_null", check_company=True,
        ondelete="restrict",
    )
    rectification_id = fields.Many2one(
        "quality.rectification", "Rectification notice", readonly=True, copy=False, index="btree_not_null",
        check_company=True, ondelete="restrict",
    )
    status = fields.Selection(
        [("open", "Open"), ("answered", "Answered"), ("acted", "Acted on")],
        "What became of it", compute="_compute_status", store=True, index=True,
    )

    _fate = frozenset({*DESTINATIONS, "answer", "answered_by_id", "answered_at", "passed_on_at", "status"})

    @api.depends("answer", *DESTINATIONS)
    def _compute_status(self):
        for finding in self:
            acted = any(finding[name] for name in DESTINATIONS)
            finding.status = "acted" if acted else "answered" if finding.answer else "open"

    @api.depends("department_id")
    @api.depends_context("uid")
    def _compute_is_for_me(self):
        departments = self._my_departments()
        for finding in self:
            finding.is_for_me = finding.department_id in departments

    @api.model
    def _search_is_for_me(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return Domain("department_id", "in", self._my_departments().ids) & Domain("passed_on_at", "!=", False)

    @api.model
    def _my_departments(self):
        return self.env["quality.rectification"]._my_departments()

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self._check_fate(*vals_list)
        findings = super().create(vals_list)
        if not self.env.su:
            findings.visit_id._check_own()
        return findings

    def write(self, vals):
        self._check_fate(vals)
        if not self.env.su:
            self.visit_id._check_own()
        return super().write(vals)

    @api.model
    def _check_fate(self, *vals_list):
        if not self.env.su and any(not vals.keys().isdisjoint(self._fate) for vals in vals_list):
            raise AccessError(self.env._("What became of a finding is set by its buttons; it cannot be entered."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_acted(self):
        if not self.env.su and any(finding.status != "open" for finding in self):
            raise UserError(self.env._("A finding that was answered or acted on stays."))

    def _short(self):
        text = " ".join((self.text or "").split())
        return text if len(text) <= TITLE_LENGTH else f"{text[:TITLE_LENGTH]}…"

    # ------------------------------------------------------------------
    # Passed on to the departments (D9)
    # ------------------------------------------------------------------

    def _pass_on(self):
        """Tell the departments concerned, each manager once; runs as the system when a visit is done."""
        fresh = self.filtered(lambda one: one.department_id and not one.passed_on_at)
        fresh.write({"passed_on_at": fields.Datetime.now()})
        for (visit, department), findings in fresh.grouped(lambda one: (one.visit_id, one.department_id)).items():
            manager = department.manager_id.user_id
            if manager:
                visit.message_notify(
                    partner_ids=manager.partner_id.ids,
                    subject=self.env._("Findings of return visit %s", visit.display_name),
                    body="\n".join(finding.text for finding in findings),
                )

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_answer(self, answer=None):
        """Answer a finding; the department it concerns may, and customer satisfaction.

        :param answer: text; without it the button asks for it
        :raises AccessError: the finding does not concern the user
        :raises UserError: it is answered already
        """
        self.check_access("read")
        for finding in self:
            if not self.env.user.has_groups(STAFF) and not finding.is_for_me:
                raise AccessError(self.env._("The department a finding concerns answers it."))
        if not answer:
            return self.env["quality.reason"]._ask(self, "action_answer")
        for finding in self:
            if finding.answer:
                raise UserError(self.env._("“%s” is answered already.", finding._short()))
        self.sudo().write({"answer": answer, "answered_by_id": self.env.uid, "answered_at": fields.Datetime.now()})
        for finding in self.sudo():
            finding.visit_id._message_log(
                body=self.env._("“%(finding)s” was answered: %(answer)s", finding=finding._short(), answer=answer)
            )
        return True

    def action_make_ticket(self):
        """Open a service ticket from this finding and return its form; a second tap opens the same."""
        return self._act("ticket_id", self._make_ticket)

    def action_make_improvement(self):
        """Pass this finding to engineering as an improvement and return its form; a second tap opens the same."""
        return self._act("improvement_id", self._make_improvement)

    def action_make_rectification(self):
        """Draft a rectification notice from this finding and return its form; a second tap opens the same."""
        return self._act("rectification_id", self._make_rectification)

    def _act(self, destination, make):
        """Make one document from one finding, exactly once, and return the action that opens it.

        :raises AccessError: the user does not work in customer satisfaction
        :raises UserError: something else was made of it
        """
        self.ensure_one()
        self._check_staff()
        finding = self.sudo()
        finding.lock_for_update(allow_referencing=True)
        finding.invalidate_recordset(DESTINATIONS)
        other = next((name for name in DESTINATIONS if name != destination and finding[name]), None)
        if other:
            raise UserError(
                self.env._(
                    "“%(finding)s” became %(document)s already.",
                    finding=finding._short(), document=finding[other].display_name,
                )
            )
        if not finding[destination]:
            if finding.visit_id.state == "cancelled":
                raise UserError(self.env._("%s is cancelled.", finding.visit_id.display_name))
            document = make()
            finding.write({destination: document.id})
            finding.visit_id._message_log(
                body=self.env._(
                    "“%(finding)s” became: %(document)s",
                    finding=finding._short(), document=document.sudo().display_name,
                )
            )
        return finding[destination].with_env(self.env).get_formview_action()

    def _check_staff(self):
        self.check_access("read")
        self.visit_id._check_role(STAFF)
        self.visit_id.check_access("read")

    def _make_ticket(self):
        visit = self.sudo().visit_id
        return self.env["service.ticket"].sudo().create(
            {
                "subject": self._short(),
                "description": self.text,
                "kind": "complaint" if self.kind == "problem" else "suggestion",
                "channel": "phone" if visit.kind == "phone" else "internal",
                "received_at": visit.done_at or fields.Datetime.now(),
                "partner_id": (visit.contact_id or visit.partner_id).id,
                "contact_name": visit.contact_name or visit.contact_id.name,
                "phone": visit.phone,
                "product_id": self.product_id.id,
                "company_id": self.company_id.id,
            }
        )

    def _make_improvement(self):
        return self.env["service.improvement"].sudo().create(
            {
                "name": self._short(),
                "note": self.text,
                "trend": "defect" if self.kind == "problem" else "wish",
                "product_id": self.product_id.id,
                "department_id": self.department_id.id,
                "company_id": self.company_id.id,
            }
        )

    def _make_rectification(self):
        return self.env["quality.rectification"]._raise_from(
            self,
            [{"requirement": self.text}],
            subject=self._short(),
            description=self.env._("Said in return visit %s.", self.visit_id.display_name),
            recipient_department_id=self.department_id.id,
            company_id=self.company_id.id,
        )

    # ------------------------------------------------------------------
    # Register
    # ------------------------------------------------------------------

    _register_date = "visit_done_at"
    _register_order = "department_id, visit_done_at, id"
    _register_historic = None

    @api.model
    def _register_title(self):
        return self.env._("Findings of return visits")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Department"), "department_id", width=20),
            Column(self.env._("Heard on"), "visit_done_at", "datetime"),
            Column(self.env._("Return visit"), "visit_id.name", width=16),
            Column(self.env._("Customer"), "partner_id", width=24),
            Column(self.env._("Sort"), "kind", width=14),
            Column(self.env._("What"), "text", width=44),
            Column(self.env._("What became of it"), "status", width=14),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Improvement"), "improvement_id.name", width=24),
            Column(self.env._("Rectification notice"), "rectification_id.name", width=16),
            Column(self.env._("Answer"), "answer", width=40),
            Column(self.env._("Answered by"), "answered_by_id", width=18),
        ]
