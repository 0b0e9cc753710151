"""C13, C14: people who handle the same parts at once are served one after the other; no unit is given twice."""

import pytest
from race import Race


@pytest.fixture(scope="module")
def server(make_odoo_server):
    """A server with two keepers of the store and parts in stock."""
    with make_odoo_server("--max-cron-threads=0") as running:
        call = running.call
        store = _ref(running, "service_ticket.group_service_store")
        company = call("admin", "res.users", "read", [2], ["company_id"])[0]["company_id"][0]
        for login in ("keeper1", "keeper2"):
            call("admin", "res.users", "create", [{
                "name": login, "login": login, "password": login, "group_ids": [[6, 0, [store]]],
                "company_id": company, "company_ids": [[6, 0, [company]]],
            }])
        running.place = call("admin", "res.company", "read", [company], ["service_store_location_id"])[0][
            "service_store_location_id"][0]
        running.employees = call("admin", "hr.employee", "search", [["user_id.login", "in", ["field", "field2"]]])
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


def _part(server, name, quantity):
    """Return the id of a part with ``quantity`` in the store, and the id of its quant."""
    call = server.call
    part = call("admin", "product.product", "create", [{"name": name, "is_storable": True, "standard_price": 3}])[0]
    quant = call("admin", "stock.quant", "create", [{
        "product_id": part, "location_id": server.place, "inventory_quantity": quantity,
    }], context={"inventory_mode": True})
    call("admin", "stock.quant", "action_apply_inventory", quant)
    return part, call("admin", "stock.quant", "search", [["product_id", "=", part], ["location_id", "=", server.place]])


def _approved(server, part, quantity, employee):
    """Return an approved requisition and its line."""
    call = server.call
    request = call("desk", "service.part.request", "create", [{
        "engineer_id": employee, "line_ids": [[0, 0, {"product_id": part, "quantity": quantity, "reason": "Worn"}]],
    }])
    call("desk", "service.part.request", "action_request_approval", request)
    call("serviceleader", "service.part.request", "action_approve", request)
    return request, call("keeper1", "service.part.line", "search", [["request_id", "in", request]])[0]


def _quantities(server, part):
    """Return ``{usage: quantity}`` of a part over all places."""
    rows = server.sql(
        "SELECT place.usage, sum(quant.quantity) FROM stock_quant quant JOIN stock_location place "
        f"ON place.id = quant.location_id WHERE quant.product_id = {part} GROUP BY place.usage",
    )
    return {usage: float(quantity) for usage, quantity in rows}


def _negative(server, part):
    return server.sql(
        "SELECT quant.id FROM stock_quant quant JOIN stock_location place ON place.id = quant.location_id "
        f"WHERE quant.product_id = {part} AND quant.quantity < 0 AND place.usage = 'internal'",
    )


def test_last_unit(server, race):
    """C13: two engineers want the last unit; one gets it, the other is told that there is none."""
    part, quant = _part(server, "Last one", 1)
    (one, line_one), (two, line_two) = (_approved(server, part, 1, employee) for employee in server.employees[:2])
    with race.on("stock_quant", quant) as (start, results):
        start("one", "keeper1", "service.part.request", "action_issue", one, [{"line_id": line_one}])
        start("two", "keeper2", "service.part.request", "action_issue", two, [{"line_id": line_two}])
    refused = [result for result in results.values() if result is not True]
    assert len(refused) == 1, results
    assert "free in" in str(refused[0])
    states = server.call("keeper1", "service.part.request", "read", one + two, ["state"])
    assert sorted(row["state"] for row in states) == ["approved", "issued"]
    assert _quantities(server, part)["internal"] == 1
    assert not _negative(server, part)


def test_issued_twice(server, race):
    """C13: two keepers who press Issue at the same moment issue it once."""
    part, quant = _part(server, "Pressed twice", 5)
    request, line = _approved(server, part, 2, server.employees[0])
    with race.on("stock_quant", quant) as (start, results):
        for keeper in ("keeper1", "keeper2"):
            start(keeper, keeper, "service.part.request", "action_issue", request, [{"line_id": line, "quantity": 2}])
    assert sorted(result is True for result in results.values()) == [False, True], results
    moved = server.sql(f"SELECT sum(quantity) FROM stock_move WHERE service_line_id = {line} AND state = 'done'")
    assert float(moved[0][0]) == 2
    assert not _negative(server, part)


def test_taken_back_twice(server, race):
    """C13: parts that two keepers take back at the same moment come back once."""
    part, _quant = _part(server, "Brought back", 3)
    request, line = _approved(server, part, 3, server.employees[0])
    server.call("keeper1", "service.part.request", "action_issue", request, [{"line_id": line}])
    with race.on("service_part_line", [line]) as (start, results):
        for keeper in ("keeper1", "keeper2"):
            start(keeper, keeper, "service.part.line", "action_take_back", [line], [{"line_id": line}])
    assert sorted(result is True for result in results.values()) == [False, True], results
    assert _quantities(server, part)["internal"] == 3
    assert not _negative(server, part)
