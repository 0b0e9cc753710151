from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .service_ticket_roles import LEADER


class ProductTemplate(models.Model):
    _inherit = "product.template"

    service_no_old_part = fields.Boolean(
        "No old part expected", help="As a spare part it is used up or added: nothing comes back from the machine."
    )


class StockScrap(models.Model):
    _inherit = "stock.scrap"

    service_line_id = fields.Many2one(
        "service.part.line", "Part line", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    service_purpose = fields.Char(readonly=True, copy=False, export_string_translation=False)

    def _prepare_move_values(self):
        vals = super()._prepare_move_values()
        if self.env.su and self.service_line_id:
            vals |= {
                "service_line_id": self.service_line_id.id, "service_purpose": self.service_purpose,
                "reference_ids": [fields.Command.set(self.service_line_id.request_id._own_reference().ids)],
            }
        return vals


class ServicePartLine(models.Model):
    """The old parts: received with their serial numbers, waived, scrapped, sent back or kept for a claim (C13, C14)."""

    _inherit = "service.part.line"

    def action_receive_old(self, rows=None):
        """Receive old parts into the defective place; what is complete thereby is cleared at once (C13, C14).

        :param rows: list of dicts ``line_id``, ``quantity`` (default: all), ``old_serial`` (default: what the engineer
            wrote; needed where the part has serial numbers), ``product_id`` (when the old part is another product)
        :return: True, or the dialog
        :raises AccessError: the user does not keep the parts store
        :raises UserError: listing everything that is wrong
        """
        self._check_keeper()
        if rows is None:
            return self.env["service.part.handling"]._ask("old_part", self)
        lines = self._as_system()
        allowed = lines.filtered(
            lambda line: line.clearing in (False, "used") and line.used_at
            and line.old_part_state in ("expected", "waived")
        )
        wanted, errors = lines._read_rows(rows, allowed)
        for row in wanted:
            row["old_lot"], error = row["line"]._read_old_serial(row)
            errors += error
        errors += self._repeated_serials([row["old_lot"] for row in wanted])
        self._refuse(self.env._("These old parts cannot be received like this:"), errors)
        received = lines.browse()
        for request, mine in self._by_request(wanted).items():
            received |= self._book_old_parts(request, mine)
        received._try_clear()
        return True

    def _book_old_parts(self, request, rows):
        """Move the old parts of one requisition into the defective place; return their lines."""
        company = request.company_id._service_places()
        entries = []
        for row in rows:
            line, product, name = row["line"]._split(row["quantity"]), *row["old_lot"]
            entries.append(
                {
                    "line": line, "quantity": line.quantity, "product": product,
                    "lot": line._find_old_lot(product, name), "source": line._customer()[1],
                    "target": company.service_defective_location_id,
                }
            )
        partner = entries[0]["line"]._customer()[0]
        request.env["service.part.moves"]._move(
            request, "old_part", entries, company.service_old_part_type_id, partner
        )
        for entry in entries:
            entry["line"].write(
                {
                    "old_part_state": "received", "old_part_received_at": fields.Datetime.now(),
                    "returned_lot_id": entry["lot"].id, "returned_product_id": entry["product"].id,
                }
            )
        request._message_log(
            body=self.env._("Old parts received: %s", ", ".join(entry["line"].display_name for entry in entries))
        )
        return request.env["service.part.line"].union(*(entry["line"] for entry in entries))

    def _read_old_serial(self, row):
        """Return ``((product, serial), errors)`` of the old part in ``row``."""
        product = self.product_id
        if row.get("product_id"):
            product = self.env["product.product"].browse(row["product_id"]).exists() or product
        name = " ".join(str(row.get("old_serial") or self.returned_serial or "").split())[:64]
        if product.tracking == "none":
            return (product, ""), []
        if not name:
            return (product, ""), [self.env._("%s: the serial number of the old part", product.display_name)]
        if product.tracking == "serial" and row["quantity"] != 1:
            return (product, name), [self.env._("%s: one unit for each serial number", product.display_name)]
        lot = self._find_old_lot(product, name, create=False)
        if lot and product.tracking == "serial":
            if lot == self.lot_id:
                return (product, name), [
                    self.env._("%s is the serial number of the new part, not of the old one", name)
                ]
            here = self.env["stock.quant"].search(
                [("lot_id", "=", lot.id), ("quantity", ">", 0), ("location_id.usage", "in", ("internal", "transit"))],
                limit=1,
            )
            if here:
                return (product, name), [
                    self.env._("%(serial)s cannot come from the customer: it is in %(place)s", serial=name,
                               place=here.location_id.display_name)
                ]
        return (product, name), []

    def _repeated_serials(self, old_lots):
        serials = [(product, name) for product, name in old_lots if name and product.tracking == "serial"]
        return [
            self.env._("%s is entered twice", name) for product, name in dict.fromkeys(serials)
            if serials.count((product, name)) > 1
        ]

    def _find_old_lot(self, product, name, create=True):
        """Return the lot of an old part; one that Odoo never saw is made."""
        Lot = self.env["stock.lot"].sudo()
        if not name:
            return Lot
        domain = [
            ("product_id", "=", product.id), ("name", "=", name), ("company_id", "in", [False, self.company_id.id])
        ]
        lot = Lot.search(domain, limit=1)
        if not lot and create:
            company = product.company_id and self.company_id
            lot = Lot.create({"product_id": product.id, "name": name, "company_id": company.id if company else False})
        return lot

    def action_waive_old_part(self, reason=None):
        """Accept that there is no old part, with the reason; the leader's word (C13).

        :param reason: text; without it the button asks for it
        :raises AccessError: the user is no service manager, or has the parts on the own account
        :raises UserError: no old part is expected
        """
        self._check_role(LEADER)
        self.check_access("read")
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_waive_old_part")
        lines = self._as_system()
        for line in lines:
            if self.env.user in line.engineer_id.user_id:
                raise AccessError(self.env._("%s: somebody else decides about your own parts.", line.display_name))
            if line.state != "used" or line.old_part_state != "expected":
                raise UserError(self.env._("%s: no old part is expected.", line.display_name))
        lines.write({"old_part_state": "waived", "old_part_reason": reason})
        for request in lines.request_id:
            request._message_log(body=self.env._("No old part: %s", reason))
        lines._try_clear()
        return True

    # ------------------------------------------------------------------
    # For write-offs, claims and the monthly reconciliation; superuser
    # ------------------------------------------------------------------

    def _scrap(self, purpose, place, product, lot, quantity, origin):
        """Scrap ``quantity`` of a part of this line out of ``place`` with Odoo's own scrap order; return it."""
        scrap = self.env["stock.scrap"].create(
            {
                "product_id": product.id, "scrap_qty": quantity, "product_uom_id": product.uom_id.id,
                "lot_id": lot.id, "location_id": place.id, "company_id": self.company_id.id, "origin": origin,
                "service_line_id": self.id, "service_purpose": purpose,
            }
        )
        scrap.do_scrap()
        if scrap.move_ids.state != "done":
            raise UserError(self.env._("%s could not be scrapped. Reload and try again.", self.display_name))
        return scrap

    def _send_back_old_parts(self, partner):
        """Send the old parts of these lines back to ``partner``, out of the defective place; return the transfers.

        Called by claims and by the monthly reconciliation, which have checked their user.

        :raises UserError: an old part is not in the store
        """
        lines = self._as_system()
        missing = lines.filtered(lambda line: line.old_part_state not in ("received", "claimed"))
        if missing:
            raise UserError(self.env._("%s: its old part is not in the store.", missing[0].display_name))
        pickings = lines.env["stock.picking"]
        supplier = partner.with_company(lines.company_id).property_stock_supplier
        for request in lines.request_id:
            mine = lines.filtered(lambda line, request=request: line.request_id == request)
            company = request.company_id._service_places()
            entries = [
                {"line": line, "quantity": line.quantity, "product": line.returned_product_id,
                 "lot": line.returned_lot_id, "source": company.service_defective_location_id, "target": supplier}
                for line in mine
            ]
            pickings |= lines.env["service.part.moves"]._move(
                request, "send_back", entries, company.service_use_type_id, partner
            )
        lines.write({"old_part_state": "sent_back"})
        return pickings

    def _claim_old_parts(self):
        """Keep the old parts of these lines for a claim: the monthly reconciliation leaves them alone."""
        self.sudo().filtered(lambda line: line.old_part_state == "received").write({"old_part_state": "claimed"})

    def _release_old_parts(self):
        """Give up a claim: the old parts that are still here go the monthly way."""
        self.sudo().filtered(lambda line: line.old_part_state == "claimed").write({"old_part_state": "received"})
