from odoo import api, fields, models
from odoo.exceptions import UserError

from .service_ticket_roles import ENGINEER

SOLUTION_TYPES = [
    ("remote", "Answer from here"),
    ("on_site", "Visit on site"),
    ("depot", "Repair in the workshop"),
    ("replacement", "Replacement"),
    ("explanation", "Explanation"),
    ("training", "Training of the operator"),
]


class ServiceAnalysis(models.Model):
    """What the cause is thought to be and what kind of solution follows; one at least a level (C16)."""

    _name = "service.analysis"
    _description = "Analysis of a ticket"
    _inherit = ["quality.line.mixin"]
    _order = "ticket_id, level, id"
    _rec_name = "cause"
    _document_field = "ticket_id"
    _document_states = ("accepted", "analysis")
    _personal_fields = ("cause", "note")

    ticket_id = fields.Many2one("service.ticket", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
    level = fields.Integer("Escalation level", readonly=True, aggregator=None)
    cause = fields.Text("Presumed cause", required=True)
    solution_type = fields.Selection(SOLUTION_TYPES, "Kind of solution", required=True)
    note = fields.Text("What is to be done")
    user_id = fields.Many2one("res.users", "Analysed by", readonly=True, default=lambda self: self.env.user)
    at = fields.Datetime("Analysed on", readonly=True, default=fields.Datetime.now)

    @api.model_create_multi
    def create(self, vals_list):
        """Add analyses; level, person and time are the system's.

        :raises AccessError: the user is no service staff
        """
        self.env["service.ticket"]._check_role(ENGINEER)
        for vals in vals_list:
            ticket = self.env["service.ticket"].browse(vals.get("ticket_id"))
            vals.update(level=ticket.escalation_level, user_id=self.env.uid, at=fields.Datetime.now())
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and vals.keys() & {"level", "user_id", "at", "ticket_id"}:
            raise UserError(self.env._("Who analysed what and when is kept as it was; add a new analysis."))
        return super().write(vals)
