from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from .quality_approval_rule import APPROVER_TYPES

#: states in which a row says something about the present
LIVE = ("waiting", "pending", "approved")
#: states that are history: nothing in such a row changes any more
FINAL = ("approved", "rejected", "superseded")


class QualityApproval(models.Model):
    """The approval ledger (F3): one row per seat of one step of one round of one gate of one document.

    Nobody may create, write or delete rows, the administrator included. They come from :meth:`_request`
    (quality_approval_request.py), change in :meth:`_decide` and :meth:`_supersede`, and stay for ever. What a rule said
    is copied, so later changes of rules and groups rewrite no history; who may decide is nevertheless judged at the
    moment of deciding (quality_approval_people.py). Tasks and mails are in quality_approval_notice.py.
    """

    _name = "quality.approval"
    _description = "Approval"
    _inherit = ["quality.ledger.mixin"]
    _order = "res_model, res_id, gate, round desc, sequence, seat, id"
    _document_mixin = "quality.approval.mixin"

    # where in the round
    gate = fields.Selection([("plan", "Handling plan")], "To approve", required=True, readonly=True)
    round = fields.Integer(required=True, readonly=True, aggregator=None)
    sequence = fields.Integer("Step no.", required=True, readonly=True, aggregator=None)
    seat = fields.Integer(
        required=True, readonly=True, aggregator=None, help="Counts the people who must approve the same step.",
    )
    after_id = fields.Many2one(
        "quality.approval", "Seat before", readonly=True, index="btree_not_null", ondelete="restrict",
        bypass_search_access=True,
        help="Seats of one rule are taken one after the other, so that each approver sees one row.",
    )
    state = fields.Selection([
        ("waiting", "Waiting"), ("pending", "To decide"), ("approved", "Approved"),
        ("rejected", "Rejected"), ("superseded", "Lapsed"),
    ], required=True, readonly=True)

    # what the rule said then
    rule_id = fields.Many2one("quality.approval.rule", readonly=True, index="btree_not_null", ondelete="set null")
    rule_name = fields.Char("Step", required=True, readonly=True)
    approver_names = fields.Char("Approvers", readonly=True, help="Who was asked, by name, when the step was opened.")
    approver_type = fields.Selection(APPROVER_TYPES, "Approved by", required=True, readonly=True)
    group_id = fields.Many2one("res.groups", readonly=True, ondelete="set null")
    user_id = fields.Many2one("res.users", "Person", readonly=True, ondelete="restrict")
    department_id = fields.Many2one("hr.department", readonly=True, ondelete="set null")
    quorum = fields.Integer(readonly=True, aggregator=None)
    four_eyes = fields.Boolean("Four-eyes", readonly=True)
    hours = fields.Float("Within hours", readonly=True, aggregator=None)
    calendar_id = fields.Many2one("resource.calendar", readonly=True, ondelete="set null")
    excluded_user_ids = fields.Many2many(
        "res.users", "quality_approval_excluded_rel", "approval_id", "user_id", "May not decide", readonly=True,
        help="Four-eyes: who asked, the authors, and who decided in this round already.",
    )

    # the request
    requested_by_id = fields.Many2one(
        "res.users", "Requested by", required=True, readonly=True, index=True, ondelete="restrict",
    )
    requested_at = fields.Datetime("Requested on", required=True, readonly=True, index=True)
    digest = fields.Char(required=True, readonly=True, help="SHA-256 of the content that approval was asked for.")
    deadline_id = fields.Many2one("quality.deadline", readonly=True, index="btree_not_null", ondelete="set null")
    due_at = fields.Datetime("Due", related="deadline_id.due_at")
    activity_ids = fields.Many2many(
        "mail.activity", "quality_approval_activity_rel", "approval_id", "activity_id", readonly=True,
    )

    # the decision
    decided_by_id = fields.Many2one(
        "res.users", "Decided by", readonly=True, index="btree_not_null", ondelete="restrict",
    )
    on_behalf_of_id = fields.Many2one("res.users", "On behalf of", readonly=True, ondelete="restrict")
    decided_at = fields.Datetime("Decided on", readonly=True)
    comment = fields.Text(readonly=True)
    four_eyes_relaxed = fields.Boolean(
        "Without four-eyes", readonly=True,
        help="This decision would have been refused if the rule asked for four eyes.",
    )
    superseded_at = fields.Datetime("Lapsed on", readonly=True)
    history_ids = fields.Many2many("quality.approval", string="All rounds", compute="_compute_history_ids")

    _one_seat = models.UniqueIndex(
        "(res_model, res_id, gate, round, sequence, seat)",
        "Somebody else has asked for this approval at the same moment. Reload to see it.",
    )
    _to_decide = models.Index("(company_id, approver_type) WHERE state = 'pending'")

    @api.depends("rule_name", "res_name")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.res_name}: {row.rule_name}"

    @api.depends("res_model", "res_id", "gate")
    def _compute_history_ids(self):
        rows = self.search([
            ("res_model", "in", self.mapped("res_model")), ("res_id", "in", self.mapped("res_id")),
            ("gate", "in", self.mapped("gate")),
        ])
        by_gate = rows.grouped(lambda row: (row.res_model, row.res_id, row.gate))
        for row in self:
            row.history_ids = by_gate.get((row.res_model, row.res_id, row.gate), row)

    # ------------------------------------------------------------------
    # Append-only, for the superuser too
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        self.check_access("create")
        if any(vals.get("state") not in ("waiting", "pending") or vals.get("decided_by_id") for vals in vals_list):
            raise UserError(self.env._("An approval starts undecided."))
        return super().create(vals_list)

    def write(self, vals):
        """Write; a row that is history stays as it is, except that an approval may lapse.

        :raises AccessError: anybody but the system
        :raises UserError: the row is history
        """
        self.check_access("write")
        lapses = vals.get("state") == "superseded" and vals.keys() <= {"state", "superseded_at"}
        if any(row.state in FINAL and not (lapses and row.state == "approved") for row in self):
            raise UserError(self.env._("A decision in the approval ledger cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("The approval ledger keeps everything; nothing is deleted from it."))

    # ------------------------------------------------------------------
    # Rounds
    # ------------------------------------------------------------------

    def _round_key(self):
        self.ensure_one()
        return self.res_model, self.res_id, self.gate, self.round

    def _whole_rounds(self):
        """Return all rows of the rounds that these rows belong to."""
        keys = {row._round_key() for row in self}
        rows = self.search([
            ("res_model", "in", self.mapped("res_model")), ("res_id", "in", self.mapped("res_id")),
            ("gate", "in", self.mapped("gate")), ("round", "in", self.mapped("round")),
        ])
        return rows.filtered(lambda row: row._round_key() in keys)

    @api.model
    def _latest_rounds(self, documents, gate=None):
        """Return ``{(res_id, gate): rows}`` with the rows of the latest round of each of ``documents``; one query."""
        domain = [("res_model", "=", documents._name), ("res_id", "in", documents.ids)]
        rows = self.sudo().search(domain + ([("gate", "=", gate)] if gate else []))
        latest = {}
        for (res_id, row_gate, number), found in rows.grouped(lambda row: (row.res_id, row.gate, row.round)).items():
            best = latest.get((res_id, row_gate))
            if not best or best[0].round < number:
                latest[res_id, row_gate] = found
        return latest

    def _round_state(self):
        """Return what the rows of one round amount to: none, pending, approved, rejected or superseded."""
        states = set(self.mapped("state"))
        for state in ("rejected", "superseded"):
            if state in states:
                return state
        return "pending" if states & {"waiting", "pending"} else "approved" if states else "none"

    # ------------------------------------------------------------------
    # Deciding
    # ------------------------------------------------------------------

    def action_approve(self, comment=None):
        """Approve these rows, all or none.

        :param comment: text kept with the decision
        :return: True, or a notification when the content had changed and the approval lapsed instead
        :raises UserError: naming every row that this user may not decide now, and why
        """
        return self._decide("approved", comment)

    def action_reject(self, comment=None):
        """Reject these rows, all or none; each round ends.

        :param comment: the reason, required
        :return: as :meth:`action_approve`
        :raises UserError: no reason, or as :meth:`action_approve`
        """
        if not (comment or "").strip():
            raise UserError(self.env._("Say why you reject it: the reason is kept, and whoever asked needs it."))
        return self._decide("rejected", comment)

    def action_open_approval(self):
        """Return the dialog that approves these rows with a comment."""
        return self._open_dialog("approved")

    def action_open_rejection(self):
        """Return the dialog that asks why these rows are rejected."""
        return self._open_dialog("rejected")

    def _open_dialog(self, decision):
        return {
            "type": "ir.actions.act_window", "res_model": "quality.approval.decision", "views": [(False, "form")],
            "target": "new",
            "name": self.env._("Approve") if decision == "approved" else self.env._("Reject"),
            "context": {"default_decision": decision, "default_approval_ids": [fields.Command.set(self.ids)]},
        }

    def _decide(self, state, comment=None):
        self.check_access("read")
        rows = self.with_env(self.env(context=clean_context(self.env.context), su=True)).sorted("id")
        rows._lock_rounds()
        lapsed = rows._lapse_changed()
        if lapsed:
            # Returned, not raised: an error would roll back that the approval lapsed.
            return lapsed._lapsed_notification()
        refusals = [row._refusal_line(refusal) for row in rows if (refusal := row._decider()[1])]
        if refusals or not rows:
            raise UserError(
                self.env._("Nothing was decided.") + "\n" + "\n".join(refusals or [self.env._("Nothing is selected.")]),
            )
        for row in rows:
            # The rejection of another row of this selection may have ended the round of this one.
            if state != "rejected" or row.state != "superseded":
                row._settle(state, comment)
        return True

    def _lock_rounds(self):
        """Lock every row of the rounds of these rows; two approvers at once are served one after the other.

        Waiting, and not ``lock_for_update`` which refuses at once: the second one's transaction then fails to
        serialize, Odoo repeats it, and it meets the decision of the first.
        """
        ids = tuple(self._whole_rounds().ids)
        if ids:
            table = SQL.identifier(self._table)
            self._execute_quietly(SQL("SELECT id FROM %s WHERE id IN %s ORDER BY id FOR UPDATE", table, ids))

    @api.model
    def _execute_quietly(self, query):
        # A conflict with another user is no error: Odoo repeats the transaction and nobody needs to read about it.
        self.env.cr.execute(query, log_exceptions=False)

    def _settle(self, state, comment):
        principal, refusal = self._decider()
        if refusal:  # an earlier row of the same selection took this user's turn
            raise UserError(self.env._("Nothing was decided.") + "\n" + self._refusal_line(refusal))
        user = self.env.user
        self.write({
            "state": state, "decided_by_id": user.id, "on_behalf_of_id": principal.id if principal != user else False,
            "decided_at": fields.Datetime.now(), "comment": (comment or "").strip() or False,
            "four_eyes_relaxed": any(self._four_eyes_conflict(person) for person in user | principal),
        })
        document, rows = self._document(), self._whole_rounds()
        self._log_decision()
        if state == "rejected":
            document._stop_deadline("approval", key=self._deadline_key())
            rows._supersede()
            rows._notify_requester()
            document._on_approval_rejected(self.gate)
            return
        rows._exclude(user | principal, self.sequence)
        step = rows.filtered(lambda row: row.sequence == self.sequence)
        if step._round_state() == "approved":
            document._stop_deadline("approval", key=self._deadline_key())
            rows._open_next_step()
        else:
            rows._sync_notices()
        if rows._round_state() == "approved":
            rows._notify_requester()
            document._on_approval_granted(self.gate)
