from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date

from odoo import api, models
from odoo.addons.quality_incident.tools.days import today_of
from odoo.tools import SQL


@dataclass(frozen=True)
class Move:
    """One done movement of a lot, or of a product without one, to or from a customer."""

    line_id: int
    lot_id: int
    product_id: int
    day: date
    quantity: float
    back: bool
    customer_id: int  # commercial partner of where it went or came from
    buyer_id: int  # commercial partner of the order
    picking_id: int
    move_id: int
    returned_move_id: int
    order_id: int
    is_repair: bool  # to the workshop and home again: it stays the customer's


class StockMoveLine(models.Model):
    _inherit = "stock.move.line"

    #: Odoo has no index to find where a serial number went
    _service_lot_idx = models.Index("(lot_id) WHERE lot_id IS NOT NULL AND state = 'done'")


class ServiceWarrantyTerm(models.Model):
    """What the stock knows: who has received what, and has it still."""

    _inherit = "service.warranty.term"

    @api.model
    def _moves_of_lots(self, lots):
        """Return ``{(company id, lot id): moves}`` to and from customers, oldest first; one query."""
        found = self._moves(SQL("line.lot_id IN %s", tuple(lots.ids))) if lots else []
        moves = defaultdict(list)
        for company_id, move in found:
            moves[company_id, move.lot_id].append(move)
        return moves

    @api.model
    def _moves_of_products(self, pairs):
        """Return ``{(company id, product id, customer id): moves}`` whatever the lot, oldest first; one query.

        :param pairs: set of ``(product id, id of the commercial partner)``
        """
        moves = defaultdict(list)
        if pairs:
            wanted = SQL(
                "line.product_id IN %s AND party.commercial_partner_id IN %s",
                tuple({product for product, _customer in pairs}), tuple({customer for _product, customer in pairs}),
            )
            for company_id, move in self._moves(wanted):
                moves[company_id, move.product_id, move.customer_id].append(move)
        return moves

    @api.model
    def _moves(self, wanted):
        """Return ``[(company id, Move)]`` of the done movements that fit the SQL condition ``wanted``."""
        for model in ("stock.move.line", "stock.move", "stock.picking", "repair.order", "sale.order", "stock.location"):
            self.env[model].flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT line.company_id, line.id, line.lot_id, line.product_id, line.date, line.quantity_product_uom,
                       source.usage = 'customer', party.commercial_partner_id, buyer.commercial_partner_id,
                       picking.id, line.move_id, move.origin_returned_move_id, item.order_id,
                       picking.service_repair_id IS NOT NULL
                           OR EXISTS (SELECT 1 FROM repair_order repair WHERE repair.picking_id = picking.id)
                  FROM stock_move_line line
                  JOIN stock_move move ON move.id = line.move_id
                  JOIN stock_location source ON source.id = line.location_id
                  JOIN stock_location target ON target.id = line.location_dest_id
             LEFT JOIN stock_picking picking ON picking.id = COALESCE(line.picking_id, move.picking_id)
             LEFT JOIN sale_order_line item ON item.id = move.sale_line_id
             LEFT JOIN sale_order sold ON sold.id = item.order_id
             LEFT JOIN res_partner party
                    ON party.id = COALESCE(picking.partner_id, move.partner_id, sold.partner_shipping_id)
             LEFT JOIN res_partner buyer ON buyer.id = sold.partner_id
                 WHERE line.state = 'done' AND (source.usage = 'customer') != (target.usage = 'customer')
                   AND line.quantity_product_uom > 0 AND %s
              ORDER BY line.date, line.id
                """,
                wanted,
            )
        )
        companies = self.env["res.company"].sudo().browse({row[0] for row in rows}).grouped("id")
        return [
            (company_id, Move(line, lot, product, today_of(companies[company_id], moment), *rest))
            for company_id, line, lot, product, moment, *rest in rows
        ]

    @api.model
    def _still_there(self, moves, *, unique):
        """Return the deliveries of ``moves`` that are still with the customer, newest last, with what is left of each.

        :param moves: movements, oldest first
        :param unique: True for a serial number: it can be at one place only, so a later delivery ends the one before
        """
        standing, in_repair = [], defaultdict(float)
        for move in moves:
            if move.back and move.is_repair:
                in_repair[move.customer_id] += move.quantity
            elif move.back:
                standing = self._take_back(standing, move, unique=unique)
            elif self._comes_home(move, in_repair):
                in_repair[move.customer_id] -= move.quantity
            else:
                standing = [move] if unique else [*standing, move]
        return standing

    @api.model
    def _comes_home(self, move, in_repair):
        """Return whether an outgoing ``move`` brings a repaired product back to whom it belongs."""
        waits = in_repair[move.customer_id] >= move.quantity
        return move.is_repair or (waits and not move.order_id)

    @api.model
    def _take_back(self, standing, back, *, unique):
        """Return ``standing`` without what ``back`` returned: of that very delivery, or of the customer's newest."""
        if unique:
            return []
        left, rest = back.quantity, []
        exact = [move for move in standing if move.move_id == back.returned_move_id]
        own = [move for move in reversed(standing) if move.customer_id == back.customer_id and move not in exact]
        taken = {}
        for move in exact + own:
            taken[move] = min(left, move.quantity)
            left -= taken[move]
        for move in standing:
            quantity = move.quantity - taken.get(move, 0)
            if quantity > 1e-6:
                rest.append(replace(move, quantity=quantity))
        return rest
