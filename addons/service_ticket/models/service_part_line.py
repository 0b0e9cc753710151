from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tools import SQL

STATES = [
    ("requested", "Requested"),
    ("open", "On the account"),
    ("used", "Used, to be cleared"),
    ("cleared", "Cleared"),
    ("cancelled", "Cancelled"),
]
CLEARINGS = [
    ("used", "Used"),
    ("returned", "Returned unused"),
    ("written_off", "Written off"),
    ("transferred", "Passed to another requisition"),
]
OLD_PARTS = [
    ("none", "None yet"),
    ("expected", "Expected"),
    ("received", "In the store"),
    ("waived", "Not expected"),
    ("claimed", "In a claim"),
    ("sent_back", "Sent back"),
    ("scrapped", "Scrapped"),
]
WARRANTY = [("in", "In warranty"), ("out", "Out of warranty"), ("unknown", "Not known")]
#: what a split part of a line keeps
KEPT = (
    "request_id", "product_id", "reason", "visit_id", "in_warranty", "warranty_until", "warranty_source", "unit_cost",
    "lot_id", "returned_lot_id", "returned_serial", "issued_at", "used_at", "location_id", "old_part_received_at",
    "old_part_state", "old_part_reason", "returned_product_id", "root_id",
)


class ServicePartLine(models.Model):
    """Some units of a part on a requisition, from the proposal to their clearing; a line is cleared one way (C13)."""

    _name = "service.part.line"
    _description = "Part"
    _inherit = ["quality.line.mixin", "quality.workflow.mixin", "quality.register.mixin"]
    _order = "request_id desc, id"
    _rec_name = "product_id"
    _check_company_auto = True
    _document_field = "request_id"
    _document_states = ("draft",)
    _deletable_states = ("requested",)
    _personal_fields = ("reason", "old_part_reason")
    _register_historic = None

    request_id = fields.Many2one(
        "service.part.request", "Requisition", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="request_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="company_id.currency_id")
    request_state = fields.Selection(related="request_id.state", string="State of the requisition")
    source = fields.Selection(related="request_id.source")
    ticket_id = fields.Many2one(
        "service.ticket", compute="_compute_ticket_id", store=True, index="btree_not_null",
        help="Of the requisition; van stock gets it at the visit that uses it.",
    )
    engineer_id = fields.Many2one(related="request_id.engineer_id", store=True, index="btree_not_null")
    station_id = fields.Many2one(related="request_id.station_id", store=True, index="btree_not_null")
    visit_id = fields.Many2one(
        "service.visit", index="btree_not_null", check_company=True, readonly=True, copy=False, ondelete="restrict",
        help="The visit at which it was used.",
    )
    state = fields.Selection(STATES, default="requested", required=True, copy=False, index=True)

    # asked for
    product_id = fields.Many2one(
        "product.product", "Part", required=True, index=True, check_company=True,
        domain="[('is_storable', '=', True)]",
    )
    tracking = fields.Selection(related="product_id.tracking")
    quantity = fields.Float(default=1, digits="Product Unit", required=True)
    uom_id = fields.Many2one(related="product_id.uom_id", string="Unit")
    reason = fields.Char("Why it is needed")

    # decided with the request
    in_warranty = fields.Selection(WARRANTY, "Warranty", default="unknown", required=True, readonly=True, copy=False)
    warranty_until = fields.Date(readonly=True, copy=False)
    warranty_source = fields.Char("Warranty by", readonly=True, copy=False)
    unit_cost = fields.Monetary(
        compute="_compute_unit_cost", store=True, precompute=True, copy=False, aggregator=None,
        help="Value in stock of a unit: an estimate until it is issued, then what it was worth at that moment.",
    )
    amount = fields.Monetary("Value", compute="_compute_amount", store=True)

    # issued
    lot_id = fields.Many2one(
        "stock.lot", "Serial number", readonly=True, copy=False, index="btree_not_null", check_company=True
    )
    issued_at = fields.Datetime("Issued on", readonly=True, copy=False, index="btree_not_null")
    location_id = fields.Many2one(
        "stock.location", "Where it is", readonly=True, copy=False, index="btree_not_null", check_company=True
    )
    age_days = fields.Integer("Days open", compute="_compute_age_days", aggregator="max")

    # used, and cleared
    used_at = fields.Datetime("Used on", readonly=True, copy=False)
    returned_serial = fields.Char("Serial number of the old part", readonly=True, copy=False)
    use_key = fields.Char(readonly=True, copy=False, export_string_translation=False)
    returned_product_id = fields.Many2one(
        "product.product", "Old part received is a", readonly=True, copy=False, check_company=True
    )
    returned_lot_id = fields.Many2one(
        "stock.lot", "Old serial number received", readonly=True, copy=False, index="btree_not_null",
        check_company=True,
    )
    old_part_state = fields.Selection(OLD_PARTS, "Old part", default="none", readonly=True, copy=False, required=True)
    old_part_received_at = fields.Datetime("Old part received on", readonly=True, copy=False, index="btree_not_null")
    old_part_reason = fields.Char("Why there is no old part", readonly=True, copy=False)
    clearing = fields.Selection(CLEARINGS, readonly=True, copy=False, index="btree_not_null")
    cleared_at = fields.Datetime("Cleared on", readonly=True, copy=False)
    cleared_by_id = fields.Many2one("res.users", "Cleared by", readonly=True, copy=False)

    # where it came from and went to
    root_id = fields.Many2one(
        "service.part.line", "Split from", readonly=True, copy=False, index="btree_not_null", ondelete="restrict",
        check_company=True,
    )
    successor_id = fields.Many2one(
        "service.part.line", "Passed to", readonly=True, copy=False, index="btree_not_null", ondelete="restrict",
        check_company=True,
    )
    move_ids = fields.One2many("stock.move", "service_line_id", "Moves", readonly=True)

    _account_idx = models.Index("(location_id, product_id, lot_id) WHERE state IN ('open', 'used')")
    _defective_idx = models.Index(
        "(company_id, product_id) WHERE old_part_state IN ('expected', 'received', 'claimed')"
    )
    _positive = models.Constraint("CHECK (quantity > 0)", "The quantity of a part is more than zero.")

    _transitions = {
        ("requested", "open"): ("_missing_issue",),
        ("requested", "cancelled"): (),
        ("open", "used"): ("_missing_use",),
        ("used", "open"): (),
        ("open", "cleared"): ("_missing_clearing",),
        ("used", "cleared"): ("_missing_clearing",),
    }
    _system_fields = frozenset(
        {
            "visit_id", "in_warranty", "warranty_until", "warranty_source", "unit_cost", "lot_id", "issued_at",
            "location_id", "used_at", "use_key", "returned_serial", "returned_product_id", "returned_lot_id",
            "old_part_state", "old_part_received_at", "old_part_reason", "clearing", "cleared_at", "cleared_by_id",
            "root_id", "successor_id",
        }
    )

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("product_id", "lot_id", "quantity")
    def _compute_display_name(self):
        for line in self:
            product = line.sudo().product_id
            number = line.sudo().lot_id.name or f"× {line.quantity:g}"
            line.display_name = f"{product.display_name or ''} {number}".strip()

    @api.depends("request_id.ticket_id", "visit_id.ticket_id")
    def _compute_ticket_id(self):
        for line in self:
            line.ticket_id = line.request_id.ticket_id or line.visit_id.ticket_id

    @api.depends("product_id")
    def _compute_unit_cost(self):
        for line in self:
            line.unit_cost = line._stock_value()

    @api.depends("quantity", "unit_cost")
    def _compute_amount(self):
        for line in self:
            line.amount = line.quantity * line.unit_cost

    @api.depends("issued_at", "cleared_at")
    def _compute_age_days(self):
        now = fields.Datetime.now()
        for line in self:
            line.age_days = ((line.cleared_at or now) - line.issued_at).days if line.issued_at else 0

    # ------------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------------

    @api.constrains("product_id")
    def _check_storable(self):
        for line in self:
            if not line.sudo().product_id.is_storable:
                raise ValidationError(
                    self.env._(
                        "%s is not kept in stock, so nobody could account for it. Track its inventory first.",
                        line.sudo().product_id.display_name,
                    )
                )

    @api.constrains("quantity", "product_id")
    def _check_whole(self):
        for line in self:
            whole = line.quantity == int(line.quantity)
            if line.sudo().product_id.tracking == "serial" and not whole:
                raise ValidationError(self.env._("%s has serial numbers: whole units only.", line.display_name))

    @api.model
    def _frozen_fields(self, state):
        return frozenset() if state == "requested" else frozenset({"product_id", "request_id", "reason"})

    def _check_transition_groups(self, target):
        """Only the system moves a line from state to state, together with its units."""
        if not self.env.su:
            raise AccessError(self.env._("Parts change their state when they are issued, used and cleared."))

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_issue(self):
        missing = []
        if not self.location_id or not self.issued_at:
            missing.append(self.env._("The issue of the parts from stock"))
        if self.tracking == "serial" and not (self.lot_id and self.quantity == 1):
            missing.append(self.env._("One serial number for each unit"))
        return missing

    def _missing_use(self):
        return [] if self.visit_id or self.source == "ship" else [self.env._("The visit at which it was used")]

    def _missing_clearing(self):
        if not self.clearing:
            return [self.env._("How it is cleared")]
        return self._missing_used() if self.clearing == "used" else []

    def _missing_used(self):
        """C13: a used part is cleared by the signed report, the leader's consent and the old part."""
        missing = []
        visit = self.visit_id
        if self.source == "ship" and not visit:
            if self.ticket_id.state not in ("confirmed", "closed"):
                missing.append(self.env._("The customer's confirmation that %s works", self.ticket_id.name))
        elif visit.state != "approved":
            missing.append(self.env._("The leader's approval of the service report %s", visit.name or ""))
        elif visit.seal_validity not in ("valid", "refused"):
            missing.append(self.env._("A valid signature under the service report %s", visit.name))
        if self.old_part_state in ("none", "expected"):
            missing.append(self.env._("The old part, or the leader's word that there is none"))
        return missing

    # ------------------------------------------------------------------
    # For the code of requisitions; the caller has checked the user
    # ------------------------------------------------------------------

    def _stock_value(self):
        """Return what a unit is worth in stock now: of its own serial where those are valued, else of the product."""
        self.ensure_one()
        product = self.sudo().product_id.with_company(self.company_id or self.env.company)
        lot = self.sudo().lot_id.with_company(self.company_id or self.env.company)
        return lot.standard_price if lot and product.lot_valuated else product.standard_price

    def _split(self, quantity):
        """Return a line over ``quantity`` of this one's units, taking them out of it; itself when it is all of them.

        :raises UserError: there are not so many
        """
        self.ensure_one()
        compared = self.uom_id.compare(quantity, self.quantity)
        if compared > 0 or self.uom_id.compare(quantity, 0) <= 0:
            raise UserError(
                self.env._(
                    "%(line)s: %(quantity)s cannot be taken out of %(all)s.", line=self.display_name,
                    quantity=quantity, all=self.quantity,
                )
            )
        if compared == 0:
            return self
        vals = {name: self[name].id if self._fields[name].relational else self[name] for name in KEPT}
        root = self.root_id or self
        part = self.sudo().create({**vals, "quantity": quantity, "root_id": root.id})
        self.sudo().quantity -= quantity
        for state in {"open": ("open",), "used": ("open", "used")}.get(self.state, ()):
            part.write({"state": state})
        return part

    def _lock(self):
        """Let others who handle the same lines wait; Odoo repeats them when something changed."""
        if self:
            self.env.flush_all()
            self.env.cr.execute(
                SQL("SELECT id FROM service_part_line WHERE id IN %s ORDER BY id FOR UPDATE", tuple(self.ids)),
                log_exceptions=False,
            )

    @api.model
    def _open_quantities(self, places):
        """Return ``{(location, product, lot): quantity}`` of the open lines in ``places``."""
        groups = self.sudo()._read_group(
            [("location_id", "in", places.ids), ("state", "in", ("open", "used"))],
            ["location_id", "product_id", "lot_id"], ["quantity:sum"],
        )
        return {(place, product, lot): quantity for place, product, lot, quantity in groups}

    @api.model
    def _warranty_decision(self, lines):
        """Hook of the warranty terms: return ``{line: values}`` for ``in_warranty``, ``warranty_until`` and
        ``warranty_source`` of each of ``lines``; what is not in it stays “not known”. One call for many lines."""
        return {}

    def _decide_warranty(self):
        """Keep the warranty decision and the value of each line as they are now."""
        decisions = self._warranty_decision(self)
        for line in self.sudo():
            line.write(
                {
                    "in_warranty": "unknown", "warranty_until": False, "warranty_source": False,
                    "unit_cost": line._stock_value(), **decisions.get(line, {}),
                }
            )
