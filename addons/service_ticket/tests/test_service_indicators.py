from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import ServiceCase


@tagged("post_install", "-at_install")
class TestServiceIndicators(ServiceCase):
    """C3, D8, E4: each figure agrees with tickets counted by hand, and says what it counts."""

    def _figure(self, code):
        indicator = self.env.ref(f"service_ticket.indicator_{code}")
        today = fields.Date.today()
        span = (indicator, today - timedelta(days=3), today + timedelta(days=3))
        [measure] = indicator._measure_spans([span])
        return measure.numerator, measure.denominator, measure.excluded

    def _closed(self, **vals):
        ticket = self._make_ticket(kind="consultation", **vals)
        ticket.with_user(self.agent).action_accept()
        ticket.with_user(self.agent).resolution = "Told"
        ticket.with_user(self.agent).action_resolve()
        ticket.with_user(self.agent).action_confirm()
        ticket.with_user(self.agent).action_close()
        return ticket

    def test_definitions(self):
        """C3: every one is defined, targeted and printed."""
        targets = {"service_timeliness": (90, "higher"), "service_complaint_rate": (3, "lower")}
        for code, (target, direction) in targets.items():
            indicator = self.env.ref(f"service_ticket.indicator_{code}")
            self.assertEqual((indicator.target, indicator.direction), (target, direction))
        own = self.env["quality.indicator"].search([("code", "=like", "service%")])
        self.assertGreaterEqual(len(own), 11, "other areas add theirs")
        for indicator in own:
            self.assertTrue(indicator.formula and indicator.numerator_text and indicator.exclusion_text)

    def test_timeliness(self):
        """C3, C4, C5: promises due in the span, kept and broken ones; cancelled ones count nowhere."""
        now = fields.Datetime.now()
        kept, late, cancelled = (
            self._make_ticket(received_at=now - timedelta(hours=hours)) for hours in (0.5, 5, 5)
        )
        cancelled.with_user(self.agent).action_cancel("Twice")
        kept.sudo()._answered(now - timedelta(minutes=1))
        late.sudo()._answered(now)
        self.assertEqual(self._figure("service_first_answer"), (1, 2, 0))
        overdue = self._make_ticket(received_at=now - timedelta(hours=30))
        self.assertEqual(self._clock(overdue, "onsite").state, "running")
        self.assertEqual(self._figure("service_onsite"), (0, 1, 0))
        numerator, denominator, _excluded = self._figure("service_timeliness")
        self.assertEqual((numerator, denominator), (1, 4))

    def test_shares(self):
        """C3, E4, D8: complaint rate, reopened, escalated, repeated."""
        self._closed()
        again = self._closed()
        again.with_user(self.agent).action_reopen("Asked again")
        self._analyse(again, "explanation", self.agent)
        for step in ("start", "resolve", "confirm", "close"):
            getattr(again.with_user(self.agent), f"action_{step}")()
        self.assertEqual(self._figure("service_reopened"), (1, 2, 0))
        self.assertEqual(self._figure("service_escalated"), (1, 2, 0))
        conduct = self._make_ticket(kind="conduct", conduct_employee_id=self.employee_a.id)
        self.assertEqual(self._figure("service_complaint_rate"), (0, 3, 0))
        conduct.sudo().conduct_finding = "substantiated"
        self.assertEqual(self._figure("service_complaint_rate"), (1, 3, 0))
        lot = self.env["stock.lot"].create({"name": "SN-1", "product_id": self.product.id})
        earlier = fields.Datetime.now() - timedelta(days=2)
        self._make_ticket(lot_id=lot.id, received_at=earlier)
        self.assertEqual(self._figure("service_repeat"), (0, 1, 0))
        self._make_ticket(lot_id=lot.id)
        self.assertEqual(self._figure("service_repeat"), (1, 2, 0))

    def test_first_time_fix(self):
        """E4: the first visit counts, whatever came after it."""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        self._finish(self._leave(self._plan_visit(ticket)), "unsolved")
        self._analyse(ticket)
        self._finish(self._leave(self._plan_visit(ticket)))
        other = self._to_analysis(self._make_ticket())
        self._analyse(other)
        self._finish(self._leave(self._plan_visit(other)))
        self.assertEqual(self._figure("service_first_time_fix"), (1, 2, 0))

    def test_cockpit(self):
        """F8: the panel counts what the lists show."""
        self._make_ticket()
        figures = self.env["quality.cockpit"].with_user(self.leader).get_figures()
        [panel] = [panel for panel in figures["panels"] if panel["key"] == "service"]
        for figure in panel["figures"]:
            found = self.env["service.ticket"].with_user(self.leader).search_count(figure["action"]["domain"])
            self.assertEqual(figure["value"], found, figure["label"])
        self.assertGreaterEqual(panel["figures"][0]["value"], 1)


@tagged("post_install", "-at_install")
class TestAssignment(ServiceCase):
    """C1, C16: who gets a new ticket."""

    def test_by_load(self):
        self.team.assignment = "load"
        tickets = self.env["service.ticket"].with_user(self.agent).create([self._ticket_vals() for _ in range(4)])
        self.assertEqual(len(tickets.filtered(lambda one: one.user_id == self.engineer_a)), 2)
        self.assertEqual(len(tickets.filtered(lambda one: one.user_id == self.engineer_b)), 2)
        self.assertEqual(self._make_ticket(user_id=self.leader.id).user_id, self.leader, "by hand stays possible")

    def test_leave_and_qualification(self):
        """Who is away or not qualified gets nothing; nobody able leaves it open."""
        self.team.assignment = "load"
        now = fields.Datetime.now()
        self.env["resource.calendar.leaves"].create(
            {"name": "Leave", "resource_id": self.employee_a.resource_id.id,
             "date_from": now - timedelta(hours=1), "date_to": now + timedelta(days=1)}
        )
        self.assertEqual(self._make_ticket().user_id, self.engineer_b)
        category = self.env["product.category"].create({"name": "Gas meters"})
        self.skill.service_categ_ids = self.env["product.category"].create({"name": "Others"})
        self.product.categ_id = category
        self.assertFalse(self._make_ticket().user_id)

    def test_nearest(self):
        """C4: the nearest to the site."""
        self.team.assignment = "nearest"
        self.engineer_a.partner_id.write({"partner_latitude": 39.9, "partner_longitude": 116.3})
        self.engineer_b.partner_id.write({"partner_latitude": 31.2, "partner_longitude": 120.7})
        self.assertEqual(self._make_ticket().user_id, self.engineer_b)
        self.assertEqual(self._make_ticket(partner_id=self.far_customer.id).user_id, self.engineer_a)


@tagged("post_install", "-at_install")
class TestImprovement(ServiceCase):
    """D8: what service hears goes to engineering, and is answered."""

    def test_way(self):
        engineering = self._quality_engineer()
        one = self.env["service.improvement"].with_user(self.engineer_a).create(
            {"name": "Bigger display", "note": "Nobody can read it", "product_id": self.product.id}
        )
        with self.assertRaises(UserError):
            one.write({"state": "adopted"})
        one.action_submit()
        self.assertIn(engineering, one.sudo().activity_ids.user_id)
        with self.assertRaises(AccessError):
            one.with_user(self.engineer_b).write({"answer": "Forged"})
        with self.assertRaisesRegex(UserError, "answer of engineering"):
            one.with_user(engineering).action_adopt()
        one.with_user(engineering).answer = "In the next version"
        with self.assertRaises(AccessError):
            one.action_adopt()
        one.with_user(engineering).action_adopt()
        self.assertEqual(one.state, "adopted")
        self.assertFalse(one.sudo().activity_ids)
        with self.assertRaises(UserError):
            one.unlink()

    def _quality_engineer(self):
        return self.engineer

    def test_outsiders(self):
        for user in (self.plain_user, self.portal_user):
            with self.assertRaises(AccessError):
                self.env["service.improvement"].with_user(user).create({"name": "x", "note": "y"})
