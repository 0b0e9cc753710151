from odoo import api, models
from odoo.exceptions import UserError

#: the states history may have: what is over
OVER = ("closed", "cancelled")
COUNTED = ("deaths", "serious_injuries", "estimated_loss", "actual_loss")


class QualityIncident(models.Model):
    """Import of incidents from files (F9): live ones as drafts, history as closed or cancelled."""

    _name = "quality.incident"
    _inherit = ["quality.incident", "quality.import.mixin"]

    _import_word_fields = ("grade", "state")
    _import_history_states = OVER
    _import_history_fields = ("is_historic", "reported_at", "closed_at", "cancel_reason")
    _one_line_fields = ("title", "location", "external_ref")
    _import_times = ("occurred_at", "discovered_at", "reported_at", "closed_at")

    # A cancelled draft frees its reference: the next import may bring it again.
    _external_ref_once = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL AND (state != 'cancelled' OR is_historic)",
        "An incident with this reference at the source exists already.",
    )

    # ------------------------------------------------------------------
    # On every way in
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._in_one_line(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._in_one_line(vals))

    def _check_history(self):
        for incident in self:
            if incident.state not in OVER:
                raise UserError(
                    self.env._(
                        "%s: history is closed or cancelled. Enter an open incident as a draft and take its steps.",
                        incident.title,
                    )
                )
            for name, problem in self._time_problems({name: incident[name] for name in self._import_times}):
                column = self._fields[name]._description_string(self.env)
                raise UserError(
                    self.env._(
                        "%(incident)s: %(column)s: %(problem)s", incident=incident.title, column=column, problem=problem
                    )
                )
        return super()._check_history()

    # ------------------------------------------------------------------
    # Row by row
    # ------------------------------------------------------------------

    @api.model
    def _import_row_label(self, vals):
        return vals.get("external_ref") or vals.get("title") or ""

    @api.model
    def _fill_import_row(self, row):
        vals = row.vals
        vals.update(self._in_one_line(vals))
        vals["title"] = vals.get("title") or self._shortened(vals.get("description"))
        self._mark_history(vals)
        return super()._fill_import_row(row)

    @api.model
    def _check_import_rows(self, rows):
        for row in rows:
            if not row.vals.get("occurred_at"):
                row.refuse("occurred_at", self.env._("missing: when did it happen? Statutory clocks run from it"))
            problems = self._state_problems(row.vals) + self._time_problems(row.vals)
            problems += [(name, self.env._("cannot be negative")) for name in COUNTED if (row.vals.get(name) or 0) < 0]
            for column, problem in problems:
                row.refuse(column, problem)
        self._check_import_references(rows)
        return super()._check_import_rows(rows)

    @api.model
    def _state_problems(self, vals):
        """Return ``(column, problem)`` of a row that starts where it must not."""
        state, problems = vals.get("state") or "draft", []
        if self._may_import_history():
            if vals.get("is_historic") and state not in OVER:
                problems.append(
                    ("state", self.env._("history is closed or cancelled; leave “Historic” empty for an open incident"))
                )
            elif state not in ("draft", *OVER):
                problems.append(("state", self._starts_as_draft()))
            return problems
        if state in OVER or vals.get("is_historic"):
            problems.append(("state", self.env._("only the quality manager imports closed incidents, as history")))
        elif state != "draft":
            problems.append(("state", self._starts_as_draft()))
        return problems + [
            (name, self.env._("only the quality manager imports this, with history"))
            for name in self._import_history_fields
            if name != "is_historic" and vals.get(name)
        ]

    @api.model
    def _starts_as_draft(self):
        return self.env._("an open incident starts as a draft here; leave this column out")

    @api.model
    def _too_early(self, readable):
        return self.env._("%s is before it happened", readable)
