from odoo import api, fields, models
from odoo.addons.service_ticket.models.service_ticket_roles import LEADER
from odoo.exceptions import UserError
from odoo.fields import Domain

from .quality_survey_roles import CLERK

FOLLOWERS = f"{CLERK},{LEADER}"
ACTIVITY = "quality_survey.mail_activity_follow_up"
#: whoever would recommend us this much or less is a detractor
DETRACTOR = 6


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(
        selection_add=[("follow_up", "Follow-up of an opinion"), ("other",)], ondelete={"follow_up": "cascade"}
    )


class QualityFeedback(models.Model):
    """What is done about a low score: somebody calls in time, and what comes of it is kept (F7)."""

    _inherit = "quality.feedback"

    state = fields.Selection(
        [
            ("none", "Nothing to follow up"),
            ("open", "To be contacted"),
            ("contacted", "Contacted"),
            ("done", "Followed up"),
        ],
        "Follow-up", default="none", required=True, index=True, copy=False, readonly=True, tracking=True,
    )
    follow_up_user_id = fields.Many2one(
        "res.users", "Followed up by", index="btree_not_null", copy=False, tracking=True,
        domain="[('share', '=', False)]",
    )
    contact_note = fields.Text("What came out of the talk", copy=False)
    contacted_at = fields.Datetime("Contacted on", readonly=True, copy=False)
    contacted_by_id = fields.Many2one("res.users", "Contacted by", readonly=True, copy=False)
    follow_up_result = fields.Selection(
        [
            ("settled", "Settled with the customer"),
            ("ticket", "Goes on as a ticket"),
            ("improvement", "Passed on as an improvement"),
            ("unreachable", "Customer could not be reached"),
            ("nothing", "Nothing to be done"),
        ],
        "Result of the follow-up", copy=False, tracking=True,
    )
    follow_up_note = fields.Text("What is done about it", copy=False)
    done_at = fields.Datetime("Followed up on", readonly=True, copy=False)
    is_low = fields.Boolean("Low", compute="_compute_is_low", search="_search_is_low")
    what_is_missing = fields.Html(compute="_compute_what_is_missing", string="Missing for the next step")

    _transitions = {
        ("none", "open"): ("_missing_customer",),
        ("open", "none"): ("_missing_better_score",),
        ("open", "contacted"): ("_missing_contact",),
        ("contacted", "done"): ("_missing_outcome",),
    }
    _transition_groups = {
        ("none", "open"): FOLLOWERS, ("open", "contacted"): FOLLOWERS, ("contacted", "done"): FOLLOWERS,
        ("open", "none"): FOLLOWERS,
    }
    _next_state = {"open": "contacted", "contacted": "done"}
    _stamps = {"contacted": ("contacted_by_id", "contacted_at")}

    # ------------------------------------------------------------------
    # What is low
    # ------------------------------------------------------------------

    @api.depends("score", "has_score", "nps", "has_nps", "score_ids.score", "company_id.survey_low_score")
    def _compute_is_low(self):
        for feedback in self:
            limit = feedback.sudo().company_id.survey_low_score
            scores = feedback.score_ids.mapped("score") + ([feedback.score] if feedback.has_score else [])
            feedback.is_low = min(scores, default=limit) < limit or (feedback.has_nps and feedback.nps <= DETRACTOR)

    @api.model
    def _search_is_low(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        companies = self.env["res.company"].sudo().search([("active", "=", True)])
        below = Domain.OR(
            Domain("company_id", "=", company.id)
            & (Domain("has_score", "=", True) & Domain("score", "<", company.survey_low_score)
               | Domain("score_ids", "any", [("score", "<", company.survey_low_score)]))
            for company in companies
        )
        return below | (Domain("has_nps", "=", True) & Domain("nps", "<=", DETRACTOR))

    # ------------------------------------------------------------------
    # After an opinion came in
    # ------------------------------------------------------------------

    @api.model
    def _may_import_history(self):
        # The system files old opinions for whoever was allowed to import what they came from.
        return self.env.su or super()._may_import_history()

    def _after_collect(self):
        """Open the follow-up of new low scores; by the company's rule a complaint as well."""
        low = self.filtered(lambda row: row.is_low and row._can_be_followed_up())
        if not low:
            return
        low._open_follow_up()
        for row in low:
            limit = row.company_id.survey_complaint_score
            if limit and row.has_score and row.score < limit:
                row._create_complaint()

    def _can_be_followed_up(self):
        return bool(self.active and not self.is_historic and not self.is_anonymous and self.partner_id)

    def _after_correct(self):
        """Open or drop the follow-up after the figures of an opinion were corrected."""
        self._after_collect_again()
        better = self.filtered(lambda row: row.state == "open" and not row.is_low)
        better._drop_follow_up()

    def _after_collect_again(self):
        self.filtered(lambda row: row.state == "none")._after_collect()

    def _after_withdraw(self):
        self.filtered(lambda row: row.state == "open")._drop_follow_up()

    def _drop_follow_up(self):
        if self:
            self.write({"state": "none"})

    def _open_follow_up(self):
        """Open the follow-up with its owner; the caller has checked its user, or is the system."""
        for row in self:
            if not row.follow_up_user_id:
                row.follow_up_user_id = row._follow_up_owner()
        self.write({"state": "open"})

    def _follow_up_owner(self):
        """Return who follows up: the leader of the team, whom the company named, else somebody of marketing."""
        company = self.company_id
        owner = self.team_id.leader_id or company.survey_follow_up_user_id
        if owner.active and company in owner.company_ids:
            return owner
        marketing = self.env.ref(CLERK).sudo().all_user_ids
        return marketing.filtered(
            lambda user: user.active and not user.share and company in user.company_ids
        ).sorted("id")[:1]

    def _after_transition(self, origins, target):
        rows = self.sudo()
        if target == "open":
            rows._promise_follow_up()
        if target == "contacted":
            rows._stop_deadline("follow_up")
            rows._assign_follow_up(self.env._("Say what is done about it"))
        if target == "done":
            rows.write({"done_at": fields.Datetime.now()})
        if target in ("none", "done"):
            rows._cancel_deadline("follow_up")
            rows.activity_unlink([ACTIVITY])
        return super()._after_transition(origins, target)

    def _promise_follow_up(self):
        for row in self:
            hours = row.company_id.survey_follow_up_hours
            if hours:
                row._start_deadline(
                    "follow_up", hours=hours, calendar=row.company_id.resource_calendar_id, user=row.follow_up_user_id
                )
        self._assign_follow_up(self.env._("Contact the customer about the low score"))

    def _assign_follow_up(self, summary):
        self.activity_unlink([ACTIVITY])
        for user, rows in self.filtered("follow_up_user_id").grouped("follow_up_user_id").items():
            rows.with_context(mail_activity_quick_update=True).activity_schedule(
                ACTIVITY, summary=summary, user_id=user.id
            )

    def write(self, vals):
        result = super().write(vals)
        if "follow_up_user_id" in vals and "state" not in vals:
            live = self.sudo().filtered(lambda row: row.state in ("open", "contacted"))
            waiting = live.filtered(lambda row: row.state == "open")
            waiting._replan_deadline("follow_up", user=live.follow_up_user_id[:1])
            live._assign_follow_up(self.env._("Contact the customer about the low score"))
        return result

    @api.model
    def _frozen_fields(self, state):
        talk, outcome = {"contact_note"}, {"follow_up_result", "follow_up_note"}
        if state == "done":
            return frozenset({"follow_up_user_id", *talk, *outcome})
        return frozenset(talk | outcome if state == "none" else ())

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", ("open", "contacted"))

    def _personal_documents(self):
        return self

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_customer(self):
        missing = [] if self.partner_id and not self.is_anonymous else [self.env._("The customer: nobody is known")]
        if self.is_historic or not self.active:
            missing.append(self.env._("A present opinion: this one is history, or withdrawn"))
        return missing

    def _missing_better_score(self):
        if self.active and self.is_low:
            return [self.env._("A talk with the customer: a low score is followed up")]
        return []

    def _missing_contact(self):
        return [] if (self.contact_note or "").strip() else [self.env._("What came out of the talk")]

    def _missing_outcome(self):
        missing = [] if self.follow_up_result else [self.env._("The result of the follow-up")]
        if not (self.follow_up_note or "").strip():
            missing.append(self.env._("What is done about it"))
        if self.follow_up_result == "ticket" and not self.sudo().complaint_ids:
            missing.append(self.env._("The ticket: press Open a complaint"))
        return missing

    @api.depends_context("lang", "uid")
    def _compute_what_is_missing(self):
        for row in self:
            target = self._next_state.get(row.state)
            missing = row._missing_for(target) if row.id and target else []
            row.what_is_missing = (
                self.env["ir.qweb"]._render("quality_incident.what_is_missing", {"missing": missing})
                if missing
                else False
            )

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def _check_follower(self):
        self._check_role(FOLLOWERS)
        self.check_access("write")

    def action_follow_up(self):
        """Follow up an opinion that is not low by itself, for instance for what it says.

        :raises AccessError: the user works neither in marketing nor leads a team
        """
        self._check_follower()
        for row in self.filtered(lambda row: not row.follow_up_user_id):
            row.follow_up_user_id = row.sudo()._follow_up_owner() or self.env.user
        return self._take_step("open")

    def action_contacted(self):
        """Say that the customer was contacted; the promise is kept.

        :raises UserError: what came out of the talk is missing
        """
        self._check_follower()
        return self._take_step("contacted")

    def action_followed_up(self):
        """End the follow-up with its result.

        :raises UserError: listing everything that is missing
        """
        self._check_follower()
        return self._take_step("done")

    def action_open_complaint(self):
        """Open a complaint ticket out of this opinion, or show the one there is (F7).

        :raises UserError: nobody is known to complain
        """
        self.ensure_one()
        self._check_follower()
        if not self.sudo().complaint_ids:
            if self.is_anonymous or not self.partner_id or not self.active:
                raise UserError(self.env._("Nobody is known to answer to: a complaint needs its customer."))
            self.sudo()._create_complaint()
        return self.complaint_ids[:1].get_formview_action()

    def _create_complaint(self):
        """Open the complaint; the caller has checked its user."""
        self.ensure_one()
        self.lock_for_update()
        if self.complaint_ids:
            return self.complaint_ids[:1]
        ticket = self.env["service.ticket"].create(
            {
                "kind": "conduct" if self._lowest_dimension() == "service" else "complaint",
                "subject": self.env._("Dissatisfied: %s", self.display_name),
                "description": self.comment or self.env._("Score %s of 100", self._figures()),
                "channel": "internal",
                "partner_id": self.partner_id.id,
                "contact_name": self.partner_id.name,
                "phone": self.partner_id.phone,
                "email": self.partner_id.email,
                "product_id": self.product_id.id,
                "team_id": self.team_id.id,
                "company_id": self.company_id.id,
                "parent_id": self.ticket_id.id,
                "feedback_id": self.id,
            }
        )
        self._message_log(body=self.env._("Complaint %s was opened.", ticket.name))
        return ticket

    def _lowest_dimension(self):
        """Return the dimension with the one lowest score, if it is low."""
        lowest = self.score_ids.sorted("score")
        low = lowest and lowest[0].score < self.company_id.survey_low_score
        alone = len(lowest) < 2 or lowest[1].score > lowest[0].score
        return lowest[0].dimension if low and alone else False
