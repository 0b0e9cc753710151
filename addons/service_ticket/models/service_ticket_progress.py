from odoo import models


class ServiceTicket(models.Model):
    """The customer is told how far we are, at each step (E10).

    These mails write themselves, so none of them keeps the promise of an answer.
    """

    _inherit = "service.ticket"

    def _tell_customer(self, text_of):
        """Write to the customers of these tickets, in their language, with the link to follow the request.

        :param text_of: function of a ticket in the customer's language that returns the text
        """
        for ticket in self.sudo().filtered(lambda one: not one.is_historic and (one.partner_id.email or one.email)):
            ticket._portal_ensure_token()
            local = ticket.with_context(lang=ticket.partner_id.lang or ticket.env.lang, mail_notify_force_send=False)
            local.message_post(
                body=text_of(local),
                subject=local.display_name,
                author_id=(ticket.company_id.partner_id or ticket.env.user.partner_id).id,
                partner_ids=ticket.partner_id.ids if ticket.partner_id.email else [],
                outgoing_email_to=False if ticket.partner_id.email else ticket.email,
                message_type="auto_comment",
                subtype_xmlid="mail.mt_comment",
            )

    def _enter_accepted(self, origins):
        result = super()._enter_accepted(origins)
        self._came_from(origins, "new")._tell_customer(
            lambda ticket: ticket.env._(
                "Somebody is on your request: %s", ticket.user_id.name or ticket.company_id.name
            )
        )
        return result

    def _enter_planned(self, origins):
        def text(ticket):
            visit = ticket.visit_ids.filtered(lambda one: one.state == "planned").sorted("planned_start")[:1]
            when = ticket._portal_time(visit.planned_start)
            if not when:
                return ticket.env._("A visit is being planned.")
            return ticket.env._(
                "A visit is planned: %(when)s, %(people)s.",
                when=when,
                people=", ".join(visit.engineer_ids.mapped("name")),
            )

        self._came_from(origins, "analysis", "in_progress")._tell_customer(text)

    def _enter_resolved(self, origins):
        result = super()._enter_resolved(origins)
        self._tell_customer(
            lambda ticket: ticket.env._(
                "Your request is solved: %s Please confirm it, or tell us what is missing.", ticket.resolution or ""
            )
        )
        return result

    def _enter_analysis(self, origins):
        result = super()._enter_analysis(origins)
        back = self._came_from(origins, "planned", "in_progress", "resolved", "confirmed", "closed")
        back._tell_customer(lambda ticket: ticket.env._("It is not solved yet: we look for the cause again."))
        return result

    def _enter_closed(self, origins):
        result = super()._enter_closed(origins)
        self._tell_customer(lambda ticket: ticket.env._("Your request is closed. Thank you."))
        return result
