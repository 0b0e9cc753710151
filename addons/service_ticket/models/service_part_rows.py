from odoo import api, models
from odoo.exceptions import UserError

from .service_ticket_roles import STORE


class ServicePartLine(models.Model):
    """What a dialog, a phone or RPC sends about parts, read with suspicion; and the lock everybody takes first."""

    _inherit = "service.part.line"

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

    @api.model
    def _refuse(self, what, errors):
        """Raise one error with everything in ``errors``, if there is any."""
        if errors:
            listed = "\n".join(f"• {error}" for error in dict.fromkeys(errors))
            raise UserError(self.env._("%(what)s\n%(errors)s", what=what, errors=listed))

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

    @staticmethod
    def _by_request(rows):
        """Return ``{request: rows}``."""
        groups = {}
        for row in rows:
            groups.setdefault(row["line"].request_id, []).append(row)
        return groups
