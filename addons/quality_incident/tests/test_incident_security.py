from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger

from .common import QualityCase

LINES = (
    "quality.scene.protection",
    "quality.stop.order",
    "quality.resume.signoff",
    "quality.team.member",
    "quality.analysis.meeting",
    "quality.determination",
    "quality.determination.test",
    "quality.treatment.option",
    "quality.action",
    "quality.acceptance",
    "quality.responsibility",
    "quality.education",
    "quality.education.attendee",
    "quality.violation",
    "quality.reporting.duty",
    "quality.closure.fact",
    "quality.recall.line",
)


@tagged("post_install", "-at_install")
class TestIncidentSecurity(QualityCase):
    """Who sees and touches what, by ACL and rule, on every model of the incident (F12)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.incident = cls._make_incident(grade="major")

    @mute_logger("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule")
    def test_outsiders(self):
        """F12: portal and plain employees have no access to any model of the incident."""
        for user in (self.portal_user, self.plain_user):
            for model in ("quality.incident", *LINES, "quality.reporting.regime"):
                with self.assertRaises(AccessError, msg=f"{user.login} on {model}"):
                    self.env[model].with_user(user).search([])
                with self.assertRaises(AccessError):
                    self.env[model].with_user(user).create({})
            for method in (
                "action_report",
                "action_accept",
                "action_close",
                "action_request_approval",
                "action_approve",
            ):
                with self.assertRaises(UserError):
                    getattr(self.incident.with_user(user), method)()
            with self.assertRaises(AccessError):
                self.incident.with_user(user).read(["title"])

    @mute_logger("odoo.addons.base.models.ir_rule")
    def test_other_company(self):
        """F12: another company's manager sees nothing, and cannot put lines on a foreign incident."""
        self._drive(self.incident, "analysis")
        foreign = self.foreign_manager
        for model in ("quality.incident", *LINES):
            self.assertFalse(self.env[model].with_user(foreign).search([]), model)
        for method in ("action_cancel", "action_reopen"):
            with self.assertRaises(AccessError):
                getattr(self.incident.with_user(foreign), method)("Because")
        with self.assertRaises(AccessError):
            self.incident.with_user(foreign).read(["title"])
        with self.assertRaises(AccessError):
            self.env["quality.team.member"].with_user(foreign).create(
                {"incident_id": self.incident.id, "partner_id": self.expert.id}
            )
        with self.assertRaises(AccessError):
            self.incident.duty_ids.with_user(foreign).action_waive("Because")
        with self.assertRaises(AccessError):
            self.env["quality.reporting.regime"].with_user(foreign).browse(
                self.env.ref("quality_incident.regime_rule_book").id
            ).name = "Mine"

    @mute_logger("odoo.addons.base.models.ir_rule", "odoo.addons.base.models.ir_model")
    def test_reporter_sees_own_only(self):
        """F12: a reporter sees what they are part of and only drafts it; everything after is the staff's."""
        other = self._make_user("reporter2", "reporter")
        self.assertFalse(self.env["quality.incident"].with_user(other).search([]))
        self.assertEqual(self.env["quality.incident"].with_user(self.reporter).search([]), self.incident)
        self.incident.with_user(self.reporter).title = "Crack in column C3"
        self._drive(self.incident, "reported")
        with self.assertRaisesRegex(AccessError, "in the hands of the quality staff"):
            self.incident.with_user(self.reporter).title = "Nothing"
        self.incident.with_user(self.reporter).message_post(body="One more photo")
        with self.assertRaises(AccessError):
            self.env["quality.treatment.option"].with_user(self.reporter).create(
                {"incident_id": self.incident.id, "name": "x"}
            )
        with self.assertRaises(AccessError):
            self.incident.fact_ids.with_user(self.reporter).write({"statement": "x"})

    def test_reporter_is_who_reports(self):
        """A6: a reporter cannot report in somebody else's name, the staff can."""
        self.assertEqual(self._make_incident(reporter_id=self.chief.id).reporter_id, self.reporter)
        self.assertEqual(
            self._make_incident(user=self.inspector, reporter_id=self.reporter.id).reporter_id, self.reporter
        )

    def test_action_owner_without_role(self):
        """A2: whoever owns an action carries it out, sees its incident, and touches no other action."""
        incident = self._drive(self._make_incident(), "plan")
        _option, corrective, preventive = self._write_plan(incident)
        worker = self._make_user("worker", "reporter")
        corrective.with_user(self.lead).user_id = worker
        incident.with_user(self.lead).action_request_approval()
        incident.with_user(self.engineer).action_approve()
        incident.with_user(self.lead).action_execute()
        self.assertTrue(incident.with_user(worker).has_access("read"))
        self._do_action(corrective, worker)
        self.assertEqual(corrective.done_by_id, worker)
        with self.assertRaises(AccessError):
            preventive.with_user(worker).done_note = "x"

    def test_numbered_records_stay(self):
        """F12: nothing with a number is deleted, by anybody."""
        with self.assertRaises(AccessError):
            self.incident.with_user(self.manager).unlink()
        with self.assertRaisesRegex(UserError, "stays in the register"):
            self.incident.sudo().unlink()
        self._drive(self.incident, "reported")
        with self.assertRaises(UserError):
            self.incident.stop_order_ids.sudo().unlink()

    def test_system_fields(self):
        """F12: what the system sets is never entered, neither at creation nor later."""
        for field, value in (
            ("reported_at", "2020-01-01 00:00:00"),
            ("round", 7),
            ("closed_at", "2020-01-01 00:00:00"),
            ("effect_result", "effective"),
            ("detailed_filed_at", "2020-01-01 00:00:00"),
            ("inspector_notified_at", "2020-01-01 00:00:00"),
        ):
            with self.assertRaises(AccessError, msg=field):
                self.incident.with_user(self.manager).write({field: value})
            with self.assertRaises(AccessError, msg=field):
                self._make_incident(user=self.manager, **{field: value})

    def test_evidence_follows_its_record(self):
        """B9: evidence is read with its record; linking a foreign file opens no door to it."""
        incident = self._make_incident(evidence_ids=self._evidence(self.reporter))
        file = incident.evidence_ids.sudo()
        self.assertEqual((file.res_model, file.res_id), ("quality.incident", incident.id))
        self.assertEqual(file.with_user(self.inspector).raw, b"proof")
        secret = self.env["ir.attachment"].with_user(self.plain_user).create({"name": "secret", "raw": b"secret"})
        with self.assertRaises(AccessError):
            incident.with_user(self.inspector).evidence_ids = [fields.Command.link(secret.id)]
        incident.sudo().evidence_ids = [fields.Command.link(secret.id)]
        with self.assertRaises(AccessError):
            secret.with_user(self.inspector).raw  # noqa: B018

    def test_setup_of_another_company(self):
        """A10: one button gives a company its own rules, regimes, ladder and numbers; twice adds nothing."""
        with self.assertRaises(AccessError):
            self.other_company.with_user(self.inspector).action_quality_setup()
        models = ("quality.approval.rule", "quality.reporting.regime", "quality.escalation.rule", "ir.sequence")

        numbers = self.env["res.company"]._quality_every_sequence()

        def counts():
            found = []
            for model in models:
                domain = [("company_id", "=", self.other_company.id)]
                if model == "ir.sequence":  # transfers of the company have numbers of their own
                    domain.append(("code", "in", numbers))
                found.append(self.env[model].with_context(active_test=False).search_count(domain))
            return found

        before_sequences = counts()[-1]
        self.other_company.with_user(self.foreign_manager).action_quality_setup()
        first = counts()
        shipped = [self.env[model].with_context(active_test=False).search_count([("company_id", "=", self.company.id)])
                   for model in models[:3]]
        self.assertEqual(first[:3], shipped)
        self.assertEqual(first[3] - before_sequences, len(numbers))
        self.env.ref("quality_incident.res_company_action_quality_setup").with_user(self.foreign_manager).run()
        self.assertEqual(counts(), first)
        theirs = (
            self.env["quality.incident"]
            .with_user(self.foreign_manager)
            .create({"title": "Theirs", "grade": "general", "location": "Here", "description": "x"})
        )
        theirs.action_report()
        self.assertEqual(theirs.duty_ids.line_id.company_id, self.other_company)
