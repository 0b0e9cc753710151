from odoo import api, fields, models


class QualityEducation(models.Model):
    """A session that taught the people concerned what went wrong (A13: people educated)."""

    _name = "quality.education"
    _description = "Education session"
    _inherit = "quality.incident.line"
    _order = "held_at desc, id desc"
    _personal_fields = ("name", "content")

    name = fields.Char("Subject", required=True)
    held_at = fields.Datetime("Held on", required=True, default=fields.Datetime.now)
    trainer_id = fields.Many2one("res.users", required=True, default=lambda self: self.env.user)
    content = fields.Text(required=True)
    attendee_ids = fields.One2many("quality.education.attendee", "education_id", "Attendees")
    attended_count = fields.Integer("Attended", compute="_compute_attended_count")

    @api.depends("attendee_ids.attended")
    def _compute_attended_count(self):
        for session in self:
            session.attended_count = len(session.attendee_ids.filtered("attended"))

    def _held(self):
        """Return the sessions that count: held already, somebody attended, and the signed list is attached."""
        now = fields.Datetime.now()
        return self.filtered(lambda session: session.held_at <= now and session.attended_count and session.evidence_ids)


class QualityEducationAttendee(models.Model):
    _name = "quality.education.attendee"
    _description = "Attendee of an education session"
    _inherit = "quality.line.mixin"
    _order = "name, id"
    _document_field = "incident_id"
    _personal_fields = ("name", "unit")

    education_id = fields.Many2one("quality.education", required=True, index=True, ondelete="cascade")
    incident_id = fields.Many2one(related="education_id.incident_id", store=True, index=True)
    company_id = fields.Many2one(related="education_id.company_id", store=True, index=True)
    partner_id = fields.Many2one("res.partner", "Person")
    name = fields.Char(compute="_compute_name", store=True, readonly=False, required=True)
    unit = fields.Char("Team or company")
    attended = fields.Boolean(default=True)

    @api.depends("partner_id")
    def _compute_name(self):
        for attendee in self:
            attendee.name = attendee.partner_id.name or attendee.name
