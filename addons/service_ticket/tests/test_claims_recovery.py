from datetime import timedelta
from io import BytesIO

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged
from odoo.tools import format_date
from openpyxl import load_workbook

from .claims_common import ClaimsCase


@tagged("post_install", "-at_install")
class TestClaimRecovery(ClaimsCase):
    """C15: what came back from each supplier; the letter; what it costs to find out."""

    def _settled(self, supplier, price, credit, **vals):
        product = self._part(f"Ring {price}", "none", 1)
        self._stock(product, 1)
        self._buy(product, supplier, price, 5, 5)
        claim = self._sent_claim(self._claims(self._old_parts((product, 1, None))))
        if credit is None:
            return claim
        reason = {} if credit == price else {"refusal_reason": "Misuse"}
        self._answer(claim, credit_amount=credit, **reason, **vals)
        if credit:
            self._refund(claim).action_post()
        self.assertEqual(claim.state, "settled")
        return claim

    def test_rate(self):
        """C15: rate of a supplier = received ÷ claimed of what was answered, of sums and not of rates."""
        for price, credit in ((100, 100), (300, 60), (40, 0)):
            self._settled(self.supplier, price, credit)
        self._settled(self.supplier, 1000, None)
        self._settled(self.other_supplier, 50, 50)
        rows = self.env["service.supplier.recovery"].with_user(self.finance)._read_group(
            [("company_id", "=", self.company.id)], ["partner_id"],
            ["claimed:sum", "accepted:sum", "received:sum", "refused:sum", "unanswered:sum", "rate:avg"],
        )
        found = {partner: figures for partner, *figures in rows}
        self.assertEqual(found[self.other_supplier], [50, 50, 50, 0, 0, 100])
        self.assertEqual(found[self.supplier][:5], [1440, 160, 160, 280, 1000])
        self.assertAlmostEqual(found[self.supplier][5], 100 * 160 / 440)
        pivot = self.env["service.supplier.recovery"].with_user(self.keeper).formatted_read_group(
            [("partner_id", "=", self.supplier.id)], [], ["rate:avg"]
        )
        self.assertAlmostEqual(pivot[0]["rate:avg"], 100 * 160 / 440)
        indicator = self.env["quality.indicator"].search(
            [("code", "=", "supplier_recovery"), ("company_id", "=", self.company.id)]
        )
        figures = indicator._figures_so_far()[0]
        self.assertEqual((figures["numerator"], figures["denominator"]), (210, 490))
        self.assertAlmostEqual(figures["value"], 100 * 210 / 490)
        self.assertEqual(self.supplier.with_user(self.agent).service_claim_count, 4)
        self.assertEqual(len(self.env["service.supplier.claim"].with_user(self.agent).search(
            self.supplier.with_user(self.agent).action_open_service_claims()["domain"])), 4)

    def test_currency(self):
        """C15: figures are in the company's currency at the rate of the claim, the credit note in the supplier's."""
        euro = self.env.ref("base.EUR")
        euro.active = True
        self.env["res.currency.rate"].create(
            {"currency_id": euro.id, "rate": 0.5, "company_id": self.company.id, "name": self.today}
        )
        self.supplier.with_company(self.company).property_purchase_currency_id = euro
        self._buy(self.seal, self.supplier, 30, 5, 5, currency_id=euro.id)
        claim = self._sent_claim(self._claims(self._old_parts((self.seal, 1, None))))
        self._answer(claim, credit_amount=30)
        refund = self._refund(claim)
        self.assertEqual((claim.amount_claimed, refund.currency_id, refund.amount_untaxed), (30, euro, 30))
        refund.action_post()
        row = self.env["service.supplier.recovery"].search([("claim_id", "=", claim.id)])
        self.assertEqual((row.claimed, row.received, row.rate), (60, 60, 100))

    def test_registers(self):
        """C15: both registers in Excel."""
        claim = self._settled(self.supplier, 100, 100)
        self.env.flush_all()  # a register is a request of its own
        for model, domain in (
            ("service.supplier.claim", [("id", "=", claim.id)]),
            ("service.supplier.recovery", [("claim_id", "=", claim.id)]),
        ):
            with self.env[model].with_user(self.finance)._register_file(domain) as file:
                sheet = load_workbook(BytesIO(file.read())).active
            text = " ".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row)
            self.assertIn(claim.name, text)
            self.assertIn("Boards Ltd.", text)

    def test_letter(self):
        """C15: the letter names parts, serials, faults, amounts in figures and words, and the day of the answer."""
        self._buy(self.board, self.supplier, 90, ["P-1"], 5)
        claim = self._claims(self._old_parts((self.board, 1, "P-1")))
        report = self.env["ir.actions.report"]
        name = "service_ticket.report_supplier_claim"
        with self.assertRaisesRegex(UserError, "once the claim is approved"):
            report.with_user(self.keeper)._render_qweb_html(name, claim.ids)
        with self.assertRaisesRegex(UserError, "once the claim is approved"):
            claim.action_send_letter()
        self._approved_claim(claim)
        html = report.with_user(self.keeper)._render_qweb_html(name, claim.ids)[0].decode()
        for text in ("P-1", "Control board", "Worn bearing", "90.00", "Ninety", claim.name,
                     claim.sudo().line_ids.purchase_id.name, format_date(self.env, claim._letter_due_on())):
            self.assertIn(text, html)

    def test_letter_in_the_suppliers_language(self):
        """C15: a Chinese supplier gets a Chinese letter with the amount in capitals, whoever prints it."""
        self.env["res.lang"]._activate_lang("zh_CN")
        self.supplier.lang = "zh_CN"
        self._buy(self.board, self.supplier, 90, ["P-1"], 5)
        claim = self._approved_claim(self._claims(self._old_parts((self.board, 1, "P-1"))))
        html = self.env["ir.actions.report"].with_user(self.keeper)._render_qweb_html(
            "service_ticket.report_supplier_claim", claim.ids
        )[0].decode()
        self.assertIn("玖拾", html)

    def test_mailed_letter(self):
        """C15: the letter is mailed to the supplier with its file, which stays with the claim."""
        self._buy(self.seal, self.supplier, 3, 10, 5)
        claim = self._approved_claim(self._claims(self._old_parts((self.seal, 1, None))))
        claim.action_send_letter()
        self.assertEqual((claim.letter_by, claim.state), ("mail", "approved"), "the parts are still here")
        mail = self.env["mail.mail"].search(
            [("model", "=", claim._name), ("res_id", "=", claim.id), ("email_to", "=", "claims@boards.example.com")]
        )
        self.assertEqual(len(mail.attachment_ids), 1)
        self.assertEqual(claim.sudo().message_attachment_count, 1)
        self.supplier.email = False
        with self.assertRaisesRegex(UserError, "no e-mail address"):
            claim.action_send_letter()

    def test_costs(self):
        """C15: labour and freight that the supplier bears are taken over from the ticket's costs, each once."""
        self._buy(self.seal, self.supplier, 3, 10, 5)
        claim = self._claims(self._old_parts((self.seal, 1, None)))
        if "service.cost" not in self.env:
            self.assertEqual(claim._claim_costs(claim.line_ids), {})
            self.assertEqual(claim.amount_labour, 0)
            claim.line_ids.labour_amount = 20
            self.assertEqual(claim.amount_claimed, 23)
            return
        types = {one.code: one for one in self.env["service.cost.type"].search([])}
        costs = (("labour", 50, "supplier"), ("transport", 8, "supplier"), ("labour", 9, "company"))
        for code, amount, bearer in costs:
            self.env["service.cost"].create(
                {
                    "name": code, "type_id": types[code].id, "ticket_id": claim.line_ids.ticket_id.id,
                    "unit_cost": amount, "bearer": bearer,
                }
            )
        claim.action_take_costs()
        self.assertEqual((claim.amount_labour, claim.amount_freight), (50, 8))
        claim.action_take_costs()
        self.assertEqual(claim.amount_labour, 50, "the same again changes nothing")

    # ------------------------------------------------------------------
    # Number of queries
    # ------------------------------------------------------------------

    def _loose_parts(self, total):
        """Return part lines with received old parts, as the store's work leaves them."""
        ticket = self._make_ticket()
        request = self.env["service.part.request"].create({"ticket_id": ticket.id, "engineer_id": self.employee_a.id})
        lots = self._stock(self.board, [f"Q-{ticket.id}-{number}" for number in range(total)], self.defective)
        return self.env["service.part.line"].sudo().create(
            [
                {
                    "request_id": request.id, "product_id": self.board.id, "returned_product_id": self.board.id,
                    "returned_lot_id": lot.id, "old_part_state": "received", "reason": "Worn",
                    "old_part_received_at": fields.Datetime.now() - timedelta(days=1),
                }
                for lot in lots
            ]
        )

    def test_queries(self):
        """C15: suppliers and warranties of ten times as many parts are found with as many queries."""
        self._buy(self.board, self.supplier, 90, ["P-1"], 5)
        counts, claiming = [], []
        self._claims(self._loose_parts(2))
        for total in (10, 100):
            parts = self._loose_parts(total)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(parts.with_user(self.keeper).mapped("supplier_id"), self.supplier)
            counts.append(self.cr.sql_log_count - before)
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            claims = self._claims(parts)
            self.env.flush_all()
            claiming.append(self.cr.sql_log_count - before)
            self.env.invalidate_all()
            self.assertEqual(len(claims.line_ids), total)
        self.assertLessEqual(counts[1], counts[0] + 3)
        self.assertLessEqual(claiming[1], claiming[0] + 10)
        views = self.env["service.supplier.claim"].with_user(self.keeper)
        fields_of_list = {name: {} for name in (
            "name", "partner_id", "user_id", "amount_claimed", "amount_accepted", "amount_received", "next_due_at",
            "deadline_color", "state",
        )}
        lists = []
        for total in (5, 50):
            found = views.create([{"partner_id": self.supplier.id}] * total)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            found.web_read(fields_of_list)
            lists.append(self.cr.sql_log_count - before)
        self.assertLessEqual(lists[1], lists[0] + 2)
