from collections import Counter

from odoo import api, fields, models

from ..tools.distance import kilometres
from .service_ticket import WORKING


class ServiceTicket(models.Model):
    """Who gets a new ticket: by load or by distance, only people who are there and qualified (C1, C16)."""

    _inherit = "service.ticket"

    @api.model_create_multi
    def create(self, vals_list):
        tickets = super().create(vals_list)
        tickets.filtered(lambda ticket: not ticket.user_id and not ticket.is_historic)._assign()
        return tickets

    def _assign(self):
        """Give these tickets to people of their teams, as each team wants it; by hand always remains possible."""
        for team, tickets in self.sudo().grouped("team_id").items():
            if team.assignment in ("load", "nearest"):
                tickets._assign_within(team)

    def _assign_within(self, team):
        people = team._present_members()
        if not people:
            return
        busy = self._read_group([("user_id", "in", people.ids), ("state", "in", WORKING)], ["user_id"], ["__count"])
        load = Counter(dict(busy))
        for product, tickets in self.grouped("product_id").items():
            able = people & people.employee_ids._service_qualified(product, fields.Date.today()).user_id
            for ticket in tickets if able else ():
                chosen = min(able, key=lambda user, one=ticket: (one._way_of(user), load[user], user.id))
                load[chosen] += 1
                ticket.user_id = chosen

    def _way_of(self, user):
        """Return how far ``user`` is from the site when the team assigns by distance; else everybody is as near."""
        home = user.partner_id
        site = (self.site_latitude, self.site_longitude)
        if self.team_id.assignment != "nearest" or not any(site):
            return 0
        start = (home.partner_latitude, home.partner_longitude)
        return kilometres(start, site) if any(start) else float("inf")


class ServiceTeam(models.Model):
    _inherit = "service.team"

    def _present_members(self):
        """Return the active members who are not on leave now, nor for the rest of the day."""
        self.ensure_one()
        members = self.member_ids.filtered(lambda user: user.active and user.employee_ids)
        now = fields.Datetime.now()
        leaves = self.env["resource.calendar.leaves"].search(
            [
                ("resource_id", "in", members.employee_ids.resource_id.ids),
                ("date_from", "<=", now), ("date_to", ">=", now),
            ]
        )
        return members - leaves.resource_id.employee_id.user_id
