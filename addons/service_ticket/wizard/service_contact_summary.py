import json
from collections import Counter
from datetime import date

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import zone_of
from odoo.addons.quality_incident.tools.indicators import midnight
from odoo.fields import Domain
from werkzeug.urls import url_encode

from ..models.service_ticket_roles import AGENT


class ServiceContactSummary(models.TransientModel):
    """The quarterly summary of calls, letters and visits (D11): on paper, and its rows in Excel."""

    _name = "service.contact.summary"
    _description = "Quarterly summary of contacts"

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    year = fields.Integer(required=True, default=lambda self: self._last_quarter().year, aggregator=None)
    quarter = fields.Selection(
        [("1", "First"), ("2", "Second"), ("3", "Third"), ("4", "Fourth")], required=True,
        default=lambda self: str((self._last_quarter().month + 2) // 3),
    )

    _year_readable = models.Constraint("CHECK (year BETWEEN 1990 AND 2200)", "Enter the year with four digits.")

    @api.model
    def _last_quarter(self):
        """Return a day of the last complete quarter."""
        return fields.Date.context_today(self) - relativedelta(months=3)

    @api.depends("year", "quarter")
    def _compute_display_name(self):
        for summary in self:
            summary.display_name = f"{summary.year}-Q{summary.quarter}"

    def _domain(self):
        """Return the domain of the contacts of the quarter, cancelled ones left out."""
        zone = zone_of(self.company_id.sudo()).zone
        first = date(self.year, 3 * int(self.quarter) - 2, 1)
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("received_at", ">=", midnight(first, zone))
            & Domain("received_at", "<", midnight(first + relativedelta(months=3), zone))
            & Domain("state", "!=", "cancelled")
        )

    def _figures(self):
        """Return the figures of the paper: totals, and rows by way and by subject; one query."""
        Contact = self.env["service.contact"]
        labels = {
            name: dict(Contact._fields[name]._description_selection(self.env)) for name in ("channel", "kind")
        }
        rows = Contact.search_fetch(
            self._domain(), ["channel", "kind", "direction", "is_unclear", "state", "received_at", "answered_at",
                             "ticket_id"],
        )
        answered = rows.filtered(lambda row: row.direction == "in" and row.answered_at)
        hours = [(row.answered_at - row.received_at).total_seconds() / 3600 for row in answered]
        incoming = rows.filtered(lambda row: row.direction == "in")
        return {
            "total": len(rows),
            "incoming": len(incoming),
            "answered": len(answered),
            "open": len(incoming - answered),
            "unclear": len(rows.filtered("is_unclear")),
            "tickets": len(rows.ticket_id),
            "hours": round(sum(hours) / len(hours), 1) if hours else None,
            "by_channel": self._shares(Counter(labels["channel"][row.channel] for row in rows)),
            "by_kind": self._shares(Counter(labels["kind"].get(row.kind) or self.env._("Other") for row in rows)),
        }

    @staticmethod
    def _shares(counter):
        """Return ``[(label, count, percent)]``, the most frequent first."""
        total = sum(counter.values())
        return [(label, count, round(100 * count / total, 1)) for label, count in counter.most_common()]

    def action_print(self):
        """Return the summary as PDF.

        :raises AccessError: the user does not work at the service desk
        """
        self.ensure_one()
        self.env["service.ticket"]._check_role(AGENT)
        return self.env.ref("service_ticket.action_report_contact_summary").report_action(self)

    def action_excel(self):
        """Return the register of the quarter in Excel.

        :raises AccessError: the user does not work at the service desk
        """
        self.ensure_one()
        self.env["service.ticket"]._check_role(AGENT)
        domain = json.dumps(list(self._domain()), default=str)
        return {
            "type": "ir.actions.act_url",
            "url": f"/quality/register/service.contact?{url_encode({'domain': domain})}",
            "target": "download",
        }
