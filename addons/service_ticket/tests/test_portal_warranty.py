from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.tests import tagged

from ..controllers import portal_warranty
from .test_portal import PortalCase
from .warranty_common import WarrantyCase

PAGE = "/my/warranty"


@tagged("post_install", "-at_install")
class TestPortalWarranty(WarrantyCase, PortalCase):
    """F10: the customer's own serial numbers in the portal, and not a word about any other."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.day = fields.Date.today() - timedelta(days=40)
        cls.lot = cls._lot("MINE-1")
        cls._move(cls.lot, cls.day, cls.customer)
        cls.foreign_lot = cls._lot("THEIRS-1")
        cls._move(cls.foreign_lot, cls.day, cls.far_customer)
        cls.returned = cls._lot("BACK-1")
        cls._move(cls.returned, cls.day, cls.customer)
        cls._move(cls.returned, cls.day + timedelta(days=1), cls.customer, back=True)

    def _text(self, answer, serial):
        """Return the page without what differs from visit to visit anyway."""
        return answer.text.replace(serial, "…").split("<main")[1].split('name="csrf_token"')[1].split("/>", 1)[1]

    def test_own(self):
        self._login(self.contact)
        self.assertEqual(self.url_open(PAGE).status_code, 200)
        page = self._post(PAGE, serial=" MINE-1 ").text
        for text in ("In warranty", self.product.name, "/my/tickets/new?serial=MINE-1"):
            self.assertIn(text, page)
        self.assertIn("MINE-1", self.url_open("/my/tickets/new?serial=MINE-1").text)
        self.assertNotIn(self.warehouse.out_type_id.sequence_code + "/0", page, "no document of ours")

    def test_colleague_of_the_same_company(self):
        self._login(self.colleague)
        self.assertIn("In warranty", self._post(PAGE, serial="MINE-1").text)

    def test_nothing_to_guess(self):
        """Unknown, somebody else's, sent back: one and the same page."""
        self._login(self.contact)
        pages = {
            serial: self._text(self._post(PAGE, serial=serial), serial)
            for serial in ("NO-SUCH-1", "THEIRS-1", "BACK-1", "%", "MINE-_")
        }
        self.assertEqual(len(set(pages.values())), 1)
        self.assertIn("no delivery of this serial number to you", pages["NO-SUCH-1"])
        self.assertNotIn(self.product.name, pages["THEIRS-1"])

    def test_table_of_visitors(self):
        """Nobody without a login, no GET that answers, no POST without CSRF token, staff elsewhere."""
        self._login(None)
        self.assertEqual(self.url_open(PAGE, allow_redirects=False).status_code, 303)
        self._login(self.contact)
        self.assertNotIn("In warranty", self.url_open(f"{PAGE}?serial=MINE-1").text)
        self.assertEqual(self._post(PAGE, csrf=False, serial="MINE-1").status_code, 400)
        self._login(self.engineer_a)
        answer = self.url_open(PAGE, allow_redirects=False)
        self.assertIn("/odoo/warranty-check", answer.headers["Location"])

    def test_limit(self):
        self._login(self.contact)
        with patch.object(portal_warranty, "PER_LOGIN", 2):
            for _number in range(2):
                self.assertEqual(self._post(PAGE, serial="X").status_code, 200)
            answer = self._post(PAGE, serial="MINE-1")
        self.assertEqual(answer.status_code, 429)
        self.assertNotIn("In warranty", answer.text)

    def test_on_the_ticket(self):
        """The page of a ticket says whether it is in warranty, once that is known."""
        known = self._own_ticket(lot_id=self.lot.id)
        unknown = self._own_ticket(lot_id=self._lot("NEW").id)
        self._login(self.contact)
        self.assertIn("In warranty", self.url_open(f"/my/tickets/{known.id}").text)
        self.assertNotIn("arranty</dt>", self.url_open(f"/my/tickets/{unknown.id}").text)
        self.assertIn(known.name, self._post(PAGE, serial="MINE-1").text)
