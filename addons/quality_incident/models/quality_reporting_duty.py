from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.paper import Paper
from .quality_incident_workflow import MANAGER
from .quality_reporting_regime import TRIGGERS


class QualityReportingDuty(models.Model):
    """One report owed to one authority, with a 24×7 clock (A7, A8)."""

    _name = "quality.reporting.duty"
    _description = "Reporting duty"
    _inherit = ["quality.incident.line", "quality.workflow.mixin"]
    _order = "due_at, id"

    name = fields.Char(compute="_compute_name")
    line_id = fields.Many2one("quality.reporting.regime.line", readonly=True, index=True, ondelete="set null")
    recipient_id = fields.Many2one("res.partner", required=True, readonly=True, index=True, ondelete="restrict")
    trigger = fields.Selection(TRIGGERS, readonly=True)
    hours = fields.Float(readonly=True)
    content_ids = fields.Many2many("quality.report.item", readonly=True, string="Required content")
    start_at = fields.Datetime("Clock starts on", readonly=True)
    due_at = fields.Datetime("Due on", readonly=True, index=True)
    user_id = fields.Many2one("res.users", "In charge", index="btree_not_null")
    state = fields.Selection(
        [("pending", "Pending"), ("sent", "Sent"), ("late", "Sent late"), ("waived", "Waived")],
        default="pending",
        required=True,
        index=True,
        copy=False,
    )
    is_overdue = fields.Boolean("Overdue", compute="_compute_is_overdue")
    channel = fields.Selection(
        [
            ("online", "Online platform"),
            ("email", "E-mail"),
            ("fax", "Fax"),
            ("letter", "Letter"),
            ("hand", "Handed over"),
            ("phone", "Phone, confirmed in writing"),
        ]
    )
    sent_at = fields.Datetime("Sent on")
    sent_by_id = fields.Many2one("res.users", "Sent by", index="btree_not_null")
    received_by = fields.Char("Received by")
    late_reason = fields.Text("Reason of the delay")
    waive_reason = fields.Text("Reason of the waiver", readonly=True)
    waived_by_id = fields.Many2one("res.users", "Waived by", readonly=True)

    _transitions = {
        ("pending", "sent"): ("_missing_to_send", "_missing_punctuality"),
        ("pending", "late"): ("_missing_to_send", "_missing_late_reason"),
        ("pending", "waived"): ("_missing_waiver",),
    }
    _transition_groups = {
        ("pending", "sent"): "quality_incident.group_quality_staff",
        ("pending", "late"): "quality_incident.group_quality_staff",
        ("pending", "waived"): MANAGER,
    }
    _system_fields = frozenset(
        {
            "line_id",
            "recipient_id",
            "trigger",
            "hours",
            "content_ids",
            "start_at",
            "due_at",
            "waive_reason",
            "waived_by_id",
        }
    )

    _once = models.UniqueIndex(
        "(incident_id, line_id) WHERE line_id IS NOT NULL", "This duty exists already for the incident."
    )

    @api.depends("recipient_id", "hours")
    def _compute_name(self):
        for duty in self:
            duty.name = self.env._(
                "Report to %(recipient)s within %(hours)g h", recipient=duty.recipient_id.display_name, hours=duty.hours
            )

    _rec_name = "name"

    @api.depends("due_at", "state")
    def _compute_is_overdue(self):
        now = fields.Datetime.now()
        for duty in self:
            duty.is_overdue = duty.state == "pending" and bool(duty.due_at) and duty.due_at < now

    @api.model
    def _frozen_fields(self, state):
        if state == "pending":
            return frozenset({"incident_id"})
        return frozenset(
            {"incident_id", "user_id", "channel", "sent_at", "sent_by_id", "received_by", "late_reason", "evidence_ids"}
        )

    def _evidence_locked(self):
        return any(duty.state != "pending" for duty in self) or super()._evidence_locked()

    # ------------------------------------------------------------------
    # Opening, clocks
    # ------------------------------------------------------------------

    @api.model
    def _open(self, vals_list):
        """Create duties from ``{"incident_id", "line_id"}`` pairs and start their clocks, in one batch."""
        for vals in vals_list:
            line = self.env["quality.reporting.regime.line"].browse(vals["line_id"])
            incident = self.env["quality.incident"].browse(vals["incident_id"])
            start_at = line._start_of(incident)
            vals.update(
                {
                    "recipient_id": line.recipient_id.id,
                    "trigger": line.trigger,
                    "hours": line.hours,
                    "content_ids": line.content_ids.ids,
                    "start_at": start_at,
                    "due_at": start_at + timedelta(hours=line.hours),
                    "user_id": incident._reporting_user().id,
                }
            )
        duties = self.create(vals_list)
        self.env["quality.deadline"]._start(
            [
                {
                    "record": duty.incident_id,
                    "kind": "statutory",
                    "key": duty._deadline_key(),
                    "name": duty.name,
                    "hours": duty.hours,
                    "start_at": duty.start_at,
                    "user": duty.user_id,
                    "department": duty.incident_id.responsible_department_id,
                }
                for duty in duties
            ]
        )
        return duties

    def _deadline_key(self):
        return f"duty:{self.id}"

    def _report_number(self):
        """Return the number on the printed report: the incident's, and which of its reports this is."""
        self.ensure_one()
        position = self.incident_id.duty_ids.sorted("id").ids.index(self.id) + 1
        return f"{self.incident_id.name}-{position}"

    def _replan(self):
        """Recompute the clocks of these duties from the incident's present times."""
        for duty in self:
            duty.start_at = duty.line_id._start_of(duty.incident_id) if duty.line_id else duty.incident_id.occurred_at
            duty.due_at = duty.start_at + timedelta(hours=duty.hours)
            duty.incident_id._replan_deadline(
                "statutory", key=duty._deadline_key(), start_at=duty.start_at, due_at=duty.due_at
            )

    # ------------------------------------------------------------------
    # Sending
    # ------------------------------------------------------------------

    def action_send(self):
        """Record that the report was sent; channel, time and proof are entered before.

        The state becomes ``late`` when it was sent after the due time, which also opens a violation (A6).

        :raises UserError: listing the contents, the proof, the channel or the reason that is missing
        """
        self._check_role("quality_incident.group_quality_staff")
        for duty in self:
            sent_at = duty.sent_at or fields.Datetime.now()
            duty.write(
                {
                    "sent_at": sent_at,
                    "sent_by_id": (duty.sent_by_id or self.env.user).id,
                    "state": "late" if sent_at > duty.due_at else "sent",
                }
            )
        return True

    def action_waive(self, reason=None):
        """Waive the duty with a reason, for instance when the authority itself released the company from it."""
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_waive")
        self._check_role(MANAGER)
        for duty in self:
            duty._check_transition_known("waived")
            duty.sudo().write({"waive_reason": reason, "waived_by_id": self.env.uid})
            duty.state = "waived"
        return True

    def _after_transition(self, origins, target):
        for duty in self:
            if target == "waived":
                duty.incident_id._cancel_deadline("statutory", key=duty._deadline_key())
                body = self.env._("%(duty)s waived: %(reason)s", duty=duty.name, reason=duty.waive_reason)
            else:
                duty.incident_id._stop_deadline("statutory", key=duty._deadline_key(), done_at=duty.sent_at)
                body = self.env._(
                    "%(duty)s: sent by %(user)s, %(channel)s.",
                    duty=duty.name,
                    user=duty.sent_by_id.name,
                    channel=dict(self._fields["channel"]._description_selection(self.env))[duty.channel],
                )
            if target == "late":
                duty.incident_id._open_violation(
                    "late_report",
                    self.env._(
                        "%(duty)s: due %(due)s, sent %(sent)s. %(reason)s",
                        duty=duty.name,
                        due=Paper(duty).time(duty.due_at),
                        sent=Paper(duty).time(duty.sent_at),
                        reason=duty.late_reason,
                    ),
                    key=duty._deadline_key(),
                )
            duty.incident_id._message_log(body=body)
        return super()._after_transition(origins, target)

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_content(self):
        """A7: the contents of the report that the incident leaves empty."""
        return self.content_ids._missing_in(self.incident_id)

    def _missing_to_send(self):
        missing = self._missing_content()
        if not self.channel:
            missing.append(self.env._("The channel it was sent by"))
        if not self.evidence_ids:
            missing.append(self.env._("The proof of sending"))
        now = fields.Datetime.now()
        if not self.sent_at or self.sent_at > now or self.sent_at < self.incident_id.occurred_at:
            missing.append(self.env._("A time of sending after the incident and not in the future"))
        return missing

    def _missing_punctuality(self):
        return (
            [self.env._("It was sent after it was due: it counts as late")]
            if self.sent_at and self.sent_at > self.due_at
            else []
        )

    def _missing_late_reason(self):
        return [] if self.late_reason else [self.env._("The reason why it is late")]

    def _missing_waiver(self):
        return [] if self.waive_reason else [self.env._("A reason: use the Waive button")]

    def action_print_report(self):
        """Print the statutory report and keep it with the incident (A7).

        :raises UserError: listing the required contents that are still empty
        """
        self.ensure_one()
        self.check_access("read")
        self._check_content_complete()
        return self.env.ref("quality_incident.action_report_statutory").report_action(self)

    def _check_content_complete(self):
        for duty in self:
            missing = duty._missing_content()
            if missing:
                raise UserError(
                    self.env._(
                        "The report to %(recipient)s cannot be issued while these contents are empty:\n%(missing)s",
                        recipient=duty.recipient_id.display_name,
                        missing="\n".join(f"• {item}" for item in missing),
                    )
                )
