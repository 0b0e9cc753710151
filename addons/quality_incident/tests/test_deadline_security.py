import contextlib
from datetime import timedelta

from lxml import etree
from odoo import Command
from odoo.exceptions import AccessError, UserError
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger
from odoo.tools.safe_eval import safe_eval

from .deadline_common import MONDAY, DeadlineCase

LEDGERS = ("quality.deadline", "quality.escalation")


@tagged("post_install", "-at_install")
class TestDeadlineSecurity(DeadlineCase):
    """F2, F12: nobody writes the ledger, everybody sees what concerns them, over RPC as in the client."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.everybody = {
            "plain": cls.plain_user, "portal": cls.portal_user, "foreign": cls.foreign_manager, "owner": cls.engineer,
            "manager": cls.manager, "admin": cls.env.ref("base.user_admin"),
        }
        cls.rule = cls._rule()
        cls.deadline = cls._promise()
        cls.log = cls.Escalation.create({
            "deadline_id": cls.deadline.id, "company_id": cls.company.id, "rule_name": "Step", "fired_at": MONDAY})
        cls.env.flush_all()

    def _call(self, user, model, method, *args, **kwargs):
        """Call a method as a client does, without what this test has in its cache."""
        self.env.invalidate_all()
        return call_kw(self.env[model].with_user(user), method, list(args), kwargs)

    # ------------------------------------------------------------------
    # Writing
    # ------------------------------------------------------------------

    @mute_logger("odoo.models.unlink")
    def test_nobody_writes_the_ledgers(self):
        """F2: create, write, unlink and copy are refused to everybody, the administrator included."""
        vals = {
            "quality.deadline": {
                "res_model": "quality.incident", "res_id": self.incident.id, "kind": "other", "name": "Mine",
                "company_id": self.company.id, "start_at": MONDAY, "due_at": MONDAY, "counted_from": MONDAY,
            },
            "quality.escalation": {
                "deadline_id": self.deadline.id, "company_id": self.company.id, "rule_name": "Forged",
                "fired_at": MONDAY,
            },
        }
        changes = {"quality.deadline": {"state": "met"}, "quality.escalation": {"rule_name": "Forged"}}
        rows = {"quality.deadline": self.deadline, "quality.escalation": self.log}
        for who, user in self.everybody.items():
            for model in LEDGERS:
                with self.subTest(who=who, model=model):
                    for method, args in (
                        ("create", ([vals[model]],)), ("write", (rows[model].ids, changes[model])),
                        ("unlink", (rows[model].ids,)), ("copy", (rows[model].ids,)),
                        ("web_save", (rows[model].ids, changes[model], {})),
                    ):
                        with self.assertRaises(UserError), self.cr.savepoint():
                            self._call(user, model, method, *args)
        self.env.invalidate_all()
        self.assertEqual((self.deadline.state, self.log.rule_name), ("running", "Step"))
        self.assertEqual(len(self.incident.deadline_ids), 1)

    def test_nobody_imports_into_the_ledgers(self):
        """F2, F9: an import writes nothing."""
        columns = {"quality.deadline": ["name", "kind", "res_model", "res_id", "start_at", "due_at"],
                   "quality.escalation": ["rule_name", "deadline_id/.id", "fired_at"]}
        data = {
            "quality.deadline": ["Mine", "Other", "quality.incident", self.incident.id, "2026-01-01", "2026-01-02"],
            "quality.escalation": ["Forged", self.deadline.id, "2026-01-01 00:00:00"],
        }
        for who, user in self.everybody.items():
            for model in LEDGERS:
                before = self.env[model].search_count([])
                with self.subTest(who=who, model=model):
                    with contextlib.suppress(AccessError):
                        result = self._call(user, model, "load", columns[model], [list(map(str, data[model]))])
                        self.assertFalse(result["ids"])
                    self.assertEqual(self.env[model].search_count([]), before)

    def test_nobody_writes_through_the_document(self):
        """F2: the lines of a document are no way into the ledger."""
        if not self.incident.with_user(self.engineer).has_access("write"):
            self.skipTest("this role may not write incidents")
        for command in (Command.create({"name": "X", "kind": "other", "start_at": MONDAY, "due_at": MONDAY}),
                        Command.update(self.deadline.id, {"state": "met"}), Command.delete(self.deadline.id)):
            with self.assertRaises(UserError), self.cr.savepoint():
                self._call(self.engineer, "quality.incident", "write", self.incident.ids, {"deadline_ids": [command]})
                self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(self.deadline.state, "running")

    def test_nothing_but_opening_is_public(self):
        """F2: the way promises start and end cannot be called from outside."""
        for model, record in (("quality.deadline", self.deadline), ("quality.incident", self.incident)):
            for name in dir(type(self.env[model])):
                if "deadline" in name and callable(getattr(type(self.env[model]), name)):
                    self.assertTrue(name.startswith("_"), f"{model}.{name}")
            for method in ("_start", "_stop", "_cancel", "_pause", "_resume", "_replan", "_stop_deadline", "_escalate"):
                with self.assertRaises(AccessError):
                    self._call(self.manager, model, method, record.ids)
        own = {name for cls in type(self.deadline).mro() if "quality" in cls.__module__ for name in vars(cls)
               if callable(vars(cls)[name]) and not name.startswith("_")}
        self.assertEqual(own, {"action_open_record"})

    def test_rules_belong_to_the_manager(self):
        """F2: only the quality manager of the company sets up the ladder."""
        for who, user in self.everybody.items():
            if who in ("manager", "admin"):
                continue
            with self.subTest(who=who):
                for method, args in (("write", (self.rule.ids, {"level": 5})), ("unlink", (self.rule.ids,)),
                                     ("create", ([{"name": "Mine", "company_id": self.company.id}],))):
                    with self.assertRaises(AccessError), self.cr.savepoint():
                        self._call(user, "quality.escalation.rule", method, *args)
        self._call(self.manager, "quality.escalation.rule", "write", self.rule.ids, {"level": 5})
        self.assertEqual(self.rule.level, 5)

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    def _sees(self, user):
        self.env.invalidate_all()
        return self.Deadline.with_user(user).search([("res_id", "=", self.incident.id)]).sudo()

    def test_who_sees_what(self):
        """F2, F12: the owner and quality staff see it; strangers, other companies and portal users do not."""
        self.assertEqual(self._sees(self.engineer), self.deadline)
        self.assertEqual(self._sees(self.manager), self.deadline)
        self.assertEqual(self._sees(self.inspector), self.deadline)
        for user in (self.plain_user, self.reporter, self.foreign_manager):
            self.assertFalse(self._sees(user))
            with self.assertRaises(AccessError):
                self._call(user, "quality.deadline", "read", self.deadline.ids, ["name"])
        with self.assertRaises(AccessError):
            self._sees(self.portal_user)
        with self.assertRaises(AccessError):
            self._call(self.plain_user, "quality.escalation", "search_read", [])
        self.assertFalse(self._call(self.foreign_manager, "quality.escalation", "search_count", []))
        self.assertFalse(self._call(
            self.foreign_manager, "quality.escalation.rule", "search_count", [("company_id", "=", self.company.id)]))

    def test_owner_without_a_role(self):
        """F2: an employee without any quality role sees the promises they own."""
        own = self._promise(key="own", user=self.plain_user)
        self.assertEqual(self._sees(self.plain_user), own)
        self.assertEqual(own.with_user(self.plain_user).name, own.name)

    def test_department_sees_its_promises(self):
        """F2: members and head of a department see its promises, from the moment they belong to it."""
        employees = self.env["hr.employee"].create([
            {"name": user.name, "user_id": user.id, "company_id": self.company.id}
            for user in (self.plain_user, self.reporter)
        ])
        department = self.env["hr.department"].create({
            "name": "Concrete", "company_id": self.company.id, "manager_id": employees[1].id})
        deadline = self._promise(key="department", department=department)
        self.assertFalse(self._sees(self.plain_user))
        employees[0].department_id = department
        self.assertEqual(self._sees(self.plain_user), deadline)
        self.assertEqual(self._sees(self.reporter), deadline)
        mine = self.Deadline.with_user(self.manager).search([("in_my_department", "=", True)])
        self.assertFalse(mine, "the manager sees all, but these are not of their department")

    # ------------------------------------------------------------------
    # The board
    # ------------------------------------------------------------------

    def test_open_the_document(self):
        """F2: a click on the board opens the document."""
        action = self._call(self.engineer, "quality.deadline", "action_open_record", self.deadline.ids)
        self.assertEqual((action["res_model"], action["res_id"]), ("quality.incident", self.incident.id))

    def test_open_asks_for_rights(self):
        """F2, F12: the board opens nothing that its user may not read, nor what is gone."""
        own = self._promise(key="own", user=self.plain_user)
        with self.assertRaisesRegex(AccessError, "not open it"):
            self._call(self.plain_user, "quality.deadline", "action_open_record", own.ids)
        with self.assertRaises(AccessError):
            self._call(self.plain_user, "quality.deadline", "action_open_record", self.deadline.ids)
        with self.assertRaises(AccessError):
            self._call(self.foreign_manager, "quality.deadline", "action_open_record", self.deadline.ids)
        self.env.cr.execute("UPDATE quality_deadline SET res_id = 2000000000 WHERE id = %s", [self.deadline.id])
        with self.assertRaisesRegex(UserError, "no longer exists"):
            self._call(self.engineer, "quality.deadline", "action_open_record", self.deadline.ids)

    def test_board_views(self):
        """F2: the board opens for the smallest role: first entry of the menu, views, every filter and grouping."""
        action = self.env.ref("quality_incident.quality_deadline_action")
        self.assertEqual(action.path, "quality-due")
        board = self.env.ref("quality_incident.menu_quality_board")
        self.assertEqual(board.child_id[:1].action, action)
        Deadline = self.Deadline.with_user(self.reporter)
        views = [[view_id, kind] for view_id, kind in action.views] + [[False, "search"]]
        archs = {kind: etree.fromstring(view["arch"]) for kind, view in Deadline.get_views(views)["views"].items()}
        for kind in ("list", "kanban"):
            self.assertEqual((archs[kind].get("action"), archs[kind].get("type")), ("action_open_record", "object"))
        for node in archs["search"].iter("filter"):
            if node.get("domain"):
                Deadline.search_count(safe_eval(node.get("domain"), {"uid": self.reporter.id}))
            if node.get("context"):
                groupby = safe_eval(node.get("context"))["group_by"]
                Deadline.formatted_read_group([], [groupby], ["__count"])
        names = {node.get("name") for node in archs["search"].iter("filter")}
        defaults = {key.removeprefix("search_default_") for key in safe_eval(action.context)}
        self.assertEqual(defaults, {"mine", "open"})
        self.assertLessEqual(defaults | {"my_department", "overdue", "today", "this_week"}, names)

    def test_board_filters(self):
        """F2: overdue, today and this week say what they mean."""
        arch = etree.fromstring(self.Deadline.get_view(view_type="search")["arch"])
        domains = {node.get("name"): safe_eval(node.get("domain"), {"uid": self.engineer.id})
                   for node in arch.iter("filter") if node.get("domain")}
        overdue, today, week, later = (
            self._promise(key=key, hours=hours) for key, hours in (("a", 1), ("b", 6), ("c", 60), ("d", 500)))
        found = {}
        with self._at(hours=2):
            for name in ("overdue", "today", "this_week", "mine", "open"):
                found[name] = self.Deadline.with_user(self.engineer).search(domains[name]).sudo() - self.deadline
        self.assertEqual(found["overdue"], overdue)
        self.assertEqual(found["today"], overdue | today)
        self.assertEqual(found["this_week"], overdue | today | week)
        self.assertEqual(found["mine"], overdue | today | week | later)
        with self._at(hours=3):
            self.incident._stop_deadline("other", key="d")
        self.assertNotIn(later, self.Deadline.search(domains["open"]))
        self.assertEqual(later.due_at, MONDAY + timedelta(hours=500))
