from odoo import api, fields, models
from odoo.exceptions import UserError


class QualityReturnAttempt(models.Model):
    """Somebody tried to reach the customer; kept as it was, in order of time (D9)."""

    _name = "quality.return.attempt"
    _description = "Attempt to reach a customer"
    _inherit = ["quality.personal.mixin"]
    _order = "visit_id desc, at desc, id desc"
    _rec_name = "at"
    _personal_fields = ("person", "note")

    visit_id = fields.Many2one("quality.return.visit", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="visit_id.company_id", store=True, index=True)
    at = fields.Datetime("When", readonly=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", "By", readonly=True, default=lambda self: self.env.user)
    channel = fields.Selection(
        [("phone", "Phone"), ("on_site", "On site"), ("email", "E-mail"), ("other", "Other")],
        "Way", required=True, default="phone",
    )
    reached = fields.Boolean(default=True)
    person = fields.Char("Spoke to")
    note = fields.Char()
    next_attempt_at = fields.Datetime("Next attempt", help="Needed when nobody was reached.")

    @api.model_create_multi
    def create(self, vals_list):
        """Record attempts; the first one begins the visit.

        :raises AccessError: the user is neither the interviewer nor plans visits
        :raises UserError: the visit is over, the user worked for the customer, or the next attempt is missing
        """
        stamp = {"user_id": self.env.uid, "at": fields.Datetime.now()}
        attempts = super().create([{**vals, **stamp} for vals in vals_list])
        visits = attempts.visit_id
        visits._check_own()
        concerned = visits._concerned()
        for attempt in attempts:
            attempt._check_attempt(concerned)
        planned = visits.filtered(lambda visit: visit.state in ("planned", "missed"))
        if planned:
            planned._take_step("in_progress")
        for attempt in attempts:
            attempt.visit_id.sudo()._note_attempt(attempt)
        return attempts

    def write(self, vals):
        if vals and not self.env.su:
            raise UserError(self.env._("An attempt is kept as it was recorded; record another one."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        if not self.env.su:
            raise UserError(self.env._("Attempts are not deleted."))

    def _check_attempt(self, concerned):
        visit = self.visit_id
        if visit.state not in visit._open_states:
            raise UserError(self.env._("%s is over; plan another visit.", visit.display_name))
        if self.env.uid in concerned[visit]:
            raise UserError(visit._refusal_of(self.env.user))
        if not self.reached and not self.next_attempt_at:
            raise UserError(self.env._("%s: say when you try again.", visit.display_name))
        if not self.reached and self.next_attempt_at <= self.at:
            raise UserError(self.env._("%s: the next attempt lies ahead.", visit.display_name))
