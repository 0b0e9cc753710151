from odoo import api, fields, models

from .service_ticket_roles import ENGINEER, ENGINEERING, QUALITY


class ServiceImprovement(models.Model):
    """What service hears about how products should develop; engineering answers each (D8)."""

    _name = "service.improvement"
    _description = "Improvement from service"
    _inherit = ["quality.workflow.mixin", "quality.evidence.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "create_date desc, id desc"
    _check_company_auto = True
    _historic_group = "service_ticket.group_service_manager"
    _deletable_states = ("draft",)
    _personal_fields = ("note", "answer")

    name = fields.Char("Title", required=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    state = fields.Selection(
        [("draft", "Draft"), ("open", "With engineering"), ("adopted", "Adopted"), ("rejected", "Not adopted")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    ticket_id = fields.Many2one("service.ticket", index="btree_not_null", check_company=True, ondelete="restrict")
    visit_id = fields.Many2one("service.visit", index="btree_not_null", check_company=True, ondelete="restrict")
    product_id = fields.Many2one("product.product", index="btree_not_null", check_company=True)
    note = fields.Text("What customers say", required=True)
    trend = fields.Selection(
        [("defect", "Weakness of the product"), ("wish", "Wish of customers"), ("competitor", "Seen at competitors")],
        "Sort", required=True, default="wish",
    )
    department_id = fields.Many2one("hr.department", "Goes to", check_company=True)
    answer = fields.Text("Answer of engineering", copy=False)
    evidence_ids = fields.Many2many(string="Photos and documents")

    _transitions = {
        ("draft", "open"): (),
        ("open", "adopted"): ("_missing_answer",),
        ("open", "rejected"): ("_missing_answer",),
    }
    _transition_groups = {
        ("draft", "open"): f"{ENGINEER},{QUALITY}",
        ("open", "adopted"): ENGINEERING,
        ("open", "rejected"): ENGINEERING,
    }

    def write(self, vals):
        """Write; the answer is engineering's.

        :raises AccessError: somebody else writes the answer
        """
        if {"answer", "department_id"} & vals.keys() and any(one.state != "draft" for one in self):
            self._check_role(ENGINEERING)
        return super().write(vals)

    @api.onchange("ticket_id")
    def _onchange_ticket_id(self):
        self.product_id = self.product_id or self.ticket_id.product_id

    @api.model
    def _frozen_fields(self, state):
        if state == "draft":
            return frozenset({"answer"})
        frozen = self._every_field()
        return frozen - {"answer", "department_id"} if state == "open" else frozen

    def _evidence_locked(self):
        return any(one.state != "draft" for one in self)

    def _missing_answer(self):
        return [] if (self.answer or "").strip() else [self.env._("The answer of engineering")]

    def action_submit(self):
        """Pass it on to engineering (D8); its manager, or all of engineering, gets a task."""
        result = self._take_step("open")
        for one in self.sudo():
            manager = one.department_id.manager_id.user_id
            engineering = self.env.ref(ENGINEERING).all_user_ids.filtered(
                lambda user, company=one.company_id: user.active and company in user.company_ids
            )
            for user in manager or engineering:
                one.activity_schedule(
                    "service_ticket.mail_activity_ticket_step", user_id=user.id,
                    summary=self.env._("Answer the improvement from service"),
                )
        return result

    def action_adopt(self):
        """Adopt it, with the answer (D8)."""
        return self._take_step("adopted")

    def action_reject(self):
        """Do not adopt it, and say why (D8)."""
        return self._take_step("rejected")

    def _after_transition(self, origins, target):
        if target in ("adopted", "rejected"):
            self.sudo().activity_unlink(["service_ticket.mail_activity_ticket_step"])
        return super()._after_transition(origins, target)


class ServiceTicket(models.Model):
    _inherit = "service.ticket"

    improvement_ids = fields.One2many("service.improvement", "ticket_id", "Improvements")
