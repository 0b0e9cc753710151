from datetime import datetime

from odoo import fields

from .common import ServiceCase


class WarrantyCase(ServiceCase):
    """Deliveries and returns of serial numbers on days of one's choice, and plain terms."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.warehouse = cls.env["stock.warehouse"].search([("company_id", "=", cls.company.id)], limit=1)
        cls.outside = cls.env.ref("stock.stock_location_customers")
        cls.terms = cls.env["service.warranty.term"]
        cls.terms.search([]).active = False
        cls.product.write({"is_storable": True, "tracking": "serial"})
        cls.term = cls._term(name="Twelve months")

    @classmethod
    def _term(cls, **vals):
        return cls.env["service.warranty.term"].create({"name": "Term", "company_id": cls.company.id, **vals})

    @classmethod
    def _lot(cls, name, product=None):
        return cls.env["stock.lot"].create({"name": name, "product_id": (product or cls.product).id})

    @classmethod
    def _move(cls, lot, day, partner=None, *, back=False, product=None, quantity=1, **picking):
        """Deliver to a customer on a day (noon), or take back; return the transfer."""
        product = product or lot.product_id
        partner = partner or cls.customer
        stock = cls.warehouse.lot_stock_id
        source, target = (cls.outside, stock) if back else (stock, cls.outside)
        places = {"location_id": source.id, "location_dest_id": target.id}
        line = {"product_id": product.id, "lot_id": lot.id if lot else False, "quantity": quantity, **places}
        transfer = cls.env["stock.picking"].create(
            {
                "picking_type_id": (cls.warehouse.in_type_id if back else cls.warehouse.out_type_id).id,
                "partner_id": partner.id,
                **places,
                "move_ids": [
                    fields.Command.create(
                        {
                            "product_id": product.id, "product_uom_qty": quantity, **places, "picked": True,
                            "move_line_ids": [fields.Command.create(line)],
                        }
                    )
                ],
                **picking,
            }
        )
        transfer.action_confirm()
        transfer.button_validate()
        assert transfer.state == "done"
        moment = datetime.combine(fields.Date.to_date(day), datetime.min.time()).replace(hour=12)
        cls._happened(transfer, moment)
        return transfer

    @classmethod
    def _happened(cls, transfer, moment):
        """Let ``transfer`` have happened at ``moment``: Odoo writes the present time itself."""
        cls.env.flush_all()
        moves = tuple(transfer.move_ids.ids)
        cls.cr.execute("UPDATE stock_move_line SET date = %s WHERE move_id IN %s", (moment, moves))
        cls.env["stock.move.line"].invalidate_model()

    def _ask(self, lot=None, day=None, **question):
        [answer] = self.terms._answer(
            [{"lot": lot, "date": fields.Date.to_date(day), "company": self.company, **question}]
        )
        return answer

    def _check(self, answer, state, until=False, source=None):
        self.assertEqual((answer["state"], str(answer["until"] or "")), (state, until or ""), answer)
        if source:
            self.assertEqual(answer["source"], source)
