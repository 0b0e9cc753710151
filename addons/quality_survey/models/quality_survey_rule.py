import hashlib
from datetime import timedelta

from odoo import api, fields, models

from .survey_survey import OURS

EVENTS = [
    ("visit_approved", "Service report approved"),
    ("ticket_closed", "Ticket closed"),
    ("delivery_done", "Delivery done"),
    ("yearly", "Once a year"),
    ("manual", "By hand"),
]
MONTHS = [(str(number), name) for number, name in enumerate(
    ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
     "December"), 1)]


class QualitySurveyRule(models.Model):
    """When to ask whom (E5): the event, the delay, the share, and how long to wait for an answer."""

    _name = "quality.survey.rule"
    _description = "Rule of invitations"
    _inherit = ["mail.thread"]
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, tracking=True
    )
    survey_id = fields.Many2one(
        "survey.survey", "Questionnaire", required=True, tracking=True, ondelete="restrict", check_company=True,
        domain=f"[('survey_type', '=', '{OURS}'), ('company_id', 'in', (False, company_id))]",
    )
    event = fields.Selection(EVENTS, required=True, default="ticket_closed", tracking=True)
    ticket_kind = fields.Selection(
        lambda self: self.env["service.ticket"]._fields["kind"]._description_selection(self.env), "Only tickets of kind"
    )
    team_ids = fields.Many2many("service.team", string="Only teams", check_company=True)
    delay_hours = fields.Float("Wait", default=24.0, tracking=True, help="Hours from the event to the invitation.")
    share = fields.Float(
        "Share asked (%)", default=100.0, tracking=True, help="Of the events; which ones is not left to anybody."
    )
    reminder_days = fields.Integer("Remind after", default=7, tracking=True, help="Days; 0: never. One reminder only.")
    expiry_days = fields.Integer("Open for", default=30, tracking=True, help="Days in which an answer is taken.")
    yearly_month = fields.Selection(MONTHS, "Month", default="11")
    yearly_day = fields.Integer("Day", default=1)
    last_year = fields.Integer("Last asked", readonly=True, copy=False)
    invitation_ids = fields.One2many("quality.survey.invitation", "rule_id", "Invitations")
    invited_count = fields.Integer("Invited", compute="_compute_counts", compute_sudo=True)
    answered_count = fields.Integer("Answered", compute="_compute_counts", compute_sudo=True)

    _sensible = models.Constraint(
        "CHECK (share BETWEEN 0 AND 100 AND delay_hours >= 0 AND reminder_days >= 0 AND expiry_days > 0"
        " AND yearly_day BETWEEN 1 AND 28)",
        "The share goes from 0 to 100 %, times are not negative, and a day of every month is one from 1 to 28.",
    )

    def _compute_counts(self):
        groups = self.env["quality.survey.invitation"]._read_group(
            [("rule_id", "in", self.ids), ("sent_at", "!=", False)], ["rule_id", "state"], ["__count"]
        )
        counts = {}
        for rule, state, count in groups:
            invited, answered = counts.get(rule, (0, 0))
            counts[rule] = invited + count, answered + (count if state == "answered" else 0)
        for rule in self:
            rule.invited_count, rule.answered_count = counts.get(rule, (0, 0))

    # ------------------------------------------------------------------
    # Whom
    # ------------------------------------------------------------------

    @api.model
    def _on_event(self, event, records):
        """Plan the invitations that the rules want after ``event`` on ``records``; the system calls this, in batch."""
        records = records.sudo()
        if "is_historic" in records._fields:
            records = records.filtered(lambda record: not record.is_historic)
        if not records:
            return
        rules = self.sudo().search([("event", "=", event), ("company_id", "in", records.company_id.ids)])
        candidates = [
            {"rule": rule, "source": record, **rule._facts_of(record)}
            for record in records
            for rule in rules.filtered(lambda rule, record=record: rule.company_id == record.company_id)
            if rule._fits(record) and rule._drawn(record)
        ]
        self.env["quality.survey.invitation"]._plan(candidates)

    def _fits(self, record):
        """Return whether this rule asks about ``record`` at all."""
        facts = self._facts_of(record)
        ticket = facts["ticket"]
        if self.ticket_kind and ticket.kind != self.ticket_kind:
            return False
        return not self.team_ids or ticket.team_id in self.team_ids

    def _drawn(self, record, key=""):
        """Return whether the share falls on ``record``: the same answer every time, and nobody's choice."""
        text = f"{self.id}:{record._name}:{record.id}:{key}"
        number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
        return number * 100 < self.share

    @api.model
    def _facts_of(self, record):
        """Return whom an invitation about ``record`` goes to, and its ticket and visit."""
        tickets, visits = self.env["service.ticket"], self.env["service.visit"]
        if record._name == "service.visit":
            return {"ticket": record.ticket_id, "visit": record, "partner": record.ticket_id.partner_id
                    or record.partner_id}
        if record._name == "service.ticket":
            return {"ticket": record, "visit": visits, "partner": record.partner_id}
        partner = record if record._name == "res.partner" else record.partner_id
        return {"ticket": tickets, "visit": visits, "partner": partner}

    # ------------------------------------------------------------------
    # Once a year
    # ------------------------------------------------------------------

    @api.model
    def _cron_yearly(self):
        """Plan the yearly invitations whose day has come: everybody served or delivered to in the last twelve months.

        Each rule once a year; a day on which nothing ran is made up for.
        """
        today = fields.Date.context_today(self)
        rules = self.sudo().search([("event", "=", "yearly"), ("last_year", "<", today.year)])
        for rule in rules:
            if (today.month, today.day) >= (int(rule.yearly_month or 1), rule.yearly_day):
                rule._plan_partners(rule._customers_of_year(), str(today.year))
                rule.last_year = today.year

    def _customers_of_year(self):
        since = fields.Datetime.now() - timedelta(days=365)
        served = self.env["service.ticket"]._read_group(
            [("company_id", "=", self.company_id.id), ("received_at", ">=", since), ("partner_id", "!=", False),
             ("is_historic", "=", False), ("state", "!=", "cancelled")],
            ["partner_id"],
        )
        delivered = self.env["stock.picking"]._read_group(
            [("company_id", "=", self.company_id.id), ("date_done", ">=", since), ("partner_id", "!=", False),
             ("picking_type_code", "=", "outgoing")],
            ["partner_id"],
        )
        return self.env["res.partner"].union(*(partner for [partner] in served + delivered))

    def _plan_partners(self, partners, key):
        """Plan an invitation for each of ``partners`` on which the share falls; ``key`` tells occasions apart."""
        candidates = [
            {"rule": self, "source": partner, "key": key, **self._facts_of(partner)}
            for partner in partners
            if self._drawn(partner, key)
        ]
        return self.env["quality.survey.invitation"]._plan(candidates)
