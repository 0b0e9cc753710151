from datetime import timedelta

from odoo import fields
from odoo.addons.service_ticket.tests.test_portal import PortalCase
from odoo.exceptions import UserError, ValidationError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .common import SurveyCase


class SurveyHttpCase(SurveyCase, PortalCase):
    """Somebody at a browser, with nothing but a link."""

    def _open(self, invitation):
        """Open the link of the mail without a login; return ``(survey token, answer token)``."""
        response = self.url_open(f"/survey/invitation/{invitation.access_token}", allow_redirects=True)
        self.assertEqual(response.status_code, 200)
        *_path, survey_token, answer_token = response.url.split("?")[0].split("/")
        return survey_token, answer_token

    def _rpc(self, step, tokens, **post):
        return self.make_jsonrpc_request(f"/survey/{step}/{tokens[0]}/{tokens[1]}", post)

    def _submit(self, tokens, answers, begin=True):
        """Begin and send the answers; return what the server says."""
        if begin:
            self._rpc("begin", tokens)
        return self._rpc("submit", tokens, **answers)[1]

    def _answer(self, invitation, survey="post_service", **answers):
        tokens = self._open(invitation)
        return tokens, self._submit(tokens, self._answers(survey, **answers))

    def _fresh_browser(self):
        """Forget every cookie."""
        self.authenticate(None, None)


@tagged("post_install", "-at_install")
class TestSurveyAnswers(SurveyHttpCase):
    """E5: the link in the mail is answered without a login, once, and nothing crafted gets in."""

    def setUp(self):
        super().setUp()
        self.person = self._person("Qiao")
        self.rule = self._rule()
        self.invitation = self._invite(self.person, self.rule)
        self.answer = self.env["survey.user_input"].sudo()

    def test_answered(self):
        """E5, D10: the answer becomes one opinion, with its dimensions, words and whether they recommend us."""
        ticket = self._make_ticket(partner_id=self.person.id)
        self.invitation.ticket_id = ticket
        _tokens, result = self._answer(self.invitation, overall="4", quality="5", conduct="2", nps="0", words="Slow")
        self.assertIn("Thank you", result["survey_content"])
        answer = self.answer.search([("invitation_id", "=", self.invitation.id)])
        row = self._of(answer)
        self.assertEqual(
            (row.channel, row.score, row.nps, row.has_nps, row.comment, row.partner_id, row.ticket_id, row.team_id),
            ("survey", 75, 0, True, "Slow", self.person, ticket, self.team), "a zero is an answer",
        )
        self.assertEqual({one.dimension: one.score for one in row.score_ids}, {"quality": 100, "service": 25})
        self.assertEqual((self.invitation.state, bool(self.invitation.answered_at)), ("answered", True))
        self.assertEqual(row.survey_id, self.rule.survey_id)
        self.assertEqual(row.state, "open", "whoever would not recommend us is called")

    def test_not_twice(self):
        """E5: neither by going back, nor by the link again, nor by a second begun answer, nor by the shop's retry."""
        tokens, _result = self._answer(self.invitation, overall="5")
        answers = self._answers(overall="1")
        self.assertEqual(self._rpc("submit", tokens, **answers)[1]["error"], "unauthorized")
        self.assertIn("answered already", self.url_open(f"/survey/invitation/{self.invitation.access_token}").text)
        retry = self.url_open(f"/survey/retry/{tokens[0]}/{tokens[1]}")
        again = retry.url.split("?")[0].split("/")[-2:]
        self.assertNotEqual(again[1], tokens[1])
        self.assertEqual(self._submit(again, answers), {"error": "unauthorized"})
        self.assertEqual(len(self._opinions()), 1)
        self.assertEqual(self._opinions().score, 100)

    def _opinions(self):
        return self.feedback.search([("survey_id", "=", self.rule.survey_id.id)])

    def test_unique_in_the_database(self):
        """E5: two posts at the same time: the second finds the invitation answered, whatever it read before."""
        tokens = self._open(self.invitation)
        self._rpc("begin", tokens)
        answer = self.answer.search([("invitation_id", "=", self.invitation.id)])
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.answer.create({"survey_id": answer.survey_id.id, "invitation_id": self.invitation.id})
        answer._mark_done()
        with self.assertRaisesRegex(UserError, "stays as it is"):
            answer._mark_done()
        with self.assertRaisesRegex(UserError, "stays as it is"):
            answer._save_lines(self._question("post_service", "overall"), "1")
        self.assertEqual(self._rpc("submit", tokens, **self._answers(overall="1"))[1], {"error": "unauthorized"})

    def test_crafted(self):
        """E5: values out of range, foreign choices and other kinds of values are refused with a message."""
        tokens = self._open(self.invitation)
        self._rpc("begin", tokens)
        foreign = self.env.ref("quality_survey.answer_yearly_again_1")
        for answers in (
            {"overall": "99"}, {"overall": "0"}, {"overall": "-1"}, {"overall": "4.5"}, {"overall": "x"},
            {"overall": ["4", "5"]}, {"overall": {"a": 1}}, {"overall": "4", "nps": "11"},
            {"overall": "4", "nps": "-1"}, {"overall": "4", "words": "x" * 10001}, {"overall": "٤"}, {"nps": "9"},
        ):
            result = self._rpc("submit", tokens, **self._answers(**answers))[1]
            self.assertEqual(result.get("error"), "validation", answers)
        self.assertFalse(self._opinions())
        yearly = self._invite(self._person("Ren"), self._rule("yearly"))
        tokens = self._open(yearly)
        self._rpc("begin", tokens)
        other = self.env["survey.question.answer"].search([("question_id", "!=", foreign.question_id.id)], limit=1)
        for value in (str(other.id), "999999", "x", [str(foreign.id), str(foreign.id)], {"1": 2}, True):
            result = self._rpc("submit", tokens, **self._answers("yearly", overall="4", again=value))[1]
            self.assertEqual(result.get("error"), "validation", value)
        result = self._rpc("submit", tokens, **self._answers("yearly", overall="4", again=str(foreign.id), nps=0))[1]
        self.assertIn("survey_content", result)
        row = self.feedback.search([("survey_id", "=", yearly.survey_id.id)])
        self.assertEqual((row.repurchase, row.nps, row.has_nps), (100, 0, True))

    def test_strangers(self):
        """E5, F12: wrong token, another's token, after the end, signed in as somebody else, staff."""
        other = self._invite(self._person("Ren"), self.rule)
        tokens, others = self._open(self.invitation), self._open(other)
        self.assertEqual(self._rpc("submit", (tokens[0], "0" * 36), **self._answers(overall="1"))[1],
                         {"error": "token_wrong"})
        self.assertEqual(self.url_open("/survey/invitation/" + "0" * 64).status_code, 404)
        self.assertEqual(self.url_open("/survey/invitation/x").status_code, 404)
        self._submit(others, self._answers(overall="5", words="The secret of Ren"))
        for page in (f"/survey/{tokens[0]}/{tokens[1]}", f"/survey/print/{tokens[0]}",
                     f"/survey/print/{tokens[0]}?answer_token={tokens[1]}", f"/survey/start/{tokens[0]}",
                     f"/survey/results/{self.rule.survey_id.id}"):
            self.assertNotIn("The secret of Ren", self.url_open(page).text, page)
        self.assertEqual(self.answer.search_count([("survey_id", "=", self.rule.survey_id.id)]), 2,
                         "nobody makes an answer without an invitation")
        for user in (self.contact, self.agent, self.satisfaction):
            self._login(user)
            response = self.url_open(f"/survey/invitation/{self.invitation.access_token}")
            self.assertEqual(response.status_code, 403)
            self.assertIn("somebody else", response.text)
            self.assertEqual(self._rpc("submit", tokens, **self._answers(overall="1"))[1],
                             {"error": "answer_wrong_user"})
        self._login(None)
        self.invitation._cancel("by_hand")
        self.assertEqual(self.url_open(f"/survey/invitation/{self.invitation.access_token}").status_code, 410)
        self.assertEqual(self._rpc("submit", tokens, **self._answers(overall="1"))[1], {"error": "unauthorized"})
        self.assertEqual(len(self._opinions()), 1)

    def test_signed_in(self):
        """E5: a portal user answers the own invitation while signed in."""
        invitation = self._invite(self.contact.partner_id, self.rule)
        self._login(self.contact)
        self._answer(invitation, overall="5")
        self.assertEqual((invitation.state, self._opinions().partner_id), ("answered", self.contact.partner_id))

    def test_expired(self):
        """E5: after its days an invitation takes no answer."""
        tokens = self._open(self.invitation)
        self._rpc("begin", tokens)
        self.invitation.expires_at = fields.Datetime.now() - timedelta(minutes=1)
        self.assertEqual(self._rpc("submit", tokens, **self._answers(overall="1"))[1], {"error": "unauthorized"})
        self.assertEqual(self.url_open(f"/survey/invitation/{self.invitation.access_token}").status_code, 410)

    def test_opt_out(self):
        """E5: the link in the mail takes somebody off the list without a login; following it alone does nothing."""
        page = f"/survey/invitation/{self.invitation.access_token}/stop"
        self.assertIn("No more questionnaires?", self.url_open(page).text)
        self.assertFalse(self.person.survey_opt_out, "a mail scanner follows links")
        response = self.url_open(page, data={"csrf_token": "x"})
        self.assertEqual(response.status_code, 400)
        self.assertFalse(self.person.survey_opt_out)
        csrf = self.url_open(page).text.split('name="csrf_token" value="')[1].split('"')[0]
        self.assertIn("do not ask you any more", self.url_open(page, data={"csrf_token": csrf}).text)
        self.assertTrue(self.person.survey_opt_out)
        self.assertEqual((self.invitation.state, self.invitation.cancel_reason), ("cancelled", "opt_out"))
        self.assertIn("taken off the list", self.url_open(page).text)
        later = self._invite(self.person, self.rule, key="later")
        self.assertEqual((later.state, later.cancel_reason), ("cancelled", "opt_out"))

    def test_answers_stay(self):
        """F12: nobody changes or deletes an answer; the questionnaire stays what it was."""
        self._answer(self.invitation, overall="5", words="Good")
        answer = self.answer.search([("invitation_id", "=", self.invitation.id)])
        admin = self.env.ref("base.user_admin")
        for user in (admin, self.satisfaction, self.marketing):
            for change in (
                lambda one: one.write({"state": "new"}), lambda one: one.write({"partner_id": False}),
                lambda one: one.unlink(), lambda one: one.user_input_line_ids[0].write({"value_scale": 1}),
                lambda one: one.user_input_line_ids.unlink(),
            ):
                with self.assertRaises(UserError):
                    change(answer.with_user(user))
        self.assertTrue(answer.with_user(self.marketing).user_input_line_ids)
        with self.assertRaises(UserError):
            answer.sudo().unlink()
        with self.assertRaisesRegex(UserError, "invited already"):
            self.rule.survey_id.with_user(self.satisfaction).is_anonymous = True
        with self.assertRaisesRegex(UserError, "invited already"):
            self.rule.survey_id.with_user(admin).survey_type = "custom"

    def test_erasure(self):
        """F12: the words of a person who is erased go from the answers too, the figures stay."""
        self.person.name = "Qiao Lanying"
        self._answer(self.invitation, overall="5", words="I am Qiao Lanying")
        answer = self.answer.search([("invitation_id", "=", self.invitation.id)])
        erasure = self.env["quality.erasure"].with_user(self.env.ref("base.user_admin")).sudo(False)
        erasure._erase_texts(erasure._person(self.person))
        self.assertNotIn("Qiao", " ".join(answer.user_input_line_ids.mapped(lambda one: one.value_text_box or "")))
        self.assertNotIn("qiao", answer.email or "")
        self.assertEqual(self._opinions().score, 100)

    def test_questionnaires(self):
        """E5, F1: the ready questionnaires say what each question is asked for; nonsense is refused."""
        for name in ("post_service", "return_visit", "yearly", "loyalty", "market", "acceptance"):
            survey = self.env.ref(f"quality_survey.survey_{name}")
            self.assertEqual((survey.survey_type, survey.access_mode, survey.company_id.id),
                             ("satisfaction", "token", False))
            self.assertEqual(len(survey.question_ids.filtered(lambda one: one.feedback_role == "overall")), 1, name)
            self.assertTrue(survey._fields["title"].translate and survey.question_ids._fields["title"].translate)
            survey.check_validity()
            survey.with_user(self.satisfaction).read(["title"])
        survey = self.env.ref("quality_survey.survey_post_service")
        nps, words = self._question("post_service", "nps"), self._question("post_service", "words")
        with self.assertRaisesRegex(ValidationError, "from 0 to 10"):
            nps.scale_min = 1
        with self.assertRaisesRegex(ValidationError, "on a scale or by one choice"):
            words.feedback_role = "overall"
        with self.assertRaisesRegex(ValidationError, "what it is about"):
            self._question("post_service", "quality").feedback_subject = False
        with self.assertRaisesRegex(ValidationError, "only one question"):
            self._question("post_service", "quality").feedback_role = "overall"
            survey._check_satisfaction()
        with self.assertRaisesRegex(ValidationError, "nobody is examined"):
            survey.is_time_limited = True
        loyalty = self.env.ref("quality_survey.survey_loyalty")
        with self.assertRaisesRegex(ValidationError, "neither for a login"):
            loyalty.users_login_required = True

    def test_companies(self):
        """F12: questionnaires, rules, invitations and answers of another company are not there."""
        own = self.env["survey.survey"].create(
            {"title": "Own", "survey_type": "satisfaction", "company_id": self.company.id}
        )
        foreign = self.foreign_satisfaction
        self.assertFalse(self.env["survey.survey"].with_user(foreign).search([("id", "=", own.id)]))
        self.assertTrue(self.env["survey.survey"].with_user(self.satisfaction).search([("id", "=", own.id)]))
        for record in (self.rule, self.invitation):
            self.assertFalse(record.with_user(foreign).search([("id", "=", record.id)]))
            self.assertTrue(record.with_user(self.marketing).search([("id", "=", record.id)]))
        for user in (self.plain_user, self.portal_user, self.engineer_a):
            for record in (own, self.rule, self.invitation):
                with self.assertRaises(UserError):
                    record.with_user(user).read(["display_name"])
        for user in (self.marketing, self.satisfaction):
            with self.assertRaises(UserError):
                self.invitation.with_user(user).read(["access_token"])
            with self.assertRaises(UserError):
                self.invitation.with_user(user).write({"state": "answered"})
            with self.assertRaises(UserError):
                self.invitation.with_user(user).unlink()
