from odoo import fields, models

from .service_ticket_roles import AGENT, FINANCE, LEADER, STORE

#: who writes claims, sends them and records what the supplier answers
CLAIMERS = f"{STORE},{AGENT}"
#: who has the credit note drafted in accounting
CREDITORS = f"{LEADER},{FINANCE}"
GATE = "supplier_claim"
KIND = "claim"


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=[(GATE, "Supplier claim")], ondelete={GATE: "cascade"})


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(selection_add=[(KIND, "Answer of a supplier"), ("other",)], ondelete={KIND: "cascade"})


class ResCompany(models.Model):
    _inherit = "res.company"

    _quality_sequences = ("service.supplier.claim",)

    service_claim_days = fields.Integer(
        "Suppliers answer within", default=30, help="Days from sending a claim to the answer of the supplier."
    )
    service_claim_out_type_id = fields.Many2one("stock.picking.type", "Old parts to suppliers", readonly=True)
    service_claim_in_type_id = fields.Many2one("stock.picking.type", "Parts from claims", readonly=True)

    _service_claim_days_positive = models.Constraint(
        "CHECK (service_claim_days > 0)", "A supplier has at least one day to answer."
    )

    def _service_make_types(self, warehouse):
        """Make the kinds of transfers, those between the defective place, the store and suppliers too (C15)."""
        result = super()._service_make_types(warehouse)
        suppliers = self.env.ref("stock.stock_location_suppliers")
        shared = {
            "company_id": self.id, "warehouse_id": warehouse.id, "use_existing_lots": True, "sequence": 65,
            "reservation_method": "manual",
        }
        Type = self.env["stock.picking.type"].sudo()
        if not self.service_claim_out_type_id:
            self.service_claim_out_type_id = Type.create(
                {
                    **shared, "name": self.env._("Claims: old parts to suppliers"), "code": "outgoing",
                    "sequence_code": "SCO", "use_create_lots": False, "create_backorder": "never",
                    "default_location_src_id": self.service_defective_location_id.id,
                    "default_location_dest_id": suppliers.id,
                }
            )
        if not self.service_claim_in_type_id:
            self.service_claim_in_type_id = Type.create(
                {
                    **shared, "name": self.env._("Claims: parts from suppliers"), "code": "incoming",
                    "sequence_code": "SCI", "use_create_lots": True, "create_backorder": "never",
                    "default_location_src_id": suppliers.id,
                    "default_location_dest_id": self.service_store_location_id.id,
                }
            )
        return result

    def _service_claim_places(self):
        """Return this company as the superuser with all the places and kinds of transfers that claims need.

        :raises UserError: the company has no warehouse
        """
        company = self._service_places()
        if not company.service_claim_in_type_id:
            company._service_parts_setup()
        return company


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    service_claim_days = fields.Integer(related="company_id.service_claim_days", readonly=False)


class ResPartner(models.Model):
    _inherit = "res.partner"

    service_warranty_months = fields.Integer(
        "Warranty as a supplier", help="Months from the receipt of the goods, where the vendor price says no other. "
        "0: none was agreed.",
    )

    _service_warranty_positive = models.Constraint(
        "CHECK (service_warranty_months >= 0)", "Months of warranty cannot be negative."
    )


class ProductSupplierinfo(models.Model):
    _inherit = "product.supplierinfo"

    service_warranty_months = fields.Integer(
        "Warranty (months)", help="What the supplier warrants, from the receipt of the goods. 0: as for the supplier.",
    )

    _service_warranty_positive = models.Constraint(
        "CHECK (service_warranty_months >= 0)", "Months of warranty cannot be negative."
    )
