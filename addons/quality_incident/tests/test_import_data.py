import csv
import io
import os
from datetime import datetime
from pathlib import Path

import openpyxl
from odoo.tests import HttpCase, tagged

from .test_import import ImportCase

DOB = {
    "Complaint Number": "external_ref",
    "Status": "state",
    "Date Entered": "occurred_at",
    "House Number": "location",
    "House Street": "location",
    "ZIP Code": "location",
    "Complaint Category": "title",
    "Unit": "title",
    "Disposition Date": "closed_at",
    "Disposition Code": "description",
    "Inspection Date": "description",
}
HPD = {
    "ViolationID": "external_ref",
    "HouseNumber": "location",
    "StreetName": "location",
    "Apartment": "location",
    "Postcode": "location",
    "Class": "grade",
    "InspectionDate": "occurred_at",
    "NOVDescription": "description",
    "CurrentStatus": "description",
    "CurrentStatusDate": "closed_at",
    "ViolationStatus": "state",
}


def without_history(mapping):
    """Return the mapping of somebody who may not import history."""
    return {header: field for header, field in mapping.items() if field not in ("state", "closed_at")}


@tagged("post_install", "-at_install")
class TestImportData(ImportCase):
    """F9: two public registers, errors included, through Odoo's own import (docs/import.md has these mappings)."""

    def _real_file(self, name):
        folder = Path(os.environ.get("QUALITY_DATA") or Path(__file__).resolve().parents[4] / "shared/data")
        file = folder / name
        if not file.is_file():
            self.skipTest(f"no file {name} in {folder}; set QUALITY_DATA to the folder of the real files")
        return file.read_bytes()

    def _rows(self, content):
        return list(csv.DictReader(io.StringIO(content.decode())))

    def _teach_classes(self):
        """HPD: class A is not hazardous, B is hazardous, C is immediately hazardous."""
        self.env["quality.import.word"].with_user(self.manager).create(
            [{"name": word, "meaning": grade} for word, grade in (("A", "minor"), ("B", "general"), ("C", "major"))]
        )

    def _assert_silent_history(self, incidents):
        """History starts no clock, asks no approval, notifies nobody."""
        self.assertTrue(all(incidents.mapped("is_historic")))
        records = [("res_model", "=", "quality.incident"), ("res_id", "in", incidents.ids)]
        for model in ("quality.deadline", "quality.approval", "mail.activity"):
            self.assertFalse(self.env[model].search(records), model)
        mails = self.env["mail.mail"].search([("model", "=", "quality.incident"), ("res_id", "in", incidents.ids)])
        self.assertFalse(mails)
        self.assertFalse(incidents.message_ids.notification_ids)
        for lines in ("duty_ids", "stop_order_ids", "violation_ids", "fact_ids"):
            self.assertFalse(incidents[lines], lines)
        self.assertFalse(incidents.message_partner_ids - self.manager.partner_id)

    # ------------------------------------------------------------------
    # The buildings department's complaints
    # ------------------------------------------------------------------

    def test_dob_by_the_manager(self):
        """Padded texts, empty ZIP codes, US dates; closed ones become history, active ones drafts."""
        self.manager.tz = "America/New_York"
        content = self._real_file("nyc_dob_complaints.csv")
        rows = self._rows(content)
        before = self._count()
        self.assertFalse(self._import(content, DOB, self.manager, dryrun=True)["messages"])
        self.assertEqual(self._count(), before)
        incidents = self._imported(self._import(content, DOB, self.manager))
        self.assertEqual(incidents.mapped("external_ref"), [row["Complaint Number"] for row in rows])
        closed = incidents.filtered(lambda incident: incident.state == "closed")
        self.assertEqual((len(closed), len(incidents - closed)), (44, 56))
        self.assertEqual(set((incidents - closed).mapped("state")), {"draft"})
        first = incidents[0]
        self.assertEqual((first.title, first.location, first.state), ("05 QNS.", "10 MUHLEBACH COURT", "closed"))
        self.assertEqual((str(first.occurred_at), str(first.closed_at)), ("2011-06-08 04:00:00", "2013-04-25 04:00:00"))
        self.assertEqual(first.description, "L3\n04/25/2013")
        self.assertFalse([text for text in incidents.mapped("location") if "  " in text or text != text.strip()])
        drafts = incidents - closed
        self.assertFalse([draft for draft in drafts if draft.closed_at or draft.is_historic])
        self._assert_silent_history(closed)

    def test_dob_by_a_reporter(self):
        """Who may not import history imports drafts, and is told what to leave out."""
        content = self._real_file("nyc_dob_complaints.csv")
        refused = self._import(content, DOB, self.reporter)
        self.assertFalse(refused["ids"])
        columns = {message["column"] for message in refused["messages"]}
        self.assertEqual(columns, {"state", "closed_at"})
        self.assertIn("only the quality manager", refused["messages"][0]["message"])
        incidents = self._imported(self._import(content, without_history(DOB), self.reporter))
        self.assertEqual(set(incidents.mapped("state")), {"draft"})
        self.assertEqual(incidents.reporter_id, self.reporter)
        self.assertFalse(incidents.filtered("is_historic"))

    def test_dob_twice(self):
        """The next day's file has the same complaints: each is named with its number here, and nothing doubles."""
        content = self._real_file("nyc_dob_complaints.csv")
        incidents = self._imported(self._import(content, DOB, self.manager))
        again = self._import(content, DOB, self.manager)
        self.assertEqual(len(again["messages"]), 100)
        for incident, message in zip(incidents, again["messages"], strict=True):
            self.assertIn(
                f"{incident.external_ref}: Reference at the source: in the register already, as {incident.name}",
                message["message"],
            )
        self.assertFalse(again["ids"])

    def test_dob_with_european_dates(self):
        """The wrong date format is told once, with the rows, before anything is written."""
        content = self._real_file("nyc_dob_complaints.csv")
        before = self._count()
        [message] = self._import(content, DOB, self.manager, options={"date_format": "%d/%m/%Y"})["messages"]
        self.assertRegex(
            message["message"], "^Happened on: row 2 “04/23/2013”.* more: not dates in the format DD/MM/YYYY"
        )
        self.assertEqual(self._count(), before)

    def test_dob_with_one_bad_row(self):
        """One row of a hundred is wrong: nothing of the file is written."""
        content = self._real_file("nyc_dob_complaints.csv").replace(b"04/23/2013,157  ", b"04/23/2913,157  ", 1)
        before = self._count()
        for dryrun in (True, False):
            result = self._import(content, DOB, self.manager, dryrun=dryrun)
            found = {(message["rows"]["from"] + 1, message["column"]) for message in result["messages"]}
            self.assertEqual(found, {(2, "occurred_at")})
            self.assertFalse(result["ids"])
            self.assertEqual(self._count(), before)

    # ------------------------------------------------------------------
    # The housing department's violations
    # ------------------------------------------------------------------

    def test_hpd_by_the_manager(self):
        """Classes A, B and C become grades once the manager said what they mean; without that, rows say so."""
        content = self._real_file("nyc_hpd_violations.csv")
        rows = self._rows(content)
        untaught = self._import(content, HPD, self.manager)
        self.assertFalse(untaught["ids"])
        self.assertEqual(len(untaught["messages"]), 100)
        self.assertIn("Value 'B' not found in selection field 'Grade'", untaught["messages"][0]["message"])
        self._teach_classes()
        incidents = self._imported(self._import(content, HPD, self.manager))
        grades = {"A": "minor", "B": "general", "C": "major"}
        self.assertEqual(incidents.mapped("grade"), [grades[row["Class"]] for row in rows])
        closed = incidents.filtered(lambda incident: incident.state == "closed")
        self.assertEqual((len(closed), len(incidents - closed)), (73, 27))
        first = incidents[0]
        self.assertEqual(first.location, "5603 SNYDER AVENUE 11203")
        self.assertTrue(first.title.startswith("SECTION 27-2040 ADM CODE PROVIDE ADEQUATE"))
        self.assertLessEqual(max(len(title) for title in incidents.mapped("title")), 81)
        self.assertTrue(first.description.endswith("VIOLATION DISMISSED"))
        self._assert_silent_history(closed)
        # a major draft starts its duties when somebody reports it, not when it is imported
        self.assertFalse((incidents - closed).duty_ids)

    def test_hpd_by_a_reporter(self):
        content = self._real_file("nyc_hpd_violations.csv")
        self._teach_classes()
        incidents = self._imported(self._import(content, without_history(HPD), self.reporter))
        self.assertEqual((len(incidents), set(incidents.mapped("state"))), (100, {"draft"}))

    def test_an_imported_draft_goes_all_the_way(self):
        content = self._real_file("nyc_hpd_violations.csv")
        self._teach_classes()
        incidents = self._imported(self._import(content, without_history(HPD), self.reporter))
        incident = incidents.filtered(lambda line: line.grade == "major")[0].with_user(self.manager)
        incident.write(
            {
                "project_id": self.project.id,
                "technical_lead_id": self.lead.id,
                "inspector_id": self.inspector.id,
                "engineer_id": self.engineer.id,
                "estimated_loss": 5000,
                "preliminary_cause": "Age",
                "responsible_department_id": self.department_b.id,
                "responsible_person": "Foreman Wang",
            }
        )
        self._drive(incident, "closing")
        self.assertTrue(incident.duty_ids, "what happened in 2013 is owed since 2013")
        incident.duty_ids.with_user(self.inspector).late_reason = "Taken over from the old register"
        self._drive(incident, "closed")
        self.assertEqual(incident.state, "closed")


@tagged("post_install", "-at_install")
class TestImportHistory(ImportCase):
    """F9, DESIGN.md §2: history is the manager's, keeps its dates, starts nothing."""

    def _row(self, **values):
        return {
            "external_ref": "",
            "title": "Old crack",
            "occurred_at": "2019-03-01 08:00:00",
            "reported_at": "",
            "state": "closed",
            "closed_at": "2019-05-01 08:00:00",
            "grade": "major",
            "cancel_reason": "",
            **values,
        }

    def test_history_keeps_its_dates(self):
        closed, cancelled = self._imported(
            self._import_rows(
                [
                    self._row(reported_at="2019-03-02 09:00:00"),
                    self._row(state="cancelled", closed_at="", cancel_reason="No defect"),
                ],
                user=self.manager,
            )
        )
        self.assertEqual(
            [str(closed[name]) for name in ("occurred_at", "discovered_at", "reported_at", "closed_at")],
            ["2019-03-01 08:00:00", "2019-03-01 08:00:00", "2019-03-02 09:00:00", "2019-05-01 08:00:00"],
        )
        self.assertEqual(
            (cancelled.state, cancelled.cancel_reason, cancelled.is_historic), ("cancelled", "No defect", True)
        )
        self.assertFalse((closed | cancelled).duty_ids)

    def test_only_the_manager(self):
        for user in (self.reporter, self.inspector, self.chief):
            self._assert_refused(
                self._import_rows([self._row()], user=user),
                (1, "state", "only the quality manager"),
                (1, "closed_at", "only the quality manager"),
            )
            flagged = self._row(state="", closed_at="", is_historic="1")
            self._assert_refused(self._import_rows([flagged], user=user), (1, "state", "only the quality manager"))

    def test_history_is_over(self):
        rows = [
            {**self._row(state="analysis", closed_at=""), "is_historic": ""},
            {**self._row(state="", closed_at=""), "is_historic": "yes"},
            {**self._row(state="executing"), "is_historic": "yes"},
        ]
        self._assert_refused(
            self._import_rows(rows, user=self.manager),
            (1, "state", "starts as a draft"),
            (2, "state", "closed or cancelled"),
            (3, "state", "closed or cancelled"),
        )

    def test_dates_of_history_are_checked(self):
        self._assert_refused(
            self._import_rows(
                [
                    self._row(closed_at="2018-01-01 00:00:00"),
                    self._row(reported_at="2999-01-01 00:00:00"),
                ],
                user=self.manager,
            ),
            (1, "closed_at", "before it happened"),
            (2, "reported_at", "in the future"),
        )
        with self.assertRaisesRegex(Exception, "Closed on"):
            self._make_incident(user=self.manager, is_historic=True, state="closed", closed_at="2001-01-01 00:00:00")

    def test_the_screen_offers_history_to_the_manager(self):
        for user, offered in ((self.manager, True), (self.reporter, False)):
            _file, preview = self._upload(user, b"title,Closed on,state\nA,2019-01-01,closed\n")
            names = {field["name"] for field in preview["fields"]}
            self.assertEqual("closed_at" in names, offered)
            self.assertEqual(preview["matches"].get(1), ["closed_at"] if offered else None)
            self.assertNotIn("name", names, "numbers are given here")


@tagged("post_install", "-at_install")
class TestImportSpeed(ImportCase):
    """DESIGN.md §5: queries do not grow with the rows, but for the number each record takes from its sequence."""

    def _queries(self, count, **values):
        names = ["external_ref", "title", "occurred_at", "grade", *values]
        data = [
            [f"{count}-{index}-{values.get('state')}", "Crack", "2026-01-05 08:00:00", "general", *values.values()]
            for index in range(count)
        ]
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        result = self.incidents.with_user(self.manager).load(names, data)
        self.env.flush_all()
        self.assertFalse(result["messages"])
        return self.env.cr.sql_log_count - before

    def test_queries_per_row(self):
        for values in ({}, {"state": "closed", "closed_at": "2026-01-06 08:00:00"}):
            self._queries(2, **values)  # fills the caches
            few, many = self._queries(10, **values), self._queries(110, **values)
            # One per row, its number, and a few per hundred. Odoo looks up names of projects and people one by one.
            self.assertLess(many - few, 110, f"{few} queries for 10 rows, {many} for 110")


@tagged("post_install", "-at_install")
class TestImportTemplate(ImportCase, HttpCase):
    """F1, F9: the template is made in the user's language, and the import understands it without a click."""

    def _template(self, user):
        self.authenticate(user.login, user.login)
        [template] = self.incidents.with_user(user).get_import_templates()
        answer = self.url_open(template["template"])
        answer.raise_for_status()
        self.assertIn("incidents.xlsx", answer.headers["Content-Disposition"])
        return openpyxl.load_workbook(io.BytesIO(answer.content))

    def _fill(self, book, **values):
        names = list(self.incidents.with_user(self.manager)._import_columns())
        for name, value in values.items():
            book.worksheets[0].cell(2, names.index(name) + 1, value)
        output = io.BytesIO()
        book.save(output)
        return output.getvalue()

    def test_template(self):
        self.env["res.lang"]._activate_lang("zh_CN")
        self.env.ref("base.module_quality_incident")._update_translations(["zh_CN"])
        for lang in ("en_US", "zh_CN"):
            self.manager.lang = lang
            book = self._template(self.manager)
            names = list(self.incidents.with_user(self.manager)._import_columns())
            content = self._fill(
                book,
                external_ref=f"T-{lang}",
                title="Crack",
                occurred_at=datetime(2026, 1, 5, 8, 30),
                grade=dict(
                    self.incidents.with_context(lang=lang)
                    ._fields["grade"]
                    ._description_selection(self.env(context={"lang": lang}))
                )["general"],
                project_id=self.project.name,
                deaths=0,
                estimated_loss=1200.5,
                location="Axis C",
            )
            _file, preview = self._upload(self.manager, content, "incidents.xlsx")
            self.assertEqual(preview["matches"], {index: [name] for index, name in enumerate(names)})
            incident = self._imported(
                self._import(
                    content, dict(zip(preview["headers"], names, strict=True)), self.manager, name="incidents.xlsx"
                )
            )
            self.assertEqual(
                (incident.grade, incident.project_id, incident.estimated_loss), ("general", self.project, 1200.5)
            )
            self.assertEqual(str(incident.occurred_at), "2026-01-05 08:30:00")
            self.assertEqual(book.worksheets[1].max_row, len(names) + 1)

    def test_template_of_a_reporter(self):
        headers = [cell.value for cell in self._template(self.reporter).worksheets[0][1]]
        self.assertIn("Happened on", headers)
        self.assertNotIn("Closed on", headers)

    def test_template_is_for_those_who_report(self):
        self.authenticate("t_plain", "t_plain")
        self.assertEqual(self.url_open("/quality_incident/import_template.xlsx").status_code, 403)
