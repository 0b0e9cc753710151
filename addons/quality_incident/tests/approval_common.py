from contextlib import contextmanager

from odoo import fields
from odoo.exceptions import UserError
from odoo.service.model import call_kw
from odoo.tests import new_test_user

from .common import PREFIX, QualityCase


class ApprovalCase(QualityCase):
    """A document ready for approval, two groups of approvers, and rules made by each test.

    ``author`` wrote the plan, ``requester`` asks; ``alice`` and ``bob`` form the first group, ``carol`` and ``dave``
    the second.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["quality.approval.rule"].search([]).action_archive()  # the defaults are tested with the incident
        cls.alice, cls.bob, cls.carol, cls.dave = (
            cls._make_user(name, "inspector") for name in ("alice", "bob", "carol", "dave")
        )
        cls.author, cls.requester = cls.lead, cls.engineer
        cls.first_group, cls.second_group = cls.env["res.groups"].create([
            {"name": "Approvers one", "user_ids": [fields.Command.set((cls.alice | cls.bob).ids)]},
            {"name": "Approvers two", "user_ids": [fields.Command.set((cls.carol | cls.dave).ids)]},
        ])
        cls.outsider = new_test_user(
            cls.env, "t_outsider", PREFIX + "inspector", company_id=cls.other_company.id,
            company_ids=[fields.Command.set(cls.other_company.ids)],
        )
        cls.document = cls._make_document()
        cls.Approval = cls.env["quality.approval"]

    # ------------------------------------------------------------------
    # The document
    # ------------------------------------------------------------------

    @classmethod
    def _make_document(cls):
        """Return an incident whose plan is complete and not yet submitted."""
        case = cls("_drive")
        incident = case._drive(cls._make_incident(), "plan")
        case._write_plan(incident)
        return incident.with_env(cls.env)

    @classmethod
    def _make_drafts(cls, number):
        """Return that many documents of any state, made in one batch."""
        return cls.env["quality.incident"].create(
            [cls._incident_vals(title=f"Case {index}") for index in range(number)]
        )

    def _change(self, document=None):
        """Change what is approved, the way a user does."""
        (document or self.document).with_user(self.requester).write(
            {"root_cause": f"Another cause {fields.Datetime.now()}"},
        )

    def _change_unnoticed(self):
        """Change what is approved, the way a direct hand in the database would."""
        self.env.flush_all()
        self.env.cr.execute("UPDATE quality_incident SET root_cause = 'unnoticed' WHERE id = %s", [self.document.id])
        self.env.invalidate_all()

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    @classmethod
    def _rule(cls, **vals):
        return cls.env["quality.approval.rule"].create({
            "name": "First step", "res_model": cls.document._name, "gate": "plan", "company_id": cls.company.id,
            "approver_type": "group", "group_id": cls.first_group.id, **vals,
        })

    @classmethod
    def _two_steps(cls):
        return cls._rule() | cls._rule(name="Second step", sequence=20, group_id=cls.second_group.id)

    def _ask(self, user=None, document=None):
        """Ask for approval and return the rows of the new round, as the superuser."""
        document = document or self.document
        document.with_user(user or self.requester).action_request_approval()
        return self.Approval._latest_rounds(document, "plan")[document.id, "plan"].sorted(
            lambda row: (row.sequence, row.seat),
        )

    def _open_rows(self, documents, rule):
        """Return one pending row for each of ``documents``, put into the ledger directly for lists of many."""
        vals_list = [vals for document in documents for vals in self.Approval._prepare_round(document, "plan", rule, 1)]
        return self.Approval.sudo().create([{**vals, "state": "pending"} for vals in vals_list])

    def _states(self, rows):
        rows.invalidate_recordset()
        return rows.mapped("state")

    @contextmanager
    def _refused(self, pattern, exception=UserError):
        """Assert that the block is refused with a message like ``pattern``, and leaves nothing behind."""
        with self.assertRaises(exception) as caught:
            yield
        self.assertRegex(str(caught.exception), pattern)

    def _flush_tracking(self):
        self.env.flush_all()
        self.env.cr.flush()

    def _rpc(self, user, records, method, *args, **kwargs):
        """Call ``method`` the way the web client and XML-RPC do."""
        self.env.flush_all()
        return call_kw(records.with_user(user).browse(), method, [records.ids, *args], kwargs)
