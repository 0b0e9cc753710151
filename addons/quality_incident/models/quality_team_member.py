from odoo import api, fields, models


class QualityTeamMember(models.Model):
    """A member of the investigation group with role and opinion (A10, A11)."""

    _name = "quality.team.member"
    _description = "Investigation team member"
    _inherit = "quality.incident.line"
    _order = "role, id"
    _rec_name = "partner_id"
    _personal_fields = ("opinion",)

    partner_id = fields.Many2one("res.partner", "Member", required=True, index=True, ondelete="restrict")
    role = fields.Selection(
        [
            ("leader", "Leader"),
            ("expert", "Expert"),
            ("member", "Member"),
            ("authority", "Authority"),
        ],
        required=True,
        default="member",
    )
    opinion = fields.Text(help="Cause, handling and prevention as this member sees them.")
    opinion_at = fields.Datetime("Opinion given on", compute="_compute_opinion_at", store=True)

    _member_once = models.UniqueIndex(
        "(incident_id, partner_id)", "This person is a member of the investigation group already."
    )

    @api.depends("opinion")
    def _compute_opinion_at(self):
        for member in self:
            member.opinion_at = fields.Datetime.now() if member.opinion else False
