from odoo import api, fields, models
from odoo.exceptions import UserError


class ServiceTicket(models.Model):
    """Where the site is: looked up by its address, shown on a map (C4)."""

    _inherit = "service.ticket"

    map_url = fields.Char("Map", compute="_compute_map_url")

    @api.depends("site_latitude", "site_longitude")
    def _compute_map_url(self):
        for ticket in self:
            latitude, longitude = ticket.site_latitude, ticket.site_longitude
            place = f"https://www.openstreetmap.org/?mlat={latitude}&mlon={longitude}&zoom=15"
            ticket.map_url = place if latitude or longitude else False

    def action_locate(self):
        """Look up the place of the site by its address, with the service that is chosen in the settings.

        :raises UserError: there is no address, or it is not found
        """
        self._check_staff()
        for ticket in self:
            # Superuser: who may say where a site is need not have the right to change contacts.
            site = (ticket.site_partner_id or ticket.partner_id).sudo()
            if not (site.street or site.city):
                raise UserError(self.env._("%s: enter the address of the customer or of the site first.", ticket.name))
            site.write({"partner_latitude": 0, "partner_longitude": 0})
            site.geo_localize()
            if not (site.partner_latitude or site.partner_longitude):
                raise UserError(
                    self.env._(
                        "The address of %s was not found. Correct it, or enter the place or the distance by hand.",
                        site.display_name,
                    )
                )
            ticket.write({"site_latitude": site.partner_latitude, "site_longitude": site.partner_longitude})
        return True
