from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .quality_incident_workflow import CHIEF, MANAGER
from .quality_rectification import STAFF


class QualityRectificationExtension(models.Model):
    """A request for a later due date of one line, decided by the issuer; the old date stays visible."""

    _name = "quality.rectification.extension"
    _description = "Extension request"
    _inherit = ["quality.workflow.mixin"]
    _order = "id desc"
    _rec_name = "line_id"

    line_id = fields.Many2one(
        "quality.rectification.line", "Requirement", required=True, index=True, ondelete="restrict"
    )
    rectification_id = fields.Many2one(
        related="line_id.rectification_id", string="Notice", store=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="line_id.company_id", store=True, index=True)
    old_date = fields.Date("Due date until now", readonly=True)
    requested_date = fields.Date("Requested date", required=True)
    reason = fields.Text(required=True)
    requested_by_id = fields.Many2one(
        "res.users", "Requested by", readonly=True, default=lambda self: self.env.user, index=True
    )
    requested_for = fields.Char("Requested for them by", help="Who at the outside party asked for it.")
    requested_at = fields.Datetime("Requested on", readonly=True, default=fields.Datetime.now)
    state = fields.Selection(
        [("requested", "Requested"), ("approved", "Approved"), ("refused", "Refused"), ("lapsed", "Lapsed")],
        default="requested",
        required=True,
        index=True,
        copy=False,
    )
    decided_by_id = fields.Many2one("res.users", "Decided by", readonly=True, copy=False)
    decided_at = fields.Datetime("Decided on", readonly=True, copy=False)
    decision_note = fields.Text("Reason of the decision", readonly=True, copy=False)
    can_decide = fields.Boolean(compute="_compute_can_decide")

    _transitions = {
        ("requested", "approved"): ("_missing_decider", "_missing_open_line", "_missing_later_date"),
        ("requested", "refused"): ("_missing_decider", "_missing_note"),
        ("requested", "lapsed"): ("_missing_system",),
    }
    _transition_groups = {("requested", "approved"): STAFF, ("requested", "refused"): STAFF}
    _stamps = {"approved": ("decided_by_id", "decided_at"), "refused": ("decided_by_id", "decided_at")}
    _system_fields = frozenset(
        {
            "rectification_id", "company_id", "old_date", "requested_by_id", "requested_at", "decided_by_id",
            "decided_at", "decision_note",
        }
    )

    _one_open = models.UniqueIndex(
        "(line_id) WHERE state = 'requested'", "An extension of this line has been asked for already."
    )

    @api.depends("state", "rectification_id.issuer_id", "requested_by_id")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        for request in self:
            request.can_decide = request.state == "requested" and not request._missing_decider()

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Ask for extensions.

        :raises AccessError: the user does not act for the recipient
        :raises UserError: the line is not being worked on, or the date is not later
        """
        requests = super().create(vals_list)
        for request in requests.filtered(lambda request: not request.is_historic):
            request.rectification_id._check_recipient()
            vals = {"old_date": request.line_id.due_date}
            super(QualityRectificationExtension, request.sudo()).write(vals)
            missing = request._missing_open_line() + request._missing_later_date()
            if missing:
                raise UserError("\n".join(missing))
            request._tell_issuer()
        return requests

    @api.model
    def _frozen_fields(self, state):
        return frozenset({"line_id", "requested_date", "reason", "requested_for"})

    def _tell_issuer(self):
        notice = self.sudo().rectification_id
        notice._message_log(
            body=self.env._(
                "Extension of “%(line)s” from %(old)s to %(new)s asked for: %(reason)s",
                line=self.line_id.display_name, old=self.old_date, new=self.requested_date, reason=self.reason,
            )
        )
        notice.with_context(mail_activity_quick_update=True).activity_schedule(
            "quality_incident.mail_activity_rectification_extension",
            summary=self.env._("Decide on the extension to %s", self.requested_date),
            user_id=notice.issuer_id.id,
        )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_open_line(self):
        line = self.line_id
        if line.state in ("open", "started") and line.notice_state in ("approved", "executing"):
            return []
        return [self.env._("“%s” is not being worked on: there is nothing to extend.", line.display_name)]

    def _missing_later_date(self):
        if self.line_id.due_date and self.requested_date > self.line_id.due_date:
            return []
        return [self.env._("A date later than %s.", self.line_id.due_date or "?")]

    def _missing_decider(self):
        """The issuer, their substitute, or the chief engineer and the manager; never who asked."""
        if self.env.su:
            return []
        user = self.env.user
        if user == self.requested_by_id:
            return [self.env._("Somebody else than %s, who asked for it", user.name)]
        issuer = self.sudo().rectification_id.issuer_id
        stands_in = issuer in self.env["quality.approval.substitute"]._absent_for(user)
        if user == issuer or stands_in or user.has_groups(f"{CHIEF},{MANAGER}"):
            return []
        return [self.env._("The issuer: %s decides", issuer.name)]

    def _missing_note(self):
        return [] if self.decision_note else [self.env._("A reason: use the Refuse button")]

    def _missing_system(self):
        return [] if self.env.su else [self.env._("It lapses by itself when the line is done")]

    # ------------------------------------------------------------------
    # Decision
    # ------------------------------------------------------------------

    def action_approve(self):
        """Grant the extension: the due date moves, the first one stays visible.

        :raises UserError: the user is not who decides, or the line is done meanwhile
        """
        for request in self:
            request._decide("approved")
        return True

    def action_refuse(self, reason=None):
        """Refuse the extension with a reason; the due date stays."""
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_refuse")
        for request in self:
            if request._missing_decider():
                raise AccessError("\n".join(request._missing_decider()))
            request.sudo().decision_note = reason
            request._decide("refused")
        return True

    def _decide(self, decision):
        self._take_step(decision)
        request = self.sudo()
        if decision == "approved":
            request.line_id._move_due_date(request.requested_date)
            request.line_id._replan_clock()
        labels = dict(self._fields["state"]._description_selection(self.env))
        request.rectification_id._message_log(
            body=self.env._(
                "Extension of “%(line)s” to %(date)s: %(decision)s. %(note)s",
                line=request.line_id.display_name, date=request.requested_date, decision=labels[decision],
                note=request.decision_note or "",
            )
        )

    def _after_transition(self, origins, target):
        self._withdraw_activities()
        return super()._after_transition(origins, target)

    def _lapse(self):
        """End open requests as the system: the line is done, or the notice over."""
        for request in self.sudo().filtered(lambda request: request.state == "requested"):
            request.write({"state": "lapsed"})

    def _withdraw_activities(self):
        notices = self.sudo().rectification_id.filtered(
            lambda notice: "requested" not in notice.extension_ids.mapped("state")
        )
        notices.activity_unlink(["quality_incident.mail_activity_rectification_extension"])
