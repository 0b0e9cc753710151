from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..tools.days import end_of_day
from .quality_incident_workflow import ENGINEERING, INSPECTOR, MANAGER

EFFECTS = [("effective", "Effective"), ("ineffective", "Ineffective"), ("inconclusive", "Inconclusive")]


class QualityIncident(models.Model):
    """Whether the measures worked, looked at some time after closing (ISO 9001 10.2)."""

    _inherit = "quality.incident"

    effect_due_date = fields.Date("Effectiveness check due", readonly=True, copy=False)
    effect_result = fields.Selection(EFFECTS, "Effectiveness", readonly=True, copy=False, tracking=True)
    effect_note = fields.Text("Effect note", readonly=True, copy=False)
    effect_checked_by_id = fields.Many2one("res.users", "Effect checked by", readonly=True, copy=False)
    effect_checked_at = fields.Datetime("Effect checked on", readonly=True, copy=False)

    def _plan_effect_check(self):
        for incident in self:
            due = fields.Date.context_today(incident) + timedelta(days=incident.company_id.quality_effect_days)
            incident.sudo().effect_due_date = due
            incident._start_deadline(
                "effectiveness",
                due_at=end_of_day(due, incident.company_id),
                user=incident.inspector_id,
                name=self.env._("Effectiveness check"),
            )

    def action_record_effect(self, result=None, note=None):
        """Record the effectiveness check of a closed incident; ineffective reopens it.

        :param result: ``effective``, ``ineffective`` or ``inconclusive``
        :param note: what was looked at; required
        :raises UserError: not closed, nothing said, or the user did the work
        """
        self._check_role(f"{INSPECTOR},{ENGINEERING},{MANAGER}")
        if not result:
            return self.env["quality.effect.check"]._ask(self)
        if result not in dict(EFFECTS) or not note:
            raise UserError(self.env._("Say what was looked at and whether the measures are effective."))
        for incident in self:
            if incident.state != "closed":
                raise UserError(self.env._("%s: effectiveness is checked after closing.", incident.display_name))
            if self.env.user in incident.sudo().action_ids.done_by_id:
                raise UserError(
                    self.env._(
                        "%s: somebody who did not carry out the measures checks their effect.", incident.display_name
                    )
                )
            incident.sudo().write(
                {
                    "effect_result": result,
                    "effect_note": note,
                    "effect_checked_by_id": self.env.uid,
                    "effect_checked_at": fields.Datetime.now(),
                }
            )
            incident._stop_deadline("effectiveness")
            incident._message_log(
                body=f"{dict(self._fields['effect_result']._description_selection(self.env))[result]}: {note}"
            )
            if result == "ineffective":
                incident.sudo().reason = self.env._("The measures were ineffective: %s", note)
                incident.sudo().write({"state": "analysis"})
            elif result == "inconclusive":
                incident._plan_effect_check()
        return True
