import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.quality_incident.tools.uploads import DOCUMENTS, PHOTOS, content_type
from odoo.tools import email_normalize, html2plaintext
from odoo.tools.mail import email_split_tuples

_logger = logging.getLogger(__name__)

MODEL = "service.ticket"
#: new tickets one sender may open by mail within an hour; beyond it two machines are talking
PER_SENDER, HOUR = 20, 3600
#: receipts to one sender: one within ten minutes
RECEIPT_SECONDS = 600
#: how old the date of a mail may be to be believed
OLDEST = timedelta(days=7)
ROBOTS = ("mailer-daemon", "postmaster", "noreply", "no-reply", "donotreply", "do-not-reply", "bounce")
#: files nobody needs to send to a service desk
REFUSED = (
    ".exe",
    ".bat",
    ".cmd",
    ".com",
    ".js",
    ".vbs",
    ".scr",
    ".ps1",
    ".msi",
    ".jar",
    ".html",
    ".htm",
    ".svg",
    ".hta",
)


def is_automatic(message, sender):
    """Return whether a mail was written by a machine: its headers say so, or its sender answers nobody (RFC 3834)."""
    submitted = str(message.get("Auto-Submitted") or "no").split(";")[0].strip().lower()
    precedence = str(message.get("Precedence") or "").strip().lower()
    name = (sender or "").partition("@")[0].lower()
    return (
        submitted != "no"
        or precedence in ("bulk", "junk", "list", "auto_reply")
        or bool(message.get("X-Autoreply") or message.get("X-Autorespond") or message.get("List-Id"))
        or any(name == robot or name.startswith(f"{robot}+") for robot in ROBOTS)
    )


class MailThread(models.AbstractModel):
    _inherit = "mail.thread"

    @api.model
    def message_route(self, message, message_dict, model=None, thread_id=None, custom_values=None):
        """Let service tickets look again at where a mail goes; see :meth:`ServiceTicket._route_mail`."""
        routes = super().message_route(message, message_dict, model, thread_id, custom_values)
        ours = [route for route in routes or () if route[0] == MODEL]
        if not ours:
            return routes
        others = [route for route in routes if route[0] != MODEL]
        return others + self.env[MODEL].sudo()._route_mail(ours, message, message_dict)


class ServiceTicket(models.Model):
    """Mails of customers: the right ticket, one ticket, and nothing told to strangers (F4, C12)."""

    _inherit = "service.ticket"

    source_message_id = fields.Char(readonly=True, copy=False, export_string_translation=False)

    # The same mail fetched by two processes at once makes one ticket.
    _source_message_once = models.UniqueIndex("(source_message_id) WHERE source_message_id IS NOT NULL")

    # ------------------------------------------------------------------
    # Where it goes
    # ------------------------------------------------------------------

    @api.model
    def _route_mail(self, routes, message, message_dict):
        """Return the one route a mail to service tickets takes, or none.

        :param routes: what Odoo found: a tuple (model, id, values, user id, alias) for each address or thread
        """
        sender = email_normalize(message_dict.get("email_from") or "") or ""
        automatic = is_automatic(message, sender)
        threads = [route for route in routes if route[1]]
        if threads:
            route = threads[0]
            ticket = self.browse(route[1]).exists()
            target = ticket and ticket._mail_target(message_dict, sender)
            if automatic:
                if target and target == ticket:
                    target._message_log(
                        body=self.env._("An automatic answer arrived: %s", message_dict.get("subject") or "—")
                    )
                return []
            if target:
                return [(MODEL, target.id, None, route[3], route[4])]
            return self._new_route(route, ticket, message_dict, sender)
        if automatic:
            _logger.info("Automatic mail from %s opens no ticket", sender)
            return []
        return self._limited(routes[:1], sender)

    def _mail_target(self, message_dict, sender):
        """Return the ticket a reply to this one goes to; nothing when it must become a new one.

        A stranger who quotes our mail gets a ticket of their own, and hears nothing of this one.
        """
        ticket = self
        while ticket.merged_into_id:
            ticket = ticket.merged_into_id
        if not ticket._is_party(message_dict.get("author_id"), sender):
            return self.browse()
        over = ticket.state == "cancelled" or (ticket.state == "closed" and not ticket._may_reopen())
        return self.browse() if over else ticket

    def _is_party(self, author_id, sender):
        """Return whether a mail's author is staff, the customer, or a colleague of theirs."""
        author = self.env["res.partner"].browse(author_id or [])
        if any(not user.share for user in author.user_ids):
            return True
        company = self.partner_id.commercial_partner_id
        if author and company and author.commercial_partner_id == company:
            return True
        return bool(sender) and sender == self.email_key

    @api.model
    def _new_route(self, route, ticket, message_dict, sender):
        """Return the route of a reply that opens a new ticket, in the team of the one it was written to."""
        values = {"team_id": ticket.team_id.id, "company_id": ticket.company_id.id} if ticket else {}
        if ticket and ticket._is_party(message_dict.get("author_id"), sender):
            values["parent_id"] = ticket.id
        message_dict["is_internal"] = False
        return self._limited([(MODEL, None, values, route[3], route[4])], sender)

    @api.model
    def _limited(self, routes, sender):
        """Return ``routes`` unless this sender opens tickets as fast as only a machine does."""
        if self.env["service.rate.limit"]._allows("mail:new", sender, PER_SENDER, HOUR):
            return routes
        _logger.warning("Too many mails from one sender within an hour: no further ticket is opened")
        return []

    # ------------------------------------------------------------------
    # A new ticket
    # ------------------------------------------------------------------

    @api.model
    def message_new(self, msg_dict, custom_values=None):
        """Open a ticket from a mail and send the receipt; the sender is a customer only when it is clear which.

        :param msg_dict: what Odoo read from the mail
        :param custom_values: values of the address it was sent to
        :return: the ticket
        """
        sender = email_normalize(msg_dict.get("email_from") or "") or False
        name = next((name for name, _address in email_split_tuples(msg_dict.get("email_from") or "")), "")
        partner = self._mail_customer(sender)
        vals = {
            "subject": " ".join((msg_dict.get("subject") or "").split())[:150] or self.env._("No subject"),
            "description": html2plaintext(msg_dict.get("body") or "").strip()[:10000] or False,
            "channel": "email",
            "received_at": self._mail_date(msg_dict.get("date")),
            "partner_id": partner.id,
            "contact_name": partner.name or name or sender,
            "phone": partner.phone,
            "email": sender,
            "source_message_id": msg_dict.get("message_id") or False,
            **(custom_values or {}),
        }
        ticket = self.create(vals)
        ticket._send_mail_receipt(sender)
        return ticket

    @api.model
    def _mail_customer(self, sender):
        """Return the contact with this address; none when contacts of several companies have it."""
        partners = self.env["res.partner"].sudo()
        if not sender:
            return partners
        found = partners.search([("email_normalized", "=", sender)], order="id", limit=10)
        return found[:1] if len(found.commercial_partner_id) == 1 else partners

    @api.model
    def _mail_date(self, date):
        """Return when a mail was written if that can be believed, else now."""
        now = fields.Datetime.now()
        written = fields.Datetime.to_datetime(date) if date else now
        return written if now - OLDEST <= written <= now else now

    def _send_mail_receipt(self, sender):
        """Send the receipt, not too often to the same sender: two machines would thank each other for ever."""
        allowed = sender and self.env["service.rate.limit"].sudo()._allows("mail:receipt", sender, 1, RECEIPT_SECONDS)
        own = sender and self.env["mail.alias"].sudo().search_count([("alias_full_name", "=", sender)], limit=1)
        if allowed and not own:
            self._send_receipt()

    # ------------------------------------------------------------------
    # What a message does, by mail or in the portal
    # ------------------------------------------------------------------

    def _message_post_after_hook(self, message, msg_values):
        result = super()._message_post_after_hook(message, msg_values)
        author = message.author_id.sudo()
        staff = any(not user.share for user in author.with_context(active_test=False).user_ids)
        if message.message_type in ("email", "comment") and not staff and not message.is_internal:
            self.sudo()._take_customer_files(message)
            self.sudo()._heard_customer()
        return result

    def _take_customer_files(self, message):
        """Keep photos and documents of the customer as evidence; refuse what nobody needs to send, and say so."""
        files = message.attachment_ids.sudo()
        refused = files.filtered(lambda file: (file.name or "").lower().endswith(REFUSED))
        if refused:
            names = ", ".join(refused.mapped("name"))
            refused.unlink()
            self._message_log(body=self.env._("Not kept, because such files are dangerous: %s", names))
        if self._evidence_locked():
            return
        for file in (files - refused).filtered(lambda one: content_type(one.raw or b"") in PHOTOS | DOCUMENTS):
            self.evidence_ids = [fields.Command.link(file.copy({"res_model": self._name, "res_id": self.id}).id)]

    def _heard_customer(self):
        """The customer wrote: what waited for them goes on; after the end somebody looks at it."""
        for ticket in self:
            if ticket.state == "waiting" and ticket.waiting_reason_id.pauses:
                ticket.write({"state": ticket.waiting_from})
                ticket._message_log(body=self.env._("The customer answered: it goes on."))
            elif ticket.state in ("resolved", "confirmed", "closed"):
                user = ticket.user_id or ticket.team_id.leader_id
                if user:
                    ticket.with_context(mail_activity_quick_update=True).activity_schedule(
                        "service_ticket.mail_activity_ticket_step",
                        user_id=user.id,
                        summary=self.env._("The customer wrote after the solution"),
                    )
