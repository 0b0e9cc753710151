from odoo import fields, models
from odoo.addons.quality_incident.tools.canonical import snapshot
from odoo.exceptions import UserError

from .service_ticket_roles import ENGINEER, LEADER, STORE

GATE = "part_request"
POSTAGE = "part_postage"
KIND = "part_clearing"
GATES = [(GATE, "Part requisition"), (POSTAGE, "Postage of parts"), ("part_writeoff", "Write-off of parts"),
         ("old_parts", "Old parts of the month")]


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=GATES, ondelete={gate: "cascade" for gate, _label in GATES})


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(
        selection_add=[(KIND, "Clearing of parts"), ("other",)], ondelete={KIND: "cascade"}
    )


class ServicePartRequest(models.Model):
    """The steps of a requisition: proposed, approved, issued, cleared (C13)."""

    _inherit = "service.part.request"

    _transitions = {
        ("draft", "approval"): ("_missing_content", "_missing_round"),
        ("approval", "draft"): (),
        ("approval", "approved"): ("_missing_approval",),
        ("approved", "issued"): ("_missing_issue",),
        ("issued", "cleared"): ("_missing_clearing",),
        ("draft", "cancelled"): ("_missing_cancel_reason",),
        ("approval", "cancelled"): ("_missing_cancel_reason",),
        ("approved", "cancelled"): ("_missing_cancel_reason", "_missing_nothing_issued"),
    }
    _transition_groups = {
        ("draft", "approval"): f"{ENGINEER},{STORE}",
        ("approval", "draft"): f"{ENGINEER},{STORE}",
        ("approval", "approved"): LEADER,
        ("approved", "issued"): STORE,
        ("issued", "cleared"): STORE,
        ("draft", "cancelled"): f"{ENGINEER},{STORE}",
        ("approval", "cancelled"): f"{ENGINEER},{STORE}",
        ("approved", "cancelled"): f"{ENGINEER},{STORE}",
    }
    _next_state = {"draft": "approval", "approved": "issued", "issued": "cleared"}
    _step_activity = "service_ticket.mail_activity_part_step"
    _stamps = {}
    _system_fields = frozenset(
        {"reference_id", "approved_at", "issued_at", "cleared_at", "cancel_reason", "reason"}
    )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_content(self):
        """C13: product, quantity and reason of each part, and on whose account it will stand."""
        missing = []
        if not self.line_ids:
            missing.append(self.env._("At least one part"))
        for line in self.line_ids.filtered(lambda line: not (line.reason or "").strip()):
            missing.append(self.env._("Why it is needed: %s", line.sudo().product_id.display_name))
        missing += getattr(self, f"_missing_{self.source}")()
        if self.ticket_id and self.sudo().ticket_id.state in ("closed", "cancelled"):
            missing.append(self.env._("An open ticket: %s is closed", self.sudo().ticket_id.name))
        return missing

    def _missing_store(self):
        return [] if self.engineer_id or self.station_id else [self.env._("The engineer or the station that gets them")]

    def _missing_station(self):
        missing = [] if self.station_id else [self.env._("The station that gives them")]
        if not self.engineer_id and not self.ticket_id:
            missing.append(self.env._("The engineer who gets them, or the ticket the station uses them for"))
        return missing

    def _missing_van(self):
        missing = []
        if not self.engineer_id:
            missing.append(self.env._("The engineer whose van they are in"))
        if not self.ticket_id:
            missing.append(self.env._("The ticket they are used for"))
        return missing

    def _missing_ship(self):
        return [] if self.sudo().ticket_id.partner_id else [self.env._("A ticket with its customer")]

    def _missing_round(self):
        return [] if self._gate_asked(GATE) else [self.env._("The request for approval")]

    def _missing_approval(self):
        return [] if self._gate_approved(GATE) else [self.env._("The approval of the requisition")]

    def _missing_issue(self):
        lines = self.line_ids.filtered(lambda line: line.state == "requested")
        missing = [self.env._("The issue of %s", line.display_name) for line in lines]
        if not lines and not self.line_ids.filtered("issued_at"):
            missing.append(self.env._("At least one issued part"))
        return missing

    def _missing_clearing(self):
        missing = []
        for line in self.line_ids.filtered(lambda line: line.state in ("open", "used")):
            if line.state == "open":
                missing.append(self.env._("%s: used, or brought back", line.display_name))
            else:
                missing += [f"{line.display_name}: {item}" for item in line.sudo()._missing_used()]
        return missing

    def _missing_nothing_issued(self):
        if not self.line_ids.filtered("issued_at"):
            return []
        return [self.env._("Take back what was issued first; what is not needed any more: “Do not issue the rest”")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    def _next_missing(self):
        if self.state == "draft":
            return self._missing_content()
        if self.state == "approved":
            return self._missing_postage() + self._missing_stock()
        return super()._next_missing()

    def _missing_postage(self):
        """C13: what is paid for sending parts is approved before they go."""
        if self.source != "ship" or not self.postage_cost or self._gate_approved(POSTAGE):
            return []
        return [self.env._("The approval of the postage: use “Have the postage approved”")]

    def _missing_stock(self):
        column = {"store": "at_store", "ship": "at_store", "station": "at_station", "van": "at_van"}[self.source]
        return [
            self.env._(
                "%(part)s: %(free)s of %(wanted)s in stock", part=line.product_id.display_name,
                free=f"{line[column]:g}", wanted=f"{line.quantity:g}",
            )
            for line in self.sudo().line_ids.filtered(lambda line: line.state == "requested")
            if line.uom_id.compare(line[column], line.quantity) < 0
        ]

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return POSTAGE if self.state in ("approved", "issued") and self.source == "ship" else GATE

    def _approval_gates(self):
        if self.state == "draft":
            return (GATE,)
        return (POSTAGE,) if self.state == "approved" and self.source == "ship" else ()

    def _approval_content(self, gate):
        """Return what is approved; lines split later are the same content, whatever became of each part."""
        if gate == POSTAGE:
            return snapshot(self, ["name", "postage_cost", "carrier", "address_id"])
        parts = {}
        for line in self.line_ids:
            root = line.root_id or line
            vals = parts.setdefault(
                root.id, {"product": line.product_id.id, "reason": line.reason, "warranty": line.in_warranty, "sum": 0}
            )
            vals["sum"] += line.quantity
        for vals in parts.values():
            vals["sum"] = repr(round(vals["sum"], 6) + 0.0)
        return {
            "request": snapshot(self, ["name", "ticket_id", "visit_id", "engineer_id", "station_id", "source"]),
            "parts": [parts[key] for key in sorted(parts)],
        }

    def _approval_authors(self, gate):
        """C13: who proposes the parts or gets them does not approve them."""
        return self._people()

    def _approval_department(self):
        return self.ticket_id.team_id.department_id or self.engineer_id.department_id

    def _check_can_request_approval(self, gate):
        self._check_own()
        missing = super()._check_can_request_approval(gate)
        if gate == POSTAGE:
            return missing + ([] if self.postage_cost else [self.env._("The postage")])
        return missing + self._missing_content()

    def action_request_approval(self, gate=None):
        """Ask for the approval of the requisitions, or of the postage of those to be sent (C13).

        :raises AccessError: somebody else's requisition
        :raises UserError: listing everything that is missing
        """
        self._check_own()
        drafts = self.filtered(lambda request: request.state == "draft")
        drafts.line_ids._decide_warranty()
        result = super().action_request_approval(gate)
        drafts.sudo().write({"state": "approval"})
        return result

    def action_request_postage(self):
        """Ask for the approval of the postage (C13)."""
        return self.action_request_approval(POSTAGE)

    def _on_approval_granted(self, gate):
        if gate == GATE:
            self.sudo().write({"state": "approved"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        if gate == GATE and self.state == "approval":
            self.sudo().write({"state": "draft"})
        return super()._on_approval_rejected(gate)

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _next_people(self):
        if self.state == "approved":
            return self._role_users(STORE), self.env._("Issue the parts")
        if self.state == "issued":
            return self.engineer_id.user_id or self.station_id.keeper_id, self.env._("Clear the parts")
        return None

    def _after_transition(self, origins, target):
        requests = self.sudo()
        follow_up = getattr(requests, f"_enter_{target}", None)
        if follow_up:
            follow_up(origins)
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _enter_draft(self, origins):
        self._end_approvals()

    def _enter_approved(self, origins):
        self.write({"approved_at": fields.Datetime.now()})

    def _enter_cleared(self, origins):
        self.write({"cleared_at": fields.Datetime.now()})
        self._stop_deadline(KIND)

    def _enter_cancelled(self, origins):
        self._end_approvals()
        self.line_ids.filtered(lambda line: line.state == "requested").write({"state": "cancelled"})

    def action_withdraw(self):
        """Take the requisition back from its approvers, to change it."""
        self._check_own()
        for request in self:
            if request.state != "approval":
                raise UserError(self.env._("%s is not being approved.", request.display_name))
        self.write({"state": "draft"})
        return True

    def action_cancel(self, reason=None):
        """Cancel a requisition of which nothing was issued, with a reason; it keeps its number.

        :raises AccessError: somebody else's requisition
        """
        self._check_own()
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_close_rest(self, reason=None):
        """Say that what was not issued yet is not needed any more.

        :param reason: text; without it the button asks for it
        :raises UserError: nothing was issued yet, or nothing is left to issue
        """
        self._check_own()
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_close_rest")
        for request in self.sudo():
            rest = request.line_ids.filtered(lambda line: line.state == "requested")
            if request.state != "approved" or not rest:
                raise UserError(self.env._("%s: nothing is left to issue.", request.name))
            if rest == request.line_ids:
                raise UserError(self.env._("%s: nothing was issued yet. Cancel it instead.", request.name))
            rest._lock()
            rest.write({"state": "cancelled"})
            request._message_log(body=self.env._("The rest is not issued: %s", reason))
            request._follow_lines()
        return True

    def _follow_lines(self):
        """Take these requisitions on as far as their lines are; the caller has done its work on them."""
        for request in self.sudo():
            states = set(request.line_ids.mapped("state"))
            if request.state == "approved" and "requested" not in states and request.line_ids.filtered("issued_at"):
                request.write({"state": "issued"})
            if request.state == "issued" and not states & {"requested", "open", "used"}:
                request.write({"state": "cleared"})
            elif not states & {"open", "used"}:
                request._stop_deadline(KIND)

    def _promise_clearing(self):
        """Promise that what was just issued is cleared in time; see the days of the company (C13)."""
        running = self.sudo()._find_deadlines(KIND).mapped("res_id")
        now = fields.Datetime.now()
        for request in self.sudo().filtered(lambda one: one.id not in running):
            company = request.company_id
            days = company.service_clearing_days if request.ticket_id else company.service_van_days
            if days:
                request._start_deadline(
                    KIND, due_at=fields.Datetime.add(now, days=days), start_at=now,
                    user=request.engineer_id.user_id or request.station_id.keeper_id,
                    department=request._approval_department(), name=self.env._("Clear the parts of %s", request.name),
                )

    def _check_keeper(self):
        """Raise AccessError unless the user keeps the parts store and may read these requisitions."""
        self._check_role(STORE)
        self.check_access("read")
