from odoo import fields
from odoo.tests import new_test_user

from .common import ServiceCase


class MoneyCase(ServiceCase):
    """Somebody of finance and a colleague, prices, a chargeable ticket and the way of its fee."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.finance = cls._service_user("finance", "finance")
        cls.finance_b = cls._service_user("finance_b", "finance")
        cls.seller = new_test_user(
            cls.env,
            "s_seller",
            "sales_team.group_sale_salesman_all_leads",
            name="Seller",
            company_id=cls.company.id,
            company_ids=[fields.Command.set(cls.company.ids)],
        )
        cls.labour = cls.env.ref("service_ticket.product_service_labour")
        cls.travel = cls.env.ref("service_ticket.product_service_travel")
        (cls.labour | cls.travel).taxes_id = False
        cls.labour.lst_price = 80
        cls.travel.lst_price = 50
        cls.part = cls.env["product.product"].create(
            {"name": "Bearing", "type": "consu", "lst_price": 30, "standard_price": 12, "taxes_id": False}
        )
        cls.currency = cls.company.currency_id

    @classmethod
    def _chargeable(cls, **vals):
        return cls._make_ticket(kind="complaint", cause_class="non_quality", **vals)

    def _fee(self, ticket=None, user=None, lines=None, **vals):
        """Return a draft fee request over labour 2 h, travel, and a part free in warranty: 210 in all."""
        ticket = ticket or self._chargeable(user_id=self.engineer_a.id)
        lines = lines or [
            {"product_id": self.labour.id, "quantity": 2},
            {"product_id": self.travel.id},
            {"product_id": self.part.id, "in_warranty": True},
        ]
        return (
            self.env["service.fee.request"]
            .with_user(user or self.engineer_a)
            .create(
                {
                    "ticket_id": ticket.id,
                    "purpose": "The meter was opened by hand.",
                    "line_ids": [fields.Command.create(line) for line in lines],
                    **vals,
                }
            )
        )

    def _approved(self, **kwargs):
        fee = self._fee(**kwargs)
        fee.action_submit()
        fee.with_user(self.leader).action_approve()
        return fee

    def _quoted(self, **kwargs):
        fee = self._approved(**kwargs)
        fee.action_quote()
        return fee

    def _paper(self, fee, user=None):
        user = user or self.engineer_a
        file = self.env["ir.attachment"].with_user(user).create({"name": "signed.pdf", "raw": b"%PDF-1.4 signed"})
        fee.with_user(user).write({"evidence_ids": [fields.Command.link(file.id)]})

    def _accepted(self, **kwargs):
        fee = self._quoted(**kwargs)
        self._paper(fee)
        fee.action_record_acceptance("Mr. Lin")
        return fee

    def _cash(self, fee, amount, user=None, **vals):
        return (
            self.env["service.cash.receipt"]
            .with_user(user or self.engineer_a)
            .create({"fee_id": fee.id, "amount": amount, "payer": "Mr. Lin", "engineer_id": self.employee_a.id, **vals})
        )

    def _cost(self, ticket, user=None, **vals):
        return (
            self.env["service.cost"]
            .with_user(user or self.finance)
            .create(
                {
                    "ticket_id": ticket.id,
                    "name": "Courier",
                    "unit_cost": 40,
                    "type_id": self.env.ref("service_ticket.cost_type_transport").id,
                    **vals,
                }
            )
        )

    def _done_visit(self, ticket=None, **vals):
        """Return a visit of two hours that is finished; the ticket is a repair that nobody pays for."""
        ticket = ticket or self._make_ticket(user_id=self.engineer_a.id)
        if ticket.state == "new":
            self._to_analysis(ticket)
            self._analyse(ticket)
        visit = self._leave(self._plan_visit(ticket, **vals))
        visit.sudo().arrived_at = fields.Datetime.subtract(fields.Datetime.now(), hours=2)
        return self._finish(visit)
