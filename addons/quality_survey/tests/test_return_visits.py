from datetime import timedelta

from odoo import fields
from odoo.addons.quality_survey.tests.common_visits import VisitsCase
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged


@tagged("post_install", "-at_install")
class TestReturnVisits(VisitsCase):
    """D9: a return visit by phone from the plan to what becomes of the findings."""

    def test_whole_way(self):
        """D9: not reached, tried again, asked, a problem found and acted on, done; feedback with scores and NPS."""
        visit = self._make_visit()
        self.assertRegex(visit.name, r"^RV/\d{4}/\d{5}$")
        self.assertEqual(len(visit.answer_ids), 5)
        clock = visit._find_deadlines("return_visit")
        self.assertEqual((clock.state, clock.user_id), ("running", self.caller))
        self.assertEqual(visit.activity_ids.user_id, self.caller)
        later = fields.Datetime.now() + timedelta(days=2)
        with self.assertRaisesRegex(UserError, "when you try again"):
            self._attempt(visit, reached=False)
        self._attempt(visit, reached=False, next_attempt_at=later)
        self.assertEqual((visit.state, visit.next_attempt_at), ("in_progress", later.replace(microsecond=0)))
        self.assertEqual(visit.activity_ids.date_deadline, later.date())
        self._attempt(visit)
        self.assertFalse(visit.next_attempt_at)
        self.assertEqual(visit.contact_name, "Mr. Lin")
        finding = self._find(visit, product_id=self.product.id, department_id=self.department_a.id)
        with self.assertRaisesRegex(UserError, "(?s)Answer to.*The result.*in their words.*Problem “Leaks"):
            visit.action_done()
        self._answer(visit)
        with self.assertRaisesRegex(UserError, "Problem “Leaks"):
            visit.action_done()
        action = finding.action_make_ticket()
        ticket = self.env["service.ticket"].browse(action["res_id"])
        self.assertEqual(
            (ticket.partner_id, ticket.kind, ticket.product_id), (self.customer, "complaint", self.product)
        )
        self.assertEqual(ticket.return_finding_ids, finding)
        visit.action_done()
        self.assertEqual((visit.state, visit.score), ("done", 75.0))
        self.assertEqual(clock.state, "met")
        self.assertFalse(visit.activity_ids)
        feedback = visit.sudo().feedback_id
        self.assertEqual(
            (feedback.channel, feedback.score, feedback.original_score, feedback.nps, feedback.has_nps),
            ("return_visit", 75.0, 4.0, 9, True),
        )
        self.assertEqual([(one.dimension, one.score) for one in feedback.score_ids], [("quality", 100.0)])
        self.assertEqual((feedback.comment, feedback.region), ("We are content.", "East"))
        self.assertTrue(finding.passed_on_at)
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            visit.words = "Other words"

    def test_opinion_once(self):
        """D10: an opinion is filed once, however often it is filed."""
        visit = self._hold(self._make_visit()).sudo()
        self.assertEqual(visit._file_opinion(), visit.feedback_id)
        rows = self.env["quality.feedback"].search([("source_model", "=", visit._name), ("source_id", "=", visit.id)])
        self.assertEqual(len(rows), 1)

    def test_interviewer_is_no_engineer_concerned(self):
        """D9: who worked for the customer since the last return visit does not ask, by form, RPC or as an attempt."""
        self.engineer_a.group_ids |= self.env.ref("service_ticket.group_service_marketing")
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        self._plan_visit(ticket)
        with self.assertRaisesRegex(UserError, "worked for this customer"):
            self._make_visit(interviewer_id=self.engineer_a.id)
        visit = self._make_visit()
        self.assertIn(self.engineer_a.name, visit.concerned_names)
        with self.assertRaisesRegex(UserError, "worked for this customer"):
            visit.write({"interviewer_id": self.engineer_a.id})
        with self.assertRaisesRegex(UserError, "worked for this customer"):
            visit.sudo().write({"interviewer_id": self.engineer_a.id})
        visit.with_user(self.satisfaction).partner_id = self.far_customer
        visit.interviewer_id = self.engineer_a
        with self.assertRaisesRegex(UserError, "worked for this customer"):
            visit.with_user(self.satisfaction).partner_id = self.customer

    def test_concerned_after_planning(self):
        """D9: an interviewer who works for the customer after the planning cannot begin, nor try to reach them."""
        self.caller.group_ids |= self.env.ref("service_ticket.group_service_engineer")
        visit = self._make_visit()
        self._make_ticket(user_id=self.caller.id)
        with self.assertRaisesRegex(UserError, "worked for this customer"):
            visit.action_start()
        with self.assertRaisesRegex(UserError, "worked for this customer"):
            self._attempt(visit)
        visit.with_user(self.satisfaction).interviewer_id = self.marketing
        with self.assertRaisesRegex(AccessError, "its interviewer"):
            self._attempt(visit)
        self._attempt(visit, self.marketing)
        self.assertEqual(visit.state, "in_progress")

    def test_period_ends_with_the_last_visit(self):
        """D9: the period is since the last return visit: old work does not bar for ever."""
        ticket = self._make_ticket(user_id=self.marketing.id)
        ticket.sudo().action_cancel("Entered twice")
        visit = self._make_visit(interviewer_id=self.marketing.id)
        self.assertFalse(visit.concerned_names)
        self._hold(visit, self.marketing)
        self.env.cr.execute(
            "UPDATE service_ticket SET state = 'closed', closed_at = now() at time zone 'utc' - interval '9 days'"
            " WHERE id = %s", (ticket.id,),
        )
        self.env.invalidate_all()
        self.assertFalse(self._make_visit().concerned_names)
        visit.sudo().invalidate_recordset()
        self.env.cr.execute("UPDATE quality_return_visit SET done_at = '2020-01-01' WHERE id = %s", (visit.id,))
        self.env.invalidate_all()
        self.assertIn(self.marketing.name, self._make_visit().concerned_names)

    def test_grades_are_checked(self):
        """D9: a grade off its scale, a choice of another question, a changed question: refused on the server."""
        visit = self._make_visit()
        overall = visit.answer_ids.filtered(lambda one: one.role == "overall")
        with self.assertRaisesRegex(UserError, "choose from 1 to 5"):
            overall.grade = "9"
        nps = visit.answer_ids.filtered(lambda one: one.role == "nps")
        nps.grade = "0"
        self.assertTrue(nps._is_answered())
        choice = visit.answer_ids.filtered(lambda one: one.answer_type == "choice")
        foreign = self.env["survey.question.answer"].create(
            {"question_id": overall.sudo().question_id.id, "value": "x"}
        )
        with self.assertRaisesRegex(UserError, "another question"):
            choice.choice_id = foreign
        choice.choice_id = choice.sudo().question_id.suggested_answer_ids[0]
        for vals in ({"question": "Easier?"}, {"role": "nps"}, {"scale_max": 3}):
            with self.assertRaisesRegex(UserError, "come from the questionnaire"):
                overall.write(vals)
        with self.assertRaisesRegex(UserError, "come from the questionnaire"):
            self.env["quality.return.answer"].with_user(self.caller).create({"visit_id": visit.id, "question": "x"})

    def test_score_without_overall(self):
        """D9: without a question about all, the score is the mean of the subjects; without grades there is none."""
        visit = self._make_visit()
        self.assertFalse(visit.has_score)
        visit.answer_ids.filtered(lambda one: one.role == "dimension").grade = "2"
        self.assertEqual((visit.has_score, visit.score), (True, 25.0))

    def test_destinations(self):
        """D9: each finding becomes one document, once; linked both ways; what became of it is not entered."""
        visit = self._make_visit()
        self._attempt(visit)
        need = self._find(visit, "need", "A smaller meter")
        improvement = self.env["service.improvement"].browse(need.action_make_improvement()["res_id"])
        self.assertEqual(need.action_make_improvement()["res_id"], improvement.id)
        self.assertEqual((improvement.return_finding_ids, improvement.trend), (need, "wish"))
        with self.assertRaisesRegex(UserError, "became .* already"):
            need.action_make_ticket()
        problem = self._find(visit, department_id=self.department_b.id)
        notice = self.env["quality.rectification"].browse(problem.action_make_rectification()["res_id"])
        self.assertEqual((notice.source, notice.origin_model, notice.origin_id), ("survey", problem._name, problem.id))
        self.assertEqual(notice.recipient_department_id, self.department_b)
        with self.assertRaisesRegex(AccessError, "cannot be entered"):
            need.write({"status": "acted"})
        with self.assertRaisesRegex(AccessError, "cannot be entered"):
            self._find(visit, ticket_id=self._make_ticket().id)
        with self.assertRaisesRegex(UserError, "stays"):
            need.unlink()

    def test_department_answers(self):
        """D9: findings are passed on to the department they concern, whose people see them and answer."""
        worker = self._make_user("worker", "reporter")
        self.department_b.manager_id = self.env["hr.employee"].create(
            {"name": "Worker", "user_id": worker.id, "department_id": self.department_b.id}
        )
        visit = self._make_visit()
        self._attempt(visit)
        finding = self._find(visit, "need", "Faster delivery", department_id=self.department_b.id)
        other = self._find(visit, "need", "Cheaper", department_id=self.department_a.id)
        findings = self.env["quality.return.finding"].with_user(worker)
        self.assertFalse(findings.search([("visit_id", "=", visit.id)]), "not before the visit is done")
        self._answer(visit).action_done()
        self.assertEqual(findings.search([("visit_id", "=", visit.id)]), finding)
        with self.assertRaises(AccessError):
            other.with_user(worker).action_answer("No")
        finding.with_user(worker).action_answer("From May on, two days.")
        self.assertEqual((finding.status, finding.answered_by_id), ("answered", worker))
        with self.assertRaisesRegex(UserError, "answered already"):
            finding.action_answer("Again")
        told = visit.message_ids.filtered(lambda one: worker.partner_id in one.sudo().notified_partner_ids)
        self.assertFalse(told, "a notification of its own, not in the chatter of the visit")

    def test_steps_of_the_wrong_people(self):
        """D9: only the interviewer and those who plan hold a visit; who plans cancels."""
        visit = self._make_visit()
        for call in (visit.action_start, visit.action_done):
            with self.assertRaises(AccessError):
                getattr(visit.with_user(self.marketing), call.__name__)()
        with self.assertRaises(AccessError):
            visit.action_cancel("No time")
        visit.with_user(self.satisfaction).action_cancel("The customer closed")
        self.assertEqual((visit.state, visit.cancel_reason), ("cancelled", "The customer closed"))
        self.assertFalse(visit._find_deadlines("return_visit"))
        with self.assertRaises(UserError):
            visit.with_user(self.satisfaction).write({"state": "done"})
        with self.assertRaises(UserError):
            visit.with_user(self.satisfaction).unlink()
        for vals in ({"done_at": fields.Datetime.now()}, {"score": 100}, {"feedback_id": 1}):
            with self.assertRaisesRegex(AccessError, "set by the system"):
                visit.write(vals)
        with self.assertRaisesRegex(UserError, "does not work in customer satisfaction"):
            self._make_visit(interviewer_id=self.agent.id)

    def test_general_managers_visit(self):
        """D12: the general manager visits on site, with the departments."""
        visit = self._make_visit(
            self.general, programme="general_manager", kind="on_site", interviewer_id=self.general.id,
            participant_ids=[Command.set(self.engineer.ids)], survey_id=False,
        )
        self._attempt(visit, self.general, channel="on_site")
        visit.write({"words": "Wants a new line.", "result": "mixed"})
        visit.action_done()
        self.assertEqual(visit.state, "done")
        self.assertFalse(visit.sudo().feedback_id.has_score)

    def test_register(self):
        """D9: the register of return visits and that of findings, in Excel."""
        visit = self._make_visit()
        self._find(visit)
        for model in ("quality.return.visit", "quality.return.finding"):
            with self.env[model].with_user(self.caller)._register_file([]) as book:
                self.assertGreater(len(book.read()), 3000)
