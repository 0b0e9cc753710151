from unittest.mock import patch

from odoo.tests import tagged

from .approval_common import ApprovalCase


@tagged("post_install", "-at_install")
class TestApproval(ApprovalCase):
    """F3: asking for an approval, several steps in order, quorum and four-eyes."""

    # ------------------------------------------------------------------
    # Asking
    # ------------------------------------------------------------------

    def test_request_copies_what_the_rule_said(self):
        """F3: the row carries copies: step, approvers by name, requester, digest of the content."""
        rule = self._rule(hours=8)
        row = self._ask()
        self.assertRecordValues(row, [{
            "state": "pending", "round": 1, "sequence": 10, "seat": 1, "rule_name": "First step",
            "requested_by_id": self.requester.id,
            "group_id": self.first_group.id, "company_id": self.company.id, "res_name": self.document.display_name,
            "digest": self.document._approval_digest("plan"), "rule_id": rule.id,
        }])
        self.assertIn("Alice, Bob", row.approver_names)
        self.assertEqual(self.document.approval_state, "pending")
        self.assertIn("Alice", self.document.next_approver_names)

    def test_no_rule_never_means_approved(self):
        """F3: without a rule nothing is approved; the message says who must do what."""
        with self._refused("quality manager must add an approval rule"):
            self._ask()
        self.assertEqual(self.document.approval_state, "none")
        self.assertFalse(self.document._gate_approved("plan"))

    def test_rule_domain_chooses_documents(self):
        """F3: a rule makes a step only for the documents of its domain and of its company."""
        self._rule(name="Not this one", domain=str([("id", "!=", self.document.id)]))
        self._rule(name="Other company", company_id=self.other_company.id)
        self._rule(name="Every company", company_id=False)
        self.assertEqual(self._ask().mapped("rule_name"), ["Every company"])

    def test_second_request_while_open(self):
        """F3: one round at a time."""
        self._rule()
        rows = self._ask()
        with self._refused("asked for already"):
            self._ask()
        rows.with_user(self.alice).action_approve()
        with self._refused("nothing to ask for"):
            self._ask()

    def test_unknown_gate_refused(self):
        """F3: approval can be asked for only at the gates of the document's present state."""
        self._rule()
        with self._refused("nothing to approve at this stage"):
            self._rpc(self.requester, self.document, "action_request_approval", gate="payment")

    def test_nobody_could_approve(self):
        """F3: a round that could never be approved is refused at once, with the reason."""
        rule = self._rule(approver_type="user", group_id=False, user_id=self.requester.id)
        with self._refused("Nobody may approve the step “First step”"):
            self._ask()
        rule.write({"approver_type": "group", "group_id": self.first_group.id, "quorum": 3})
        with self._refused("needs 3 different people"):
            self._ask()
        rule.quorum = 2
        self._rule(name="Second step", sequence=20, approver_type="user", user_id=self.alice.id)
        with self._refused("needs 3 different people"):
            self._ask()

    def test_field_and_manager_as_approvers(self):
        """F3: a person named on the document; the manager of its department, whoever that is at the moment."""
        employees = self.env["hr.employee"].create([
            {"name": user.name, "user_id": user.id, "company_id": self.company.id} for user in (self.carol, self.dave)
        ])
        self.department_b.manager_id = employees[0]
        self._rule(name="Manager", approver_type="manager", group_id=False)
        row = self._ask()
        self.assertIn("Works (Carol)", row.approver_names)
        with self._refused("not an approver"):
            row.with_user(self.dave).action_approve()
        self.department_b.manager_id = employees[1]
        with self._refused("not an approver"):
            row.with_user(self.carol).action_approve()
        row.with_user(self.dave).action_approve()
        self.assertEqual(row.state, "approved")

    # ------------------------------------------------------------------
    # Order, quorum, four eyes
    # ------------------------------------------------------------------

    def test_order_of_steps(self):
        """F3: the second step cannot be decided before the first; the gate opens after the last."""
        self._two_steps()
        first, second = self._ask()
        self.assertEqual((first.state, second.state), ("pending", "waiting"))
        with self._refused("an earlier step is not approved yet"):
            second.with_user(self.carol).action_approve()
        self.document.with_user(self.alice).action_approve()
        self.assertEqual(self._states(first | second), ["approved", "pending"])
        self.assertFalse(self.document._gate_approved("plan"))
        with self._refused("Alice has decided it already"):
            first.with_user(self.bob).action_approve()
        granted = self.env.registry[self.document._name]
        with patch.object(granted, "_on_approval_granted", autospec=True) as hook:
            self.document.with_user(self.carol).action_approve("Fine")
        hook.assert_called_once()
        self.assertEqual(hook.call_args.args[1], "plan")
        self.assertTrue(self.document._gate_approved("plan"))
        self.assertEqual(self.document.approval_state, "approved")
        self.assertRecordValues(second, [{"decided_by_id": self.carol.id, "comment": "Fine", "on_behalf_of_id": False}])

    def test_same_order_side_by_side(self):
        """F3: steps of the same order are open together and the next waits for both."""
        self._rule()
        self._rule(name="Beside", group_id=self.second_group.id)
        self._rule(name="Last", sequence=30, approver_type="user", group_id=False, user_id=self.chief.id)
        rows = self._ask()
        self.assertEqual(rows.mapped("state"), ["pending", "pending", "waiting"])
        rows[1].with_user(self.carol).action_approve()
        self.assertEqual(self._states(rows), ["pending", "approved", "waiting"])
        rows[0].with_user(self.bob).action_approve()
        self.assertEqual(self._states(rows), ["approved", "approved", "pending"])

    def test_quorum_of_two(self):
        """F3: quorum 2 means two different people, each seat once."""
        self._rule(quorum=2)
        rows = self._ask()
        self.assertEqual(rows.mapped("seat"), [1, 2])
        self.assertEqual(rows.mapped("state"), ["pending", "pending"])
        with self._refused("seat before it"):
            rows[1].with_user(self.bob).action_approve()
        self.document.with_user(self.alice).action_approve()
        with self._refused("Alice has decided"):
            self.document.with_user(self.alice).action_approve()
        self.assertFalse(self.document._gate_approved("plan"))
        self.document.with_user(self.bob).action_approve()
        self.assertEqual(rows.mapped("decided_by_id"), self.alice | self.bob)
        self.assertTrue(self.document._gate_approved("plan"))

    def test_four_eyes(self):
        """F3: neither the requester, nor an author, nor who decided another step of the round may decide."""
        self.first_group.user_ids |= self.requester | self.author | self.carol
        self._two_steps()
        first, second = self._ask()
        with self._refused("nobody approves their own request"):
            first.with_user(self.requester).action_approve()
        with self._refused("is an author"):
            first.with_user(self.author).action_approve()
        first.with_user(self.carol).action_approve()
        with self._refused("has decided another step"):
            second.with_user(self.carol).action_approve()
        second.with_user(self.dave).action_approve()
        self.assertFalse(any((first | second).mapped("four_eyes_relaxed")))

    def test_four_eyes_relaxed_is_logged_and_flagged(self):
        """F3: a rule may be relaxed; that is logged on the rule and stands on the row it mattered for."""
        rules = self._two_steps()
        self._flush_tracking()
        rules.with_user(self.manager).four_eyes = False
        self._flush_tracking()
        for rule in rules:
            tracked = rule.message_ids.tracking_value_ids.filtered(lambda value: value.field_id.name == "four_eyes")
            self.assertEqual((tracked.old_value_integer, tracked.new_value_integer), (1, 0))
            self.assertEqual(tracked.mail_message_id.author_id, self.manager.partner_id)
        self.first_group.user_ids |= self.carol
        first, second = self._ask(self.author)
        first.with_user(self.carol).action_approve()
        second.with_user(self.carol).action_approve()
        self.assertEqual((first.four_eyes_relaxed, second.four_eyes_relaxed), (False, True))
        self.assertIn("without four-eyes", self.document.message_ids[0].body + self.document.message_ids[1].body)

    def test_relaxed_from_the_start_is_logged(self):
        """F3: a rule created without four-eyes says so in its history."""
        rule = self._rule(four_eyes=False)
        self.assertTrue(rule.message_ids.filtered(lambda message: "without four-eyes" in message.body))

    def test_relaxed_quorum_still_needs_different_people(self):
        """F3: relaxing four-eyes lets the requester approve, but nobody counts twice in one step."""
        self.first_group.user_ids |= self.requester
        self._rule(quorum=2, four_eyes=False)
        rows = self._ask()
        rows[0].with_user(self.requester).action_approve()
        self.assertTrue(rows[0].four_eyes_relaxed)
        with self._refused("has decided this step already"):
            rows[1].with_user(self.requester).action_approve()

    def test_membership_is_judged_now(self):
        """F3: who left the group, the company or the firm since the request cannot decide; who joined can."""
        self._rule()
        row = self._ask()
        self.first_group.user_ids -= self.alice
        self.first_group.user_ids |= self.dave
        with self._refused("not an approver"):
            row.with_user(self.alice).action_approve()
        self.bob.active = False
        with self._refused("not an approver"):
            row.with_user(self.bob).action_approve()
        row.with_user(self.dave).action_approve()
        self.assertEqual(row.decided_by_id, self.dave)
        self.assertIn("Alice", row.approver_names, "who was asked stays as it was")
