from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

#: promises shown under "What breaks next"
NEXT = 8


class QualityCockpit(models.AbstractModel):
    """The panels about what is open now: promises, ageing, repeats."""

    _inherit = "quality.cockpit"

    @api.model
    def _panel_tiles(self, scope):
        now = fields.Datetime.now()
        soon = now + timedelta(days=1)
        promises, incidents, notices = self._promises(scope), self._open_incidents(scope), self._open_notices(scope)
        asked = (
            (
                "quality.deadline", promises,
                (
                    (self.env._("Promises overdue"), Domain("due_at", "<", now)),
                    (self.env._("Due within 24 hours"), Domain("due_at", ">=", now) & Domain("due_at", "<", soon)),
                ),
            ),
            ("quality.incident", incidents, ((self.env._("Incidents open"), Domain.TRUE),)),
            (
                "quality.rectification", notices,
                (
                    (self.env._("Notices open"), Domain.TRUE),
                    (self.env._("Notices overdue at the recipient"), Domain("is_overdue", "=", True)),
                ),
            ),
        )
        tiles = []
        for model, domain, parts in asked:
            counts = self._count_each(model, domain, [part for _title, part in parts])
            for (title, part), count in zip(parts, counts, strict=True):
                tiles.append(self._figure(title, count, self._open(model, title, domain & part)))
        return {"key": "tiles", "kind": "tiles", "title": "", "figures": tiles}

    @api.model
    def _promises(self, scope):
        """Return the domain of the promises that run; the ledger knows departments, not projects."""
        domain = Domain("state", "=", "running") & Domain("company_id", "in", self.env.companies.ids)
        return domain & Domain("department_id", "child_of", scope.department_id) if scope.department_id else domain

    @api.model
    def _open_incidents(self, scope):
        states = [state for state in self.env["quality.incident"]._open_states if state != "draft"]
        return scope.incidents() & Domain("state", "in", states)

    @api.model
    def _open_notices(self, scope):
        states = [state for state in self.env["quality.rectification"]._open_states if state != "draft"]
        return scope.rectifications() & Domain("state", "in", states)

    @api.model
    def _panel_deadlines(self, scope):
        """What breaks next: the promises that run and are due soonest, those overdue first."""
        domain = self._promises(scope)
        rows = self.env["quality.deadline"].search(domain, order="due_at, id", limit=NEXT)
        title = self.env._("What breaks next")
        return {
            "key": "deadlines",
            "kind": "deadlines",
            "title": title,
            "note": self.env._("of all projects") if scope.project_id else "",
            "action": self._open(rows._name, title, domain),
            "figures": [
                self._figure(
                    row.name,
                    fields.Datetime.to_string(row.due_at),
                    id=row.id,
                    document=row.res_name or "",
                    owner=row.user_id.sudo().name or row.department_id.sudo().name or "",
                    color=row.deadline_color,
                )
                for row in rows
            ],
        }

    @api.model
    def _panel_ageing(self, scope):
        """How long open incidents and notices have been open, in brackets of days."""
        series = []
        for model, field, title, domain in (
            ("quality.incident", "reported_at", self.env._("Incidents"), self._open_incidents(scope)),
            ("quality.rectification", "issued_at", self.env._("Notices"), self._open_notices(scope)),
        ):
            brackets = scope.ages(field)
            counts = self._count_each(model, domain, [bracket for _label, bracket in brackets])
            figures = [
                self._figure(label, count, self._open(model, f"{title}, {label}", domain & bracket))
                for (label, bracket), count in zip(brackets, counts, strict=True)
            ]
            series.append({"title": title, "figures": figures})
        return {
            "key": "ageing", "kind": "ageing", "title": self.env._("Days since reported or issued"), "series": series,
        }

    @api.model
    def _panel_repeats(self, scope):
        """Which clauses the same recipients break again: notices issued in the time looked at."""
        lines = self.env["quality.rectification.line"]
        domain = (
            Domain("repeat_count", ">", 0)
            & Domain("rectification_id", "any", scope.rectifications() & Domain("issued_at", ">=", scope.since))
        )
        groups = lines._read_group(domain, ["clause_key"], ["__count", "standard_clause:max"], order="__count DESC")
        title = self.env._("Repeated findings by clause")
        return {
            "key": "repeats",
            "kind": "bars",
            "title": title,
            "figures": [
                self._figure(
                    clause or key,
                    count,
                    self._open(
                        "quality.rectification", f"{title}: {clause or key}",
                        scope.rectifications() & Domain("issued_at", ">=", scope.since)
                        & Domain("line_ids.clause_key", "=", key) & Domain("repeat_count", ">", 0),
                    ),
                )
                for key, count, clause in groups[:10]
            ],
        }
