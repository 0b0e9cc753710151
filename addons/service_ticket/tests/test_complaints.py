from datetime import timedelta
from inspect import isroutine, signature
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from .common import ServiceCase
from .test_portal import PNG


class ComplaintCase(ServiceCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.laboratory = cls.env["hr.department"].create({"name": "Laboratory", "company_id": cls.company.id})
        cls.chemist = cls._service_user("chemist", "engineer")
        cls.chemist.group_ids = cls.env.ref("quality_incident.group_quality_reporter")
        cls.env["hr.employee"].create(
            {
                "name": "Chemist",
                "user_id": cls.chemist.id,
                "company_id": cls.company.id,
                "department_id": cls.laboratory.id,
            }
        )

    def _complaint(self, **vals):
        ticket = self._make_ticket(kind="complaint", user_id=self.engineer_a.id, **vals)
        self._to_analysis(ticket)
        self._analyse(ticket, "explanation")
        return ticket

    def _work(self, ticket):
        ticket.with_user(self.engineer_a).action_start()
        ticket.with_user(self.engineer_a).write({"resolution": "New meters", "solution_id": self._solution().id})
        return ticket.with_user(self.engineer_a)

    def _ask(self, ticket, purpose="analyse"):
        return (
            self.env["service.question"]
            .with_user(self.agent)
            .create(
                {"ticket_id": ticket.id, "department_id": self.laboratory.id, "question": "Why?", "purpose": purpose}
            )
        )

    def _file(self, ticket):
        return (
            self.env["ir.attachment"]
            .with_user(self.engineer_a)
            .create({"name": "test.png", "raw": PNG, "res_model": ticket._name, "res_id": ticket.id})
        )


@tagged("post_install", "-at_install")
class TestComplaints(ComplaintCase):
    """C8, C17 to C20, E6 to E11, F7: the ways of a complaint, and none past them."""

    def test_quality(self):
        """C17, E6, F7: ours → an incident with everything copied, both know each other; departments hear the result."""
        ticket = self._complaint(demand="New meters")
        question = self._ask(ticket)
        ticket.with_user(self.engineer_a).evidence_ids = [fields.Command.link(self._file(ticket).id)]
        worker = self._work(ticket)
        with self.assertRaisesRegex(UserError, "class of cause"):
            worker.action_resolve()
        worker.cause_class = "quality"
        with self.assertRaisesRegex(UserError, "Raise an incident"):
            worker.action_resolve()
        worker.action_raise_incident()
        incident = ticket.sudo().incident_id
        self.assertEqual((incident.title, incident.ticket_id), (ticket.subject, ticket))
        self.assertIn("New meters", incident.description)
        self.assertEqual(len(incident.evidence_ids), 1)
        self.assertEqual(worker.action_raise_incident()["res_id"], incident.id, "raised once")
        worker.action_resolve()
        self._call_back(ticket)
        desk = ticket.with_user(self.agent)
        desk.action_confirm()
        with self.assertRaisesRegex(UserError, "answer of Laboratory"):
            desk.action_close()
        question.with_user(self.chemist).action_answer("A bad batch")
        desk.action_close()
        feedback = ticket.sudo().question_ids.filtered(lambda one: one.purpose == "feedback")
        self.assertEqual(feedback.department_id, self.laboratory)
        self.assertIn("New meters", feedback.question)

    def test_not_ours(self):
        """C18, E8: not ours is explained with evidence, in a letter that was sent."""
        ticket = self._complaint()
        worker = self._work(ticket)
        worker.cause_class = "non_quality"
        with self.assertRaisesRegex(UserError, "explanation to the customer"):
            worker.action_resolve()
        worker.explanation = "It was opened"
        with self.assertRaisesRegex(UserError, "evidence"):
            worker.action_resolve()
        worker.explanation_file_ids = [fields.Command.link(self._file(ticket).id)]
        with self.assertRaisesRegex(UserError, "sending"):
            worker.action_resolve()
        worker.action_printed_explanation()
        worker.action_resolve()
        self.assertEqual(ticket.state, "resolved")
        with self.assertRaises(UserError):
            worker.action_raise_incident()

    def test_serious(self):
        """C19, E9, E10: departments analyse and approve, the customer agrees, prevention is required; in order."""
        ticket = self._complaint(severity="serious")
        question = self._ask(ticket)
        worker = self._work(ticket)
        worker.cause_class = "other"
        for missing in ("proposed solution", "prevention", "answer of Laboratory"):
            with self.assertRaisesRegex(UserError, f"(?i){missing}"):
                worker.action_request_approval("complaint_handling")
        worker.write({"proposal": "All new", "prevention_measure": "Test each battery"})
        question.with_user(self.chemist).action_answer("A bad batch")
        worker.action_request_approval("complaint_handling")
        with self.assertRaisesRegex(UserError, "approval of the complaint handling form"):
            worker.action_resolve()
        for user in (self.engineer, self.inspector, self.marketing, self.leader):
            ticket.with_user(user).action_approve()
        with self.assertRaisesRegex(UserError, "agreement"):
            worker.action_resolve()
        with self.assertRaises(AccessError):
            worker.action_record_agreement("Forged")
        ticket.with_user(self.agent).action_record_agreement("Mr. Lin, by phone")
        worker.action_resolve()
        self.assertEqual(ticket.state, "resolved")

    def test_changed_proposal(self):
        """E9: what was changed is approved and agreed again."""
        ticket = self._complaint(severity="serious")
        self._ask(ticket).with_user(self.chemist).action_answer("A bad batch")
        worker = self._work(ticket)
        worker.write({"cause_class": "other", "proposal": "All new", "prevention_measure": "Tests"})
        worker.action_request_approval("complaint_handling")
        for user in (self.engineer, self.inspector, self.marketing, self.leader):
            ticket.with_user(user).action_approve()
        ticket.with_user(self.agent).action_record_agreement("Mr. Lin")
        worker.proposal = "Only three"
        self.assertFalse(ticket.sudo().customer_agreed_at)
        with self.assertRaisesRegex(UserError, "approval of the complaint handling form"):
            worker.action_resolve()

    def test_conduct(self):
        """C8: about an engineer, with a finding; substantiated ones count in the next assessment."""
        with self.assertRaisesRegex(UserError, "engineer the complaint is about"):
            self._make_ticket(kind="conduct").with_user(self.agent).action_accept()
        ticket = self._make_ticket(kind="conduct", conduct_employee_id=self.employee_a.id, user_id=self.agent.id)
        self._to_analysis(ticket)
        self._analyse(ticket, "explanation", self.agent)
        desk = ticket.with_user(self.agent)
        desk.action_start()
        desk.resolution = "We talked"
        with self.assertRaisesRegex(UserError, "finding"):
            desk.action_resolve()
        desk.conduct_finding = "substantiated"
        desk.action_resolve()
        assessment = (
            self.env["service.assessment"]
            .with_user(self.leader)
            .create(
                {
                    "employee_id": self.employee_a.id,
                    "skill_id": self.skill.id,
                    "exam_date": fields.Date.today(),
                    "score": 80,
                    "examiner_id": self.leader.id,
                }
            )
        )
        self.assertEqual(assessment.conduct_count, 1)
        with self.assertRaisesRegex(UserError, "complaints about conduct"):
            assessment.action_pass()
        assessment.note = "Talked about it"
        assessment.action_pass()

    def test_dispute(self):
        """C20: a dispute stops no clock."""
        ticket = self._make_ticket(is_dispute=True, contract_ref="C-1")
        self.assertEqual(self._clock(ticket, "first_answer").state, "running")

    def test_suggestion(self):
        """E1: adopted or not, with an answer."""
        ticket = self._make_ticket(kind="suggestion", user_id=self.agent.id).with_user(self.agent)
        ticket.action_accept()
        ticket.resolution = "Good idea"
        with self.assertRaisesRegex(UserError, "adopted"):
            ticket.action_resolve()
        ticket.adoption = "adopted"
        ticket.action_resolve()
        self.assertEqual(ticket.state, "resolved")

    def test_questions(self):
        """D1, D3, E7, E11: a department is asked, has its clock and its worklist, and answers itself."""
        ticket = self._make_ticket(kind="consultation")
        question = self._ask(ticket, "verify")
        self.assertEqual(self._clock(ticket, "department_answer").state, "running")
        mine = self.env["service.question"].with_user(self.chemist).search([("is_mine", "=", True)])
        self.assertIn(question, mine)
        with self.assertRaises(AccessError):
            question.with_user(self.engineer_b).action_answer("Not mine")
        with self.assertRaises(AccessError):
            question.with_user(self.chemist).write({"answer": "Around the button", "state": "answered"})
        question.with_user(self.chemist).action_answer("Delivered in May")
        self.assertEqual(self._clock(ticket, "department_answer").state, "met")
        with self.assertRaises(UserError):
            question.with_user(self.chemist).action_answer("Again")

    def test_told_by_mail(self):
        """E10: the customer hears of each step, and none of these mails counts as an answer."""
        ticket = self._make_ticket()
        ticket.with_user(self.engineer_a).action_accept()
        told = ticket.sudo().message_ids.filtered(lambda message: message.message_type == "auto_comment")
        self.assertEqual(told.partner_ids, self.customer)
        self.assertFalse(ticket.first_answered_at)
        self._analyse(self._to_analysis_only(ticket))
        self._plan_visit(ticket)
        told = ticket.sudo().message_ids.filtered(lambda message: message.message_type == "auto_comment")
        self.assertIn("A visit is planned", " ".join(told.mapped("body")))

    def _to_analysis_only(self, ticket):
        ticket.with_user(self.engineer_a).action_analyse()
        return ticket


@tagged("post_install", "-at_install")
class TestIntake(ComplaintCase):
    """C2, C4, C5, C12, D3, E3, E7, F10: what comes in, and what the system knows about it."""

    def _delivered(self):
        order = self.env["sale.order"].create(
            {"partner_id": self.customer.id, "order_line": [fields.Command.create({"product_id": self.product.id})]}
        )
        self.product.write({"is_storable": True, "tracking": "serial"})
        order.action_confirm()
        lot = self.env["stock.lot"].create({"name": "SN-2026", "product_id": self.product.id})
        picking = order.picking_ids
        picking.move_ids.move_line_ids.unlink()
        picking.move_ids.write(
            {
                "move_line_ids": [
                    fields.Command.create(
                        {"product_id": self.product.id, "lot_id": lot.id, "quantity": 1, "picking_id": picking.id}
                    )
                ],
                "picked": True,
            }
        )
        picking.button_validate()
        return order, lot

    def test_serial(self):
        """E7, F10: a serial number brings product, customer, order and delivery, on the form and without it."""
        order, lot = self._delivered()
        ticket = self._make_ticket(partner_id=False, product_id=False, lot_id=lot.id)
        self.assertEqual(
            (ticket.sale_order_id, ticket.partner_id, ticket.product_id), (order, self.customer, self.product)
        )
        self.assertEqual(ticket.delivered_on, fields.Date.context_today(ticket))
        with Form(self.env["service.ticket"].with_user(self.agent)) as form:
            form.subject = "By form"
            form.lot_id = lot
            self.assertEqual(form.partner_id, self.customer)
            self.assertEqual(form.similar_count, 1)

    def test_clocks(self):
        """C4, C5, D3: near, far, supplier, told to marketing; C20: the phone within the hour."""
        near, far = self._make_ticket(), self._make_ticket(partner_id=self.far_customer.id)
        self.assertTrue(self._clock(near, "onsite"))
        self.assertFalse(self._clock(near, "remote_answer"))
        self.assertFalse(self._clock(far, "onsite"))
        self.assertEqual(self._clock(far, "remote_answer").hours, 12)
        self.assertEqual(self._clock(near, "first_answer").hours, 1)
        near.with_user(self.agent).supplier_needed = True
        self.assertEqual(self._clock(near, "onsite").state, "cancelled")
        self.assertEqual(self._clock(near, "remote_answer").state, "running")
        inside = self._make_ticket(channel="internal")
        self.assertEqual(self._clock(inside, "written_contact").hours, 12)
        self.assertEqual(self._clock(inside, "first_answer").hours, 12)

    def test_distance_by_hand(self):
        """C4: by hand only with a reason; it decides the promise."""
        ticket = self._make_ticket()
        with self.assertRaises(ValidationError):
            ticket.with_user(self.agent).distance_manual_km = 150
        ticket.with_user(self.agent).write({"distance_manual_km": 150, "distance_reason": "Ferry"})
        self.assertEqual(self._clock(ticket, "onsite").state, "cancelled")

    def test_written_contact(self):
        """C5, C12: the letter that was archived keeps the promise; a call does not."""
        ticket = self._make_ticket(channel="internal")
        contacts = self.env["service.contact"].with_user(self.agent)
        vals = {
            "subject": "A",
            "content": "x",
            "ticket_id": ticket.id,
            "direction": "out",
            "partner_id": self.customer.id,
        }
        call = contacts.create({**vals, "channel": "phone"})
        call.action_answer()
        self.assertEqual(self._clock(ticket, "first_answer").state, "met")
        self.assertEqual(self._clock(ticket, "written_contact").state, "running")
        letter = contacts.create({**vals, "channel": "letter"})
        file = self.env["ir.attachment"].with_user(self.agent).create({"name": "a.png", "raw": PNG})
        letter.evidence_ids = [fields.Command.link(file.id)]
        letter.action_answer()
        self.assertEqual(self._clock(ticket, "written_contact").state, "met")

    def test_contact_register(self):
        """C12: in order, answered clearly, the unclear clarified first, archived with its letter, never deleted."""
        contact = (
            self.env["service.contact"]
            .with_user(self.agent)
            .create({"subject": "A", "content": "x", "channel": "letter", "is_unclear": True, "answer": "Yes"})
        )
        with self.assertRaisesRegex(UserError, "ask back"):
            contact.action_answer()
        contact.clarification = "He means the gas meter"
        contact.action_answer()
        with self.assertRaisesRegex(UserError, "as a file"):
            contact.action_archive_contact()
        with self.assertRaises(UserError):
            contact.unlink()
        action = contact.action_create_ticket()
        ticket = self.env["service.ticket"].browse(action["res_id"])
        self.assertEqual((ticket.received_at, ticket.contact_ids), (contact.received_at, contact))

    def test_appointment(self):
        """D3: late against the time the customer asked for counts as late."""
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        asked = fields.Datetime.now() + timedelta(days=3)
        visit = self._plan_visit(ticket, requested_at=asked, planned_start=asked)
        self.assertEqual(self._clock(ticket, "appointment").due_at, asked)
        self.assertEqual(self._clock(ticket, "onsite").due_at, asked, "later because the customer wants it so")
        self.assertEqual(visit.calendar_event_ids.start, asked)

    def test_breach_needs_a_reason(self):
        """E4: a broken promise is explained before the ticket is closed."""
        ticket = self._make_ticket(
            kind="consultation", received_at=fields.Datetime.now() - timedelta(days=2)
        ).with_user(self.agent)
        ticket.action_accept()
        ticket.sudo()._answered()
        ticket.resolution = "Told"
        ticket.action_resolve()
        ticket.action_confirm()
        with self.assertRaisesRegex(UserError, "was late"):
            ticket.action_close()
        for row in ticket._breaches():
            row.with_user(self.agent).action_explain("The line was down")
        ticket.action_close()
        self.assertEqual(ticket.state, "closed")

    def test_merge(self):
        """E4: the same matter twice is one; other customers' are never merged."""
        first, second = self._make_ticket(), self._make_ticket(subject="Same")
        foreign = self._make_ticket(partner_id=self.far_customer.id)
        with self.assertRaisesRegex(UserError, "same customer"):
            foreign.with_user(self.agent).action_merge(first.id)
        asked = second.with_user(self.agent).action_merge()
        self.assertEqual(asked["context"]["default_target_id"], first.id, "the likeliest one is proposed")
        wizards = self.env["service.ticket.merge"].with_user(self.agent).with_context(**asked["context"])
        wizard = wizards.create({})
        self.assertNotIn(foreign, wizard.candidate_ids)
        wizard.action_merge()
        self.assertEqual((second.state, second.merged_into_id), ("cancelled", first))

    def test_order(self):
        """E7: an order brings customer, product and the day of delivery, on the form and without it."""
        order, _lot = self._delivered()
        today = fields.Date.context_today(order)
        ticket = self._make_ticket(partner_id=False, product_id=False, sale_order_id=order.id)
        known = (ticket.partner_id, ticket.product_id, ticket.delivered_on)
        self.assertEqual(known, (self.customer, self.product, today))
        with Form(self.env["service.ticket"].with_user(self.agent)) as form:
            form.subject = "By form"
            form.partner_id = self.far_customer
            form.sale_order_id = order
            self.assertEqual(form.partner_id, self.far_customer, "what was typed stays")
            self.assertEqual((form.product_id, form.delivered_on), (self.product, today))

    def test_place(self):
        """C4: the place is looked up by the address; without one, or when it is not found, it says what to do."""
        partners = type(self.env["res.partner"])
        ticket = self._make_ticket(partner_id=self.env["res.partner"].create({"name": "Nowhere"}).id)
        with self.assertRaisesRegex(UserError, "enter the address"):
            ticket.action_locate()
        self.assertFalse(ticket.map_url)
        ticket.partner_id.city = "Suzhou"

        def found(partner):
            partner.write({"partner_latitude": 31.3, "partner_longitude": 120.6})

        nowhere = patch.object(partners, "geo_localize", lambda partner: None)
        with nowhere, self.assertRaisesRegex(UserError, "not found"):
            ticket.action_locate()
        with patch.object(partners, "geo_localize", found):
            ticket.action_locate()
        self.assertAlmostEqual(ticket.distance_km, 83, delta=3)
        self.assertIn("mlat=31.3&mlon=120.6", ticket.map_url)

    def test_solutions_in_chinese(self):
        """C16: found by symptom in Chinese and English; retired ones are not offered."""
        solution = self._solution(name="更换电池", symptom="显示屏不亮，没有读数", cause="电池耗尽", fix="更换")
        found = self.env["service.solution"].with_user(self.engineer_b)
        self.assertEqual(found.search_solutions("水表显示屏不亮了")[0]["id"], solution.id)
        solution.with_user(self.leader).action_approve()
        solution.with_user(self.leader).action_retire()
        self.assertFalse([one for one in found.search_solutions("显示屏不亮") if one["id"] == solution.id])

    def test_qualification(self):
        """C1: two months of training, another examiner; the certificate has an end and a reminder before it."""
        vals = {
            "employee_id": self.env["hr.employee"].create({"name": "New", "company_id": self.company.id}).id,
            "skill_id": self.skill.id,
            "training_start": fields.Date.today() - timedelta(days=40),
            "training_end": fields.Date.today(),
            "exam_date": fields.Date.today(),
            "score": 90,
            "examiner_id": self.leader.id,
        }
        assessment = self.env["service.assessment"].with_user(self.leader).create(vals)
        with self.assertRaisesRegex(UserError, "60 days"):
            assessment.action_pass()
        assessment.training_start = fields.Date.today() - timedelta(days=61)
        assessment.action_pass()
        self.assertTrue(assessment.valid_to > fields.Date.today())
        row = self.env["quality.deadline"].search(
            [("res_model", "=", assessment._name), ("res_id", "=", assessment.id), ("kind", "=", "assessment")]
        )
        self.assertEqual(row.state, "running")
        with self.assertRaises(UserError):
            self.env["hr.employee.skill"].with_user(self.env.ref("base.user_admin")).create(
                {
                    "employee_id": vals["employee_id"],
                    "skill_id": self.skill.id,
                    "skill_type_id": self.skill.skill_type_id.id,
                    "skill_level_id": self.skill.skill_type_id.skill_level_ids[:1].id,
                }
            )


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
