from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column
from odoo.exceptions import AccessError

from .quality_return_visit_plan import PLANNERS
from .quality_survey_roles import MANAGER, STAFF


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(
        selection_add=[("return_visit", "Return visit"), ("other",)], ondelete={"return_visit": "cascade"}
    )


class QualityReturnVisit(models.Model):
    """The steps of a return visit: planned, in progress, done, reported; missed ones can be held late (D9, D12)."""

    _inherit = "quality.return.visit"

    _open_states = ("planned", "in_progress", "missed")
    _historic_group = MANAGER
    _transitions = {
        ("planned", "in_progress"): ("_missing_interviewer",),
        ("missed", "in_progress"): ("_missing_interviewer",),
        ("planned", "missed"): (),
        ("in_progress", "done"): (
            "_missing_interviewer", "_missing_contact", "_missing_answers", "_missing_result", "_missing_destinations",
        ),
        ("done", "reported"): ("_missing_report",),
        ("planned", "cancelled"): ("_missing_cancel_reason",),
        ("in_progress", "cancelled"): ("_missing_cancel_reason",),
        ("missed", "cancelled"): ("_missing_cancel_reason",),
    }
    _transition_groups = {
        ("planned", "in_progress"): STAFF,
        ("missed", "in_progress"): STAFF,
        ("planned", "missed"): PLANNERS,
        ("in_progress", "done"): STAFF,
        ("done", "reported"): PLANNERS,
        ("planned", "cancelled"): PLANNERS,
        ("in_progress", "cancelled"): PLANNERS,
        ("missed", "cancelled"): PLANNERS,
    }
    _next_state = {"planned": "in_progress", "in_progress": "done", "missed": "in_progress"}
    _step_activity = "quality_survey.mail_activity_return_visit"
    _stamps = {"done": ("done_by_id", "done_at")}
    _deadline_cancel_states = ("cancelled",)
    _system_fields = frozenset(
        {
            "started_at", "next_attempt_at", "done_at", "done_by_id", "feedback_id", "report_id", "cancel_reason",
            "reason", "score", "has_score",
        }
    )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_interviewer(self):
        """D9: who asks did not do the work, at the moment of asking."""
        user = self.sudo().interviewer_id
        if not user:
            return [self.env._("The interviewer")]
        return [self._refusal_of(user)] if user.id in self._concerned()[self.browse(self.id)] else []

    def _missing_contact(self):
        missing = [] if any(attempt.reached for attempt in self.attempt_ids) else [
            self.env._("An attempt that reached the customer")
        ]
        if not (self.contact_name or "").strip() and not self.contact_id:
            missing.append(self.env._("Who was spoken to"))
        return missing

    def _missing_answers(self):
        open_questions = self.answer_ids.filtered(lambda one: one.is_mandatory and not one._is_answered())
        return [self.env._("Answer to “%s”", answer.question) for answer in open_questions]

    def _missing_result(self):
        missing = [] if self.result else [self.env._("The result: how satisfied the customer is")]
        if not (self.words or "").strip():
            missing.append(self.env._("What the customer says, in their words"))
        return missing

    def _missing_destinations(self):
        """D9: what is wrong goes somewhere, or is answered."""
        lost = self.finding_ids.filtered(lambda one: one.kind == "problem" and one.status == "open")
        return [
            self.env._("Problem “%s”: a ticket, an improvement, a notice, or an answer", finding._short())
            for finding in lost
        ]

    def _missing_report(self):
        return [] if self.report_id else [self.env._("The weekly report that contains it")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    def _next_people(self):
        if self.state not in self._open_states:
            return None
        if not self.interviewer_id:
            return self._role_users(MANAGER), self.env._("Choose an interviewer for the return visit")
        if self.state == "in_progress":
            return self.interviewer_id, self.env._("Finish the return visit")
        return self.interviewer_id, self.env._("Hold the return visit")

    def _assign_next_step(self):
        result = super()._assign_next_step()
        by_day = self.sudo().filtered(lambda one: one.state in self._open_states).grouped(
            lambda one: fields.Date.to_date(one.next_attempt_at or one.planned_at)
        )
        for day, visits in by_day.items():
            visits.activity_ids.filtered(lambda one, day=day: one.date_deadline != day).date_deadline = day
        return result

    def _after_transition(self, origins, target):
        visits = self.sudo()
        if target == "in_progress":
            visits.filtered(lambda one: not one.started_at).write({"started_at": fields.Datetime.now()})
        elif target == "done":
            visits._stop_deadline("return_visit")
            for visit in visits:
                visit.feedback_id = visit._file_opinion()
            visits.finding_ids._pass_on()
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _note_attempt(self, attempt):
        """Keep when to try again; the activity moves there. The caller has checked the user."""
        self.next_attempt_at = False if attempt.reached else attempt.next_attempt_at
        if attempt.reached and attempt.person and not self.contact_name:
            self.contact_name = attempt.person
        self._assign_next_step()

    def _file_opinion(self):
        """File what the customer said in the register of feedback, with scores by subject (D10)."""
        said, scores = {}, {}
        for answer in self.answer_ids:
            given = answer._given()
            if not given:
                continue
            value, scale = given
            if answer.role == "overall":
                said |= {"score": value, "scale": scale}
            elif answer.role == "repurchase":
                said |= {"repurchase": value, "repurchase_scale": scale}
            elif answer.role == "nps" and scale == "0-10":
                said["nps"] = value
            elif answer.role == "dimension" and answer.dimension:
                scores.setdefault(answer.dimension, {"dimension": answer.dimension, "score": value, "scale": scale})
        if "score" not in said and self.has_score:
            said |= {"score": self.score, "scale": "0-100"}
        return self.env["quality.feedback"]._collect(
            [
                {
                    "channel": "return_visit",
                    "subject": "service",
                    "company_id": self.company_id.id,
                    "partner_id": (self.contact_id or self.partner_id).id,
                    "survey_id": self.survey_id.id,
                    "given_at": self.done_at,
                    "comment": self.words,
                    "source_model": self._name,
                    "source_id": self.id,
                    "scores": list(scores.values()),
                    **said,
                }
            ]
        )

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def _check_own(self):
        """Raise AccessError unless the user is the interviewer of these visits, or makes the plans."""
        self.check_access("write")
        self._check_role(STAFF)
        if self.env.su or self.env.user.has_groups(PLANNERS):
            return
        for visit in self:
            if self.env.user != visit.interviewer_id:
                raise AccessError(self.env._("%s: its interviewer holds it.", visit.display_name))

    def action_start(self):
        """Begin the visit; a missed one is held late.

        :raises AccessError: the user is neither the interviewer nor plans visits
        :raises UserError: the interviewer worked for the customer meanwhile
        """
        self._check_own()
        return self._take_step("in_progress")

    def action_done(self):
        """Finish: the opinion goes to the register of feedback, findings to their departments (D9).

        :raises UserError: listing everything that is missing
        """
        self._check_own()
        return self._take_step("done")

    def action_cancel(self, reason=None):
        """Cancel with a reason; the visit keeps its number, and its period is not planned again."""
        self._check_role(PLANNERS)
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_open_findings(self):
        """Return the action that shows the findings of these visits."""
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_survey.quality_return_finding_action"),
            "domain": [("visit_id", "in", self.ids)],
            "context": {"default_visit_id": self.id} if len(self) == 1 else {},
        }

    # ------------------------------------------------------------------
    # Register
    # ------------------------------------------------------------------

    _register_date = "planned_at"
    _register_order = "planned_at, id"

    @api.model
    def _register_title(self):
        return self.env._("Register of return visits")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Programme"), "programme", width=18),
            Column(self.env._("Way"), "kind", width=10),
            Column(self.env._("Customer"), "partner_id", width=26),
            Column(self.env._("Region"), lambda visit: visit.partner_id._service_region() or "", width=14),
            Column(self.env._("Planned"), "planned_at", "datetime"),
            Column(self.env._("Interviewer"), "interviewer_id", width=18),
            Column(self.env._("Spoke to"), "contact_name", width=18),
            Column(self.env._("State"), "state", width=12),
            Column(self.env._("Done"), "done_at", "datetime"),
            Column(self.env._("Attempts"), lambda visit: len(visit.attempt_ids), "integer"),
            Column(self.env._("Result"), "result", width=14),
            Column(self.env._("Score (0–100)"), lambda visit: visit.score if visit.has_score else None, "number"),
            Column(self.env._("What the customer says"), "words", width=40),
            Column(self.env._("Findings"), lambda visit: len(visit.finding_ids), "integer"),
            Column(self.env._("Weekly report"), "report_id.name", width=16),
        ]
