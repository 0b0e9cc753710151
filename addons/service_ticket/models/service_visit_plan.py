from datetime import timedelta

from odoo import fields, models

DEFAULT_HOURS = 2


class CalendarEvent(models.Model):
    _inherit = "calendar.event"

    service_visit_id = fields.Many2one("service.visit", "Visit", index="btree_not_null", ondelete="cascade")


class ServiceVisit(models.Model):
    """The service plan: the calendar of the engineers, and the time the customer asked for (C9, D3)."""

    _inherit = "service.visit"

    calendar_event_ids = fields.One2many("calendar.event", "service_visit_id", "Calendar entries")

    def _sync_calendar(self):
        """Let the engineers' calendars say what is planned; one entry a visit."""
        Event = self.env["calendar.event"].sudo().with_context(no_mail_to_attendees=True, dont_notify=True)
        for visit in self.sudo():
            event = Event.browse(visit.calendar_event_ids.ids)
            if visit.state in ("draft", "cancelled") or not visit.planned_start:
                event.unlink()
                continue
            vals = visit._prepare_event_vals()
            if event:
                event.write(vals)
            else:
                Event.create({**vals, "service_visit_id": visit.id})

    def _prepare_event_vals(self):
        place = self.site_partner_id or self.partner_id
        people = (
            self.engineer_ids.user_id.partner_id
            | self.engineer_ids.filtered(lambda one: not one.user_id).work_contact_id
        )
        return {
            "name": self.display_name,
            "start": self.planned_start,
            "stop": self.planned_end or self.planned_start + timedelta(hours=DEFAULT_HOURS),
            "location": place.contact_address.replace("\n", ", ") if place else False,
            "partner_ids": [fields.Command.set(people.ids)],
            "user_id": (self.leader_id or self.engineer_ids[:1]).user_id.id or self.env.uid,
            "res_model_id": self.env["ir.model"]._get_id(self._name),
            "res_id": self.id,
        }

    def _appointment_key(self):
        return f"visit:{self.id}"

    def _promise_appointment(self):
        """Promise the time the customer asked for; late against it counts as late (D3).

        A customer who wants us later than we promised moves our promise to be on site, unless it is broken already.
        """
        for visit in self.sudo().filtered(lambda one: one.state in ("planned", "departed") and not one.is_historic):
            ticket, key = visit.ticket_id, visit._appointment_key()
            if not visit.requested_at:
                ticket._cancel_deadline("appointment", key=key)
                continue
            if ticket._find_deadlines("appointment", key):
                ticket._replan_deadline("appointment", key=key, due_at=visit.requested_at)
            else:
                ticket._start_deadline(
                    "appointment",
                    key=key,
                    due_at=visit.requested_at,
                    user=(visit.leader_id or visit.engineer_ids[:1]).user_id,
                    name=self.env._("On site when the customer asked for"),
                )
            now = fields.Datetime.now()
            for row in ticket._find_deadlines("onsite", ""):
                if now <= row.due_at < visit.requested_at:
                    row._replan(due_at=visit.requested_at)
                    ticket._message_log(
                        body=self.env._("On site by %s, as the customer asked for.", ticket._when(visit.requested_at))
                    )


class ServiceTicket(models.Model):
    _inherit = "service.ticket"

    def _dispatch_vals(self):
        """Return what the ticket says on the dispatch order (C9)."""
        self.ensure_one()
        ticket = self.sudo()
        analysis = ticket._current_analysis()
        return {
            "task": "\n".join(filter(None, (ticket.subject, analysis.note or analysis.cause))),
            "partner_id": ticket.partner_id.id,
            "site_partner_id": ticket.site_partner_id.id,
            "contact_name": ticket.contact_name or ticket.partner_id.name,
            "phone": ticket.phone or ticket.partner_id.phone,
            "product_id": ticket.product_id.id,
            "lot_id": ticket.lot_id.id,
            "currency_id": ticket.company_id.currency_id.id,
        }

    def _prepare_visit_vals(self):
        """Return the values of a new visit of this ticket."""
        engineer = self.sudo().user_id.employee_ids.filtered(lambda one: one.company_id == self.company_id)[:1]
        return {"ticket_id": self.id, "engineer_ids": [fields.Command.set(engineer.ids)]}
