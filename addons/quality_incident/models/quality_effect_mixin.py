from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.days import end_of_day

EFFECTS = [("effective", "Effective"), ("ineffective", "Ineffective"), ("inconclusive", "Inconclusive")]


class QualityEffectMixin(models.AbstractModel):
    """Whether what was done worked, looked at some time after closing (ISO 9001 10.2, D16).

    For documents with a workflow whose last state is ``closed``, with deadlines and a ``reason``.
    """

    _name = "quality.effect.mixin"
    _description = "Document with an effectiveness check"

    #: who may check, comma-separated
    _effect_groups = None
    #: where an ineffective document goes on
    _effect_reopened = None

    effect_due_date = fields.Date("Effectiveness check due", readonly=True, copy=False)
    effect_result = fields.Selection(EFFECTS, "Effectiveness", readonly=True, copy=False, tracking=True)
    effect_note = fields.Text("Effect note", readonly=True, copy=False)
    effect_checked_by_id = fields.Many2one("res.users", "Effect checked by", readonly=True, copy=False)
    effect_checked_at = fields.Datetime("Effect checked on", readonly=True, copy=False)

    def _effect_doers(self):
        """Hook: return the users who did the work of one document and therefore do not judge its effect."""
        return self.env["res.users"]

    def _effect_owner(self):
        """Hook: return the user who owes the check of one document."""
        return self.env["res.users"]

    def _plan_effect_check(self):
        for record in self:
            due = fields.Date.context_today(record) + timedelta(days=record.company_id.quality_effect_days)
            record.sudo().effect_due_date = due
            record._start_deadline(
                "effectiveness",
                due_at=end_of_day(due, record.company_id),
                user=record._effect_owner(),
                name=self.env._("Effectiveness check"),
            )

    def _forget_effect(self):
        """Make room for the check of a new round; what the last one found stays in the chatter."""
        self._cancel_deadline("effectiveness")
        self.sudo().write(
            {
                "effect_result": False,
                "effect_note": False,
                "effect_checked_by_id": False,
                "effect_checked_at": False,
            }
        )

    def action_record_effect(self, result=None, note=None):
        """Record the effectiveness check of a closed document; ineffective reopens it as a new round.

        :param result: ``effective``, ``ineffective`` or ``inconclusive``
        :param note: what was looked at; required
        :raises AccessError: the user has no role that checks
        :raises UserError: not closed, nothing said, or the user did the work
        """
        self._check_role(self._effect_groups)
        if not result:
            return self.env["quality.effect.check"]._ask(self)
        if result not in dict(EFFECTS) or not note:
            raise UserError(self.env._("Say what was looked at and whether the measures are effective."))
        self.check_access("write")
        for record in self:
            record._check_effect_allowed()
            record.sudo().write(
                {
                    "effect_result": result,
                    "effect_note": note,
                    "effect_checked_by_id": self.env.uid,
                    "effect_checked_at": fields.Datetime.now(),
                }
            )
            record._stop_deadline("effectiveness")
            label = dict(self._fields["effect_result"]._description_selection(self.env))[result]
            record._message_log(body=f"{label}: {note}")
            if result == "ineffective":
                record.sudo().reason = self.env._("The measures were ineffective: %s", note)
                record.sudo().write({"state": self._effect_reopened})
            elif result == "inconclusive":
                record._plan_effect_check()
        return True

    def _check_effect_allowed(self):
        if self.state != "closed" or self.is_historic:
            raise UserError(self.env._("%s: effectiveness is checked after closing.", self.display_name))
        if self.effect_result in ("effective", "ineffective"):
            raise UserError(self.env._("%s: its effectiveness has been judged already.", self.display_name))
        if self.env.user in self.sudo()._effect_doers():
            raise UserError(
                self.env._("%s: somebody who did not carry out the measures checks their effect.", self.display_name)
            )
