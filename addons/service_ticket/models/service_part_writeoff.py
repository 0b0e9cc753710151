from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .service_ticket_roles import ENGINEER, LEADER, STORE

GATE = "part_writeoff"


class ServicePartWriteoff(models.Model):
    """Parts that are neither used nor brought back: lost, broken, stolen; written off with approval (C13)."""

    _name = "service.part.writeoff"
    _description = "Write-off of parts"
    _inherit = ["quality.step.mixin", "quality.approval.mixin", "quality.evidence.mixin"]
    _order = "create_date desc, id desc"
    _check_company_auto = True
    _sequence_code = "service.part.writeoff"
    _historic_group = LEADER
    _open_states = ("draft",)
    _personal_fields = ("reason_text", "reason", "cancel_reason")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    line_id = fields.Many2one(
        "service.part.line", "Units of", required=True, index=True, ondelete="restrict", check_company=True,
        domain="[('state', 'in', ('open', 'used')), ('source', '!=', 'ship')]",
    )
    company_id = fields.Many2one(related="line_id.company_id", store=True, index=True, precompute=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    engineer_id = fields.Many2one(related="line_id.engineer_id")
    station_id = fields.Many2one(related="line_id.station_id")
    product_id = fields.Many2one(related="line_id.product_id", store=True, index="btree_not_null")
    state = fields.Selection(
        [("draft", "Draft"), ("approval", "Being approved"), ("done", "Written off"), ("cancelled", "Cancelled")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    quantity = fields.Float(default=1, digits="Product Unit", required=True)
    kind = fields.Selection(
        [("lost", "Lost"), ("broken", "Broken"), ("stolen", "Stolen"), ("expired", "No longer usable")],
        "What happened", required=True, default="lost",
    )
    reason_text = fields.Text("How it happened")
    amount = fields.Monetary("Value", compute="_compute_amount", store=True)
    evidence_ids = fields.Many2many(string="Photos and documents")
    cleared_line_id = fields.Many2one(
        "service.part.line", "Units written off", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict", check_company=True,
    )
    scrap_id = fields.Many2one("stock.scrap", "Scrap order", readonly=True, copy=False)
    done_at = fields.Datetime("Written off on", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)

    _positive = models.Constraint("CHECK (quantity > 0)", "The quantity written off is more than zero.")

    _transitions = {
        ("draft", "approval"): ("_missing_content", "_missing_round"),
        ("approval", "draft"): (),
        ("approval", "done"): ("_missing_approval", "_missing_units"),
        ("draft", "cancelled"): ("_missing_cancel_reason",),
        ("approval", "cancelled"): ("_missing_cancel_reason",),
    }
    _transition_groups = {
        ("draft", "approval"): f"{ENGINEER},{STORE}",
        ("approval", "draft"): f"{ENGINEER},{STORE}",
        ("approval", "done"): LEADER,
        ("draft", "cancelled"): f"{ENGINEER},{STORE}",
        ("approval", "cancelled"): f"{ENGINEER},{STORE}",
    }
    _next_state = {"draft": "approval"}
    _step_activity = "service_ticket.mail_activity_part_step"
    _system_fields = frozenset({"scrap_id", "cleared_line_id", "done_at", "cancel_reason", "reason"})

    @api.depends("quantity", "line_id.unit_cost")
    def _compute_amount(self):
        for one in self:
            one.amount = one.quantity * one.line_id.unit_cost

    @api.onchange("line_id")
    def _onchange_line_id(self):
        self.quantity = self.line_id.quantity or 1

    @api.model_create_multi
    def create(self, vals_list):
        """Propose write-offs; each is about one line of a requisition the user may see.

        :raises AccessError: the user neither holds the parts nor keeps the store
        """
        lines = self.env["service.part.line"].browse([vals.get("line_id") for vals in vals_list if vals.get("line_id")])
        lines.check_access("read")
        lines.request_id._check_own()
        for vals in vals_list:
            vals["company_id"] = lines.browse(vals.get("line_id") or []).sudo().company_id.id
        self._number(vals_list)
        for vals in vals_list:
            del vals["company_id"]  # it follows from the line
        return super().create(vals_list)

    @api.model
    def _frozen_fields(self, state):
        return frozenset({"name"}) if state == "draft" else self._every_field()

    def _evidence_locked(self):
        return any(one.state != "draft" for one in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", ("draft", "approval"))

    def _personal_documents(self):
        return self

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_content(self):
        missing = [] if (self.reason_text or "").strip() else [self.env._("How it happened")]
        return missing + self._missing_units()

    def _missing_units(self):
        line = self.sudo().line_id
        if line.state not in ("open", "used") or line.source == "ship":
            return [self.env._("Parts on an account: %s is not on one any more", line.display_name)]
        if line.uom_id.compare(self.quantity, line.quantity) > 0:
            return [self.env._("%(part)s: only %(left)s are left on the account", part=line.display_name,
                               left=f"{line.quantity:g}")]
        if line.old_part_state == "received":
            return [self.env._("%s: its old part was received, so it was used", line.display_name)]
        return []

    def _missing_round(self):
        return [] if self._gate_asked(GATE) else [self.env._("The request for approval")]

    def _missing_approval(self):
        return [] if self._gate_approved(GATE) else [self.env._("The approval of the write-off")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    def _next_missing(self):
        return self._missing_content() if self.state == "draft" else super()._next_missing()

    # ------------------------------------------------------------------
    # Approval and execution
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return GATE

    def _approval_gates(self):
        return (GATE,) if self.state == "draft" else ()

    def _approval_content(self, gate):
        return {
            "name": self.name, "line": (self.line_id.root_id or self.line_id).id, "quantity": repr(self.quantity),
            "kind": self.kind, "reason": self.reason_text,
        }

    def _approval_authors(self, gate):
        """C13: who lost it does not decide that it is written off."""
        return self.create_uid | self.line_id.request_id._people()

    def _approval_department(self):
        return self.engineer_id.department_id

    def _check_can_request_approval(self, gate):
        self._check_own()
        return super()._check_can_request_approval(gate) + self._missing_content()

    def action_request_approval(self, gate=None):
        """Ask for the approval of these write-offs.

        :raises AccessError: somebody else's parts
        :raises UserError: listing everything that is missing
        """
        self._check_own()
        result = super().action_request_approval(gate)
        self.sudo().write({"state": "approval"})
        return result

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "done"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        if self.state == "approval":
            self.sudo().write({"state": "draft"})
        return super()._on_approval_rejected(gate)

    def _enter_done(self):
        """Scrap the units and clear their line; the approval was given."""
        for one in self.sudo():
            line = one.line_id._as_system()
            part = line._split(one.quantity)
            place, lot = part.location_id, part.lot_id
            scrap = part._scrap("write_off", place, part.product_id, lot, part.quantity, one.name)
            part.write({"old_part_state": "none"})
            part._close("written_off", scrap.scrap_location_id)
            one.write({"scrap_id": scrap.id, "done_at": fields.Datetime.now(), "cleared_line_id": part.id})
            part.request_id._message_log(body=self.env._("Written off: %s", part.display_name))
            part.request_id._follow_lines()

    def _check_own(self):
        self.check_access("write")
        self.line_id.request_id._check_own()

    def _after_transition(self, origins, target):
        if target == "done":
            self._enter_done()
        if target in ("draft", "cancelled"):
            self._end_approvals()
        return super()._after_transition(origins, target)

    def action_cancel(self, reason=None):
        """Cancel the write-off with a reason; it keeps its number."""
        self._check_own()
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_withdraw(self):
        """Take the write-off back from its approvers, to change it."""
        self._check_own()
        for one in self:
            if one.state != "approval":
                raise UserError(self.env._("%s is not being approved.", one.display_name))
        return self.write({"state": "draft"})


class ServicePartLine(models.Model):
    _inherit = "service.part.line"

    writeoff_ids = fields.One2many("service.part.writeoff", "line_id", "Write-offs")

    def action_write_off(self):
        """Return the form that proposes to write this part off (C13).

        :raises AccessError: somebody else's part
        """
        self.ensure_one()
        self.check_access("read")
        self.request_id._check_own()
        return {
            "type": "ir.actions.act_window", "res_model": "service.part.writeoff", "view_mode": "form",
            "name": self.env._("Write-off of parts"),
            "context": {"default_line_id": self.id, "default_quantity": self.quantity},
        }
