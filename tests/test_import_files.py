"""F9: registers of other offices come in through Odoo's import screen, over HTTP, and a bad file leaves nothing."""

import csv
import io

import pytest
from browser import CSV, ImportScreen
from conftest import RpcError

#: docs/import.md explains these mappings
DOB = {
    "Complaint Number": "external_ref", "Status": "state", "Date Entered": "occurred_at",
    "House Number": "location", "House Street": "location", "ZIP Code": "location",
    "Complaint Category": "title", "Unit": "title", "Disposition Code": "description",
    "Inspection Date": "description", "Disposition Date": "closed_at",
}
HPD = {
    "ViolationID": "external_ref", "HouseNumber": "location", "StreetName": "location", "Apartment": "location",
    "Postcode": "location", "Class": "grade", "InspectionDate": "occurred_at", "NOVDescription": "description",
    "CurrentStatus": "description", "CurrentStatusDate": "closed_at", "ViolationStatus": "state",
}


@pytest.fixture(scope="module")
def server(make_odoo_server):
    """A server with demo data that these tests fill."""
    with make_odoo_server("--max-cron-threads=0") as running:
        yield running
        # Odoo logs what a unique index refuses as an error, although the user is told.
        assert not [line for line in running.errors() if "typed-twice" not in line], f"errors in {running.log}"


def read(quality_data, name):
    file = quality_data / name
    if not file.is_file():
        pytest.skip(f"no file to import: {file}; set QUALITY_DATA to the folder with the real files")
    return file.read_bytes()


@pytest.fixture
def dob(quality_data):
    """The complaints of the buildings department."""
    return read(quality_data, "nyc_dob_complaints.csv")


def count(server, domain=()):
    """Return how many incidents the database has committed."""
    return server.call("admin", "quality.incident", "search_count", list(domain))


def renumbered(content, prefix):
    """Return the complaints under other numbers, so that a test has a file of its own."""
    lines = content.decode().splitlines()
    return "\n".join([lines[0], *(prefix + line for line in lines[1:])]).encode()


def test_a_real_file_is_tested_then_imported(server, dob):
    """The screen's way from the template to the register: test, import, the same file again."""
    [template] = server.call("manager", "quality.incident", "get_import_templates")
    book = server.session("manager").get(server.url + template["template"], timeout=120)
    assert book.ok
    assert book.content.startswith(b"PK")

    before = count(server)
    screen = ImportScreen(server, "manager", ("dob.csv", dob, CSV), DOB)
    assert screen.preview["options"]["date_format"] == "%m/%d/%Y"
    _ids, messages = screen.run(dryrun=True)
    assert not messages
    assert count(server) == before

    ids, messages = screen.run(dryrun=False)
    assert not messages
    assert count(server) == before + 100
    assert count(server, [("id", "in", ids), ("state", "=", "closed"), ("is_historic", "=", True)]) == 44
    assert count(server, [("id", "in", ids), ("state", "=", "draft"), ("is_historic", "=", False)]) == 56
    about = f"= 'quality.incident' AND res_id >= {ids[0]}"
    for table in ("quality_deadline", "quality_approval"):
        assert server.sql(f"SELECT count(*) FROM {table} WHERE res_model {about}") == [["0"]]
    assert server.sql(
        f"SELECT count(*) FROM mail_mail JOIN mail_message ON mail_message.id = mail_message_id WHERE model {about}",
    ) == [["0"]]

    _ids, messages = screen.run(dryrun=False)
    assert len(messages) == 100
    names = {row["id"]: row["name"] for row in server.call("manager", "quality.incident", "read", ids, ["name"])}
    assert [name in message["message"] for name, message in zip(names.values(), messages, strict=True)] == [True] * 100
    assert count(server) == before + 100

    # Odoo remembers what was mapped; of several columns on one field it proposes one.
    proposed = ImportScreen(server, "lead", ("next.csv", dob, CSV), {}).preview
    matches = {proposed["headers"][int(index)]: path for index, path in proposed["matches"].items()}
    assert matches["Complaint Number"] == ["external_ref"]
    assert matches["Date Entered"] == ["occurred_at"]


def test_one_bad_row_leaves_nothing_in_the_database(server, dob):
    content = renumbered(dob, "B").replace(b"ACTIVE,04/24/2013,", b"ACTIVE,04/24/2931,", 1)
    before = count(server)
    screen = ImportScreen(server, "reporter", ("dob.csv", content, CSV), {
        header: field for header, field in DOB.items() if field not in ("state", "closed_at")
    })
    for dryrun in (True, False):
        ids, messages = screen.run(dryrun)
        assert not ids
        assert [message["column"] for message in messages] == ["occurred_at"]
        assert "lies in the future" in messages[0]["message"]
        row = next(number for number, line in enumerate(csv.reader(io.StringIO(content.decode()))) if "2931" in line[2])
        assert messages[0]["rows"]["from"] + 1 == row
        assert count(server) == before


def test_a_reporter_is_told_what_history_needs(server, dob):
    before = count(server)
    ids, messages = ImportScreen(server, "reporter", ("dob.csv", renumbered(dob, "R"), CSV), DOB).run(dryrun=False)
    assert not ids
    assert {message["column"] for message in messages} == {"state", "closed_at"}
    assert count(server) == before


def test_classes_of_an_authority_become_grades(server, quality_data):
    content = read(quality_data, "nyc_hpd_violations.csv")
    screen = ImportScreen(server, "manager", ("hpd.csv", content, CSV), HPD)
    ids, messages = screen.run(dryrun=False)
    assert not ids
    assert "Configuration / Words in imported files" in messages[0]["message"]
    server.call("manager", "quality.import.word", "create", [
        {"name": word, "meaning": grade} for word, grade in (("A", "minor"), ("B", "general"), ("C", "major"))
    ])
    ids, messages = screen.run(dryrun=False)
    assert not messages
    for grade, number in (("minor", 26), ("general", 65), ("major", 9)):
        assert count(server, [("id", "in", ids), ("grade", "=", grade)]) == number
    assert count(server, [("id", "in", ids), ("state", "=", "closed")]) == 73


def test_batches(server, dob):
    """A big file goes in batches; Test looks at all of them before anything is written."""
    before = count(server)
    good = ImportScreen(server, "manager", ("dob.csv", renumbered(dob, "G"), CSV), DOB, limit=40)
    ids, messages = good.run(dryrun=False)
    assert (len(ids), messages) == (100, [])
    content = renumbered(dob, "H").rsplit(b"04/25/2013,", 1)
    bad = ImportScreen(server, "manager", ("dob.csv", b"13/45/2013,".join(content), CSV), DOB, limit=40)
    _ids, messages = bad.run(dryrun=True)
    assert messages
    assert count(server) == before + 100


def test_a_reference_typed_twice_is_told(server):
    values = {"title": "Crack", "external_ref": "typed-twice"}
    server.call("reporter", "quality.incident", "create", values)
    with pytest.raises(RpcError, match=r"ValidationError.*reference at the source exists"):
        server.call("reporter", "quality.incident", "create", values)
