import csv
import os
from collections import Counter
from datetime import datetime
from pathlib import Path

from odoo.tests import tagged

from .common import ServiceCase

#: what the columns of the city's register become; docs/import.md explains the mapping
SF311 = {
    "unique_key": "external_ref",
    "created_date": "received_at",
    "closed_date": "closed_at",
    "status": "state",
    "category": "subject",
    "complaint_type": "description",
    "descriptor": "description",
    "source": "channel",
    "latitude": "site_latitude",
    "longitude": "site_longitude",
    "status_notes": "resolution",
}
WORDS = {
    "Mobile/Open311": "portal",
    "Twitter": "web",
    "Integrated Agency": "internal",
    "Other Department": "internal",
}
CHANNELS = {**WORDS, "Phone": "phone", "Web": "web", "Email": "email"}
CARS = {
    "id": "external_ref",
    "desc": "description",
    "problem": "fault_code_ids",
    "datetime": "received_at",
    "status": "external_status",
}


def data_file(name):
    """Return the path of a real file, or None where there is none."""
    folder = Path(os.environ.get("QUALITY_DATA") or Path(__file__).resolve().parents[4] / "shared/data")
    return folder / name if (folder / name).is_file() else None


@tagged("post_install", "-at_install")
class TestTicketImport(ServiceCase):
    """F9: registers of other offices become tickets, with right channels, times and states."""

    def _rows(self, name):
        file = data_file(name)
        if not file:
            self.skipTest(f"no file {name}; set QUALITY_DATA to the folder of the real files")
        with file.open(newline="", encoding="utf-8-sig") as stream:
            return list(csv.DictReader(stream))

    def _load(self, mapping, rows, user=None, **columns):
        """Load rows as the import screen does: two columns with one target are joined."""
        names = list(dict.fromkeys(mapping.values()))
        sources = {name: [header for header, target in mapping.items() if target == name] for name in names}
        data = [
            ["\n".join(filter(None, (row[header] for header in sources[name]))) for name in names]
            + list(columns.values())
            for row in rows
        ]
        tickets = self.env["service.ticket"].with_user(user or self.leader).with_context(tracking_disable=True)
        return tickets.load([*names, *columns], data)

    def _teach(self):
        self.env["quality.import.word"].create([{"name": word, "meaning": channel} for word, channel in WORDS.items()])

    @staticmethod
    def _moment(text):
        return datetime.fromisoformat(text).replace(tzinfo=None)

    def test_city_register(self):
        """Channels, times with their offset and states of a part of the file; all of it is loaded from outside."""
        self._teach()
        self.leader.tz = "America/Los_Angeles"
        rows = self._rows("sf311_service_requests.csv")
        wrong = [row for row in rows if row["closed_date"] and row["closed_date"] < row["created_date"]]
        self.assertEqual(len(wrong), 17)
        good = [row for row in rows if row not in wrong][:400]
        result = self._load(SF311, [*good[:5], wrong[0], *good[5:9], wrong[1]])
        self.assertFalse(result["ids"])
        self.assertEqual([message["record"] for message in result["messages"]], [6, 11])
        self.assertIn(wrong[0]["unique_key"], result["messages"][0]["message"])
        self.assertIn("is before it was received", result["messages"][0]["message"])
        result = self._load(SF311, good)
        self.assertFalse(result["messages"])
        tickets = self.env["service.ticket"].browse(result["ids"])
        for ticket, row in zip(tickets, good, strict=True):
            self.assertEqual(ticket.received_at, self._moment(row["created_date"]), row["unique_key"])
            closed = self._moment(row["closed_date"]) if row["closed_date"] else False
            self.assertEqual(ticket.closed_at, closed if row["status"] == "Closed" else False)
            self.assertEqual(ticket.state, {"Closed": "closed", "Open": "new"}[row["status"]])
            self.assertEqual(ticket.channel, CHANNELS[row["source"]])
            self.assertEqual(bool(ticket.site_latitude), row["latitude"] != "0.0")
            self.assertEqual(ticket.is_historic, row["status"] == "Closed")
        history = tickets.filtered("is_historic")
        self.assertFalse(
            self.env["quality.deadline"].search([("res_model", "=", "service.ticket"), ("res_id", "in", history.ids)])
        )
        again = self._load(SF311, good[:2])
        self.assertIn("in the register already", again["messages"][0]["message"])

    def test_impossible_times(self):
        """With the switch of a manager they are written, and flagged; nobody else's switch counts."""
        self._teach()
        rows = self._rows("sf311_service_requests.csv")
        wrong = [row for row in rows if row["closed_date"] and row["closed_date"] < row["created_date"]]
        self.company.service_import_conflicts = True
        self.assertFalse(self._load(SF311, wrong, self.agent)["ids"])
        result = self._load(SF311, wrong)
        self.assertFalse(result["messages"])
        tickets = self.env["service.ticket"].browse(result["ids"])
        self.assertEqual(len(tickets.filtered("has_time_conflict")), 17)
        self.assertEqual(set(tickets.mapped("state")), {"closed"})

    def test_chinese_complaints(self):
        """Several fault codes in a cell, with a trailing comma; the Pareto by code is that of the file."""
        rows = self._rows("car_complaints_zh.csv")
        result = self._load(CARS, rows, kind="Complaint")
        self.assertFalse(result["messages"])
        tickets = self.env["service.ticket"].browse(result["ids"])
        self.assertEqual(len(tickets), 600)
        self.assertEqual(set(tickets.mapped("kind")), {"complaint"})
        expected = Counter(code for row in rows for code in dict.fromkeys(filter(None, row["problem"].split(","))))
        groups = self.env["service.ticket"]._read_group([("id", "in", tickets.ids)], ["fault_code_ids"], ["__count"])
        self.assertEqual({fault.code: count for fault, count in groups}, expected)
        self.assertIn("异响", tickets[0].subject)

    def test_by_an_agent(self):
        """Who may not import history is told so; unknown fault codes are named, not invented."""
        rows = [{"id": "1", "desc": "坏了", "problem": "ZZ9,", "datetime": "2020-06-08", "status": "x"}]
        result = self._load(CARS, rows, self.agent)
        self.assertFalse(result["ids"])
        self.assertFalse(self.env["service.fault.code"].search([("code", "=", "ZZ9")]))
        rows[0]["problem"] = ""
        result = self._load(CARS, rows, self.agent, state="Closed", closed_at="2020-06-09")
        self.assertIn("service manager", " ".join(message["message"] for message in result["messages"]))

    def test_future(self):
        """Nothing that has not happened yet comes in, not even with the switch."""
        self.company.service_import_conflicts = True
        rows = [{"id": "1", "desc": "x", "problem": "", "datetime": "2999-06-08", "status": "x"}]
        result = self._load(CARS, rows, state="Closed", closed_at="2999-06-09")
        self.assertIn("future", result["messages"][0]["message"])
