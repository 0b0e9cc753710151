from odoo import api, fields, models
from odoo.exceptions import UserError


class QualityRectificationRecheck(models.Model):
    """What one re-check of one line found (B3): written when it is decided, and never changed.

    Nobody has create, write or delete rights: rows come from :meth:`_record` only.
    """

    _name = "quality.rectification.recheck"
    _description = "Re-check"
    _order = "rectification_id desc, round, id"

    line_id = fields.Many2one(
        "quality.rectification.line", "Requirement", required=True, readonly=True, index=True, ondelete="restrict"
    )
    rectification_id = fields.Many2one(
        "quality.rectification", "Notice", required=True, readonly=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    round = fields.Integer(required=True, readonly=True, aggregator=None)
    result = fields.Selection([("pass", "Pass"), ("fail", "Fail")], required=True, readonly=True, index=True)
    by_id = fields.Many2one("res.users", "Re-checked by", readonly=True, ondelete="restrict")
    at = fields.Datetime("Re-checked on", readonly=True, index=True)
    note = fields.Text("Finding", readonly=True)
    due_date = fields.Date("Due date then", readonly=True)
    done_at = fields.Datetime("Done on", readonly=True)
    done_by_id = fields.Many2one("res.users", "Done by", readonly=True, ondelete="restrict")
    done_note = fields.Text("What was done", readonly=True)
    deviation = fields.Text("Deviation from the plan", readonly=True)
    after_ids = fields.Many2many(
        "ir.attachment", "quality_recheck_after_rel", "recheck_id", "attachment_id", "Photos after", readonly=True,
        bypass_search_access=True,
    )
    file_ids = fields.Many2many(
        "ir.attachment", "quality_recheck_file_rel", "recheck_id", "attachment_id", "Photos of the re-check",
        readonly=True, bypass_search_access=True,
    )
    is_historic = fields.Boolean("Historic", readonly=True)

    # Two inspectors judging the same line at once: the second is told, nothing is counted twice.
    _once = models.UniqueIndex(
        "(line_id, round) WHERE NOT is_historic", "This line has been re-checked in this round already."
    )

    @api.depends("round", "line_id", "result")
    def _compute_display_name(self):
        labels = dict(self._fields["result"]._description_selection(self.env))
        for recheck in self:
            recheck.display_name = self.env._(
                "Round %(round)d, %(line)s: %(result)s",
                round=recheck.round, line=recheck.line_id.display_name, result=labels.get(recheck.result, ""),
            )

    @api.model
    def _record(self, lines):
        """Keep what the re-check of these lines just found."""
        return self.sudo().create(
            [
                {
                    "line_id": line.id,
                    "rectification_id": line.rectification_id.id,
                    "company_id": line.company_id.id,
                    "round": line.rectification_id.round,
                    "result": line.result,
                    "by_id": line.recheck_by_id.id,
                    "at": line.recheck_at,
                    "note": line.recheck_note,
                    "due_date": line.due_date,
                    "done_at": line.done_at,
                    "done_by_id": line.done_by_id.id,
                    "done_note": line.done_note,
                    "deviation": line.deviation,
                    "after_ids": [fields.Command.set(line.after_ids.ids)],
                    "file_ids": [fields.Command.set(line.recheck_file_ids.ids)],
                }
                for line in lines
            ]
        )

    def write(self, vals):
        """Refuse, whoever asks.

        :raises AccessError: anybody but the system
        :raises UserError: the system
        """
        self.check_access("write")
        if self:
            raise UserError(self.env._("What a re-check found cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("What a re-check found cannot be deleted."))
