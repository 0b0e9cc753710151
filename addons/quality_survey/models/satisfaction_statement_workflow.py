import base64

from odoo import fields, models
from odoo.addons.quality_incident.tools.days import end_of_day
from odoo.exceptions import UserError
from odoo.tools import SQL

from .quality_survey_roles import MANAGER, STAFF

GATE = "satisfaction_statement"
CANCEL = ("_missing_cancel_reason",)


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=[(GATE, "Satisfaction statement")], ondelete={GATE: "cascade"})


class QualitySeal(models.Model):
    _inherit = "quality.seal"

    purpose = fields.Selection(selection_add=[(GATE, "Satisfaction statement")], ondelete={GATE: "cascade"})


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(
        selection_add=[("statement", "Satisfaction statement"), ("other",)], ondelete={"statement": "cascade"}
    )


class QualitySatisfactionStatement(models.Model):
    """The steps of a statement: drafted, reviewed by marketing, quality and the general manager, approved (D15)."""

    _inherit = "quality.satisfaction.statement"

    _transitions = {
        ("draft", "review"): ("_missing_figures", "_missing_end", "_missing_replies"),
        ("review", "draft"): ("_missing_reason",),
        ("review", "approved"): ("_missing_replies", "_missing_approval", "_missing_fresh"),
        ("draft", "cancelled"): CANCEL,
        ("review", "cancelled"): CANCEL,
    }
    _transition_groups = {
        ("draft", "review"): MANAGER,
        ("review", "draft"): MANAGER,
        ("review", "approved"): STAFF,
        ("draft", "cancelled"): MANAGER,
        ("review", "cancelled"): MANAGER,
    }
    _system_fields = frozenset(
        {
            "date_from", "date_to", "revision", "revises_id", "revision_reason", "is_current", "figures_at",
            "counted_ids", "counted", "counted_late", "left_out", "has_invitations", "invited", "invited_answered",
            "response_rate", "has_target", "target", "before_id", "total_id", "approved_at", "reason",
            "cancel_reason", "evidence_ids", "figure_ids", "measure_ids",
        }
    )
    _next_state = {"draft": "review", "review": "approved"}

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_figures(self):
        return [] if self.figures_at else [self.env._("The figures: refresh them")]

    def _missing_end(self):
        _start, stop = self._span()
        if fields.Datetime.now() < stop:
            return [self.env._("The end of the quarter: it is still running")]
        return []

    def _missing_replies(self):
        """D15: each problem that a customer raised has its reply; each one without is named."""
        return [
            self.env._("A reply to: %s", problem.display_name)
            for problem in self.problem_ids
            if not (problem.reply or "").strip()
        ]

    def _missing_approval(self):
        return [] if self._gate_approved(GATE) else [self.env._("The approval of marketing, quality and management")]

    def _missing_fresh(self):
        """Nothing is counted twice, nor as it was before a correction: both may happen during the review."""
        self.env.flush_all()
        [[taken]] = self.env.execute_query(
            SQL(
                """SELECT COUNT(*) FROM quality_satisfaction_statement_feedback_rel AS counted
                     JOIN quality_feedback AS feedback ON feedback.id = counted.feedback_id
                    WHERE counted.statement_id = %(statement)s
                      AND (NOT feedback.statement_id = ANY(%(own)s)
                           OR (feedback.is_final IS NOT TRUE AND feedback.write_date > %(counted_at)s))""",
                statement=self.id, own=[self.id, *self._ancestors().ids], counted_at=self.figures_at,
            )
        )
        if not taken:
            return []
        return [
            self.env._(
                "%s opinions as they were counted; another statement has counted them, or they were corrected: "
                "send this one back and refresh the figures", taken,
            )
        ]

    def _missing_reason(self):
        return [] if self.reason else [self.env._("A reason: use the button of this step")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the button of this step")]

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_submit(self):
        """Have the statement reviewed: marketing, quality, general manager (D15).

        :raises AccessError: the user does not write statements
        :raises UserError: listing what is missing, each problem without a reply included
        """
        return self._take_step("review")

    def action_send_back(self, reason=None):
        """Take the statement back into draft with a reason; approvals given lapse."""
        return self._go_with_reason("draft", reason, "action_send_back")

    def action_cancel(self, reason=None):
        """Cancel the statement with a reason; it keeps its number."""
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_revise(self, reason=None):
        """Draw up a revision of the approved statement in force, with the answers that came late (D15).

        :return: the action that opens it; without a reason, the dialog that asks for one
        :raises AccessError: the user does not write statements
        :raises UserError: it is not the one in force, or a revision is open
        """
        self.ensure_one()
        self._check_role(MANAGER)
        self.check_access("write")
        if not self.is_current:
            raise UserError(self.env._("%s is not the statement in force of its quarter.", self.display_name))
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_revise")
        revision = self.sudo().create(
            {
                "company_id": self.company_id.id, "year": self.year, "quarter": self.quarter,
                "include_historic": self.include_historic, "revises_id": self.id, "revision": self.revision + 1,
                "revision_reason": reason, "summary": self.summary,
            }
        )
        self._message_log(body=self.env._("%(name)s revises this: %(reason)s", name=revision.name, reason=reason))
        return revision.with_env(self.env).get_formview_action()

    def _after_transition(self, origins, target):
        statements = self.sudo()
        if target == "review":
            statements.write({"reason": False})
            for statement in self:
                statement.action_request_approval(GATE)
        elif target in ("draft", "cancelled"):
            statements.approval_ids.filtered(lambda row: row.state in ("waiting", "pending", "approved"))._supersede()
        elif target == "approved":
            statements._enter_approved()
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _enter_approved(self):
        """Fix the approved statements: in force, their opinions counted, sealed, kept as PDF and Excel."""
        for statement in self:
            statement.revises_id.write({"is_current": False})
            statement.revises_id.flush_recordset()
            statement.write({"is_current": True, "approved_at": fields.Datetime.now()})
            statement._claim_opinions()
            statement._seal(GATE)
            statement._keep_files()
        self._stop_deadline("statement")

    def _claim_opinions(self):
        """Say on the opinions which statement counted them first; from now on they stay as they are. One query."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                "UPDATE quality_feedback SET statement_id = %s, is_final = TRUE"
                " WHERE statement_id IS NULL AND id IN (%s)",
                self.id, self._counted_sql(),
            )
        )
        self.env["quality.feedback"].invalidate_model(["statement_id", "is_final"])

    def _keep_files(self):
        """Keep the statement as it is on paper and in Excel."""
        base = f"{self.name}_{self.revision}".replace("/", "_")
        language = self.company_id.partner_id.lang or self.env.lang
        reports = self.env["ir.actions.report"].sudo().with_context(lang=language)
        pdf, _kind = reports._render_qweb_pdf("quality_survey.action_report_statement", self.ids)
        with self.with_context(lang=language)._workbook() as book:
            files = [(f"{base}.pdf", pdf), (f"{base}.xlsx", book.read())]
        attachments = self.env["ir.attachment"].create(
            [
                {"name": name, "datas": base64.b64encode(content), "res_model": self._name, "res_id": self.id}
                for name, content in files
            ]
        )
        self.evidence_ids = [fields.Command.set(attachments.ids)]

    def _start_clock(self):
        """Promise the statement within the company's days from the end of its quarter."""
        for statement in self.sudo():
            if not statement.date_to:
                continue
            company = statement.company_id
            due = end_of_day(fields.Date.add(statement.date_to, days=company.survey_statement_days), company)
            if statement._find_deadlines("statement"):
                statement._replan_deadline("statement", due_at=due)
            elif statement.revision == 1:
                people = statement._role_users(MANAGER)
                statement._start_deadline(
                    "statement", due_at=due, user=people if len(people) == 1 else None,
                    name=self.env._("Statement of %s", statement._period_text()),
                )

    def _next_people(self):
        if self.state == "draft":
            return self._role_users(MANAGER), self.env._("Have each problem replied to, and the statement reviewed")
        return None

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return GATE

    def _approval_gates(self):
        return (GATE,) if self.state == "review" else ()

    def _check_can_request_approval(self, gate):
        self._check_role(MANAGER)
        return super()._check_can_request_approval(gate) + self._missing_figures() + self._missing_replies()

    def _approval_authors(self, gate):
        return self.create_uid

    def _approval_content(self, gate):
        return self._statement_content()

    def _seal_content(self, purpose):
        return self._statement_content()

    def _statement_content(self):
        """Return what is approved and sealed: the quarter, how it was counted, every figure, every reply."""
        numbers = (
            "breakdown", "key", "answers", "scored", "satisfied", "rate", "interval_low", "interval_high", "mean",
            "mean_error", "asked", "promoters", "detractors", "nps", "nps_error", "verdict", "before_rate", "change",
        )

        def plain(record, names):
            values = ((name, record[name]) for name in names)
            return {name: f"{value:.6f}" if isinstance(value, float) else value for name, value in values}

        return {
            "number": self.name, "quarter": self._period_text(), "revision": self.revision,
            "counted": self.counted, "late": self.counted_late, "left_out": self.left_out,
            "historic": self.include_historic, "invited": self.invited, "answered": self.invited_answered,
            "target": f"{self.target:.2f}" if self.has_target else False, "summary": self.summary or "",
            "figures": [plain(row, numbers) for row in self.figure_ids.sorted("id")],
            "service": [
                {"code": row.indicator_id.code, **plain(row, ("numerator", "denominator", "verdict"))}
                for row in self.measure_ids.sorted("id")
            ],
            "problems": [
                {
                    "text": row.text, "reply": row.reply or "", "by": row.replied_by_id.login or "",
                    "at": str(row.replied_at or ""),
                }
                for row in self.problem_ids.sorted("id")
            ],
        }

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "approved"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        self._back_to_draft(self.env._("The approval was refused."))
        return super()._on_approval_rejected(gate)

    def _on_approval_superseded(self, gate):
        self._back_to_draft(self.env._("What was asked to be approved has changed."))
        return super()._on_approval_superseded(gate)

    def _back_to_draft(self, reason):
        for statement in self.sudo().filtered(lambda statement: statement.state == "review"):
            statement.write({"reason": reason})
            statement.write({"state": "draft"})
