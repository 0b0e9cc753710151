from odoo.addons.quality_survey.tests.common_visits import VisitsCase
from odoo.exceptions import AccessError
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestKeyCustomers(VisitsCase):
    """E2: key customers, their class and their region."""

    def test_contacts_follow(self):
        """E2: the class is the company's; contacts have it, old ones and new ones, wherever it is entered."""
        contact = self.env["res.partner"].create({"name": "Mr. Lin", "parent_id": self.customer.id})
        self.assertEqual((contact.customer_class, contact.is_key_customer), ("key", True))
        contact.with_user(self.caller).write({"customer_class": "regular"})
        self.assertEqual((self.customer.customer_class, self.customer.is_key_customer), ("regular", False))
        self.assertEqual(contact.customer_class, "regular")
        self.customer.with_user(self.satisfaction).customer_class = "key"
        self.assertTrue(contact.is_key_customer)

    def test_who_decides(self):
        """E2: classes are decided in customer care; the flag follows from the class alone."""
        with self.assertRaisesRegex(AccessError, "Marketing decides"):
            self.customer.with_user(self.agent).customer_class = "occasional"
        with self.assertRaisesRegex(AccessError, "Marketing decides"):
            self.env["res.partner"].with_user(self.agent).create({"name": "New", "customer_class": "key"})
        self.far_customer.with_user(self.caller).write({"is_key_customer": True})
        self.assertFalse(self.far_customer.is_key_customer)
        self.far_customer.with_user(self.agent).write({"customer_class": False, "phone": "1"})
        self.assertEqual(self.far_customer.phone, "1")

    def test_region(self):
        """E2: the region as named, else the province, else the country; contacts have that of their company."""
        contact = self.env["res.partner"].create({"name": "Mr. Lin", "parent_id": self.customer.id})
        self.assertEqual(contact._service_region(), "East")
        state = self.env["res.country.state"].search([("country_id.code", "=", "US")], limit=1)
        self.far_customer.write({"country_id": state.country_id.id, "state_id": state.id})
        self.assertEqual(self.far_customer._service_region(), state.name)
        self.far_customer.state_id = False
        self.assertEqual(self.far_customer._service_region(), state.country_id.name)
        self.assertEqual(self.far_customer.service_region, state.country_id.name)
        self.assertFalse(self.env["res.partner"]._service_region())

    def test_feedback_keeps_region(self):
        """E2: feedback keeps region and class as they were when the customer spoke; the pivot groups by them."""
        visit = self._hold(self._make_visit())
        feedback = visit.sudo().feedback_id
        self.customer.write({"region_name": "West", "customer_class": "regular"})
        self.assertEqual((feedback.region, feedback.customer_class), ("East", "Key customer"))
        groups = self.env["quality.feedback"]._read_group(
            [("source_model", "=", visit._name), ("has_score", "=", True)], ["region"], ["score:avg"]
        )
        self.assertIn(("East", 75.0), groups)
