from inspect import isroutine, signature

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .test_complaints import ComplaintCase


@tagged("post_install", "-at_install")
class TestEveryMethod(ComplaintCase):
    """Every public method × (portal user, employee of no group, other company) is refused."""

    ARGUMENTS = {
        "save_sheet": [[]],
        "take_step": ["depart", "key-123456"],
        "action_sign": ["x", "y"],
        "action_cancel": ["x"],
        "action_reopen": ["x"],
        "action_merge": [1],
        "action_wait": [1],
        "action_answer": ["x"],
        "action_explain": ["x"],
        "action_escalate": ["x"],
        "action_reject_solution": ["x"],
        "action_record_agreement": ["x"],
        "action_ask_leader": ["x"],
        "action_refuse_signature": ["x", "y"],
        "search_solutions": ["x"],
        "action_record_acceptance": ["x"],
        "action_record_refusal": ["x", "y"],
        "action_record_counter": ["x", "y", 1],
        "action_reverse": ["x"],
        "load": [["subject"], [["x"]]],
        "message_new": [{"subject": "x", "email_from": "a@b.example", "body": ""}],
    }
    #: what makes a new record: in the own company others may
    NEW = ("create", "load", "message_new", "search_solutions")

    #: what the framework calls, or guards itself
    OPEN = {
        "message_route": "handles a parsed mail, which no remote call can hand over",
    }

    def _records(self):
        """Return ``{model: record of the company}`` of each model that has public methods of this addon."""
        ticket = self._to_analysis(self._make_ticket())
        analysis = self._analyse(ticket)
        visit = self._plan_visit(ticket)
        done = self._to_analysis(self._make_ticket())
        self._analyse(done, "explanation")
        self._work(done).action_resolve()
        incident = self.env["quality.incident"].create({"title": "x", "ticket_id": ticket.id})
        wizards = {
            "service.ticket.wait": {
                "ticket_ids": ticket.ids, "reason_id": self.env.ref("service_ticket.wait_reason_customer").id,
            },
            "service.ticket.merge": {"ticket_ids": ticket.ids, "target_id": ticket.id},
            "service.visit.sign": {"visit_id": visit.id},
            "service.contact.summary": {},
        }
        return {
            "service.ticket": ticket,
            "service.analysis": analysis,
            "service.visit": visit,
            "service.visit.check": visit.check_ids[:1],
            "service.callback": self._call_back(done),
            "service.question": self._ask(ticket),
            "service.solution": self._solution(),
            "service.contact": self.env["service.contact"].create({"subject": "A", "content": "x"}),
            "service.assessment": self.env["service.assessment"].search([], limit=1),
            "service.improvement": self.env["service.improvement"].create({"name": "x", "note": "y"}),
            "hr.employee.skill": self.employee_a.employee_skill_ids[:1],
            "quality.incident": incident,
            "quality.deadline": self.env["quality.deadline"].search([("res_model", "=", "service.ticket")], limit=1),
            **{name: self.env[name].with_user(self.leader).create(vals) for name, vals in wizards.items()},
            **self._money_records(),
            "service.warranty.override": self.env["service.warranty.override"]
            .with_user(self.agent)
            .create({"ticket_id": ticket.id, "reason": "x"}),
        }

    def _money_records(self):
        ticket = self._make_ticket(warranty_state="out")
        product = self.env.ref("service_ticket.product_service_labour")
        fee = self.env["service.fee.request"].create(
            {
                "ticket_id": ticket.id, "purpose": "x",
                "line_ids": [fields.Command.create({"product_id": product.id, "price_unit": 9})],
            }
        )
        cost_type = self.env.ref("service_ticket.cost_type_other")
        cost = {"ticket_id": ticket.id, "name": "x", "unit_cost": 1, "type_id": cost_type.id}
        return {"service.fee.request": fee, "service.cost": self.env["service.cost"].create(cost)}

    def _public_methods(self):
        """Return ``{model: names of the public methods that this addon defines or changes}``."""
        found = {}
        for name, model in self.env.items():
            if model._abstract:
                continue
            for cls in type(model).mro():
                if cls.__module__.startswith("odoo.addons.service_ticket."):
                    names = {key for key, value in vars(cls).items() if isroutine(value) and not key.startswith("_")}
                    found.setdefault(name, set()).update(names - set(self.OPEN))
        return {name: sorted(methods) for name, methods in found.items() if methods}

    def test_table(self):
        records = self._records()
        there = self._public_methods()
        self.assertFalse(set(there) - set(records), "these have public methods: add a record of each to _records")
        tried = 0
        for model, methods in there.items():
            for name in methods:
                for user in (self.portal_user, self.plain_user, self.foreign_agent):
                    new = name in self.NEW and model.startswith("service.")
                    # A summary counts what its reader may read.
                    if user == self.foreign_agent and (new or model == "service.contact.summary"):
                        continue
                    self._assert_refused(records[model].with_user(user), name)
                    tried += 1
        self.assertGreater(tried, 150)

    def _assert_refused(self, record, name):
        vals = {"skill_id": self.skill.id} if record._name == "hr.employee.skill" else {}
        arguments = {"write": [vals], "create": [[vals]], **self.ARGUMENTS}.get(name, [])
        who = record.env.user.login
        with self.assertRaises(AccessError, msg=f"{record._name}.{name} as {who}"), self.cr.savepoint():
            method = getattr(record.browse() if name in self.NEW else record, name)
            answer = method(*arguments[: len(signature(method).parameters)])
            if name == "load" and not answer["ids"]:
                raise AccessError(answer["messages"][0]["message"])  # an import says it row by row
