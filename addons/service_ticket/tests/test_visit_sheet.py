import base64

from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import PIXEL, ServiceCase
from .test_portal import PNG


@tagged("post_install", "-at_install")
class TestVisitSheet(ServiceCase):
    """C9, C10: the visit on a phone with a bad network."""

    def _planned(self):
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        return self._plan_visit(ticket).with_user(self.engineer_a)

    def _answer(self, visit, **values):
        return visit.save_sheet([{"line_id": visit.id, **values}])

    def test_the_way(self):
        """Ticked off, left, arrived, written, finished, signed, handed in; each request twice, each effect once."""
        visit = self._planned()
        with self.assertRaisesRegex(UserError, "Preparation"):
            visit.take_step("depart", "key-depart-1")
        self._answer(visit, checks={str(check.id): True for check in visit.check_ids})
        self.assertEqual(visit.check_ids.done_by_id, self.engineer_a)
        for _again in range(2):
            self.assertEqual(visit.take_step("depart", "key-depart-1")["state"], "departed")
        left = visit.departed_at
        for _again in range(2):
            self.assertEqual(visit.take_step("arrive", "key-arrive-1", place="31.2, 121.4")["state"], "on_site")
        self.assertEqual((visit.departed_at, visit.arrival_place), (left, "31.2, 121.4"))
        self.assertTrue(visit.get_sheet()["missing"])
        photo = {"uuid": "photo-1", "name": "a.png", "data": base64.b64encode(PNG).decode()}
        texts = dict.fromkeys(("listen", "look", "examine", "true_cause", "work_done", "departure_report"), "Text")
        for _again in range(2):
            result = self._answer(visit, **texts, result="solved", photos=[photo])
        self.assertFalse(result["errors"])
        self.assertEqual(len(visit.evidence_ids), 1)
        self.assertEqual(visit.take_step("finish", "key-finish-1")["state"], "done")
        with self.assertRaisesRegex(UserError, "signature"):
            visit.take_step("hand_in", "key-handin-1")
        visit.action_sign("Mr. Lin", PIXEL, {"evaluation_overall": "5"})
        for _again in range(2):
            self.assertTrue(visit.take_step("hand_in", "key-handin-1")["handed_in"])
        requests = visit.approval_ids.filtered(lambda row: row.state in ("waiting", "pending"))
        self.assertEqual(len(requests), 1)

    def test_wrong_values(self):
        """One clear message, nothing half-written."""
        visit = self._leave(self._planned())
        for wrong in ({"result": "great"}, {"listen": 5}, {"photos": "x"}, {"photos": [{"uuid": "u", "data": "!"}]}):
            result = self._answer(visit, look="kept?", **wrong)
            self.assertEqual(len(result["errors"]), 1, wrong)
            self.assertFalse(visit.look, wrong)
        for wrong in ("answers", [5]):
            with self.assertRaises(UserError):
                visit.save_sheet(wrong)
        for step, key in (("fly", "key-123456"), ("finish", "short"), ("finish", None)):
            with self.assertRaises(UserError):
                visit.take_step(step, key)

    def test_wrong_people(self):
        """Only the engineers of the visit; others of the team read it."""
        visit = self._planned()
        other = visit.with_user(self.engineer_b)
        self.assertFalse(other.get_sheet()["may_work"])
        for call in (lambda: self._answer(other, look="x"), lambda: other.take_step("depart", "key-depart-1")):
            with self.assertRaises(AccessError):
                call()
        for user in (self.plain_user, self.portal_user, self.foreign_agent):
            for method in ("get_sheet", "action_fill"):
                with self.assertRaises(AccessError):
                    getattr(visit.with_user(user), method)()
