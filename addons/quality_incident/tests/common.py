from contextlib import contextmanager
from datetime import timedelta

from odoo import fields
from odoo.tests import TransactionCase, new_test_user

PREFIX = "quality_incident.group_quality_"


class QualityCase(TransactionCase):
    """One user per role, one company beside, and the way of an incident from step to step."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.ref("base.main_company")
        cls.env = cls.env(context={**cls.env.context, "no_reset_password": True, "mail_notify_force_send": False})
        cls.other_company = cls.env["res.company"].create({"name": "Other company"})
        cls.reporter = cls._make_user("reporter", "reporter")
        cls.lead = cls._make_user("lead", "technical_lead")
        cls.inspector = cls._make_user("inspector", "inspector")
        cls.engineer = cls._make_user("engineer", "engineering")
        cls.chief = cls._make_user("chief", "chief_engineer")
        cls.manager = cls._make_user("manager", "manager")
        cls.plain_user = new_test_user(cls.env, "t_plain", "base.group_user", company_id=cls.company.id)
        cls.portal_user = new_test_user(cls.env, "t_portal", "base.group_portal", company_id=cls.company.id)
        cls.foreign_manager = new_test_user(
            cls.env,
            "t_foreign",
            PREFIX + "manager",
            company_id=cls.other_company.id,
            company_ids=[fields.Command.set(cls.other_company.ids)],
        )
        cls.project = cls.env["project.project"].create({"name": "Riverside school", "company_id": cls.company.id})
        cls.department_a, cls.department_b = cls.env["hr.department"].create(
            [
                {"name": "Engineering", "company_id": cls.company.id},
                {"name": "Works", "company_id": cls.company.id},
            ]
        )
        cls.expert = cls.env["res.partner"].create({"name": "Prof. Zhou"})
        cls.cause = cls.env.ref("quality_incident.cause_method")

    @classmethod
    def _make_user(cls, name, group, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env,
            f"t_{name}",
            PREFIX + group,
            name=name.capitalize(),
            email=f"{name}@example.com",
            company_id=company.id,
            company_ids=[fields.Command.set(company.ids)],
        )

    @classmethod
    def _evidence(cls, user, name="proof.txt", content=b"proof"):
        """Return a command linking a file that ``user`` uploaded."""
        file = cls.env["ir.attachment"].with_user(user).create({"name": name, "raw": content})
        return [fields.Command.link(file.id)]

    @classmethod
    def _incident_vals(cls, **vals):
        return {
            "title": "Honeycombs in column C3",
            "grade": "minor",
            "location": "Axis C/3",
            "description": "Honeycombs after stripping.",
            "occurred_at": fields.Datetime.now() - timedelta(hours=2),
            "project_id": cls.project.id,
            "technical_lead_id": cls.lead.id,
            "inspector_id": cls.inspector.id,
            "engineer_id": cls.engineer.id,
            "estimated_loss": 5000,
            "preliminary_cause": "Poor vibration",
            "responsible_department_id": cls.department_b.id,
            "responsible_person": "Foreman Wang",
            **vals,
        }

    @classmethod
    def _make_incident(cls, user=None, **vals):
        """Return a drafted incident that ``user`` (the reporter unless given) entered with every content of A7."""
        return (
            cls.env["quality.incident"]
            .with_user(user or cls.reporter)
            .create(cls._incident_vals(**vals))
            .with_user(cls.manager)
        )

    @contextmanager
    def assertRaisesRegex(self, exception, regex):
        """Like unittest's, and what was tried is rolled back, as a refused request is."""
        with super().assertRaisesRegex(exception, regex) as caught, self.env.cr.savepoint():
            yield caught

    # ------------------------------------------------------------------
    # The way of an incident, each step by the role it belongs to
    # ------------------------------------------------------------------

    STEPS = ("reported", "verified", "analysis", "plan", "approved", "executing", "acceptance", "closing", "closed")

    def _drive(self, incident, target):
        """Take ``incident`` from where it is to ``target`` (a state, or ``approved``: the plan is)."""
        steps = self.STEPS[self.STEPS.index(incident.state) + 1 if incident.state != "draft" else 0 :]
        for step in steps:
            if step == "analysis" and incident.grade == "minor":
                continue
            getattr(self, f"_step_{step}")(incident)
            if step == target:
                break
        return incident

    def _step_reported(self, incident):
        incident.with_user(self.reporter).action_report()

    def _step_verified(self, incident):
        verifier = self.engineer if incident.grade == "major" else self.inspector
        if incident.grade == "major":
            self.env["quality.scene.protection"].with_user(self.lead).create(
                {
                    "incident_id": incident.id,
                    "measures": "Closed off",
                    "evidence_ids": self._evidence(self.lead),
                }
            )
        incident.with_user(verifier).verification_note = "Seen on the spot"
        incident.with_user(verifier).action_verify()

    def _step_analysis(self, incident):
        if incident.grade == "general":
            incident.with_user(self.lead).written_report = "Report to engineering"
        incident.with_user(self.engineer).action_analyse()

    def _step_plan(self, incident):
        incident.with_user(self.engineer).write(
            {"root_cause": "Vibrated too short", "cause_category_id": self.cause.id}
        )
        if incident.grade == "major":
            self._hold_meeting(incident)
        incident.with_user(self.lead if incident.grade == "minor" else self.engineer).action_plan()

    def _hold_meeting(self, incident):
        return (
            self.env["quality.analysis.meeting"]
            .with_user(self.chief)
            .create(
                {
                    "incident_id": incident.id,
                    "name": "Joint analysis",
                    "conclusion": "Repair with grout",
                    "department_ids": [fields.Command.set((self.department_a | self.department_b).ids)],
                }
            )
        )

    def _write_plan(self, incident):
        """Enter a complete plan: one chosen option, a corrective and a preventive action."""
        option = (
            self.env["quality.treatment.option"]
            .with_user(self.lead)
            .create(
                {
                    "incident_id": incident.id,
                    "name": "Grouting",
                    "method": "repair",
                    "meets_standard": True,
                    "cost": 3000,
                    "days": 2,
                }
            )
        )
        option.action_choose()
        due = fields.Date.today() + timedelta(days=3)
        corrective = (
            self.env["quality.action"]
            .with_user(self.lead)
            .create(
                {
                    "incident_id": incident.id,
                    "name": "Grout the column",
                    "kind": "corrective",
                    "user_id": self.lead.id,
                    "due_date": due,
                }
            )
        )
        preventive = (
            self.env["quality.action"]
            .with_user(self.engineer)
            .create(
                {
                    "incident_id": incident.id,
                    "name": "Train the crew",
                    "kind": "preventive",
                    "user_id": self.engineer.id,
                    "due_date": due,
                }
            )
        )
        return option, corrective, preventive

    def _approvers(self, incident):
        return {"minor": (self.engineer,), "general": (self.chief,), "major": (self.engineer, self.chief)}[
            incident.grade
        ]

    def _step_approved(self, incident):
        self._write_plan(incident)
        incident.with_user(self.lead).action_request_approval()
        for approver in self._approvers(incident):
            incident.with_user(approver).action_approve()

    def _step_executing(self, incident):
        incident.with_user(self.lead).action_execute()

    def _do_action(self, action, user=None):
        user = user or action.user_id
        action.with_user(user).write({"done_note": "Done as planned", "evidence_ids": self._evidence(user)})
        action.with_user(user).action_done()

    def _step_acceptance(self, incident):
        for action in incident.action_ids.filtered(lambda line: line.state == "open"):
            self._do_action(action)
        incident.with_user(self.lead).action_request_acceptance()

    def _draft_acceptance(self, incident, user=None, **vals):
        user = user or self.inspector
        return (
            self.env["quality.acceptance"]
            .with_user(user)
            .create(
                {
                    "incident_id": incident.id,
                    "outcome": "reinspected",
                    "inspection_result": "Sound",
                    "evidence_ids": self._evidence(user),
                    **vals,
                }
            )
        )

    def _step_closing(self, incident):
        self._draft_acceptance(incident)
        incident.with_user(self.inspector).action_accept()

    def _step_closed(self, incident):
        self._settle(incident)
        incident.with_user(self.manager).action_close()

    def _settle(self, incident):
        """Do everything a closure asks for: actions verified, facts, duties, signatures, filing, loss."""
        for action in incident.action_ids.filtered(lambda line: line.state == "done"):
            action.with_user(self.inspector).action_verify()
        self._enter_facts(incident)
        for duty in incident.duty_ids.filtered(lambda line: line.state == "pending"):
            self._send_duty(duty)
        for order in incident.stop_order_ids.filtered(lambda line: line.state == "open"):
            self._sign_all(order)
            order.with_user(self.inspector).action_resume()
        for violation in incident.violation_ids.filtered(lambda line: line.state == "open"):
            violation.with_user(self.chief).decision = "Warned"
            violation.with_user(self.chief).action_decide()
        incident.with_user(self.manager).write({"actual_loss": 4000})
        if incident.grade == "major":
            self.env["quality.team.member"].with_user(self.engineer).create(
                {
                    "incident_id": incident.id,
                    "partner_id": self.expert.id,
                    "role": "expert",
                    "opinion": "Grouting suffices",
                }
            )
            incident.with_user(self.inspector).detailed_filed_proof_ids = self._evidence(self.inspector)
            incident.with_user(self.inspector).action_file_detailed_report()

    def _enter_facts(self, incident):
        self.env["quality.education"].with_user(self.lead).create(
            {
                "incident_id": incident.id,
                "name": "Vibrating concrete",
                "content": "How long, how deep",
                "trainer_id": self.lead.id,
                "held_at": fields.Datetime.now() - timedelta(minutes=5),
                "evidence_ids": self._evidence(self.lead),
                "attendee_ids": [fields.Command.create({"name": "Crew 2"})],
            }
        )
        decision = (
            self.env["quality.responsibility"]
            .with_user(self.lead)
            .create(
                {
                    "incident_id": incident.id,
                    "department_id": self.department_b.id,
                    "decision": "Warning to the crew",
                    "sanction": "warning",
                }
            )
        )
        decision.with_user(self.chief).action_decide()
        for fact in incident.fact_ids.filtered(lambda line: line.state == "open"):
            self._verify_fact(fact)

    def _verify_fact(self, fact):
        fact.with_user(self.lead).write({"statement": "As documented", "evidence_ids": self._evidence(self.lead)})
        fact.with_user(self.inspector).action_verify()

    def _send_duty(self, duty, **vals):
        duty.with_user(self.inspector).write(
            {"channel": "letter", "evidence_ids": self._evidence(self.inspector), **vals}
        )
        duty.with_user(self.inspector).action_send()

    def _sign_all(self, order):
        for signoff in order.signoff_ids:
            signoff.with_user(self.inspector).write(
                {"signer_name": "Zhou", "evidence_ids": self._evidence(self.inspector)}
            )
            signoff.with_user(self.inspector).action_sign()
