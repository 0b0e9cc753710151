from datetime import timedelta

from odoo import fields

from .common import QualityCase
from .report_common import PICTURE

GATE = "rectification_plan"


class RectificationCase(QualityCase):
    """A department and a contractor to issue notices to, and the way of a notice from step to step."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.works_manager = cls._make_user("works_manager", "reporter")
        cls.worker = cls._make_user("worker", "reporter")
        cls.stranger = cls._make_user("stranger", "reporter")
        employees = cls.env["hr.employee"].create(
            [
                {
                    "name": user.name,
                    "user_id": user.id,
                    "company_id": cls.company.id,
                    "department_id": department.id,
                }
                for user, department in (
                    (cls.works_manager, cls.department_b),
                    (cls.worker, cls.department_b),
                    (cls.stranger, cls.department_a),
                )
            ]
        )
        cls.department_b.manager_id = employees[0]
        cls.contractor = cls.env["res.partner"].create(
            {"name": "Contractor Ltd", "is_company": True, "email": "contractor@example.com"}
        )
        cls.today = fields.Date.today()

    @classmethod
    def _notice_vals(cls, **vals):
        return {
            "subject": "Rebar cover too small",
            "recipient_department_id": cls.department_b.id,
            "project_id": cls.project.id,
            "location": "Axis 5/C",
            "line_ids": [
                fields.Command.create({"requirement": "Restore the cover", "standard_clause": "GB 50204 5.5.2"}),
                fields.Command.create({"requirement": "Check the neighbouring beams"}),
            ],
            **vals,
        }

    @classmethod
    def _make_notice(cls, user=None, **vals):
        """Return a drafted notice of ``user`` (the inspector unless given) to the works department."""
        notice = cls.env["quality.rectification"].with_user(user or cls.inspector).create(cls._notice_vals(**vals))
        return notice.with_user(cls.manager)

    @classmethod
    def _outside(cls, **vals):
        """Return a drafted notice to the contractor."""
        return cls._make_notice(recipient_department_id=False, recipient_partner_id=cls.contractor.id, **vals)

    # ------------------------------------------------------------------
    # The way of a notice, each step by who it belongs to
    # ------------------------------------------------------------------

    STEPS = ("issued", "acknowledged", "planned", "approved", "executing", "recheck", "closed")

    def _drive(self, notice, target):
        """Take ``notice`` from where it is to ``target``."""
        start = self.STEPS.index(notice.state) + 1 if notice.state != "draft" else 0
        for step in self.STEPS[start : self.STEPS.index(target) + 1]:
            getattr(self, f"_step_{step}")(notice)
        self.assertEqual(notice.state, target)
        return notice

    def _hand(self, notice):
        """Return who acts for the recipient: the worker, or the lead on behalf of the contractor."""
        return self.lead if notice.recipient_partner_id else self.worker

    def _step_issued(self, notice):
        notice.with_user(notice.issuer_id).action_issue()

    def _step_acknowledged(self, notice):
        if notice.recipient_partner_id:
            notice.with_user(self.lead).write({"ack_channel": "phone", "ack_person": "Boss Li"})
        notice.with_user(self._hand(notice)).action_acknowledge()

    def _plan(self, notice, user=None, days=3):
        """Write a plan for every line."""
        user = user or self._hand(notice)
        for line in notice.line_ids:
            outside = bool(notice.recipient_partner_id)
            line.with_user(user).write(
                {
                    "plan": f"Plan for {line.requirement}",
                    "due_date": self.today + timedelta(days=days),
                    "responsible_id": not outside and self.worker.id,
                    "responsible_name": outside and "Foreman Wu",
                }
            )

    def _step_planned(self, notice):
        self._plan(notice)
        notice.with_user(self._hand(notice)).action_submit_plan()

    def _step_approved(self, notice):
        if notice.severity == "major":
            notice.with_user(self.chief).action_approve()
        notice.with_user(notice.issuer_id).action_approve()

    def _step_executing(self, notice):
        notice.line_ids[0].with_user(self._hand(notice)).action_start()

    def _do_line(self, line, user=None, name="after.png"):
        user = user or self._hand(line.rectification_id)
        line.with_user(user).write({"done_note": "Done", "after_ids": self._evidence(user, name, PICTURE)})
        line.with_user(user).action_done()

    def _step_recheck(self, notice):
        for line in notice.line_ids.filtered(lambda line: line.state in ("open", "started")):
            self._do_line(line)
        notice.with_user(self._hand(notice)).action_request_recheck()

    def _step_closed(self, notice):
        notice.line_ids.filtered(lambda line: line.state == "done").with_user(self.inspector).action_pass()
        notice.with_user(self.inspector).action_finish_recheck()

    def _clocks(self, notice, state=None):
        """Return the kinds of the deadlines of ``notice`` in ``state`` (default: open), sorted."""
        rows = notice.sudo().deadline_ids
        states = (state,) if state else ("running", "paused")
        return sorted(rows.filtered(lambda row: row.state in states).mapped("kind"))
