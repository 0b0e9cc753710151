from datetime import timedelta

from odoo import api, models
from odoo.fields import Domain

#: days a measured period stays on the cockpit; a year is measured once a year
RECENT = 800


class QualityCockpit(models.AbstractModel):
    """The panel of the indicators: the last two periods measured of each, as they were measured (B5, F8)."""

    _inherit = "quality.cockpit"

    @api.model
    def _panel_indicators(self, scope):
        values = self.env["quality.indicator.value"].search(
            Domain("company_id", "in", self.env.companies.ids)
            & Domain("is_current", "=", True)
            & Domain("indicator_id.active", "=", True)
            & Domain("date_to", ">=", scope.today - timedelta(days=RECENT)),
            order="indicator_id, date_to DESC",
        )
        values.fetch(["indicator_id", "value", "target", "verdict", "date_from", "date_to", "company_id"])
        latest = {}
        for value in values:
            latest.setdefault(value.indicator_id, []).append(value)
        verdicts = dict(values._fields["verdict"]._description_selection(self.env))
        several = len(self.env.companies) > 1
        figures = []
        for indicator, (last, *earlier) in latest.items():
            figures.append(
                self._figure(
                    indicator.name,
                    last._shown_value(),
                    self._open(
                        values._name, indicator.name,
                        Domain("indicator_id", "=", indicator.id) & Domain("is_current", "=", True),
                    ),
                    before=earlier[0]._shown_value() if earlier else False,
                    target=last._shown_target(),
                    unit=indicator.unit,
                    direction=indicator.direction,
                    verdict=last.verdict,
                    verdict_label=verdicts[last.verdict],
                    period=f"{last.date_from} – {last.date_to}",
                    company=last.company_id.name if several else "",
                    currency_id=last.company_id.currency_id.id,
                )
            )
        return {
            "key": "indicators",
            "kind": "indicators",
            "title": self.env._("Indicators against target"),
            "note": self.env._("of the whole company") if scope.project_id or scope.department_id else "",
            "figures": figures,
        }
