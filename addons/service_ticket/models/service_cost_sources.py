from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import zone_of

#: a change of these may change what an approved expense costs
EXPENSE = frozenset(
    {
        "approval_state",
        "service_visit_id",
        "product_id",
        "total_amount_currency",
        "total_amount",
        "quantity",
        "price_unit",
        "tax_ids",
        "date",
        "name",
        "currency_id",
        "employee_id",
        "analytic_distribution",
    }
)


class ServiceCost(models.Model):
    """Costs that record themselves, each exactly once: expenses, labour, parts, postage (C19)."""

    _inherit = "service.cost"

    @api.model
    def _record(self, vals_list):
        """Record costs by their source; one that is recorded is brought up to date, or reversed once it is audited.

        The caller has checked the user. Called in the transaction that changes the source, so two at once meet there;
        the unique index of the source is the last word.

        :param vals_list: values with ``type`` (a code), ``source_model, source_id, source_key`` and those of a cost
        :return: the lines of these sources
        """
        costs = self.sudo()
        known = costs._of_sources({(vals["source_model"], vals["source_id"]) for vals in vals_list})
        companies = costs.env["service.ticket"].browse([vals["ticket_id"] for vals in vals_list]).company_id
        codes = {vals["type"] for vals in vals_list if vals.get("type")}
        types = costs.env["service.cost.type"]._of_code(codes, companies)
        result, fresh = costs.browse(), []
        for vals in vals_list:
            values = dict(vals)
            code, ticket = values.pop("type", None), costs.env["service.ticket"].browse(vals["ticket_id"])
            values.setdefault("type_id", types[code, ticket.company_id].id if code else False)
            old = known.get((vals["source_model"], vals["source_id"], vals["source_key"]))
            if old and old._says(values):
                result |= old
            elif old and old.state == "draft":
                old.write(values)
                result |= old
            else:
                if old:
                    old._do_reverse(costs.env._("The source was changed."))
                fresh.append(values)
        costs.flush_model(["state", "is_reversed"])  # before the new rows meet the unique index
        return result | costs.create(fresh)

    @api.model
    def _forget(self, source_model, source_ids, reason):
        """Take back what these sources cost: drafts are cancelled, audited lines reversed."""
        known = self.sudo()._of_sources({(source_model, source_id) for source_id in source_ids})
        lines = self.sudo().union(*known.values())
        drafts = lines.filtered(lambda line: line.state == "draft")
        drafts.write({"reason": reason})
        drafts.write({"state": "cancelled"})
        (lines - drafts)._do_reverse(reason)

    @api.model
    def _of_sources(self, sources):
        """Return ``{(model, id, key): line}`` of the lines that stand for these sources."""
        by_model = {}
        for model, source_id in sources:
            by_model.setdefault(model, []).append(source_id)
        lines = self.browse()
        for model, ids in by_model.items():
            lines |= self.search(
                [
                    ("source_model", "=", model),
                    ("source_id", "in", ids),
                    ("state", "!=", "cancelled"),
                    ("is_reversed", "=", False),
                    ("reversal_of_id", "=", False),
                ]
            )
        return {(line.source_model, line.source_id, line.source_key): line for line in lines}

    @api.model
    def _day_of(self, moment, company):
        """Return the day of a UTC ``moment`` (default: now) where ``company`` works."""
        zone = zone_of(company.sudo()).zone
        return fields.Date.context_today(self.with_context(tz=zone), moment or fields.Datetime.now())

    def _says(self, values):
        """Return whether this line says already what ``values`` say about the facts."""
        facts = ("ticket_id", "visit_id", "date", "quantity", "unit_cost", "currency_id")
        return not any(name in values and self._would_change(name, values[name]) for name in facts)

    # ------------------------------------------------------------------
    # Parts and postage: called by the stock side
    # ------------------------------------------------------------------

    @api.model
    def _cost_from_parts(self, lines):
        """Record what cleared part lines cost: those used and those written off, at the stock value at their issue.

        :param lines: ``service.part.line`` with ``ticket_id, visit_id, product_id, quantity, unit_cost, in_warranty,
            clearing, cleared_at``
        """
        spent = lines.filtered(lambda line: line.clearing in ("used", "written_off"))
        return self._record([self._part_vals(line) for line in spent.sudo()])

    @api.model
    def _part_vals(self, line):
        ticket = line.ticket_id
        free = line.in_warranty != "out" or line.clearing == "written_off"  # until it is known, it is ours
        return {
            "type": "parts",
            "source_model": line._name,
            "source_id": line.id,
            "source_key": "part",
            "name": line.product_id.display_name,
            "ticket_id": ticket.id,
            "visit_id": line.visit_id.id,
            "date": self._day_of(line.cleared_at, ticket.company_id),
            "quantity": line.quantity,
            "unit": line.product_id.uom_id.name,
            "unit_cost": line.unit_cost,
            "currency_id": ticket.company_id.currency_id.id,
            "bearer": "company" if free else "customer",
            "partner_id": False if free else ticket.partner_id.id,
        }

    @api.model
    def _cost_from_postage(self, requests):
        """Record the postage of shipped parts.

        :param requests: ``service.part.request`` with ``ticket_id, visit_id, postage_cost, currency_id``
        """
        return self._record(
            [
                {
                    "type": "transport",
                    "source_model": request._name,
                    "source_id": request.id,
                    "source_key": "postage",
                    "name": self.env._("Postage of %s", request.name),
                    "ticket_id": request.ticket_id.id,
                    "visit_id": request.visit_id.id,
                    "date": self._day_of(False, request.ticket_id.company_id),
                    "quantity": 1,
                    "unit_cost": request.postage_cost,
                    "currency_id": request.currency_id.id,
                }
                for request in requests.sudo()
                if request.postage_cost
            ]
        )


class HrExpense(models.Model):
    """An approved expense of a visit is a cost of its ticket."""

    _inherit = "hr.expense"

    @api.model_create_multi
    def create(self, vals_list):
        expenses = super().create(vals_list)
        expenses._sync_service_costs()
        return expenses

    def write(self, vals):
        result = super().write(vals)
        if not EXPENSE.isdisjoint(vals):
            self._sync_service_costs()
        return result

    def _sync_service_costs(self):
        """Record the approved expenses of visits as costs, take back those that no longer are."""
        costs = self.env["service.cost"].sudo()
        counted = self.sudo().filtered(lambda one: one.approval_state == "approved" and one.service_visit_id)
        others = self - counted
        if others:
            recorded = costs.search([("source_model", "=", self._name), ("source_id", "in", others.ids)], limit=1)
            if recorded:
                costs._forget(self._name, others.ids, self.env._("The expense is no longer approved for a visit."))
        if counted:
            costs._record([expense._service_cost_vals() for expense in counted])

    def _service_cost_vals(self):
        """Return what this approved expense costs: without recoverable taxes, in the company's currency."""
        visit = self.service_visit_id
        cost_type = self.product_id.service_cost_type_id
        charged = visit.is_chargeable
        return {
            **({"type_id": cost_type.id} if cost_type else {"type": "other"}),
            "source_model": self._name,
            "source_id": self.id,
            "source_key": "expense",
            "expense_id": self.id,
            "name": self.name,
            "ticket_id": visit.ticket_id.id,
            "visit_id": visit.id,
            "employee_id": self.employee_id.id,
            "date": self.date,
            "quantity": 1,
            "unit_cost": self.untaxed_amount,
            "currency_id": self.company_currency_id.id,
            "analytic_distribution": self.analytic_distribution,
            **({"bearer": "customer", "partner_id": visit.partner_id.id} if charged else {}),
        }


class ServiceVisit(models.Model):
    """The hours on site are a cost, at what an hour of the employee costs."""

    _inherit = "service.visit"

    def _enter_done(self, origins):
        result = super()._enter_done(origins)
        self._record_labour()
        return result

    def _record_labour(self):
        """Record the labour of these finished visits; employees without an hourly cost are left out."""
        self.env["service.cost"]._record(
            [
                visit._labour_vals(employee, hours)
                for visit in self.sudo()
                if (hours := round(visit._work_hours(), 2))
                for employee in visit.engineer_ids
                if employee.hourly_cost
            ]
        )

    def _labour_vals(self, employee, hours):
        return {
            "type": "labour",
            "source_model": self._name,
            "source_id": self.id,
            "source_key": f"labour:{employee.id}",
            "name": self.env._("Labour of %(name)s, %(visit)s", name=employee.name, visit=self.name),
            "ticket_id": self.ticket_id.id,
            "visit_id": self.id,
            "employee_id": employee.id,
            "date": self.env["service.cost"]._day_of(self.finished_at, self.company_id),
            "quantity": hours,
            "unit": self.env._("hours"),
            "unit_cost": employee.hourly_cost,
            "currency_id": employee.currency_id.id,
            **({"bearer": "customer", "partner_id": self.partner_id.id} if self.is_chargeable else {}),
        }
