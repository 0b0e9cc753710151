from odoo import api, fields, models, tools
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column


class ServiceTicket(models.Model):
    """The complaint register (E6): one row a ticket, whatever its kind."""

    _name = "service.ticket"
    _inherit = ["service.ticket", "quality.register.mixin"]
    _register_date = "received_at"
    _register_order = "received_at, id"

    @api.model
    def _register_title(self):
        return self.env._("Ticket and complaint register")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Received"), "received_at", "datetime"),
            Column(self.env._("Kind"), "kind", width=16),
            Column(self.env._("Received by"), "channel", width=14),
            Column(self.env._("State"), "state", width=14),
            Column(self.env._("Subject"), "subject", width=30),
            Column(self.env._("Customer"), "partner_id", width=24),
            Column(self.env._("Contact"), "contact_name", width=18),
            Column(self.env._("Phone"), "phone", width=16),
            Column(self.env._("Product"), "product_id", width=24),
            Column(self.env._("Serial number"), "lot_id.name", width=18),
            Column(self.env._("Sales order"), "sale_order_id.name", width=16),
            Column(self.env._("Delivered"), "delivered_on", "date"),
            Column(self.env._("Demand"), "demand", width=30),
            Column(self.env._("Severity"), "severity", width=10),
            Column(self.env._("Class of cause"), "cause_class", width=16),
            Column(self.env._("Fault codes"), "fault_code_ids", width=20),
            Column(self.env._("Quality incident"), "incident_id.name", width=16),
            Column(self.env._("Responsible department"), "responsible_department_id", width=18),
            Column(self.env._("Person in charge"), "user_id", width=18),
            Column(self.env._("First answer"), "first_answered_at", "datetime"),
            Column(self.env._("Resolved"), "resolved_at", "datetime"),
            Column(self.env._("What was done"), "resolution", width=36),
            Column(self.env._("Prevention"), "prevention_measure", width=30),
            Column(self.env._("Agreed by the customer"), "customer_agreed_at", "datetime"),
            Column(self.env._("Confirmed by the customer"), "customer_confirmed_at", "datetime"),
            Column(self.env._("Closed"), "closed_at", "datetime"),
            Column(self.env._("Escalation level"), "escalation_level", "integer"),
            Column(self.env._("Times reopened"), "reopen_count", "integer"),
            Column(self.env._("Historic"), "is_historic", "boolean"),
            Column(self.env._("Company"), "company_id"),
        ]


class ServiceVisit(models.Model):
    """The service register (D4): one row a visit."""

    _name = "service.visit"
    _inherit = ["service.visit", "quality.register.mixin"]
    _register_date = "planned_start"
    _register_order = "planned_start, id"

    @api.model
    def _register_title(self):
        return self.env._("Service register")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Subject"), "ticket_id.subject", width=30),
            Column(self.env._("Customer"), "partner_id", width=24),
            Column(self.env._("Product"), "product_id", width=24),
            Column(self.env._("Serial number"), "lot_id.name", width=18),
            Column(self.env._("Engineers"), lambda visit: ", ".join(visit.engineer_ids.mapped("name")), width=24),
            Column(self.env._("State"), "state", width=14),
            Column(self.env._("Asked for"), "requested_at", "datetime"),
            Column(self.env._("Planned"), "planned_start", "datetime"),
            Column(self.env._("Arrived"), "arrived_at", "datetime"),
            Column(self.env._("Late for the customer"), "is_late", "boolean"),
            Column(self.env._("Finished"), "finished_at", "datetime"),
            Column(self.env._("True cause"), "true_cause", width=36),
            Column(self.env._("Work done"), "work_done", width=36),
            Column(self.env._("Result"), "result", width=14),
            Column(self.env._("Fault codes"), "fault_code_ids", width=20),
            Column(self.env._("Evaluation"), "evaluation_overall", width=12),
            Column(self.env._("Signed by"), "signed_by", width=18),
            Column(self.env._("Why it was not signed"), "refusal_reason", width=24),
            Column(self.env._("Historic"), "is_historic", "boolean"),
            Column(self.env._("Company"), "company_id"),
        ]


class ServiceFault(models.Model):
    """The fault register (D6): one row for each ticket and fault code."""

    _name = "service.fault"
    _description = "Fault register"
    _inherit = ["quality.register.mixin"]
    _auto = False
    _order = "received_at desc, id desc"
    _rec_name = "ticket_id"
    _register_date = "received_at"
    _register_order = "received_at, id"

    ticket_id = fields.Many2one("service.ticket", readonly=True)
    fault_code_id = fields.Many2one("service.fault.code", "Fault code", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    received_at = fields.Datetime("Received", readonly=True)
    kind = fields.Selection(
        lambda self: self.env["service.ticket"]._fields["kind"]._description_selection(self.env), readonly=True
    )
    state = fields.Selection(
        lambda self: self.env["service.ticket"]._fields["state"]._description_selection(self.env), readonly=True
    )
    partner_id = fields.Many2one("res.partner", "Customer", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    lot_id = fields.Many2one("stock.lot", "Serial number", readonly=True)
    cause_class = fields.Selection(
        lambda self: self.env["service.ticket"]._fields["cause_class"]._description_selection(self.env),
        "Class of cause", readonly=True,
    )
    is_repeat = fields.Boolean("Recurrence", readonly=True)
    is_historic = fields.Boolean("Historic", readonly=True)

    @property
    def _table_query(self):
        return tools.SQL(
            """
            SELECT ticket.id::bigint * 100000 + fault.service_fault_code_id AS id, ticket.id AS ticket_id,
                   fault.service_fault_code_id AS fault_code_id, ticket.company_id, ticket.received_at, ticket.kind,
                   ticket.state, ticket.partner_id, ticket.product_id, ticket.lot_id, ticket.cause_class,
                   ticket.recurrence_of_id IS NOT NULL AS is_repeat, ticket.is_historic
              FROM service_ticket AS ticket
              JOIN service_fault_code_service_ticket_rel AS fault ON fault.service_ticket_id = ticket.id
             WHERE ticket.state != 'cancelled'
            """
        )

    @api.model
    def _register_title(self):
        return self.env._("Fault register")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Fault code"), "fault_code_id.code", width=12),
            Column(self.env._("Meaning"), "fault_code_id.name", width=30),
            Column(self.env._("Ticket"), "ticket_id.name", width=16),
            Column(self.env._("Subject"), "ticket_id.subject", width=30),
            Column(self.env._("Received"), "received_at", "datetime"),
            Column(self.env._("Kind"), "kind", width=16),
            Column(self.env._("Customer"), "partner_id", width=24),
            Column(self.env._("Product"), "product_id", width=24),
            Column(self.env._("Serial number"), "lot_id.name", width=18),
            Column(self.env._("Class of cause"), "cause_class", width=16),
            Column(self.env._("Recurrence"), "is_repeat", "boolean"),
            Column(self.env._("What was done"), "ticket_id.resolution", width=36),
            Column(self.env._("State"), "state", width=14),
            Column(self.env._("Company"), "company_id"),
        ]
