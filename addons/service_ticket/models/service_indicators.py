from odoo import api, fields, models
from odoo.tools import SQL

#: promises to the customer; what departments owe each other is not among them
PROMISES = ("first_answer", "written_contact", "remote_answer", "onsite", "appointment", "resolution")
ANSWERS = ("first_answer", "written_contact")
ARRIVALS = ("onsite", "appointment")
#: days in which the same fault of the same serial number counts as repeated
REPEAT_DAYS = 90


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    _due_idx = models.Index("(company_id, res_model, due_at)")


class QualityIndicator(models.Model):
    """Measures of after-sales service (C3, C4, E4, D8)."""

    _inherit = "quality.indicator"

    def _measure_service_timeliness(self, spans):
        return self._measure_promises(spans, PROMISES)

    def _measure_service_first_answer(self, spans):
        return self._measure_promises(spans, ANSWERS)

    def _measure_service_onsite(self, spans):
        return self._measure_promises(spans, ARRIVALS)

    @api.model
    def _measure_promises(self, spans, kinds):
        """Measure the share of promises of these kinds due in the span that were kept."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE state = 'met') AS numerator,
                       COUNT(*) FILTER (WHERE state IN ('met', 'late') OR (state = 'running' AND due_at < span.now))
                           AS denominator,
                       0 AS excluded
                  FROM quality_deadline
                 WHERE company_id = span.company_id AND res_model = 'service.ticket' AND kind = ANY(%s)
                   AND due_at >= span.start_at AND due_at < span.stop_at AND state != 'cancelled'
                """,
                list(kinds),
            ),
        )

    def _measure_service_complaint_rate(self, spans):
        return self._measure_received(
            spans, SQL("kind = 'conduct' AND conduct_finding = 'substantiated'"), SQL("TRUE")
        )

    def _measure_service_repeat(self, spans):
        """Repairs and complaints received in the span, and those of them that repeat an earlier one (D8)."""
        repeated = SQL(
            """
            recurrence_of_id IS NOT NULL OR EXISTS (
                SELECT FROM service_ticket AS earlier
                 WHERE earlier.lot_id = ticket.lot_id AND earlier.id != ticket.id AND earlier.state != 'cancelled'
                   AND earlier.kind IN ('repair', 'complaint') AND earlier.received_at < ticket.received_at
                   AND earlier.received_at >= ticket.received_at - %s * INTERVAL '1 day')
            """,
            REPEAT_DAYS,
        )
        return self._measure_received(spans, repeated, SQL("kind IN ('repair', 'complaint')"))

    @api.model
    def _measure_received(self, spans, condition, among):
        """Measure the share of the tickets received in the span, of those ``among``, that meet ``condition``."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE counted AND (%s)) AS numerator,
                       COUNT(*) FILTER (WHERE counted) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT *, span.include_historic OR is_historic IS NOT TRUE AS counted
                          FROM service_ticket
                         WHERE company_id = span.company_id AND state != 'cancelled' AND %s
                           AND received_at >= span.start_at AND received_at < span.stop_at) AS ticket
                """,
                condition, among,
            ),
        )

    def _measure_service_reopened(self, spans):
        return self._measure_closed(spans, SQL("reopen_count > 0"))

    def _measure_service_escalated(self, spans):
        return self._measure_closed(spans, SQL("escalation_level > 0"))

    @api.model
    def _measure_closed(self, spans, condition):
        """Measure the share of the tickets closed in the span that meet ``condition``."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE counted AND (%s)) AS numerator,
                       COUNT(*) FILTER (WHERE counted) AS denominator,
                       COUNT(*) FILTER (WHERE NOT counted) AS excluded
                  FROM (SELECT *, span.include_historic OR is_historic IS NOT TRUE AS counted
                          FROM service_ticket
                         WHERE company_id = span.company_id AND state = 'closed'
                           AND closed_at >= span.start_at AND closed_at < span.stop_at) AS ticket
                """,
                condition,
            ),
        )

    def _measure_service_first_time_fix(self, spans):
        """Tickets whose first visit ended in the span, and those of them that it solved for good."""
        return self._measure_sql(
            spans,
            SQL(
                """
                SELECT COUNT(*) FILTER (WHERE result = 'solved' AND escalation_level = 0 AND reopen_count = 0)
                           AS numerator,
                       COUNT(*) AS denominator, 0 AS excluded
                  FROM (SELECT visit.result, COALESCE(ticket.escalation_level, 0) AS escalation_level,
                               COALESCE(ticket.reopen_count, 0) AS reopen_count
                          FROM service_visit AS visit
                          JOIN service_ticket AS ticket ON ticket.id = visit.ticket_id
                         WHERE visit.company_id = span.company_id AND visit.state != 'cancelled'
                           AND visit.finished_at >= span.start_at AND visit.finished_at < span.stop_at
                           AND NOT EXISTS (SELECT FROM service_visit AS earlier
                                            WHERE earlier.ticket_id = visit.ticket_id AND earlier.state != 'cancelled'
                                              AND (earlier.finished_at, earlier.id) < (visit.finished_at, visit.id))
                       ) AS first
                """
            ),
        )


class QualityCockpit(models.AbstractModel):
    """The panel about service (F8): what customers wait for."""

    _inherit = "quality.cockpit"

    @api.model
    def _panels(self, scope):
        tiles, *others = super()._panels(scope)
        return [tiles, self._panel_service(scope), *others]

    @api.model
    def _panel_service(self, scope):
        open_ones = scope.of("service.ticket", "team_id.department_id") & fields.Domain(
            "state", "in", self.env["service.ticket"]._open_states
        )
        parts = (
            (self.env._("Tickets open"), fields.Domain.TRUE),
            (self.env._("Tickets not answered"), fields.Domain("first_answered_at", "=", False)),
            (self.env._("Tickets waiting"), fields.Domain("state", "=", "waiting")),
            (self.env._("Tickets escalated"), fields.Domain("escalation_level", ">", 0)),
            (self.env._("Call-backs to make"), fields.Domain("state", "=", "resolved")),
        )
        counts = self._count_each("service.ticket", open_ones, [part for _title, part in parts])
        figures = [
            self._figure(title, count, self._open("service.ticket", title, open_ones & part))
            for (title, part), count in zip(parts, counts, strict=True)
        ]
        title = self.env._("After-sales service")
        note = self.env._("of all projects") if scope.project_id else ""
        return {"key": "service", "kind": "tiles", "title": title, "note": note, "figures": figures}
