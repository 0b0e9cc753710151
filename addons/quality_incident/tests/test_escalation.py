from datetime import timedelta

from odoo import Command
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged

from .deadline_common import MONDAY, DeadlineCase


@tagged("post_install", "-at_install")
class TestEscalation(DeadlineCase):
    """F2: every promise is warned, due, breached and escalated up the ladder, exactly once each."""

    def _log(self, deadline):
        return [(log.level, log.user_ids) for log in deadline.escalation_ids.sorted(lambda log: (log.level, log.id))]

    # ------------------------------------------------------------------
    # The ladder
    # ------------------------------------------------------------------

    def test_up_the_ladder(self):
        """F2: at each moment the right person is told, once, and the row says how far it has come."""
        department = self._department(self.chief)
        self._rule("percent", 75, level=1, channel="activity")
        self._rule(level=2)
        self._rule(level=3, target="manager")
        self._rule("after", 24 * 60, level=4, target="group",
                   group_id=self.env.ref("quality_incident.group_quality_manager").id)
        deadline = self._promise(hours=8, department=department)
        self.assertEqual(deadline.next_check_at, MONDAY + timedelta(hours=6))

        self._run_job(hours=5)
        self.assertFalse(deadline.escalation_ids)

        self._run_job(hours=6)
        self.assertEqual(self._log(deadline), [(1, self.engineer)])
        self.assertEqual((deadline.level, deadline.breached), (1, False))
        self.assertEqual(deadline.next_check_at, MONDAY + timedelta(hours=8))
        self.assertEqual(self._activities(deadline).user_id, self.engineer)
        self.assertFalse(self._mails(self.engineer))

        self._run_job(hours=8)
        self.assertEqual(self._log(deadline)[1:], [(2, self.engineer), (3, self.chief)])
        self.assertEqual((deadline.level, deadline.breached), (3, False), "on the dot is still in time")
        self.assertEqual([len(self._mails(user)) for user in (self.engineer, self.chief)], [1, 1])
        self.assertEqual(self._activities(deadline).user_id, self.engineer | self.chief)
        self.assertEqual(len(self._activities(deadline)), 2, "the reminder of a higher step replaces the lower one's")

        self._run_job(hours=8, minutes=5)
        self.assertRecordValues(deadline, [{
            "breached": True, "level": 3, "next_check_at": MONDAY + timedelta(hours=32), "state": "running"}])

        self._run_job(hours=33)
        self.assertIn(self.manager, self._log(deadline)[3][1])
        self.assertNotIn(self.foreign_manager, self._log(deadline)[3][1])
        self.assertRecordValues(deadline, [{"level": 4, "next_check_at": False}])

    def test_again_sends_nothing(self):
        """F2: the job may run as often as it likes; each step is taken once."""
        self._rule()
        deadline = self._promise()
        for later in (9, 9, 10, 500):
            self._run_job(hours=later)
            deadline.next_check_at = MONDAY  # and even if it looks again
        self.assertEqual(len(deadline.escalation_ids), 1)
        self.assertEqual((len(self._mails(self.engineer)), len(self._activities(deadline))), (1, 1))

    def test_several_steps_at_once(self):
        """F2: when the job was off, a person is told once, for the highest step; every step is logged."""
        for level in (1, 2, 3):
            self._rule("percent", 25 * level, level=level)
        deadline = self._promise()
        self._run_job(hours=100)
        nobody = self.env["res.users"]
        self.assertEqual(self._log(deadline), [(1, nobody), (2, nobody), (3, self.engineer)])
        self.assertEqual((len(self._mails(self.engineer)), len(self._activities(deadline))), (1, 1))

    def test_minutes_before(self):
        """F2: a step may come some minutes before the due time, in wall-clock time."""
        self._rule("before", 90)
        deadline = self._promise(hours=8, calendar=self.calendar)
        self.assertEqual(deadline.next_check_at, deadline.due_at - timedelta(minutes=90))

    def test_percent_counts_in_the_calendar(self):
        """F2: half of sixteen office hours is over on the next morning, not in the night."""
        self._rule("percent", 50)
        deadline = self._promise(hours=16, calendar=self.calendar)
        self.assertEqual(deadline.next_check_at, MONDAY + timedelta(hours=24))

    def test_scope_of_a_rule(self):
        """F2, F12: a rule covers its kind, its kind of document and its company."""
        self._rule("before", 60, kind="statutory")
        self._rule("before", 60, res_model="quality.incident", kind="action")
        self._rule("before", 60, company_id=self.other_company.id)
        due = MONDAY + timedelta(hours=8)
        for kind, moment in (("other", due + timedelta(seconds=1)), ("statutory", due - timedelta(hours=1)),
                             ("action", due - timedelta(hours=1))):
            self.assertEqual(self._promise(kind=kind).next_check_at, moment)

    def test_what_is_over_is_left_alone(self):
        """F2: a kept, cancelled or paused promise reminds nobody; open reminders of a kept one go."""
        self._rule("percent", 50)
        kept, cancelled, paused = (self._promise(key=key) for key in "abc")
        self._run_job(hours=5)
        self.assertEqual(len(self._activities(kept | cancelled | paused)), 3)
        self._rule(level=2)
        with self._at(hours=6):
            self.incident._stop_deadline("other", key="a")
            self.incident._cancel_deadline("other", key="b")
            self.incident._pause_deadline("other", key="c")
        self.assertFalse(self._activities(kept | cancelled))
        self._run_job(hours=100)
        self.assertFalse((kept | cancelled | paused).escalation_ids.filtered(lambda log: log.level == 2))
        with self._at(hours=200):
            self.incident._resume_deadline("other", key="c")
        self._run_job(hours=203)
        self.assertEqual(paused.level, 2)

    def test_gone_document(self):
        """F2: a promise on a document that no longer exists ends quietly."""
        self._rule()
        deadline = self._promise()
        self.env.flush_all()
        self.env.cr.execute("UPDATE quality_deadline SET res_id = 2000000000 WHERE id = %s", [deadline.id])
        deadline.invalidate_recordset()
        self._run_job(hours=9)
        self.assertEqual((deadline.state, len(deadline.escalation_ids)), ("cancelled", 0))

    # ------------------------------------------------------------------
    # The people
    # ------------------------------------------------------------------

    def _department(self, manager, parent=None):
        employee = self.env["hr.employee"].create({
            "name": manager.name, "user_id": manager.id, "company_id": self.company.id})
        return self.env["hr.department"].create({
            "name": "Department", "company_id": self.company.id, "manager_id": employee.id,
            "parent_id": parent and parent.id,
        })

    def _told(self, deadline):
        self._run_job(hours=9)
        return deadline.escalation_ids.user_ids

    def test_manager_who_owns_it(self):
        """F2: the manager of the department is not escalated to about their own promise; the one above is."""
        self._rule(target="manager")
        department = self._department(self.engineer, parent=self._department(self.chief))
        self.assertEqual(self._told(self._promise(department=department)), self.chief)

    def test_owners_own_manager(self):
        """F2: without a department it is the owner's manager."""
        self._rule(target="manager")
        boss = self.env["hr.employee"].create({"name": "B", "user_id": self.chief.id, "company_id": self.company.id})
        self.env["hr.employee"].create({
            "name": "E", "user_id": self.engineer.id, "company_id": self.company.id, "parent_id": boss.id})
        self.assertEqual(self._told(self._promise()), self.chief)

    def test_nobody_means_the_quality_managers(self):
        """F2: a step that finds nobody, or only people who left, is not lost."""
        self._rule()
        deadline = self._promise()
        self.engineer.active = False
        told = self._told(deadline)
        self.assertIn(self.manager, told)
        self.assertNotIn(self.engineer, told)
        self.assertFalse(told.filtered(lambda user: not user.active))

    def test_one_named_user(self):
        """F2: a rule may name the person."""
        self._rule(target="user", user_id=self.inspector.id)
        self.assertEqual(self._told(self._promise()), self.inspector)

    def test_readers_language_and_time_zone(self):
        """F2, DESIGN §6: each reader reads their own language and their own time."""
        self.env["res.lang"]._activate_lang("fr_FR")
        rule = self._rule(target="group", name="Due", group_id=self.env["res.groups"].create({
            "name": "Two", "user_ids": [Command.set((self.engineer | self.chief).ids)]}).id)
        rule.with_context(lang="fr_FR").name = "Échu"
        self.engineer.write({"lang": "fr_FR", "tz": "Europe/Paris"})
        self.chief.write({"tz": "Asia/Shanghai"})
        deadline = self._promise()
        self._run_job(hours=9)
        french, english = self._mails(self.engineer), self._mails(self.chief)
        self.assertIn("Échu", french.body_html)
        self.assertIn("05/01/2026 17:00<", french.body_html)
        self.assertIn("01/06/2026 12:00 AM<", english.body_html)
        self.assertEqual(len(french | english), 2)
        dates = {activity.user_id: str(activity.date_deadline) for activity in self._activities(deadline)}
        self.assertEqual(dates, {self.engineer: "2026-01-05", self.chief: "2026-01-06"})

    def test_message_links_to_the_document(self):
        """F2: one click from the mail to the document; the subject says what is due."""
        self._rule(channel="mail")
        self._promise(name="Report to the city")
        self._run_job(hours=9)
        mail = self._mails(self.engineer)
        self.assertIn("Report to the city", mail.subject)
        self.assertIn(f"/mail/view?model=quality.incident&amp;res_id={self.incident.id}", mail.body_html)
        self.assertFalse(self.env["mail.activity"].search([("quality_deadline_id", "!=", False)]))

    def test_no_activity_on_a_closed_door(self):
        """F2: who may not open the document gets a message instead of an activity they cannot open."""
        self._rule(channel="activity", target="user", user_id=self.plain_user.id)
        self.plain_user.email = "plain@example.com"
        deadline = self._promise()
        self._run_job(hours=9)
        self.assertFalse(self._activities(deadline))
        self.assertEqual(len(self._mails(self.plain_user)), 1)

    # ------------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------------

    def test_new_rule_reaches_running_deadlines(self):
        """F2: a rule added or changed later applies to what runs; a moment that has passed fires once."""
        deadline = self._promise()
        self._run_job(hours=20)
        self.assertEqual((deadline.breached, deadline.next_check_at), (True, False))
        with self._at(hours=21):
            rule = self._rule("after", 60)
        self._run_job(hours=21)
        self._run_job(hours=22)
        self.assertEqual(len(deadline.escalation_ids), 1)
        other = self._promise(key="b")
        with self._at(hours=5):
            rule.write({"moment_type": "percent", "moment_value": 50})
        self._run_job(hours=5)
        self.assertEqual((len(deadline.escalation_ids), len(other.escalation_ids)), (1, 1))

    def test_archived_rule(self):
        """F2: an archived rule is no longer taken."""
        rule = self._rule()
        deadline = self._promise()
        rule.active = False
        self._run_job(hours=9)
        self.assertFalse(deadline.escalation_ids)

    def test_log_survives_the_rule(self):
        """F2: the log says what the rule was, also when the rule is gone; not even the superuser changes it."""
        rule = self._rule(name="Step one")
        deadline = self._promise()
        self._run_job(hours=9)
        rule.unlink()
        self.env.invalidate_all()
        log = deadline.escalation_ids
        self.assertEqual((log.rule_name, log.rule_id.id), ("Step one", False))
        with self.assertRaisesRegex(UserError, "never changed"):
            log.sudo().write({"rule_name": "Another"})
        with self.assertRaisesRegex(UserError, "never deleted"):
            log.sudo().unlink()
        with self.assertRaisesRegex(UserError, "not deleted"):
            deadline.sudo().unlink()

    def test_senseless_rules(self):
        """F2: a rule that can tell nobody, or at no moment, is refused."""
        for vals in ({"moment_type": "percent", "moment_value": 0}, {"moment_type": "percent", "moment_value": 101},
                     {"moment_value": -1}, {"target": "group"}, {"target": "user"}, {"level": 0},
                     {"target": "user", "user_id": self.portal_user.id}, {"res_model": "res.partner"}):
            with self.assertRaises(ValidationError), self.cr.savepoint():
                self._rule(**{"moment_type": "after", "moment_value": 5, **vals})

    def test_changes_of_rules_are_logged(self):
        """F2, F12: who changed the ladder is known."""
        rule = self._rule()
        self.env.flush_all()
        self.cr.flush()
        rule.moment_value = 30
        self.env.flush_all()
        self.cr.flush()
        values = self.env["mail.tracking.value"].sudo().search([("mail_message_id.res_id", "=", rule.id),
                                                               ("mail_message_id.model", "=", rule._name)])
        self.assertEqual((values.old_value_integer, values.new_value_integer), (0, 30))

    def test_ladder_for_another_company(self):
        """F2, F12: another company gets a copy of the ladder once, and then owns it."""
        rules = self._rule() | self._rule(level=2)
        copied = rules._copy_to_company(self.other_company)
        self.assertEqual(copied.company_id, self.other_company)
        self.assertEqual(copied.mapped("level"), [1, 2])
        self.assertEqual(rules._copy_to_company(self.other_company), copied)


@tagged("post_install", "-at_install")
class TestDefaultLadder(DeadlineCase):
    """F2: what a company has without setting up anything."""

    @classmethod
    def setUpClass(cls):
        super(DeadlineCase, cls).setUpClass()

    def test_default_ladder(self):
        """F2: three quarters: the owner; due: owner and manager; a day overdue: the quality managers."""
        rules = self.env["quality.escalation.rule"]._ladder(self.env.ref("base.main_company"))
        rules = rules.filtered(lambda rule: not rule.kind)  # other addons have ladders for kinds of their own
        self.assertEqual(
            [(rule.moment_type, rule.moment_value, rule.target, rule.channel, rule.level) for rule in rules],
            [("percent", 75, "owner", "activity", 1), ("after", 0, "owner", "both", 2),
             ("after", 0, "manager", "both", 2), ("after", 1440, "group", "both", 3)],
        )
        self.assertEqual(rules.mapped("moment_text"), ["at 75 % of the time", "when due", "when due", "24 h overdue"])
