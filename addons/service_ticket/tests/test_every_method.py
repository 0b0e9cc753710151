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
        "default_get": "tells what a new record would begin with, nothing of those there are",
    }
    #: models whose methods stand in a table beside what is needed to set them up
    ELSEWHERE = {
        "repair.order": "TestDepotRepair",
        "res.partner": "TestClaimRights",
        "service.cash.receipt": "TestCash",
        "service.fee.record": "TestFees",
        "service.old.parts": "TestPartsRights",
        "service.old.parts.item": "TestPartsRights",
        "service.part.account": "TestPartsRights",
        "service.part.handling": "TestPartsRights",
        "service.part.line": "TestPartsRights",
        "service.part.request": "TestPartsRights",
        "service.part.writeoff": "TestPartsRights",
        "service.station": "TestPartsRights",
        "service.supplier.claim": "TestClaimRights",
        "service.supplier.claim.line": "TestClaimRights",
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
            "service.recall.reply": {"ticket_id": ticket.id, "reply": "fine"},
        }
        recall = {"incident_id": incident.id, "partner_id": self.customer.id, "product_id": self.product.id}
        lot = self.env["stock.lot"].create(
            {"name": "EVERY-1", "product_id": self.product.id, "company_id": self.company.id}
        )
        wizards["service.warranty.check"] = {"lot_id": lot.id}
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
            "hr.employee": self.employee_a,
            "stock.lot": lot,
            "quality.incident": incident,
            "quality.recall.line": self.env["quality.recall.line"].create(recall),
            "quality.deadline": self.env["quality.deadline"].search([("res_model", "=", "service.ticket")], limit=1),
            **{name: self.env[name].with_user(self.leader).create(vals) for name, vals in wizards.items()},
            **self._money_records(),
            "service.warranty.override": self.env["service.warranty.override"]
            .with_user(self.agent)
            .create({"ticket_id": ticket.id, "reason": "x"}),
        }

    def _money_records(self):
        ticket = self._make_ticket(kind="complaint", cause_class="non_quality", severity="light")
        product = self.env.ref("service_ticket.product_service_labour")
        fee = self.env["service.fee.request"].create(
            {
                "ticket_id": ticket.id, "purpose": "x",
                "line_ids": [fields.Command.create({"product_id": product.id, "price_unit": 9})],
            }
        )
        cost_type = self.env.ref("service_ticket.cost_type_other")
        cost = {"ticket_id": ticket.id, "name": "x", "unit_cost": 1, "type_id": cost_type.id}
        return {
            "service.fee.request": fee,
            "service.fee.line": fee.line_ids,
            "service.cost": self.env["service.cost"].create(cost),
            "service.cost.voucher": self.env["service.cost.voucher"],
        }

    def _public_methods(self):
        """Return ``{model: names of the public methods that this addon defines or changes}``."""
        found = {}
        for name, model in self.env.items():
            if model._abstract:
                continue
            for cls in type(model).mro():
                if cls.__module__.startswith("odoo.addons.service_ticket."):
                    names = {key for key, value in vars(cls).items() if isroutine(value) and not key.startswith("_")}
                    found.setdefault(name, set()).update(names - set(self.OPEN) - self._framework_methods(name))
        return {name: sorted(methods) for name, methods in found.items() if methods}

    def _framework_methods(self, name):
        """Return what we only extend on a document of Odoo's own, where Odoo's rights decide."""
        if name.startswith(("service.", "quality.")) or name == "hr.employee.skill":
            return set()
        ours = "odoo.addons.service_ticket."
        return {key for cls in type(self.env[name]).mro() if not cls.__module__.startswith(ours) for key in vars(cls)}

    def test_table(self):
        records = self._records()
        there = self._public_methods()
        missing = set(there) - set(records) - set(self.ELSEWHERE)
        self.assertFalse(missing, "these have public methods: add a record of each to _records")
        tried = 0
        for model in there.keys() & records.keys():
            for name in there[model]:
                for user in (self.portal_user, self.plain_user, self.foreign_agent):
                    new = name in self.NEW and model.startswith("service.")
                    # A summary counts what its reader may read.
                    if user == self.foreign_agent and (new or model == "service.contact.summary"):
                        continue
                    with self.subTest(model=model, method=name, user=user.login):
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
