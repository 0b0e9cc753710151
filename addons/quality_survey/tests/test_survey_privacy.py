import json

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .test_survey_answers import SurveyHttpCase


@tagged("post_install", "-at_install")
class TestSurveyPrivacy(SurveyHttpCase):
    """E5, done-when 4: nobody can tell who answered what in an anonymous questionnaire."""

    def setUp(self):
        super().setUp()
        self.rule = self._rule("loyalty")
        self.survey = self.rule.survey_id
        self.answers = self.env["survey.user_input"].sudo().search
        self.other_team = self.env["service.team"].create({"name": "Second team"})

    def _ask(self, number, team=None):
        """Return a sent invitation about a ticket of a person of their own."""
        person = self._person(f"Person{number}")
        ticket = self._make_ticket(partner_id=person.id, team_id=(team or self.team).id)
        invitation = self._invite(person, self.rule, key=str(number))
        invitation.ticket_id = ticket
        return invitation

    def _give(self, invitation, **answers):
        self._fresh_browser()
        return self._answer(invitation, "loyalty", **{"overall": "1", "nps": "2", **answers})

    def _shown(self, user=None):
        return self.feedback.with_user(user or self.satisfaction).search([("survey_id", "=", self.survey.id)])

    def test_no_thread(self):
        """Nothing in the database leads from an answer to a person, an invitation, a ticket or a moment."""
        invitation = self._ask(1)
        written = invitation.write_date
        self._give(invitation, words="Bad", segment=str(self.env.ref("quality_survey.answer_loyalty_segment_1").id))
        answer = self.answers([("survey_id", "=", self.survey.id)])
        row = self.feedback.sudo().search([("survey_id", "=", self.survey.id)])
        self.env.cr.execute("SELECT to_jsonb(i) FROM survey_user_input i WHERE id = %s", [answer.id])
        [stored] = self.env.cr.fetchone()
        for name in ("partner_id", "email", "nickname", "invitation_id", "invite_token", "lang_id", "deadline"):
            self.assertIsNone(stored[name], name)
        self.env.cr.execute("SELECT to_jsonb(f) FROM quality_feedback f WHERE id = %s", [row.id])
        [filed] = self.env.cr.fetchone()
        for name in ("partner_id", "ticket_id", "visit_id", "source_model", "team_id", "product_id", "region",
                     "customer_class", "segment", "engineer_id", "external_ref", "follow_up_user_id"):
            self.assertIsNone(filed[name], name)
        self.assertFalse(filed["source_id"])
        today = fields.Datetime.now()
        quarter = f"{today.year}-{(today.month - 1) // 3 * 3 + 1:02}-01T12:00:00"
        for moments in (stored, filed, *self._lines(answer), *self._scores(row)):
            for name in ("create_date", "write_date", "start_datetime", "end_datetime", "given_at"):
                if name in moments:
                    self.assertEqual(moments[name], quarter, name)
            self.assertEqual({moments["create_uid"], moments["write_uid"]}, {1})
        self.env.cr.execute(
            "SELECT to_jsonb(i) FROM quality_survey_invitation i WHERE id = %s", [invitation.id]
        )
        [kept] = self.env.cr.fetchone()
        self.assertEqual((kept["state"], kept["answered_at"], kept["next_action_at"]), ("answered", None, None))
        self.assertEqual(invitation.write_date, written, "not even the last change of the invitation tells when")
        self.assertFalse(json.dumps(kept).count(stored["access_token"]))
        for model, record in (("survey.user_input", answer), ("quality.feedback", row)):
            self.assertFalse(self.env["mail.message"].sudo().search(
                [("model", "=", model), ("res_id", "=", record.id)]), model)
            self.assertFalse(record.message_follower_ids)
            self.assertFalse(record.activity_ids)
        self.assertEqual(row.state, "none", "nobody is known to be called")

    def _lines(self, answer):
        self.env.cr.execute("SELECT to_jsonb(l) FROM survey_user_input_line l WHERE user_input_id = %s", [answer.id])
        return [row[0] for row in self.env.cr.fetchall()]

    def _scores(self, row):
        self.env.cr.execute("SELECT to_jsonb(s) FROM quality_feedback_score s WHERE feedback_id = %s", [row.id])
        return [found[0] for found in self.env.cr.fetchall()]

    def test_followers_hear_nothing(self):
        """Whoever follows the questionnaire gets no message at the minute somebody answers."""
        self.survey.message_subscribe(self.satisfaction.partner_id.ids)
        invitation = self._ask(1)
        self.env.flush_all()
        self.env.cr.precommit.run()  # what setting up still has to log
        before = self.env["mail.message"].sudo().search([])
        self._give(invitation)
        new = self.env["mail.message"].sudo().search([]) - before
        self.assertFalse(new.mapped(lambda one: (one.model, one.body, one.subject)))

    def test_link_is_dead(self):
        """The address in the log of a web server leads to nothing afterwards."""
        invitation = self._ask(1)
        tokens, result = self._give(invitation)
        self.assertNotIn("o_survey_review", result["survey_content"])
        self.assertFalse(self.answers([("access_token", "=", tokens[1])]))
        for page in (f"/survey/{tokens[0]}/{tokens[1]}", f"/survey/print/{tokens[0]}?answer_token={tokens[1]}"):
            text = self.url_open(page).text
            self.assertNotIn("All in all", text, page)
        self.assertIn("answered already", self.url_open(f"/survey/invitation/{invitation.access_token}").text)

    def test_once(self):
        """An anonymous invitation is answered once, from however many browsers."""
        invitation = self._ask(1)
        first = self._open(invitation)
        self._rpc("begin", first)
        self._fresh_browser()
        second = self._open(invitation)
        self.assertNotEqual(first, second, "a browser of its own begins anew")
        answers = self._answers("loyalty", overall="1")
        self._submit(second, answers)
        self.assertEqual(self._rpc("submit", second, **answers)[1].get("error"), "token_wrong")
        self.assertEqual(self._rpc("submit", first, **answers)[1], {"error": "unauthorized"})
        self._fresh_browser()
        self.assertEqual(self._rpc("submit", first, **answers)[1], {"error": "unauthorized"}, "without its invitation")
        self.assertEqual(self.feedback.sudo().search_count([("survey_id", "=", self.survey.id)]), 1)

    def test_shared_computer(self):
        """Who comes second to a computer does not see what the first one began."""
        one, two = self._ask(1), self._ask(2)
        self._fresh_browser()
        begun = self._open(one)
        self.assertNotEqual(self._open(two), begun)

    def test_small_group(self):
        """Four answers show nowhere: no list, count, sum, pivot, export, register; the fifth shows all at once."""
        invitations = [self._ask(number) for number in range(6)]
        for number, invitation in enumerate(invitations[:4]):
            self._give(invitation, words=f"Word {number}")
        rows = self.feedback.sudo().search([("survey_id", "=", self.survey.id)])
        self.assertEqual(len(rows), 4)
        domain = [("survey_id", "=", self.survey.id)]
        admin = self.env.ref("base.user_admin")
        for user in (self.satisfaction, self.marketing, self.manager, admin):
            opinions = self.feedback.with_user(user).with_context(active_test=False)
            self.assertFalse(opinions.search(domain))
            self.assertEqual(opinions.search_count(domain), 0)
            self.assertFalse(opinions._read_group(domain, ["given_at:quarter"], ["score:avg"]))
            self.assertFalse(opinions.formatted_read_group(domain, ["channel"], ["score:avg", "__count"]))
            for refused in (
                lambda own: own.read(["score"]), lambda own: own.export_data(["score", "comment"]),
                lambda own: own.score_ids.read(["score"]), lambda own: own.web_read({"score": {}}),
            ):
                with self.assertRaises(UserError):
                    refused(rows.with_user(user))
            self.assertFalse(self.env["quality.feedback.score"].with_user(user).search(
                [("feedback_id.survey_id", "=", self.survey.id)]))
            with self.assertRaises(AccessError):
                self.env["quality.feedback.context"].with_user(user).search([])
            # the answers behind are never shown, however many
            self.assertFalse(self.env["survey.user_input"].with_user(admin).search(domain))
            self.assertFalse(self.env["survey.user_input.line"].with_user(admin).search(domain))
        file = self.feedback.with_user(self.satisfaction)._register_file(domain)
        self.assertTrue(file)
        self._give(invitations[4])
        self.assertEqual(len(self._shown()), 5)
        self.assertEqual(set(self._shown().mapped("team_id.id")) | {False}, {False}, "not broken down yet")
        self._give(invitations[5])
        self.assertEqual(len(self._shown()), 5, "the next ones wait for company again")

    def test_answers_by_survey_officers(self):
        """The application of questionnaires shows anonymous answers to nobody; not in its results either."""
        self._give(self._ask(1), words="A word of mine")
        officer = self.satisfaction
        officer.group_ids = [fields.Command.link(self.env.ref("survey.group_survey_manager").id)]
        self._login(officer)
        page = self.url_open(f"/survey/results/{self.survey.id}").text
        self.assertNotIn("A word of mine", page)
        self.assertFalse(self.env["survey.user_input"].with_user(officer).search([("survey_id", "=", self.survey.id)]))

    def _collected(self, teams):
        for number, team in enumerate(teams):
            person = self._person(f"C{number}")
            self.feedback.sudo()._collect_anonymous({
                "channel": "survey", "subject": "service", "survey_id": self.survey.id, "score": 3, "scale": "1-5",
                "partner_id": person.id, "team_id": team.id, "company_id": self.company.id,
            })
        return self._shown()

    def _teams(self, rows):
        groups = rows._read_group([("id", "in", rows.ids)], ["team_id"], ["__count"])
        return {team.id: count for team, count in groups}

    def test_broken_down(self):
        """After the quarter a breakdown shows only groups that are large enough, and no small remainder."""
        third = self.env["service.team"].create({"name": "Third"})
        teams = [self.team] * 6 + [self.other_team] * 7 + [third] * 2
        rows = self._collected(teams)
        self.assertEqual(len(rows), 15)
        self.feedback._cron_disclose()
        self.assertEqual(self._teams(rows), {False: 15}, "not while the quarter runs")
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), months=4)):
            self.feedback.sudo()._cron_disclose()
        self.env.invalidate_all()
        self.assertEqual(self._teams(rows), {self.other_team.id: 7, False: 8}, "two alone would be found out")
        self.assertFalse(self.env["quality.feedback.context"].sudo().search([]), "the rest is forgotten")
        self.env.cr.execute("SELECT count(DISTINCT write_date) FROM quality_feedback WHERE id IN %s", [tuple(rows.ids)])
        self.assertEqual(self.env.cr.fetchone(), (1,))

    def test_broken_down_evenly(self):
        """Two groups that are both large enough show both; the limit is the company's."""
        rows = self._collected([self.team] * 5 + [self.other_team] * 5)
        with freeze_time(fields.Datetime.add(fields.Datetime.now(), months=4)):
            self.feedback.sudo()._cron_disclose()
        self.env.invalidate_all()
        self.assertEqual(self._teams(rows), {self.team.id: 5, self.other_team.id: 5})
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self.company.survey_group_size = 1

    def test_promise(self):
        """What was promised as anonymous stays so, and nobody puts a name on an anonymous answer."""
        self._ask(1)
        with self.assertRaisesRegex(UserError, "invited already"):
            self.survey.with_user(self.satisfaction).is_anonymous = False
        answer = self.env["survey.user_input"].sudo().create(
            {"survey_id": self.survey.id, "partner_id": self.customer.id, "email": "lake@example.com"}
        )
        self.assertFalse(answer.partner_id or answer.email or answer.message_ids)
        rows = self.feedback.sudo()._collect([{
            "channel": "survey", "subject": "service", "score": 1, "scale": "1-5", "is_anonymous": True,
            "partner_id": self.customer.id, "ticket_id": self._make_ticket().id, "company_id": self.company.id,
            "source_model": "res.partner", "source_id": self.customer.id,
        }])
        self.assertFalse(rows.partner_id or rows.ticket_id or rows.source_id or rows.team_id)
        self.assertTrue(rows.is_held)
