from datetime import timedelta

from odoo import fields
from odoo.addons.quality_survey.tests.common_visits import VisitsCase
from odoo.addons.service_ticket.tests.test_portal import PortalCase
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import tagged


class MarketCase(VisitsCase):
    """A campaign, and respondents who answer."""

    def _campaign(self, user=None, **vals):
        return self.env["quality.market.survey"].with_user(user or self.caller).create(
            {
                "title": "Market 2026", "survey_id": self.survey.id,
                "date_end": fields.Date.today() + timedelta(days=30),
                "respondent_ids": [
                    Command.create({"type": "customer", "partner_id": self.customer.id}),
                    Command.create({"type": "competitor", "name": "Fair talk", "organisation": "Other Pumps"}),
                    Command.create({"type": "researcher", "name": "Prof. Zhou", "email": "zhou@example.com"}),
                ],
                **vals,
            }
        )

    def _reply(self, respondent, overall=4, choice="Meters", words="More digital"):
        """Answer the questionnaire of ``respondent`` as the pages of the survey do."""
        answer = respondent.sudo()._give_link()
        questions = {question.title: question for question in self.survey.question_ids}
        choices = {one.value: one for one in self.survey.question_ids.suggested_answer_ids}
        answer._save_lines(questions["How satisfied are you?"], str(overall))
        answer._save_lines(questions["Which product do you use most?"], str(choices[choice].id))
        answer._save_lines(questions["Anything else?"], words)
        answer._mark_done()
        return answer

    def _analysed(self, **vals):
        campaign = self._campaign(**vals)
        campaign.action_start()
        self._reply(campaign.respondent_ids[0], overall=5)
        campaign.action_analyse()
        return campaign

    def _write_report(self, campaign):
        campaign.write({"causes": "Long delivery", "gaps": "No portal", "improvements": "A portal"})
        return campaign


@tagged("post_install", "-at_install")
class TestMarketSurvey(MarketCase):
    """D13: the yearly market survey: whom, figures by type, causes, gaps with measures, approval."""

    def test_whole_way(self):
        """D13: begun, invited once, answered by link and in a talk, figures by type, gap handed over, approved, PDF."""
        campaign = self._campaign()
        self.assertRegex(campaign.name, r"^MS/\d{4}/\d{3}$")
        campaign.action_start()
        by_type = {one.type: one for one in campaign.respondent_ids}
        self.assertEqual(
            {kind: one.state for kind, one in by_type.items()},
            {"customer": "invited", "competitor": "waiting", "researcher": "invited"},
        )
        mails = self.env["mail.mail"].sudo().search([("model", "=", "quality.market.respondent"),
                                                     ("res_id", "in", campaign.respondent_ids.ids)])
        self.assertEqual(set(mails.mapped("email_to")), {"lake@example.com", "zhou@example.com"})
        for mail in mails:
            answer = by_type["customer" if "lake" in mail.email_to else "researcher"].sudo().user_input_id
            self.assertIn(answer.access_token, mail.body_html)
        inputs = self.env["survey.user_input"].search([("survey_id", "=", self.survey.id)])
        campaign.action_invite()
        self.assertEqual(self.env["survey.user_input"].search([("survey_id", "=", self.survey.id)]), inputs)
        self.assertEqual(len(mails), self.env["mail.mail"].sudo().search_count(
            [("model", "=", "quality.market.respondent"), ("res_id", "in", campaign.respondent_ids.ids)]))
        talk = by_type["competitor"].action_interview()
        self.assertIn(by_type["competitor"].sudo().user_input_id.access_token, talk["url"])
        with self.assertRaisesRegex(UserError, "nobody has answered"):
            campaign.action_analyse()
        self._reply(by_type["customer"], overall=5)
        self._reply(by_type["competitor"], overall=2, choice="Valves", words="Faster service")
        self.assertEqual((campaign.respondent_count, campaign.answered_count), (3, 2))
        self.assertIn("Customer 1/1", campaign.counts_by_type)
        self.assertIn("Research institute 0/1", campaign.counts_by_type)
        campaign.action_analyse()
        means = {one.type: (one.mean, one.answered) for one in campaign.figure_ids if one.has_mean}
        self.assertEqual(means, {"customer": (100.0, 1), "competitor": (25.0, 1)})
        chosen = {(one.type, one.answer): one.answered for one in campaign.figure_ids if one.answer}
        self.assertEqual(chosen, {("customer", "Meters"): 1, ("competitor", "Valves"): 1})
        self.assertIn("Faster service", campaign.figure_ids.mapped("words"))
        opinions = self.env["quality.feedback"].search([("channel", "=", "market")])
        self.assertEqual((opinions.partner_id, opinions.score), (self.customer, 100.0), "competitors are no customers")

        gap = self.env["quality.market.gap"].with_user(self.caller).create(
            {"campaign_id": campaign.id, "name": "No portal", "cause": "Never asked",
             "department_id": self.department_a.id}
        )
        with self.assertRaisesRegex(UserError, "(?s)Analysis of causes.*lag behind.*Improvements.*Gap “No portal”"):
            campaign.action_submit()
        with self.assertRaisesRegex(UserError, "write the measure"):
            gap.action_make_rectification()
        gap.measure = "Build one"
        notice = self.env["quality.rectification"].browse(gap.action_make_rectification()["res_id"])
        self.assertEqual((notice.source, notice.recipient_department_id), ("survey", self.department_a))
        with self.assertRaisesRegex(UserError, "became .* already"):
            gap.action_make_improvement()
        self._write_report(campaign).action_submit()
        self.assertEqual(campaign.approval_state, "pending")
        with self.assertRaisesRegex(UserError, "not an approver"):
            campaign.with_user(self.satisfaction).action_approve()
        with self.assertRaisesRegex(UserError, "no longer be changed"):
            campaign.causes = "Others"
        campaign.with_user(self.general).with_context(force_report_rendering=True).action_approve("Go ahead")
        self.assertEqual(campaign.state, "approved")
        self.assertTrue(campaign.report_id.raw.startswith(b"%PDF"))
        action = self.env.ref("quality_survey.action_report_market_survey")
        html = action._render_qweb_html(action, campaign.ids)[0].decode()
        for text in ("Build one", "Faster service", "100.0", "Go ahead", "66.7 %"):
            self.assertIn(text, html)

    def test_rejected(self):
        """D13: rejected by the general manager, it goes back to the analysis and can be handed in again."""
        campaign = self._write_report(self._analysed())
        campaign.action_submit()
        campaign.with_user(self.general).action_reject("Look deeper")
        self.assertEqual((campaign.state, campaign.approval_state), ("analysis", "rejected"))
        campaign.causes = "Deeper"
        campaign.action_submit()
        campaign.with_user(self.general).action_approve()
        self.assertEqual(campaign.state, "approved")

    def test_author_does_not_approve(self):
        """D13: who wrote the report does not approve it."""
        campaign = self._campaign(self.general, user_id=self.general.id)
        campaign.action_start()
        self._reply(campaign.respondent_ids[0])
        campaign.action_analyse()
        self._write_report(campaign)
        with self.assertRaises(UserError):
            campaign.action_submit()
            campaign.action_approve()

    def test_valid_answers_only(self):
        """D13: unfinished answers, test entries and grades off the scale do not count."""
        campaign = self._campaign()
        campaign.action_start()
        customer, competitor, researcher = campaign.respondent_ids.sorted("id")
        self._reply(customer, overall=3)
        forged = self._reply(competitor)
        forged.user_input_line_ids.filtered(lambda one: one.answer_type == "scale").value_scale = 99
        unfinished = researcher.sudo()._give_link()
        question = self.survey.question_ids[0]
        unfinished._save_lines(question, "1")
        campaign.action_analyse()
        self.assertEqual(
            [(one.type, one.mean) for one in campaign.figure_ids if one.has_mean], [("customer", 50.0)]
        )
        forged.test_entry = True
        campaign.action_refresh()
        self.assertFalse(campaign.figure_ids.filtered(lambda one: one.type == "competitor"))

    def test_what_is_missing(self):
        """D13: one error lists everything; a questionnaire open to anybody is refused."""
        campaign = self._campaign(survey_id=False, respondent_ids=False, date_end=False)
        with self.assertRaisesRegex(UserError, "(?s)questionnaire.*Whom to ask.*Until when"):
            campaign.action_start()
        self.survey.is_anonymous = True
        with self.assertRaisesRegex(UserError, "not anonymous"):
            self._campaign().action_start()
        self.survey.write({"access_mode": "public", "is_anonymous": False})
        with self.assertRaisesRegex(UserError, "invited people only"):
            self._campaign().action_start()

    def test_respondents(self):
        """D13: a contact once; key customers in one click; who was asked stays; answers are not entered."""
        campaign = self._campaign(respondent_ids=False)
        campaign.action_add_customers()
        campaign.action_add_customers()
        self.assertEqual(campaign.respondent_ids.partner_id, self.customer)
        respondent = campaign.respondent_ids
        for vals in ({"state": "answered"}, {"invited_at": fields.Datetime.now()}, {"user_input_id": 1}):
            with self.assertRaises(AccessError):
                respondent.write(vals)
        campaign.action_start()
        with self.assertRaisesRegex(UserError, "stays in the survey"):
            respondent.unlink()
        self._reply(respondent)
        with self.assertRaisesRegex(UserError, "as they answered"):
            respondent.type = "competitor"
        with self.assertRaisesRegex(UserError, "answered already"):
            respondent.action_interview()

    def test_improvement_and_cancel(self):
        """D13: a gap as an improvement for engineering; a campaign is cancelled with a reason by those who plan."""
        campaign = self._analysed()
        gap = self.env["quality.market.gap"].with_user(self.caller).create(
            {"campaign_id": campaign.id, "name": "Weight", "measure": "Lighter housing"}
        )
        improvement = self.env["service.improvement"].browse(gap.action_make_improvement()["res_id"])
        self.assertEqual(improvement.trend, "competitor")
        self.assertEqual(gap.action_make_improvement()["res_id"], improvement.id)
        with self.assertRaises(AccessError):
            gap.write({"rectification_id": 1})
        with self.assertRaises(AccessError):
            campaign.action_cancel("No")
        campaign.with_user(self.satisfaction).action_cancel("Postponed")
        self.assertEqual(campaign.state, "cancelled")

    def test_queries(self):
        """D13: the figures cost the same number of queries, whatever the number of answers."""
        counts = []
        for total in (3, 30):
            campaign = self._campaign(
                respondent_ids=[Command.create({"type": "customer", "name": f"C {number}"}) for number in range(total)]
            )
            campaign.action_start()
            for respondent in campaign.respondent_ids:
                self._reply(respondent, words="Same")
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            campaign.sudo()._read_figures()
            self.env.flush_all()
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 4)


@tagged("post_install", "-at_install")
class TestMarketAnswers(MarketCase, PortalCase):
    """D13: the questionnaire by the link alone, once, and only while the survey runs."""

    def _submit(self, answer, **grades):
        survey = self.survey.access_token
        self.make_jsonrpc_request(f"/survey/begin/{survey}/{answer.access_token}", {})
        post = {str(self.survey.question_ids[0].id): grades.get("overall", "4")}
        return self.make_jsonrpc_request(f"/survey/submit/{survey}/{answer.access_token}", post)[1]

    def test_by_whom(self):
        """D13: without a login, by an interviewer who is logged in, by nobody with a wrong token; once each."""
        campaign = self._campaign()
        campaign.action_start()
        for respondent, user in zip(campaign.respondent_ids[:2], (None, self.caller), strict=True):
            self._login(user)
            answer = respondent.sudo()._give_link()
            page = self.url_open(answer.get_start_url())
            self.assertIn(f'data-answer-token="{answer.access_token}"', page.text)
            self.assertNotIn("error", self._submit(answer))
            self.assertEqual(respondent.state, "answered")
            self.assertIn("error", self._submit(answer, overall="1"))
        self._login(None)
        forged = self.make_jsonrpc_request(f"/survey/submit/{self.survey.access_token}/wrong", {})
        self.assertIn("error", forged[1])
        self.assertEqual(campaign.answered_count, 2)

    def test_off_the_scale(self):
        """D13: a grade off the scale is refused on the server."""
        campaign = self._campaign()
        campaign.action_start()
        self._login(None)
        answer = campaign.respondent_ids[0].sudo()._give_link()
        self.assertEqual(self._submit(answer, overall="99")["error"], "validation")
        self.assertEqual(campaign.answered_count, 0)

    def test_too_late(self):
        """D13: when the collection has ended, the links answer nothing any more."""
        campaign = self._campaign()
        campaign.action_start()
        late = campaign.respondent_ids[1].sudo()._give_link()
        self._reply(campaign.respondent_ids[0])
        campaign.action_analyse()
        self._login(None)
        self.assertIn("error", self._submit(late))
        self.assertEqual(campaign.answered_count, 1)
