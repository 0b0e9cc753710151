from odoo import models


class QualityIncident(models.Model):
    """The guards: each returns what is missing for a step, as texts a person can act on."""

    _inherit = "quality.incident"

    def _missing_fields(self, *names):
        """Return one text per field of ``names`` that is empty."""
        return [self._fields[name]._description_string(self.env) for name in names if not self[name]]

    def _missing_report(self):
        return self._missing_fields("title", "occurred_at", "location", "description")

    def _missing_verification(self):
        """A5, A9: verified on the spot; a major one with the scene protected and the work stopped."""
        missing = self._missing_fields("verification_note")
        if self.grade == "major":
            if not self.inspector_notified_at:
                missing.append(self.env._("The written notification of the quality inspector"))
            if not self.scene_ids.filtered("evidence_ids"):
                missing.append(self.env._("A scene-protection record with evidence"))
            if not self.stop_order_ids:
                missing.append(self.env._("A stop-work order"))
        return missing

    def _missing_written_report(self):
        """A4: the technical lead reports in writing to the engineering department."""
        if self.grade == "general":
            return self._missing_fields("technical_lead_id", "written_report")
        return []

    def _missing_short_way(self):
        """A3: only a minor incident goes straight to its plan."""
        if self.grade != "minor":
            return [self.env._("An analysis: only a minor incident is planned without one")]
        return []

    def _missing_analysis(self):
        """A4, A5: the cause by engineering; for a major incident the joint analysis of the departments."""
        if self.grade == "minor":
            return []
        missing = self._missing_fields("root_cause", "cause_category_id")
        if self.grade == "major" and not self.meeting_ids._convened():
            missing.append(
                self.env._(
                    "A joint analysis convened by the chief engineer, "
                    "with at least two departments attending and a conclusion"
                )
            )
        return missing

    def _missing_plan(self):
        """B7, A4: a treatment that meets the standard, actions with owner and due date, prevention by engineering."""
        missing = []
        option = self.chosen_option_id
        if not option:
            missing.append(self.env._("A chosen treatment option"))
        else:
            missing += option._missing_for_choice()
        actions = self.action_ids.filtered(lambda action: action.state != "cancelled")
        if not actions.filtered(lambda action: action.kind == "corrective"):
            missing.append(self.env._("At least one corrective action"))
        for action in actions:
            if not action.user_id or not action.due_date:
                missing.append(self.env._("Owner and due date of “%s”", action.name))
        if self.grade != "minor" and not actions._preventive_by_engineering():
            missing.append(self.env._("At least one preventive action set by the engineering department"))
        if self.grade != "minor":
            missing += self._missing_analysis()
        return missing

    def _missing_plan_approval(self):
        """A2 to A5: exactly this plan is approved by everybody who must."""
        if not self._gate_approved("plan"):
            return [self.env._("The approval of the plan as it stands now")]
        return []

    def _missing_execution(self):
        missing = []
        for action in self.action_ids.filtered(lambda line: line.kind in ("containment", "corrective")):
            if action.state == "open":
                missing.append(self.env._("“%s” is not done", action.name))
        return missing

    def _missing_way_back(self):
        """B8 (5): from acceptance back to planning only with a refusal, or when the approved plan has lapsed."""
        refused = self.acceptance_ids.filtered(lambda line: line.state == "refused" and line.round == self.round)
        if refused or not self._gate_approved("plan"):
            return []
        return [self.env._("An acceptance refused by the inspector (outcome 5)")]

    def _missing_acceptance(self):
        """B8: accepted by the inspector in this round."""
        if self.acceptance_ids.filtered(lambda line: line.state == "accepted" and line.round == self.round):
            return []
        return [self.env._("An acceptance by the quality inspector with its documents")]

    def _missing_reason(self):
        return [] if self.reason else [self.env._("A reason: use the button of this step")]

    def _missing_cancellation(self):
        """A6: cancelling must not be a way around a statutory duty or a stop-work order."""
        missing = [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]
        missing += [
            self.env._("The duty “%s” must be sent or waived with a reason", duty.name)
            for duty in self.duty_ids
            if duty.state == "pending"
        ]
        return missing + self._missing_resumption()

    def _missing_resumption(self):
        """A12: no stop-work order is left open."""
        return [
            self.env._("Stop-work order %s is not resumed", order.name)
            for order in self.stop_order_ids
            if order.state != "resumed"
        ]

    def _missing_closure(self):
        """A13 and what must have happened on the way: duties, resumption, violations, filing."""
        missing = []
        for fact in self.fact_ids:
            missing += fact._missing_for_closure()
        if not self.is_historic and len(self.fact_ids) < len(self.fact_ids._kinds()):
            missing.append(self.env._("The four facts of the four no-pass principle"))
        missing += self._missing_resumption()
        for duty in self.duty_ids.filtered(lambda duty: duty.state == "pending"):
            missing.append(self.env._("The duty “%s” is neither sent nor waived", duty.name))
        for action in self.action_ids.filtered(lambda action: action.state not in ("verified", "cancelled")):
            missing.append(self.env._("“%s” is not verified", action.name))
        for violation in self.violation_ids.filtered(lambda line: line.state == "open"):
            missing.append(self.env._("The violation “%s” is not decided", violation.display_name))
        if not self.actual_loss and not self.no_loss:
            missing.append(self.env._("The actual loss, or the tick that there was none"))
        if self.grade == "major" and not self.detailed_filed_at:
            missing.append(self.env._("The detailed report filed with the quality supervision station"))
        return missing
