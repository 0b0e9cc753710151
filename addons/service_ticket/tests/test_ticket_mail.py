from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from email.utils import format_datetime
from itertools import count

from odoo import fields
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import ServiceCase
from .test_portal import PNG

NUMBERS = count(1)


@tagged("post_install", "-at_install")
class TestTicketMail(ServiceCase):
    """F4, F6, C12: mails of customers become the right ticket, once, and tell strangers nothing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        domain = cls.env["mail.alias.domain"].create({"name": "service.example.com"})
        cls.company.alias_domain_id = domain
        cls.team.write({"alias_name": "help", "alias_domain_id": domain.id})
        cls.second = cls.env["service.team"].create(
            {"name": "Second", "company_id": cls.company.id, "alias_name": "gas", "alias_domain_id": domain.id}
        )
        cls.contact = cls.env["res.partner"].create(
            {"name": "Lin", "parent_id": cls.customer.id, "email": "lin@customer.example.net"}
        )

    def _mail(
        self,
        sender="Lin <lin@customer.example.net>",
        to="help@service.example.com",
        subject="Broken",
        body="It drips",
        files=(),
        reply_to=None,
        date=None,
        **headers,
    ):
        """Process a mail and return the tickets it opened."""
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = sender, to, subject
        message["Date"] = format_datetime(date or datetime.now(timezone.utc) - timedelta(minutes=3))
        message["Message-Id"] = headers.pop("message_id", f"<{next(NUMBERS)}@example.net>")
        if reply_to:
            message["In-Reply-To"] = message["References"] = reply_to
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content(body)
        for name, content in files:
            message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        before = self.env["service.ticket"].search([])
        self.env["mail.thread"].message_process(None, message.as_bytes())
        return self.env["service.ticket"].search([]) - before

    def _posted(self, ticket, user=None):
        """Return the Message-Id of a message of the staff to the customer."""
        return (
            ticket.with_user(user or self.agent)
            .message_post(
                body="We are on it",
                subtype_xmlid="mail.mt_comment",
                message_type="comment",
                partner_ids=ticket.sudo().partner_id.ids,
            )
            .message_id
        )

    def _receipts(self, ticket):
        domain = [("model", "=", ticket._name), ("res_id", "=", ticket.id), ("email_to", "=", self.contact.email)]
        return self.env["mail.mail"].search(domain)

    def _messages(self, ticket):
        return " ".join(str(body) for body in ticket.sudo().message_ids.mapped("body"))

    def test_new(self):
        """Team, customer, text and time of the mail; a receipt; it counts as no answer of ours."""
        ticket = self._mail(files=[("a.png", PNG), ("run.exe", b"MZ")])
        self.assertEqual((ticket.team_id, ticket.partner_id, ticket.channel), (self.team, self.contact, "email"))
        self.assertEqual((ticket.subject, ticket.description), ("Broken", "It drips"))
        self.assertLess(ticket.received_at, fields.Datetime.now() - timedelta(minutes=2))
        self.assertEqual(len(ticket.evidence_ids), 1)
        self.assertNotIn("run.exe", ticket.message_ids.attachment_ids.mapped("name"))
        self.assertIn("run.exe", self._messages(ticket))
        self.assertEqual(len(self._receipts(ticket)), 1)
        self.assertEqual(self._clock(ticket, "first_answer").state, "running")
        self.assertFalse(ticket.first_answered_at)
        again = self._mail(subject="Another")
        self.assertFalse(self._receipts(again))

    def test_date(self):
        """A date ahead, or too old to be believed, is now."""
        for days in (2, -30):
            ticket = self._mail(date=datetime.now(timezone.utc) + timedelta(days=days))
            self.assertLess(abs(ticket.received_at - fields.Datetime.now()), timedelta(minutes=5))

    def test_two_addresses(self):
        """The same mail to two teams, and delivered twice: one ticket."""
        both = "help@service.example.com, gas@service.example.com"
        self.assertEqual(len(self._mail(to=both, message_id="<one@example.net>")), 1)
        with mute_logger("odoo.addons.mail.models.mail_thread"):
            self.assertFalse(self._mail(to="gas@service.example.com", message_id="<one@example.net>"))

    def test_unknown_and_ambiguous(self):
        """An unknown address is kept, no contact invented; one that several companies have is nobody's."""
        ticket = self._mail(sender="Passer <passer@example.org>")
        self.assertEqual(
            (ticket.partner_id.id, ticket.email, ticket.contact_name), (False, "passer@example.org", "Passer")
        )
        self.env["res.partner"].create({"name": "Twin", "email": self.contact.email, "parent_id": self.far_customer.id})
        self.assertFalse(self._mail().partner_id)

    def test_machines(self):
        """Automatic answers, lists and daemons open nothing; to a ticket they are a note, no word of the customer."""
        for headers in ({"Auto_Submitted": "auto-replied"}, {"Precedence": "bulk"}, {"X_Autoreply": "yes"}):
            self.assertFalse(self._mail(**headers), headers)
        self.assertFalse(self._mail(sender="noreply@example.org"))
        ticket = self._to_analysis(self._mail())
        ticket.with_user(self.engineer_a).action_wait(self.env.ref("service_ticket.wait_reason_customer").id)
        reference = self._posted(ticket)
        self.assertFalse(self._mail(reply_to=reference, subject="Out of office", Auto_Submitted="auto-replied"))
        self.assertEqual(ticket.state, "waiting")
        self.assertIn("Out of office", self._messages(ticket))

    def test_loop(self):
        """A sender who writes as only a machine does opens no more tickets."""
        with mute_logger("odoo.addons.service_ticket.models.service_ticket_mail"):
            opened = [self._mail(subject=f"No. {number}") for number in range(22)]
        self.assertEqual(len([ticket for ticket in opened if ticket]), 20)

    def test_reply(self):
        """The customer's reply, and a colleague's, go to the ticket; waiting for them ends."""
        ticket = self._to_analysis(self._mail())
        ticket.with_user(self.engineer_a).action_wait(self.env.ref("service_ticket.wait_reason_customer").id)
        reference = self._posted(ticket)
        self.assertTrue(ticket.first_answered_at)
        self.assertFalse(self._mail(reply_to=reference, body="Here is the number"))
        self.assertEqual(ticket.state, "analysis")
        self.assertIn("Here is the number", self._messages(ticket))
        self.env["res.partner"].create(
            {"name": "Wu", "parent_id": self.customer.id, "email": "wu@customer.example.net"}
        )
        self.assertFalse(self._mail(sender="wu@customer.example.net", reply_to=reference, body="I am Wu"))
        self.assertIn("I am Wu", self._messages(ticket))

    def test_stranger(self):
        """A stranger who quotes our mail gets a ticket of their own, and nothing of the other one."""
        ticket = self._mail()
        reference = self._posted(ticket)
        new = self._mail(sender="spy@example.org", reply_to=reference, subject=f"Re: {ticket.name}", body="Tell me")
        self.assertEqual(len(new), 1)
        self.assertNotIn("Tell me", self._messages(ticket))
        self.assertFalse(new.parent_id or new.partner_id)
        self.assertNotIn("spy@example.org", ticket.message_partner_ids.mapped("email"))
        self.assertEqual(new.team_id, ticket.team_id)

    def test_after_the_end(self):
        """Within the days it stays the same matter and somebody looks at it; later a new one follows it."""
        ticket = self._mail()
        ticket.kind = "consultation"
        reference = self._posted(ticket)
        ticket.with_user(self.agent).action_accept()
        ticket.with_user(self.agent).resolution = "Told"
        for step in ("resolve", "confirm", "close"):
            getattr(ticket.with_user(self.agent), f"action_{step}")()
        self.assertFalse(self._mail(reply_to=reference, body="And now?"))
        self.assertEqual(ticket.state, "closed")
        self.assertIn("after the solution", " ".join(ticket.activity_ids.mapped("summary")))
        ticket.sudo().closed_at = fields.Datetime.now() - timedelta(days=40)
        new = self._mail(reply_to=reference, body="Again")
        self.assertEqual(new.parent_id, ticket)

    def test_merged(self):
        """A reply to a merged ticket goes to the one that goes on; to a cancelled one it opens a new one."""
        first, second = self._mail(), self._mail(subject="Same again")
        reference = self._posted(second)
        second.with_user(self.agent).action_merge(first.id)
        self.assertFalse(self._mail(reply_to=reference, body="More of it"))
        self.assertIn("More of it", self._messages(first))
        first.with_user(self.agent).action_cancel("Entered twice")
        self.assertEqual(self._mail(reply_to=reference, body="Still there").parent_id, first)

    def test_staff(self):
        """Staff answer from their own mailbox: it counts as our answer."""
        ticket = self._mail()
        reference = ticket.message_ids.sorted("id")[0].message_id
        self.assertFalse(self._mail(sender=self.agent.email, reply_to=reference, body="We come at nine"))
        self.assertIn("We come at nine", self._messages(ticket))
