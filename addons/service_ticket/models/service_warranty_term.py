from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

#: what a warranty covers, each for its own months
COVERS = ("parts", "labour", "travel")
START_EVENTS = [("delivery", "Delivery"), ("commissioning", "Commissioning"), ("contract", "Date of the contract")]


class ServiceWarrantyTerm(models.Model):
    """What a company promises with a product, for how long, from when on (D2).

    The term of the product itself goes before that of the nearest category, that before the default of the company.
    A serial number may have a term of its own. Of several of one kind the one counts in whose days it was delivered.
    """

    _name = "service.warranty.term"
    _description = "Warranty term"
    _inherit = ["mail.thread"]
    _order = "company_id, product_tmpl_id, categ_id, valid_from desc, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, tracking=True
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    product_tmpl_id = fields.Many2one(
        "product.template", "Product", index="btree_not_null", ondelete="restrict", check_company=True, tracking=True
    )
    categ_id = fields.Many2one(
        "product.category", "Product category", index="btree_not_null", ondelete="restrict", tracking=True,
        help="With all categories below it that have no term of their own.",
    )
    for_serials = fields.Boolean(
        "Only for serial numbers", tracking=True, help="Applies to nothing but the serial numbers it is chosen for."
    )
    valid_from = fields.Date("Delivered from", tracking=True, help="Empty: from ever.")
    valid_to = fields.Date("Delivered until", tracking=True, help="Empty: until further notice.")

    start_event = fields.Selection(START_EVENTS, "Starts with", default="delivery", required=True, tracking=True)
    latest_start_months = fields.Integer(
        "Starts at the latest after", tracking=True,
        help="Months after the delivery. A commissioning or contract date that is later, or not on record, does not "
        "put the start off any longer. 0: counts from the delivery until the date is on record, then from that date.",
    )
    months_parts = fields.Integer("Parts", default=12, tracking=True, help="Months. 0: not covered.")
    months_labour = fields.Integer("Labour", default=12, tracking=True, help="Months. 0: not covered.")
    months_travel = fields.Integer("Travel", default=12, tracking=True, help="Months. 0: not covered.")
    updates_free = fields.Boolean("Software updates free for ever", default=True, tracking=True)
    spares_kind = fields.Selection(
        [("none", "None"), ("count", "Number of pieces"), ("amount", "Amount")],
        "Small spare parts free", default="none", required=True, tracking=True,
    )
    spares_count = fields.Float("Pieces", digits="Product Unit", tracking=True)
    spares_amount = fields.Monetary("Worth up to", tracking=True)
    spares_period = fields.Selection(
        [("warranty", "In the whole warranty"), ("year", "In each year of it")],
        "Counted", default="warranty", required=True, tracking=True,
    )
    replacement_months = fields.Integer(
        "Replaced parts", default=3, tracking=True,
        help="Months of its own that a replaced part or product has at least. What is left of the warranty of the "
        "replaced one counts when it is longer. 0: only what is left.",
    )

    _months_positive = models.Constraint(
        "CHECK (months_parts >= 0 AND months_labour >= 0 AND months_travel >= 0 AND replacement_months >= 0"
        " AND latest_start_months >= 0 AND spares_count >= 0 AND spares_amount >= 0)",
        "Months, pieces and amounts cannot be negative.",
    )
    _one_target = models.Constraint(
        "CHECK (num_nonnulls(product_tmpl_id, categ_id) + CASE WHEN for_serials THEN 1 ELSE 0 END <= 1)",
        "A term is for a product, for a category, for chosen serial numbers, or the default of the company.",
    )
    _days_in_order = models.Constraint(
        "CHECK (valid_to IS NULL OR valid_from IS NULL OR valid_to >= valid_from)", "The last day is before the first."
    )

    @api.constrains("active", "company_id", "product_tmpl_id", "categ_id", "for_serials", "valid_from", "valid_to")
    def _check_one_at_a_time(self):
        for term in self.filtered(lambda term: term.active and not term.for_serials):
            others = self.search(term._same_target_domain())
            twins = others.filtered(lambda other, term=term: other._overlaps(term))
            if twins:
                raise ValidationError(
                    self.env._(
                        "“%(term)s” and “%(other)s” are for the same deliveries. Let one end before the other begins.",
                        term=term.name, other=twins[0].name,
                    )
                )

    def _same_target_domain(self):
        return (
            Domain("company_id", "=", self.company_id.id)
            & Domain("product_tmpl_id", "=", self.product_tmpl_id.id)
            & Domain("categ_id", "=", self.categ_id.id)
            & Domain("for_serials", "=", False)
            & Domain("id", "!=", self.id)
        )

    def _overlaps(self, other):
        """Return whether there is a day on which both terms are valid."""
        starts_in_time = not self.valid_from or not other.valid_to or self.valid_from <= other.valid_to
        ends_late = not self.valid_to or not other.valid_from or self.valid_to >= other.valid_from
        return starts_in_time and ends_late

    # ------------------------------------------------------------------
    # Use
    # ------------------------------------------------------------------

    @api.model
    def _of_companies(self, companies):
        """Return ``{company: terms}`` of ``companies``, superuser; one query."""
        terms = self.sudo().search([("company_id", "in", companies.ids), ("for_serials", "=", False)])
        return terms.grouped("company_id")

    def _pick(self, product, day):
        """Return the one of these terms that applies to ``product`` delivered on ``day``; empty when none does."""
        valid = self.filtered(
            lambda term: (not term.valid_from or term.valid_from <= day) and (not term.valid_to or day <= term.valid_to)
        )
        own = valid.filtered(lambda term: term.product_tmpl_id and term.product_tmpl_id == product.product_tmpl_id)
        if own:
            return own[0]
        by_category = {term.categ_id.id: term for term in valid if term.categ_id}
        for categ_id in reversed([int(part) for part in (product.categ_id.parent_path or "").split("/") if part]):
            if categ_id in by_category:
                return by_category[categ_id]
        return valid.filtered(lambda term: not term.product_tmpl_id and not term.categ_id)[:1]

    def _started_on(self, delivered, event):
        """Return the first day of the warranty.

        :param delivered: day of the delivery, or None
        :param event: day of the commissioning or of the contract, or None
        """
        limit = delivered and delivered + relativedelta(months=self.latest_start_months)
        if self.start_event == "delivery" or not event:
            return delivered if self.start_event == "delivery" else limit
        return min(event, limit) if limit and self.latest_start_months else event

    def _ends_on(self, start, cover):
        """Return the last day on which ``cover`` is covered when the warranty starts on ``start``, or False.

        The day of the same number counts as the last one; 29 February and a year make 28 February.
        """
        months = self[f"months_{cover}"]
        return start + relativedelta(months=months) if months else False

    def _period_of(self, start, day):
        """Return the first day of the period of the free spare parts in which ``day`` lies."""
        if self.spares_period == "warranty" or day < start:
            return start
        return start + relativedelta(years=relativedelta(day, start).years)


class ResCompany(models.Model):
    _inherit = "res.company"

    def _quality_copy_defaults(self):
        """Give the company the default warranty and those of categories, as the first company has them (D2)."""
        result = super()._quality_copy_defaults()
        terms = self.env["service.warranty.term"].sudo().with_context(active_test=False)
        if not terms.search_count([("company_id", "=", self.id)], limit=1):
            general = Domain("product_tmpl_id", "=", False) & Domain("for_serials", "=", False)
            source = terms.search(general & Domain("company_id", "!=", self.id), order="company_id, id", limit=1)
            shipped = general & Domain("company_id", "=", source.company_id.id) & Domain("active", "=", True)
            for term in terms.search(shipped):
                term.copy({"company_id": self.id, "name": term.name})
        return result
