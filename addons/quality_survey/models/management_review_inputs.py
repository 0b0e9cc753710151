import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import start_of_day
from odoo.exceptions import UserError
from odoo.fields import Domain

SECTIONS = [
    ("indicators", "Indicators"),
    ("satisfaction", "Satisfaction statements"),
    ("complaints", "Complaints and service"),
    ("incidents", "Quality incidents"),
    ("rectifications", "Rectifications"),
    ("suppliers", "Suppliers and costs"),
    ("decisions", "Earlier decisions"),
]


class QualityManagementInput(models.Model):
    """One figure that the review looks at, as it was when it was gathered; it opens what it was counted from."""

    _name = "quality.management.input"
    _description = "Input of a management review"
    _order = "review_id desc, sequence, id"

    review_id = fields.Many2one(
        "quality.management.review", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="review_id.company_id", store=True, index=True)
    sequence = fields.Integer(readonly=True)
    section = fields.Selection(SECTIONS, required=True, readonly=True)
    name = fields.Char("What", required=True, readonly=True)
    period_text = fields.Char("Period", readonly=True)
    value_text = fields.Char("Value", readonly=True)
    target_text = fields.Char("Target", readonly=True)
    verdict = fields.Selection(
        lambda self: self.env["quality.satisfaction.figure"]._fields["verdict"]._description_selection(self.env),
        "Result", readonly=True,
    )
    res_model = fields.Char(readonly=True, export_string_translation=False)
    res_domain = fields.Char(readonly=True, export_string_translation=False)

    def action_open(self):
        """Return the action that opens the records behind this figure, with the rights of the user (F8).

        :raises UserError: there is nothing to open
        """
        self.ensure_one()
        self.check_access("read")
        if self.res_model not in self.env:
            raise UserError(self.env._("There is nothing to open behind this figure."))
        return {
            "type": "ir.actions.act_window", "name": self.name, "res_model": self.res_model,
            "views": [[False, "list"], [False, "form"]], "domain": json.loads(self.res_domain or "[]"),
        }

    def write(self, vals):
        """Refuse once the review was held."""
        self.check_access("write")
        self._check_open()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_while_prepared(self):
        self._check_open()

    def _check_open(self):
        for review in self.review_id:
            if review.state != "draft":
                raise UserError(self.env._("%s: its inputs are fixed.", review.display_name))


class QualityManagementReview(models.Model):
    """Where the inputs come from: one count for each figure, whatever the number of records (D16)."""

    _inherit = "quality.management.review"

    def _gather_inputs(self):
        """Write the inputs of these reviews anew, as the system; the caller has checked the user."""
        for review in self.sudo():
            review.input_ids.unlink()
            rows = [row for gather in review._gatherers() for row in gather()]
            self.env["quality.management.input"].sudo().create(
                [{"review_id": review.id, "sequence": number, **row} for number, row in enumerate(rows)]
            )
            review.inputs_at = fields.Datetime.now()

    def _gatherers(self):
        """Hook: return the methods that gather inputs, in the order of the review."""
        return (
            self._gather_indicators, self._gather_statements, self._gather_service, self._gather_incidents,
            self._gather_rectifications, self._gather_suppliers, self._gather_decisions,
        )

    def _within(self, field):
        company = self.company_id
        start = start_of_day(self.date_from, company)
        stop = start_of_day(self.date_to + timedelta(days=1), company)
        return Domain(field, ">=", start) & Domain(field, "<", stop)

    def _own(self, model):
        domain = Domain("company_id", "=", self.company_id.id)
        return domain & Domain("is_historic", "=", False) if "is_historic" in self.env[model]._fields else domain

    def _counted(self, section, name, model, domain):
        """Return the input that counts the records of ``domain``."""
        domain = self._own(model) & domain
        return {
            "section": section, "name": name, "value_text": str(self.env[model].search_count(domain)),
            "res_model": model, "res_domain": json.dumps(list(domain), default=str),
        }

    def _gather_indicators(self):
        """The last value measured of each indicator within the span."""
        values = self.env["quality.indicator.value"].search(
            [
                ("company_id", "=", self.company_id.id), ("is_current", "=", True),
                ("date_to", ">=", self.date_from), ("date_to", "<=", self.date_to),
            ],
            order="date_to desc, id desc",
        )
        latest = {}
        for value in values:
            latest.setdefault(value.indicator_id, value)
        return [
            {
                "section": "indicators", "name": value.name, "period_text": value.period_text,
                "value_text": " · ".join(filter(None, (value.value_text, value.interval_text))),
                "target_text": value.target_text, "verdict": value.verdict, "res_model": value._name,
                "res_domain": json.dumps(
                    [["indicator_id", "=", indicator.id], ["is_current", "=", True],
                     ["date_to", ">=", str(self.date_from)], ["date_to", "<=", str(self.date_to)]]
                ),
            }
            for indicator, value in sorted(latest.items(), key=lambda item: (item[0].sequence, item[0].id))
        ]

    def _gather_statements(self):
        statements = self.env["quality.satisfaction.statement"].search(
            [
                ("company_id", "=", self.company_id.id), ("is_current", "=", True),
                ("date_from", ">=", self.date_from), ("date_to", "<=", self.date_to),
            ],
            order="date_from",
        )
        return [
            {
                "section": "satisfaction", "name": statement.name, "period_text": statement._period_text(),
                "value_text": f"{statement.total_id.rate_text} · NPS {statement.total_id.nps_text}",
                "target_text": f"≥ {statement.target:g} %" if statement.has_target else "",
                "verdict": statement.total_id.verdict, "res_model": statement._name,
                "res_domain": json.dumps([["id", "=", statement.id]]),
            }
            for statement in statements
        ] + [
            self._counted(
                "satisfaction", self.env._("Problems raised by customers"), "quality.satisfaction.problem",
                Domain("statement_id.state", "!=", "cancelled") & self._within("given_at"),
            )
        ]

    def _gather_service(self):
        tickets = Domain("state", "!=", "cancelled") & self._within("received_at")
        complaints = tickets & Domain("kind", "in", ("complaint", "conduct"))
        return [
            self._counted("complaints", self.env._("Tickets received"), "service.ticket", tickets),
            self._counted("complaints", self.env._("Complaints received"), "service.ticket", complaints),
            self._counted(
                "complaints", self.env._("Complaints still open"), "service.ticket",
                complaints & Domain("state", "!=", "closed"),
            ),
            self._counted(
                "complaints", self.env._("Tickets escalated"), "service.ticket",
                tickets & Domain("escalation_level", ">", 0),
            ),
        ]

    def _gather_incidents(self):
        incidents = Domain("state", "not in", ("draft", "cancelled")) & self._within("reported_at")
        return [
            self._counted("incidents", self.env._("Incidents reported"), "quality.incident", incidents),
            self._counted(
                "incidents", self.env._("Major incidents"), "quality.incident",
                incidents & Domain("grade", "=", "major"),
            ),
            self._counted(
                "incidents", self.env._("Incidents still open"), "quality.incident",
                incidents & Domain("state", "!=", "closed"),
            ),
        ]

    def _gather_rectifications(self):
        notices = Domain("state", "not in", ("draft", "cancelled")) & self._within("issued_at")
        still_open = notices & Domain("state", "!=", "closed")
        model = "quality.rectification"
        return [
            self._counted("rectifications", self.env._("Notices issued"), model, notices),
            self._counted("rectifications", self.env._("Notices still open"), model, still_open),
            self._counted(
                "rectifications", self.env._("Notices overdue"), model, still_open & Domain("is_overdue", "=", True)
            ),
            self._counted(
                "rectifications", self.env._("Measures found effective"), model,
                notices & Domain("effect_result", "=", "effective"),
            ),
            self._counted(
                "rectifications", self.env._("Measures taken up again"), model, notices & Domain("plan_round", ">", 1)
            ),
        ]

    def _gather_suppliers(self):
        """What the addon of service keeps of suppliers and costs, as far as it does."""
        wanted = (
            ("service.supplier.claim", self.env._("Claims against suppliers")),
            ("service.cost", self.env._("Costs of service, entries")),
            ("service.part.request", self.env._("Requisitions of spare parts")),
        )
        rows = []
        for model, name in wanted:
            if model in self.env and "company_id" in self.env[model]._fields:
                live = Domain("state", "!=", "cancelled") if self._knows_cancelled(model) else Domain.TRUE
                rows.append(self._counted("suppliers", name, model, live & self._within("create_date")))
        return rows

    def _knows_cancelled(self, model):
        field = self.env[model]._fields.get("state")
        return field and field.type == "selection" and "cancelled" in dict(field._description_selection(self.env))

    def _gather_decisions(self):
        """What earlier reviews decided and is not done yet."""
        return [
            self._counted(
                "decisions", self.env._("Decisions of earlier reviews still open"), "quality.management.decision",
                Domain("state", "=", "open") & Domain("review_id.state", "=", "filed")
                & Domain("review_id", "!=", self.id),
            )
        ]
