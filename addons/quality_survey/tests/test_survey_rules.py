from datetime import timedelta
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged

from ..models.quality_survey_invitation import QualitySurveyInvitation
from ..models.quality_survey_send import QualitySurveyInvitation as Sending
from .common import SurveyCase


@tagged("post_install", "-at_install")
class TestSurveyRules(SurveyCase):
    """E5: when to ask whom; never staff, never too often, exactly once."""

    def setUp(self):
        super().setUp()
        self.person = self._person("Qiao")
        self.ledger = self.env["quality.survey.invitation"]
        self.cron = self.env.ref("quality_survey.ir_cron_survey_invite")

    def _run(self, days=0, hours=0):
        moment = fields.Datetime.now() + timedelta(days=days, hours=hours, seconds=1)
        with freeze_time(moment), self.enter_registry_test_mode():
            self.cron.method_direct_trigger()
        self.env.invalidate_all()

    def _mails(self):
        return self.env["mail.mail"].sudo().search([("email_to", "ilike", "qiao@")])

    def _closed(self, **vals):
        ticket = self._to_analysis(self._make_ticket(partner_id=self.person.id, **vals))
        self._analyse(ticket, "remote")
        ticket.with_user(self.engineer_a).action_start()
        self._resolve(ticket)
        self._call_back(ticket)
        ticket.with_user(self.marketing).action_confirm()
        ticket.with_user(self.marketing).action_close()
        return ticket

    def test_ticket_closed(self):
        """E5: closed ticket → planned after the delay → one mail → one reminder → end."""
        rule = self._rule(event="ticket_closed", delay_hours=24, reminder_days=7, expiry_days=30)
        ticket = self._closed()
        row = self.ledger.search([("rule_id", "=", rule.id)])
        self.assertEqual((row.source_id, row.partner_id, row.ticket_id, row.state),
                         (ticket.id, self.person, ticket, "planned"))
        self._run()
        self.assertFalse(self._mails(), "not before the delay")
        self._run(hours=25)
        mail = self._mails()
        self.assertEqual((row.state, len(mail)), ("sent", 1))
        self.assertIn(f"/survey/invitation/{row.sudo().access_token}", mail.body_html)
        self.assertIn("/stop", mail.body_html)
        self.assertFalse(mail.model or mail.res_id, "the link hangs on no record")
        self._run(hours=26)
        self.assertEqual(len(self._mails()), 1)
        self._run(days=9)
        self.assertEqual((len(self._mails()), bool(row.reminded_at)), (2, True))
        self._run(days=12)
        self.assertEqual(len(self._mails()), 2, "one reminder")
        self._run(days=40)
        self.assertEqual((row.state, row.next_action_at, len(self._mails())), ("expired", False, 2))

    def test_visit_and_delivery(self):
        """E5: approved service reports and deliveries; teams and kinds narrow a rule down."""
        visits, deliveries = self._rule(event="visit_approved"), self._rule(event="delivery_done")
        other_team = self.env["service.team"].create({"name": "Other"})
        narrow = self._rule(event="visit_approved", team_ids=[fields.Command.link(other_team.id)])
        complaint = self._rule(event="visit_approved", ticket_kind="complaint")
        ticket = self._to_analysis(self._make_ticket(partner_id=self.person.id))
        self._analyse(ticket)
        visit = self._finish(self._leave(self._plan_visit(ticket)))
        self._approve(self._sign(visit))
        self.assertEqual(visits.invitation_ids.visit_id, visit)
        self.assertFalse((narrow | complaint).invitation_ids)
        warehouse = self.env["stock.warehouse"].search([("company_id", "=", self.company.id)], limit=1)
        goods = self.env["product.product"].create({"name": "Meter", "type": "consu"})
        picking = self.env["stock.picking"].create({
            "partner_id": self._person("Ren").id, "picking_type_id": warehouse.out_type_id.id,
            "location_id": warehouse.lot_stock_id.id,
            "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            "move_ids": [fields.Command.create({
                "product_id": goods.id, "product_uom_qty": 1, "quantity": 1, "picked": True,
                "location_id": warehouse.lot_stock_id.id,
                "location_dest_id": self.env.ref("stock.stock_location_customers").id,
            })],
        })
        picking.button_validate()
        self.assertEqual(picking.state, "done")
        self.assertEqual(deliveries.invitation_ids.source_id, picking.id)

    def test_never(self):
        """E5: never staff, the company, who opted out, without an address; each says why in the ledger."""
        rule = self._rule()
        opted, mute = self._person("Ren", survey_opt_out=True), self._person("Mute", email=False)
        employee = self.env["hr.employee"].create({"name": "Inside", "work_email": "inside@example.com"})
        asked = {
            self.agent.partner_id: "staff", self.company.partner_id: "staff", employee.work_contact_id: "staff",
            opted: "opt_out", mute: "no_address", self.person: False,
        }
        rows = rule._plan_partners(self.env["res.partner"].union(*asked), "x")
        self.assertEqual({row.partner_id: row.cancel_reason for row in rows}, asked)
        self._run()
        self.assertEqual(len(self.env["mail.mail"].sudo().search([("body_html", "ilike", "/survey/invitation/")])), 1)

    def test_fatigue(self):
        """E5: one invitation for each contact in so many days, over all rules and whatever address book entry."""
        first, second = self._rule(), self._rule("yearly")
        twin = self._person("Twin", email="QIAO@customer.example.com ")
        self.assertEqual(self._invite(self.person, first).state, "sent")
        for partner, rule in ((self.person, second), (twin, second)):
            row = self._invite(partner, rule, key=str(partner.id))
            self.assertEqual((row.state, row.cancel_reason), ("cancelled", "fatigue"))
        with freeze_time(fields.Datetime.now() + timedelta(days=91)):
            self.assertEqual(self._invite(self.person, second, key="later").state, "sent")
        self.company.survey_fatigue_days = 0
        self.assertEqual(self._invite(self.person, second, key="now").state, "sent")

    def test_fatigue_at_sending(self):
        """E5: two planned at the same time behind each other's back: one is sent."""
        rule, other = self._rule(), self._rule("yearly")
        one = self._invite(self.person, rule, send=False)
        with patch.object(QualitySurveyInvitation, "_is_tired", lambda *args: False):
            two = self._invite(self.person, other, send=False)
        self._run()
        self.assertEqual(sorted((one | two).mapped("state")), ["cancelled", "sent"])
        self.assertEqual(len(self._mails()), 1)

    def test_share(self):
        """E5: the share falls on the same records each time, and is about as large as asked for."""
        rule = self._rule(share=30)
        people = self.env["res.partner"].create(
            [{"name": str(n), "email": f"n{n}@c.example.com"} for n in range(400)]
        )
        drawn = people.filtered(lambda one: rule._drawn(one, "x"))
        self.assertEqual(drawn, people.filtered(lambda one: rule._drawn(one, "x")))
        self.assertTrue(80 <= len(drawn) <= 160, len(drawn))
        rule.share = 0
        self.assertFalse(people.filtered(lambda one: rule._drawn(one, "x")))
        rule.share = 100
        self.assertEqual(people.filtered(lambda one: rule._drawn(one, "x")), people)

    def test_once(self):
        """E5: an occasion is asked about once for each rule, in code and in the database."""
        rule = self._rule()
        row = self._invite(self.person, rule, send=False)
        self.assertFalse(self._invite(self.person, rule, send=False))
        self.assertEqual(self.ledger.search([("rule_id", "=", rule.id)]), row)

    def test_yearly(self):
        """E5: once a year everybody who was served; a missed day is made up for."""
        rule = self._rule("yearly", event="yearly", yearly_month="2", yearly_day=1)
        self._make_ticket(partner_id=self.person.id)
        year = fields.Date.today().year + 1
        job = self.env["quality.survey.rule"]
        with freeze_time(f"{year}-01-20 08:00:00"):
            rule.last_year = year - 1
            job._cron_yearly()
            self.assertFalse(rule.invitation_ids)
        with freeze_time(f"{year}-02-03 08:00:00"):
            job._cron_yearly()
            job._cron_yearly()
            self.assertIn(self.person, rule.invitation_ids.partner_id)
            self.assertEqual(len(rule.invitation_ids), len(rule.invitation_ids.partner_id))
            self.assertEqual(rule.last_year, year)

    def test_history_is_not_asked(self):
        """E5: imported history invites nobody; a rule that is switched off neither."""
        rule = self._rule(event="ticket_closed", active=False)
        self._closed()
        self.assertFalse(rule.invitation_ids)
        self.assertFalse(self.env.ref("quality_survey.rule_post_service").active, "shipped switched off")

    def test_crash(self):
        """E5: what fails leaves nothing behind and holds up nobody; what died in the middle is sent once."""
        rule = self._rule()
        good = self._invite(self.person, rule, send=False)
        bad = self._invite(self._person("Bad"), rule, send=False, key="bad")
        original = Sending._queue_mail

        def fail(rows, template):
            if bad in rows:
                raise ValueError("broken")
            return original(rows, template)

        with patch.object(Sending, "_queue_mail", fail), self.assertLogs(level="ERROR"):
            self._run()
        self.assertEqual((good.state, bad.state, len(self._mails())), ("sent", "planned", 1))
        self._run(hours=7)
        self.assertEqual((bad.state, len(self._mails())), ("sent", 1))

    def test_due_only(self):
        """E5: the job reads what is due, through its index; it costs the same in a ledger of any size."""
        self.env.cr.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'quality_survey_invitation_due_idx'")
        self.assertIn("WHERE (next_action_at IS NOT NULL)", self.env.cr.fetchone()[0])
        rule = self._rule(delay_hours=1000)
        counts = []
        for total in (10, 100):
            people = self.env["res.partner"].create(
                [{"name": str(n), "email": f"d{total}{n}@c.example.com"} for n in range(total)]
            )
            rule._plan_partners(people, "x")
            before = self.cr.sql_log_count
            self._run()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 3)

    def test_planning_in_batch(self):
        """E5: planning costs the same for ten and a hundred, but for the rows."""
        rule, counts = self._rule(), []
        for total in (10, 100):
            people = self.env["res.partner"].create(
                [{"name": str(n), "email": f"p{total}{n}@c.example.com"} for n in range(total)]
            )
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.assertEqual(len(rule._plan_partners(people, "x")), total)
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 4)

    def test_by_hand(self):
        """E5: marketing invites chosen contacts; a manager asks no more."""
        rule = self._rule()
        wizard = self.env["quality.survey.invite"].with_user(self.marketing).create(
            {"survey_id": rule.survey_id.id, "partner_ids": [fields.Command.link(self.person.id)]}
        )
        action = wizard.action_invite()
        row = self.ledger.search(action["domain"])
        self.assertEqual((row.partner_id, row.rule_id), (self.person, rule))
        market = self.env.ref("quality_survey.survey_market")
        wizard.survey_id = market
        self.assertEqual(self.ledger.search(wizard.action_invite()["domain"]).rule_id.survey_id, market)
        with self.assertRaises(AccessError):
            row.with_user(self.marketing).action_cancel()
        row.with_user(self.satisfaction).action_cancel()
        self.assertEqual((row.state, row.cancel_reason), ("cancelled", "by_hand"))
        with self.assertRaises(UserError):
            row.with_user(self.satisfaction).action_cancel()
        for user in (self.portal_user, self.plain_user, self.engineer_a):
            with self.assertRaises(AccessError):
                row.with_user(user).action_cancel()
            with self.assertRaises(AccessError):
                wizard.with_user(user).action_invite()
        with self.assertRaises(AccessError):
            row.with_user(self.foreign_satisfaction).action_cancel()

    def test_company_defaults(self):
        """F12: a further company gets the rules, switched as shipped."""
        self.other_company.with_user(self.env.ref("base.user_admin")).action_quality_setup()
        rules = self.env["quality.survey.rule"].with_context(active_test=False)
        found = rules.search([("company_id", "=", self.other_company.id)])
        self.assertEqual(len(found.filtered(lambda rule: not rule.active)), 2)
        self.assertEqual(len(found.filtered("active")), 1)
