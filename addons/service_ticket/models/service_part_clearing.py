from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .service_ticket_roles import LEADER, STORE


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
    """The ways off an account: used with signed report and old part, returned unused, written off (C13, C14)."""

    _inherit = "service.part.line"

    # ------------------------------------------------------------------
    # Rows that a dialog, a phone or RPC sends
    # ------------------------------------------------------------------

    def _read_rows(self, rows, allowed):
        """Return ``(rows, errors)``: rows as dicts ``line``, ``quantity``, ``lot`` and the rest of what was sent.

        :param allowed: the lines that may be handled
        :raises UserError: this is no list of rows
        """
        if not isinstance(rows, (list, tuple)) or not rows or not all(isinstance(row, dict) for row in rows):
            raise UserError(self.env._("Choose at least one part."))
        by_id, found, errors, sums = {line.id: line for line in allowed}, [], [], {}
        for row in rows:
            line = by_id.get(row.get("line_id"))
            if line is None:
                errors.append(self.env._("One of the parts is not to be handled here any more. Reload."))
                continue
            quantity = row.get("quantity", line.quantity)
            if isinstance(quantity, bool) or not isinstance(quantity, (int, float)):
                errors.append(self.env._("%s: how many?", line.display_name))
                continue
            if line.uom_id.compare(quantity, 0) <= 0 or line.uom_id.round(quantity) != quantity:
                errors.append(self.env._("%(part)s: not %(many)s", part=line.display_name, many=f"{quantity:g}"))
                continue
            sums[line] = sums.get(line, 0) + quantity
            lot, error = line._read_lot(row.get("lot"), quantity)
            errors += error
            found.append({**row, "line": line, "quantity": quantity, "lot": lot})
        for line, quantity in sums.items():
            if line.uom_id.compare(quantity, line.quantity) > 0:
                errors.append(
                    self.env._(
                        "%(part)s: %(many)s are more than the %(all)s of the line", part=line.display_name,
                        many=f"{quantity:g}", all=f"{line.quantity:g}",
                    )
                )
        return found, errors

    def _read_lot(self, given, quantity):
        """Return ``(lot, errors)``: the serial number to issue on this line."""
        lots = self.env["stock.lot"]
        if self.tracking == "none":
            return lots, []
        if self.lot_id:  # issued already: it stays what it is
            lot = self.lot_id
        elif not given:
            return lots, [self.env._("%s: the serial number of each unit", self.product_id.display_name)]
        else:
            key = ("id", "=", given) if isinstance(given, int) else ("name", "=", str(given).strip())
            lot = lots.sudo().search(
                [
                    key, ("product_id", "=", self.product_id.id),
                    ("company_id", "in", [False, self.company_id.id]),
                ],
                limit=1,
            )
            if not lot:
                return lots, [
                    self.env._("%(part)s: there is no serial number %(serial)s", part=self.product_id.display_name,
                               serial=given)
                ]
        if self.tracking == "serial" and quantity != 1:
            return lot, [self.env._("%(part)s: one unit for each serial number", part=self.product_id.display_name)]
        return lot, []

    @staticmethod
    def _refuse(env, what, errors):
        if errors:
            raise UserError(f"{what}\n" + "\n".join(f"• {error}" for error in dict.fromkeys(errors)))

    def _as_system(self):
        """Return these lines as the superuser in their company; they are locked and freshly read.

        :raises UserError: they belong to several companies, or to none
        """
        companies = self.sudo().company_id
        if len(companies) != 1:
            raise UserError(self.env._("Choose parts of one company."))
        env = self.env["service.part.moves"]._system(companies).env
        lines = self.with_env(env)
        lines._lock()
        lines.invalidate_recordset()
        return lines

    def _check_keeper(self):
        self._check_role(STORE)
        self.check_access("read")

    def _places(self):
        """Return ``(unused, used)`` of who holds this line."""
        return self.request_id._holder()._service_account()

    def _expected_old_part(self):
        return "waived" if self.sudo().product_id.service_no_old_part else "expected"

    # ------------------------------------------------------------------
    # Used
    # ------------------------------------------------------------------

    def _use(self, visit, rows):
        """Book parts as used at ``visit`` (superuser); see ``service.visit.action_use_parts``."""
        lines = self._as_system()
        known = set(lines.search([("visit_id", "=", visit.id), ("use_key", "!=", False)]).mapped("use_key"))
        rows = [row for row in rows if not row.get("key") or str(row["key"])[:64] not in known]
        if not rows:
            return lines.browse()
        wanted, errors = lines._read_rows(rows, lines.filtered(lambda line: line.state == "open"))
        self._refuse(self.env, self.env._("These parts cannot be used like this:"), errors)
        used = lines.browse()
        for request, mine in _by_request(wanted).items():
            entries = []
            for row in mine:
                line = row["line"]._split(row["quantity"])
                holder, target = line._places()
                entries.append({"line": line, "quantity": row["quantity"], "lot": line.lot_id, "source": holder,
                                "target": target, "row": row})
            lines.env["service.part.moves"]._move(request, "use", entries)
            for entry in entries:
                line, row = entry["line"], entry["row"]
                line.write(
                    {
                        "visit_id": visit.id, "used_at": fields.Datetime.now(), "location_id": entry["target"].id,
                        "returned_serial": " ".join(str(row.get("old_serial") or "").split())[:64] or False,
                        "use_key": str(row["key"])[:64] if row.get("key") else False,
                        "old_part_state": line._expected_old_part(),
                    }
                )
                line.write({"state": "used"})
                used |= line
        # van stock was approved as such; whether it is free for this customer is decided with its use
        used.filtered(lambda line: not line.request_id.ticket_id)._decide_warranty()
        visit._refresh_approvals()
        return used

    def action_undo_use(self):
        """Say that parts were not used after all, before the report is approved: they are back in the van.

        :raises AccessError: the user is not on the visit
        :raises UserError: a part is not used, or its report is approved
        """
        self.check_access("read")
        self.sudo().visit_id.with_env(self.env)._check_own()
        lines = self._as_system()
        for line in lines:
            if line.state != "used" or not line.visit_id or line.visit_id.state == "approved":
                raise UserError(self.env._("%s: only what is not approved yet can be undone.", line.display_name))
            if line.old_part_state not in ("expected", "waived") or line.old_part_reason:
                raise UserError(self.env._("%s: its old part was handed in already.", line.display_name))
            holder, used = line._places()
            visit = line.visit_id
            entry = {"line": line, "quantity": line.quantity, "lot": line.lot_id, "source": used, "target": holder}
            line.env["service.part.moves"]._move(line.request_id, "undo", [entry])
            line.write({"state": "open"})
            line.write(
                {
                    "visit_id": False, "used_at": False, "location_id": holder.id, "returned_serial": False,
                    "use_key": False, "old_part_state": "none",
                }
            )
            visit._refresh_approvals()
        return True

    def _try_clear(self):
        """Clear those of these used lines for which nothing is missing: their units are the customer's now (C13)."""
        lines = self.sudo().filtered(lambda line: line.state == "used")
        ready = lines.filtered(lambda line: not line._missing_used())
        if not ready:
            return
        ready = ready._as_system()
        for request in ready.request_id:
            mine = ready.filtered(lambda line, request=request: line.request_id == request)
            company = request.company_id._service_places()
            entries = [
                {"line": line, "quantity": line.quantity, "lot": line.lot_id, "source": line.location_id,
                 "target": line._customer()[1]}
                for line in mine
                if line.source != "ship"
            ]
            for partner in {line._customer()[0] for line in mine}:
                group = [entry for entry in entries if entry["line"]._customer()[0] == partner]
                if group:
                    line_env = mine.env["service.part.moves"]
                    line_env._move(request, "deliver", group, company.service_use_type_id, partner)
            for line in mine:
                line._close("used", line._customer()[1])
            request._follow_lines()

    def _customer(self):
        """Return ``(partner, location)`` of the customer of this line."""
        ticket = self.ticket_id
        partner = ticket.partner_id.with_company(self.company_id)
        return partner, partner.property_stock_customer or self.env.ref("stock.stock_location_customers")

    def _close(self, clearing, place):
        for line in self:
            line.write(
                {
                    "clearing": clearing, "location_id": place.id, "cleared_at": fields.Datetime.now(),
                    "cleared_by_id": self.env.uid,
                }
            )
            line.write({"state": "cleared"})

    # ------------------------------------------------------------------
    # Returned unused
    # ------------------------------------------------------------------

    def action_take_back(self, rows=None):
        """Take unused parts back, into the store or to the station they came from (C13).

        :param rows: list of dicts ``line_id``, ``quantity`` (default: all); without it the button asks
        :return: True, or the dialog
        :raises AccessError: the user does not keep the parts store
        :raises UserError: listing everything that is wrong
        """
        self._check_keeper()
        if rows is None:
            return self.env["service.part.handling"]._ask("return", self)
        lines = self._as_system()
        allowed = lines.filtered(
            lambda line: line.state == "open"
            or (line.state == "used" and line.source == "ship" and line.old_part_state != "received")
        )
        wanted, errors = lines._read_rows(rows, allowed)
        self._refuse(self.env, self.env._("These parts cannot be taken back like this:"), errors)
        for request, mine in _by_request(wanted).items():
            company = request.company_id._service_places()
            entries = []
            for row in mine:
                line = row["line"]._split(row["quantity"])
                from_station = request.source == "station" and request.engineer_id
                target = request.station_id.location_id if from_station else company.service_store_location_id
                entries.append({"line": line, "quantity": line.quantity, "lot": line.lot_id,
                                "source": line.location_id, "target": target})
            moving = [entry for entry in entries if entry["source"] != entry["target"]]
            if moving:
                lines.env["service.part.moves"]._move(
                    request, "return", moving, company.service_return_type_id, request._holder_partner()
                )
            for entry in entries:
                entry["line"]._close("returned", entry["target"])
            request._message_log(
                body=self.env._("Taken back: %s", ", ".join(entry["line"].display_name for entry in entries))
            )
            request._follow_lines()
        return True

    # ------------------------------------------------------------------
    # Old parts
    # ------------------------------------------------------------------

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
        self._refuse(self.env, self.env._("These old parts cannot be received like this:"), errors)
        received = lines.browse()
        for request, mine in _by_request(wanted).items():
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
        domain = [("product_id", "=", product.id), ("name", "=", name), ("company_id", "in", [False, self.company_id.id])]
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


def _by_request(rows):
    """Return ``{request: rows}``."""
    groups = {}
    for row in rows:
        groups.setdefault(row["line"].request_id, []).append(row)
    return groups
