from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import SQL

#: how the purchase of a part was found, from the surest to the least sure
ORIGINS = [
    ("serial", "By its serial number"),
    ("claim", "Replacement from a claim"),
    ("product", "Last purchase of the part"),
    ("price", "Price list of the supplier"),
    ("none", "Not found"),
]
NOTHING = {
    "origin": "none", "purchase": None, "supplier": None, "received_on": None, "price": 0.0, "currency": None,
    "months": 0,
}


class ServiceClaimOrigin(models.AbstractModel):
    """Finds out for many parts at once where they were bought, when they came, and what the supplier warrants (C15)."""

    _name = "service.claim.origin"
    _description = "Purchase behind a part"

    @api.model
    def _find(self, company, wanted):
        """Return ``{(product, lot): facts}`` for the pairs in ``wanted``, in a few queries however many.

        Facts are a dict of ``origin`` (see ``ORIGINS``), ``purchase`` (order line), ``supplier`` (commercial partner),
        ``received_on`` (date), ``price`` (of one unit in the product's unit, before tax), ``currency`` and ``months``
        of the supplier's warranty; what is not known is None or 0. Records are the superuser's.
        """
        company = company.sudo()
        env = self.with_company(company).sudo().env
        pairs = {(product.with_env(env), lot.with_env(env)) for product, lot in wanted if product}
        by_lot = self._receipts(company, "lot_id", {lot.id for _product, lot in pairs if lot})
        rest = {product.id for product, lot in pairs if lot.id not in by_lot}
        by_product = self._receipts(company, "product_id", rest)
        found = {}
        for product, lot in pairs:
            receipt = by_lot.get(lot.id)
            if receipt:
                facts = self._facts_of_receipt(company, product, "serial", *receipt)
            elif product.id in by_product:
                facts = self._facts_of_receipt(company, product, "product", *by_product[product.id])
            else:
                facts = self._facts_of_price(company, product)
            if facts["supplier"]:
                facts["months"] = self._months(company, product, facts["supplier"])
            found[product.id, lot.id] = facts
        return {(product, lot): found[product.id, lot.id] for product, lot in wanted if product}

    @api.model
    def _receipts(self, company, column, ids):
        """Return ``{id: (purchase line, claim line, date)}`` of the last receipt of each lot or product."""
        if not ids:
            return {}
        self.env["stock.move"].flush_model()
        self.env["stock.move.line"].flush_model()
        key = SQL.identifier("line", column)
        rows = self.env.execute_query(
            SQL(
                """
                SELECT DISTINCT ON (%(key)s) %(key)s, move.purchase_line_id, move.service_claim_line_id, move.date
                  FROM stock_move_line AS line
                  JOIN stock_move AS move ON move.id = line.move_id
                  JOIN stock_location AS origin ON origin.id = line.location_id AND origin.usage = 'supplier'
                 WHERE %(key)s IN %(ids)s AND line.state = 'done' AND move.company_id = %(company)s
                   AND (move.purchase_line_id IS NOT NULL OR move.service_purpose = 'claim_replace')
              ORDER BY %(key)s, move.date DESC, line.id DESC
                """,
                key=key, ids=tuple(ids), company=company.id,
            )
        )
        Purchase = self.env["purchase.order.line"].sudo().browse([row[1] for row in rows if row[1]])
        Claim = self.env["service.supplier.claim.line"].sudo().browse([row[2] for row in rows if row[2]])
        return {
            key: (Purchase.browse(purchase).with_prefetch(Purchase.ids), Claim.browse(claim), date)
            for key, purchase, claim, date in rows
        }

    @api.model
    def _facts_of_receipt(self, company, product, origin, purchase, claim_line, date):
        day = fields.Datetime.context_timestamp(self, date).date()
        if purchase:
            order = purchase.order_id
            price = purchase.product_uom_id._compute_price(purchase.price_unit_discounted, product.uom_id)
            return {
                **NOTHING, "origin": origin, "purchase": purchase, "received_on": day, "price": price,
                "supplier": order.partner_id.commercial_partner_id, "currency": order.currency_id,
            }
        return {
            **NOTHING, "origin": "claim", "purchase": claim_line.purchase_line_id, "received_on": day,
            "supplier": claim_line.claim_id.partner_id.commercial_partner_id, "price": claim_line.unit_price,
            "currency": claim_line.currency_id,
        }

    @api.model
    def _facts_of_price(self, company, product):
        for seller in self._sellers(company, product):
            price = seller.product_uom_id._compute_price(seller.price_discounted, product.uom_id)
            return {
                **NOTHING, "origin": "price", "supplier": seller.partner_id.commercial_partner_id, "price": price,
                "currency": seller.currency_id,
            }
        return dict(NOTHING)

    @api.model
    def _months(self, company, product, supplier):
        """Return the months of warranty agreed with ``supplier``: in the vendor price, else in general."""
        for seller in self._sellers(company, product):
            if seller.partner_id.commercial_partner_id == supplier and seller.service_warranty_months:
                return seller.service_warranty_months
        return supplier.service_warranty_months

    @api.model
    def _sellers(self, company, product):
        """Return the vendor prices of ``product`` in ``company``: its own before those of all its variants."""
        return product.seller_ids.filtered(
            lambda one: one.company_id.id in (False, company.id) and one.product_id in (product, product.browse())
        ).sorted(lambda one: (not one.product_id, one.sequence, one.min_qty, one.id))

    @api.model
    def _warranty(self, facts, failed_on):
        """Return ``(state, until)``: whether a part that failed on a day was in the supplier's warranty."""
        if not facts["received_on"] or not facts["months"]:
            return "unknown", None
        until = facts["received_on"] + relativedelta(months=facts["months"])
        return ("in" if failed_on <= until else "out"), until
