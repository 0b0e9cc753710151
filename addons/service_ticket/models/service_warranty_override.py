from odoo import api, fields, models
from odoo.addons.quality_incident.tools.canonical import snapshot
from odoo.exceptions import UserError
from odoo.fields import Domain

from .service_ticket_roles import ENGINEER, LEADER
from .service_warranty_term import COVERS

GATE = "warranty_override"
#: what is approved
DECIDED = ["ticket_id", "decision", "until", "parts", "labour", "travel", "reason"]


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=[(GATE, "Warranty decided otherwise")], ondelete={GATE: "cascade"})


class ServiceWarrantyOverride(models.Model):
    """A decision that one ticket is in warranty, or is not, whatever the terms say: with a reason, approved (D2)."""

    _name = "service.warranty.override"
    _description = "Warranty decision"
    _inherit = ["quality.step.mixin", "quality.approval.mixin", "quality.evidence.mixin"]
    _order = "id desc"
    _check_company_auto = True
    _sequence_code = "service.warranty.override"
    _step_activity = "service_ticket.mail_activity_ticket_step"
    _historic_group = LEADER
    _open_states = ("draft", "asked")
    _personal_fields = ("reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    ticket_id = fields.Many2one("service.ticket", required=True, index=True, check_company=True, ondelete="restrict")
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
    state = fields.Selection(
        [("draft", "Draft"), ("asked", "Being approved"), ("approved", "Approved"), ("cancelled", "Cancelled")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    decision = fields.Selection(
        [("in", "In warranty"), ("out", "Out of warranty")], required=True, default="in", tracking=True
    )
    until = fields.Date("Covered until", tracking=True)
    parts = fields.Boolean("Parts covered", default=True, tracking=True)
    labour = fields.Boolean("Labour covered", default=True, tracking=True)
    travel = fields.Boolean("Travel covered", default=True, tracking=True)
    reason = fields.Text(required=True, help="Why the terms do not decide.")
    system_state = fields.Selection(
        lambda self: self.env["service.ticket"]._fields["warranty_state"]._description_selection(self.env),
        "The system says", readonly=True, copy=False,
    )
    partner_id = fields.Many2one(related="ticket_id.partner_id", string="Customer")
    product_id = fields.Many2one(related="ticket_id.product_id")
    lot_id = fields.Many2one(related="ticket_id.lot_id", string="Serial number")
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)
    evidence_ids = fields.Many2many(string="Photos and documents")

    _one_open = models.UniqueIndex(
        "(ticket_id) WHERE state IN ('draft', 'asked')", "A decision on the warranty of this ticket is open already."
    )

    _transitions = {
        ("draft", "asked"): ("_missing_content", "_missing_open_ticket", "_missing_round"),
        ("asked", "approved"): ("_missing_approval", "_missing_open_ticket"),
        ("asked", "draft"): ("_missing_system",),
        **{(state, "cancelled"): ("_missing_cancel_reason",) for state in ("draft", "asked", "approved")},
    }
    _transition_groups = {
        ("draft", "asked"): ENGINEER,
        ("asked", "approved"): ENGINEER,
        ("draft", "cancelled"): ENGINEER,
        ("asked", "cancelled"): ENGINEER,
        ("approved", "cancelled"): LEADER,
    }
    _next_state = {"draft": "asked"}
    _system_fields = frozenset({"cancel_reason", "system_state"})

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Draft decisions; what the system says now is kept beside them.

        :raises AccessError: the user may not work on the ticket
        """
        tickets = self.env["service.ticket"].browse([vals.get("ticket_id") for vals in vals_list])
        tickets._check_staff()
        numbers = [{"company_id": ticket.sudo().company_id.id} for ticket in tickets]
        self._number(numbers)
        decisions = super().create(
            [{**vals, "name": number["name"]} for vals, number in zip(vals_list, numbers, strict=True)]
        )
        for decision in decisions.sudo():
            decision.system_state = decision.ticket_id.warranty_state
        return decisions

    def write(self, vals):
        """Write; an approval asked for or given lapses when what is decided changes."""
        result = super().write(vals)
        if not set(DECIDED).isdisjoint(vals):
            self._refresh_approvals()
        return result

    @api.model
    def _frozen_fields(self, state):
        return frozenset({"name", "ticket_id"}) if state == "draft" else self._every_field()

    def _evidence_locked(self):
        return any(one.state != "draft" for one in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", self._open_states)

    def _personal_documents(self):
        return self

    @api.onchange("decision")
    def _onchange_decision(self):
        if self.decision == "out":
            self.until = False
            self.update(dict.fromkeys(COVERS, False))

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_content(self):
        missing = [] if (self.reason or "").strip() else [self.env._("The reason")]
        covered = self.parts or self.labour or self.travel
        if self.decision == "in" and not self.until:
            missing.append(self.env._("Until when it is covered"))
        if self.decision == "in" and not covered:
            missing.append(self.env._("What is covered: parts, labour or travel"))
        if self.decision == "in" and self.until and self.until < self.ticket_id._warranty_day():
            missing.append(self.env._("A last day that is not before the customer's report"))
        if self.decision == "out" and (covered or self.until):
            missing.append(self.env._("Nothing covered and no last day, when it is out of warranty"))
        return missing

    def _next_missing(self):
        """What the button cannot bring itself: the content, not the round it opens."""
        return self._missing_content() + self._missing_open_ticket() if self.state == "draft" else []

    def _missing_open_ticket(self):
        if self.sudo().ticket_id._is_warranty_open():
            return []
        return [self.env._("A ticket that is not resolved yet: afterwards its warranty stays as it is")]

    def _missing_round(self):
        if self.env.su or self.approval_state == "pending":
            return []
        return [self.env._("The request for approval: use “Ask for approval”")]

    def _missing_approval(self):
        return [] if self._gate_approved(GATE) else [self.env._("The approval")]

    def _missing_system(self):
        return [] if self.env.su else [self.env._("Nothing: it goes back by itself when it is not approved")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return GATE

    def _approval_content(self, gate):
        return {"decision": snapshot(self, DECIDED)}

    def _approval_authors(self, gate):
        return self.create_uid

    def _approval_department(self):
        return self.ticket_id.team_id.department_id

    def _check_can_request_approval(self, gate):
        missing = super()._check_can_request_approval(gate)
        if self.state != "draft":
            raise UserError(self.env._("%s: approval has been asked for already.", self.display_name))
        return missing + self._missing_content() + self._missing_open_ticket()

    def action_request_approval(self, gate=None):
        """Ask for the approval of these decisions.

        :raises UserError: listing everything that is missing
        """
        self.ticket_id._check_staff()
        result = super().action_request_approval(gate)
        self.sudo().write({"state": "asked"})
        return result

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "approved"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        self.sudo().filtered(lambda one: one.state == "asked").write({"state": "draft"})
        return super()._on_approval_rejected(gate)

    def _on_approval_superseded(self, gate):
        self.sudo().filtered(lambda one: one.state == "asked").write({"state": "draft"})
        return super()._on_approval_superseded(gate)

    def action_cancel(self, reason=None):
        """Withdraw the decision with a reason; an approved one only by the service manager.

        :param reason: text; without it the button asks for it
        """
        self.ticket_id._check_staff()
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def _after_transition(self, origins, target):
        if target == "cancelled":
            self._end_approvals()
        if target in ("approved", "cancelled"):
            labels = dict(self._fields["decision"]._description_selection(self.env))
            for one in self.sudo():
                one.ticket_id._message_log(
                    body=self.env._(
                        "Warranty decision %(number)s, “%(decision)s”: %(state)s. %(reason)s",
                        number=one.name, decision=labels[one.decision], state=one._state_label(target),
                        reason=one.cancel_reason or one.reason,
                    )
                )
        return super()._after_transition(origins, target)

    # ------------------------------------------------------------------
    # Use
    # ------------------------------------------------------------------

    def _as_answer(self):
        """Return what this decision puts into the answer of ``service.warranty.term._answer``."""
        self.ensure_one()
        return {
            "state": self.decision,
            "source": "override",
            "until": self.until,
            **{cover: self[cover] for cover in COVERS},
            **{f"{cover}_until": self.until if self[cover] else False for cover in COVERS},
        }

    @api.model
    def _open_for(self, ticket):
        """Return the form of the open decision on ``ticket``, or of a new one."""
        known = ticket.warranty_override_ids.filtered(lambda one: one.state in self._open_states)[:1]
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "name": self.env._("Warranty decision"),
            "res_id": known.id,
            "context": {"default_ticket_id": ticket.id},
        }

    def action_open_ticket(self):
        """Return the form of the ticket that is decided on."""
        self.ensure_one()
        self.check_access("read")
        return self.ticket_id.get_formview_action()
