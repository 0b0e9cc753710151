from odoo import fields, models

from ..tools.canonical import snapshot
from .quality_rectification_workflow import GATE

#: what is approved of each line; the due date as planned, so that an extension, approved by itself, changes nothing
LINE_CONTENT = ["requirement", "standard_id", "plan", "plan_due_date", "responsible_id", "responsible_name"]


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=[(GATE, "Rectification plan")], ondelete={GATE: "cascade"})


class QualityRectification(models.Model):
    """What of a notice is approved, by whom not, and what becomes of it (A2)."""

    _inherit = "quality.rectification"

    def _approval_gate(self):
        return GATE

    def _approval_content(self, gate):
        """Return what the approvers decide on: the severity and the plan of each line, in this round of planning."""
        self.ensure_one()
        return {
            "notice": snapshot(self, ["severity", "plan_round"]),
            "lines": snapshot(self.line_ids, LINE_CONTENT),
        }

    def _approval_authors(self, gate):
        return self.plan_author_ids

    def _approval_department(self):
        return self.recipient_department_id

    def _dossier_reports(self):
        return [
            (
                "quality_incident.action_report_rectification",
                self,
                self.env._("Rectification notice %s", self.name),
            )
        ]

    def _dossier_records(self):
        return [self, self.line_ids, self.recheck_ids, self.extension_ids]
