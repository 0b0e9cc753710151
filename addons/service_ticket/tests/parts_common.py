from odoo import fields
from odoo.tests import new_test_user

from .common import ServiceCase


class PartsCase(ServiceCase):
    """A store with parts, a keeper, a station, and the way of a part from the requisition to its clearing."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keeper = cls._service_user("keeper", "store")
        cls.finance = cls._service_user("finance", "finance")
        cls.foreign_keeper = cls._service_user("foreign_keeper", "store", cls.other_company)
        cls.stock_user = new_test_user(
            cls.env, "s_stock", "stock.group_stock_manager", company_id=cls.company.id,
            company_ids=[fields.Command.set(cls.company.ids)],
        )
        cls.places = cls.company._service_places()
        cls.store = cls.places.service_store_location_id
        cls.defective = cls.places.service_defective_location_id
        cls.board = cls._part("Control board", "serial", 100)
        cls.seal = cls._part("Sealing ring", "none", 2)
        cls.oil = cls._part("Oil", "none", 8, service_no_old_part=True)
        cls.serials = cls._stock(cls.board, ["B-1", "B-2", "B-3"])
        cls._stock(cls.seal, 20)
        cls._stock(cls.oil, 10)
        cls.service_station = cls.env["service.station"].create(
            {"name": "East", "partner_id": cls.station.id, "keeper_id": cls.keeper.id}
        )

    @classmethod
    def _part(cls, name, tracking, cost, **vals):
        return cls.env["product.product"].create(
            {"name": name, "is_storable": True, "tracking": tracking, "standard_price": cost, **vals}
        )

    @classmethod
    def _stock(cls, product, what, place=None):
        """Put serial numbers (a list of names) or a quantity of ``product`` into ``place``, by default the store."""
        Quant, place = cls.env["stock.quant"], place or cls.store
        if isinstance(what, list):
            lots = cls.env["stock.lot"].create([{"name": name, "product_id": product.id} for name in what])
            for lot in lots:
                Quant._update_available_quantity(product, place, 1, lot_id=lot)
            return lots
        Quant._update_available_quantity(product, place, what)
        return cls.env["stock.lot"]

    def _quantity(self, product, place, lot=None):
        domain = [("product_id", "=", product.id), ("location_id", "=", place.id)]
        if lot:
            domain.append(("lot_id", "=", lot.id))
        return sum(self.env["stock.quant"].search(domain).mapped("quantity"))

    def _van(self, employee=None):
        return (employee or self.employee_a)._service_account()[0]

    def _used(self, employee=None):
        return (employee or self.employee_a)._service_account()[1]

    def _working_visit(self, **vals):
        """Return a visit on site, of a ticket of its own."""
        ticket = self._to_analysis(self._make_ticket(**vals))
        self._analyse(ticket)
        return self._leave(self._plan_visit(ticket))

    def _request(self, *parts, user=None, **vals):
        """Return a drafted requisition of ``parts``: ``(product, quantity)``."""
        return self.env["service.part.request"].with_user(user or self.engineer_a).create(
            {
                "line_ids": [
                    fields.Command.create({"product_id": product.id, "quantity": quantity, "reason": "Worn"})
                    for product, quantity in parts
                ],
                **vals,
            }
        )

    def _approved(self, *parts, user=None, **vals):
        request = self._request(*parts, user=user, **vals)
        request.action_request_approval()
        request.with_user(self.leader).action_approve()
        self.assertEqual(request.state, "approved")
        return request

    def _rows(self, request, *lots):
        """Return the rows that issue everything that is left of ``request``, with ``lots`` for the serial numbers."""
        lots, rows = list(lots), []
        for line in request.line_ids.filtered(lambda line: line.state == "requested"):
            if line.product_id.tracking == "none":
                rows.append({"line_id": line.id, "quantity": line.quantity})
            for _unit in range(int(line.quantity) if line.product_id.tracking == "serial" else 0):
                if lots:
                    rows.append({"line_id": line.id, "quantity": 1, "lot": lots.pop(0).name})
        return rows

    def _issue(self, request, *lots):
        request.with_user(self.keeper).action_issue(self._rows(request.sudo(), *lots))
        return request.sudo().line_ids.filtered(lambda line: line.state in ("open", "used"))

    def _check(self):
        """C14: accounts and stock agree, nothing is below zero."""
        self.assertEqual(self.env["service.part.account"]._check_account(self.company), [])
