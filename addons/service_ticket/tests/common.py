import base64
from datetime import timedelta
from io import BytesIO

from odoo import fields
from odoo.addons.quality_incident.tests.common import QualityCase
from odoo.tests import new_test_user
from PIL import Image


def _pixel():
    """Return a picture of one pixel in base64, as a signature."""
    buffer = BytesIO()
    Image.new("RGB", (1, 1), "black").save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


PIXEL = _pixel()


class ServiceCase(QualityCase):
    """The people of after-sales service, a customer near and one far, qualified engineers, and a ticket's way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.engineer_a = cls._service_user("engineer_a", "engineer")
        cls.engineer_b = cls._service_user("engineer_b", "engineer")
        cls.agent = cls._service_user("agent", "agent")
        cls.leader = cls._service_user("leader", "manager")
        cls.marketing = cls._service_user("marketing", "marketing")
        cls.foreign_agent = cls._service_user("foreign", "manager", cls.other_company)
        cls.station = cls.env["res.partner"].create(
            {"name": "Station", "partner_latitude": 31.2304, "partner_longitude": 121.4737}
        )
        cls.team = cls.env.ref("service_ticket.team_service")
        cls.team.write(
            {
                "leader_id": cls.leader.id,
                "station_id": cls.station.id,
                "member_ids": [fields.Command.set((cls.engineer_a | cls.engineer_b).ids)],
            }
        )
        cls.customer = cls.env["res.partner"].create(
            {"name": "Lake Waterworks", "is_company": True, "email": "lake@example.com", "phone": "021-555-0101",
             "partner_latitude": 31.3, "partner_longitude": 120.6}
        )
        cls.far_customer = cls.env["res.partner"].create(
            {"name": "North Waterworks", "is_company": True, "email": "north@example.com", "phone": "010-555-0102",
             "partner_latitude": 39.9, "partner_longitude": 116.4}
        )
        cls.product = cls.env["product.product"].create({"name": "Water meter DN50"})
        cls.skill = cls.env["hr.skill"].search([("is_service", "=", True)], limit=1)
        employees = cls.env["hr.employee"].create(
            [
                {"name": user.name, "user_id": user.id, "company_id": cls.company.id}
                for user in (cls.engineer_a, cls.engineer_b)
            ]
        )
        cls.employee_a, cls.employee_b = employees
        cls._qualify(employees)

    @classmethod
    def _service_user(cls, name, group, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env, f"s_{name}", f"service_ticket.group_service_{group}", name=name.capitalize(),
            email=f"{name}@service.example.com", company_id=company.id,
            company_ids=[fields.Command.set(company.ids)],
        )

    @classmethod
    def _qualify(cls, employees, day=None):
        day = day or fields.Date.today() - timedelta(days=30)
        for employee in employees:
            assessment = cls.env["service.assessment"].create(
                {
                    "employee_id": employee.id, "skill_id": cls.skill.id,
                    "training_start": day - timedelta(days=70), "training_end": day - timedelta(days=5),
                    "exam_date": day, "score": 90, "examiner_id": cls.leader.id,
                }
            )
            assessment.with_user(cls.leader).action_pass()

    @classmethod
    def _ticket_vals(cls, **vals):
        return {
            "subject": "Meter stands still", "kind": "repair", "channel": "phone", "description": "No more counting.",
            "partner_id": cls.customer.id, "contact_name": "Mr. Lin", "phone": "021-555-0101",
            "product_id": cls.product.id, "team_id": cls.team.id,
            "received_at": fields.Datetime.now() - timedelta(minutes=10), **vals,
        }

    @classmethod
    def _make_ticket(cls, user=None, **vals):
        return cls.env["service.ticket"].with_user(user or cls.agent).create(cls._ticket_vals(**vals))

    def _analyse(self, ticket, solution_type="on_site", user=None):
        return self.env["service.analysis"].with_user(user or self.engineer_a).create(
            {"ticket_id": ticket.id, "cause": "Worn bearing", "solution_type": solution_type, "note": "Change it"}
        )

    def _solution(self, **vals):
        return self.env["service.solution"].with_user(self.engineer_a).create(
            {
                "name": "Worn bearing", "symptom": "The meter stands still", "cause": "Bearing", "fix": "New bearing",
                **vals,
            }
        )

    def _to_analysis(self, ticket):
        ticket.with_user(self.engineer_a).action_accept()
        ticket.with_user(self.engineer_a).action_analyse()
        return ticket

    def _plan_visit(self, ticket, employees=None, **vals):
        employees = employees or self.employee_a
        visit = self.env["service.visit"].with_user(self.agent).create(
            {
                "ticket_id": ticket.id, "planned_start": fields.Datetime.now() + timedelta(hours=2),
                "engineer_ids": [fields.Command.set(employees.ids)],
                "leader_id": employees[0].id if len(employees) > 1 else False, **vals,
            }
        )
        visit.action_plan()
        return visit

    def _leave(self, visit, user=None):
        visit = visit.with_user(user or self.engineer_a)
        visit.check_ids.write({"done": True})
        visit.action_depart()
        visit.action_arrive()
        return visit

    def _finish(self, visit, result="solved", user=None):
        visit = visit.with_user(user or self.engineer_a)
        visit.write(
            {
                "listen": "It stopped on Monday", "look": "No leak", "examine": "Bearing blocked",
                "true_cause": "Worn bearing", "work_done": "Changed", "departure_report": "Runs", "result": result,
                "opinion": "Send a specialist" if result == "unsolved" else False,
            }
        )
        visit.action_finish()
        return visit

    def _sign(self, visit):
        visit.with_user(self.engineer_a).action_sign("Mr. Lin", PIXEL, {"evaluation_overall": "5"})
        return visit

    def _approve(self, visit):
        visit.with_user(self.engineer_a).action_approve_report()
        visit.with_user(self.leader).action_approve()
        return visit

    def _resolve(self, ticket):
        ticket.with_user(self.engineer_a).write({"resolution": "New bearing", "solution_id": self._solution().id})
        ticket.with_user(self.engineer_a).action_resolve()
        return ticket

    def _call_back(self, ticket, result="solved", **vals):
        return self.env["service.callback"].with_user(self.marketing).create(
            {"ticket_id": ticket.id, "person": "Mr. Lin", "result": result, **vals}
        )

    def _clock(self, ticket, kind):
        """Return the newest promise of a kind on ``ticket``."""
        domain = [("res_model", "=", "service.ticket"), ("res_id", "=", ticket.id), ("kind", "=", kind)]
        return self.env["quality.deadline"].search(domain, order="id desc", limit=1)
