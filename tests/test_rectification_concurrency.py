"""A2, B3: people who judge, begin or re-plan the same requirement at the same moment are served one after the other."""

import base64
from datetime import date, timedelta

import pytest
from conftest import RpcError
from test_approval_concurrency import Race

NOTICE, LINE = "quality.rectification", "quality.rectification.line"


@pytest.fixture(scope="module")
def server(make_odoo_server):
    """A server with demo data."""
    with make_odoo_server("--max-cron-threads=0") as running:
        yield running
        # PostgreSQL refuses the second of two writes; Odoo logs that before it tries again.
        assert not [line for line in running.errors() if "bad query" not in line], f"errors in {running.log}"


@pytest.fixture
def race(server):
    """The means to let calls overlap."""
    race = Race(server)
    yield race
    race.connection.close()


def approved(server):
    """Return a notice of the engineer to the project department with an approved plan, and its two lines."""
    call = server.call
    [lead] = call("admin", "res.users", "search", [("login", "=", "lead")])
    [employee] = call("admin", "hr.employee", "search_read", [("user_id", "=", lead)], ["department_id"])
    [notice] = call("engineer", NOTICE, "create", [{
        "subject": "Race", "recipient_department_id": employee["department_id"][0],
        "line_ids": [[0, 0, {"requirement": "First"}], [0, 0, {"requirement": "Second"}]],
    }])
    call("engineer", NOTICE, "action_issue", [notice])
    call("lead", NOTICE, "action_acknowledge", [notice])
    [found] = call("lead", NOTICE, "read", [notice], ["line_ids"])
    due = str(date.today() + timedelta(days=900))
    call("lead", LINE, "write", found["line_ids"], {"plan": "Do it", "due_date": due, "responsible_id": lead})
    call("lead", NOTICE, "action_submit_plan", [notice])
    call("engineer", NOTICE, "action_approve", [notice])
    return notice, found["line_ids"]


def do(server, line):
    """Report one line as done, with a file."""
    [file] = server.call("lead", "ir.attachment", "create", [{
        "name": "after.txt", "datas": base64.b64encode(b"after").decode(),
    }])
    server.call("lead", LINE, "write", [line], {"done_note": "Done", "after_ids": [[4, file]]})
    server.call("lead", LINE, "action_done", [line])


def test_one_line_is_judged_once(server, race):
    """B3: two who judge the same line at once: one verdict, one record of it."""
    notice, lines = approved(server)
    for line in lines:
        do(server, line)
    server.call("lead", NOTICE, "action_request_recheck", [notice])
    with race.on("quality_rectification_line", lines[:1]) as (start, results):
        start("pass", "inspector", LINE, "action_pass", lines[:1])
        start("fail", "engineer", LINE, "action_fail", lines[:1], "Not straight")
    refused = [name for name, result in results.items() if isinstance(result, Exception)]
    assert len(refused) == 1, results
    rechecks = server.call("inspector", "quality.rectification.recheck", "search_read",
                           [("line_id", "=", lines[0])], ["result"])
    assert [row["result"] for row in rechecks] == list({"pass", "fail"} - set(refused))


def test_work_does_not_begin_while_its_approval_lapses(server, race):
    """A2: one begins a line while another changes the plan: in whichever order, no work without an approval."""
    notice, (first, second) = approved(server)
    with race.on("quality_rectification", [notice]) as (start, results):
        start("begin", "lead", LINE, "action_start", [first])
        start("change", "reporter", LINE, "write", [second], {"plan": "Something else"})
    assert results["change"] is True, results
    [found] = server.call("lead", NOTICE, "read", [notice], ["state"])
    [line] = server.call("lead", LINE, "read", [first], ["state"])
    assert found["state"] == "planned"
    begun = not isinstance(results["begin"], RpcError)
    assert line["state"] == ("started" if begun else "open"), results
    if not begun:
        assert "approved plan" in str(results["begin"])
    with pytest.raises(RpcError, match="approved plan"):
        server.call("lead", LINE, "action_start", [second])
