from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import QualityCase


@tagged("post_install", "-at_install")
class TestRecall(QualityCase):
    """The recall list of an incident (F11); deliveries out of real stock are tested from outside."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.product = cls.env["product.product"].create({"name": "Flow meter"})
        cls.customers = cls.env["res.partner"].create([{"name": "Waterworks A"}, {"name": "Waterworks B"}])

    def _deliver(self, incident, *deliveries):
        """Let the stock say what was delivered: (customer, lot, delivery, quantity)."""
        found = [
            {"partner_id": customer.id, "lot_name": lot, "source": source, "quantity": quantity, "delivered_on": False}
            for customer, lot, source, quantity in deliveries
        ]
        self.patch(type(incident), "_recall_deliveries", lambda incident: found)

    def test_list_is_built_once(self):
        """F11: every delivery is on the list once, however often it is built; new ones are added."""
        incident = self._drive(self._make_incident(product_id=self.product.id), "reported").with_user(self.inspector)
        self._deliver(incident, (self.customers[0], "L1", "OUT/1", 5))
        incident.action_build_recall_list()
        self._deliver(incident, (self.customers[0], "L1", "OUT/1", 5), (self.customers[1], False, "OUT/2", 1))
        action = incident.action_build_recall_list()
        self.assertEqual(len(incident.recall_ids), 2)
        self.assertEqual(incident.recall_count, 2)
        self.assertEqual(self.env["quality.recall.line"].search(action["domain"]), incident.recall_ids)

    def test_needs_product_and_role(self):
        """F11: no list without a product; the list is the inspector's, engineering's and the manager's."""
        incident = self._drive(self._make_incident(), "reported")
        with self.assertRaisesRegex(UserError, "name the product"):
            incident.with_user(self.inspector).action_build_recall_list()
        with self.assertRaises(AccessError):
            incident.with_user(self.reporter).action_build_recall_list()

    def test_informing_is_recorded(self):
        """F11: who informed the customer, when and how; afterwards the delivery stays as it was."""
        incident = self._drive(self._make_incident(product_id=self.product.id), "reported")
        line = (
            self.env["quality.recall.line"]
            .with_user(self.inspector)
            .create(
                {
                    "incident_id": incident.id,
                    "partner_id": self.customers[0].id,
                    "product_id": self.product.id,
                    "quantity": 2,
                }
            )
        )
        with self.assertRaisesRegex(UserError, "channel"):
            line.action_inform()
        with self.assertRaises(AccessError):
            line.with_user(self.lead).write({"channel": "phone", "state": "informed"})
        line.channel = "phone"
        line.action_inform()
        self.assertEqual((line.state, line.informed_by_id), ("informed", self.inspector))
        with self.assertRaises(UserError):
            line.quantity = 0
        with self.assertRaises(UserError):
            line.unlink()
