import base64

from odoo import fields, models
from odoo.addons.quality_incident.models.quality_rectification_workflow import ISSUERS
from odoo.addons.quality_incident.tools.days import end_of_day
from odoo.exceptions import UserError
from odoo.tools import is_html_empty

from .quality_survey_roles import GENERAL_MANAGER, MANAGER, STAFF

#: the gate of each part, by the state it is written in, and where its approval leads
GATES = {
    "draft": ("annual_satisfaction", "analysis"),
    "analysis": ("annual_analysis", "decision"),
    "decision": ("annual_decision", "measures"),
}
LABELS = [
    ("annual_satisfaction", "Annual report: satisfaction report"),
    ("annual_analysis", "Annual report: analysis"),
    ("annual_decision", "Annual report: decision"),
]
WRITERS = {"draft": MANAGER, "analysis": ISSUERS, "decision": GENERAL_MANAGER}
SEAL = "annual_report"
EVERYBODY = f"{STAFF},{ISSUERS}"
CANCEL = ("_missing_cancel_reason",)


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=LABELS, ondelete={key: "cascade" for key, _label in LABELS})


class QualitySeal(models.Model):
    _inherit = "quality.seal"

    purpose = fields.Selection(selection_add=[(SEAL, "Annual satisfaction report")], ondelete={SEAL: "cascade"})


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(
        selection_add=[("annual_report", "Annual satisfaction report"), ("other",)],
        ondelete={"annual_report": "cascade"},
    )


class QualityAnnualReport(models.Model):
    """The steps of the annual report (D16): three parts approved one after the other, measures, review."""

    _inherit = "quality.annual.report"

    _transitions = {
        ("draft", "analysis"): ("_missing_satisfaction", "_missing_approval"),
        ("analysis", "decision"): ("_missing_analysis", "_missing_approval"),
        ("decision", "measures"): ("_missing_decision", "_missing_approval"),
        ("measures", "review"): ("_missing_measures", "_missing_effect"),
        ("review", "measures"): ("_missing_reason",),
        ("review", "closed"): ("_missing_measures", "_missing_effect", "_missing_review"),
        ("closed", "measures"): ("_missing_reason",),
        ("analysis", "draft"): ("_missing_reason",),
        ("decision", "analysis"): ("_missing_reason",),
        **{(state, "cancelled"): CANCEL for state in ("draft", "analysis", "decision", "measures", "review")},
    }
    _transition_groups = {
        ("draft", "analysis"): EVERYBODY,
        ("analysis", "decision"): EVERYBODY,
        ("decision", "measures"): EVERYBODY,
        ("measures", "review"): f"{ISSUERS},{GENERAL_MANAGER}",
        ("review", "measures"): f"{ISSUERS},{GENERAL_MANAGER}",
        ("review", "closed"): GENERAL_MANAGER,
        ("closed", "measures"): GENERAL_MANAGER,
        ("analysis", "draft"): ISSUERS,
        ("decision", "analysis"): GENERAL_MANAGER,
        **{
            (state, "cancelled"): GENERAL_MANAGER
            for state in ("draft", "analysis", "decision", "measures", "review")
        },
    }
    _system_fields = frozenset(
        {
            "round", "statement_ids", "figures_at", "answers", "scored", "satisfied", "rate", "interval_low",
            "interval_high", "asked", "promoters", "detractors", "nps", "nps_error", "has_target", "target", "verdict",
            "closed_at", "reason", "cancel_reason", "evidence_ids",
        }
    )
    _next_state = {
        "draft": "analysis", "analysis": "decision", "decision": "measures", "measures": "review", "review": "closed",
    }

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_satisfaction(self):
        missing = [] if self.statement_ids else [self.env._("An approved statement of the year")]
        if is_html_empty(self.satisfaction_text):
            missing.append(self.env._("The satisfaction report of marketing"))
        return missing

    def _missing_analysis(self):
        return [self.env._("The analysis report of quality")] if is_html_empty(self.analysis_text) else []

    def _missing_decision(self):
        return [self.env._("The decision of the general manager")] if is_html_empty(self.decision_text) else []

    def _missing_approval(self):
        gate = self._approval_gate()
        if gate and self._gate_approved(gate):
            return []
        return [self.env._("The approval of this part")]

    def _live_measures(self):
        return self.sudo().measure_ids.filtered(lambda notice: notice.state != "cancelled")

    def _missing_measures(self):
        if self._live_measures() or (self.no_measure_reason or "").strip():
            return []
        return [self.env._("A measure, or why none is needed")]

    def _missing_effect(self):
        """D16: verified until effective."""
        return [
            self.env._("%s: closed, and found effective", notice.display_name)
            for notice in self._live_measures() if not self._is_effective(notice)
        ]

    def _missing_review(self):
        if self.sudo().review_id.state == "filed":
            return []
        return [self.env._("The management review, held and filed")]

    def _missing_reason(self):
        return [] if self.reason else [self.env._("A reason: use the button of this step")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the button of this step")]

    def _next_missing(self):
        """What still has to be written, before what others have to decide."""
        guard = {"draft": "_missing_satisfaction", "analysis": "_missing_analysis", "decision": "_missing_decision"}
        own = getattr(self, guard[self.state])() if self.state in guard else []
        return own or super()._next_missing()

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_start_review(self):
        """Hand over to the management review: every measure is effective (D16).

        :raises UserError: listing the measures that are not
        """
        return self._take_step("review")

    def action_close(self):
        """Close the report after the management review; it is sealed.

        :raises UserError: a measure is not effective, or the review is not filed
        """
        return self._take_step("closed")

    def action_send_back(self, reason=None):
        """Send the part back to who wrote the one before, with a reason."""
        before = {"analysis": "draft", "decision": "analysis", "review": "measures"}
        targets = {before.get(report.state) for report in self}
        if len(targets) != 1 or None in targets:
            raise UserError(self.env._("There is nothing to send back at this stage."))
        return self._go_with_reason(targets.pop(), reason, "action_send_back")

    def action_reopen(self, reason=None):
        """Take up the measures of a closed report again, with a reason."""
        return self._go_with_reason("measures", reason, "action_reopen")

    def action_cancel(self, reason=None):
        """Cancel the report with a reason; it keeps its number."""
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def _after_transition(self, origins, target):
        reports = self.sudo()
        back = self.browse([report.id for report, origin in origins.items() if origin in ("review", "closed")])
        if target == "measures" and back:
            for report in back.sudo():
                report.write({"round": report.round + 1, "closed_at": False})
        if target == "measures":
            reports._stop_deadline("annual_report")
        if target == "closed":
            for report in reports:
                report.closed_at = fields.Datetime.now()
                report._seal(SEAL)
                report._keep_file()
        if target in GATES:
            # A part that was sent back is written and approved anew, even when nothing of it changes.
            reports.approval_ids.filtered(
                lambda row: row.gate == GATES[target][0] and row.state in ("waiting", "pending", "approved")
            )._supersede()
        if target == "cancelled":
            reports._end_approvals()
        if target not in ("draft", "analysis") or any(origin == "draft" for origin in origins.values()):
            reports.filtered("reason").write({"reason": False})
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _keep_file(self):
        language = self.company_id.partner_id.lang or self.env.lang
        reports = self.env["ir.actions.report"].sudo().with_context(lang=language)
        pdf, _kind = reports._render_qweb_pdf("quality_survey.action_report_annual", self.ids)
        file = self.env["ir.attachment"].create(
            {
                "name": f"{self.name}_{self.round}.pdf".replace("/", "_"), "datas": base64.b64encode(pdf),
                "res_model": self._name, "res_id": self.id,
            }
        )
        self.evidence_ids = [fields.Command.link(file.id)]

    def _start_clock(self):
        for report in self.sudo():
            due = end_of_day(report._next_day(), report.company_id)
            if report._find_deadlines("annual_report"):
                report._replan_deadline("annual_report", due_at=due)
            else:
                report._start_deadline(
                    "annual_report", due_at=due, name=self.env._("Annual report of %s", report.year)
                )

    def _next_people(self):
        tasks = {
            "draft": (MANAGER, self.env._("Write the satisfaction report of the year and have it approved")),
            "analysis": ("quality_incident.group_quality_manager", self.env._("Analyse the satisfaction of the year")),
            "decision": (GENERAL_MANAGER, self.env._("Decide on the satisfaction report of the year")),
            "measures": ("quality_incident.group_quality_manager", self.env._("Have the measures decided carried out")),
            "review": (GENERAL_MANAGER, self.env._("Hold the management review and close the annual report")),
        }
        if self.state not in tasks:
            return None
        group, summary = tasks[self.state]
        return self._role_users(group), summary

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return GATES[self.state][0] if self.state in GATES else False

    def _check_can_request_approval(self, gate):
        self._check_role(WRITERS[self.state])
        guard = {"draft": "_missing_satisfaction", "analysis": "_missing_analysis", "decision": "_missing_decision"}
        return super()._check_can_request_approval(gate) + getattr(self, guard[self.state])()

    def _approval_content(self, gate):
        text = {
            "annual_satisfaction": self.satisfaction_text, "annual_analysis": self.analysis_text,
            "annual_decision": self.decision_text,
        }[gate]
        return {**self._figures_content(), "gate": gate, "text": str(text or "")}

    def _figures_content(self):
        return {
            "number": self.name, "year": self.year, "statements": sorted(self.statement_ids.mapped("name")),
            "answers": self.answers, "scored": self.scored, "satisfied": self.satisfied, "asked": self.asked,
            "promoters": self.promoters, "detractors": self.detractors, "verdict": self.verdict or "",
        }

    def _seal_content(self, purpose):
        return {
            **self._figures_content(), "round": self.round, "satisfaction": str(self.satisfaction_text or ""),
            "analysis": str(self.analysis_text or ""), "decision": str(self.decision_text or ""),
            "no_measure": self.no_measure_reason or "", "review": self.review_id.name or "",
            "measures": sorted(self.measure_ids.filtered(lambda one: one.state != "cancelled").mapped("name")),
        }

    def _on_approval_granted(self, gate):
        for report in self.sudo():
            own, target = GATES[report.state]
            if own == gate:
                report.write({"state": target})
        return super()._on_approval_granted(gate)
