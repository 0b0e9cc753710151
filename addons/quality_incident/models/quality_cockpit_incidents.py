from odoo import api, models
from odoo.fields import Domain

#: bars shown of a ranking
TOP = 10


class QualityCockpit(models.AbstractModel):
    """The panels about the incidents reported in the time looked at: all of them from one query."""

    _inherit = "quality.cockpit"

    @api.model
    def _panels_of_incidents(self, scope):
        domain = scope.incidents() & Domain("reported_at", ">=", scope.since)
        units = ("responsible_department_id", "responsible_partner_id")
        causes, projects, departments, months = self.env["quality.incident"]._read_grouping_sets(
            domain,
            [["cause_category_id"], ["project_id"], units, ["reported_at:month"]],
            ["__count", "poor_quality_cost:sum_currency"],
        )
        return [
            self._panel_costs(scope, domain, months),
            self._panel_pareto(domain, causes),
            self._panel_ranking(
                "projects", self.env._("Incidents per project"), domain, projects, ("project_id",),
                self.env._("Without project"),
            ),
            self._panel_ranking(
                "departments", self.env._("Incidents per responsible party"), domain, departments, units,
                self.env._("Not yet known"),
            ),
        ]

    @api.model
    def _panel_costs(self, scope, domain, groups):
        """Cost of poor quality per month, empty months too; in the currency of the user's company."""
        costs = {month.date(): (cost or 0, count) for month, count, cost in groups if month}
        title = self.env._("Cost of poor quality")
        starts = scope.month_starts()
        figures = []
        for start, after in zip(starts, [*starts[1:], None], strict=True):
            cost, count = costs.get(start, (0, 0))
            span = Domain("reported_at", ">=", scope.midnight(start))
            if after:
                span &= Domain("reported_at", "<", scope.midnight(after))
            label = f"{start:%Y-%m}"
            figures.append(
                self._figure(
                    label, cost, self._open("quality.incident", f"{title}, {label}", domain & span), count=count
                )
            )
        return {
            "key": "costs",
            "kind": "columns",
            "title": title,
            "total": sum(cost for cost, _count in costs.values()),
            "currency_id": self.env.company.currency_id.id,
            "action": self._open("quality.incident", title, domain),
            "figures": figures,
        }

    @api.model
    def _panel_pareto(self, domain, groups):
        """Causes by frequency with their cumulative share; what has no cause yet stands last."""
        known = sorted((group for group in groups if group[0]), key=lambda group: (-group[1], group[0].id))
        unknown = [group for group in groups if not group[0]]
        total, running, figures = sum(group[1] for group in known), 0, []
        title = self.env._("Causes")
        for cause, count, _cost in known + unknown:
            running += count
            label = cause.sudo().display_name if cause else self.env._("Not yet known")
            action = self._open(
                "quality.incident", f"{title}: {label}", domain & Domain("cause_category_id", "=", cause.id)
            )
            share = round(100 * running / total, 1) if cause else None
            figures.append(self._figure(label, count, action, share=share))
        return {"key": "pareto", "kind": "pareto", "title": title, "figures": figures}

    @api.model
    def _panel_ranking(self, key, title, domain, groups, names, nobody):
        """The ``TOP`` groups by number of incidents; ``names`` are the fields whose records tell them apart."""
        ranked = sorted(groups, key=lambda group: -group[len(names)])
        figures = []
        for group in ranked[:TOP]:
            owners = group[: len(names)]
            label = " / ".join(owner.sudo().display_name for owner in owners if owner) or nobody
            own = Domain.AND(Domain(name, "=", owner.id) for name, owner in zip(names, owners, strict=True))
            figures.append(
                self._figure(
                    label, group[len(names)], self._open("quality.incident", f"{title}: {label}", domain & own)
                )
            )
        rest = sum(group[len(names)] for group in ranked[TOP:])
        return {"key": key, "kind": "bars", "title": title, "figures": figures, "rest": rest}
