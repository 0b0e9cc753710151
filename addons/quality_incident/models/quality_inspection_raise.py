from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .quality_rectification_workflow import ISSUERS


class QualityInspectionLine(models.Model):
    """What becomes of a deficient point: a rectification notice, and the re-check record bound to the point (B3)."""

    _inherit = "quality.inspection.line"

    rectification_line_id = fields.Many2one(
        "quality.rectification.line", "Requirement", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict",
    )
    rectification_id = fields.Many2one(
        related="rectification_line_id.rectification_id", string="Rectification notice", store=True,
        index="btree_not_null",
    )
    recheck_ids = fields.One2many(related="rectification_line_id.recheck_ids", string="Re-checks")
    followup = fields.Selection(
        [
            ("none", "Nothing to do"),
            ("to_raise", "Notice to be raised"),
            ("open", "Being rectified"),
            ("failed", "Re-check failed, next round"),
            ("passed", "Re-check passed"),
            ("withdrawn", "Notice withdrawn"),
        ],
        "What became of it", compute="_compute_followup",
    )

    @api.depends(
        "result",
        "rectification_line_id.state",
        "rectification_line_id.recheck_ids",
        "rectification_line_id.rectification_id.state",
    )
    def _compute_followup(self):
        for line in self:
            requirement = line.sudo().rectification_line_id
            if line.result != "deficient":
                line.followup = "none"
            elif not requirement:
                line.followup = "to_raise"
            elif requirement.rectification_id.state == "cancelled":
                line.followup = "withdrawn"
            elif requirement.state == "passed":
                line.followup = "passed"
            else:
                line.followup = "failed" if requirement.recheck_ids[-1:].result == "fail" else "open"

    def _is_raised(self):
        """Return whether a notice about this point stands; one that was withdrawn does not."""
        notice = self.sudo().rectification_id
        return bool(notice) and notice.state != "cancelled"

    def write(self, vals):
        if "rectification_line_id" in vals and not self.env.su:
            raise UserError(self.env._("A notice is linked by raising it."))
        raised = self.filtered(lambda line: line._is_raised())
        if vals.get("result", "deficient") != "deficient" and raised:
            raise UserError(
                self.env._(
                    "A notice was raised about “%s”: it stays deficient. Withdraw the notice if it was a mistake.",
                    raised[:1].name,
                )
            )
        return super().write(vals)

    def action_raise_rectification(self, severity="normal"):
        """Raise one rectification notice about these deficient points and open it; a second tap opens the same.

        :param severity: ``normal`` or ``major``
        :raises AccessError: the user may not issue notices
        :raises UserError: nothing here is deficient, or the inspection has not been held
        """
        self.check_access("read")
        self.env["quality.inspection"]._check_role(ISSUERS)
        if severity not in dict(self.env["quality.rectification"]._fields["severity"].selection):
            raise UserError(self.env._("A notice is normal or major."))
        fresh = self._lock_deficient()
        if fresh:
            fresh._raise_notice(severity)
        raised = self.filtered(lambda line: line._is_raised()).rectification_id
        return raised[:1].with_env(self.env).get_formview_action()

    def _lock_deficient(self):
        """Return the deficient points that have no notice, after waiting for whoever raises one about them now."""
        self.flush_recordset()
        self.env.cr.execute(
            SQL("SELECT id FROM quality_inspection_line WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", self.ids)
        )
        self.invalidate_recordset(["rectification_line_id", "rectification_id"])
        if len(self.inspection_id) > 1:
            raise UserError(self.env._("Choose points of one inspection."))
        if self.inspection_id.state not in ("in_progress", "done"):
            raise UserError(self.env._("%s has not been held.", self.inspection_id.display_name or ""))
        deficient = self.filtered(lambda line: line.result == "deficient")
        if not deficient:
            raise UserError(self.env._("Nothing here is deficient: mark what is, then raise the notice."))
        return deficient.filtered(lambda line: not line._is_raised())

    def _raise_notice(self, severity):
        """Raise a notice about these points as the system and tie each to its requirement."""
        inspection = self.inspection_id
        requirements = [
            {
                "requirement": "\n".join(filter(None, (line.name, line.note))),
                "standard_id": line.standard_id.id,
                "before_ids": line.evidence_ids,
                "sequence": number,
            }
            for number, line in enumerate(self, 1)
        ]
        subject = self.name if len(self) == 1 else inspection.title
        notice = self.env["quality.rectification"]._raise_from(
            inspection,
            requirements,
            severity=severity,
            subject=subject,
            description=self.env._("Found in inspection %s.", inspection.display_name),
            recipient_department_id=inspection.department_id.id,
            recipient_partner_id=inspection.partner_id.id,
        )
        for line, requirement in zip(self, notice.sudo().line_ids.sorted("sequence"), strict=True):
            super(QualityInspectionLine, line.sudo()).write({"rectification_line_id": requirement.id})
        if inspection.state == "done":
            inspection._assign_next_step()
        return notice


class QualityInspection(models.Model):
    """An inspection and the notices raised from it."""

    _inherit = "quality.inspection"

    rectification_ids = fields.Many2many(
        "quality.rectification", compute="_compute_rectification_ids", string="Rectification notices"
    )
    rectification_count = fields.Integer("Number of notices", compute="_compute_rectification_ids")

    @api.depends("line_ids.rectification_id")
    def _compute_rectification_ids(self):
        for inspection in self:
            inspection.rectification_ids = inspection.line_ids.rectification_id
            inspection.rectification_count = len(inspection.rectification_ids)

    def action_raise_rectifications(self):
        """Raise one notice about all deficient points that have none, and open it.

        :raises AccessError: the user may not issue notices
        :raises UserError: nothing is deficient
        """
        self.ensure_one()
        self.check_access("read")
        lines = self.line_ids.filtered(lambda line: line.followup in ("to_raise", "withdrawn"))
        return lines.action_raise_rectification() if lines else self.action_open_rectifications()

    def action_open_rectifications(self):
        """Return the action that shows the notices raised from this inspection."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_incident.quality_rectification_action"),
            "domain": [("id", "in", self.rectification_ids.ids)],
            "context": {},
        }
