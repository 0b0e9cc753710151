"""F9, issue 3: the violations of an authority come in as rectification notices; the outcomes agree with the file."""

import csv
import io
from collections import Counter

import pytest
from browser import CSV, ImportScreen

#: what each column becomes; the outcome is both kept as a text and read as the result of a re-check
MAPPING = {
    "ViolationID": "external_ref", "Class": "severity", "ViolationStatus": "state", "Outcome": "external_status",
    "CurrentStatus": "line_ids/result", "CurrentStatusDate": "closed_at", "NOVIssuedDate": "issued_at",
    "NOVDescription": "description", "Requirement": "line_ids/requirement", "Clause": "line_ids/standard_clause",
    "OriginalCorrectByDate": "line_ids/original_due_date", "NewCorrectByDate": "line_ids/due_date",
    "HouseNumber": "location", "StreetName": "location", "Apartment": "location",
}
#: what the words of the authority mean here
WORDS = {
    "A": "minor", "B": "general", "C": "major",
    "VIOLATION CLOSED": "pass", "VIOLATION DISMISSED": "pass", "INVALID CERTIFICATION": "fail",
    "NOT COMPLIED WITH": "fail", "NOV SENT OUT": "unchecked",
}
RESULTS = {"pass": "pass", "fail": "fail", "unchecked": False}


@pytest.fixture(scope="module")
def server(make_odoo_server):
    """A server with demo data that these tests fill."""
    with make_odoo_server("--max-cron-threads=0") as running:
        running.call("manager", "quality.import.word", "create", [
            {"name": word, "meaning": meaning} for word, meaning in WORDS.items()
        ])
        yield running
        assert not running.errors(), f"errors in {running.log}"


@pytest.fixture(scope="module")
def violations(quality_data):
    """The rows of the authority's file, with a copy of the columns that go to two places, as a spreadsheet makes it."""
    file = quality_data / "nyc_hpd_violations.csv"
    if not file.is_file():
        pytest.skip(f"no file to import: {file}; set QUALITY_DATA to the folder with the real files")
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["Outcome"] = row["CurrentStatus"]
        row["Requirement"] = row["NOVDescription"]
        row["Clause"] = " ".join(row["NOVDescription"].split()[:2])
    return rows


def as_csv(rows):
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows)
    return stream.getvalue().encode()


def load(server, rows, login="manager", dryrun=False):
    content = as_csv(rows)
    screen = ImportScreen(server, login, ("hpd.csv", content, CSV), MAPPING, model="quality.rectification")
    return screen.run(dryrun=dryrun)


def grouped(server, model, domain, field):
    rows = server.call("manager", model, "search_read", domain, [field])
    return Counter(row[field] for row in rows)


def test_outcomes_agree_with_the_file(server, violations):
    _ids, messages = load(server, violations, dryrun=True)
    assert not messages
    ids, messages = load(server, violations)
    assert not messages
    assert len(ids) == 100
    notices, of_notice = [("id", "in", ids)], [("rectification_id", "in", ids)]
    outcomes = Counter(row["CurrentStatus"] for row in violations)
    assert grouped(server, "quality.rectification", notices, "external_status") == outcomes
    severities = Counter("major" if row["Class"] == "C" else "normal" for row in violations)
    assert grouped(server, "quality.rectification", notices, "severity") == severities
    states = Counter("closed" if row["ViolationStatus"] == "Close" else "draft" for row in violations)
    assert grouped(server, "quality.rectification", notices, "state") == states
    rechecks = Counter(RESULTS[WORDS[row["CurrentStatus"]]] for row in violations)
    rechecks.pop(False)
    assert grouped(server, "quality.rectification.recheck", of_notice, "result") == rechecks == {"pass": 73, "fail": 3}
    for outcome in outcomes:
        result = RESULTS[WORDS[outcome]]
        found = server.call("manager", "quality.rectification.recheck", "search_count", [
            *of_notice, ("rectification_id.external_status", "=", outcome), ("result", "=", result),
        ])
        assert found == (outcomes[outcome] if result else 0)
    assert server.call("manager", "quality.rectification", "search_count", [
        *notices, ("is_historic", "=", True), ("state", "!=", "closed"),
    ]) == 0
    history = f"SELECT id FROM quality_rectification WHERE is_historic AND id = ANY(ARRAY{ids})"
    for table in ("quality_deadline", "quality_approval", "mail_activity"):
        where = f"res_model = 'quality.rectification' AND res_id IN ({history})"
        assert server.sql(f"SELECT count(*) FROM {table} WHERE {where}") == [["0"]]
    # the file moved no date, so there is no extension; the date asked for is the due date
    assert server.call("manager", "quality.rectification.extension", "search_count", of_notice) == 0
    dates = {row["ViolationID"]: row["OriginalCorrectByDate"] for row in violations}
    for line in server.call("manager", "quality.rectification.line", "search_read", of_notice,
                            ["rectification_id", "due_date"]):
        [notice] = server.call("manager", "quality.rectification", "read", [line["rectification_id"][0]],
                               ["external_ref"])
        month, day, year = dates[notice["external_ref"]].split("/")
        assert line["due_date"] == f"{year}-{month}-{day}"
    _ids, messages = load(server, violations)
    assert len(messages) == 100


def test_a_new_date_is_an_extension(server, violations):
    row = {**violations[0], "ViolationID": "X1", "NewCorrectByDate": "12/31/2013"}
    [notice], messages = load(server, [row])
    assert not messages
    [line] = server.call("manager", "quality.rectification.line", "search_read", [("rectification_id", "=", notice)],
                         ["due_date", "original_due_date"])
    assert (line["original_due_date"], line["due_date"]) == ("2013-11-15", "2013-12-31")
    [extension] = server.call("manager", "quality.rectification.extension", "search_read",
                              [("rectification_id", "=", notice)], ["old_date", "requested_date", "state"])
    assert (extension["old_date"], extension["requested_date"]) == ("2013-11-15", "2013-12-31")
    assert extension["state"] == "approved"


def test_an_inspector_imports_no_history(server, violations):
    rows = [{**violations[0], "ViolationID": "X2"}]
    ids, messages = load(server, rows, login="inspector")
    assert not ids
    assert {message["column"] for message in messages} >= {"state"}
