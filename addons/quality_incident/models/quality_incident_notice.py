from odoo import fields, models

from .quality_incident_workflow import CHIEF, ENGINEERING, INSPECTOR, LEAD


class QualityIncident(models.Model):
    """Who hears of an incident, and who has the next step."""

    _inherit = "quality.incident"

    def _next_actor(self):
        """Return ``(field of the person, group when it is empty, what to do)`` of the step this incident waits for.

        None when it waits for nobody, or for approvers.
        """
        self.ensure_one()
        minor, major = self.grade == "minor", self.grade == "major"
        if self.state == "verified" and self.grade == "general" and not self.written_report:
            return ("technical_lead_id", LEAD, self.env._("Report in writing to the engineering department"))
        if self.state == "plan" and self.approval_state == "pending":
            return None  # the approvers have activities of their own
        if self.state == "plan" and self.approval_state == "approved":
            return ("technical_lead_id", LEAD, self.env._("Start the approved work"))
        return {
            "reported": (("engineer_id", ENGINEERING) if major else ("inspector_id", INSPECTOR))
            + (self.env._("Verify the reported incident"),),
            "verified": (
                ("technical_lead_id", LEAD, self.env._("Plan the treatment"))
                if minor
                else ("engineer_id", ENGINEERING, self.env._("Start the analysis"))
            ),
            "analysis": (("engineer_id", CHIEF) if major else ("engineer_id", ENGINEERING))
            + (self.env._("Find the cause, then let the planning start"),),
            "plan": ("technical_lead_id", LEAD, self.env._("Plan the treatment and ask for its approval")),
            "executing": ("technical_lead_id", LEAD, self.env._("Carry out the plan and ask for acceptance")),
            "acceptance": ("inspector_id", INSPECTOR, self.env._("Inspect and accept, or refuse")),
            "closing": ("inspector_id", INSPECTOR, self.env._("Complete the four facts and close")),
        }.get(self.state)

    def _next_people(self):
        field, group, summary = self._next_actor() or (False, False, False)
        return (self[field] or self._role_users(group), summary) if field else None

    def action_request_approval(self, gate=None):
        result = super().action_request_approval(gate)
        self._assign_next_step()
        return result

    def _on_approval_granted(self, gate):
        result = super()._on_approval_granted(gate)
        self._assign_next_step()
        return result

    def _on_approval_rejected(self, gate):
        result = super()._on_approval_rejected(gate)
        self._assign_next_step()
        return result

    def _on_approval_superseded(self, gate):
        result = super()._on_approval_superseded(gate)
        self.filtered(lambda incident: incident.state == "plan")._assign_next_step()
        return result

    def _notify_major(self):
        """A5: the inspector is told of a major incident at once and in writing."""
        major = self.filtered(
            lambda incident: (
                incident.grade == "major"
                and incident.reported_at
                and not incident.inspector_notified_at
                and not incident.is_historic
            )
        )
        if not major:
            return
        template = self.env.ref("quality_incident.mail_template_major_incident").sudo()
        template.send_mail_batch(major.ids, email_layout_xmlid="mail.mail_notification_light")
        major.sudo().write({"inspector_notified_at": fields.Datetime.now()})
        major._message_log_batch(
            {
                incident.id: self.env._(
                    "The quality inspector was notified in writing: %s",
                    ", ".join(incident._inspectors().mapped("name")),
                )
                for incident in major
            }
        )

    def _inspectors(self):
        """Return the inspector of this incident, or everybody who inspects in its company."""
        self.ensure_one()
        return self.inspector_id or self._role_users(INSPECTOR)

    def _reporting_user(self):
        """Return who is to send the statutory reports: only the staff can, so the reporter comes last."""
        self.ensure_one()
        return self.inspector_id or self.technical_lead_id or self._role_users(INSPECTOR)[:1] or self.reporter_id
