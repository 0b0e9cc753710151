"""C7, C18: two answers to one offer, and two engineers who cash one fee, are served one after the other."""

import base64

import pytest
from conftest import RpcError
from race import Race

FEE, CASH = "service.fee.request", "service.cash.receipt"


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


def quoted(server):
    """Return a fee request of 100 that the customer has, with the signed paper."""
    call = server.call
    [customer] = call("desk", "res.partner", "search", [("is_company", "=", True)], limit=1)
    [ticket] = call(
        "desk",
        "service.ticket",
        "create",
        [
            {
                "subject": "Race",
                "kind": "complaint",
                "cause_class": "non_quality",
                "description": "x",
                "partner_id": customer,
            }
        ],
    )
    [product] = call("admin", "product.product", "search", [("service_fee_kind", "=", "labour")], limit=1)
    [fee] = call(
        "desk",
        FEE,
        "create",
        [
            {
                "ticket_id": ticket,
                "purpose": "Out of warranty",
                "line_ids": [[0, 0, {"product_id": product, "price_unit": 100}]],
            }
        ],
    )
    call("desk", FEE, "action_submit", [fee])
    call("serviceleader", FEE, "action_approve", [fee])
    call("desk", FEE, "action_quote", [fee])
    [file] = call("desk", "ir.attachment", "create", [{"name": "a.txt", "datas": base64.b64encode(b"yes").decode()}])
    call("desk", FEE, "write", [fee], {"evidence_ids": [[4, file]]})
    return fee


def test_one_answer(server, race):
    """C18: accepted and refused at the same moment: one answer counts, the other one is told."""
    fee = quoted(server)
    with race.on("service_fee_request", [fee]) as (start, results):
        start("yes", "desk", FEE, "action_record_acceptance", [fee], "Mr. Lin")
        start("no", "serviceleader", FEE, "action_record_refusal", [fee], "Mr. Wu", "Too dear")
    refused = [name for name, result in results.items() if isinstance(result, Exception)]
    assert len(refused) == 1, results
    assert "waits for no answer" in str(results[refused[0]])
    answers = server.call("desk", "service.fee.answer", "search_read", [("fee_id", "=", fee)], ["answer"])
    [found] = server.call("desk", FEE, "read", [fee], ["state"])
    assert [row["answer"] for row in answers] == [found["state"]]


def test_no_more_than_owed(server, race):
    """C7: two who cash 60 of 100 at the same moment: one of them."""
    fee = quoted(server)
    server.call("desk", FEE, "action_record_acceptance", [fee], "Mr. Lin")
    employees = server.call("desk", "hr.employee", "search", [("user_id.login", "in", ["field", "field2"])])
    with race.on("service_fee_request", [fee]) as (start, results):
        for employee in employees:
            start(
                str(employee),
                "desk",
                CASH,
                "create",
                [
                    {"fee_id": fee, "amount": 60, "payer": "Mr. Lin", "engineer_id": employee},
                ],
            )
    refused = [result for result in results.values() if isinstance(result, RpcError)]
    assert len(refused) == 1, results
    assert "more than what is owed" in str(refused[0])
    receipts = server.call("desk", CASH, "search_read", [("fee_id", "=", fee)], ["amount"])
    assert [row["amount"] for row in receipts] == [60]
