from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .claims_common import ClaimsCase
from .warranty_common import WarrantyCase


@tagged("post_install", "-at_install")
class TestPartChain(ClaimsCase, WarrantyCase):
    """C13, C15, C18, C19, D2: one serial number from the warranty to the supplier's money, and the paid way beside it.

    Everybody acts as themselves through the public methods, as a remote call would.
    """

    def _broken_meter(self, days_ago):
        """Return a ticket's visit on site, for a meter delivered so many days ago."""
        lot = self._lot(f"M-{days_ago}")
        self.env["stock.quant"]._update_available_quantity(self.product, self.warehouse.lot_stock_id, 1, lot_id=lot)
        self._move(lot, fields.Date.today() - timedelta(days=days_ago))
        ticket = self._to_analysis(self._make_ticket(lot_id=lot.id))
        self._analyse(ticket)
        visit = self._plan_visit(ticket)
        if ticket.is_chargeable:
            self._consent(ticket)
        return ticket, self._leave(visit)

    def _consent(self, ticket):
        """Take the customer's consent to the fee, on paper: before it nobody drives out at the customer's expense."""
        self.env.ref("service_ticket.product_service_labour").lst_price = 80
        fee = self.env["service.fee.request"].with_user(self.engineer_a).create(
            {"ticket_id": ticket.id, "purpose": "Out of warranty", "line_ids": [
                fields.Command.create({"product_id": self.env.ref("service_ticket.product_service_labour").id})
            ]}
        )
        fee.action_submit()
        fee.with_user(self.leader).action_approve()
        fee.action_quote()
        paper = self.env["ir.attachment"].with_user(self.engineer_a).create({"name": "a.pdf", "raw": b"%PDF-1.4 x"})
        fee.write({"evidence_ids": [fields.Command.link(paper.id)]})
        fee.action_record_acceptance("Mr. Lin")
        self.assertEqual((fee.state, fee.order_id.sudo().state), ("accepted", "sale"))

    def _change_board(self, visit, old_serial):
        """Change the board at ``visit`` with everything that clears it; return the part line."""
        request = self._request((self.board, 1), visit_id=visit.id)
        request.action_request_approval()
        request.with_user(self.leader).action_approve()
        if request.state == "approval":  # out of warranty marketing agrees, too
            request.with_user(self.marketing).action_approve()
        line = self._issue(request, self.serials[0])
        visit.action_use_parts([{"line_id": line.id, "old_serial": old_serial}])
        self._finish(visit)
        self._sign(visit)
        self._approve(visit)
        line.with_user(self.keeper).action_receive_old([{"line_id": line.id}])
        self.assertEqual((line.state, request.state), ("cleared", "cleared"))
        self._check()
        return line

    def test_in_warranty(self):
        """C13, C15, C19, D2: in warranty → part → account cleared → our cost → claim → credit note → recovered."""
        purchase = self._buy(self.board, self.supplier, 90, ["OLD-1"], 100)
        self.supplier.service_warranty_months = 12
        ticket, visit = self._broken_meter(30)
        self.assertEqual(ticket.warranty_state, "in")
        line = self._change_board(visit, "OLD-1")
        self.assertEqual((line.in_warranty, line.warranty_until), ("in", ticket.warranty_until))
        cost = ticket.sudo().cost_ids.filtered(lambda one: one.source_model == "service.part.line")
        self.assertRecordValues(cost, [{"amount": 100, "bearer": "company", "allocation": "manufacturing"}])
        replaced = self.env["service.part.replacement"].search([("ticket_id", "=", ticket.id)])
        self.assertRecordValues(
            replaced, [{"new_lot_id": self.serials[0].id, "old_lot_id": line.returned_lot_id.id, "in_warranty": True}]
        )

        claim = self._claims(line)
        self.assertEqual((claim.partner_id, claim.line_ids.purchase_line_id), (self.supplier, purchase))
        self._answer(self._sent_claim(claim), credit_amount=90)
        self._refund(claim).action_post()
        self.assertEqual((claim.state, claim.amount_received), ("settled", 90))
        self.assertEqual(ticket.with_user(self.agent).claim_ids, claim)
        self._check()

    def test_at_the_customers_expense(self):
        """C7, C18, D2: out of warranty the parts stand on the quotation, and what was used is the customer's cost."""
        ticket, visit = self._broken_meter(900)
        self.assertEqual((ticket.warranty_state, ticket.is_chargeable), ("out", True))
        line = self._change_board(visit, "OLD-9")
        self.assertEqual(line.in_warranty, "out")
        cost = ticket.sudo().cost_ids.filtered(lambda one: one.source_model == "service.part.line")
        self.assertRecordValues(cost, [{"amount": 100, "bearer": "customer", "partner_id": self.customer.id}])
        parts = ticket.sudo()._prepare_fee_part_lines(visit)
        self.assertEqual(parts, [{"product_id": self.board.id, "quantity": 1, "in_warranty": False}])

    def test_postage(self):
        """C13, C21: the postage of a part that was sent is a cost, once."""
        ticket = self._make_ticket()
        request = self._approved((self.seal, 1), ticket_id=ticket.id, source="ship", postage_cost=8)
        if request._missing_postage():
            request.action_request_postage()
            request.with_user(self.leader).action_approve()
        self._issue(request)
        cost = ticket.sudo().cost_ids.filtered(lambda one: one.source_model == "service.part.request")
        self.assertRecordValues(cost, [{"amount": 8, "allocation": "manufacturing"}])
