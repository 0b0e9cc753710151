from odoo import fields, models
from odoo.exceptions import UserError


class ServicePartRequest(models.Model):
    """The issue: from the store, a station or the van onto an account, or straight to the customer (C13, C14)."""

    _inherit = "service.part.request"

    def action_issue(self, rows=None):
        """Issue parts of one approved requisition.

        :param rows: list of dicts ``line_id``, ``quantity`` (default: the line's), ``lot`` (serial number as text, or
            its id); what is not in it stays to be issued. Without rows the button asks.
        :return: True, or the dialog
        :raises AccessError: the user does not keep the parts store
        :raises UserError: listing everything that is missing, wrong or out of stock
        """
        self.ensure_one()
        self._check_keeper()
        if self.state != "approved":
            raise UserError(
                self.env._(
                    "%(name)s is “%(state)s”: only approved requisitions are issued.", name=self.display_name,
                    state=self._state_label(self.state),
                )
            )
        if rows is None:
            return self.env["service.part.handling"]._ask("issue", self.line_ids)
        request = self.env["service.part.moves"]._system(self.sudo().company_id).env[self._name].browse(self.id)
        request._do_issue(rows)
        return True

    def _do_issue(self, rows):
        """Issue; the caller has checked its user. ``self`` is the superuser's, in its company."""
        self.line_ids._lock()
        self.invalidate_recordset()
        missing = self._missing_postage()
        waiting = self.line_ids.filtered(lambda line: line.state == "requested")
        wanted, wrong = self.env["service.part.line"]._read_rows(rows, waiting)
        source = self._source_place()
        products = self.env["product.product"].union(*(row["line"].product_id for row in wanted))
        self.env["service.part.moves"]._lock_stock(products, source)
        wanted, short = self._find_stock(wanted, source)
        if missing or wrong or short:
            raise UserError(
                self.env._(
                    "%(name)s cannot be issued like this:\n%(missing)s", name=self.name,
                    missing="\n".join(f"• {item}" for item in [*missing, *wrong, *short]),
                )
            )
        lines = self._book_issue(wanted, source)
        self._promise_clearing()
        self._message_log(body=self.env._("Issued: %s", ", ".join(lines.mapped("display_name"))))
        self._follow_lines()
        return lines

    def _find_stock(self, wanted, source):
        """Return the rows with the places their parts lie at, and what is not there as texts."""
        Moves, errors, taken, found = self.env["service.part.moves"], [], {}, []
        products = self.env["product.product"].union(*(row["line"].product_id for row in wanted))
        stock = Moves._stock_at(products, source)
        shelf = self.source in ("van", "station")
        free = self._unassigned(products, source) if shelf else {}
        for row in wanted:
            product, lot, quantity = row["line"].product_id, row["lot"], row["quantity"]
            quants = stock.get(product, ())
            if shelf:
                quants = [quant for quant in quants if quant.location_id == source]
            picked = Moves._pick(product, quantity, lot, quants, taken)
            if picked and shelf:
                left = free.get((product, lot), 0)
                picked = picked if product.uom_id.compare(left, quantity) >= 0 else None
                free[product, lot] = left - quantity
            if picked is None:
                errors.append(
                    self.env._(
                        "%(part)s %(serial)s: not %(quantity)s of it free in %(place)s",
                        part=product.display_name, serial=lot.name or "", quantity=f"{quantity:g}",
                        place=source.display_name,
                    )
                )
            found += [
                {**row, "quantity": part, "place": quant.location_id, "package": quant.package_id}
                for quant, part in picked or ()
            ]
        return found, errors

    def _unassigned(self, products, place):
        """Return ``{(product, lot): quantity}`` on the shelf of a holder that stands on no ticket."""
        Line = self.env["service.part.line"]
        quants = self.env["stock.quant"]._read_group(
            [("location_id", "=", place.id), ("product_id", "in", products.ids)], ["product_id", "lot_id"],
            ["quantity:sum"],
        )
        bound = Line._read_group(
            [("location_id", "=", place.id), ("state", "=", "open"), ("ticket_id", "!=", False)],
            ["product_id", "lot_id"], ["quantity:sum"],
        )
        owed = {(product, lot): quantity for product, lot, quantity in bound}
        return {(product, lot): quantity - owed.get((product, lot), 0) for product, lot, quantity in quants}

    def _book_issue(self, wanted, source):
        """Move the parts and write their lines; return the lines."""
        Moves, now = self.env["service.part.moves"], fields.Datetime.now()
        holder = self._holder()
        target = holder._service_account()[0] if holder else self._customer_place()
        entries = []
        for row in wanted:
            line = row["line"]._split(row["quantity"])
            entries.append({**row, "line": line, "source": row["place"], "target": target})
        since = self._take_over(entries, source) if self.source in ("van", "station") else {}
        moving = [entry for entry in entries if entry["source"] != target]
        if moving:
            kind = "ship" if self.source == "ship" else "issue"
            company = self.company_id._service_places()
            Moves._move(
                self, kind, moving, company.service_use_type_id if kind == "ship" else company.service_issue_type_id,
                self.address_id or self.ticket_id.partner_id if kind == "ship" else self._holder_partner(),
            )
        for entry in entries:
            line = entry["line"]
            line.write(
                {"lot_id": entry["lot"].id, "issued_at": since.get(line, now), "location_id": target.id}
            )
            line.write({"unit_cost": line._stock_value(), "state": "open"})
            if self.source == "ship":
                line.write({"used_at": now, "old_part_state": line._expected_old_part(), "state": "used"})
        if not self.issued_at:
            self.write({"issued_at": now})
        return self.env["service.part.line"].union(*(entry["line"] for entry in entries))

    def _take_over(self, entries, source):
        """Take what stands on no ticket over from the lines it was issued with; return ``{line: issued since}``.

        Parts that a station got by replenishment have no line: they are taken first.
        """
        Line, since = self.env["service.part.line"], {}
        lines = Line.search(
            [
                ("location_id", "=", source.id), ("state", "=", "open"), ("ticket_id", "=", False),
                ("product_id", "in", [entry["line"].product_id.id for entry in entries]),
            ],
            order="issued_at, id",
        )
        lines._lock()
        held = Line._open_quantities(source)
        quants = self.env["stock.quant"]._read_group(
            [("location_id", "=", source.id)], ["product_id", "lot_id"], ["quantity:sum"]
        )
        loose = {
            (product, lot): quantity - held.get((source, product, lot), 0) for product, lot, quantity in quants
        }
        for entry in entries:
            line, key = entry["line"], (entry["line"].product_id, entry["lot"])
            free = min(entry["quantity"], max(loose.get(key, 0), 0))
            loose[key] = loose.get(key, 0) - free
            left = entry["quantity"] - free
            for given in lines.filtered(lambda one, key=key: (one.product_id, one.lot_id) == key):
                if line.uom_id.compare(left, 0) <= 0:
                    break
                if given.state != "open":
                    continue
                part = given._split(min(left, given.quantity))
                left -= part.quantity
                since[line] = min(since.get(line, part.issued_at), part.issued_at)
                part.write({"clearing": "transferred", "successor_id": line.id, "cleared_at": fields.Datetime.now(),
                            "cleared_by_id": self.env.uid})
                part.write({"state": "cleared"})
                part.request_id._follow_lines()
        return since

    def _holder_partner(self):
        """Return the partner of who holds the parts, for the paper of the transfer."""
        return self.engineer_id.work_contact_id if self.engineer_id else self.station_id.partner_id
