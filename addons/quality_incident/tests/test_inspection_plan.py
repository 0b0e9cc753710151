from datetime import datetime, timedelta
from unittest.mock import patch

from freezegun import freeze_time
from odoo.tests import tagged
from odoo.tools import mute_logger

from .inspection_common import SATURDAY, InspectionCase


@tagged("post_install", "-at_install")
class TestInspectionPlan(InspectionCase):
    """Inspections are created ahead, announced, and marked as missed, each once (B1)."""

    def _run(self, now):
        self.env["quality.inspection.plan"].search([("id", "!=", self.plan.id)]).active = False
        with freeze_time(now):
            self.env["quality.inspection.plan"]._cron_schedule()
        self.env.invalidate_all()
        return self.plan.inspection_ids.sorted("planned_at")

    def test_every_saturday_at_nine_where_the_company_works(self):
        found = self.plan._occurrences(datetime(2026, 3, 1), datetime(2026, 3, 22))
        self.assertEqual(found, [SATURDAY, SATURDAY + timedelta(weeks=1), SATURDAY + timedelta(weeks=2)])
        self.plan.interval = 2
        self.assertEqual(
            self.plan._occurrences(datetime(2026, 3, 8), datetime(2026, 4, 5)),
            [SATURDAY + timedelta(weeks=2), SATURDAY + timedelta(weeks=4)],
        )

    def test_summer_time(self):
        """Nine is nine before and after the clocks change on 29 March 2026."""
        self.company.resource_calendar_id.tz = "Europe/Berlin"
        found = self.plan._occurrences(datetime(2026, 3, 27), datetime(2026, 4, 5))
        self.assertEqual(found, [datetime(2026, 3, 28, 8), datetime(2026, 4, 4, 7)])

    def test_created_ahead_once(self):
        self.assertFalse(self._run(SATURDAY - timedelta(days=8)))
        created = self._run(SATURDAY - timedelta(days=6))
        self.assertEqual(created.mapped("planned_at"), [SATURDAY])
        for _turn in range(2):
            self.assertEqual(self._run(SATURDAY - timedelta(days=6)), created)
        self.assertEqual((created.inspector_id, created.department_id), (self.inspector, self.department_b))
        self.assertEqual(len(created.line_ids), 3)
        self.assertEqual(created.participant_ids, self.lead | self.works_manager, "and the heads of departments")

    def test_invited_with_a_calendar_file(self):
        inspection = self._run(SATURDAY - timedelta(days=6))
        mails = self.env["mail.message"].search(
            [("model", "=", "quality.inspection"), ("res_id", "=", inspection.id), ("attachment_ids", "!=", False)]
        )
        self.assertEqual(mails.notified_partner_ids, (self.lead | self.works_manager).partner_id)
        text = mails.attachment_ids.raw.decode().replace("\r\n ", "")
        for part in ("METHOD:REQUEST", "DTSTART:20260307T010000Z", "SEQUENCE:1", "mailto:inspector@example.com"):
            self.assertIn(part, text)
        self.assertEqual(inspection.activity_ids.user_id, self.inspector)
        inspection.planned_at = SATURDAY + timedelta(days=1)
        self.assertEqual(inspection.invitation_number, 2, "invited again")
        self.assertEqual(len(inspection.deadline_ids), 1)
        self.assertEqual(inspection.deadline_ids.due_at, SATURDAY + timedelta(days=2))

    def test_a_moved_inspection_is_not_created_again(self):
        inspection = self._run(SATURDAY - timedelta(days=6))
        inspection.planned_at = SATURDAY + timedelta(days=1)
        self.assertEqual(self._run(SATURDAY - timedelta(days=5)), inspection)

    def test_missed_after_the_grace(self):
        inspection = self._run(SATURDAY - timedelta(days=1))
        self._run(SATURDAY + timedelta(hours=23))
        self.assertEqual(inspection.state, "planned")
        self._run(SATURDAY + timedelta(hours=25))
        self.assertEqual((inspection.state, inspection.was_missed), ("missed", True))
        told = [("model", "=", "quality.inspection"), ("res_id", "=", inspection.id), ("subject", "ilike", "Missed")]
        self.assertIn(self.manager.partner_id, self.env["mail.message"].search(told).notified_partner_ids)
        self._run(SATURDAY + timedelta(hours=26))
        self.assertEqual(self.env["mail.message"].search_count(told), 1, "told once")

    @mute_logger("odoo.addons.quality_incident.models.quality_inspection_schedule")
    def test_one_inspection_does_not_stop_the_others_from_being_missed(self):
        poison, sound = (
            self._make_inspection(planned_at=SATURDAY - timedelta(days=days), title=f"Day {days}") for days in (9, 8)
        )
        miss = type(poison)._miss

        def broken(inspections):
            if poison.id in inspections.ids:
                raise ValueError("poison")
            return miss(inspections)

        with patch.object(type(poison), "_miss", broken):
            self.env["quality.inspection"]._mark_missed()
        self.assertEqual((poison.state, sound.state), ("planned", "missed"))

    def test_only_who_joins_is_invited(self):
        inspection = self._run(SATURDAY - timedelta(days=6))
        sent = [("model", "=", "quality.inspection"), ("res_id", "=", inspection.id), ("attachment_ids", "!=", False)]
        before = self.env["mail.message"].search(sent)
        inspection.participant_ids += self.engineer
        mail = self.env["mail.message"].search(sent) - before
        self.assertEqual(mail.notified_partner_ids, self.engineer.partner_id)
        self.assertIn("Invitation", mail.subject)
        self.assertIn("DTSTAMP:", mail.attachment_ids.raw.decode())

    def test_a_gap_is_noted_not_made_up_for(self):
        self._run(SATURDAY - timedelta(days=6))
        found = self._run(SATURDAY + timedelta(weeks=4, days=1))
        self.assertEqual(
            found.mapped("planned_at"),
            [SATURDAY, SATURDAY + timedelta(weeks=5)],
        )
        self.assertIn("4 inspections were not created", self.plan.message_ids[0].body)

    @mute_logger("odoo.addons.quality_incident.models.quality_inspection_schedule")
    def test_one_plan_does_not_stop_the_others(self):
        poison = self.plan.copy({"name": "Poison"})
        vals = type(self.plan)._inspection_vals

        def broken(plan, moment):
            if plan == poison:
                raise ValueError("poison")
            return vals(plan, moment)

        with patch.object(type(self.plan), "_inspection_vals", broken), freeze_time(SATURDAY - timedelta(days=6)):
            (self.plan | poison)._create_ahead()
        self.assertEqual(len(self.plan.inspection_ids), 1)
        self.assertFalse(poison.inspection_ids)

    def test_archived_plans_rest(self):
        self.plan.active = False
        self.assertFalse(self._run(SATURDAY - timedelta(days=6)))

    def test_queries(self):
        """What exists already costs the same for ten times the plans."""
        plans = self.plan
        with freeze_time(SATURDAY - timedelta(days=6)):
            plans._create_ahead()
            counts = []
            for number in (1, 1, 10):
                while len(plans) < number:
                    plans |= self.plan.copy()
                plans._create_ahead()
                self.env.flush_all()
                self.env.invalidate_all()
                start = self.env.cr.sql_log_count
                plans._create_ahead()
                self.env.flush_all()
                counts.append(self.env.cr.sql_log_count - start)
        self.assertLessEqual(counts[2], counts[1] + 1, counts)


@tagged("post_install", "-at_install")
class TestInspectionImport(InspectionCase):
    """Inspections held before this system (F9)."""

    HEADER = [
        "external_ref",
        "title",
        "state",
        "planned_at",
        "department_id",
        "line_ids/name",
        "line_ids/result",
        "line_ids/note",
    ]

    def _load(self, rows, user=None):
        return self.env["quality.inspection"].with_user(user or self.manager).load(self.HEADER, rows)

    def test_history_with_its_points(self):
        result = self._load(
            [
                ["A-1", "Old walk", "Done", "2024-05-04 01:00:00", "Works", "Cover", "Deficient", "Too thin"],
                ["", "", "", "", "", "Spacing", "Pass", ""],
                ["A-2", "Older walk", "Cancelled", "2024-04-27 01:00:00", "", "", "", ""],
            ]
        )
        self.assertFalse([message for message in result["messages"] if message["type"] == "error"])
        first, second = self.env["quality.inspection"].browse(result["ids"])
        self.assertEqual((first.state, first.is_historic, first.deficient_count), ("done", True, 1))
        self.assertEqual(first.done_at, datetime(2024, 5, 4, 1))
        self.assertFalse(first.activity_ids | second.activity_ids)
        self.assertFalse(first.deadline_ids, "starts no clock")
        self.assertFalse(first.line_ids[0].answered_at, "nobody here answered it")

    def test_messages_per_row(self):
        rows = [
            ["B-1", "No result", "Done", "2024-05-04 01:00:00", "", "Cover", "", ""],
            ["B-2", "Running", "In progress", "2024-05-04 01:00:00", "", "Cover", "Pass", ""],
            ["B-3", "Twice", "Done", "2024-05-04 01:00:00", "", "Cover", "Pass", ""],
            ["B-3", "Twice", "Done", "2024-05-04 01:00:00", "", "Cover", "Pass", ""],
        ]
        result = self._load(rows)
        texts = "\n".join(message["message"] for message in result["messages"])
        for text in ("B-1: Checklist", "B-2: State", "B-3: Reference at the source"):
            self.assertIn(text, texts)
        self.assertFalse(result["ids"])
        self.assertFalse(
            self.env["quality.inspection"].search([("external_ref", "=like", "B-%")]), "nothing half-written"
        )

    def test_only_the_manager_imports_history(self):
        result = self._load([["C-1", "x", "Done", "2024-05-04 01:00:00", "", "Cover", "Pass", ""]], self.inspector)
        self.assertIn("quality manager", result["messages"][0]["message"])
        result = self._load([["C-2", "Next", "", "2099-05-04 01:00:00", "", "Cover", "", ""]], self.inspector)
        self.assertEqual(self.env["quality.inspection"].browse(result["ids"]).state, "planned")

    def test_templates(self):
        result = (
            self.env["quality.inspection.template"]
            .with_user(self.manager)
            .load(
                ["name", "subject", "line_ids/section", "line_ids/name"],
                [["Tower", "Completed unit", "Roof", "Tight"], ["", "", "Roof", "Drained"]],
            )
        )
        template = self.env["quality.inspection.template"].browse(result["ids"])
        self.assertEqual((template.subject, template.line_ids.mapped("name")), ("unit", ["Tight", "Drained"]))
