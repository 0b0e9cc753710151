from odoo.addons.service_ticket.tests.common import PIXEL
from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import SurveyCase


@tagged("post_install", "-at_install")
class TestFeedbackChannels(SurveyCase):
    """D5, D7, D10, D17, E1: every channel files each opinion exactly once, and corrects it until it is final."""

    def _finished_visit(self):
        ticket = self._to_analysis(self._make_ticket())
        self._analyse(ticket)
        return self._finish(self._leave(self._plan_visit(ticket)))

    def test_service_report(self):
        """D5: filed with its dimensions when the customer evaluates, corrected until the report is approved."""
        visit = self._finished_visit()
        self.assertFalse(self._of(visit))
        visit.with_user(self.engineer_a).action_sign(
            "Mr. Lin", PIXEL, {"evaluation_overall": "2", "evaluation_quality": "4", "evaluation_attitude": "1",
                                       "evaluation_comment": "Rude"},
        )
        row = self._of(visit)
        self.assertEqual(
            (row.channel, row.score, row.comment, row.engineer_id, row.team_id, row.is_final, row.state),
            ("service_report", 25, "Rude", self.employee_a, self.team, False, "open"),
        )
        self.assertEqual({one.dimension: one.score for one in row.score_ids}, {"quality": 75, "service": 0})
        visit.sudo()._evaluate({"evaluation_overall": "5", "evaluation_attitude": "5", "evaluation_timeliness": "5"})
        self.assertEqual(self._of(visit), row)
        self.assertEqual((row.score, row.is_satisfied, row.state), (100, True, "none"), "D5: evaluated again")
        self.assertEqual(
            {one.dimension: one.score for one in row.score_ids}, {"quality": 75, "service": 100, "delivery": 100}
        )
        self.assertIn("25", row.message_ids[0].body, "what it was before stays in the log")
        visit.with_user(self.engineer_a).action_sign("Mr. Lin", PIXEL)
        self._approve(visit)
        self.assertEqual((self._of(visit), row.is_final), (row, True))
        visit.sudo()._sync_feedback()
        self.assertEqual(len(self._of(visit)), 1)

    def _resolved(self):
        visit = self._finished_visit()
        self._approve(self._sign(visit))
        return self._resolve(visit.ticket_id)

    def test_call_back(self):
        """D7: satisfied or not on the phone."""
        ticket = self._resolved()
        missed = self._call_back(ticket, result=False, reached=False)
        self.assertFalse(self._of(missed))
        call = self._call_back(ticket, "leftover", leftover="A drop remains", note="It drips")
        row = self._of(call)
        self.assertEqual((row.channel, row.score, row.original_scale, row.comment, row.is_final),
                         ("call_back", 50, "1-3-5 smileys", "It drips", True))

    def test_rating(self):
        """D5: the evaluation in the portal, changed until the ticket is closed."""
        ticket = self._resolved()
        ticket.sudo()._portal_evaluate("Mr. Lin", "1", "Still wet")
        rating = ticket.sudo().rating_ids
        row = self._of(rating)
        self.assertEqual((row.channel, row.score, row.comment, row.partner_id, row.is_final, row.state),
                         ("rating", 0, "Still wet", self.customer, False, "open"))
        ticket.sudo().rating_apply(4, rating=rating, feedback="Dry now")
        self.assertEqual((self._of(rating), row.score, row.comment, row.state), (row, 75, "Dry now", "none"))
        self._call_back(ticket)
        ticket.with_user(self.marketing).action_confirm()
        ticket.with_user(self.marketing).action_close()
        self.assertEqual((ticket.state, row.is_final), ("closed", True))
        ticket.sudo().rating_apply(1, rating=rating)
        self.assertEqual((row.score, row.comment), (75, "Dry now"), "what was closed stands")

    def test_suggestions_and_complaints(self):
        """D10, D17, E1: unscored, following the ticket until it is resolved; cancelled ones are withdrawn."""
        suggestion = self._make_ticket(kind="suggestion", description="Make it quieter")
        row = self._of(suggestion)
        self.assertEqual((row.channel, row.subject, row.has_score, row.comment, row.state),
                         ("suggestion", "need", False, "Make it quieter", "none"))
        suggestion.with_user(self.agent).write({"description": "Make it much quieter"})
        self.assertEqual(row.comment, "Make it much quieter")
        suggestion.with_user(self.agent).write({"kind": "complaint"})
        both = self._of(suggestion)
        self.assertEqual({one.channel: one.active for one in both}, {"suggestion": False, "complaint": True})
        suggestion.with_user(self.agent).write({"kind": "suggestion"})
        self.assertEqual({one.channel: one.active for one in self._of(suggestion)},
                         {"suggestion": True, "complaint": False})
        suggestion.with_user(self.agent).action_cancel("Twice")
        self.assertFalse(any(self._of(suggestion).mapped("active")), "what is cancelled does not count")
        self.assertFalse(self.feedback.search([("ticket_id", "=", suggestion.id)]))
        repair = self._make_ticket()
        self.assertFalse(self._of(repair))
        self.assertEqual(self._of(self._make_ticket(kind="conduct")).subject, "service")

    def test_final_complaint(self):
        """E4: once the complaint is resolved its opinion stands."""
        ticket = self._make_ticket(kind="complaint")
        row = self._of(ticket)
        row._rewrite({"is_final": True})
        ticket.sudo().write({"description": "Something else"})
        self.assertEqual(row.comment, "No more counting.")

    def test_register_entry(self):
        """D10, D11: an entry of the contact register that is marked as an opinion."""
        contact = self.env["service.contact"].with_user(self.agent).create(
            {"subject": "Letter", "content": "Your meters are good", "partner_id": self.customer.id,
             "answer": "Thank you", "is_opinion": True, "opinion_subject": "quality", "opinion_grade": "5"}
        )
        self.assertFalse(self._of(contact), "not before it is answered")
        contact.action_answer()
        row = self._of(contact)
        self.assertEqual((row.channel, row.subject, row.score, row.is_final), ("register", "quality", 100, False))
        contact.opinion_grade = "4"
        self.assertEqual(row.score, 75)
        contact.is_opinion = False
        self.assertFalse(row.active)
        contact.is_opinion = True
        self.assertTrue(row.active)
        contact.action_archive_contact()
        self.assertTrue(row.is_final)

    def test_batch(self):
        """D10: a thousand complaints are filed in batch."""
        def cost(total):
            self.env.flush_all()
            self.env.invalidate_all()
            tickets = self.env["service.ticket"].sudo().create(
                [self._ticket_vals(kind="repair") for _number in range(total)]
            )
            self.env.flush_all()
            self.env.cr.execute("UPDATE service_ticket SET kind = 'suggestion' WHERE id IN %s", [tuple(tickets.ids)])
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            tickets._sync_feedback()
            self.env.flush_all()
            self.assertEqual(len(self._of(tickets)), total)
            return self.cr.sql_log_count - before
        cost(2)
        few, many = cost(10), cost(100)
        self.assertLessEqual(many, few + 5)


@tagged("post_install", "-at_install")
class TestFollowUp(SurveyCase):
    """F7: a low score is followed up in time, and the loop is seen from every end."""

    def test_low_score(self):
        """F7: owner, deadline and activity; open → contacted → done with a result."""
        row = self._opinion(score=2, team_id=self.team.id)
        self.assertEqual((row.state, row.follow_up_user_id), ("open", self.leader))
        promise = row._find_deadlines("follow_up")
        self.assertEqual((promise.user_id, promise.state, promise.hours), (self.leader, "running", 16))
        self.assertEqual(promise.calendar_id, self.company.resource_calendar_id, "working hours of the company")
        self.assertEqual(row.activity_ids.user_id, self.leader)
        mine = row.with_user(self.leader)
        with self.assertRaisesRegex(Exception, "What came out of the talk"):
            mine.action_contacted()
        self.assertIn("What came out of the talk", mine.what_is_missing)
        mine.contact_note = "The engineer came late"
        mine.action_contacted()
        self.assertEqual((promise.state, row.contacted_by_id), ("met", self.leader))
        with self.assertRaisesRegex(Exception, "(?s)result of the follow-up.*What is done about it"):
            mine.action_followed_up()
        mine.write({"follow_up_result": "ticket", "follow_up_note": "New meter"})
        with self.assertRaisesRegex(Exception, "Open a complaint"):
            mine.action_followed_up()
        mine.follow_up_result = "settled"
        mine.action_followed_up()
        self.assertEqual((row.state, bool(row.done_at), row.activity_ids), ("done", True, row.activity_ids.browse()))
        with self.assertRaisesRegex(Exception, "no longer be changed"):
            mine.contact_note = "Never mind"

    def test_who_is_low(self):
        """F7: below the limit, a detractor, or one dimension; not history, not nobody, not anonymous."""
        self.assertEqual(self._opinion(score=3).state, "none")
        self.assertEqual(self._opinion(score=None, nps=6).state, "open")
        self.assertEqual(self._opinion(score=5, nps=7).state, "none")
        dims = [{"dimension": "price", "score": 1, "scale": "1-5"}]
        low = self._opinion(score=5, scores=dims)
        self.assertEqual(low.state, "open")
        self.assertEqual(self._opinion(score=1, partner_id=False).state, "none")
        self.assertEqual(self._opinion(score=1, is_historic=True).state, "none")
        found = self.feedback.search([("is_low", "=", True)])
        self.assertIn(low, found)
        self.assertTrue(all(found.mapped("is_low")))
        self.company.survey_low_score = 80
        self.assertEqual(self._opinion(score=4).state, "open")

    def test_owner(self):
        """F7: without a team whom the company named, else somebody of marketing."""
        self.company.survey_follow_up_user_id = self.satisfaction
        self.assertEqual(self._opinion(score=1).follow_up_user_id, self.satisfaction)
        self.company.survey_follow_up_user_id = False
        self.assertTrue(self._opinion(score=1).follow_up_user_id.has_group("service_ticket.group_service_marketing"))
        row = self._opinion(score=1)
        row.with_user(self.marketing).follow_up_user_id = self.leader
        self.assertEqual((row._find_deadlines("follow_up").user_id, row.activity_ids.user_id),
                         (self.leader, self.leader))

    def test_complaint(self):
        """F7: one click, or by rule; never twice, and not counted as a second opinion."""
        row = self._opinion(score=1, comment="Broken again", product_id=self.product.id, team_id=self.team.id)
        row.with_user(self.marketing).action_open_complaint()
        ticket = row.complaint_ids
        self.assertEqual((ticket.kind, ticket.partner_id, ticket.product_id, ticket.description, ticket.feedback_id),
                         ("complaint", self.customer, self.product, "Broken again", row))
        row.with_user(self.marketing).action_open_complaint()
        self.assertEqual(row.complaint_ids, ticket)
        self.assertFalse(self._of(ticket), "it is one opinion")
        with self.assertRaises(AccessError):
            self._make_ticket(feedback_id=row.id)
        with self.assertRaises(AccessError):
            self._make_ticket().with_user(self.agent).feedback_id = row
        context = self.env["service.ticket"].with_user(self.agent).with_context(default_feedback_id=row.id)
        self.assertFalse(context.create(self._ticket_vals()).feedback_id)
        self.company.survey_complaint_score = 20
        self.assertFalse(self._opinion(score=2).complaint_ids)
        self.assertTrue(self._opinion(score=1).complaint_ids)
        rude = self._opinion(score=1, scores=[{"dimension": "service", "score": 1, "scale": "1-5"}])
        self.assertEqual(rude.complaint_ids.kind, "conduct")

    def test_loop(self):
        """F7: opinion → ticket → incident → rectification → next score, and back."""
        row = self._opinion(score=1, product_id=self.product.id, team_id=self.team.id)
        row.with_user(self.marketing).action_open_complaint()
        ticket = row.complaint_ids
        self._to_analysis(ticket)
        ticket.with_user(self.engineer_a).cause_class = "quality"
        ticket.with_user(self.engineer_a).action_raise_incident()
        ticket.with_user(self.inspector).action_raise_rectification()
        self.env.invalidate_all()
        self.assertEqual((row.complaint_count, row.incident_count, row.rectification_count), (1, 1, 1))
        notice, incident = row.rectification_ids, row.incident_ids
        for one in (ticket, incident, notice):
            document = one.with_user(self.satisfaction)
            self.assertEqual(document.feedback_count, 1, document)
            action = document.action_open_feedback()
            self.assertEqual(self.feedback.search(action["domain"]), row, document)
        for name in ("complaints", "incidents", "rectifications"):
            action = getattr(row.with_user(self.satisfaction), f"action_open_{name}")()
            self.assertTrue(action["res_id"])
        self.assertFalse(row.next_feedback_id)
        elsewhere = self._opinion(score=1, partner_id=self.far_customer.id)
        other = self._opinion(score=3, product_id=self.env["product.product"].create({"name": "Valve"}).id)
        following = self._opinion(score=5, product_id=self.product.id)
        self.env.invalidate_all()
        self.assertEqual((row.next_feedback_id, row.next_score, row.score_change), (following, 100, 100))
        self.assertFalse((elsewhere | following).next_feedback_id)
        self.assertEqual(other.next_feedback_id, other.browse())
        self.assertEqual(row.with_user(self.marketing).action_open_next()["res_id"], following.id)

    def test_wrong_users(self):
        """F12: every public method refuses portal users, employees of no group and other companies."""
        row = self._opinion(score=1, ticket_id=self._make_ticket().id)
        methods = [name for name in dir(type(row)) if name.startswith("action_")
                   and any("quality_survey" in cls.__module__ and name in vars(cls) for cls in type(row).mro())]
        self.assertGreater(len(methods), 7)
        for name in methods:
            for user in (self.portal_user, self.plain_user, self.foreign_satisfaction, self.engineer_a):
                with self.assertRaises(AccessError, msg=f"{name} as {user.login}"):
                    getattr(row.with_user(user), name)()
        for document in (self._make_ticket(), self._make_incident()):
            for user in (self.portal_user, self.plain_user):
                with self.assertRaises(AccessError):
                    document.with_user(user).action_open_feedback()
