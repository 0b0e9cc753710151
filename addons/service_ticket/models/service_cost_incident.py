from odoo import api, fields, models
from odoo.addons.quality_incident.tools.indicators import Measure
from odoo.exceptions import AccessError
from odoo.fields import Domain
from odoo.tools import SQL

#: what was borne by the company and stands
OWN = Domain("bearer", "=", "company") & Domain("state", "!=", "cancelled")
#: of requests that come from something that went wrong, and not by the customer's handling
FAILED = Domain("ticket_id.kind", "in", ("repair", "complaint", "conduct")) & Domain(
    "ticket_id.cause_class", "!=", "non_quality"
)


class QualityIncident(models.Model):
    """The cost of poor quality is the loss, and what its tickets cost the company (F8)."""

    _inherit = "quality.incident"

    service_cost_ids = fields.One2many("service.cost", "incident_id", "Costs of service", readonly=True)
    service_cost = fields.Monetary(
        "Service costs borne by the company",
        currency_field="company_currency_id",
        compute="_compute_service_cost",
        store=True,
        compute_sudo=True,
    )

    @api.model
    def _check_system_fields(self, vals):
        if not self.env.su and not {"service_cost", "poor_quality_cost"}.isdisjoint(vals):
            raise AccessError(self.env._("What poor quality cost follows from the loss and the costs of service."))
        return super()._check_system_fields(vals)

    @api.depends("service_cost_ids.company_amount", "service_cost_ids.bearer", "service_cost_ids.state")
    def _compute_service_cost(self):
        groups = (
            self.env["service.cost"]
            .sudo()
            ._read_group(OWN & Domain("incident_id", "in", self.ids), ["incident_id"], ["company_amount:sum"])
        )
        sums = {incident.id: amount for incident, amount in groups}
        for incident in self:
            incident.service_cost = sums.get(incident.id, 0)

    @api.depends("service_cost")
    def _compute_poor_quality_cost(self):
        result = super()._compute_poor_quality_cost()
        for incident in self:
            incident.poor_quality_cost += incident.service_cost
        return result


class QualityIndicator(models.Model):
    """Cost indicators (B5, C3, F8). A line counts on its day, unless it was cancelled; a reversal counts against it."""

    _inherit = "quality.indicator"

    def _measure_poor_quality_cost(self, spans):
        """Add what the tickets of the incidents cost the company to the losses of the incidents."""
        service = self._measure_sql(
            spans,
            SQL(
                """
                SELECT SUM(service_cost) AS numerator,
                       COUNT(*) FILTER (WHERE no_loss IS NOT TRUE AND COALESCE(actual_loss, 0) = 0
                                          AND COALESCE(estimated_loss, 0) = 0) AS denominator,
                       0 AS excluded
                  FROM quality_incident
                 WHERE company_id = span.company_id AND state NOT IN ('draft', 'cancelled') AND service_cost != 0
                   AND (span.include_historic OR is_historic IS NOT TRUE)
                   AND reported_at >= span.start_at AND reported_at < span.stop_at
                """
            ),
        )
        return [
            Measure(
                loss.numerator + cost.numerator,
                loss.denominator + cost.denominator,
                max(loss.excluded - int(cost.denominator), 0),
            )
            for loss, cost in zip(super()._measure_poor_quality_cost(spans), service, strict=True)
        ]

    def _measure_service_cost_per_ticket(self, spans):
        """What a ticket with costs in the span cost on average, whoever bears it."""
        return self._measure_costs(
            spans, SQL("SUM(cost.company_amount)"), SQL("COUNT(DISTINCT cost.ticket_id)"), SQL("TRUE")
        )

    def _measure_service_warranty_cost(self, spans):
        """What tickets in warranty cost the company."""
        return self._measure_costs(
            spans,
            SQL("SUM(cost.company_amount)"),
            SQL("COUNT(DISTINCT cost.ticket_id)"),
            SQL("cost.bearer = 'company' AND ticket.warranty_state = 'in'"),
        )

    def _measure_service_cost_recovered(self, spans):
        """The share of the costs that suppliers and customers bear."""
        return self._measure_costs(
            spans,
            SQL("GREATEST(SUM(cost.company_amount) FILTER (WHERE cost.bearer != 'company'), 0)"),
            SQL("GREATEST(SUM(cost.company_amount), 0)"),
            SQL("TRUE"),
        )

    @api.model
    def _measure_costs(self, spans, numerator, denominator, among):
        """Measure the costs of the span ``among`` those of its company; excluded are the cancelled lines."""
        standing = SQL("cost.state != 'cancelled' AND (%s)", among)
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT (SELECT %(numerator)s %(costs)s AND %(standing)s) AS numerator,
                       (SELECT %(denominator)s %(costs)s AND %(standing)s) AS denominator,
                       (SELECT COUNT(*) %(costs)s AND cost.state = 'cancelled') AS excluded
                """,
                numerator=numerator,
                denominator=denominator,
                standing=standing,
                costs=SQL(
                    """FROM service_cost AS cost JOIN service_ticket AS ticket ON ticket.id = cost.ticket_id
                      WHERE cost.company_id = span.company_id AND cost.date >= span.date_from
                        AND cost.date <= span.date_to"""
                ),
            ),
        )


class QualityCockpit(models.AbstractModel):
    """The panel of the cost of poor quality by type and month (F8); each figure opens its lines."""

    _inherit = "quality.cockpit"

    @api.model
    def _panels(self, scope):
        panels = super()._panels(scope)
        if not self.env["service.cost"].has_access("read"):
            return panels  # what people cost is not for everybody
        position = next((index for index, panel in enumerate(panels) if panel["key"] == "costs"), len(panels) - 1)
        return [*panels[: position + 1], self._panel_cost_types(scope), *panels[position + 1 :]]

    @api.model
    def _panel_cost_types(self, scope):
        """One row a type of cost, one more for the losses of incidents; one column a month. No cost counts twice."""
        starts = scope.month_starts()
        costs = (
            scope.of("service.cost", "department_id")
            & OWN
            & Domain("date", ">=", starts[0])
            & (Domain("incident_id", "!=", False) | FAILED)
        )
        if scope.project_id:
            costs &= Domain("incident_id.project_id", "=", scope.project_id)
        groups = self.env["service.cost"]._read_group(costs, ["type_id", "date:month"], ["company_amount:sum_currency"])
        sums = {(cost_type, month): amount for cost_type, month, amount in groups}
        title = self.env._("Cost of poor quality by type")
        series = [self._losses(scope, starts)]
        for cost_type in self.env["service.cost.type"].browse({cost_type.id for cost_type, _month in sums}).sorted():
            own = costs & Domain("type_id", "=", cost_type.id)
            series.append(
                {
                    "title": cost_type.sudo().name,
                    "figures": [
                        self._figure(
                            f"{start:%Y-%m}",
                            sums.get((cost_type, start), 0),
                            self._open(
                                "service.cost",
                                f"{title}: {cost_type.sudo().name}, {start:%Y-%m}",
                                own & self._within(start, after),
                            ),
                        )
                        for start, after in zip(starts, [*starts[1:], None], strict=True)
                    ],
                }
            )
        for row in series:
            row["total"] = sum(figure["value"] for figure in row["figures"])
        return {
            "key": "cost_types",
            "kind": "money_table",
            "wide": True,
            "title": title,
            "series": series,
            "months": [f"{start:%Y-%m}" for start in starts],
            "currency_id": self.env.company.currency_id.id,
            "total": sum(row["total"] for row in series),
            "action": self._open("service.cost", title, costs),
        }

    @api.model
    def _losses(self, scope, starts):
        """The losses of the incidents without what service cost: that stands in the rows of its types."""
        domain = scope.incidents() & Domain("reported_at", ">=", scope.since)
        groups = self.env["quality.incident"]._read_group(
            domain, ["reported_at:month"], ["poor_quality_cost:sum_currency", "service_cost:sum_currency"]
        )
        losses = {month.date(): (cost or 0) - (service or 0) for month, cost, service in groups}
        title = self.env._("Losses of incidents")
        figures = []
        for start, after in zip(starts, [*starts[1:], None], strict=True):
            span = Domain("reported_at", ">=", scope.midnight(start))
            if after:
                span &= Domain("reported_at", "<", scope.midnight(after))
            label = f"{start:%Y-%m}"
            action = self._open("quality.incident", f"{title}, {label}", domain & span)
            figures.append(self._figure(label, losses.get(start, 0), action))
        return {"title": title, "figures": figures}

    @api.model
    def _within(self, start, after):
        span = Domain("date", ">=", start)
        return span & Domain("date", "<", after) if after else span
