from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from .money_common import MoneyCase


@tagged("post_install", "-at_install")
class TestCash(MoneyCase):
    """C7: cash on site only for what was agreed, handed in to a named person, in time."""

    def test_only_what_is_owed(self):
        """C7: no cash before the acceptance, none above what is owed, whoever tries."""
        fee = self._quoted()
        with self.assertRaisesRegex(UserError, "approved and the customer accepted"):
            self._cash(fee, 10)
        self._paper(fee)
        fee.action_record_acceptance("Mr. Lin")
        action = fee.action_receive_cash()
        self.assertEqual(action["context"]["default_amount"], 210)
        with self.assertRaisesRegex(UserError, "more than what is owed"):
            self._cash(fee, 210.01)
        first = self._cash(fee, 200)
        self.assertEqual((fee.amount_owed, first.state), (10, "received"))
        with self.assertRaisesRegex(UserError, "at most"):
            self._cash(fee, 11)
        self._cash(fee, 10)
        with self.assertRaisesRegex(UserError, "nothing is owed"):
            fee.action_receive_cash()
        with self.assertRaisesRegex(UserError, "can no longer be changed"):
            first.amount = 5
        with self.assertRaisesRegex(UserError, "cash was received"):
            fee.with_user(self.leader).action_cancel("x")

    def test_hand_in(self):
        """C7: the named person of finance takes it in; neither the engineer nor another one."""
        both = self._service_user("both", "engineer")
        both.group_ids |= self.env.ref("service_ticket.group_service_finance")
        self.env["hr.employee"].create({"name": "Both", "user_id": both.id, "company_id": self.company.id})
        fee = self._accepted()
        with self.assertRaisesRegex(UserError, "not to oneself"):
            self._cash(fee, 20, user=self.agent, engineer_id=both.employee_id.id, handed_to_id=both.id)
        with self.assertRaisesRegex(UserError, "not to oneself"):
            self._cash(fee, 20, handed_to_id=self.leader.id)
        receipt = self._cash(fee, 210, handed_to_id=self.finance.id)
        self.assertIn(self.finance, receipt.sudo().activity_ids.user_id)
        for user, error in ((self.engineer_a, AccessError), (self.leader, AccessError), (self.finance_b, UserError)):
            with self.assertRaises(error), self.cr.savepoint():
                receipt.with_user(user).action_hand_in()
        receipt.with_user(self.finance).action_hand_in()
        self.assertEqual((receipt.state, receipt.confirmed_by_id), ("handed_in", self.finance))
        deadline = receipt.deadline_ids
        self.assertEqual((deadline.kind, deadline.state, deadline.hours), ("cash_hand_in", "met", 24))
        own = self._cash(self._accepted(), 5, user=self.agent, engineer_id=both.employee_id.id)
        with self.assertRaisesRegex(UserError, "who received the cash"):
            own.with_user(both).action_hand_in()

    def test_settled_in_cash(self):
        """C7: paid in cash, invoiced, settled once the cash is handed in and the invoice posted."""
        fee = self._accepted()
        receipt = self._cash(fee, 210)
        fee.with_user(self.finance).action_invoice()
        fee.sudo().invoice_ids.action_post()
        with self.assertRaisesRegex(UserError, "not handed in yet"):
            fee.with_user(self.finance).action_settle()
        self.assertEqual(fee.amount_owed, 0)
        receipt.with_user(self.finance).action_hand_in()
        fee.with_user(self.finance).action_settle()
        self.assertEqual((fee.state, fee.cash_total), ("settled", 210))

    def test_overdue_escalates(self):
        """C7: money that is kept longer than the company allows is asked for by the service manager."""
        self.company.service_cash_hours = 10
        receipt = self._cash(self._accepted(), 100)
        [deadline] = receipt.deadline_ids
        self.assertEqual((deadline.user_id, deadline.hours), (self.engineer_a, 10))
        cron = self.env.ref("quality_incident.ir_cron_quality_escalation")
        with freeze_time(fields.Datetime.now() + timedelta(hours=11)), self.enter_registry_test_mode():
            cron.method_direct_trigger()
            receipt.invalidate_recordset()
            self.assertEqual(receipt.deadline_color, "red")
        deadline.invalidate_recordset()
        fired = deadline.sudo().escalation_ids.rule_id
        self.assertIn(self.env.ref("service_ticket.escalation_rule_cash"), fired)
        self.assertTrue(deadline.breached)
        self.assertIn(self.leader, receipt.sudo().activity_ids.user_id)

    def test_ticket_waits_for_cash(self):
        """C7: no ticket is closed while cash of it is on the way."""
        fee = self._accepted()
        receipt = self._cash(fee, 10)
        self.assertRegex(" ".join(fee.ticket_id.with_user(self.leader)._missing_closure()), receipt.name)
        receipt.with_user(self.finance).action_hand_in()
        self.assertNotRegex(" ".join(fee.ticket_id.with_user(self.leader)._missing_closure()), receipt.name)

    def test_wrong_people(self):
        """C7: an engineer records the own cash only; cancelled by the leader with a reason, then owed again."""
        fee = self._accepted()
        with self.assertRaisesRegex(AccessError, "received yourself"):
            self._cash(fee, 10, engineer_id=self.employee_b.id)
        for user in (self.foreign_agent, self.portal_user, self.plain_user, self.finance):
            with self.assertRaises(AccessError), self.cr.savepoint():
                self._cash(fee, 10, user=user)
        receipt = self._cash(fee, 10)
        with self.assertRaises(AccessError):
            receipt.action_cancel("Wrong")
        receipt.with_user(self.leader).action_cancel("Wrong amount")
        self.assertEqual((receipt.state, fee.amount_owed, receipt.deadline_ids.state), ("cancelled", 210, "cancelled"))
        with self.assertRaises(AccessError):
            self.env["service.cash.receipt"].with_user(self.leader).create(
                {"fee_id": fee.id, "amount": 1, "payer": "x", "engineer_id": self.employee_a.id, "is_historic": True}
            )

    def test_paper(self):
        """F1, C7: the receipt says the amount in words, Chinese in financial capitals; none for a cancelled one."""
        self.env["res.lang"]._activate_lang("zh_CN")
        receipt = self._cash(self._accepted(), 205.5)
        report = self.env["ir.actions.report"]
        name = "service_ticket.report_cash_receipt"
        english = report.with_user(self.engineer_a)._render_qweb_html(name, receipt.ids)[0].decode()
        self.assertIn("Two Hundred", english)
        self.assertIn(receipt.name, english)
        chinese = report.with_user(self.engineer_a).with_context(lang="zh_CN")._render_qweb_html(name, receipt.ids)[0]
        self.assertIn("贰佰零伍元伍角", chinese.decode())
        receipt.with_user(self.leader).action_cancel("Wrong")
        with self.assertRaisesRegex(UserError, "cancelled"):
            report._render_qweb_html(name, receipt.ids)
