from datetime import timedelta

import vobject
from markupsafe import Markup
from odoo import fields, models
from odoo.tools import format_datetime

UTC = vobject.icalendar.utc
#: how long an invitation blocks the calendar
LASTS = timedelta(hours=2)


class QualityInspection(models.Model):
    """Invitations that any calendar understands; a later one replaces the earlier (B1)."""

    _inherit = "quality.inspection"

    def _invite(self, users):
        """Invite ``users`` to one inspection with a calendar file; who was invited before is told of the change."""
        if not users:
            return
        inspection = self.sudo()
        earlier = inspection.invitation_number and users == inspection.participant_ids
        inspection.invitation_number += 1

        def subject(local):
            if earlier:
                return local.env._("Changed: inspection %s", local.title)
            return local.env._("Invitation: inspection %s", local.title)

        inspection._send_invitation(users, subject, "REQUEST")

    def _disinvite(self):
        """Tell the invited participants that the inspection does not take place."""
        for inspection in self.sudo().filtered("invitation_number"):
            inspection.invitation_number += 1
            inspection._send_invitation(
                inspection.participant_ids,
                lambda local: local.env._("Cancelled: inspection %s", local.title),
                "CANCEL",
            )

    def _send_invitation(self, users, subject_of, method):
        """Write to ``users``, each in their language.

        :param subject_of: function of the inspection in that language
        :param method: REQUEST or CANCEL
        """
        self.ensure_one()
        for lang, people in users.grouped("lang").items():
            local = self.with_context(lang=lang or self.env.lang)
            local._send_in_one_language(people, subject_of(local), method)

    def _send_in_one_language(self, users, subject, method):
        when = format_datetime(self.env, self.planned_at, tz=self.inspector_id.tz or self.company_id.partner_id.tz)
        where = " · ".join(filter(None, (self.project_id.name, self.location)))
        lines = [
            self.env._("When: %s", when),
            self.env._("Where: %s", where or "—"),
            self.env._("Held by: %s", self.inspector_id.name),
        ]
        body = Markup("<p>%s</p><ul>%s</ul>") % (
            subject, Markup("").join(Markup("<li>%s</li>") % line for line in lines)
        )
        self.message_notify(
            partner_ids=users.partner_id.ids,
            subject=subject,
            body=body,
            attachments=[("inspection.ics", self._calendar_file(method))],
        )

    def _calendar_file(self, method):
        """Return the invitation as an iCalendar file (RFC 5546); ``method`` is REQUEST or CANCEL."""
        calendar = vobject.iCalendar()
        calendar.add("method").value = method
        event = calendar.add("vevent")
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        event.add("uid").value = f"quality-inspection-{self.id}@{uuid}"
        event.add("sequence").value = str(self.invitation_number)
        event.add("status").value = "CANCELLED" if method == "CANCEL" else "CONFIRMED"
        event.add("dtstamp").value = fields.Datetime.now().replace(tzinfo=UTC)
        event.add("created").value = fields.Datetime.now().replace(tzinfo=UTC)
        event.add("dtstart").value = self.planned_at.replace(tzinfo=UTC)
        event.add("dtend").value = (self.planned_at + LASTS).replace(tzinfo=UTC)
        event.add("summary").value = self.display_name
        if self.location or self.project_id:
            event.add("location").value = " · ".join(filter(None, (self.project_id.name, self.location)))
        if self.inspector_id.email:
            organizer = event.add("organizer")
            organizer.value = f"mailto:{self.inspector_id.email}"
            organizer.params["CN"] = [self.inspector_id.name.replace('"', "'")]
        for user in self.participant_ids.filtered("email"):
            event.add("attendee").value = f"mailto:{user.email}"
        return calendar.serialize().encode()
