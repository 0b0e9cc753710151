from odoo import api, fields, models
from odoo.exceptions import UserError

from .service_ticket_roles import AGENT

RESULTS = [
    ("solved", "Solved"),
    ("leftover", "Solved, something is left to do"),
    ("unsolved", "Not solved"),
]


class ServiceCallback(models.Model):
    """The customer is asked whether it really works, by somebody who did not do the work (D7)."""

    _name = "service.callback"
    _description = "Call-back"
    _inherit = ["quality.personal.mixin"]
    _order = "at desc, id desc"
    _rec_name = "ticket_id"
    _personal_fields = ("person", "note", "leftover")

    ticket_id = fields.Many2one("service.ticket", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="ticket_id.company_id", store=True, index=True)
    at = fields.Datetime("Called on", readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", "Called by", readonly=True, default=lambda self: self.env.user)
    reached = fields.Boolean(default=True)
    person = fields.Char("Spoke to")
    result = fields.Selection(RESULTS)
    note = fields.Text("What the customer said")
    leftover = fields.Text("What is left to do")
    follow_up_id = fields.Many2one("service.ticket", "Follow-up ticket", readonly=True, copy=False)

    @api.model_create_multi
    def create(self, vals_list):
        """Record calls; what is left to do becomes a follow-up ticket at once.

        :raises AccessError: the user does not work at the service desk or in marketing
        :raises UserError: not resolved yet, the user did the work, or the result is missing
        """
        self.env["service.ticket"]._check_role(AGENT)
        stamp = {"user_id": self.env.uid, "at": fields.Datetime.now(), "follow_up_id": False}
        calls = super().create([{**vals, **stamp} for vals in vals_list])
        for call in calls:
            call._check_call()
        for call in calls.filtered(lambda call: call.result == "leftover"):
            call.sudo().follow_up_id = call.ticket_id._follow_up(call.leftover)
        for call in calls.filtered("reached"):
            call.ticket_id.sudo()._stop_deadline("callback")
        return calls

    def write(self, vals):
        if vals and not self.env.su:
            raise UserError(self.env._("A call is kept as it was recorded; record another one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not self.env.su:
            raise UserError(self.env._("Calls to customers are not deleted."))

    def _check_call(self):
        if self.ticket_id.state != "resolved":
            raise UserError(self.env._("%s: the customer is called back once it is resolved.", self.ticket_id.name))
        if self.user_id in self.sudo().ticket_id._doers():
            raise UserError(self.env._("Somebody who did not do the work calls the customer back."))
        if self.reached and not self.result:
            raise UserError(self.env._("Say what the customer answered: solved, something left, or not solved."))
        if self.result == "leftover" and not (self.leftover or "").strip():
            raise UserError(self.env._("Say what is left to do."))
