from odoo import fields
from odoo.addons.quality_survey.tests.common_visits import VisitsCase
from odoo.addons.service_ticket.tests.common import PIXEL
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError


@tagged("post_install", "-at_install")
class TestAcceptance(VisitsCase):
    """D14: the acceptance form from the delivery or the installation to the signature and what follows."""

    def _delivery(self, quantity=2):
        """Return a finished delivery of serial-numbered products to the customer."""
        product = self.env["product.product"].create(
            {"name": "Pump", "is_storable": True, "tracking": "serial"}
        )
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        lots = self.env["stock.lot"].create(
            [{"name": f"P-{number}", "product_id": product.id} for number in range(quantity)]
        )
        for lot in lots:
            self.env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, 1, lot_id=lot)
        picking = self.env["stock.picking"].create(
            {
                "picking_type_id": warehouse.out_type_id.id,
                "partner_id": self.customer.id,
                "location_id": warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                "move_ids": [
                    Command.create(
                        {
                            "product_id": product.id, "product_uom_qty": quantity, "product_uom": product.uom_id.id,
                            "location_id": warehouse.lot_stock_id.id,
                            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
                        }
                    )
                ],
            }
        )
        picking.action_confirm()
        picking.action_assign()
        picking.move_ids.picked = True
        picking._action_done()
        return picking, product

    def test_from_a_delivery(self):
        """D14: drawn up from a finished delivery with customer, products and serial numbers; once."""
        picking, product = self._delivery()
        user = self.agent
        user.group_ids |= self.env.ref("stock.group_stock_user")
        action = picking.with_user(user).action_acceptance_form()
        form = self.env["quality.acceptance.form"].browse(action["res_id"])
        self.assertEqual((form.partner_id, form.picking_id, form.state), (self.customer, picking, "draft"))
        self.assertEqual((form.line_ids.product_id, form.line_ids.quantity), (product, 2))
        self.assertEqual(set(form.line_ids.serials.split(", ")), {"P-0", "P-1"})
        self.assertEqual(len(form.check_ids), 5)
        self.assertEqual(picking.with_user(user).action_acceptance_form()["res_id"], form.id)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            self.env["quality.acceptance.form"].create({"partner_id": self.customer.id, "picking_id": picking.id})
        form.with_user(user).action_cancel("Wrong customer")
        again = picking.with_user(user).action_acceptance_form()["res_id"]
        self.assertNotEqual(again, form.id)
        with self.assertRaises(AccessError):
            picking.with_user(self.plain_user).action_acceptance_form()

    def test_not_a_delivery(self):
        """D14: what is not delivered yet has no form."""
        picking, _product = self._delivery()
        copy = picking.copy()
        self.agent.group_ids |= self.env.ref("stock.group_stock_user")
        self.assertFalse(copy.acceptance_wanted)
        with self.assertRaisesRegex(UserError, "finished delivery"):
            copy.with_user(self.agent).action_acceptance_form()

    def test_with_every_delivery(self):
        """D14: by itself with deliveries of sales orders, and with nothing else."""
        self.company.survey_acceptance_auto = "delivery"
        self._delivery()
        self.assertFalse(self.env["quality.acceptance.form"].search([("picking_id", "!=", False)]), "no sales order")
        product = self.env["product.product"].create({"name": "Hose", "type": "consu"})
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id,
             "order_line": [Command.create({"product_id": product.id, "product_uom_qty": 3})]}
        )
        order.action_confirm()
        order.picking_ids.move_ids.quantity = 3
        order.picking_ids.move_ids.picked = True
        order.picking_ids._action_done()
        form = order.picking_ids.acceptance_form_ids
        self.assertEqual((form.line_ids.product_id, form.line_ids.quantity), (product, 3))

    def test_with_every_installation(self):
        """D14: by itself when an installation is planned, once; not with a repair."""
        ticket = self._make_ticket(kind="installation")
        self._to_analysis(ticket)
        self._analyse(ticket)
        self._plan_visit(ticket)
        form = ticket.acceptance_form_ids
        self.assertEqual((len(form), form.line_ids.product_id, form.ticket_id), (1, self.product, ticket))
        self.assertEqual(ticket.with_user(self.engineer_a).action_acceptance_form()["res_id"], form.id)
        repair = self._to_analysis(self._make_ticket())
        with self.assertRaisesRegex(UserError, "goes with an installation"):
            repair.with_user(self.agent).action_acceptance_form()

    def test_points_by_category(self):
        """D14: what is checked follows the category of the product."""
        category = self.env["product.category"].create({"name": "Pumps"})
        self.env["quality.acceptance.item"].with_user(self.satisfaction).create(
            {"name": "Direction of rotation", "categ_ids": [Command.set(category.ids)], "sequence": 99}
        )
        self.assertNotIn("Direction of rotation", self._make_form().check_ids.mapped("name"))
        self.product.categ_id = self.env["product.category"].create({"name": "Small", "parent_id": category.id})
        self.assertIn("Direction of rotation", self._make_form().check_ids.mapped("name"))

    def test_signed_on_the_device(self):
        """D14: handed over, judged, signed on the device, sealed; opinions counted as feedback."""
        form = self._make_form()
        with self.assertRaisesRegex(UserError, "cannot go from|no longer"):
            form.action_sign("Mr. Lin", PIXEL)
        form.action_send()
        self.assertTrue(form.sudo().access_token)
        self.assertEqual(form.activity_ids.user_id, self.agent)
        with self.assertRaisesRegex(UserError, "(?s)Judgement of"):
            form.action_open_signature()
        with self.assertRaisesRegex(UserError, "(?s)Judgement of.*"):
            form.action_sign("Mr. Lin", PIXEL)
        self._judge(form)
        with self.assertRaisesRegex(UserError, "needs the name"):
            form.action_sign("Mr. Lin", False)
        self.assertFalse(form.signed_at)
        wizard = self.env["quality.acceptance.sign"].with_user(self.agent).create(
            {"form_id": form.id, "opinion_quality": "5", "opinion_service": "3", "recommend": "0",
             "comment": "Well done", "signed_by": "Mr. Lin", "signature": PIXEL}
        )
        wizard.action_confirm()
        self.assertEqual((form.state, form.signed_by, form.signed_through), ("signed", "Mr. Lin", "device"))
        self.assertEqual(form.seal_validity, "valid")
        feedback = form.sudo().feedback_id
        self.assertEqual(
            (feedback.channel, feedback.score, feedback.has_nps, feedback.nps), ("acceptance", 75, True, 0)
        )
        self.assertEqual(
            {one.dimension: one.score for one in feedback.score_ids}, {"quality": 100.0, "service": 50.0}
        )
        self.assertEqual((feedback.comment, feedback.product_id, feedback.region), ("Well done", self.product, "East"))
        with self.assertRaisesRegex(UserError, "signed already"):
            form.action_sign("Mr. Lin", PIXEL)

    def test_seal(self):
        """D14: whatever is changed after the signature shows: an opinion, a judgement, a serial number."""
        form = self._judge(self._make_form())
        form.action_send()
        form.action_sign("Mr. Lin", PIXEL, "paper")
        for vals in ({"opinion_quality": "5"}, {"comment": "More"}):
            with self.assertRaisesRegex(UserError, "no longer be changed"):
                form.write(vals)
        for line in (form.check_ids[0], form.line_ids[0]):
            with self.assertRaisesRegex(UserError, "no longer be changed"):
                line.write({"sequence": 7})
        changes = [
            ("quality_acceptance_form", "comment", "'Paid'", form.id),
            ("quality_acceptance_form_check", "result", "'rejected'", form.check_ids[0].id),
            ("quality_acceptance_form_line", "serials", "'SN-9'", form.line_ids[0].id),
        ]
        for table, column, value, res_id in changes:
            with self.subTest(table=table), self.cr.savepoint() as savepoint:
                self.cr.execute(f"UPDATE {table} SET {column} = {value} WHERE id = %s", (res_id,))
                self.env.invalidate_all()
                self.assertEqual(form.seal_validity, "changed")
                savepoint.rollback()
            self.env.invalidate_all()
            self.assertEqual(form.seal_validity, "valid")

    def test_refused(self):
        """D14: refused with the reason; a ticket in one click; presented again after the defects are settled."""
        form = self._make_form()
        form.action_send()
        token = form.sudo().access_token
        with self.assertRaisesRegex(UserError, "use the Refused button"):
            form.write({"state": "refused"})
        self.assertEqual(form.action_refuse()["res_model"], "quality.reason")
        form.action_refuse("The pump leaks")
        self.assertEqual((form.state, form.refusal_reason), ("refused", "The pump leaks"))
        ticket = self.env["service.ticket"].browse(form.action_make_ticket()["res_id"])
        self.assertEqual((ticket.kind, ticket.partner_id), ("complaint", self.customer))
        self.assertIn("The pump leaks", ticket.description)
        self.assertEqual(form.action_make_ticket()["res_id"], ticket.id)
        form.action_withdraw()
        self.assertEqual((form.state, form.refusal_reason), ("draft", False))
        form.action_send()
        self.assertNotEqual(form.sudo().access_token, token, "the old link is dead")
        self.assertFalse(self.env["quality.feedback"].search([("source_model", "=", form._name)]))

    def test_accepted_with_defects(self):
        """D14: signed with points not accepted, each with a remark; they become a ticket; all accepted does not."""
        form = self._make_form()
        form.action_send()
        self._judge(form)
        form.check_ids[0].result = "rejected"
        with self.assertRaisesRegex(UserError, "what is not accepted"):
            form.action_sign("Mr. Lin", PIXEL)
        form.check_ids[0].remark = "Box is missing"
        form.action_sign("Mr. Lin", PIXEL)
        ticket = self.env["service.ticket"].browse(form.action_make_ticket()["res_id"])
        self.assertIn("Box is missing", ticket.description)
        self.assertEqual(ticket.kind, "repair")
        fine = self._judge(self._make_form())
        fine.action_send()
        fine.action_sign("Mr. Lin", PIXEL)
        with self.assertRaisesRegex(UserError, "everything was accepted"):
            fine.action_make_ticket()
        self.assertFalse(fine.sudo().feedback_id, "no opinion, no feedback")

    def test_nothing_from_outside(self):
        """D14: signature, refusal and state are not entered; what is checked is fixed once it is sent."""
        form = self._judge(self._make_form())
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            form.opinion_quality = "5"
        form.action_send()
        for vals in ({"signed_at": fields.Datetime.now()}, {"signature": PIXEL}, {"defect_ticket_id": 1}):
            with self.assertRaisesRegex(AccessError, "set by the system"):
                form.write(vals)
        with self.assertRaisesRegex(UserError, "use the Sign button"):
            form.write({"state": "signed"})
        with self.assertRaisesRegex(UserError, "fixed when the form is sent"):
            form.check_ids[0].name = "Something else"
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            form.partner_id = self.far_customer
        with self.assertRaisesRegex(UserError, "device or on paper"):
            form.action_sign("Mr. Lin", PIXEL, "portal")
        with self.assertRaisesRegex(UserError, "not a picture"):
            form.action_sign("Mr. Lin", "PHNjcmlwdC8+")
        with self.assertRaisesRegex(UserError, "stays in the register"):
            form.sudo().unlink()

    def test_who_sees(self):
        """D14: engineers see the forms they take along, the desk and quality all, others none."""
        form = self._make_form(user_id=self.engineer_a.id)
        forms = self.env["quality.acceptance.form"]
        self.assertIn(form, forms.with_user(self.engineer_a).search([]))
        self.assertNotIn(form, forms.with_user(self.engineer_b).search([]))
        self.assertIn(form, forms.with_user(self.inspector).search([]))
        self.assertFalse(forms.with_user(self.foreign_agent).search([]))
        for user in (self.portal_user, self.plain_user):
            with self.assertRaises(AccessError):
                forms.with_user(user).search([])

    def test_paper_and_register(self):
        """D14: printed before and after the signature; the register counts the opinions."""
        form = self._judge(self._make_form())
        action = self.env.ref("quality_survey.action_report_acceptance_form")
        html = action._render_qweb_html(action, form.ids)[0].decode()
        self.assertIn("SN-1, SN-2", html)
        self.assertIn("☐", html)
        form.action_send()
        form.sudo()._fill_in({one.id: ("accepted", "") for one in form.check_ids}, {"opinion_quality": "4"})
        form.action_sign("Mr. Lin", PIXEL)
        html = action._render_qweb_html(action, form.ids)[0].decode()
        self.assertIn("data:image/png", html)
        self.assertIn("4: Good", html)
        columns = {column.header: column for column in form._register_columns()}
        self.assertEqual(form._register_value(form, columns["Quality of the product"]), 4)
        self.assertEqual(form._register_value(form, columns["Points accepted"]), 5)
        with form._register_file([]) as book:
            self.assertGreater(len(book.read()), 3000)

    def test_queries(self):
        """D14: lists read ten times as many forms with as many queries."""
        counts = []
        for total in (3, 30):
            forms = self.env["quality.acceptance.form"].create(
                [{"partner_id": self.customer.id, "line_ids": [Command.create({"product_id": self.product.id})]}
                 for _number in range(total)]
            ).with_user(self.agent)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            forms.web_read({name: {} for name in ("name", "partner_id", "state", "has_defects", "seal_validity")})
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 2)
