from odoo.tests import tagged

from .money_common import MoneyCase
from .test_portal import PortalCase


@tagged("post_install", "-at_install")
class TestPortalFees(PortalCase, MoneyCase):
    """C18, F4: the customer sees the offer, agrees, declines or proposes; nobody else does."""

    def _offer(self):
        ticket = self._own_ticket(kind="complaint", cause_class="non_quality", user_id=self.engineer_a.id)
        fee = self._quoted(ticket=ticket).sudo()
        return ticket, fee, f"/my/tickets/{ticket.id}/fee/{fee.id}"

    def test_accept(self):
        """C18: the owner sees the amount and agrees, once."""
        ticket, fee, url = self._offer()
        self._login(self.contact)
        page = self.url_open(f"/my/tickets/{ticket.id}").text
        self.assertIn("210", page)
        self.assertIn("In warranty: free of charge", page)
        self.assertNotIn("opened by hand", page, "the leader's reason stays inside")
        self.assertEqual(self.url_open(f"{url}/pdf").headers["Content-Type"], "application/pdf")
        response = self._post(f"{url}/accept", offer="7")
        self.assertIn("new offer by now", response.text)
        self.assertEqual(fee.state, "quoted")
        self.assertEqual(self._post(f"{url}/accept", offer="1").status_code, 303)
        self.assertEqual((fee.state, fee.answer_ids.person, fee.answer_ids.way), ("accepted", "Lin", "portal"))
        self.assertEqual(fee.order_id.state, "sale")
        self.assertFalse(fee.answer_ids.user_id, "nobody of ours recorded it")
        again = self._post(f"{url}/accept", offer="1")
        self.assertIn("waits for no answer", again.text)
        self.assertEqual(len(fee.answer_ids), 1)
        self.assertIn("Accepted by", self.url_open(f"/my/tickets/{ticket.id}").text)

    def test_link(self):
        """C18: the secret link works without a login, and asks who it is."""
        ticket, fee, url = self._offer()
        self._login(None)
        token = ticket.access_token
        page = self.url_open(f"/my/tickets/{ticket.id}?access_token={token}").text
        self.assertIn("I agree and pay", page)
        csrf = self._csrf(f"/my/tickets/{ticket.id}?access_token={token}")
        data = {"access_token": token, "offer": "1", "csrf_token": csrf}
        nameless = self.url_open(f"{url}/accept", data=data, allow_redirects=False)
        self.assertIn("enter your name", nameless.text)
        self.url_open(f"{url}/accept", data={**data, "person": "Mrs. Wu"}, allow_redirects=False)
        self.assertEqual((fee.state, fee.answer_ids.person), ("accepted", "Mrs. Wu"))

    def test_negotiate(self):
        """C18: a counter-proposal with an amount, a refusal with a reason; what is no amount is said so."""
        _ticket, fee, url = self._offer()
        self._login(self.contact)
        wrong = self._post(f"{url}/counter", offer="1", fee_reason="Too dear", fee_amount="much")
        self.assertIn("as a number", wrong.text)
        self.assertIn("say why", self._post(f"{url}/refuse", offer="1").text)
        self._post(f"{url}/counter", offer="1", fee_reason="Too dear", fee_amount="150,50")
        self.assertEqual((fee.state, fee.round, fee.answer_ids.counter_amount), ("draft", 2, 150.5))
        _ticket, other, url = self._offer()
        self._post(f"{url}/refuse", offer="1", fee_reason="No")
        self.assertEqual((other.state, other.answer_ids.note), ("refused", "No"))

    def test_strangers(self):
        """F4: no token, a wrong one, another customer, another ticket, one that is not sent: all the same nothing."""
        ticket, fee, url = self._offer()
        other_ticket, _other, _url = self._offer()
        self._login(self.stranger)
        for address in (url, f"/my/tickets/{other_ticket.id}/fee/{fee.id}"):
            self.assertEqual(self._post(f"{address}/accept", offer="1").status_code, 404)
            self.assertEqual(self.url_open(f"{address}/pdf").status_code, 404)
        self._login(None)
        csrf = self._csrf("/service/new")
        for token in (None, "wrong", other_ticket.access_token):
            response = self.url_open(
                f"{url}/accept",
                data={"offer": "1", "person": "x", "csrf_token": csrf, "access_token": token or ""},
                allow_redirects=False,
            )
            self.assertEqual(response.status_code, 404)
        self._login(self.contact)
        self.assertEqual(self._post(f"/my/tickets/{other_ticket.id}/fee/{fee.id}/accept", offer="1").status_code, 404)
        draft = self._approved(ticket=ticket)
        self.assertEqual(self._post(f"/my/tickets/{ticket.id}/fee/{draft.id}/accept", offer="1").status_code, 404)
        self.assertNotIn(draft.name, self.url_open(f"/my/tickets/{ticket.id}").text)
        self.assertEqual(fee.state, "quoted")
