from odoo import api, fields, models
from odoo.exceptions import UserError

OVER = ("done", "cancelled")


class QualityInspection(models.Model):
    """Import of inspections that were held before this system (F9): with their points, as history for ever."""

    _name = "quality.inspection"
    _inherit = ["quality.inspection", "quality.import.mixin"]

    _import_word_fields = ("state",)
    _import_history_states = OVER
    _import_history_fields = ("is_historic", "started_at", "done_at", "cancel_reason")
    _one_line_fields = ("title", "location", "external_ref")

    @api.model_create_multi
    def create(self, vals_list):
        """Create; the points of history are entered by the system, for what is over takes none from anybody."""
        vals_list = [self._in_one_line(vals) for vals in vals_list]
        pasts = [(vals.pop("line_ids", None) or []) if vals.get("is_historic") else [] for vals in vals_list]
        inspections = super().create(vals_list)
        for inspection, past in zip(inspections, pasts, strict=True):
            inspection.sudo()._enter_past(past)
        return inspections

    def _enter_past(self, commands):
        """Enter the points of one historic inspection.

        :raises UserError: it was held, and nothing was found
        """
        points = [command[2] for command in commands if command[0] == fields.Command.CREATE]
        self.line_ids.create([{**point, "inspection_id": self.id} for point in points])
        if self.is_historic and self.state == "done" and not self.line_ids.filtered("result"):
            raise UserError(self.env._("%s: what was found? Give at least one point with a result.", self.title))

    def _check_history(self):
        now = fields.Datetime.now()
        for inspection in self:
            if inspection.state not in OVER:
                raise UserError(
                    self.env._(
                        "%s: history is done or cancelled. Plan an open inspection here and hold it.", inspection.title
                    )
                )
            if inspection.state == "done" and not inspection.done_at:
                inspection.sudo().done_at = inspection.planned_at
            if inspection.planned_at > now or (inspection.done_at and inspection.done_at > now):
                raise UserError(
                    self.env._("%s: it lies in the future. Check the date and its format.", inspection.title)
                )
        return super()._check_history()

    @api.model
    def _import_row_label(self, vals):
        return vals.get("external_ref") or vals.get("title") or ""

    @api.model
    def _fill_import_row(self, row):
        result = super()._fill_import_row(row)
        self._mark_history(row.vals)
        return result

    @api.model
    def _check_import_rows(self, rows):
        result = super()._check_import_rows(rows)
        for row in rows:
            state = row.vals.get("state") or "planned"
            if state != "planned" and not (self._may_import_history() and state in OVER):
                row.refuse(
                    "state",
                    self.env._("an inspection starts as planned here; held ones are imported by the quality manager"),
                )
            lines = [command[2] for command in row.vals.get("line_ids") or () if command[0] == fields.Command.CREATE]
            if state == "done" and not any(line.get("result") for line in lines):
                row.refuse("line_ids", self.env._("what was found is missing: give a point with its result"))
        self._check_import_references(rows)
        return result
