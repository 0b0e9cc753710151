from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.tests import HttpCase, new_test_user, tagged

from .inspection_common import InspectionCase

DESK = "1366x768"
PHONE = "375x667"


@tagged("post_install", "-at_install")
class TestTourWeek(InspectionCase, HttpCase):
    """A week of a real site, each in the browser they have (A1, A2, B1, B2, B3, B5, F5, F8)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        boss = cls.env["res.partner"].create({"name": "Boss Li", "parent_id": cls.contractor.id})
        cls.party = new_test_user(cls.env, "t_party", "base.group_portal", name="Boss Li", partner_id=boss.id)

    def _session(self, name, user, path, size=DESK):
        self.browser_size, self.touch_enabled = size, size == PHONE
        self.start_tour(path, f"quality_week_{name}", login=user.login, timeout=120)
        self.env.invalidate_all()

    def test_a_week(self):
        plan = self.plan
        plan.write({"department_id": False, "partner_id": self.contractor.id})
        self.env["quality.inspection.plan"].search([("id", "!=", plan.id)]).active = False
        self.env["quality.inspection.plan"]._cron_schedule()
        inspection = plan.inspection_ids.with_user(self.inspector)
        self.assertEqual((inspection.state, inspection.inspector_id), ("planned", self.inspector), "B1")

        self._session("inspect", self.inspector, f"/odoo/quality-inspections/{inspection.id}", PHONE)
        self.assertEqual(inspection.state, "done", "B3")
        notice = inspection.rectification_ids
        self.assertEqual((notice.state, notice.recipient_partner_id), ("issued", self.contractor), "A1")
        self.assertTrue(notice.line_ids.before_ids)

        page = f"/my/rectifications/{notice.id}"
        form = f"/odoo/quality-rectifications/{notice.id}"
        self._session("plan", self.party, page, PHONE)
        self.assertEqual((notice.ack_channel, notice.waiting_for), ("portal", "approvers"), "F5")
        self._session("approve", self.inspector, form)
        self.assertEqual(notice.state, "approved", "A2")
        self._session("work", self.party, page, PHONE)
        self.assertEqual((notice.state, notice.line_ids.done_by_id), ("recheck", self.party))
        self._session("fail", self.inspector, form)
        self.assertEqual((notice.state, notice.round, notice.line_ids.state), ("executing", 2, "open"), "B3")
        self._session("work", self.party, page, PHONE)
        self._session("pass", self.inspector, form)
        self.assertEqual((notice.state, notice.recheck_ids.mapped("result")), ("closed", ["fail", "pass"]))
        self.assertEqual(inspection.line_ids[0].followup, "passed", "bound to the point")

        self._end_the_week()
        bulletin = self.env["quality.bulletin"].search([("company_id", "=", self.company.id)], limit=1)
        self._session("bulletin", self.inspector, f"/odoo/quality-bulletins/{bulletin.id}")
        self.assertEqual(bulletin.state, "published", "B2")
        line = bulletin.line_ids.filtered(lambda line: line.partner_id == self.contractor)
        self.assertEqual((line.findings_count, line.closed_count, line.first_passed, line.first_checked), (1, 1, 0, 1))
        value = self.env["quality.indicator.value"].search(
            [("code", "=", "first_pass_yield"), ("company_id", "=", self.company.id), ("is_current", "=", True)],
            order="date_to DESC", limit=1,
        )
        self.assertEqual((value.numerator, value.denominator), (0, 1), "B5")
        self._session("cockpit", self.chief, "/odoo/quality-cockpit")

        self._session("effect", self.engineer, form)
        self.assertEqual((notice.effect_result, notice.state), ("effective", "closed"))

    def _end_the_week(self):
        """Let the week and the month end: what the scheduler does then."""
        first = fields.Date.today().replace(day=28) + timedelta(days=12)
        indicators = self.env["quality.indicator"].search([("code", "=", "first_pass_yield")])
        indicators.write({"start_date": fields.Date.today().replace(day=1)})
        with freeze_time(fields.Datetime.now() + timedelta(days=7)):
            self.env["quality.bulletin"]._cron_draft()
        with freeze_time(f"{first} 03:00:00"):
            self.env["quality.indicator.value"]._take_missing(indicators)
        self.env.flush_all()
