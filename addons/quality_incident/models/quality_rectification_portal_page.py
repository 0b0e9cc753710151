from odoo import models
from odoo.tools import format_date


class QualityRectification(models.Model):
    """What the portal shows of a notice: plain values, so that a template can reach nothing else (F5)."""

    _inherit = "quality.rectification"

    def _portal_page(self):
        """Return the values of the page of this notice, read as the superuser.

        No names of staff but the issuer's, nothing of the incident it comes from, no internal note.
        """
        self.ensure_one()
        state, reviewed = self.state, self.waiting_for == "approvers"
        planning = state in ("acknowledged", "planned") and not reviewed
        rejected = planning and self.approval_state == "rejected"
        return {
            **self._portal_row(),
            "description": self.description or "",
            "severity": self._portal_label("severity"),
            "company": self.company_id.name,
            "issuer": self.issuer_id.name,
            "recipient": self.recipient_name,
            "acknowledged": self._portal_time(self.acknowledged_at),
            "acknowledged_by": self.ack_person or "",
            "approved": self._portal_time(self.approved_at) if state not in ("acknowledged", "planned") else "",
            "round": self.round,
            "reviewed": reviewed,
            "rejection": self._portal_rejection() if rejected else "",
            "may_acknowledge": state == "issued",
            "may_plan": planning,
            "may_work": state in ("approved", "executing"),
            "may_hand_over": state == "executing" and not self._missing_execution(),
            "files": self._portal_links(self.evidence_ids),
            "lines": [line._portal_line(planning) for line in self.line_ids],
        }

    def _portal_row(self):
        """Return what the list shows of this notice."""
        withdrawn = self.state == "cancelled"
        return {
            "id": self.id,
            "number": self.name,
            "subject": self.subject,
            "state": self.state,
            "state_label": self.env._("Withdrawn") if withdrawn else self._portal_label("state"),
            "project": self.project_id.name or "",
            "location": self.location or "",
            "issued": self._portal_time(self.issued_at),
            "due": self._portal_time(self.next_due_at) if self.waiting_for == "recipient" else "",
            "overdue": self.is_overdue,
            "your_turn": self.waiting_for == "recipient",
        }

    def _portal_readable_files(self):
        """Return the files that the recipient may open."""
        lines = self.line_ids
        return (
            self.evidence_ids
            | lines.before_ids
            | lines.after_ids
            | lines.recheck_file_ids
            | self.recheck_ids.after_ids
            | self.recheck_ids.file_ids
        )


class QualityRectificationLine(models.Model):
    """What the portal shows of a requirement."""

    _inherit = "quality.rectification.line"

    def _portal_line(self, planning):
        notice = self.rectification_id
        labels = dict(self._fields["state"]._description_selection(self.env))
        working = notice.state in ("approved", "executing") and self.state in ("open", "started")
        results = dict(self._fields["result"]._description_selection(self.env))
        request = self.open_extension_id
        return {
            "id": self.id,
            "requirement": self.requirement,
            "clause": self.standard_clause or "",
            "state": self.state,
            "state_label": labels[self.state],
            "due": format_date(self.env, self.due_date) if self.due_date else "",
            "due_date": str(self.due_date or ""),
            "original_due": format_date(self.env, self.original_due_date) if self.original_due_date else "",
            "overdue": self.is_overdue,
            "plan": self.plan or "",
            "responsible": self.responsible_name or "",
            "may_plan": planning and self.state in ("open", "started"),
            "may_work": working,
            "may_extend": working and not request,
            "extension": format_date(self.env, request.requested_date) if request else "",
            "done": notice._portal_time(self.done_at),
            "done_note": self.done_note or "",
            "deviation": self.deviation or "",
            "deviation_reason": self.deviation_reason or "",
            "before": notice._portal_links(self.before_ids),
            "after": notice._portal_links(self.after_ids),
            "rechecks": [
                {
                    "round": recheck.round,
                    "result": results[recheck.result],
                    "failed": recheck.result == "fail",
                    "note": recheck.note or "",
                    "at": notice._portal_time(recheck.at),
                    "files": notice._portal_links(recheck.file_ids),
                }
                for recheck in self.recheck_ids.sorted("id")
            ],
        }
