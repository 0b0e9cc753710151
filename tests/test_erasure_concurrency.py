"""F12: a person erased by two people at once is erased once, and never half."""

import pytest
from race import Race


@pytest.fixture(scope="module")
def server(make_odoo_server):
    """A server of its own, whose log must stay without errors."""
    with make_odoo_server("--max-cron-threads=0") as running:
        yield running
        assert not running.errors(), f"errors in {running.log}"


def _wizard(server, partner, spellings=False):
    return server.call("admin", "quality.erase.person", "create", [{
        "partner_id": partner, "reason": "Request", "spellings": spellings, "state": "preview",
    }])


def test_two_at_once_erase_once(server):
    """Of two who press Erase at the same moment one erases, the other is told that nothing was left."""
    [partner] = server.call("admin", "res.partner", "create", [{"name": "Li Xiaoming", "email": "li@example.com"}])
    wizards = [_wizard(server, partner), _wizard(server, partner)]
    race = Race(server)
    try:
        with race.on("res_partner", [partner]) as (start, results):
            for position, wizard in enumerate(wizards):
                start(position, "admin", "quality.erase.person", "action_erase", wizard)
    finally:
        race.connection.close()
    assert sorted(result["type"] for result in results.values()) == ["ir.actions.act_window", "ir.actions.client"]
    assert server.sql(f"SELECT name, active, email FROM res_partner WHERE id = {partner}")[0][0] == (
        f"Erased person {partner}"
    )
    assert server.sql("SELECT count(*) FROM quality_erasure") == [["1"]]
    assert "Li Xiaoming" not in server.log.read_text()


def test_nothing_of_the_wizard_stays(server):
    """What was typed into the wizard is gone from the database with the person."""
    [partner] = server.call("admin", "res.partner", "create", [{"name": "Chen Mei"}])
    wizard = _wizard(server, partner, "Mei-Mei Chen")
    server.call("admin", "quality.erase.person", "action_preview", wizard)
    server.call("admin", "quality.erase.person", "action_erase", wizard)
    assert server.sql(f"SELECT id FROM quality_erase_person WHERE partner_id = {partner}") == []
