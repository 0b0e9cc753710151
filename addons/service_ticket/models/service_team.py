from ast import literal_eval

from odoo import fields, models


class ServiceTeam(models.Model):
    """A group of people that customers write to and that drives out from one serving station (C4, E3)."""

    _name = "service.team"
    _description = "Service team"
    _inherit = ["mail.alias.mixin", "mail.thread"]
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, tracking=True
    )
    leader_id = fields.Many2one(
        "res.users", "Team leader", tracking=True, check_company=True, domain="[('share', '=', False)]"
    )
    member_ids = fields.Many2many(
        "res.users", "service_team_member_rel", "team_id", "user_id", "Members", domain="[('share', '=', False)]"
    )
    calendar_id = fields.Many2one(
        "resource.calendar", "Working hours", check_company=True, help="When the team can be reached."
    )
    station_id = fields.Many2one(
        "res.partner", "Serving station", help="Distances to the customer are measured from here; it needs coordinates."
    )
    department_id = fields.Many2one("hr.department", check_company=True)
    assignment = fields.Selection(
        [
            ("manual", "By hand"),
            ("load", "To whoever has least to do"),
            ("nearest", "To the nearest qualified engineer"),
        ],
        "New tickets are given",
        default="manual",
        required=True,
        tracking=True,
    )
    is_public = fields.Boolean("On the web form", default=True, help="Customers may choose this team themselves.")
    alias_id = fields.Many2one(help="Mails to this address open tickets of the team.")
    color = fields.Integer()

    def _alias_get_creation_values(self):
        values = super()._alias_get_creation_values()
        values["alias_model_id"] = self.env["ir.model"]._get_id("service.ticket")
        if self.id:
            defaults = literal_eval(self.alias_defaults or "{}")
            values["alias_defaults"] = {**defaults, "team_id": self.id, "company_id": self.company_id.id}
        return values
