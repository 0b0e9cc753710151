from odoo import fields, models

from .quality_rectification_workflow import GATE, ISSUERS


class QualityRectification(models.Model):
    """The guards: each returns what is missing for a step, as texts a person can act on."""

    _inherit = "quality.rectification"

    def _missing_issue(self):
        """A1: a notice names its recipient and what must be put right, and comes from who stands for it."""
        missing = []
        if not self.recipient_department_id and not self.recipient_partner_id:
            missing.append(self.env._("The recipient: a department of your own, or an outside party"))
        if not self.line_ids:
            missing.append(self.env._("At least one requirement"))
        if not self.issuer_id.has_groups(ISSUERS):
            missing.append(self.env._("An issuer who may issue notices: %s", self._group_names(ISSUERS)))
        elif not self.env.su and self.env.user != self.issuer_id:
            missing.append(self.env._("The issuer's own hand: %s issues it, and later approves the plan",
                                      self.issuer_id.name))
        if self.sudo().incident_id.grade == "major" and self.severity != "major":
            missing.append(self.env._("The severity “Major”: the incident is a major one"))
        return missing

    def _missing_recipient(self):
        """The recipient's own steps; the public actions have checked it before they act as the system."""
        if self.env.su or self.acts_for_recipient:
            return []
        return [self.env._("The recipient: %s takes this step", self.recipient_name or "?")]

    def _missing_acknowledgement(self):
        if not self.recipient_partner_id:
            return []
        return [self._fields[name]._description_string(self.env) for name in ("ack_channel", "ack_person")
                if not self[name]]

    def _missing_plan(self):
        """A1: a concrete plan for every line, with who and until when."""
        missing, today = [], fields.Date.context_today(self)
        for line in self.line_ids.filtered(lambda line: line.state in ("open", "started")):
            name = line.display_name
            if not (line.plan or "").strip():
                missing.append(self.env._("The plan for “%s”", name))
            if not line.due_date:
                missing.append(self.env._("The due date of “%s”", name))
            elif line.due_date < today:
                missing.append(self.env._("A due date for “%s” that is not over yet", name))
            missing += line._missing_responsible()
        return missing

    def _missing_plan_approval(self):
        """A2: exactly this plan is approved by everybody who must."""
        if self._gate_approved(GATE):
            return []
        if self.approval_state == "pending":
            return [self.env._("The approval of the plan by %s", self.next_approver_names or "?")]
        return [self.env._("The approval of the plan as it stands now: submit the plan")]

    def _missing_lapse(self):
        """Back to planning only because the plan has changed: nothing else takes an approval away."""
        if self._gate_approved(GATE):
            return [self.env._("A change of the plan: it is approved as it stands")]
        return []

    def _missing_execution(self):
        lines = self.line_ids.filtered(lambda line: line.state in ("open", "started"))
        return [self.env._("“%s” is not done", line.display_name) for line in lines]

    def _missing_judgement(self):
        """B3: a re-check record for each line."""
        lines = self.line_ids.filtered(lambda line: line.state not in ("passed", "failed"))
        return [self.env._("The re-check of “%s”", line.display_name) for line in lines]

    def _missing_failure(self):
        if self.line_ids.filtered(lambda line: line.state == "failed"):
            return []
        return [self.env._("A line that failed: without one the notice is closed")]

    def _missing_passes(self):
        failed = self.line_ids.filtered(lambda line: line.state == "failed")
        return [self.env._("“%s” failed and needs another round", line.display_name) for line in failed]

    def _missing_reason(self):
        return [] if self.reason else [self.env._("A reason: use the button of this step")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    def _missing_life(self):
        return [self.env._("A live notice: history stays as it is; raise a new one")] if self.is_historic else []
