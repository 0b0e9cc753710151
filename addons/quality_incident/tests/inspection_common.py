import base64
from datetime import datetime

from odoo import fields

from .rectification_common import RectificationCase
from .report_common import PICTURE

#: a Saturday, nine o'clock in Shanghai
SATURDAY = datetime(2026, 3, 7, 1, 0)


class InspectionCase(RectificationCase):
    """A checklist of three points, a plan, and the way of an inspection from step to step."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.resource_calendar_id.tz = "Asia/Shanghai"
        cls.standard = cls.env["quality.standard"].create({"code": "GB 50204", "clause": "5.5.2", "name": "Cover"})
        cls.template = cls.env["quality.inspection.template"].create(
            {
                "name": "Weekly",
                "line_ids": [
                    fields.Command.create({"section": "Rebar", "name": "Cover", "standard_id": cls.standard.id}),
                    fields.Command.create({"section": "Rebar", "name": "Spacing"}),
                    fields.Command.create({"section": "Site", "name": "Guard rails"}),
                ],
            }
        )
        cls.plan = cls.env["quality.inspection.plan"].create(
            {
                "name": "Saturday inspection",
                "template_id": cls.template.id,
                "project_id": cls.project.id,
                "department_id": cls.department_b.id,
                "inspector_id": cls.inspector.id,
                "first_date": "2026-03-01",
                "participant_ids": [fields.Command.link(cls.lead.id)],
            }
        )

    @classmethod
    def _make_inspection(cls, user=None, **vals):
        values = {
            "title": "Site walk",
            "template_id": cls.template.id,
            "project_id": cls.project.id,
            "department_id": cls.department_b.id,
            "inspector_id": cls.inspector.id,
            **vals,
        }
        inspection = cls.env["quality.inspection"].with_user(user or cls.inspector).create(values)
        return inspection.with_user(cls.inspector)

    def _photo(self, uuid="u1", name="cover.png", content=PICTURE):
        return {"uuid": uuid, "name": name, "data": base64.b64encode(content).decode()}

    def _answer_all(self, inspection, deficient=()):
        """Answer every point: deficient with note and photo those at these positions, the others pass."""
        answers = [
            {"line_id": line.id, "result": "deficient", "note": "Bad", "photos": [self._photo(f"u{line.id}")]}
            if number in deficient
            else {"line_id": line.id, "result": "pass"}
            for number, line in enumerate(inspection.line_ids)
        ]
        result = inspection.save_answers(answers)
        self.assertFalse(result["errors"])
        return inspection

    def _held(self, deficient=(), **vals):
        """Return an inspection that is done."""
        inspection = self._answer_all(self._make_inspection(**vals), deficient)
        inspection.action_complete()
        return inspection
