from odoo import api, fields, models

#: the promises a policy can make; each is a kind of ``quality.deadline``
CLOCKS = [
    ("first_answer", "First answer"),
    ("written_contact", "Written contact"),
    ("remote_answer", "Answer from a distance"),
    ("onsite", "On site"),
    ("department_answer", "Answer of a department"),
    ("resolution", "Resolution"),
]


class ServiceSlaPolicy(models.Model):
    """A promise to customers: what must happen within which time, for which tickets (C4, C5, C20, D3).

    For each clock the first policy that fits a ticket applies, in order of sequence.
    """

    _name = "service.sla.policy"
    _description = "Service promise"
    _inherit = ["mail.thread"]
    _order = "company_id, clock, sequence, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, tracking=True
    )
    clock = fields.Selection(CLOCKS, "Promise", required=True, tracking=True)
    hours = fields.Float("Within hours", required=True, tracking=True)
    calendar_id = fields.Many2one(
        "resource.calendar", "Counted in", tracking=True, ondelete="restrict", help="Empty: day and night."
    )
    warning_share = fields.Integer("Warn at (%)", default=75, tracking=True)

    kind = fields.Selection(
        lambda self: self.env["service.ticket"]._fields["kind"]._description_selection(self.env),
        "Only for",
        tracking=True,
    )
    channel = fields.Selection(
        lambda self: self.env["service.ticket"]._fields["channel"]._description_selection(self.env),
        "Only received by",
        tracking=True,
    )
    severity = fields.Selection(
        lambda self: self.env["service.ticket"]._fields["severity"]._description_selection(self.env),
        "Only if",
        tracking=True,
    )
    priority = fields.Selection(
        lambda self: self.env["service.ticket"]._fields["priority"]._description_selection(self.env),
        "Only of priority",
        tracking=True,
    )
    team_ids = fields.Many2many("service.team", string="Only of teams")
    partner_ids = fields.Many2many("res.partner", string="Only of customers", help="With all contacts of theirs.")
    supplier_needed = fields.Selection(
        [("yes", "Needed"), ("no", "Not needed")], "Supplier", tracking=True, help="Empty: either."
    )
    distance_from_km = fields.Float(
        "Farther than (km)", tracking=True, help="Zero: from the station on. A ticket without a distance never fits."
    )
    distance_to_km = fields.Float("Up to (km)", tracking=True, help="Zero: no limit.")

    _hours_positive = models.Constraint("CHECK (hours > 0)", "The time promised must be positive.")
    _warning_percent = models.Constraint(
        "CHECK (warning_share BETWEEN 1 AND 99)", "The warning comes between 1 and 99 percent of the time."
    )
    _distance_band = models.Constraint(
        "CHECK (distance_from_km >= 0 AND distance_to_km >= 0"
        " AND (distance_to_km = 0 OR distance_to_km > distance_from_km))",
        "The band of distances ends before it begins.",
    )

    @api.model
    def _of_companies(self, companies):
        """Return the policies of ``companies``, in the order in which they are tried."""
        policies = self.sudo().search_fetch([("company_id", "in", companies.ids)], order="sequence, id")
        policies.fetch(["team_ids", "partner_ids"])
        return policies

    def _fits(self, ticket):
        """Return whether this policy is made for ``ticket``, a superuser's record."""
        for name in ("kind", "channel", "severity", "priority"):
            if self[name] and self[name] != ticket[name]:
                return False
        if self.company_id != ticket.company_id or (self.team_ids and ticket.team_id not in self.team_ids):
            return False
        if self.partner_ids and not (ticket.partner_id | ticket.partner_id.commercial_partner_id) & self.partner_ids:
            return False
        if self.supplier_needed and (self.supplier_needed == "yes") != ticket.supplier_needed:
            return False
        return self._fits_distance(ticket)

    def _fits_distance(self, ticket):
        if not self.distance_from_km and not self.distance_to_km:
            return True
        if not ticket.distance_known:
            return False
        upper = self.distance_to_km or float("inf")
        # “Within 100 km” includes the hundredth, “beyond” begins after it (C4).
        lower_ok = ticket.distance_km > self.distance_from_km or not self.distance_from_km
        return lower_ok and ticket.distance_km <= upper
