from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger

from .approval_common import ApprovalCase

QUIET = ("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule", "odoo.models.unlink")


@tagged("post_install", "-at_install")
class TestApprovalSecurity(ApprovalCase):
    """F3: the ledger is append-only, and every way in is guarded, as the wrong user over RPC too."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls._rule()
        cls.row = cls("_ask")._ask()
        cls.admin = cls.env.ref("base.user_admin")
        cls.everybody = (
            cls.plain_user, cls.reporter, cls.manager, cls.admin, cls.portal_user, cls.author, cls.requester, cls.alice,
            cls.outsider,
        )

    def _vals(self):
        return {
            "res_model": self.document._name, "res_id": self.document.id, "res_name": "Forged",
            "company_id": self.company.id,
            "gate": "plan", "round": 9, "sequence": 1, "seat": 1, "state": "pending", "rule_name": "Forged",
            "approver_type": "user",
            "user_id": self.reporter.id, "requested_by_id": self.lead.id, "requested_at": "2026-01-01 00:00:00",
            "digest": "0",
        }

    # ------------------------------------------------------------------
    # Direct hands on the ledger
    # ------------------------------------------------------------------

    @mute_logger(*QUIET)
    def test_nobody_creates_writes_or_deletes(self):
        """F3: no user, the administrator included, creates, writes, copies or deletes a row over RPC."""
        for user in self.everybody:
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    call_kw(self.Approval.with_user(user), "create", [[self._vals()]], {})
                for method, args in [
                    ("write", [{"state": "approved", "decided_by_id": user.id}]),
                    ("web_save", [{"state": "approved"}, {"state": {}}]),
                    ("unlink", []), ("copy", []),
                ]:
                    with self.assertRaises(AccessError):
                        self._rpc(user, self.row, method, *args)
        self.assertEqual(self.row.state, "pending")

    @mute_logger(*QUIET)
    def test_import_is_refused(self):
        """F3: Odoo's import writes nothing into the ledger, neither new rows nor existing ones."""
        before = self.Approval.sudo().search_count([])
        for user in self.everybody:
            with self.subTest(user=user.login):
                for names, values in [
                    (
                        ["res_model", "res_id", "res_name", "gate", "rule_name", "state"],
                        [self.document._name, str(self.document.id), "X", "plan", "X", "pending"],
                    ),
                    ([".id", "state"], [str(self.row.id), "approved"]),
                ]:
                    try:
                        result = self.Approval.with_user(user).load(names, [values])
                        self.assertFalse(result["ids"])
                    except AccessError:
                        continue
        self.assertEqual(self.Approval.sudo().search_count([]), before)
        self.assertEqual(self.row.state, "pending")

    @mute_logger(*QUIET)
    def test_not_through_the_document(self):
        """F3: a write on the document's list of approvals does not reach the ledger."""
        commands = [
            Command.create(self._vals()), Command.update(self.row.id, {"state": "approved"}),
            Command.delete(self.row.id),
            Command.unlink(self.row.id), Command.clear(), Command.set([]),
        ]
        for user in (self.requester, self.alice, self.manager, self.admin):
            for command in commands:
                with self.subTest(user=user.login, command=command[0]), self.assertRaises(UserError):
                    self._rpc(user, self.document, "write", {"approval_ids": [command]})
        self.assertEqual(self.row.state, "pending")

    def test_superuser_keeps_history_too(self):
        """F3: code running as the superuser cannot change a decision, start a decided row, or delete one."""
        with self._refused("nothing is deleted"):
            self.row.sudo().unlink()
        with self._refused("starts undecided"):
            self.Approval.sudo().create({**self._vals(), "state": "approved"})
        with self._refused("starts undecided"):
            self.Approval.sudo().create({**self._vals(), "decided_by_id": self.chief.id})
        self.row.with_user(self.alice).action_approve("Fine")
        for vals in (
            {"comment": "Else"}, {"decided_by_id": self.bob.id}, {"state": "pending"}, {"state": "rejected"},
            {"state": "superseded", "digest": "0"},
        ):
            with self._refused("cannot be changed"):
                self.row.sudo().write(vals)
        self.row.sudo()._supersede()
        with self._refused("cannot be changed"):
            self.row.sudo().write({"state": "approved"})

    @mute_logger(*QUIET)
    def test_private_methods_stay_private(self):
        """F3: what does the work cannot be called over RPC."""
        for method in ("_request", "_decide", "_settle", "_supersede", "_lapse", "_exclude", "_open_next_step"):
            with self.assertRaises(AccessError):
                self._rpc(self.admin, self.row, method)

    # ------------------------------------------------------------------
    # Public methods as the wrong user
    # ------------------------------------------------------------------

    def test_public_methods_are_known(self):
        """F3: every public method of the ledger and the mixin is in the tests of this file; a new one must be added."""
        def public(model):
            return {
                name for cls in type(self.env[model]).mro() if cls.__module__.startswith("odoo.addons.quality_incident")
                for name, value in vars(cls).items() if callable(value) and not name.startswith("_")
            } - {"create", "write", "unlink"}

        self.assertEqual(public("quality.approval"), {
            "action_approve", "action_reject", "action_open_approval", "action_open_rejection", "action_open_document",
        })
        self.assertEqual(public("quality.approval.mixin"), {
            "action_request_approval", "action_approve", "action_reject", "action_open_approval",
            "action_open_rejection",
        })

    @mute_logger(*QUIET)
    def test_wrong_users_decide_nothing(self):
        """F3: only an approver decides; no manager, administrator, requester, author or stranger."""
        for user in (
            self.plain_user, self.reporter, self.manager, self.admin, self.portal_user, self.author, self.requester,
            self.outsider, self.carol,
        ):
            for records in (self.row, self.document):
                for method, args in (("action_approve", []), ("action_reject", ["No"])):
                    with self.subTest(user=user.login, on=records._name, method=method), self.assertRaises(UserError):
                        self._rpc(user, records, method, *args)
        self.assertEqual(self._states(self.row), ["pending"])
        self.assertFalse(self.row.decided_by_id)

    @mute_logger(*QUIET)
    def test_wrong_users_ask_nothing(self):
        """F3: who may not change the document cannot ask for its approval."""
        document = self._make_document()
        for user in (self.plain_user, self.portal_user, self.outsider):
            with self.subTest(user=user.login), self.assertRaises(AccessError):
                self._rpc(user, document, "action_request_approval")
        self.assertFalse(document.approval_ids)

    @mute_logger(*QUIET)
    def test_reading_is_not_enough_to_ask(self):
        """F3: who may read the document but not change it cannot ask for its approval."""
        document = self._make_document()
        self.env["ir.rule"].create({
            "name": "Hands off", "model_id": self.env["ir.model"]._get_id(document._name), "perm_read": False,
            "domain_force": str([("id", "!=", document.id)]),
        })
        self.assertTrue(document.with_user(self.requester).has_access("read"))
        with self.assertRaises(AccessError):
            self._rpc(self.requester, document, "action_request_approval")

    @mute_logger(*QUIET)
    def test_member_who_cannot_read_the_document_is_no_approver(self):
        """F3: a member of the group without access to the document has no task, counts for no quorum, sends nobody."""
        self.first_group.user_ids |= self.plain_user
        self.rule.quorum = 3
        document = self._make_document()
        with self._refused("needs 3 different people"):
            self._ask(document=document)
        self.rule.quorum = 1
        row = self._ask(document=document)
        self.assertEqual(row.activity_ids.user_id, self.alice | self.bob)
        self.assertNotIn(self.plain_user.name, row.approver_names)
        today = fields.Date.today()
        self.env["quality.approval.substitute"].with_user(self.plain_user).create({
            "user_id": self.plain_user.id, "substitute_id": self.carol.id, "date_from": today, "date_to": today,
        })
        self.env.invalidate_all()
        self.assertFalse(row.with_user(self.carol).can_decide)
        with self._refused("not an approver"):
            row.with_user(self.carol).action_approve()
        with self.assertRaises(AccessError):
            self._rpc(self.plain_user, row, "action_approve")

    @mute_logger(*QUIET)
    def test_dialog_grants_nothing(self):
        """F3: the dialog decides as its user; somebody else's rows are refused there too."""
        for user in (self.manager, self.requester, self.carol):
            wizard = self.env["quality.approval.decision"].with_user(user).create({
                "approval_ids": [Command.set(self.row.ids)], "decision": "approved",
            })
            with self.assertRaises(UserError):
                wizard.action_confirm()
        with self.assertRaises(AccessError):
            self.env["quality.approval.decision"].with_user(self.portal_user).create({"decision": "approved"})
        self.assertEqual(self.row.state, "pending")

    def test_only_the_manager_keeps_rules(self):
        """F3: rules, and four-eyes in them, are the quality manager's and the administrator's."""
        for user in (self.plain_user, self.reporter, self.chief, self.author):
            with mute_logger(*QUIET), self.assertRaises(AccessError):
                self.rule.with_user(user).four_eyes = False
            with mute_logger(*QUIET), self.assertRaises(AccessError):
                self.rule.with_user(user).copy()
            self.assertTrue(self.rule.with_user(user).name)
        self.rule.with_user(self.manager).hours = 4
        with self._refused("cannot be read"):
            self.rule.with_user(self.manager).domain = "[('no_such_field', '=', 1)]"
        with self._refused("cannot be read"):
            self.rule.with_user(self.manager).domain = "[(__import__('os'))]"
        with self._refused("names a user"):
            self.rule.with_user(self.manager).write({"approver_type": "field", "user_field": "company_id"})

    # ------------------------------------------------------------------
    # Reading
    # ------------------------------------------------------------------

    @mute_logger(*QUIET)
    def test_readable_with_the_document(self):
        """F3: who may read the document reads its approvals; nobody else does, whoever decided them."""
        own = self.document.sudo().create_uid
        for user in (own, self.alice, self.carol, self.requester, self.manager):
            with self.subTest(user=user.login):
                document = self.document.with_user(user)
                document.invalidate_recordset()
                self.assertEqual(document.approval_ids, self.row)
                self.assertEqual(document.approval_ids.mapped("rule_name"), ["First step"])
                self.assertEqual(document.approval_state, "pending")
                self.assertTrue(document.next_approver_names)
        for user in (self.plain_user, self.outsider, self.foreign_manager):
            with self.subTest(user=user.login):
                self.assertFalse(self.Approval.with_user(user).search([]))
                with self.assertRaises(AccessError):
                    self.row.with_user(user).read(["state"])
        for model in ("quality.approval", "quality.approval.rule", "quality.approval.substitute"):
            with self.assertRaises(AccessError):
                self.env[model].with_user(self.portal_user).search([])

    def test_list_and_decision_agree(self):
        """F3: the worklist shows a row to exactly those who may decide it."""
        self._rule(name="Second step", sequence=20, group_id=self.second_group.id, quorum=2)
        self._rule(
            name="Named", sequence=20, approver_type="field", group_id=False, user_field="inspector_id",
            four_eyes=False,
        )
        self.first_group.user_ids |= self.requester | self.author | self.carol
        document = self._make_document()
        rows = self._ask(document=document) | self.row
        users = self.alice | self.bob | self.carol | self.dave | self.inspector | self.requester | self.author
        users |= self.manager | self.admin | self.outsider
        for decide in (
            None, lambda: rows[0].with_user(self.carol).action_approve(),
            lambda: rows[1].with_user(self.dave).action_approve(),
        ):
            if decide:
                decide()
            for user in users:
                self.env.invalidate_all()
                listed = self.Approval.with_user(user).search([("can_decide", "=", True), ("id", "in", rows.ids)])
                allowed = rows.filtered(lambda row: row.with_user(user).sudo()._decider()[0])  # noqa: B023
                self.assertEqual(listed.ids, allowed.sorted().ids, user.login)
                for row in rows & self.Approval.with_user(user).search([]):
                    self.assertEqual(row.with_user(user).can_decide, row in allowed, user.login)
                for record in document | self.document:
                    if record.with_user(user).has_access("read"):
                        mine = allowed.filtered(lambda row: row.res_id == record.id)  # noqa: B023
                        self.assertEqual(record.with_user(user).can_approve, bool(mine), user.login)
                        self.assertEqual(
                            bool(record.with_user(user).search([("id", "=", record.id), ("can_approve", "=", True)])),
                            bool(mine),
                        )
