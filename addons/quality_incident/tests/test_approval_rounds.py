from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import tagged

from .approval_common import ApprovalCase


@tagged("post_install", "-at_install")
class TestApprovalRounds(ApprovalCase):
    """F3: rejections, rounds with their history, a digest of what was approved, several decisions at once."""

    # ------------------------------------------------------------------
    # Rejecting and rounds
    # ------------------------------------------------------------------

    def test_rejection_needs_a_reason(self):
        """F3: a rejection without a reason is refused, from everywhere."""
        self._rule()
        row = self._ask()
        for comment in (None, "", "  \n"):
            with self._refused("Say why"):
                self._rpc(self.alice, row, "action_reject", comment)
        with self._refused("Say why"):
            self._rpc(self.alice, self.document, "action_reject", comment=" ")
        dialog = self._rpc(self.alice, self.document, "action_reject")
        self.assertEqual(dialog["res_model"], "quality.approval.decision", "the document's button asks for the reason")
        self.assertEqual(row.state, "pending")

    def test_rejection_ends_the_round_and_history_stays(self):
        """F3: a rejection ends the round; a new round may be asked for and the old one stays complete."""
        self._two_steps()
        self._rule(name="Third step", sequence=30, approver_type="user", group_id=False, user_id=self.chief.id)
        rows = self._ask()
        rows[0].with_user(self.alice).action_approve("Fine")
        with patch.object(self.env.registry[self.document._name], "_on_approval_rejected", autospec=True) as hook:
            self.document.with_user(self.dave).action_reject("Too dear")
        hook.assert_called_once()
        self.assertEqual(self._states(rows), ["approved", "rejected", "superseded"])
        self.assertEqual(self.document.approval_state, "rejected")
        self.assertFalse(self.document._gate_approved("plan"))
        again = self._ask()
        self.assertEqual(again.mapped("round"), [2, 2, 2])
        self.assertEqual(self._states(rows), ["approved", "rejected", "superseded"])
        self.assertEqual(len(self.document.approval_ids), 6)
        again[0].with_user(self.alice).action_approve()
        self.assertEqual(self.document.approval_state, "pending")

    def test_rule_changes_rewrite_no_history(self):
        """F3: renaming, changing, archiving or deleting a rule or its group changes nothing in a round asked for."""
        rules = self._two_steps()
        rows = self._ask()
        rows[0].with_user(self.alice).action_approve()
        names = ["rule_name", "approver_names", "approver_type", "quorum", "four_eyes", "group_id", "state", "sequence"]
        before = rows.read(names)
        rules[0].write(
            {"name": "Renamed", "quorum": 2, "sequence": 5, "group_id": self.second_group.id, "four_eyes": False},
        )
        rules[1].unlink()
        self.env.invalidate_all()
        self.assertEqual(rows.read(names), before)
        rows[1].with_user(self.carol).action_approve()
        self.assertTrue(self.document._gate_approved("plan"))

    # ------------------------------------------------------------------
    # The digest
    # ------------------------------------------------------------------

    def test_change_while_pending_supersedes(self):
        """F3: a change of what is being approved lets the round lapse."""
        self._two_steps()
        rows = self._ask()
        rows[0].with_user(self.alice).action_approve()
        with patch.object(self.env.registry[self.document._name], "_on_approval_superseded", autospec=True) as hook:
            self._change()
        hook.assert_called_once()
        self.assertEqual(self._states(rows), ["superseded", "superseded"])
        self.assertEqual(rows[0].decided_by_id, self.alice, "who had approved stays on the row")
        self.assertEqual(self.document.approval_state, "superseded")
        with self._refused("nothing waits for approval"):
            self.document.with_user(self.carol).action_approve()
        with self._refused("it has lapsed"):
            rows[1].with_user(self.carol).action_approve()
        self.assertEqual(self._ask().mapped("round"), [2, 2])

    def test_change_after_approval_supersedes(self):
        """F3: a change of what was approved lets the approval lapse."""
        self._rule()
        row = self._ask()
        row.with_user(self.alice).action_approve()
        self.assertTrue(self.document._gate_approved("plan"))
        self._change()
        self.assertEqual(self._states(row), ["superseded"])
        self.assertFalse(self.document._gate_approved("plan"))

    def test_unnoticed_change_is_found_when_deciding(self):
        """F3: the content is compared again at the moment of deciding, and when the gate is asked."""
        self._rule()
        row = self._ask()
        self._change_unnoticed()
        result = self._rpc(self.alice, row, "action_approve")
        self.assertEqual(result["tag"], "display_notification")
        self.assertIn("asked for again", result["params"]["message"])
        self.assertEqual(self._states(row), ["superseded"])
        self.assertFalse(row.decided_by_id)
        again = self._ask()
        again.with_user(self.alice).action_approve()
        self.assertTrue(self.document._gate_approved("plan"))
        self.env.cr.execute("UPDATE quality_approval SET digest = 'other' WHERE id = %s", [again.id])
        self.env.invalidate_all()
        self.assertFalse(self.document._gate_approved("plan"))

    def test_unrelated_change_keeps_the_approval(self):
        """F3: what is not part of the content does not touch the approval; neither does the language of who asks."""
        self._rule()
        row = self._ask()
        row.with_user(self.alice).action_approve()
        self.document.message_post(body="A remark")
        self.assertEqual(
            self.document.with_user(self.bob).with_context(lang="fr_FR", tz="Asia/Shanghai")._approval_digest("plan"),
            row.digest,
        )
        self.document._refresh_approvals()
        self.assertEqual(row.state, "approved")

    def test_deleting_the_document_closes_its_round(self):
        """F3: the rows of a deleted document stay, closed."""
        document = self._make_drafts(1)
        self._rule()
        rows = self.Approval.sudo().create(self.Approval._prepare_round(document, "plan", self._rule(), 1))
        rows._open_next_step()
        with patch.object(self.env.registry[document._name], "_ondelete_methods", []):
            document.sudo().unlink()
        self.assertEqual(self._states(rows), ["superseded"])

    # ------------------------------------------------------------------
    # Several at once
    # ------------------------------------------------------------------

    def test_several_at_once_all_or_none(self):
        """F3: several rows are decided in one go; when one fails none is decided and the message names it."""
        self._rule()
        other = self._make_document()
        rows = self._ask() | self._ask(document=other)
        dialog = rows.with_user(self.alice).action_open_approval()
        wizard = self.env["quality.approval.decision"].with_user(self.alice).with_context(**dialog["context"]).create({
            "comment": "Both fine",
        })
        self.assertEqual(wizard.approval_ids, rows)
        self.assertEqual(wizard.action_confirm(), {"type": "ir.actions.act_window_close"})
        self.assertEqual(rows.mapped("state"), ["approved", "approved"])
        self.assertEqual(set(rows.mapped("comment")), {"Both fine"})
        third = self._make_document()
        pending = self._ask(document=third)
        with self.assertRaises(UserError) as error:
            self._rpc(self.bob, rows | pending, "action_approve")
        self.assertEqual(str(error.exception).count("Alice has decided it already"), 2)
        self.assertNotIn(
            pending.display_name + ":",
            str(error.exception).replace(rows[0].display_name, "").replace(rows[1].display_name, ""),
        )
        self.assertEqual(pending.state, "pending")

    def test_rejecting_two_rows_of_one_round(self):
        """F3: rejecting both steps of a round that stand side by side ends it once."""
        self._rule(four_eyes=False)
        self._rule(name="Beside", four_eyes=False)
        rows = self._ask()
        self._rpc(self.alice, rows, "action_reject", "No")
        self.assertEqual(self._states(rows), ["rejected", "superseded"])

    def test_wizard_rejection_needs_reason(self):
        """F3: the dialog does not get around the reason."""
        self._rule()
        row = self._ask()
        wizard = self.env["quality.approval.decision"].with_user(self.alice).create({
            "approval_ids": row.ids, "decision": "rejected",
        })
        with self._refused("Say why"):
            wizard.action_confirm()
        wizard.comment = "Unclear"
        wizard.action_confirm()
        self.assertEqual((row.state, row.comment), ("rejected", "Unclear"))
