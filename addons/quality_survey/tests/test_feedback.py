from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..models.quality_feedback import FACTS, FIGURES
from ..tools.scales import NotOnScale, to_hundred
from .common import SurveyCase


@tagged("post_install", "-at_install")
class TestFeedback(SurveyCase):
    """D10: one register of opinions, one scale, what was said stays as it was said."""

    def test_scales(self):
        """D10: every scale maps to 0–100; what is not on it is refused, not clamped."""
        for value, scale, score in (
            (1, "1-5", 0), ("4", "1-5", 75), (5, "1-5", 100), (0, "0-10", 0), (7, "0-10", 70), (1, "1-10", 0),
            (10, "1-10", 100), (55.5, "0-100", 55.5), (1, "1-3-5 smileys", 0), (3, "1-3-5 smileys", 50),
            (5, "1-3-5 smileys", 100), ("yes", "yes/no", 100), (False, "yes/no", 0), (3, "1-7", 33.33),
        ):
            self.assertAlmostEqual(to_hundred(value, scale)[0], score, 2, (value, scale))
        for value, scale in (
            (0, "1-5"), (6, "1-5"), (11, "0-10"), (-1, "0-10"), (2, "1-3-5 smileys"), ("maybe", "yes/no"),
            ("nan", "1-5"), ("inf", "0-100"), (None, "1-5"), ("x", "1-5"), (3, "5-1"), (3, "stars"), (3, ""),
        ):
            with self.assertRaises(NotOnScale, msg=f"{value} on {scale}"):
                to_hundred(value, scale)

    def test_context_is_frozen(self):
        """D10: team, engineer, product, region and class stay as they were when the opinion was given."""
        self.customer.state_id = self.env["res.country.state"].search([], limit=1)
        ticket = self._make_ticket()
        self._to_analysis(ticket)
        self._analyse(ticket)
        visit = self._plan_visit(ticket)
        row = self._opinion(visit_id=visit.id, partner_id=False)
        self.assertEqual(
            (row.team_id, row.engineer_id, row.product_id, row.partner_id, row.ticket_id),
            (self.team, self.employee_a, self.product, self.customer, ticket),
        )
        region = row.region
        self.assertTrue(region)
        ticket.team_id = self.env["service.team"].create({"name": "Another"})
        self.customer.state_id = False
        self.env.invalidate_all()
        self.assertEqual((row.team_id, row.region), (self.team, region))

    def test_collected_once(self):
        """D10: a source and channel give one opinion, in one batch or over many."""
        vals = {"channel": "market", "subject": "price", "source_model": "res.partner", "source_id": self.customer.id,
                "company_id": self.company.id, "nps": 9}
        rows = self.feedback.sudo()._collect([vals, dict(vals), {**vals, "channel": "acceptance"}])
        self.assertEqual(len(rows), 3)
        self.assertEqual(len(set(rows.ids)), 2)
        again = self.feedback.sudo()._collect([{**vals, "nps": 1}])
        self.assertEqual((again, again.nps), (rows[0], 9))

    def test_out_of_range(self):
        """D10: everything that is not on its scale is said at once, and nothing is filed."""
        before = self.feedback.search_count([])
        one = {"channel": "talk", "subject": "price", "company_id": self.company.id}
        with self.assertRaisesRegex(UserError, "6 is not on the scale 1-5.*\n.*11 is not on the scale 0-10"):
            self.feedback.sudo()._collect([
                {**one, "score": 3, "scale": "1-5"}, {**one, "score": 6, "scale": "1-5"}, {**one, "nps": 11},
            ])
        with self.assertRaisesRegex(UserError, "6.5"):
            self.feedback.sudo()._collect([{**one, "nps": 6.5}])
        self.assertEqual(self.feedback.search_count([]), before)

    def test_satisfied(self):
        """D15: satisfied from the company's limit, as it was when the opinion was given."""
        good, fair = self._opinion(score=4), self._opinion(score=3)
        self.assertEqual((good.is_satisfied, fair.is_satisfied, fair.has_score), (True, False, True))
        self.company.survey_satisfied_score = 50
        self.assertFalse(fair.is_satisfied, "what was measured stays")
        self.assertTrue(self._opinion(score=3).is_satisfied)
        self.assertFalse(self._opinion(score=None).has_score)

    def test_entered_by_hand(self):
        """D10: marketing enters talks, opinions of staff, trade bodies, competitors and needs."""
        for channel in ("talk", "staff", "trade_body", "register"):
            row = self._enter(channel=channel, subject="competitor", grade="2")
            self.assertEqual((row.score, row.original_score, row.original_scale, row.grade), (25, 2, "1-5", "2"))
        row = self._enter(subject="need", nps=9, original_score=8, original_scale="0-10")
        self.assertEqual((row.score, row.nps, row.has_nps), (80, 9, True))
        self.assertEqual(self._enter(original_score=0, original_scale="0-10").has_score, True)
        self.assertFalse(self._enter().has_score)
        for channel in ("survey", "rating", "complaint", "return_visit"):
            with self.assertRaisesRegex(UserError, "entered by hand"):
                self._enter(channel=channel)
        with self.assertRaisesRegex(UserError, "future"):
            self._enter(given_at=fields.Datetime.now() + timedelta(days=1))
        with self.assertRaisesRegex(UserError, "which scale"):
            self._enter(original_score=3)

    def test_figures_cannot_be_entered(self):
        """D10: the system calculates; whoever enters figures is refused."""
        for name, value in (
            ("score", 100), ("is_satisfied", True), ("has_score", True), ("is_anonymous", True), ("state", "done"),
            ("source_model", "res.partner"), ("is_final", False), ("follow_up_user_id", self.marketing.id),
            ("score_ids", [fields.Command.create({"dimension": "price", "score": 1})]), ("active", False),
        ):
            with self.assertRaises(AccessError, msg=name):
                self._enter(**{name: value})
        with self.assertRaises(AccessError):
            self._enter(is_historic=True)
        row = self._enter(self.satisfaction, is_historic=True, channel="survey", grade="1")
        self.assertEqual((row.is_historic, row.state), (True, "none"), "history is not followed up")
        row = self._enter()
        self.feedback.with_user(self.marketing).with_context(default_score=99, default_state="done").browse()
        row = self.feedback.with_user(self.marketing).with_context(
            default_score=99, default_is_satisfied=True, default_state="done"
        ).create({"channel": "talk", "comment": "x"})
        self.assertEqual((row.score, row.is_satisfied, row.state), (0, False, "none"))

    def test_never_changes(self):
        """D10: no group changes a figure or what was said, not even the system by the usual way; none is deleted."""
        row = self._enter(grade="4")
        values = {
            "comment": "Cheap", "score": 1.0, "nps": 9, "partner_id": self.far_customer.id, "region": "Elsewhere",
            "subject": "other", "channel": "staff", "given_at": "2020-01-01 00:00:00", "is_satisfied": False,
            "team_id": self.team.id, "company_id": self.other_company.id, "active": False, "is_final": False,
            "original_score": 5, "grade": "5", "is_anonymous": True, "external_ref": "X",
        }
        self.assertLessEqual(values.keys() - {"grade"}, FACTS | FIGURES)
        admin = self.env.ref("base.user_admin")
        for user in (self.marketing, self.satisfaction, admin):
            for name, value in values.items():
                with self.assertRaisesRegex(UserError, "stays as it was given|cannot be entered", ):
                    row.with_user(user).write({name: value})
        with self.assertRaisesRegex(UserError, "stays as it was given"):
            row.sudo().write({"score": 1.0})
        with self.assertRaises(UserError):
            row.with_user(self.leader).write({"comment": "x"})
        for user in (self.marketing, self.satisfaction, admin):
            with self.assertRaises(UserError):
                row.with_user(user).unlink()
        with self.assertRaisesRegex(UserError, "stays in the register"):
            row.sudo().unlink()
        with self.assertRaisesRegex(UserError, "duplicated"):
            row.with_user(self.marketing).copy()
        scored = self._opinion(scores=[{"dimension": "price", "score": 2, "scale": "1-5"}])
        with self.assertRaises(UserError):
            scored.score_ids.with_user(self.satisfaction).write({"score": 100})
        with self.assertRaisesRegex(UserError, "stays as it was given"):
            scored.score_ids.sudo().write({"score": 100})
        with self.assertRaisesRegex(UserError, "stays as it was given"):
            scored.score_ids.sudo().unlink()
        row.with_user(self.marketing).write({"comment": row.comment, "subject": "price"})  # a form sends it along

    def test_rights(self):
        """F12: other companies, employees without a role and portal users see nothing."""
        row = self._enter()
        for user in (self.plain_user, self.portal_user, self.engineer_a, self.agent):
            with self.assertRaises(AccessError):
                row.with_user(user).read(["score"])
            with self.assertRaises(AccessError):
                self.feedback.with_user(user).create({"channel": "talk", "comment": "x"})
        with self.assertRaises(AccessError):
            row.with_user(self.foreign_satisfaction).read(["score"])
        self.assertFalse(self.feedback.with_user(self.foreign_satisfaction).search([("id", "=", row.id)]))
        with self.assertRaises(AccessError):
            self._enter(company_id=self.other_company.id)
        with self.assertRaises(AccessError):
            self._enter(self.leader)
        self.assertTrue(row.with_user(self.inspector).comment)

    def test_import(self):
        """F9, D10: a file of opinions through Odoo's own import, one message per row, nothing doubled."""
        columns = ["external_ref", "channel", "subject", "comment", "original_score", "original_scale", "given_at"]
        data = [
            ["A1", "talk", "price", "Dear", "2", "1-5", "2026-01-02 10:00:00"],
            ["A2", "Own staff", "Competitors", "They are faster", "", "", "2026-01-03 10:00:00"],
        ]
        result = self.feedback.with_user(self.marketing).load(columns, data)
        self.assertFalse(result["messages"], result["messages"])
        rows = self.feedback.browse(result["ids"])
        self.assertEqual((rows[0].score, rows[1].channel, rows[1].subject), (25, "staff", "competitor"))
        for bad in (
            ["A3", "talk", "price", "x", "9", "1-5", "2026-01-02 10:00:00"],
            ["A3", "rating", "price", "x", "4", "1-5", "2026-01-02 10:00:00"],
            ["A1", "talk", "price", "x", "4", "1-5", "2026-01-02 10:00:00"],
        ):
            with self.cr.savepoint():
                result = self.feedback.with_user(self.marketing).load(columns, [bad])
            self.assertTrue(result["messages"], bad)
            self.assertFalse(result["ids"])
        result = self.feedback.with_user(self.marketing).load([".id", "score"], [[str(rows[0].id), "100"]])
        self.assertTrue(result["messages"])
        self.assertEqual(rows[0].score, 25)

    def test_erasure(self):
        """F12: a person is erased, the figures stay."""
        person = self.env["res.partner"].create({"name": "Qiao Lanying", "parent_id": self.customer.id})
        row = self._opinion(partner_id=person.id, comment="Qiao Lanying says it leaks", score=5)
        eraser = self.env.ref("base.user_admin")
        erasure = self.env["quality.erasure"].with_user(eraser).sudo(False)
        found = erasure._person(person)
        erasure._erase_texts(found)
        self.assertNotIn("Qiao", row.comment)
        self.assertEqual((row.score, row.has_score), (100, True))

    def test_register(self):
        """D10: the register in Excel."""
        self._opinion(comment="=1+1")
        file = self.feedback.with_user(self.marketing)._register_file([])
        self.assertTrue(file.read(2) == b"PK")

    def test_cost(self):
        """What it costs to file opinions does not grow by more than the rows themselves."""
        def cost(total):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self.feedback.sudo()._collect([
                {"channel": "market", "subject": "price", "score": 5, "scale": "1-5", "nps": 9, "comment": str(number),
                 "scores": [{"dimension": "quality", "score": 5, "scale": "1-5"}], "partner_id": self.customer.id,
                 "source_model": "x.test", "source_id": total * 1000 + number, "company_id": self.company.id}
                for number in range(total)
            ])
            self.env.flush_all()
            return self.cr.sql_log_count - before
        cost(1)
        few, many = cost(20), cost(200)
        self.assertLessEqual(many, few + 6)
