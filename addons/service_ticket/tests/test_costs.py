from datetime import date, timedelta
from types import SimpleNamespace

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .money_common import MoneyCase


class Lines(list):
    """Stands for the part lines of the stock side."""

    def filtered(self, condition):
        return Lines(one for one in self if condition(one))

    def sudo(self):
        return self


@tagged("post_install", "-at_install")
class TestCosts(MoneyCase):
    """C19, C21: each cost once, audited by somebody else, allocated, corrected by reversal only."""

    def _expense(self, visit, amount=120, **vals):
        return self.env["hr.expense"].create(
            {
                "name": "Train",
                "employee_id": self.employee_a.id,
                "service_visit_id": visit.id,
                "company_id": self.company.id,
                "product_id": self.env.ref("hr_expense.expense_product_travel_accommodation").id,
                "total_amount_currency": amount,
                "tax_ids": False,
                "date": date(2026, 3, 5),
                **vals,
            }
        )

    def _approve_expense(self, expense):
        expense.action_submit()
        expense._do_approve(check=False)
        return expense

    def test_expense_once(self):
        """C19, C21: an approved expense of a visit is one cost, borne by the company, for the department."""
        visit = self._done_visit()
        expense = self._expense(visit)
        costs = visit.ticket_id.sudo().cost_ids
        self.assertFalse(costs, "not approved yet")
        self._approve_expense(expense)
        visit.ticket_id.invalidate_recordset()
        cost = visit.ticket_id.sudo().cost_ids
        self.assertRecordValues(
            cost,
            [
                {
                    "expense_id": expense.id,
                    "amount": 120,
                    "bearer": "company",
                    "allocation": "department",
                    "state": "draft",
                    "type_id": self.env.ref("service_ticket.cost_type_travel").id,
                    "employee_id": self.employee_a.id,
                }
            ],
        )
        expense._sync_service_costs()
        expense.write({"service_visit_id": visit.id})
        self.assertEqual(self.env["service.cost"].search([("expense_id", "=", expense.id)]), cost, "once")
        with self.assertRaisesRegex(UserError, "follows from its source"):
            cost.with_user(self.finance).unit_cost = 1
        expense._do_refuse("Private")
        self.assertEqual(cost.state, "cancelled")
        expense.action_reset()
        self._approve_expense(expense)
        again = self.env["service.cost"].search([("expense_id", "=", expense.id), ("state", "!=", "cancelled")])
        self.assertEqual((len(again), again.amount), (1, 120))

    def test_expense_taken_back_after_audit(self):
        """C19: what was audited is not deleted with its source: it is reversed."""
        visit = self._done_visit()
        expense = self._approve_expense(self._expense(visit))
        cost = self.env["service.cost"].search([("expense_id", "=", expense.id)])
        cost.with_user(self.finance).action_audit()
        expense.sudo().write({"approval_state": False})
        reversal = self.env["service.cost"].search([("reversal_of_id", "=", cost.id)])
        self.assertEqual((cost.state, cost.is_reversed, reversal.amount), ("audited", True, -120))
        self.assertEqual(visit.ticket_id.sudo().cost_total, 0)

    def test_labour(self):
        """C19: the hours on site at what they cost, once for each engineer; at the customer's expense where agreed."""
        self.employee_a.hourly_cost = 35
        visit = self._done_visit()
        cost = visit.ticket_id.sudo().cost_ids
        self.assertRecordValues(
            cost,
            [{"quantity": 2, "unit_cost": 35, "amount": 70, "employee_id": self.employee_a.id, "bearer": "company"}],
        )
        visit.sudo()._record_labour()
        self.assertEqual(visit.ticket_id.sudo().cost_ids, cost)
        ticket = self._to_analysis(self._chargeable(user_id=self.engineer_a.id))
        self._analyse(ticket)
        self._accepted(ticket=ticket)
        paid = self._done_visit(ticket)
        self.assertEqual(paid.sudo().ticket_id.cost_ids.mapped("bearer"), ["customer"])

    def test_parts_and_postage(self):
        """C19, C21: used parts at their stock value to manufacturing cost, in warranty ours, else the customer's."""
        ticket = self._make_ticket()
        nothing = self.env["service.visit"]
        lines = Lines(
            SimpleNamespace(
                _name="service.part.line",
                id=number,
                ticket_id=ticket.sudo(),
                visit_id=nothing,
                product_id=self.part,
                quantity=2,
                unit_cost=12,
                in_warranty="in" if number == 1 else "out",
                clearing=clearing,
                cleared_at=False,
            )
            for number, clearing in ((1, "used"), (2, "used"), (3, "returned"))
        )
        for _again in range(2):
            self.env["service.cost"]._cost_from_parts(lines)
        request = SimpleNamespace(
            _name="service.part.request",
            id=9,
            name="PR/1",
            ticket_id=ticket.sudo(),
            visit_id=nothing,
            postage_cost=8,
            currency_id=self.currency,
        )
        for _again in range(2):
            self.env["service.cost"]._cost_from_postage(Lines([request]))
        costs = ticket.sudo().cost_ids.sorted("id")
        self.assertRecordValues(
            costs,
            [
                {"amount": 24, "bearer": "company", "allocation": "manufacturing", "source_id": 1},
                {"amount": 24, "bearer": "customer", "allocation": "customer", "source_id": 2},
                {"amount": 8, "bearer": "company", "allocation": "manufacturing", "source_id": 9},
            ],
        )
        self.assertEqual(
            (ticket.sudo().cost_company, ticket.sudo().cost_customer, ticket.sudo().cost_total), (32, 24, 56)
        )
        costs[0].with_user(self.finance).action_audit()
        lines[0].quantity = 3
        self.env["service.cost"]._cost_from_parts(lines)
        self.assertEqual(sum(ticket.sudo().cost_ids.filtered(lambda one: one.bearer == "company").mapped("amount")), 44)

    def test_audit(self):
        """C19: not by who entered it, amounts fixed afterwards, several at once with one list of what is missing."""
        ticket = self._make_ticket()
        cost = self._cost(ticket)
        with self.assertRaisesRegex(UserError, "Somebody else"):
            cost.action_audit()
        empty = self._cost(ticket, unit_cost=0, name="Nothing")
        with self.assertRaisesRegex(UserError, "Nothing.*The amount"):
            (cost | empty).with_user(self.finance_b).action_audit()
        cost.with_user(self.finance_b).action_audit()
        self.assertEqual((cost.state, cost.audited_by_id), ("audited", self.finance_b))
        for name, value in (("unit_cost", 1), ("bearer", "supplier"), ("date", date(2020, 1, 1))):
            with self.assertRaisesRegex(UserError, "no longer be changed"):
                cost.with_user(self.finance).write({name: value})
        with self.assertRaises(UserError):
            cost.with_user(self.finance).action_cancel("x")
        for user in (self.leader, self.agent, self.engineer_a):
            with self.assertRaises(AccessError), self.cr.savepoint():
                empty.with_user(user).action_audit()

    def test_own_expense(self):
        """C19: nobody of finance audits what is paid back to them."""
        self.employee_a.user_id = False
        self.employee_a.user_id = self.finance
        visit_ticket = self._make_ticket()
        cost = self._cost(visit_ticket, user=self.leader, employee_id=self.employee_a.id)
        with self.assertRaisesRegex(UserError, "your own"):
            cost.with_user(self.finance).action_audit()
        cost.with_user(self.finance_b).action_audit()

    def test_allocation(self):
        """C19, C21: audited costs on one voucher, sums by department and bearer, in words; then fixed."""
        self.env["res.lang"]._activate_lang("zh_CN")
        department = self.env["hr.department"].create({"name": "Workshop", "company_id": self.company.id})
        ticket = self._make_ticket()
        travel = self._cost(
            ticket,
            unit_cost=60,
            department_id=department.id,
            type_id=self.env.ref("service_ticket.cost_type_travel").id,
        )
        parts = self._cost(ticket, unit_cost=40)
        claimed = self._cost(ticket, unit_cost=25, bearer="supplier")
        self.assertEqual(
            (travel.allocation, parts.allocation, claimed.allocation), ("department", "manufacturing", "supplier")
        )
        costs = travel | parts | claimed
        with self.assertRaisesRegex(UserError, "cannot go from"):
            costs.with_user(self.finance).action_allocate()
        costs.with_user(self.finance_b).action_audit()
        with self.assertRaisesRegex(UserError, "supplier or customer"):
            costs.with_user(self.finance).action_allocate()
        claimed.with_user(self.finance).partner_id = self.far_customer
        action = costs.with_user(self.finance).action_allocate()
        voucher = self.env["service.cost.voucher"].browse(action["res_id"])
        self.assertEqual((voucher.amount, voucher.cost_count, voucher.prepared_by_id), (125, 3, self.finance))
        self.assertEqual(set(costs.mapped("state")), {"allocated"})
        self.assertIn(("Department", "Workshop", 60), voucher._sums())
        with self.assertRaises(UserError):
            travel.with_user(self.finance).department_id = False
        with self.assertRaises(UserError), self.cr.savepoint():
            voucher.sudo().unlink()
        with self.assertRaises(AccessError):
            self.env["service.cost.voucher"].with_user(self.finance).create({"company_id": self.company.id})
        report = self.env["ir.actions.report"].with_user(self.finance)
        name = "service_ticket.report_cost_voucher"
        self.assertIn("One Hundred", report._render_qweb_html(name, voucher.ids)[0].decode())
        self.assertIn("壹佰贰拾伍", report.with_context(lang="zh_CN")._render_qweb_html(name, voucher.ids)[0].decode())

    def test_reversal(self):
        """C19: corrected only by the opposite line, once, audited by somebody else."""
        ticket = self._make_ticket()
        cost = self._cost(ticket)
        with self.assertRaisesRegex(UserError, "only an audited cost"):
            cost.action_reverse("Wrong")
        cost.with_user(self.finance_b).action_audit()
        cost.action_reverse("Wrong bearer")
        reversal = ticket.sudo().cost_ids - cost
        self.assertEqual((reversal.amount, reversal.state, reversal.reversal_of_id), (-40, "draft", cost))
        self.assertEqual(ticket.sudo().cost_total, 0)
        with self.assertRaisesRegex(UserError, "only once"):
            cost.action_reverse("Again")
        with self.assertRaisesRegex(UserError, "Somebody else"):
            reversal.with_user(self.finance).action_audit()
        reversal.with_user(self.finance_b).action_audit()

    def test_currency(self):
        """C19: in the company's currency at the rate of the day of the cost."""
        euro = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", "EUR" if self.currency.name != "EUR" else "USD")])
        )
        euro.active = True
        self.env["res.currency.rate"].create(
            [
                {"currency_id": euro.id, "rate": 0.5, "name": "2026-01-01", "company_id": self.company.id},
                {"currency_id": euro.id, "rate": 0.25, "name": "2026-02-01", "company_id": self.company.id},
            ]
        )
        ticket = self._make_ticket()
        early = self._cost(ticket, currency_id=euro.id, date=date(2026, 1, 15))
        late = self._cost(ticket, currency_id=euro.id, date=date(2026, 2, 15))
        self.assertEqual((early.company_amount, late.company_amount), (80, 160))
        self.assertEqual(ticket.sudo().cost_total, 240)

    def test_wrong_people(self):
        """C19: what people cost is for finance and managers; a foreigner, an engineer, a portal user see nothing."""
        ticket = self._make_ticket(user_id=self.engineer_a.id)
        cost = self._cost(ticket)
        for user in (self.engineer_a, self.agent, self.foreign_agent, self.portal_user, self.plain_user):
            with self.assertRaises(AccessError):
                cost.with_user(user).read(["amount"])
        with self.assertRaises(AccessError):
            ticket.with_user(self.engineer_a).read(["cost_total"])
        with self.assertRaises(AccessError):
            ticket.with_user(self.engineer_a).action_open_costs()
        ticket.with_user(self.finance).action_open_costs()
        with self.assertRaises(AccessError):
            self._cost(ticket, user=self.agent)
        with self.assertRaises(AccessError):
            self._cost(ticket, source_model="hr.expense", source_id=1)
        foreign = self._service_user("finance_c", "finance", self.other_company)
        with self.assertRaises(AccessError):
            cost.with_user(foreign).action_audit()
        for vals in ({"amount": 1}, {"company_amount": 1}, {"audited_by_id": self.finance_b.id}, {"is_reversed": True}):
            with self.assertRaises(AccessError, msg=vals), self.cr.savepoint():
                cost.write(vals)
        forged = self._cost(ticket, entered_by_id=self.finance_b.id)
        self.assertEqual(forged.entered_by_id, self.finance, "who entered it is not the caller's to say")

    def test_closing(self):
        """C19: unaudited costs are shown; they hold the closing where the company wants it."""
        ticket = self._make_ticket()
        self._cost(ticket)
        self.assertEqual(ticket.with_user(self.agent).unaudited_count, 1)
        self.assertNotRegex(" ".join(ticket.with_user(self.agent)._missing_closure()), "audit")
        self.company.service_audit_before_close = True
        self.assertRegex(" ".join(ticket.with_user(self.agent)._missing_closure()), "1 to audit")

    def test_queries(self):
        """C19: a hundred costs are recorded, audited and allocated with as many queries as ten, but for their rows."""
        counts = []
        for number in (1, 10, 100):
            ticket = self._make_ticket()
            costs = self._record_many(ticket, number)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            costs.with_user(self.finance).action_audit()
            self.env.flush_all()
            costs.with_user(self.finance).action_allocate()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual((counts[2] - counts[1]) / 90, 0.2, counts)

    def _record_many(self, ticket, number):
        department = self.env["hr.department"].create({"name": "Workshop", "company_id": self.company.id})
        costs = self.env["service.cost"]._record(
            [
                {
                    "type": "travel",
                    "source_model": "res.partner",
                    "source_id": index,
                    "source_key": f"test:{ticket.id}",
                    "name": "Train",
                    "ticket_id": ticket.id,
                    "unit_cost": 10,
                    "department_id": department.id,
                    "currency_id": self.currency.id,
                }
                for index in range(number)
            ]
        )
        self.assertEqual(len(costs), number)
        return costs


@tagged("post_install", "-at_install")
class TestPoorQuality(MoneyCase):
    """F8, B5, C3: what service costs is part of the cost of poor quality, once; measured and shown."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.incident = cls._make_incident(estimated_loss=1000)
        cls.incident.with_user(cls.reporter).action_report()
        cls.ticket = cls._make_ticket(kind="complaint", cause_class="quality")
        cls.env.flush_all()  # answered once, and not anew over what is set here
        cls.ticket.sudo().warranty_state = "in"
        cls.ticket.sudo().incident_id = cls.incident

    def test_incident(self):
        """F8: the loss and what its tickets cost the company; correct when costs change; not what others bear."""
        incident = self.incident.sudo()
        self.assertEqual(incident.poor_quality_cost, 1000)
        cost = self._cost(self.ticket, unit_cost=40, quantity=2)
        self._cost(self.ticket, unit_cost=500, bearer="supplier")
        self.assertEqual((incident.service_cost, incident.poor_quality_cost), (80, 1080))
        cost.unit_cost = 50
        self.assertEqual(incident.poor_quality_cost, 1100)
        incident.actual_loss = 2000
        self.assertEqual(incident.poor_quality_cost, 2100)
        cost.with_user(self.finance_b).action_audit()
        cost.action_reverse("Twice")
        self.assertEqual((incident.service_cost, incident.poor_quality_cost), (0, 2000))
        late = self._cost(self.ticket, unit_cost=30)
        self.assertEqual(incident.poor_quality_cost, 2030)
        late.action_cancel("Wrong")
        self.assertEqual(incident.poor_quality_cost, 2000)
        other = self._make_ticket()
        self._cost(other, unit_cost=70)
        other.sudo().incident_id = self.incident
        self.assertEqual(incident.poor_quality_cost, 2070, "costs entered before the incident was raised")

    def _measure(self, code):
        indicator = self.env["quality.indicator"].search([("code", "=", code), ("company_id", "=", self.company.id)])
        today = fields.Date.today()
        return indicator._measure_spans([(indicator, today - timedelta(days=10), today)])[0]

    def test_indicators(self):
        """B5, C3: cost per ticket, warranty cost, share recovered; numerator and denominator as they say."""
        out = self._make_ticket()
        self.env.flush_all()
        out.sudo().warranty_state = "out"
        self._cost(self.ticket, unit_cost=60)
        self._cost(self.ticket, unit_cost=20, bearer="supplier")
        self._cost(out, unit_cost=120, bearer="customer")
        self._cost(out, unit_cost=999).action_cancel("Wrong")
        self._cost(out, unit_cost=999, date=date(2020, 1, 1))
        self.assertEqual(self._measure("service_cost_per_ticket")[:3], (200, 2, 1))
        self.assertEqual(self._measure("service_warranty_cost")[:2], (60, 1))
        self.assertEqual(self._measure("service_cost_recovered")[:2], (140, 200))
        numerator, below, _excluded = self._measure("poor_quality_cost")
        self.assertEqual((numerator, below), (1060, 1))
        indicator = self.env.ref("service_ticket.indicator_service_cost_per_ticket").sudo()
        [figure] = [one for one in indicator._figures_so_far() if one["code"] == indicator.code]
        self.assertEqual(figure["value"], 100, "a mean, not a sum")

    def test_cockpit(self):
        """F8: by type and month, each figure opens its records, no cost stands in two rows."""
        self._cost(self.ticket, unit_cost=60)
        self._cost(self.ticket, unit_cost=15, type_id=self.env.ref("service_ticket.cost_type_compensation").id)
        self._cost(self.ticket, unit_cost=20, bearer="supplier")
        training = self._make_ticket(kind="training")
        self._cost(training, unit_cost=7)
        self._cost(self._chargeable(), unit_cost=9)
        self.env.flush_all()
        panels = self.env["quality.cockpit"].with_user(self.manager).get_figures(months=3)["panels"]
        panel = next(panel for panel in panels if panel["key"] == "cost_types")
        rows = {row["title"]: row for row in panel["series"]}
        self.assertEqual(rows["Transport"]["total"], 60)
        self.assertEqual(rows["Compensation"]["total"], 15)
        self.assertEqual(rows["Losses of incidents"]["total"], 1000)
        total = next(panel for panel in panels if panel["key"] == "costs")["total"]
        self.assertEqual((panel["total"], total), (1075, 1075), "both panels say the same")
        for row in panel["series"]:
            for figure in row["figures"]:
                found = self.env[figure["action"]["res_model"]].search(figure["action"]["domain"])
                amounts = found.mapped("company_amount" if found._name == "service.cost" else "poor_quality_cost")
                known = sum(amounts) - (sum(found.mapped("service_cost")) if found._name == "quality.incident" else 0)
                self.assertEqual(known, figure["value"], figure["label"])
        plain = self.env["quality.cockpit"].with_user(self.inspector).get_figures(months=3)["panels"]
        self.assertNotIn("cost_types", [panel["key"] for panel in plain], "what people cost is not for everybody")
