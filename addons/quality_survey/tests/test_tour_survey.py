from odoo.tests import tagged

from .test_survey_answers import SurveyHttpCase

DESK = "1366x768"
PHONE = "390x844"


@tagged("post_install", "-at_install")
class TestTourSurvey(SurveyHttpCase):
    """E5, F7 in the browser: the link of the mail → answered → low score → follow-up → ticket."""

    def _session(self, name, user, path, size):
        self.browser_size, self.touch_enabled = size, size == PHONE
        self.start_tour(path, f"survey_{name}", login=user and user.login, timeout=180)
        self.env.invalidate_all()

    def _walk(self, size):
        person = self._person("Qiao", lang="en_US")
        ticket = self._make_ticket(partner_id=person.id)
        invitation = self._invite(person, self._rule())
        invitation.ticket_id = ticket
        link = f"/survey/invitation/{invitation.access_token}"
        self.url_open(link)  # the first page after installation is built for a long time
        self._session("answer", None, link, size)
        row = self.feedback.search([("partner_id", "=", person.id)])
        self.assertEqual((row.score, row.nps, row.comment, row.state), (0, 0, "Nobody came", "open"))
        self._session("answered", None, link, size)
        self._session("follow_up", self.marketing, f"/odoo/customer-feedback/{row.id}", size)
        self.assertEqual((row.complaint_ids.kind, row.complaint_ids.parent_id), ("conduct", ticket), "F7")
        self._session("contacted", self.marketing, f"/odoo/customer-feedback/{row.id}", size)
        self.assertEqual((row.state, row.contacted_by_id), ("contacted", self.marketing))
        self._session("stop", None, f"{link}/stop", size)
        self.assertTrue(person.survey_opt_out)

    def test_at_the_desk(self):
        """E5, F7 on a wide screen."""
        self._walk(DESK)

    def test_on_a_phone(self):
        """E5, F7 at 390 pixels."""
        self._walk(PHONE)
