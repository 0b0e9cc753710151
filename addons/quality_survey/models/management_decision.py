from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_rectification_workflow import ISSUERS
from odoo.addons.quality_incident.tools.days import end_of_day
from odoo.exceptions import AccessError

from .quality_survey_roles import GENERAL_MANAGER

KEEPERS = f"{ISSUERS},{GENERAL_MANAGER}"
#: what the owner of a decision writes, also after the review was filed
WORK = frozenset({"done_note", "evidence_ids", "state"})


class QualityManagementDecision(models.Model):
    """What the management review decided: who does it until when, done and verified by somebody else (D16)."""

    _name = "quality.management.decision"
    _description = "Decision of a management review"
    _inherit = ["quality.line.mixin", "quality.workflow.mixin", "mail.thread", "mail.activity.mixin"]
    _order = "review_id desc, due_date, id"
    _check_company_auto = True
    _document_field = "review_id"
    _document_states = ("draft", "held")
    _personal_fields = ("name", "done_note", "reason")
    _deletable_states = ("open",)
    _mail_post_access = "read"

    review_id = fields.Many2one(
        "quality.management.review", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    name = fields.Char("Decision", required=True)
    kind = fields.Selection(
        [
            ("improvement", "Improvement"),
            ("corrective", "Corrective"),
            ("preventive", "Preventive"),
            ("system", "Change of the quality system"),
            ("resources", "Resources"),
        ],
        required=True, default="improvement",
    )
    user_id = fields.Many2one(
        "res.users", "Owner", index="btree_not_null", tracking=True, check_company=True,
        domain="[('share', '=', False)]",
    )
    owner_name = fields.Char("Owner when filed", readonly=True, copy=False)
    due_date = fields.Date("Due date", index=True, tracking=True)
    first_due_date = fields.Date("Due date when filed", readonly=True, copy=False)
    state = fields.Selection(
        [("open", "Open"), ("done", "Done"), ("verified", "Verified"), ("cancelled", "Cancelled")],
        default="open", required=True, copy=False, index=True, tracking=True,
    )
    done_note = fields.Text("What was done", copy=False)
    done_at = fields.Datetime("Done on", readonly=True, copy=False)
    done_by_id = fields.Many2one("res.users", "Done by", readonly=True, copy=False)
    verified_at = fields.Datetime("Verified on", readonly=True, copy=False)
    verified_by_id = fields.Many2one("res.users", "Verified by", readonly=True, copy=False)
    reason = fields.Text("Reason of rejection or cancellation", readonly=True, copy=False)
    rectification_id = fields.Many2one(
        "quality.rectification", "Rectification notice", readonly=True, copy=False, index="btree_not_null",
        ondelete="set null",
    )

    _transitions = {
        ("open", "done"): ("_missing_filing", "_missing_note"),
        ("done", "verified"): ("_missing_other_eyes",),
        ("done", "open"): ("_missing_reason",),
        ("open", "cancelled"): ("_missing_reason",),
    }
    _transition_groups = {
        ("done", "verified"): KEEPERS,
        ("done", "open"): KEEPERS,
        ("open", "cancelled"): GENERAL_MANAGER,
    }
    _stamps = {"done": ("done_by_id", "done_at"), "verified": ("verified_by_id", "verified_at")}
    _system_fields = frozenset(
        {
            "owner_name", "first_due_date", "done_at", "done_by_id", "verified_at", "verified_by_id", "reason",
            "rectification_id",
        }
    )

    def write(self, vals):
        """Write; after the filing only the owner's own work, and the general manager's new date or owner.

        :raises AccessError: the user has no part in what is changed
        """
        if not self.env.su:
            self._check_may_work(vals)
        result = super().write(vals)
        if vals.keys() & {"user_id", "due_date"}:
            self._move_clocks()
        return result

    def _is_filed(self):
        return any(review.state == "filed" for review in self._get_documents())

    def _get_documents(self):
        # The owner of a decision may be anybody, who reads the decision and not the review.
        return self.sudo().review_id

    def _check_may_work(self, vals):
        names = vals.keys() - set(self._never_frozen)
        if names - WORK:
            filed = self._is_filed()
            self._check_role(GENERAL_MANAGER if filed else KEEPERS)
            if filed and names - WORK - {"user_id", "due_date"}:
                raise AccessError(self.env._("What a filed review decided stays as it was decided."))
        elif names and any(decision.user_id != self.env.user for decision in self):
            self._check_role(KEEPERS)

    def _states_of_lines(self, document):
        # After the filing the work goes on; what may be written then is checked in write.
        return (*super()._states_of_lines(document), "filed")

    @api.model_create_multi
    def create(self, vals_list):
        self._check_role(KEEPERS)
        decisions = super().create(vals_list)
        if not self.env.su and decisions._is_filed():
            raise AccessError(self.env._("What a filed review decided stays as it was decided."))
        return decisions

    @api.ondelete(at_uninstall=False)
    def _unlink_except_filed(self):
        self._check_role(KEEPERS)
        if self._is_filed():
            raise AccessError(self.env._("What a filed review decided stays as it was decided."))

    @api.model
    def _frozen_fields(self, state):
        frozen = {"review_id"}
        return frozenset(frozen if state == "open" else frozen | {"name", "kind", "user_id", "due_date", "done_note"})

    def _evidence_locked(self):
        return any(decision.state != "open" for decision in self)

    # ------------------------------------------------------------------
    # Guards and clocks
    # ------------------------------------------------------------------

    def _missing_filing(self):
        return [] if self._is_filed() else [self.env._("The minutes of the review, filed")]

    def _missing_note(self):
        return [] if (self.done_note or "").strip() else [self.env._("What was done")]

    def _missing_other_eyes(self):
        if self.env.user in (self.done_by_id | self.user_id):
            return [self.env._("A verifier who did not do the work")]
        return []

    def _missing_reason(self):
        return [] if self.reason else [self.env._("A reason: use the button of this step")]

    def _deadline_key(self):
        return f"decision:{self.id}"

    def _start_clocks(self):
        """Promise what the filed review decided, and keep whom and what day it named."""
        for decision in self.sudo():
            decision.write({"owner_name": decision.user_id.name, "first_due_date": decision.due_date})
        self.env["quality.deadline"]._start(
            [
                {
                    "record": decision.review_id, "kind": "action", "key": decision._deadline_key(),
                    "name": decision.name, "due_at": end_of_day(decision.due_date, decision.company_id),
                    "user": decision.user_id,
                }
                for decision in self.sudo()
            ]
        )
        for decision in self.sudo():
            decision.activity_schedule(
                "quality_survey.mail_activity_annual_step", user_id=decision.user_id.id, summary=decision.name,
                date_deadline=decision.due_date,
            )

    def _move_clocks(self):
        """Move the clock of decisions that got another day or owner."""
        for decision in self.sudo().filtered(lambda one: one.state == "open" and one.review_id.state == "filed"):
            decision.review_id._replan_deadline(
                "action", key=decision._deadline_key(), due_at=end_of_day(decision.due_date, decision.company_id),
                user=decision.user_id,
            )

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_done(self):
        """Report the decision as carried out, with what was done.

        :raises UserError: the review is not filed, or it is not said what was done
        """
        self.check_access("write")
        return self._take_step("done")

    def action_verify(self):
        """Verify it; never by who did it."""
        return self._take_step("verified")

    def action_reject(self, reason=None):
        """Send it back to its owner with a reason."""
        return self._with_reason("open", reason, "action_reject")

    def action_cancel(self, reason=None):
        """Cancel the decision with a reason."""
        return self._with_reason("cancelled", reason, "action_cancel")

    def _with_reason(self, target, reason, method):
        if not reason:
            return self.env["quality.reason"]._ask(self, method)
        self.check_access("write")
        self._check_transition_known(target)
        self._check_transition_groups(target)
        self.sudo().write({"reason": reason})
        return self._take_step(target)

    def action_raise_rectification(self):
        """Draft a rectification notice from this decision, or open the one there is (D16).

        :raises AccessError: the user may not issue notices
        """
        self.ensure_one()
        self.check_access("read")
        self._check_role(ISSUERS)
        if not self.rectification_id:
            self.sudo().rectification_id = self.env["quality.rectification"]._raise_from(
                self, [{"requirement": self.name}], subject=self.name
            )
        return self.rectification_id.get_formview_action()

    def _after_transition(self, origins, target):
        for decision in self.sudo():
            review, key = decision.review_id, decision._deadline_key()
            if target == "done":
                review._stop_deadline("action", key=key, done_at=decision.done_at)
                decision.activity_unlink(["quality_survey.mail_activity_annual_step"])
            elif target == "cancelled":
                review._cancel_deadline("action", key=key)
                decision.activity_unlink(["quality_survey.mail_activity_annual_step"])
            elif target == "open":
                decision.write({"done_at": False, "done_by_id": False})
                self.env["quality.deadline"]._start(
                    [
                        {
                            "record": review, "kind": "action", "key": key, "name": decision.name,
                            "due_at": end_of_day(decision.due_date, decision.company_id), "user": decision.user_id,
                        }
                    ]
                )
        return super()._after_transition(origins, target)
