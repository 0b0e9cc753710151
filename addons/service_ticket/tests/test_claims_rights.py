from datetime import timedelta
from inspect import signature

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, freeze_time, new_test_user, tagged

from .claims_common import ClaimsCase


@tagged("post_install", "-at_install")
class TestClaimRights(ClaimsCase):
    """C15: who may do what, and what reaches nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = new_test_user(
            cls.env, "s_accountant", "account.group_account_invoice", company_id=cls.company.id,
            company_ids=[fields.Command.set(cls.company.ids)],
        )

    def _claim(self):
        self._buy(self.seal, self.supplier, 3, 10, 5)
        self.part = self._old_parts((self.seal, 2, None))
        return self._claims(self.part)

    def _own_methods(self, record):
        own = {name for cls in type(record).mro() if "service_ticket" in cls.__module__ for name in vars(cls)}
        self.assertIn("action_draft_refund", own)
        return sorted(name for name in own if name.startswith("action_"))

    def test_every_method(self):
        """C15: every public method is refused to portal users, employees of no group, engineers and other companies."""
        claim = self._claim()
        tried = 0
        for record, given in (
            (claim, None), (self.part, ["action_claim"]), (self.part.ticket_id, ["action_open_claims"]),
            (self.supplier, ["action_open_service_claims"]),
        ):
            for name in given or self._own_methods(record):
                users = [self.portal_user, self.plain_user, self.engineer_a]
                if record != self.supplier:
                    users += [self.foreign_agent, self.foreign_keeper]
                for user in users:
                    with self.assertRaises(AccessError, msg=f"{name} as {user.login}"), self.cr.savepoint():
                        method = getattr(record.with_user(user), name)
                        method(*["x"][: len(signature(method).parameters)])
                    tried += 1
        self.assertGreater(tried, 60)

    def test_wrong_roles(self):
        """C15: the keeper does not approve, the desk sends no parts, nobody approves an own claim."""
        claim = self._claim()
        claim.action_request_approval()
        for user in (self.keeper, self.agent, self.finance):
            with self.assertRaises(UserError, msg=user.login), self.cr.savepoint():
                claim.with_user(user).action_approve()
        claim.with_user(self.leader).action_approve()
        for user in (self.agent, self.finance, self.leader):
            with self.assertRaises(AccessError, msg=user.login), self.cr.savepoint():
                claim.with_user(user).action_send()
        claim.action_send()
        self._answer(claim, credit_amount=6)
        for user in (self.keeper, self.agent):
            with self.assertRaises(AccessError, msg=user.login), self.cr.savepoint():
                claim.with_user(user).action_draft_refund()
        self.assertTrue(self._refund(claim, self.finance))
        own = self.env["service.supplier.claim"].with_user(self.leader).create({"partner_id": self.supplier.id})
        self._stock(self.seal, 1, self.defective)
        self.env["service.supplier.claim.line"].with_user(self.leader).create(
            {"claim_id": own.id, "product_id": self.seal.id}
        )
        with self.assertRaises(UserError):
            own.action_request_approval()
            own.action_approve()

    def test_accountant(self):
        """C15: an accountant drafts and posts the credit note; posting it settles the claim."""
        claim = self._answer(self._sent_claim(self._claim()), credit_amount=6)
        action = claim.with_user(self.accountant).action_draft_refund()
        refund = self.env["account.move"].with_user(self.accountant).browse(action["res_id"])
        self.assertEqual(refund.invoice_origin, claim.name)
        refund.action_post()
        self.assertEqual((claim.state, claim.amount_received), ("settled", 6))
        with self.assertRaises(AccessError):
            refund.write({"service_claim_id": False})
        self.assertFalse(
            self.env["account.move"].with_user(self.accountant).create(
                {"move_type": "in_refund", "partner_id": self.supplier.id, "service_claim_id": claim.id}
            ).service_claim_id
        )

    def test_nothing_from_outside(self):
        """C15: states, stamps, findings and links are not written by anybody."""
        claim = self._claim()
        line = claim.line_ids
        for vals in (
            {"state": "sent"}, {"state": "settled"}, {"approved_at": fields.Datetime.now()},
            {"sent_at": fields.Datetime.now()}, {"answered_on": self.today}, {"name": "SC/1"},
        ):
            with self.assertRaises(UserError, msg=vals), self.cr.savepoint():
                claim.write(vals)
        for vals in (
            {"warranty_state": "in"}, {"received_amount": 9}, {"purchase_line_id": 1}, {"claim_state": "sent"},
            {"part_line_id": False}, {"credit_amount": 1}, {"quantity": 1}, {"product_id": self.board.id},
        ):
            with self.assertRaises(UserError, msg=vals), self.cr.savepoint():
                line.write(vals)
        with self.assertRaises(AccessError), self.cr.savepoint():
            self.env["service.supplier.claim"].with_user(self.leader).create(
                {"partner_id": self.supplier.id, "is_historic": True, "state": "settled"}
            )
        with self.assertRaises(UserError), self.cr.savepoint():
            claim.with_user(self.leader).unlink()
        picking = self.env["stock.picking"].with_user(self.keeper).create(
            {"picking_type_id": self.places.service_claim_in_type_id.id, "service_claim_id": claim.id}
        )
        self.assertFalse(picking.service_claim_id)
        with self.assertRaises(AccessError):
            picking.service_claim_id = claim

    def test_other_company(self):
        """C15: claims, their parts and figures of another company are not seen; its suppliers' parts not claimed."""
        claim = self._sent_claim(self._claim())
        for user in (self.foreign_agent, self.foreign_keeper):
            self.assertFalse(self.env["service.supplier.claim"].with_user(user).search([("id", "=", claim.id)]))
            self.assertFalse(
                self.env["service.supplier.recovery"].with_user(user).search([("claim_id", "=", claim.id)])
            )
        for user in (self.engineer_a, self.plain_user, self.portal_user):
            with self.assertRaises(AccessError):
                self.env["service.supplier.claim"].with_user(user).search([])
        self.assertNotIn("claim_ids", self.env["service.ticket"].with_user(self.engineer_a).fields_get())
        self.assertEqual(claim.line_ids.ticket_id.with_user(self.agent).claim_ids, claim)

    def test_late_answer_is_escalated(self):
        """C15: who follows the claim is warned, the service manager told when the supplier is late; each once."""
        claim = self._sent_claim(self._claim())
        cron = self.env.ref("quality_incident.ir_cron_quality_escalation")
        start = fields.Datetime.now()
        told = []
        for days in (20, 24, 31, 32):
            with freeze_time(start + timedelta(days=days)), self.enter_registry_test_mode():
                cron.method_direct_trigger()
                activities = claim.sudo().activity_ids
                told.append((self.keeper in activities.user_id, self.leader in activities.user_id, len(activities)))
                color = claim.with_context(x=days).deadline_color
                claim.invalidate_recordset(["deadline_color"])
        self.assertEqual([one[:2] for one in told], [(False, False), (True, False), (True, True), (True, True)])
        self.assertEqual(told[2], told[3], "nobody is told twice")
        self.assertEqual(color, "red")
        self._answer(claim, credit_amount=6)
        row = self.env["quality.deadline"].search(
            [("res_model", "=", claim._name), ("res_id", "=", claim.id), ("kind", "=", "claim")]
        )
        self.assertEqual(row.state, "met")

    def test_form(self):
        """C15: the keeper writes a claim on the form: purchase and price come by themselves."""
        self._buy(self.seal, self.supplier, 3, 10, 5)
        self._stock(self.seal, 4, self.defective)
        with Form(self.env["service.supplier.claim"].with_user(self.keeper)) as form:
            form.partner_id = self.supplier
            with form.line_ids.new() as line:
                line.product_id = self.seal
                line.quantity = 4
                self.assertEqual((line.unit_price, line.claimed_amount), (3, 12))
        claim = self._sent_claim(form.record)
        with Form(claim) as form:
            form.answered_on = self.today
            with form.line_ids.edit(0) as line:
                line.credit_amount = 12
                line.goods_decision = "left"
        claim.action_answer()
        self.assertEqual(claim.state, "answered")
