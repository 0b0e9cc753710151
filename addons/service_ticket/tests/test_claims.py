from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .claims_common import ClaimsCase


@tagged("post_install", "-at_install")
class TestClaimFlow(ClaimsCase):
    """C15: the way of a claim, to each of its three ends."""

    def _board_claim(self, serial="OLD-1", days_ago=100):
        self.purchase = self._buy(self.board, self.supplier, 90, [serial], days_ago)
        self.supplier.service_warranty_months = 12
        self.part = self._old_parts((self.board, 1, serial))
        return self._claims(self.part)

    def test_credit_note(self):
        """C15: old part → claim → approval → goods sent → answer → credit note → settled, all amounts right."""
        claim = self._board_claim()
        line = claim.line_ids
        self.assertEqual((claim.partner_id, claim.state), (self.supplier, "draft"))
        self.assertEqual((line.purchase_line_id, line.origin, line.unit_price), (self.purchase, "serial", 90))
        self.assertEqual((line.warranty_state, line.lot_id.name), ("in", "OLD-1"))
        self.assertEqual(line.warranty_until, line.received_on + relativedelta(months=12))
        self.assertEqual(line.ticket_id, self.part.ticket_id)
        self.assertEqual(self.part.old_part_state, "claimed")
        line.write({"labour_amount": 40, "freight_amount": 10})
        self.assertEqual(claim.amount_claimed, 140)

        self._approved_claim(claim)
        picking = claim.sudo().picking_ids
        self.assertEqual((picking.state, picking.location_id), ("assigned", self.defective))
        self.assertEqual(picking.move_ids.reference_ids.name, claim.name, "never the purchase order's")
        self.assertEqual(picking.move_line_ids.lot_id, line.lot_id)
        claim.with_user(self.keeper).action_send()
        self.assertEqual((claim.state, self.part.old_part_state), ("sent", "sent_back"))
        self.assertEqual(self._quantity(self.board, self.defective, line.lot_id), 0)
        self.assertEqual(self.purchase.qty_received, 1, "the purchase order is left alone")
        deadline = claim.sudo()._find_deadlines("claim")
        self.assertEqual(deadline.due_at, deadline.start_at + timedelta(days=30))
        self._check()

        self._answer(claim, credit_amount=120, refusal_reason="Freight is not ours")
        self.assertEqual((claim.state, claim.amount_accepted, line.outcome), ("answered", 120, "credit"))
        self.assertFalse(claim.sudo()._find_deadlines("claim"))
        with self.assertRaises(AccessError):
            self.env["account.move"].with_user(self.leader).check_access("create")
        refund = self._refund(claim)
        self.assertEqual((refund.move_type, refund.state, refund.ref), ("in_refund", "draft", "CN-77"))
        self.assertEqual((refund.partner_id, refund.amount_untaxed), (self.supplier, 120))
        self.assertEqual(claim.amount_received, 0, "a draft is no money")
        with self.assertRaisesRegex(UserError, "posting of the credit note"):
            claim.action_settle()
        refund.action_post()
        self.assertEqual((claim.state, claim.amount_received), ("settled", 120))
        self.assertTrue(claim.settled_at)

    def test_replacement(self):
        """C15: the supplier replaces the part: a new serial number comes into the store, then the claim is settled."""
        claim = self._answer(self._sent_claim(self._board_claim()), replacement_quantity=1)
        self.assertEqual((claim.state, claim.amount_accepted), ("answered", 90))
        picking = claim.sudo().picking_ids.filtered(lambda one: one.state != "done")
        self.assertEqual(picking.location_dest_id, self.store)
        self.assertEqual(claim.action_receive()["res_id"], picking.id)
        lot = self._receive(picking, "NEW-1")
        self.assertEqual((claim.state, claim.amount_received), ("settled", 90))
        self.assertEqual(self._quantity(self.board, self.store, lot), 1)
        again = self.env["service.claim.origin"]._find(self.company, {(self.board, lot)})[self.board, lot]
        self.assertEqual((again["origin"], again["supplier"], again["price"]), ("claim", self.supplier, 90))
        with self.assertRaises(UserError):
            claim.action_receive()

    def _receive(self, picking, serial, quantity=1):
        picking = picking.with_user(self.keeper)
        move = picking.move_ids
        move.move_line_ids.unlink()
        self.env["stock.move.line"].with_user(self.keeper).create(
            {
                "move_id": move.id, "picking_id": picking.id, "product_id": move.product_id.id,
                "quantity": quantity, "product_uom_id": move.product_uom.id, "location_id": move.location_id.id,
                "location_dest_id": move.location_dest_id.id, "lot_name": serial,
            }
        )
        move.picked = True
        picking.button_validate()
        return picking.move_line_ids.lot_id

    def test_refused_and_back(self):
        """C15: refused with a reason; the part comes back into the defective place and goes the monthly way again."""
        claim = self._sent_claim(self._board_claim())
        claim.with_user(self.keeper).write({"answered_on": self.today})
        with self.assertRaisesRegex(UserError, "(?s)does not give all of it.*becomes of the part"):
            claim.action_answer()
        self._answer(claim, refusal_reason="Water damage", goods_decision="back")
        self.assertEqual((claim.state, claim.line_ids.outcome), ("answered", "refused"))
        picking = claim.sudo().picking_ids.filtered(lambda one: one.state != "done")
        self.assertEqual((picking.location_dest_id, picking.move_line_ids.lot_id.name), (self.defective, "OLD-1"))
        picking.with_user(self.keeper).button_validate()
        self.assertEqual((claim.state, self.part.old_part_state), ("settled", "received"))
        self.assertEqual(self._quantity(self.board, self.defective, claim.line_ids.lot_id), 1)

    def test_refused_and_left(self):
        """C15: what is refused and stays with the supplier settles the claim at once."""
        claim = self._answer(self._sent_claim(self._board_claim()), refusal_reason="Misuse")
        self.assertEqual((claim.state, claim.amount_received), ("settled", 0))
        self.assertEqual(self.part.old_part_state, "sent_back")

    def test_letter_alone(self):
        """C15: a claim by letter: nothing moves, the old part is kept for it until it is settled."""
        claim = self._board_claim()
        claim.with_goods = False
        self._approved_claim(claim)
        self.assertFalse(claim.sudo().picking_ids)
        with self.assertRaises(UserError):
            claim.action_send()
        claim.action_posted_letter()
        self.assertEqual((claim.state, claim.letter_by), ("sent", "post"))
        with self.assertRaisesRegex(UserError, "never sent"):
            self._answer(claim, credit_amount=90)
        self._answer(claim, credit_amount=90, goods_decision="here")
        self.assertEqual(self.part.old_part_state, "claimed")
        self._refund(claim).action_post()
        self.assertEqual((claim.state, self.part.old_part_state), ("settled", "received"))

    def test_partial_line(self):
        """C15: of five rings three are replaced, one is credited, the rest is refused."""
        self._buy(self.seal, self.other_supplier, 2, 10, 10)
        claim = self._sent_claim(self._claims(self._old_parts((self.seal, 5, None))))
        self.assertEqual((claim.amount_claimed, claim.line_ids.origin), (10, "product"))
        self._answer(claim, replacement_quantity=3, credit_amount=2, refusal_reason="One was cut")
        self.assertEqual((claim.amount_accepted, claim.line_ids.outcome), (8, "both"))
        picking = claim.sudo().picking_ids.filtered(lambda one: one.state != "done").with_user(self.keeper)
        picking.move_ids.quantity = 2
        picking.move_ids.picked = True
        picking.button_validate()
        self.assertEqual((claim.line_ids.received_quantity, claim.amount_received), (2, 4))
        rest = self.env["stock.picking"].browse(claim.action_receive()["res_id"])
        self.assertEqual(rest.move_ids.product_uom_qty, 1)
        rest.with_user(self.keeper).button_validate()
        self.assertEqual(claim.state, "answered", "the credit note is still to come")
        self._refund(claim).action_post()
        self.assertEqual((claim.state, claim.amount_received), ("settled", 8))

    def test_settled_once(self):
        """C15: no second credit note, no second sending, no more than was claimed."""
        claim = self._sent_claim(self._board_claim())
        with self.assertRaisesRegex(UserError, "more than"):
            self._answer(claim, credit_amount=91)
        with self.assertRaisesRegex(UserError, "no parts to send"):
            claim.action_send()
        self._answer(claim, credit_amount=90)
        refund = self._refund(claim)
        with self.assertRaisesRegex(UserError, "already"):
            claim.with_user(self.leader).action_draft_refund()
        self.assertFalse(refund.copy().service_claim_id)
        with self.assertRaisesRegex(UserError, "No credit note"):
            claim.action_correct_answer()
        refund.button_cancel()
        claim.action_correct_answer()
        self.assertEqual(claim.state, "sent")
        claim.line_ids.write({"credit_amount": 50, "refusal_reason": "Half of it"})
        claim.action_answer()
        second = self._refund(claim)
        self.assertEqual(second.amount_untaxed, 50)
        second.action_post()
        for method in ("action_settle", "action_answer", "action_correct_answer", "action_send"):
            with self.assertRaises(UserError, msg=method), self.cr.savepoint():
                getattr(claim, method)()
        with self.assertRaises(UserError):
            claim.with_user(self.leader).action_draft_refund()

    def test_transfer_fits_the_claim(self):
        """C15: the transfer takes exactly the claimed units, validated by the store, all of them."""
        claim = self._approved_claim(self._board_claim())
        picking = claim.sudo().picking_ids
        with self.assertRaises(AccessError), self.cr.savepoint():
            picking.with_user(self.stock_user).button_validate()
        other = self._stock(self.board, ["X-1"], self.defective)
        with self.assertRaisesRegex(UserError, "exactly this part"):
            picking.move_line_ids.lot_id = other
            picking.with_user(self.keeper).button_validate()
        picking.with_user(self.keeper).button_validate()
        self.assertEqual((picking.state, claim.state), ("done", "sent"))

    def test_transfer_cancelled_in_stock(self):
        """C15: a transfer that the warehouse cancelled is made anew when the claim is sent."""
        claim = self._approved_claim(self._board_claim())
        claim.sudo().picking_ids.action_cancel()
        claim.with_user(self.keeper).action_send()
        self.assertEqual((claim.state, len(claim.sudo().picking_ids)), ("sent", 2))

    def test_cancel_releases(self):
        """C15: a cancelled claim gives its parts back to the monthly way; they can be claimed again."""
        claim = self._approved_claim(self._board_claim())
        claim.action_cancel("The supplier pays by phone")
        self.assertEqual((claim.state, self.part.old_part_state), ("cancelled", "received"))
        self.assertEqual(claim.sudo().picking_ids.state, "cancel")
        again = self._claims(self.part)
        self.assertEqual(again.line_ids.part_line_id, self.part)
        again.line_ids.unlink()
        self.assertEqual(self.part.old_part_state, "received")
        sent = self._sent_claim(self._claims(self.part))
        with self.assertRaises(UserError):
            sent.action_cancel("Too late")

    def test_change_after_approval(self):
        """C15: what is claimed cannot be changed once it is handed in; taken back it is approved anew."""
        claim = self._board_claim()
        claim.action_request_approval()
        with self.assertRaises(UserError):
            claim.line_ids.unit_price = 500
        with self.assertRaises(UserError):
            claim.with_goods = False
        with self.assertRaises(UserError):
            claim.line_ids.unlink()
        claim.action_withdraw()
        claim.line_ids.unit_price = 500
        with self.assertRaises(UserError):
            claim.with_user(self.leader).action_approve()

    def test_monthly_reconciliation_leaves_it(self):
        """C14, C15: the monthly document neither lists nor scraps a part in a claim, and counts it as claimed."""
        claim = self._board_claim()
        document = self.env["service.old.parts"].with_user(self.keeper).create({})
        self.assertNotIn(self.part, document.sudo().item_ids.part_line_id)
        self.assertEqual(document.line_ids.filtered(lambda row: row.product_id == self.board).claimed, 1)
        claim.action_cancel("No")
        document.action_count()
        item = document.sudo().item_ids.filtered(lambda one: one.part_line_id == self.part)
        item.disposal = "scrap"
        document.action_request_approval()
        self._claims(self.part)
        with self.assertRaisesRegex(UserError, "not in the store any more"):
            document.with_user(self.leader).action_approve()
        self.assertEqual(self.part.old_part_state, "claimed")

    def test_manual_line(self):
        """C15: a part that came into the defective place another way; its units are claimed by one claim only."""
        self._buy(self.seal, self.other_supplier, 2, 10, 10)
        self._stock(self.seal, 2, self.defective)
        Claim = self.env["service.supplier.claim"].with_user(self.keeper)
        claims = Claim.create(
            [
                {
                    "partner_id": self.other_supplier.id,
                    "line_ids": [fields.Command.create({"product_id": self.seal.id, "quantity": 2})],
                }
            ] * 2
        )
        self.assertEqual((claims[0].line_ids.unit_price, claims[0].line_ids.fault), (2, False))
        claims[0].action_request_approval()
        with self.assertRaisesRegex(UserError, "in no other claim"):
            claims[1].action_request_approval()
        claims[0].with_user(self.leader).action_approve()
        with self.assertRaisesRegex(UserError, "in no other claim"):
            claims[1].action_request_approval()
        claims[0].action_send()
        self.assertEqual(self._quantity(self.seal, self.defective), 0)
        self._check()

    def test_no_old_part_by_hand(self):
        """C15: old parts that belong to requisitions are not claimed a second time as loose ones."""
        parts = self._old_parts((self.seal, 2, None))
        claim = self.env["service.supplier.claim"].with_user(self.keeper).create(
            {
                "partner_id": self.other_supplier.id,
                "line_ids": [fields.Command.create({"product_id": self.seal.id, "quantity": 1, "unit_price": 2})],
            }
        )
        with self.assertRaisesRegex(UserError, "in no other claim"):
            claim.action_request_approval()
        self.assertEqual(parts.old_part_state, "received")


@tagged("post_install", "-at_install")
class TestClaimOrigin(ClaimsCase):
    """C15: purchase, price and supplier's warranty are found by themselves."""

    def _origin(self, product, lot=None):
        lot = lot or self.env["stock.lot"]
        return self.env["service.claim.origin"]._find(self.company, {(product, lot)})[product, lot]

    def _lot(self, name):
        return self.env["stock.lot"].search([("name", "=", name), ("product_id", "=", self.board.id)])

    def test_two_purchases(self):
        """C15: each serial number leads to its own purchase, others to the last of the product."""
        first = self._buy(self.board, self.supplier, 90, ["P-1"], 400)
        second = self._buy(self.board, self.other_supplier, 80, ["P-2"], 20)
        self.assertEqual(self._origin(self.board, self._lot("P-1"))["purchase"], first)
        facts = self._origin(self.board, self._lot("P-2"))
        self.assertEqual((facts["purchase"], facts["supplier"], facts["price"]), (second, self.other_supplier, 80))
        stray = self._stock(self.board, ["P-9"])
        self.assertEqual(self._origin(self.board, stray)["origin"], "product")
        self.assertEqual(self._origin(self.board, stray)["purchase"], second)

    def test_unit_and_discount(self):
        """C15: the price is that of one unit of the product, after discount, in the currency of the order."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        dozen = self.env.ref("uom.product_uom_dozen")
        line = self._buy(self.seal, self.supplier, 24, 1, 5, currency_id=euro.id)
        line.write({"product_uom_id": dozen.id, "price_unit": 24, "discount": 50})
        facts = self._origin(self.seal)
        self.assertEqual((facts["price"], facts["currency"]), (1, euro))

    def test_price_list(self):
        """C15: never bought: the vendor price names the supplier; without receipt the warranty is not known."""
        self._seller(self.oil, self.supplier, 7, service_warranty_months=6)
        facts = self._origin(self.oil)
        self.assertEqual((facts["origin"], facts["supplier"], facts["price"]), ("price", self.supplier, 7))
        self.assertEqual(facts["months"], 6)
        self.assertEqual(self.env["service.claim.origin"]._warranty(facts, self.today)[0], "unknown")
        nothing = self._part("Nobody's", "none", 1)
        self.assertEqual(self._origin(nothing)["origin"], "none")

    def test_months(self):
        """C15: the vendor price's months come before the supplier's general ones; the last day counts."""
        self._buy(self.board, self.supplier, 90, ["P-1"], 0)
        self.supplier.service_warranty_months = 24
        self.assertEqual(self._origin(self.board, self._lot("P-1"))["months"], 24)
        self._seller(self.board, self.supplier, 90, service_warranty_months=12)
        facts = self._origin(self.board, self._lot("P-1"))
        self.assertEqual(facts["months"], 12)
        Origin = self.env["service.claim.origin"]
        until = facts["received_on"] + relativedelta(months=12)
        self.assertEqual(Origin._warranty(facts, until), ("in", until))
        self.assertEqual(Origin._warranty(facts, until + timedelta(days=1)), ("out", until))
        leap = {**facts, "received_on": fields.Date.to_date("2024-02-29")}
        self.assertEqual(Origin._warranty(leap, self.today)[1], fields.Date.to_date("2025-02-28"))

    def test_out_of_warranty_needs_a_reason(self):
        """C15: a claim out of the supplier's warranty says why; the decision stays as it was made."""
        self.supplier.service_warranty_months = 12
        self._buy(self.board, self.supplier, 90, ["P-1"], 500)
        claim = self._claims(self._old_parts((self.board, 1, "P-1")))
        self.assertEqual(claim.line_ids.warranty_state, "out")
        with self.assertRaisesRegex(UserError, "warranty ended"):
            claim.action_request_approval()
        claim.line_ids.why = "A known defect of the series"
        claim.action_request_approval()
        self.supplier.service_warranty_months = 60
        self.assertEqual((claim.line_ids.warranty_months, claim.line_ids.warranty_state), (12, "out"))

    def test_grouping(self):
        """C15: one claim for each supplier, in the currency of the supplier, whatever the tickets."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "company_id": self.company.id, "name": self.today}
        )
        self.supplier.with_company(self.company).property_purchase_currency_id = euro
        self._buy(self.board, self.supplier, 100, ["P-1", "P-2"], 5)
        self._buy(self.seal, self.other_supplier, 3, 10, 5)
        parts = self._old_parts((self.board, 1, "P-1"), (self.seal, 2, None)) | self._old_parts((self.board, 1, "P-2"))
        claims = self._claims(parts).sorted(lambda one: one.partner_id.name)
        self.assertEqual(claims.partner_id, self.supplier | self.other_supplier)
        self.assertEqual(claims.mapped("ticket_count"), [2, 1])
        boards, rings = claims
        self.assertEqual((boards.currency_id, rings.currency_id), (euro, self.company.currency_id))
        self.assertEqual((boards.amount_claimed, boards.company_rate), (200, 2))
        self.assertEqual(rings.amount_claimed, 6)
        with self.assertRaisesRegex(UserError, "in a claim already"):
            parts[:1].with_user(self.keeper).action_claim()

    def test_nobody_sold_it(self):
        """C15: parts without a supplier are named; nothing is claimed by halves."""
        parts = self._old_parts((self.seal, 1, None))
        with self.assertRaisesRegex(UserError, "Nobody knows"):
            parts.with_user(self.keeper).action_claim()
        self.assertEqual(parts.old_part_state, "received")

    def test_other_supplier_needs_a_reason(self):
        """C15: claiming from somebody else than who sold it says why."""
        self._buy(self.seal, self.supplier, 3, 10, 5)
        claim = self._claims(self._old_parts((self.seal, 1, None)))
        claim.partner_id = self.other_supplier
        with self.assertRaisesRegex(UserError, "pays for what"):
            claim.action_request_approval()
