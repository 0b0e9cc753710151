from datetime import date, timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .approval_common import ApprovalCase

QUIET = ("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule", "odoo.models.unlink")
ACTIVITY = "quality_incident.mail_activity_quality_approval"


@tagged("post_install", "-at_install")
class TestApprovalSubstitute(ApprovalCase):
    """F3: a substitute with a date range decides, and both names are kept."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Substitute = cls.env["quality.approval.substitute"]
        cls.today = fields.Date.today()
        cls.rule = cls._rule(approver_type="user", group_id=False, user_id=cls.alice.id)

    def _appoint(self, absent=None, substitute=None, first=0, last=7, user=None):
        absent, substitute = absent or self.alice, substitute or self.carol
        return self.Substitute.with_user(user or absent).create({
            "user_id": absent.id, "substitute_id": substitute.id,
            "date_from": self.today + timedelta(days=first), "date_to": self.today + timedelta(days=last),
        })

    # ------------------------------------------------------------------
    # Deciding for somebody
    # ------------------------------------------------------------------

    def test_substitute_decides_and_both_names_stay(self):
        """F3: the substitute decides in place of the absent person; the row and the note name both."""
        row = self._ask()
        with self._refused("not an approver"):
            row.with_user(self.carol).action_approve()
        self._appoint()
        self.env.invalidate_all()
        self.assertTrue(row.with_user(self.carol).can_decide)
        row.with_user(self.carol).action_approve("For Alice")
        self.assertRecordValues(
            row, [{"state": "approved", "decided_by_id": self.carol.id, "on_behalf_of_id": self.alice.id}],
        )
        self.assertIn("approved by Carol on behalf of Alice", "".join(self.document.message_ids.mapped("body")))
        self.assertFalse(row.four_eyes_relaxed)

    def test_dates_are_inclusive_and_local(self):
        """F3: from the first to the last day where the absent person lives, both included."""
        self.alice.tz = "Asia/Shanghai"
        self.Substitute.create({
            "user_id": self.alice.id, "substitute_id": self.carol.id, "date_from": date(2026, 3, 10),
            "date_to": date(2026, 3, 11),
        })
        for moment, expected in [
            ("2026-03-09 15:59:00", False), ("2026-03-09 16:01:00", True),  # midnight in Shanghai is 16:00 UTC
            ("2026-03-11 15:59:00", True), ("2026-03-11 16:01:00", False),
        ]:
            with freeze_time(moment):
                self.assertEqual(self.Substitute._absent_for(self.carol) == self.alice, expected, moment)
                self.assertEqual(self.Substitute._substitutes_of(self.alice) == self.carol, expected, moment)

    def test_before_and_after_the_absence(self):
        """F3: outside the dates the substitute is nobody."""
        row = self._ask()
        for first, last in ((3, 9), (-9, -3)):
            appointment = self._appoint(first=first, last=last)
            with self._refused("not an approver"):
                row.with_user(self.carol).action_approve()
            appointment.unlink()
        self._appoint(first=-1, last=1)
        row.with_user(self.carol).action_approve()

    def test_absent_may_still_decide(self):
        """F3: an appointment adds somebody, it takes nothing away."""
        row = self._ask()
        self._appoint()
        row.with_user(self.alice).action_approve()
        self.assertFalse(row.on_behalf_of_id)

    def test_both_must_be_eligible(self):
        """F3: four-eyes holds for the substitute and for the absent person alike."""
        self.rule.active = False
        self._rule()
        self._rule(name="Second step", sequence=20, group_id=self.first_group.id)
        first, second = self._ask()
        self._appoint(substitute=self.requester)
        with self._refused("nobody approves their own request"):
            first.with_user(self.requester).action_approve()
        self._appoint(self.bob, self.carol)
        first.with_user(self.carol).action_approve()
        self.assertEqual(first.on_behalf_of_id, self.bob)
        for user in (self.bob, self.carol):
            with self._refused("has decided another step"):
                second.with_user(user).action_approve()
        second.with_user(self.alice).action_approve()

    def test_absent_author_cannot_be_represented(self):
        """F3: who cannot approve cannot send somebody to do it."""
        self.first_group.user_ids |= self.author
        self.rule.active = False
        self._rule()
        row = self._ask()
        self._appoint(self.author, self.carol)
        with self._refused("is an author"):
            row.with_user(self.carol).action_approve()
        self.env.invalidate_all()
        self.assertFalse(row.with_user(self.carol).can_decide)

    def test_archived_absent_person(self):
        """F3: for somebody who has left the firm nobody decides."""
        row = self._ask()
        self._appoint()
        self.alice.active = False
        with self._refused("not an approver"):
            row.with_user(self.carol).action_approve()

    def test_tasks_of_substitutes(self):
        """F3: flows do not freeze: the substitute gets the task, and loses it when the absence ends."""
        row = self._ask()
        self.assertEqual(row.activity_ids.user_id, self.alice)
        appointment = self._appoint()
        self.assertEqual(row.activity_ids.user_id, self.alice | self.carol)
        appointment.with_user(self.alice).date_to = self.today
        self.assertEqual(row.activity_ids.user_id, self.alice | self.carol)
        with freeze_time(fields.Datetime.now() + timedelta(days=2)):
            self.env["quality.approval.substitute"]._cron_sync_notices()
            self.assertEqual(row.activity_ids.user_id, self.alice)
        later = self._appoint(first=4, last=6)
        with freeze_time(fields.Datetime.now() + timedelta(days=5)):
            self.env["quality.approval.substitute"]._cron_sync_notices()
            self.env["quality.approval.substitute"]._cron_sync_notices()
            self.assertEqual(row.activity_ids.user_id, self.alice | self.carol)
            later.unlink()
            self.assertEqual(row.activity_ids.user_id, self.alice)

    # ------------------------------------------------------------------
    # Appointing
    # ------------------------------------------------------------------

    @mute_logger(*QUIET)
    def test_only_for_oneself(self):
        """F3: everybody appoints for themselves only; taking over somebody's decisions is refused."""
        vals = {"date_from": self.today, "date_to": self.today}
        for user in (self.carol, self.plain_user, self.requester):
            for substitute in (user, self.dave):
                with self.assertRaises(AccessError):
                    self.Substitute.with_user(user).create(
                        {**vals, "user_id": self.chief.id, "substitute_id": substitute.id},
                    )
        mine = self._appoint(self.carol, self.dave)
        with self.assertRaises(AccessError):
            mine.with_user(self.carol).write({"user_id": self.chief.id, "substitute_id": self.carol.id})
        with self.assertRaises(AccessError):
            mine.with_user(self.carol).user_id = self.chief
        theirs = self._appoint(self.chief, self.dave)
        for user in (self.carol, self.dave, self.portal_user):
            with self.assertRaises(AccessError):
                theirs.with_user(user).write({"substitute_id": user.id})
            with self.assertRaises(AccessError):
                theirs.with_user(user).unlink()
        self.assertEqual(self.Substitute.with_user(self.dave).search([("id", "in", theirs.ids)]), theirs)
        self.assertFalse(self.Substitute.with_user(self.plain_user).search([("id", "in", theirs.ids)]))

    @mute_logger(*QUIET)
    def test_manager_appoints_for_all_but_not_himself(self):
        """F3: the quality manager appoints for everybody of the company, but never themselves for others."""
        self._appoint(self.chief, self.dave, user=self.manager)
        with self._refused("Nobody can appoint themselves", AccessError):
            self._appoint(self.alice, self.manager, user=self.manager)
        theirs = self._appoint(self.alice, self.bob, user=self.manager)
        with self._refused("Nobody can appoint themselves", AccessError):
            theirs.with_user(self.manager).substitute_id = self.manager
        with self.assertRaises(UserError):
            self._appoint(self.alice, self.carol, user=self.foreign_manager)

    def test_who_can_be_a_substitute(self):
        """F3: an active internal colleague, and not oneself."""
        self.dave.active = False
        for substitute, message in (
            (self.alice, "themselves"), (self.portal_user, "not an active internal user"),
            (self.dave, "not an active internal user"),
            (self.outsider, "no common company"),
        ):
            with self._refused(message, ValidationError):
                self._appoint(substitute=substitute)
        with mute_logger("odoo.sql_db"), self._refused("dates_ordered", IntegrityError):
            self._appoint(first=5, last=1)

    def test_no_chains(self):
        """F3: a substitute of a substitute would hide who decides; refused in both directions, and after changes."""
        self._appoint(self.alice, self.carol, first=0, last=5)
        with self._refused("cannot pass a decision on"):
            self._appoint(self.carol, self.dave, first=5, last=9)
        with self._refused("cannot pass a decision on"):
            self._appoint(self.bob, self.alice, first=2, last=3)
        later = self._appoint(self.carol, self.dave, first=6, last=9)
        with self._refused("cannot pass a decision on"):
            later.date_from = self.today
        with self._refused("already"):
            self._appoint(self.alice, self.bob, first=4, last=9)
        row = self._ask()
        with self._refused("not an approver"):
            row.with_user(self.dave).action_approve()

    def test_used_appointment_stays(self):
        """F3: what a substitute decided on stays appointed; the absence can end, its past cannot be rewritten."""
        row = self._ask()
        appointment = self._appoint(first=-1)
        row.with_user(self.carol).action_approve()
        with self._refused("has decided for Alice"):
            appointment.unlink()
        with self._refused("has decided for Alice"):
            appointment.substitute_id = self.dave
        appointment.date_to = self.today
        self.assertEqual(row.on_behalf_of_id, self.alice)
