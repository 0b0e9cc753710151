"""F9, issue 4: ten thousand service requests of a city come in through Odoo's import screen, in batches."""

import csv
import io
from collections import Counter

import pytest
from browser import CSV, ImportScreen

MAPPING = {
    "unique_key": "external_ref", "created_date": "received_at", "closed_date": "closed_at", "status": "state",
    "category": "subject", "complaint_type": "description", "descriptor": "description", "source": "channel",
    "latitude": "site_latitude", "longitude": "site_longitude", "status_notes": "resolution",
}
WORDS = {
    "Mobile/Open311": "portal", "Twitter": "web", "Integrated Agency": "internal", "Other Department": "internal",
    "Phone": "phone", "Web": "web", "Email": "email",
}


@pytest.fixture(scope="module")
def server(make_odoo_server):
    """A server with demo data that these tests fill."""
    with make_odoo_server("--max-cron-threads=0") as running:
        running.call("manager", "quality.import.word", "create", [
            {"name": word, "meaning": channel} for word, channel in WORDS.items() if word.lower() != channel
        ])
        yield running
        assert not running.errors(), f"errors in {running.log}"


@pytest.fixture(scope="module")
def requests(quality_data):
    """The rows of the city's file."""
    file = quality_data / "sf311_service_requests.csv"
    if not file.is_file():
        pytest.skip(f"no file to import: {file}; set QUALITY_DATA to the folder with the real files")
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def as_csv(rows):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def load(server, rows, dryrun=False):
    file = ("sf311.csv", as_csv(rows), CSV)
    return ImportScreen(server, "serviceleader", file, MAPPING, model="service.ticket", limit=2000).run(dryrun=dryrun)


def is_impossible(row):
    return row["closed_date"] and row["closed_date"] < row["created_date"]


def grouped(server, field):
    rows = server.call("admin", "service.ticket", "formatted_read_group", [("external_ref", "!=", False)], [field],
                       ["__count"])
    return {row[field]: row["__count"] for row in rows}


def test_impossible_rows_are_named(server, requests):
    """Each of the seventeen by its row, and nothing of the batch they stand in is written."""
    wrong = [row for row in requests if is_impossible(row)]
    assert len(wrong) == 17
    good = [row for row in requests[:30] if not is_impossible(row)]
    ids, messages = load(server, [*good, *wrong])
    assert not ids
    assert [message["record"] for message in messages] == [len(good) + 1 + number for number in range(17)]
    assert all("before it was received" in message["message"] for message in messages)
    assert not server.call("admin", "service.ticket", "search_count", [("external_ref", "!=", False)])


def test_the_whole_file(server, requests):
    """Channels and states agree with the file; with the manager's switch the impossible rows come in flagged."""
    good = [row for row in requests if not is_impossible(row)]
    ids, messages = load(server, good)
    assert not messages
    assert len(ids) == 9983
    assert grouped(server, "channel") == Counter(WORDS[row["source"]] for row in good)
    expected = Counter({"Closed": "closed", "Open": "new"}[row["status"]] for row in good)
    assert grouped(server, "state") == expected
    company = server.call("admin", "res.company", "search", [], limit=1)
    server.call("admin", "res.company", "write", company, {"service_import_conflicts": True})
    ids, messages = load(server, [row for row in requests if is_impossible(row)])
    assert not messages
    assert len(ids) == 17
    assert server.call("admin", "service.ticket", "search_count", [("has_time_conflict", "=", True)]) == 17
