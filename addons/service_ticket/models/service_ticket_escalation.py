from odoo import api, fields, models
from odoo.exceptions import UserError


class ServiceTicket(models.Model):
    """Not solved: one level higher, other people told, a new analysis before anybody drives out again (C16, D4)."""

    _inherit = "service.ticket"

    def _raise_level(self, reason, reopened=False):
        """Raise the level of these tickets and take them back to the analysis; the caller has checked the user.

        :param reason: what was not solved
        :param reopened: the customer came back with it
        """
        for ticket in self:
            if ticket.state not in ("analysis", "planned", "in_progress", "resolved", "confirmed", "closed"):
                raise UserError(self.env._("%s: there is no solution yet that could have failed.", ticket.display_name))
            missing = ticket._missing_idle_visits()
            if missing:
                raise UserError("\n".join(missing))
            system = ticket.sudo()
            system.visit_ids.filtered(lambda visit: visit.state in ("draft", "planned"))._do_cancel(reason)
            system.write(
                {
                    "escalating": True,
                    "escalation_level": ticket.escalation_level + 1,
                    "reopen_count": ticket.reopen_count + bool(reopened),
                }
            )
            ticket._message_log(
                body=self.env._(
                    "Not solved, escalation level %(level)d: %(reason)s", level=ticket.escalation_level, reason=reason
                )
            )
            if ticket.state == "analysis":
                system.escalating = False
                system._assign_next_step()
            else:
                ticket.write({"state": "analysis"})
            system._sync_clocks(again=("onsite",))
            system._tell_ladder(reason)
        return True

    def _tell_ladder(self, reason):
        """Tell the people of the rung that was reached: team leader, then managers, then the chief engineer."""
        for ticket in self:
            for rung in self.env["service.escalation.rung"]._reached(ticket):
                for user in rung._users(ticket):
                    ticket.with_context(mail_activity_quick_update=True).activity_schedule(
                        "service_ticket.mail_activity_ticket_escalation",
                        user_id=user.id,
                        summary=self.env._("Not solved, level %d", ticket.escalation_level),
                        note=reason,
                    )


class ServiceEscalationRung(models.Model):
    """Who is told when a ticket reaches a level."""

    _name = "service.escalation.rung"
    _description = "Rung of the ladder for unsolved tickets"
    _order = "level, id"

    level = fields.Integer("From level", required=True, default=1, aggregator=None)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    target = fields.Selection(
        [("leader", "Team leader"), ("group", "Role"), ("user", "User")], "Tells", required=True, default="leader"
    )
    group_id = fields.Many2one("res.groups", "Role")
    user_id = fields.Many2one("res.users", domain="[('share', '=', False)]")

    _level_positive = models.Constraint("CHECK (level > 0)", "Levels count from one.")

    @api.depends("level", "target")
    def _compute_display_name(self):
        labels = dict(self._fields["target"]._description_selection(self.env))
        for rung in self:
            rung.display_name = f"{rung.level}: {labels.get(rung.target, '')}"

    @api.model
    def _reached(self, ticket):
        """Return the rungs of exactly the level that ``ticket`` has reached; the highest when it is above all."""
        rungs = self.sudo().search(
            [("company_id", "=", ticket.company_id.id), ("level", "<=", ticket.escalation_level)], order="level desc"
        )
        return rungs.filtered(lambda rung: rung.level == rungs[0].level) if rungs else rungs

    def _users(self, ticket):
        """Return the active internal users this rung tells about ``ticket``."""
        self.ensure_one()
        if self.target == "leader":
            users = ticket.team_id.leader_id
        elif self.target == "user":
            users = self.user_id
        else:
            users = self.group_id.all_user_ids.filtered(lambda user: ticket.company_id in user.company_ids)
        return users.filtered(lambda user: user.active and not user.share)
