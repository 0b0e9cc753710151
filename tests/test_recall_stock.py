"""F11: the recall list out of real deliveries, in a company that runs Odoo's stock beside the addon."""

import pytest


@pytest.fixture
def stocked(fresh_odoo_server):
    """A server with the stock application, a tracked product and a way to move it."""
    server = fresh_odoo_server
    (module,) = server.call("admin", "ir.module.module", "search", [("name", "=", "stock")])
    server.call("admin", "ir.module.module", "button_immediate_install", [module])
    return Stock(server)


class Stock:
    """Moves a tracked product between the warehouse and customers, as the storekeeper does."""

    def __init__(self, server):
        self.server = server
        self.product = self.create("product.product", name="Flow meter", is_storable=True, tracking="lot")
        self.lots = {name: self.create("stock.lot", name=name, product_id=self.product) for name in ("L1", "L2")}
        self.customers = {name: self.create("res.partner", name=name) for name in ("Waterworks A", "Waterworks B")}
        places = ["lot_stock_id", "out_type_id", "in_type_id"]
        (warehouse,) = self.call("stock.warehouse", "search_read", [], places, limit=1)
        self.stock, self.out, self.back = (warehouse[name][0] for name in places)
        (self.outside,) = self.call("stock.location", "search", [("usage", "=", "customer")], limit=1)

    def call(self, model, method, *args, **kwargs):
        """Call as the administrator."""
        return self.server.call("admin", model, method, *args, **kwargs)

    def create(self, model, **vals):
        """Create one record and return its id."""
        return self.call(model, "create", vals)

    def move(self, customer, lot, quantity, *, back=False):
        """Deliver to a customer, or take back."""
        source, target = (self.outside, self.stock) if back else (self.stock, self.outside)
        picking = self.create(
            "stock.picking", picking_type_id=self.back if back else self.out, partner_id=self.customers[customer],
            location_id=source, location_dest_id=target,
            move_ids=[(0, 0, {
                "product_id": self.product, "product_uom_qty": quantity,
                "location_id": source, "location_dest_id": target,
                "move_line_ids": [(0, 0, {
                    "product_id": self.product, "lot_id": self.lots[lot], "quantity": quantity,
                    "location_id": source, "location_dest_id": target,
                })],
                "picked": True,
            })],
        )
        self.call("stock.picking", "action_confirm", [picking])
        self.call("stock.picking", "button_validate", [picking])
        (done,) = self.call("stock.picking", "read", [picking], ["state"])
        assert done["state"] == "done"

    def recall(self, **vals):
        """Report an incident on the product, build its list, return (customer, lot, quantity) of it."""
        incident = self.server.call("reporter", "quality.incident", "create", {
            "title": "Meters leak", "location": "Everywhere", "description": "The gasket fails",
        })
        self.server.call("reporter", "quality.incident", "action_report", [incident])
        self.server.call("inspector", "quality.incident", "write", [incident], {"product_id": self.product, **vals})
        for _twice in range(2):
            self.server.call("inspector", "quality.incident", "action_build_recall_list", [incident])
        lines = self.server.call(
            "inspector", "quality.recall.line", "search_read", [("incident_id", "=", incident)],
            ["partner_id", "lot_name", "quantity"],
        )
        return sorted((line["partner_id"][1], line["lot_name"], line["quantity"]) for line in lines)


def test_customers_of_a_lot(stocked):
    """F11: who received the product, or one lot of it, less what they gave back."""
    stocked.move("Waterworks A", "L1", 5)
    stocked.move("Waterworks B", "L1", 2)
    stocked.move("Waterworks B", "L2", 3)
    stocked.move("Waterworks B", "L1", 2, back=True)
    stocked.move("Waterworks A", "L1", 1, back=True)
    assert stocked.recall() == [("Waterworks A", "L1", 4), ("Waterworks B", "L2", 3)]
    assert stocked.recall(lot_name="L1") == [("Waterworks A", "L1", 4)]
