from odoo import fields, models
from odoo.exceptions import UserError


class ServicePartLine(models.Model):
    """The ways off an account: used with signed report and old part, or returned unused (C13)."""

    _inherit = "service.part.line"

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
        self._refuse(self.env._("These parts cannot be used like this:"), errors)
        used = lines.browse()
        for request, mine in self._by_request(wanted).items():
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
        self._refuse(self.env._("These parts cannot be taken back like this:"), errors)
        for request, mine in self._by_request(wanted).items():
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
