from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import PIXEL
from .money_common import MoneyCase


@tagged("post_install", "-at_install")
class TestFees(MoneyCase):
    """C7, C18, D2: nothing is charged without consent, offered without approval, invoiced without acceptance."""

    def test_whole_way(self):
        """C7, C18: from a chargeable ticket to the invoice, each step by the role it belongs to."""
        ticket = self._chargeable(user_id=self.engineer_a.id)
        action = ticket.with_user(self.engineer_a).action_request_fee()
        fee = self.env["service.fee.request"].with_user(self.engineer_a).browse(action["res_id"])
        self.assertEqual(fee.line_ids.mapped("kind"), ["labour"], "no visit yet, so no travel")
        self.assertRegex(fee.what_is_missing, "Why it is charged")
        with self.assertRaisesRegex(UserError, "Why it is charged"):
            fee.action_submit()
        part = fields.Command.create({"product_id": self.part.id, "quantity": 2})
        fee.write({"purpose": "Opened by hand", "line_ids": [part]})
        self.assertEqual(fee.amount_total, 140)
        self.assertFalse(fee.order_id, "no quotation before the approval")
        fee.action_submit()
        self.assertEqual((fee.state, fee.approval_state), ("approval", "pending"))
        self.assertFalse(fee.order_id)
        fee.with_user(self.leader).action_approve()
        self.assertEqual(fee.state, "approved")
        order = fee.order_id.sudo()
        self.assertEqual((order.state, order.amount_total, order.service_ticket_id), ("draft", 140, ticket.sudo()))
        fee.action_quote()
        self.assertEqual((fee.state, order.state), ("quoted", "sent"))
        self._paper(fee)
        fee.action_record_acceptance("Mr. Lin")
        self.assertEqual((fee.state, order.state), ("accepted", "sale"))
        self.assertFalse(order.picking_ids, "parts reach the customer by requisition, not by this order")
        self.assertEqual(fee.seal_ids.sudo().validity, "valid")
        answer = fee.answer_ids
        self.assertEqual(
            (answer.answer, answer.person, answer.way, answer.amount), ("accepted", "Mr. Lin", "written", 140)
        )
        fee.with_user(self.finance).action_invoice()
        move = fee.sudo().invoice_ids
        self.assertEqual((fee.state, move.state, move.amount_total), ("invoiced", "draft", 140))
        with self.assertRaisesRegex(UserError, "posted invoice"):
            fee.with_user(self.finance).action_settle()
        move.action_post()
        with self.assertRaisesRegex(UserError, "The payment"):
            fee.with_user(self.finance).action_settle()
        self.env["account.payment.register"].with_context(active_model="account.move", active_ids=move.ids).create(
            {}
        )._create_payments()
        self.assertEqual(fee.amount_owed, 0)
        fee.with_user(self.finance).action_settle()
        self.assertEqual(fee.state, "settled")

    def test_warranty_lines(self):
        """C18: what is free in warranty stands on the quotation with 0, and says so."""
        fee = self._approved()
        self.assertEqual(fee.amount_total, 210)
        lines = fee.order_id.sudo().order_line
        free = lines.filtered(lambda line: line.product_id == self.part)
        self.assertEqual((free.price_unit, free.product_uom_qty), (0, 1))
        self.assertIn("In warranty", free.name)
        self.assertEqual(fee.order_id.sudo().amount_total, 210)
        only_free = self._fee(lines=[{"product_id": self.part.id, "in_warranty": True}])
        with self.assertRaisesRegex(UserError, "customer pays for"):
            only_free.action_submit()

    def test_prefill(self):
        """D2: after the warranty material at cost and the hours on site at the basic rate, the journeys with them."""
        visit = self._done_visit()
        ticket = visit.ticket_id
        self.env.flush_all()
        ticket.sudo().warranty_state = "out"
        with patch.object(
            type(ticket), "_prepare_fee_part_lines", lambda self, visits: [{"product_id": part, "quantity": 3}]
        ):
            part = self.part.id
            action = visit.with_user(self.engineer_a).action_request_fee()
        fee = self.env["service.fee.request"].browse(action["res_id"])
        self.assertEqual(fee.visit_id, visit)
        self.assertRecordValues(
            fee.line_ids,
            [
                {"product_id": self.labour.id, "quantity": 2, "price_unit": 80, "kind": "labour"},
                {"product_id": self.travel.id, "quantity": 1, "price_unit": 50, "kind": "travel"},
                {"product_id": self.part.id, "quantity": 3, "price_unit": 12, "kind": "part"},
            ],
        )
        again = ticket.with_user(self.agent).action_request_fee()
        self.assertEqual(again["res_id"], fee.id, "the open one, not a second")

    def test_not_chargeable(self):
        """C18: a matter of quality in warranty is not charged."""
        ticket = self._make_ticket(user_id=self.engineer_a.id, cause_class="quality")
        self.env.flush_all()
        ticket.sudo().warranty_state = "in"
        with self.assertRaisesRegex(UserError, "not chargeable"):
            ticket.with_user(self.engineer_a).action_request_fee()

    def test_no_quotation_without_approval(self):
        """C7: no way to a quotation about a ticket but an approved request: not by the seller, not by the system."""
        fee = self._fee()
        vals = {"partner_id": self.customer.id, "service_ticket_id": fee.ticket_id.id}
        for extra in ({}, {"service_fee_id": fee.id}):
            with self.assertRaises(AccessError), self.cr.savepoint():
                self.env["sale.order"].with_user(self.seller).create({**vals, **extra})
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self.env["sale.order"].create({**vals, **extra})
        order = self.env["sale.order"].with_user(self.seller).create({"partner_id": self.customer.id})
        with self.assertRaises(AccessError):
            order.write({"service_ticket_id": fee.ticket_id.id})
        with self.assertRaises(UserError), self.cr.savepoint():
            fee.write({"state": "approved"})
        with self.assertRaises(AccessError), self.cr.savepoint():
            fee.write({"state": "cancelled", "cancel_reason": "x"})
        copy = self._approved().order_id.sudo().copy()
        self.assertFalse(copy.service_ticket_id or copy.service_fee_id, "a copy is no offer about the ticket")

    def test_order_says_what_was_approved(self):
        """C7: the seller changes neither lines nor customer nor state of the quotation of a fee request."""
        fee = self._quoted()
        order = fee.order_id.with_user(self.seller)
        for vals in (
            {"partner_id": self.far_customer.id},
            {"order_line": [fields.Command.clear()]},
            {"order_line": [fields.Command.create({"product_id": self.part.id})]},
            {"order_line": [fields.Command.update(order.order_line[0].id, {"price_unit": 1})]},
            {"signature": PIXEL, "signed_by": "Me"},
        ):
            with self.assertRaises(UserError, msg=vals), self.cr.savepoint():
                order.write(vals)
        for change in (
            lambda: order.order_line[0].write({"discount": 50}),
            order.order_line[0].unlink,
            order.action_confirm,
            order.action_cancel,
            order.unlink,
            lambda: (
                self.env["sale.order.line"]
                .with_user(self.seller)
                .create({"order_id": order.id, "product_id": self.part.id})
            ),
        ):
            with self.assertRaises(UserError), self.cr.savepoint():
                change()
        order.action_update_prices()
        self.assertEqual(order.amount_total, 210)

    def test_change_lapses(self):
        """C7: what was approved and is changed lapses, and its quotation goes."""
        fee = self._approved()
        order = fee.order_id.sudo()
        fee.line_ids[0].quantity = 3
        self.assertEqual((fee.state, fee.approval_state, order.state), ("draft", "superseded", "cancel"))
        self.assertFalse(fee.order_id)
        fee.action_submit()
        fee.with_user(self.leader).action_approve()
        self.assertEqual(fee.order_id.sudo().amount_total, 290)
        fee.action_quote()
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            fee.line_ids[0].quantity = 1

    def test_four_eyes_and_limit(self):
        """C7: who asks does not consent; above the limit finance consents, too."""
        fee = self._fee(user=self.leader)
        fee.with_user(self.leader).line_ids[0].quantity = 200
        fee.with_user(self.leader).action_submit()
        with self.assertRaises(UserError):
            fee.with_user(self.leader).action_approve()
        second = self._service_user("leader_b", "manager")
        fee.with_user(second).action_approve()
        self.assertEqual(fee.state, "approval", "finance is still asked")
        fee.with_user(self.finance).action_approve()
        self.assertEqual(fee.state, "approved")

    def test_amounts_follow(self):
        """C7: nobody writes a small amount past the limit of finance: amounts and taxes follow from the lines."""
        fee = self._fee()
        for vals in ({"amount_company": 1}, {"amount_total": 1}, {"amount_untaxed": 1}, {"round": 5}):
            with self.assertRaises(AccessError, msg=vals), self.cr.savepoint():
                fee.write(vals)
        for vals in ({"amount": 1}, {"tax_ids": [fields.Command.clear()]}):
            with self.assertRaises(AccessError, msg=vals), self.cr.savepoint():
                fee.line_ids[0].write(vals)

    def test_rejection(self):
        """C7: refused by the leader it goes back, and no quotation exists."""
        fee = self._fee()
        fee.action_submit()
        fee.with_user(self.leader).action_reject("Too much")
        self.assertEqual((fee.state, fee.approval_state), ("draft", "rejected"))
        self.assertFalse(fee.sudo().order_ids)

    def test_negotiation(self):
        """C18: a counter-proposal makes a new offer, approved anew; the old one can no longer be accepted."""
        fee = self._quoted()
        first = fee.order_id.sudo()
        fee.action_record_counter("Mr. Lin", "Too dear", 150)
        self.assertEqual((fee.state, fee.round, first.state), ("draft", 2, "cancel"))
        self.assertEqual((fee.answer_ids.answer, fee.answer_ids.counter_amount), ("counter", 150))
        fee.line_ids.filtered(lambda line: line.product_id == self.labour).price_unit = 50
        with self.assertRaises(UserError), self.cr.savepoint():
            fee.action_quote()
        fee.action_submit()
        fee.with_user(self.leader).action_approve()
        fee.action_quote()
        with self.assertRaisesRegex(UserError, "new offer by now"):
            fee._do_answer("accepted", "Mr. Lin", "portal", seen_round=1)
        self.assertEqual(fee.order_id.sudo().amount_total, 150)
        self._paper(fee)
        fee.action_record_acceptance("Mr. Lin")
        self.assertEqual(fee.answer_ids.mapped("answer"), ["accepted", "counter"])

    def test_refusal(self):
        """C18: declined, the quotation goes; a new offer can follow."""
        fee = self._quoted()
        with self.assertRaisesRegex(UserError, "say why"):
            fee.action_record_refusal("Mr. Lin")
        fee.action_record_refusal("Mr. Lin", "We mend it ourselves")
        self.assertEqual(fee.state, "refused")
        self.assertFalse(fee.order_id)
        fee.action_withdraw()
        self.assertEqual((fee.state, fee.round), ("draft", 2))

    def test_standing_offer(self):
        """C18: nobody takes an offer back while the customer thinks it over; one that ran out is accepted no more."""
        fee = self._quoted(valid_until=fields.Date.add(fields.Date.today(), days=3))
        with self.assertRaisesRegex(UserError, "still stands"):
            fee.action_withdraw()
        with patch.object(type(fee), "_is_expired", lambda self: True):
            with self.assertRaisesRegex(UserError, "run out"):
                fee._do_answer("accepted", "Mr. Lin", "portal")
            fee.action_withdraw()
        self.assertEqual(fee.state, "draft")

    def test_acceptance_needs_paper(self):
        """C18: staff record an acceptance with the paper, once; no state is written past the answer."""
        fee = self._quoted()
        with self.assertRaisesRegex(UserError, "attach the paper"):
            fee.action_record_acceptance("Mr. Lin")
        with self.assertRaisesRegex(UserError, "customer's acceptance"):
            fee.write({"state": "accepted"})
        self._paper(fee)
        wizard = (
            self.env["service.fee.record"]
            .with_user(self.engineer_a)
            .create({"fee_id": fee.id, "answer": "accepted", "person": "Mr. Lin"})
        )
        wizard.action_confirm()
        self.assertEqual(fee.state, "accepted")
        with self.assertRaisesRegex(UserError, "waits for no answer"):
            fee.action_record_acceptance("Mr. Lin")
        with self.assertRaises(UserError):
            fee.write({"evidence_ids": [fields.Command.clear()]})

    def test_signed_in_the_sale_portal(self):
        """C18: the signature under Odoo's own quotation is the acceptance; declining there is the refusal."""
        fee = self._quoted()
        order = fee.order_id.sudo()
        self.assertTrue(order._has_to_be_signed())
        order.write({"signature": PIXEL, "signed_by": "Mr. Lin"})
        order._validate_order()
        self.assertEqual((fee.state, fee.answer_ids.way, order.state), ("accepted", "portal", "sale"))
        other = self._quoted()
        portal = self.env.ref("base.public_user")
        other.order_id.with_user(portal).sudo()._action_cancel()
        self.assertEqual((other.state, other.answer_ids.answer), ("refused", "refused"))
        draft = self._approved()
        self.assertFalse(draft.order_id.sudo()._has_to_be_signed(), "not sent yet")

    def test_ticket_waits(self):
        """C7: no ticket is closed over an open fee request, none cancelled over an accepted one."""
        fee = self._accepted()
        ticket = fee.ticket_id.with_user(self.leader)
        self.assertRegex(" ".join(ticket._missing_closure()), fee.name)
        with self.assertRaisesRegex(UserError, fee.name):
            ticket.action_cancel("Withdrawn")
        fee.with_user(self.leader).action_cancel("Agreed otherwise")
        self.assertEqual(fee.sudo().order_ids.mapped("state"), ["cancel"])
        self.assertNotIn(fee.name, " ".join(ticket._missing_closure()))
        open_fee = self._quoted(ticket=ticket)
        ticket.action_cancel("Withdrawn")
        self.assertEqual((open_fee.state, open_fee.sudo().order_ids.state), ("cancelled", "cancel"))

    def test_chargeable_visit(self):
        """C7, C18: at the customer's expense nobody leaves before the customer has agreed; the desk decides on it."""
        ticket = self._to_analysis(self._chargeable(user_id=self.engineer_a.id))
        self._analyse(ticket)
        visit = self._plan_visit(ticket).with_user(self.engineer_a)
        self.assertTrue(visit.is_chargeable)
        visit.check_ids.write({"done": True})
        self.assertRegex(visit.what_is_missing, "fee request")
        with self.assertRaisesRegex(UserError, "accepted fee request"):
            visit.action_depart()
        with self.assertRaises(AccessError):
            visit.is_chargeable = False
        self._accepted(ticket=ticket)
        visit.action_depart()
        self.assertEqual(visit.state, "departed")
        with self.assertRaises(UserError):
            visit.with_user(self.agent).is_chargeable = False

    def test_wrong_people(self):
        """C7: invoices are finance's, consent the leader's; a stranger sees nothing; history is not imported."""
        fee = self._accepted()
        for user in (self.engineer_a, self.agent, self.seller):
            with self.assertRaises(AccessError), self.cr.savepoint():
                fee.with_user(user).action_invoice()
        with self.assertRaises(AccessError):
            fee.with_user(self.engineer_a).action_cancel("x")
        for user in (self.foreign_agent, self.portal_user, self.plain_user):
            with self.assertRaises(AccessError):
                fee.with_user(user).read(["name"])
        with self.assertRaises(AccessError):
            self.env["service.fee.answer"].with_user(self.leader).create(
                {"fee_id": fee.id, "answer": "accepted", "person": "x", "way": "portal", "at": fields.Datetime.now()}
            )
        with self.assertRaises(AccessError):
            self.env["service.fee.request"].with_user(self.leader).create(
                {"ticket_id": fee.ticket_id.id, "is_historic": True, "state": "accepted"}
            )
        with self.assertRaises(UserError):
            fee.with_user(self.leader).sudo().unlink()

    def test_taxes_and_currency(self):
        """C18: taxes as Odoo's quotation has them, to the cent; another currency than the company's."""
        tax = self.env["account.tax"].create({"name": "13 %", "amount": 13, "type_tax_use": "sale"})
        self.labour.taxes_id = tax
        euro = (
            self.env["res.currency"]
            .with_context(active_test=False)
            .search([("name", "=", "EUR" if self.currency.name != "EUR" else "USD")])
        )
        euro.active = True
        self.env["res.currency.rate"].create({"currency_id": euro.id, "rate": 0.5, "company_id": self.company.id})
        fee = self._approved(
            currency_id=euro.id,
            lines=[
                {"product_id": self.labour.id, "quantity": 1.37, "price_unit": 33.33},
                {"product_id": self.travel.id},
            ],
        )
        self.assertEqual(fee.line_ids[1].price_unit, 25, "the list price, converted")
        self.assertAlmostEqual(fee.amount_untaxed, 45.66 + 25, 2)
        self.assertAlmostEqual(fee.amount_company, 2 * 70.66, 2)
        order = fee.order_id.sudo()
        self.assertEqual((order.currency_id, order.amount_total), (euro, fee.amount_total))
        self.assertAlmostEqual(fee.amount_tax, 5.94, 2)

    def test_queries(self):
        """Ten times as many in a list cost as many queries."""
        specification = {
            name: {} for name in ("name", "ticket_id", "amount_total", "amount_owed", "deadline_color", "state")
        }
        counts = []
        for number in (1, 3, 30):
            ticket = self._chargeable()
            fees = self.env["service.fee.request"].browse(
                [self._fee(ticket=ticket, user=self.agent).id for _count in range(number)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            fees.with_user(self.agent).web_read(specification)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1] + 2, counts)
