from odoo import api, fields, models
from odoo.exceptions import ValidationError


class QualityAnalysisMeeting(models.Model):
    """A joint analysis of the functional departments, convened by the chief engineer (A5)."""

    _name = "quality.analysis.meeting"
    _description = "Joint analysis meeting"
    _inherit = "quality.incident.line"
    _order = "held_at desc, id desc"
    _personal_fields = ("name", "conclusion")
    _document_states = ("verified", "analysis", "plan")

    name = fields.Char("Subject", required=True)
    held_at = fields.Datetime("Held on", required=True, default=fields.Datetime.now)
    convened_by_id = fields.Many2one("res.users", "Convened by", required=True, default=lambda self: self.env.user)
    department_ids = fields.Many2many("hr.department", string="Departments attending", check_company=True)
    conclusion = fields.Text(help="What the departments concluded: cause, appraisal, proposed treatment.")

    @api.constrains("convened_by_id")
    def _check_convened_by(self):
        for meeting in self:
            if not meeting.convened_by_id.sudo().has_group("quality_incident.group_quality_chief_engineer"):
                raise ValidationError(
                    self.env._(
                        "The joint analysis is convened by the chief engineer; %s is not one.",
                        meeting.convened_by_id.name,
                    )
                )

    def _convened(self):
        """Return the meetings that satisfy A5: at least two departments attended and a conclusion was reached."""
        return self.filtered(lambda meeting: len(meeting.department_ids) >= 2 and meeting.conclusion)
