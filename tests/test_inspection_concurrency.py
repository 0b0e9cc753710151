"""B1, B3: what two people or two schedulers do to an inspection at the same moment happens once."""

import pytest
from conftest import RpcError
from race import Race

INSPECTION, LINE = "quality.inspection", "quality.inspection.line"


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


@pytest.fixture
def inspection(server):
    """An inspection that is being held, with one deficient point."""
    [record] = server.call("inspector", INSPECTION, "create", [{
        "title": "Race", "line_ids": [[0, 0, {"name": "Cover"}], [0, 0, {"name": "Spacing"}]],
    }])
    [found] = server.call("inspector", INSPECTION, "read", [record], ["line_ids"])
    first, second = found["line_ids"]
    server.call("inspector", INSPECTION, "save_answers", [record], [
        {"line_id": first, "result": "deficient", "note": "Thin"},
        {"line_id": second, "result": "pass", "note": "Every 200 mm"},
    ])
    return record, first, second


def test_one_notice_from_two_taps(server, race, inspection):
    """B3: two who raise a notice about the same point at once get the same one."""
    _record, first, _second = inspection
    with race.on("quality_inspection_line", [first]) as (start, results):
        start("one", "inspector", LINE, "action_raise_rectification", [first])
        start("two", "engineer", LINE, "action_raise_rectification", [first])
    notices = server.call("inspector", "quality.rectification", "search", [
        ("origin_model", "=", INSPECTION), ("origin_id", "=", inspection[0]),
    ])
    assert len(notices) == 1, results
    assert {result["res_id"] for result in results.values()} == set(notices)


def test_the_last_answer_counts_until_completion(server, race, inspection):
    """B3: of two answers at once one stands with its author; after the completion none is taken."""
    record, _first, second = inspection
    with race.on("quality_inspection_line", [second]) as (start, results):
        start("answer", "engineer", INSPECTION, "save_answers", [record], [{"line_id": second, "result": "na"}])
        start("again", "inspector", INSPECTION, "save_answers", [record], [{"line_id": second, "result": "deficient"}])
    assert not [result for result in results.values() if isinstance(result, RpcError)], results
    server.call("inspector", INSPECTION, "action_complete", [record])
    [line] = server.call("inspector", LINE, "read", [second], ["result", "answered_by_id"])
    assert line["result"] in ("na", "deficient")
    with pytest.raises(RpcError, match="nothing more can be entered"):
        server.call("engineer", INSPECTION, "save_answers", [record], [{"line_id": second, "result": "na"}])


def test_an_answer_that_meets_the_completion(server, race, inspection):
    """B3: it is part of what was completed, or it is refused; nothing is entered into a completed inspection."""
    record, first, _second = inspection
    with race.on("quality_inspection", [record]) as (start, results):
        start("complete", "inspector", INSPECTION, "action_complete", [record])
        start("answer", "engineer", INSPECTION, "save_answers", [record], [{"line_id": first, "note": "Late"}])
    assert results["complete"] is True, results
    refused = isinstance(results["answer"], RpcError)
    assert not refused or "nothing more can be entered" in str(results["answer"]), results
    [line] = server.call("inspector", LINE, "read", [first], ["note"])
    assert line["note"] == ("Thin" if refused else "Late")
