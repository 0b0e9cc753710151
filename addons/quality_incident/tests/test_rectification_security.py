from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import UniqueViolation

from .rectification_common import RectificationCase


@tagged("post_install", "-at_install")
class TestRectificationSecurity(RectificationCase):
    """A6, F12: rights of each role on notices, and every way around a step that RPC offers."""

    def test_who_reads(self):
        notice = self._make_notice()
        for user in (self.worker, self.works_manager, self.stranger, self.foreign_manager, self.plain_user,
                     self.portal_user):
            self.assertFalse(notice.with_user(user).has_access("read"), user.name)
        self._drive(notice, "issued")
        for user in (self.worker, self.works_manager, self.inspector, self.lead, self.manager):
            self.assertTrue(notice.with_user(user).has_access("read"), user.name)
            self.assertTrue(notice.line_ids.with_user(user).has_access("read"), user.name)
            self.assertIn(notice, self.env["quality.rectification"].with_user(user).search([]))
        for user in (self.stranger, self.foreign_manager, self.plain_user, self.portal_user):
            self.assertFalse(notice.with_user(user).has_access("read"), user.name)
            self.assertFalse(notice.line_ids.with_user(user).has_access("read"), user.name)

    def test_outside_notice_is_not_the_departments(self):
        notice = self._drive(self._outside(), "issued")
        self.assertFalse(notice.with_user(self.worker).has_access("read"))

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_recipient_writes_only_lines(self):
        notice = self._drive(self._make_notice(), "acknowledged").with_user(self.worker)
        for vals in ({"subject": "Nothing"}, {"severity": "normal"}, {"issuer_id": self.worker.id},
                     {"recipient_department_id": self.department_a.id}, {"description": "x"}):
            with self.assertRaises(AccessError):
                notice.write(vals)
        notice.write({"line_ids": [fields.Command.update(notice.line_ids[0].id, {"plan": "As asked"})]})
        self.assertEqual(notice.line_ids[0].plan, "As asked")
        with self.assertRaises(AccessError):
            self.env["quality.rectification"].with_user(self.worker).create(self._notice_vals())
        with self.assertRaises(AccessError):
            notice.unlink()

    def test_recipients_steps_are_not_others(self):
        """A1: nobody else acknowledges or plans for a department, not even staff."""
        notice = self._drive(self._make_notice(), "issued")
        for user in (self.lead, self.inspector, self.manager):
            with self.assertRaises(AccessError):
                notice.with_user(user).action_acknowledge()
            with self.assertRaisesRegex(UserError, "recipient"):
                notice.with_user(user).write({"state": "acknowledged"})
        self._drive(notice, "acknowledged")
        self._plan(notice)
        with self.assertRaises(AccessError):
            notice.with_user(self.inspector).action_submit_plan()
        self._drive(notice, "recheck")
        with self.assertRaises(AccessError):
            notice.with_user(self.worker).action_finish_recheck()

    def test_every_unknown_step_is_refused(self):
        notice = self._make_notice()
        states = [state for state, _label in notice._fields["state"].selection]
        for target in ("acknowledged", "planned", "approved", "executing", "recheck", "closed"):
            with self.assertRaises(UserError):
                notice.with_user(self.manager).state = target
        self._drive(notice, "issued")
        for target in set(states) - {"issued", "acknowledged", "cancelled"}:
            with self.assertRaises(UserError):
                notice.sudo().state = target

    def test_no_context_skips_a_guard(self):
        notice = self._drive(self._make_notice(), "planned").with_context(
            tracking_disable=True, install_mode=True, import_file=True, force=True, skip_checks=True,
        )
        with self.assertRaises(UserError):
            notice.with_user(self.manager).state = "approved"

    def test_system_fields(self):
        notice = self._drive(self._make_notice(), "issued")
        for name in notice._system_fields & notice._fields.keys():
            value = {"many2one": self.manager.id, "datetime": fields.Datetime.now(), "date": self.today}.get(
                notice._fields[name].type, 1
            )
            with self.assertRaises(AccessError, msg=name):
                notice.with_user(self.manager).write({name: value})
        with self.assertRaises(AccessError):
            self._make_notice(user=self.manager, plan_author_ids=[fields.Command.link(self.chief.id)])

    def test_issuer_is_changed_by_chief_or_manager_only(self):
        """A2: the issuer approves the plan, so nobody makes themselves the issuer."""
        notice = self._drive(self._make_notice(), "acknowledged")
        with self.assertRaises(AccessError):
            notice.with_user(self.engineer).issuer_id = self.engineer
        notice.with_user(self.manager).issuer_id = self.engineer
        self._drive(notice, "approved")

    def test_issued_notice_is_frozen(self):
        notice = self._drive(self._make_notice(), "issued")
        for vals in ({"subject": "x"}, {"severity": "major"}, {"recipient_department_id": self.department_a.id},
                     {"location": "elsewhere"}):
            with self.assertRaisesRegex(UserError, "can no longer be changed"):
                notice.with_user(self.manager).write(vals)
        self._drive(notice, "closed")
        with self.assertRaisesRegex(UserError, "can no longer be changed"):
            notice.with_user(self.manager).issuer_id = self.engineer

    def test_companies(self):
        notice = self._drive(self._make_notice(), "issued")
        line = notice.line_ids[0]
        for record in (notice, line):
            self.assertFalse(record.with_user(self.foreign_manager).has_access("read"))
        with self.assertRaises(UserError):
            self._make_notice(issuer_id=self.foreign_manager.id)

    def test_other_company_gets_its_own_numbers(self):
        self.other_company.with_user(self.manager).sudo().action_quality_setup()
        sequence = self.env["ir.sequence"].search(
            [("code", "=", "quality.rectification"), ("company_id", "=", self.other_company.id)]
        )
        self.assertEqual(len(sequence), 1)
        rules = self.env["quality.approval.rule"].search(
            [("gate", "=", "rectification_plan"), ("company_id", "=", self.other_company.id)]
        )
        self.assertEqual(len(rules), 2)

    def test_raise_from(self):
        """F7: one method for every source; the files are copied, because each belongs to one record."""
        incident = self._make_incident(grade="major", evidence_ids=self._evidence(self.reporter))
        incident.with_user(self.reporter).action_report()
        with self.assertRaises(AccessError):
            incident.with_user(self.lead).action_raise_rectification()
        action = incident.with_user(self.inspector).action_raise_rectification()
        notice = self.env["quality.rectification"].browse(action["res_id"]).with_user(self.inspector)
        self.assertEqual((notice.incident_id, notice.source, notice.severity), (incident, "incident", "major"))
        self.assertEqual((notice.origin_model, notice.origin_id), ("quality.incident", incident.id))
        self.assertEqual((notice.issuer_id, notice.recipient_department_id), (self.inspector, self.department_b))
        copy = notice.line_ids.before_ids
        self.assertNotEqual(copy, incident.evidence_ids)
        self.assertEqual(copy.res_id, notice.line_ids.id)
        self.assertEqual(incident.with_user(self.inspector).rectification_count, 1)
        self.assertEqual(notice.action_open_origin()["res_id"], incident.id)
        self._drive(notice.with_user(self.manager), "closed")

    def test_raised_by_who_may_not_create(self):
        """The caller of _raise_from has checked its user: an inspection's participant, for instance."""
        project = self.project.with_user(self.worker).sudo(False)
        notice = self.env["quality.rectification"].with_user(self.worker)._raise_from(
            project, [{"requirement": "Tidy up"}], recipient_department_id=self.department_b.id,
            issuer_id=self.inspector.id, subject="Tidy up",
        )
        self.assertEqual((notice.sudo().source, notice.sudo().state), ("external", "draft"))

    def test_standards(self):
        Standard = self.env["quality.standard"]
        vals = {"code": "GB 50204", "name": "Concrete", "clause": "5.5.2", "version": "2002"}
        with self.assertRaises(AccessError):
            Standard.with_user(self.inspector).create(vals)
        standard = Standard.with_user(self.manager).create({**vals, "valid_to": "2015-08-31"})
        self.assertTrue(standard.is_expired)
        self.assertIn(standard, Standard.with_user(self.worker).search([("is_expired", "=", True)]))
        self.assertEqual(standard.with_user(self.worker).display_name, "GB 50204-2002 5.5.2 Concrete")
        with mute_logger("odoo.sql_db"), self.assertRaises(UniqueViolation), self.env.cr.savepoint():
            Standard.create(dict(vals))
        notice = self._make_notice(line_ids=[
            fields.Command.create({"requirement": "Restore", "standard_id": standard.id})
        ])
        self.assertIn("no longer in force", notice.line_ids.standard_warning)
