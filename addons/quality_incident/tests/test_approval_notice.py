from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from .approval_common import ApprovalCase

ACTIVITY = "quality_incident.mail_activity_quality_approval"


@tagged("post_install", "-at_install")
class TestApprovalNotice(ApprovalCase):
    """F3: approvers are told at once in their language, and nobody keeps a task that is done; F2: the clock runs."""

    def _task_users(self, document=None):
        return (document or self.document).activity_ids.filtered(
            lambda task: task.activity_type_id == self.env.ref(ACTIVITY)).user_id

    def _mails(self):
        return self.env["mail.mail"].sudo().search([("model", "=", "quality.approval")], order="id")

    def test_tasks_follow_the_step(self):
        """F3: every approver of the open step has a task; it ends for all when the step is decided."""
        self._two_steps()
        self._ask()
        self.assertEqual(self._task_users(), self.alice | self.bob)
        self.document.with_user(self.alice).action_approve()
        self.assertEqual(self._task_users(), self.carol | self.dave)
        self.document.with_user(self.dave).action_reject("No")
        self.assertFalse(self._task_users())

    def test_tasks_of_a_quorum(self):
        """F3: with a quorum only who decided is done; nobody is told twice."""
        self._rule(quorum=2)
        self._ask()
        before = len(self._mails())
        self.document.with_user(self.bob).action_approve()
        self.assertEqual(self._task_users(), self.alice)
        self.assertEqual(len(self._mails()), before)

    def test_tasks_end_when_the_approval_lapses(self):
        """F3: a lapsed approval leaves neither task nor clock."""
        self._rule(hours=4)
        row = self._ask()
        self._change()
        self.assertFalse(self._task_users())
        self.assertEqual(row.deadline_id.state, "cancelled")

    def test_ticking_a_task_decides_nothing(self):
        """F3: marking the task done is not an approval."""
        self._rule()
        row = self._ask()
        task = self.document.activity_ids.filtered(lambda task: task.user_id == self.alice)
        task.with_user(self.alice).action_feedback(feedback="Seen")
        self.assertEqual(row.state, "pending")
        self.assertTrue(row.with_user(self.alice).can_decide)

    def test_mail_is_queued_with_a_link(self):
        """F3: the mail waits in the queue and leads, after login, to the approval itself."""
        self._rule()
        row = self._ask()
        mail = self._mails()
        self.assertEqual(mail.recipient_ids, (self.alice | self.bob).partner_id)
        self.assertEqual(mail.state, "outgoing")
        self.assertIn(f"/odoo/quality-approvals/{row.id}", mail.body_html)
        self.assertIn(self.document.display_name, mail.subject)
        self.assertEqual(self.env.ref("quality_incident.quality_approval_action").path, "quality-approvals")

    def test_language_of_the_recipient(self):
        """F1, F3: each approver reads task and mail in their own language."""
        self.env["res.lang"]._activate_lang("zh_CN")
        template = self.env.ref("quality_incident.mail_template_quality_approval")
        template.with_context(lang="zh_CN").subject = "请审批：{{ object.res_name }}"
        self.bob.lang = "zh_CN"
        self._rule()
        self._ask()
        subjects = {mail.recipient_ids: mail.subject for mail in self._mails()}
        self.assertIn("请审批", subjects[self.bob.partner_id])
        self.assertIn("Please approve", subjects[self.alice.partner_id])

    def test_kept_texts_are_in_the_company_language(self):
        """F1, F3: what stays in the ledger is in the company's language, whoever asks."""
        self.env["res.lang"]._activate_lang("zh_CN")
        rule = self._rule()
        rule.with_context(lang="zh_CN").name = "第一步"
        self.first_group.with_context(lang="zh_CN").name = "审批组"
        self.company.partner_id.lang = "zh_CN"
        row = self._ask()
        self.assertEqual(row.rule_name, "第一步")
        self.assertIn("审批组", row.approver_names)

    def test_requester_learns_the_outcome(self):
        """F3: who asked is told when it is approved, rejected with the reason, or lapsed."""
        self._rule()
        for act, text in (
            (lambda: self.document.with_user(self.alice).action_reject("Too dear"), "Too dear"),
            (self._change_as_author, "has lapsed"),
            (lambda: self.document.with_user(self.alice).action_approve(), "is approved"),
        ):
            self._ask()
            act()
            messages = self.document.message_ids.filtered(
                lambda message: self.requester.partner_id in message.notified_partner_ids,
            )
            self.assertIn(text, messages[0].body)
            self.assertTrue(messages[0].subtype_id.internal, "no customer who follows the document sees it")

    def _change_as_author(self):
        requester, self.requester = self.requester, self.author
        self._change()
        self.requester = requester

    def test_clock_of_a_step(self):
        """F2, F3: the step's clock starts when it opens and is met when it is decided in time."""
        self._rule(hours=8)
        self._rule(name="Second step", sequence=20, group_id=self.second_group.id, hours=24)
        first, second = self._ask()
        self.assertAlmostEqual(first.due_at, fields.Datetime.now() + timedelta(hours=8), delta=timedelta(minutes=1))
        self.assertFalse(second.due_at)
        self.document.with_user(self.alice).action_approve()
        self.assertEqual(first.deadline_id.state, "met")
        self.assertEqual(second.deadline_id.key, "plan:20")
        self.assertAlmostEqual(second.due_at, fields.Datetime.now() + timedelta(hours=24), delta=timedelta(minutes=1))
        self.document.with_user(self.carol).action_reject("No")
        self.assertEqual(second.deadline_id.state, "met")

    # ------------------------------------------------------------------
    # Cost
    # ------------------------------------------------------------------

    def _queries(self, action):
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        action()
        self.env.flush_all()
        return self.env.cr.sql_log_count - before

    def test_worklist_costs_the_same_for_10_and_100(self):
        """F3: the list “To approve” reads in a constant number of queries."""
        rule = self._rule()
        names = ["res_name", "rule_name", "requested_by_id", "requested_at", "due_at", "can_decide", "state"]

        def read():
            approvals = self.Approval.with_user(self.alice)
            found = approvals.web_search_read([("can_decide", "=", True)], {name: {} for name in names})
            return found["length"]

        self._open_rows(self._make_drafts(10), rule)
        read()
        few = self._queries(lambda: self.assertEqual(read(), 10))
        self._open_rows(self._make_drafts(60), rule)
        self.assertEqual(self._queries(lambda: self.assertEqual(read(), 70)), few)

    def test_document_fields_cost_the_same_for_10_and_100(self):
        """F3: state and right to approve of many documents are computed together."""
        rule = self._rule()

        def read(documents):
            return documents.with_user(self.alice).read(["approval_state", "next_approver_names", "can_approve"])

        few, many = self._make_drafts(10), self._make_drafts(60)
        self._open_rows(few | many, rule)
        read(few)
        self.assertEqual(self._queries(lambda: read(few)), self._queries(lambda: read(many)))

    def test_refreshing_costs_one_query_without_approvals(self):
        """F3: a write on documents that nobody approves costs one query for all of them."""
        documents = self._make_drafts(60)
        documents._refresh_approvals()
        self.assertEqual(self._queries(documents._refresh_approvals), 1)
