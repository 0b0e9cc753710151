from odoo import api, fields, models

from .quality_incident_workflow import REPORTER
from .quality_rectification import RECIPIENT_KINDS


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(
        selection_add=[
            ("acknowledgement", "Acknowledgement"),
            ("plan", "Rectification plan"),
            ("recheck", "Re-check"),
            ("other",),
        ],
        ondelete={"acknowledgement": "cascade", "plan": "cascade", "recheck": "cascade"},
    )


class QualityRectification(models.Model):
    """Who owes what until when, and who is told. The recipient's clocks run only while it is the recipient's turn."""

    _inherit = "quality.rectification"

    # ------------------------------------------------------------------
    # Clocks
    # ------------------------------------------------------------------

    @api.model
    def _clock_hours(self, kind):
        """Return the company field with the hours of a promise."""
        return {
            "acknowledgement": "quality_ack_hours",
            "plan": "quality_plan_hours",
            "recheck": "quality_recheck_hours",
        }[kind]

    def _start_recipient_clock(self, kind):
        """Start what the recipient owes: the acknowledgement or the plan."""
        assert kind in RECIPIENT_KINDS
        self._start_step_clock(kind, lambda notice: (notice._recipient_owner(), notice.recipient_department_id))

    def _start_issuer_clock(self):
        """Start what the issuer owes: the re-check."""
        self._start_step_clock("recheck", lambda notice: (notice.issuer_id, self.env["hr.department"]))

    def _start_step_clock(self, kind, owner):
        specs = []
        for notice in self:
            user, department = owner(notice)
            specs.append(
                {
                    "record": notice,
                    "kind": kind,
                    "hours": notice.company_id[self._clock_hours(kind)],
                    "user": user,
                    "department": department,
                }
            )
        if specs:
            self.env["quality.deadline"]._start(specs)

    def _recipient_owner(self):
        """Return who is reminded of what the recipient owes: its manager, or for an outside party the issuer."""
        self.ensure_one()
        if self.recipient_partner_id:
            return self.issuer_id
        return self.sudo().recipient_department_id.manager_id.user_id

    # ------------------------------------------------------------------
    # Who has the next step
    # ------------------------------------------------------------------

    def _recipient_people(self):
        """Return the users who can take the recipient's next step; the issuer when there is nobody."""
        self.ensure_one()
        department = self.sudo().recipient_department_id
        for users in (department.manager_id.user_id, department.member_ids.user_id):
            able = users.filtered(lambda user: user.active and user.has_group(REPORTER))
            if able and not self.recipient_partner_id:
                return able
        return self.issuer_id

    def _next_people(self):
        responsible = self.line_ids.filtered(lambda line: line.state in ("open", "started")).responsible_id
        if self.state in ("draft", "recheck"):
            what = {"draft": self.env._("Issue the notice"), "recheck": self.env._("Re-check every line")}
            return self.issuer_id, what[self.state]
        if self.state == "issued":
            return self._recipient_people(), self.env._("Acknowledge the rectification notice")
        if self.state == "acknowledged":
            return self._recipient_people(), self.env._("Plan each requirement and submit the plan")
        if self.state == "planned" and self.approval_state != "pending":  # else the approvers have their own
            return self._recipient_people(), self.env._("Submit the plan again")
        if self.state in ("approved", "executing"):
            people = self._recipient_people()
            if responsible:
                return responsible, self.env._("Carry out the plan and report each line as done")
            return people, self.env._("Ask for the re-check") if self.state == "executing" else self.env._(
                "Carry out the plan and report each line as done"
            )
        return None

    def _mail_outside_parties(self):
        """Send the notice to outside parties: they have no to-do list here. History is not sent."""
        outside = self.filtered(
            lambda notice: notice.recipient_partner_id.email and not notice.is_historic
        )
        if outside:
            template = self.env.ref("quality_incident.mail_template_rectification_issued").sudo()
            template.send_mail_batch(outside.ids, email_layout_xmlid="mail.mail_notification_light")
