from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import today_of

from .service_warranty_term import COVERS

#: where an answer comes from, or why there is none
SOURCES = [
    ("delivery", "Delivery"),
    ("commissioning", "Commissioning"),
    ("contract", "Date on the serial number"),
    ("replacement", "Replacement in warranty"),
    ("override", "Approved decision"),
    ("no_product", "No product or serial number is named"),
    ("no_delivery", "The stock knows no delivery to a customer"),
    ("no_term", "No warranty term applies"),
    ("several", "Several deliveries: the serial number decides"),
    ("import", "Imported"),
]
STATES = [("in", "In warranty"), ("out", "Out of warranty"), ("unknown", "Not known")]
#: one day in warranty, of an answer that says nothing yet
NOTHING = {
    "state": "unknown", "source": "no_product", "start": False, "until": False, "term_id": False, "updates": False,
    "delivered_on": False, "ordered_on": False, "customer_id": False, "buyer_id": False, "order_id": False,
    "picking_id": False, "product_id": False, "lot_id": False,
    **dict.fromkeys(COVERS, False), **{f"{cover}_until": False for cover in COVERS},
}


class ServiceWarrantyTerm(models.Model):
    """The answer: is it in warranty, since when, until when, for what (D2, F10)."""

    _inherit = "service.warranty.term"

    @api.model
    def _answer(self, questions):
        """Return one answer to each of ``questions``; the number of queries does not depend on how many there are.

        A question is a dict of ``lot`` (``stock.lot``), or ``product`` and ``partner`` when there is no serial number,
        optionally ``date`` (the day that matters, today), ``company`` (the present one) and ``order`` (``sale.order``).
        An answer is a dict of plain values: ``state`` in | out | unknown, ``source`` (a key of ``SOURCES``), ``start``,
        ``until`` (the last day, included), ``parts``, ``labour``, ``travel`` (covered on that day?), ``parts_until``
        and so on, ``updates``, ``term_id``, ``lot_id``, ``product_id``, ``delivered_on``, ``ordered_on``,
        ``customer_id``, ``buyer_id`` (commercial partners), ``order_id``, ``picking_id``.

        The caller has checked that the user may know.
        """
        asked = [self._normalised(question) for question in questions]
        lots = self._together(asked, "lot")
        self._together(asked, "product")
        pairs = {
            (question["product"].id, question["customer"].id)
            for question in asked
            if not question["lot"] and question["product"] and question["customer"]
        }
        known = {
            "lots": self._moves_of_lots(lots),
            "products": self._moves_of_products(pairs),
            "terms": self._of_companies(self.env["res.company"].union(*(question["company"] for question in asked))),
            "started": lots._commissioned_on(),
            "replaced": self.env["service.part.replacement"]._last_of_new_lots(lots),
        }
        answers = [self._answer_one(question, known) for question in asked]
        self._add_order_dates(answers)
        return answers

    @api.model
    def _together(self, asked, name):
        """Let the records under ``name`` of the dicts ``asked`` be read together, and return all of them."""
        every = asked[0][name].union(*(one[name] for one in asked)) if asked else self.env["stock.lot"]
        for one in asked:
            one[name] = one[name].with_prefetch(every._ids)
        return every

    @api.model
    def _normalised(self, question):
        lot = (question.get("lot") or self.env["stock.lot"]).sudo()
        company = (question.get("company") or self.env.company).sudo()
        return {
            "lot": lot,
            "product": lot.product_id or (question.get("product") or self.env["product.product"]).sudo(),
            "customer": (question.get("partner") or self.env["res.partner"]).sudo().commercial_partner_id,
            "order": question.get("order") or self.env["sale.order"],
            "company": company,
            "date": question.get("date") or today_of(company, fields.Datetime.now()),
        }

    @api.model
    def _answer_one(self, question, known):
        lot, product, company = question["lot"], question["product"], question["company"]
        if not product:
            return dict(NOTHING)
        if lot:
            moves = known["lots"].get((company.id, lot.id), [])
        else:
            moves = known["products"].get((company.id, product.id, question["customer"].id), [])
        # The day decides whose it was: a unit sold again since is not judged by its new owner's delivery.
        moves = [move for move in moves if move.day <= question["date"]] or moves
        standing = self._still_there(moves, unique=bool(lot) and product.tracking == "serial")
        standing = self._narrowed(standing, question)
        cases = standing or [None]
        returned = max((move.day for move in moves if move.back and not move.is_repair), default=None)
        answers = [self._judge(question, known, move, returned) for move in cases]
        if len({answer["state"] for answer in answers}) > 1:
            return {**NOTHING, "source": "several", "product_id": product.id, "lot_id": lot.id}
        return answers[-1]

    @api.model
    def _narrowed(self, standing, question):
        """Return the deliveries that may be meant: of the order, else of the customer, else all."""
        order, customer = question["order"], question["customer"]
        of_order = [move for move in standing if order and move.order_id == order.id]
        of_customer = [move for move in standing if customer.id in (move.customer_id, move.buyer_id)]
        return of_order or of_customer or standing

    @api.model
    def _judge(self, question, known, move, returned):
        """Return the answer for one delivery (or None: the stock knows none)."""
        lot, product, day = question["lot"], question["product"], question["date"]
        answer = {**NOTHING, "product_id": product.id, "lot_id": lot.id, **self._facts(move)}
        dated = self._date_of_lot(lot, returned)
        delivered = move and move.day
        if not delivered and not dated:
            return {**answer, "source": "no_delivery"}
        terms = known["terms"].get(question["company"], self.browse())
        own = lot.service_term_id.filtered(lambda term: term.company_id == question["company"])
        term = own or terms._pick(product, delivered or dated)
        if not term:
            return {**answer, "source": "no_term"}
        answer.update(term_id=term.id, updates=term.updates_free)
        replaced = known["replaced"].get(lot.id)
        if replaced and not (returned and returned > replaced.replaced_on):
            return self._covered(answer, day, replaced.replaced_on, "replacement", replaced._covers(term))
        started = known["started"].get((question["company"].id, lot.id), ())
        commissioned = min((one for one in started if not move or one >= move.day), default=None)
        event = commissioned if term.start_event == "commissioning" else None
        start = dated or term._started_on(delivered, event)
        source = "contract" if dated else "commissioning" if event and start == event else "delivery"
        return self._covered(answer, day, start, source, {cover: term._ends_on(start, cover) for cover in COVERS})

    @api.model
    def _facts(self, move):
        """Return what a delivery (or None) tells, as part of an answer."""
        if not move:
            return {}
        return {
            "delivered_on": move.day, "customer_id": move.customer_id or False, "buyer_id": move.buyer_id or False,
            "order_id": move.order_id or False, "picking_id": move.picking_id or False,
        }

    @api.model
    def _date_of_lot(self, lot, returned):
        """Return the start that stands on the serial number itself, unless it came back and was sold again since."""
        dated = lot.service_start_on
        return dated if dated and not (returned and returned > dated) else None

    @api.model
    def _covered(self, answer, day, start, source, ends):
        last = max((end for end in ends.values() if end), default=False)
        return {
            **answer,
            "state": "in" if last and day <= last else "out",
            "source": source,
            "start": start,
            "until": last,
            **{cover: bool(end and day <= end) for cover, end in ends.items()},
            **{f"{cover}_until": end for cover, end in ends.items()},
        }

    @api.model
    def _add_order_dates(self, answers):
        orders = self.env["sale.order"].sudo().browse({one["order_id"] for one in answers if one["order_id"]})
        days = {order.id: today_of(order.company_id, order.date_order) for order in orders if order.date_order}
        for answer in answers:
            answer["ordered_on"] = days.get(answer["order_id"], False)

    # ------------------------------------------------------------------
    # Part by part
    # ------------------------------------------------------------------

    @api.model
    def _decide_parts(self, vals_list):
        """Return one decision to each part that is to be used on a ticket (C13, D2); batch.

        :param vals_list: dicts of ``ticket``, ``product`` (the part), ``quantity`` (1) and ``amount`` (its value in the
            currency of the company, 0); without a ticket ``lot``, ``date`` and ``company`` instead
        :return: dicts of ``in_warranty``, ``until`` (date or False), ``source`` (a key of ``SOURCES``), ``free_spare``
            (small enough for the allowance of the term), ``allowance_kind`` none | count | amount and
            ``allowance_left`` (before this part, in pieces or in the currency of the company)
        """
        asked = [{"quantity": 1.0, "amount": 0.0, "ticket": self.env["service.ticket"], **vals} for vals in vals_list]
        tickets = self._together(asked, "ticket")
        for vals in asked:
            vals["lot"] = (vals.get("lot") or vals["ticket"].sudo().lot_id).sudo()
            company = vals["ticket"].sudo().company_id or vals.get("company") or self.env.company
            day = vals.get("date") or vals["ticket"]._warranty_day()
            vals["date"] = day or today_of(company, fields.Datetime.now())
        answers = self._answers_behind(asked)
        history = self.env["service.part.replacement"]._of_units(self._together(asked, "lot"), tickets)
        return [self._decide_part(vals, answer, history) for vals, answer in zip(asked, answers, strict=True)]

    @api.model
    def _answers_behind(self, asked):
        """Return the answers for the units the parts go into; an approved decision on the ticket goes before."""
        answers = self._answer(
            [
                {**vals["ticket"]._warranty_question(), "date": vals["date"]}
                if vals["ticket"]
                else {"lot": vals["lot"], "date": vals["date"], "company": vals.get("company")}
                for vals in asked
            ]
        )
        return [
            {**answer, **(vals["ticket"]._warranty_decision() or {})}
            for vals, answer in zip(asked, answers, strict=True)
        ]

    @api.model
    def _decide_part(self, vals, answer, history):
        term = self.sudo().browse(answer["term_id"])
        unit = history["lots"].get(vals["lot"].id) or history["tickets"].get(vals["ticket"].id) or []
        covered, until, source = answer["parts"], answer["parts_until"], answer["source"]
        earlier = [row for row in unit if row.product_id == vals["product"] and row.replaced_on <= vals["date"]]
        if not covered and earlier and earlier[-1]._covers(term)["parts"]:
            own = earlier[-1]._covers(term)["parts"]
            if vals["date"] <= own:
                covered, until, source = True, own, "replacement"
        left = self._allowance_left(term, answer, vals["date"], unit)
        wanted = vals["amount"] if term.spares_kind == "amount" else vals["quantity"]
        return {
            "in_warranty": covered,
            "until": until,
            "source": source,
            "allowance_kind": term.spares_kind or "none",
            "allowance_left": left,
            "free_spare": answer["state"] == "in" and 0 < wanted <= left,
        }

    @api.model
    def _allowance_left(self, term, answer, day, unit):
        """Return what is left of the free small spare parts on ``day``: pieces, or an amount."""
        if answer["state"] != "in" or not answer["start"] or term.spares_kind not in ("count", "amount"):
            return 0.0
        since = term._period_of(answer["start"], day)
        rows = [row for row in unit if row.is_free_spare and since <= row.replaced_on]
        if term.spares_kind == "count":
            return max(term.spares_count - sum(row.quantity for row in rows), 0.0)
        return max(term.spares_amount - sum(row.amount for row in rows), 0.0)
