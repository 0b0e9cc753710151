"""E5: an invitation is answered once, also by two posts at the same moment, from one browser or from two."""

import pytest
import requests
from race import Race


class Visitors:
    """People without a login who post at the same moment; the shape :class:`Race` expects of a server."""

    def __init__(self, server):
        """Stand in front of a running server."""
        self.server, self.odoo, self.database, self.sql = server, server.odoo, server.database, server.sql

    def call(self, session, path, answers):
        """Post answers and return what the page gets."""
        return self.server.post(session, path, **answers)


@pytest.fixture(scope="module")
def server(make_odoo_server):
    """A server whose jobs run when a test says so."""
    with make_odoo_server("--max-cron-threads=0") as running:
        yield running
        # PostgreSQL refuses the second of two writes; Odoo logs that before it tries again.
        assert not [line for line in running.errors() if "bad query" not in line], f"errors in {running.log}"


def _ref(server, xml_id):
    return server.call("admin", "ir.model.data", "check_object_reference", *xml_id.split("."))[1]


def _invite(server, survey):
    """Return ``(id, token)`` of a sent invitation to a questionnaire."""
    rule = server.call("admin", "quality.survey.rule", "create", [{
        "name": survey, "survey_id": _ref(server, f"quality_survey.{survey}"), "event": "manual", "delay_hours": 0,
    }])
    partner = server.call("admin", "res.partner", "create", [{"name": survey, "email": f"{survey}@example.com"}])
    wizard = server.call("admin", "quality.survey.invite", "create", [{
        "survey_id": _ref(server, f"quality_survey.{survey}"), "partner_ids": [[6, 0, partner]],
    }])
    server.call("admin", "quality.survey.invite", "action_invite", wizard)
    server.call("admin", "ir.cron", "method_direct_trigger", [_ref(server, "quality_survey.ir_cron_survey_invite")])
    row, = server.sql(f"SELECT id, access_token, state FROM quality_survey_invitation WHERE rule_id = {rule[0]}")
    assert row[2] == "sent"
    return int(row[0]), row[1]


def _begin(server, token, session=None):
    """Open the link in a browser and begin; return the browser and the path to post to."""
    session = session or requests.Session()
    page = session.get(f"{server.url}/survey/invitation/{token}", timeout=60)
    tokens = "/".join(page.url.split("?")[0].split("/")[-2:])
    server.post(session, f"/survey/begin/{tokens}")
    return session, f"/survey/submit/{tokens}"


@pytest.mark.parametrize(("survey", "browsers"), [("survey_post_service", 1), ("survey_loyalty", 2)])
def test_two_posts_at_once(server, survey, browsers):
    """One of two posts at the same moment counts, the other is refused; there is one opinion."""
    invitation, token = _invite(server, survey)
    posts = [_begin(server, token) for _browser in range(browsers)] * (3 - browsers)
    question = _ref(server, f"quality_survey.{survey.replace('survey_', 'question_')}_overall")
    race = Race(Visitors(server))
    with race.on("quality_survey_invitation", [invitation]) as (start, results):
        for number, (session, path) in enumerate(posts):
            start(number, session, path, {str(question): "5"})
    race.connection.close()
    answers = [result[1] for result in results.values()]
    assert sorted("survey_content" in answer for answer in answers) == [False, True], results
    survey_id = _ref(server, f"quality_survey.{survey}")
    assert server.sql(f"SELECT count(*) FROM quality_feedback WHERE survey_id = {survey_id}") == [["1"]]
    assert server.sql(
        f"SELECT count(*) FROM survey_user_input WHERE survey_id = {survey_id} AND state = 'done'"
    ) == [["1"]]
    assert server.sql(f"SELECT state FROM quality_survey_invitation WHERE id = {invitation}") == [["answered"]]
