"""F3: people who decide, ask or edit at the same moment are served one after the other, and exactly once."""

import pytest
from race import Race

APPROVERS = ("approver1", "approver2", "approver3")


@pytest.fixture(scope="module")
def server(make_odoo_server):
    """A server with three approvers and a rule of its own."""
    with make_odoo_server("--max-cron-threads=0") as running:
        call = running.call
        roles = [_ref(running, f"quality_incident.group_quality_{role}") for role in ("inspector",)]
        group = call("admin", "res.groups", "create", [{"name": "Racing approvers"}])[0]
        for login in APPROVERS:
            call("admin", "res.users", "create", [{
                "name": login, "login": login, "password": login, "group_ids": [[6, 0, [*roles, group]]],
            }])
        old = call("admin", "quality.approval.rule", "search", [])
        call("admin", "quality.approval.rule", "action_archive", old)
        rule = call("admin", "quality.approval.rule", "create", [{
            "name": "Race", "res_model": "quality.incident", "gate": "plan", "group_id": group,
        }])[0]
        running.rule = rule
        yield running
        assert not running.errors(), f"errors in {running.log}"


@pytest.fixture
def race(server):
    """The means to let calls overlap."""
    race = Race(server)
    yield race
    race.connection.close()


def _ref(server, xml_id):
    return server.call("admin", "ir.model.data", "check_object_reference", *xml_id.split("."))[1]


@pytest.fixture
def incident(server):
    """An incident whose plan is complete; its id."""
    call = server.call
    ids = call("reporter", "quality.incident", "create", [{
        "title": "Race", "location": "Axis C", "description": "Seen", "grade": "minor",
    }])
    lead = call("admin", "res.users", "search", [["login", "=", "lead"]])[0]
    call("lead", "quality.incident", "write", ids, {
        "technical_lead_id": lead, "preliminary_cause": "Unknown", "responsible_person": "Wang", "estimated_loss": 1000,
    })
    call("reporter", "quality.incident", "action_report", ids)
    call("inspector", "quality.incident", "write", ids, {"verification_note": "Seen"})
    call("inspector", "quality.incident", "action_verify", ids)
    call("lead", "quality.incident", "action_plan", ids)
    option = call("lead", "quality.treatment.option", "create", [{
        "incident_id": ids[0], "name": "Grouting", "method": "repair", "meets_standard": True, "cost": 1, "days": 1,
    }])
    call("lead", "quality.treatment.option", "action_choose", option)
    call("lead", "quality.action", "create", [{
        "incident_id": ids[0], "name": "Grout", "kind": "corrective", "user_id": lead, "due_date": "2030-01-01",
    }])
    return ids


def _rows(server, incident):
    return server.call(
        "admin", "quality.approval", "search_read", [["res_id", "=", incident[0]]],
        ["state", "decided_by_id", "round", "seat"], order="round, seat",
    )


def _ask(server, incident, quorum=1):
    server.call("admin", "quality.approval.rule", "write", [server.rule], {"quorum": quorum})
    server.call("lead", "quality.incident", "action_request_approval", incident)
    return [row["id"] for row in _rows(server, incident)]


def test_two_approvers_at_once_decide_once(server, race, incident):
    """Of two approvers who click at the same moment one decides, the other is told who was first."""
    row_ids = _ask(server, incident)
    with race.on("quality_approval", row_ids) as (start, results):
        start("one", "approver1", "quality.approval", "action_approve", row_ids)
        start("two", "approver2", "quality.approval", "action_reject", row_ids, "No")
    errors = [result for result in results.values() if result is not True]
    assert len(errors) == 1, results
    assert "has decided it already" in str(errors[0])
    row, = _rows(server, incident)
    assert row["state"] == ("approved" if results["one"] is True else "rejected")


def test_quorum_is_filled_by_two_at_once(server, race, incident):
    """Two approvers of a quorum of two who click at the same moment both count, each once."""
    row_ids = _ask(server, incident, quorum=2)
    with race.on("quality_approval", row_ids) as (start, results):
        start("one", "approver1", "quality.incident", "action_approve", incident)
        start("two", "approver2", "quality.incident", "action_approve", incident)
    assert results == {"one": True, "two": True}
    rows = _rows(server, incident)
    assert [row["state"] for row in rows] == ["approved", "approved"]
    assert {row["decided_by_id"][1] for row in rows} == {"approver1", "approver2"}


def test_two_requests_at_once_make_one_round(server, race, incident):
    """Of two people who ask at the same moment one opens a round, the other is told that it is open."""
    server.call("admin", "quality.approval.rule", "write", [server.rule], {"quorum": 1})
    with race.on("quality_incident", incident) as (start, results):
        start("lead", "lead", "quality.incident", "action_request_approval", incident)
        start("engineer", "engineer", "quality.incident", "action_request_approval", incident)
    errors = [result for result in results.values() if result is not True]
    assert len(errors) == 1, results
    assert "asked for already" in str(errors[0])
    assert [(row["round"], row["state"]) for row in _rows(server, incident)] == [(1, "pending")]


def test_approving_while_the_plan_changes(server, race, incident):
    """An approval never covers a content that its approver did not see."""
    row_ids = _ask(server, incident)
    with race.on("quality_approval", row_ids) as (start, results):
        start("approve", "approver1", "quality.incident", "action_approve", incident)
        start("edit", "engineer", "quality.incident", "write", incident, {"root_cause": "Another"})
    assert results["edit"] is True, results
    assert [row["state"] for row in _rows(server, incident)] == ["superseded"]
    with pytest.raises(Exception, match="approval of the plan"):
        server.call("lead", "quality.incident", "action_execute", incident)
