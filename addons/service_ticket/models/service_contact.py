from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column
from odoo.exceptions import UserError
from odoo.fields import Domain

from .service_ticket import CHANNELS, KINDS
from .service_ticket_roles import AGENT, ENGINEER, LEADER

#: ways that leave something written
WRITTEN = ("letter", "email", "portal", "web")


class ServiceContact(models.Model):
    """The register of calls, letters and visits, in order of time (来电来函来访, C12, D11)."""

    _name = "service.contact"
    _description = "Contact"
    _inherit = ["quality.step.mixin", "quality.evidence.mixin", "quality.register.mixin", "mail.thread",
                "mail.activity.mixin"]
    _order = "received_at desc, id desc"
    _rec_names_search = ["name", "subject", "contact_name"]
    _check_company_auto = True
    _sequence_code = "service.contact"
    _step_activity = "service_ticket.mail_activity_ticket_step"
    _historic_group = LEADER
    _open_states = ("open", "answered")
    _personal_fields = (
        "subject", "contact_name", "phone", "content", "answer", "clarification", "reason", "cancel_reason",
    )
    _register_date = "received_at"
    _register_order = "received_at, id"

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    subject = fields.Char(required=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    state = fields.Selection(
        [("open", "Open"), ("answered", "Answered"), ("archived", "Archived"), ("cancelled", "Cancelled")],
        default="open", required=True, copy=False, index=True, tracking=True,
    )
    direction = fields.Selection([("in", "From the customer"), ("out", "To the customer")], default="in", required=True)
    channel = fields.Selection(CHANNELS, "Way", default="phone", required=True)
    kind = fields.Selection(KINDS, "About")
    received_at = fields.Datetime("Date", required=True, default=fields.Datetime.now, index=True, copy=False)
    partner_id = fields.Many2one("res.partner", "Customer", index="btree_not_null")
    contact_name = fields.Char()
    phone = fields.Char()
    content = fields.Text(required=True)
    is_unclear = fields.Boolean("Unclear", tracking=True, help="Asked back first: what is unclear is not answered.")
    clarification = fields.Text("What the customer meant")
    answer = fields.Text()
    answered_at = fields.Datetime("Answered on", readonly=True, copy=False)
    answered_by_id = fields.Many2one("res.users", "Answered by", readonly=True, copy=False)
    reached = fields.Boolean("Customer reached", default=True)
    ticket_id = fields.Many2one("service.ticket", index="btree_not_null", check_company=True)
    evidence_ids = fields.Many2many(string="Letters and files")
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)

    _quarter_idx = models.Index("(company_id, received_at)")

    _transitions = {
        ("open", "answered"): ("_missing_answer",),
        ("answered", "archived"): ("_missing_file",),
        ("open", "cancelled"): ("_missing_cancel_reason",),
        ("answered", "cancelled"): ("_missing_cancel_reason",),
    }
    _transition_groups = {
        ("open", "answered"): ENGINEER, ("answered", "archived"): ENGINEER,
        ("open", "cancelled"): AGENT, ("answered", "cancelled"): LEADER,
    }
    _next_state = {"open": "answered", "answered": "archived"}
    _stamps = {"answered": ("answered_by_id", "answered_at")}
    _system_fields = frozenset({"answered_at", "answered_by_id", "cancel_reason", "reason"})

    @api.depends("name", "subject")
    def _compute_display_name(self):
        for contact in self:
            contact.display_name = f"{contact.name} {contact.subject or ''}".strip()

    @api.model_create_multi
    def create(self, vals_list):
        """Register contacts.

        :raises UserError: the date lies in the future
        """
        self._number(vals_list)
        contacts = super().create(vals_list)
        contacts._check_date()
        contacts._assign_next_step()
        return contacts

    def write(self, vals):
        result = super().write(vals)
        if "received_at" in vals:
            self._check_date()
        if "is_unclear" in vals:
            self._assign_next_step()
        return result

    def _check_date(self):
        if any(contact.received_at > fields.Datetime.now() for contact in self):
            raise UserError(self.env._("A contact that has not taken place yet is not registered: check the date."))

    @api.onchange("ticket_id", "partner_id")
    def _onchange_customer(self):
        self.partner_id = self.partner_id or self.ticket_id.partner_id
        self.contact_name = self.contact_name or self.ticket_id.contact_name or self.partner_id.name
        self.phone = self.phone or self.ticket_id.phone or self.partner_id.phone

    @api.model
    def _frozen_fields(self, state):
        if state in ("archived", "cancelled"):
            return self._every_field() | {"name", "company_id"}
        answered = {"content", "answer", "received_at", "channel", "direction"} if state == "answered" else set()
        return frozenset({"name", "company_id"} | answered)

    def _evidence_locked(self):
        return any(contact.state in ("archived", "cancelled") for contact in self)

    @api.model
    def _personal_needed_domain(self):
        return Domain("state", "in", self._open_states)

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _missing_answer(self):
        """C12: answered clearly; what is unclear is clarified first."""
        missing = []
        if self.is_unclear and not (self.clarification or "").strip():
            missing.append(self.env._("What the customer meant: ask back first"))
        if self.direction == "in" and not (self.answer or "").strip():
            missing.append(self.env._("The answer"))
        return missing

    def _missing_file(self):
        """C12: replies are archived; what was written is kept as a file."""
        if self.channel in ("letter", "email") and not self.evidence_ids:
            return [self.env._("The letter or mail as a file")]
        return []

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    def _next_people(self):
        if self.state == "open" and self.is_unclear:
            return self.create_uid, self.env._("Ask the customer what is meant")
        return (self.create_uid, self.env._("Answer the customer")) if self.state == "open" else None

    def _after_transition(self, origins, target):
        if target == "answered":
            for contact in self.sudo().filtered(lambda one: one.ticket_id and one.reached):
                contact.ticket_id._answered(contact._answer_moment(), written=contact._is_written())
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _answer_moment(self):
        """Return when the customer had the answer: at once on the phone and face to face, else when it was written."""
        if self.direction == "out" or self.channel in ("phone", "visit"):
            return max(self.received_at, self.ticket_id.received_at)
        return fields.Datetime.now()

    def _is_written(self):
        return self.channel in WRITTEN and bool(self.evidence_ids)

    def action_answer(self):
        """Record the answer as given (C12); on a ticket it keeps the promise of an answer.

        :raises UserError: the answer, or what was meant, is missing
        """
        return self._take_step("answered")

    def action_archive_contact(self):
        """Archive the answered contact with its files (C12).

        :raises UserError: a letter without its file
        """
        return self._take_step("archived")

    def action_cancel(self, reason=None):
        """Cancel the entry with a reason; it keeps its number."""
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_create_ticket(self):
        """Open a ticket from this contact, received when the contact took place (C12).

        :return: the form of the ticket
        :raises UserError: there is one already
        """
        self.ensure_one()
        self._check_role(ENGINEER)
        self.check_access("write")
        if self.ticket_id:
            raise UserError(self.env._("%s has a ticket already.", self.name))
        if self.state in ("archived", "cancelled"):
            raise UserError(self.env._("%s is over; register a new contact.", self.name))
        self.ticket_id = self.env["service.ticket"].create(
            {
                "subject": self.subject,
                "description": self.content,
                "kind": self.kind or "repair",
                "channel": self.channel,
                "received_at": self.received_at,
                "partner_id": self.partner_id.id,
                "contact_name": self.contact_name,
                "phone": self.phone,
                "company_id": self.company_id.id,
            }
        )
        return self.ticket_id.get_formview_action()

    # ------------------------------------------------------------------
    # Register
    # ------------------------------------------------------------------

    @api.model
    def _register_title(self):
        return self.env._("Contact register")

    @api.model
    def _register_columns(self):
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Date"), "received_at", "datetime"),
            Column(self.env._("Direction"), "direction", width=16),
            Column(self.env._("Way"), "channel", width=14),
            Column(self.env._("About"), "kind", width=16),
            Column(self.env._("Customer"), "partner_id", width=24),
            Column(self.env._("Contact"), "contact_name", width=18),
            Column(self.env._("Phone"), "phone", width=16),
            Column(self.env._("Subject"), "subject", width=30),
            Column(self.env._("Content"), "content", width=40),
            Column(self.env._("Unclear"), "is_unclear", "boolean"),
            Column(self.env._("Answer"), "answer", width=40),
            Column(self.env._("Answered on"), "answered_at", "datetime"),
            Column(self.env._("Answered by"), "answered_by_id", width=18),
            Column(self.env._("State"), "state", width=12),
            Column(self.env._("Ticket"), "ticket_id", width=24),
        ]


class ServiceTicket(models.Model):
    _inherit = "service.ticket"

    contact_ids = fields.One2many("service.contact", "ticket_id", "Contacts")
