from odoo.tests import HttpCase, tagged

from .inspection_common import InspectionCase


@tagged("post_install", "-at_install")
class TestTourInspection(InspectionCase, HttpCase):
    """Inspections on a phone (B1, B3)."""

    browser_size = "375x667"
    touch_enabled = True

    def test_inspection_on_a_phone(self):
        inspection = self._make_inspection()
        self.start_tour(
            f"/odoo/quality-inspections/{inspection.id}", "quality_inspection_phone", login=self.inspector.login,
            timeout=120,
        )
        self.env.invalidate_all()
        self.assertEqual(inspection.state, "done")
        self.assertEqual(inspection.line_ids.mapped("result"), ["deficient", "pass", "na"])
        line = inspection.line_ids[0]
        self.assertEqual((line.note, len(line.evidence_ids)), ("Only 12 mm of cover", 1))
        self.assertEqual(line.evidence_ids.mimetype, "image/png", "a JPEG of so small a picture would be larger")
        self.assertEqual(line.rectification_id.state, "draft")
        self.assertEqual(len(line.rectification_id.line_ids.before_ids), 1)
