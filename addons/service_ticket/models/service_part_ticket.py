from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .service_ticket_roles import STORE

OPEN_REQUESTS = ("draft", "approval", "approved", "issued")


class ResCompany(models.Model):
    _inherit = "res.company"

    _quality_sequences = ("service.part.request", "service.part.writeoff", "service.old.parts")


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    service_clearing_days = fields.Integer(related="company_id.service_clearing_days", readonly=False)
    service_van_days = fields.Integer(related="company_id.service_van_days", readonly=False)
    service_store_location_id = fields.Many2one(related="company_id.service_store_location_id", readonly=False)


class ServiceTicket(models.Model):
    """The parts of a ticket: it is not closed while a unit of them is open (C13, E10)."""

    _inherit = "service.ticket"

    part_request_ids = fields.One2many("service.part.request", "ticket_id", "Part requisitions")
    part_request_count = fields.Integer(compute="_compute_part_request_count")

    @api.depends("part_request_ids")
    def _compute_part_request_count(self):
        groups = self.env["service.part.request"]._read_group(
            [("ticket_id", "in", self.ids)], ["ticket_id"], ["__count"]
        )
        counts = dict(groups)
        for ticket in self:
            ticket.part_request_count = counts.get(ticket, 0)

    def _open_parts(self):
        """Return the open requisitions of these tickets, as the superuser."""
        return self.sudo().part_request_ids.filtered(lambda request: request.state in OPEN_REQUESTS)

    def _missing_closure(self):
        """C13: the parts of a ticket are cleared before it is closed."""
        missing = super()._missing_closure()
        missing += [
            self.env._("The clearing of the parts of %s, or its cancellation", request.name)
            for request in self._open_parts()
        ]
        lines = self.env["service.part.line"].sudo().search(
            [("ticket_id", "=", self.id), ("request_id.ticket_id", "=", False), ("state", "=", "used")]
        )
        return missing + [self.env._("The clearing of %s from the van stock", line.display_name) for line in lines]

    def _missing_cancel_reason(self):
        """C13: a ticket whose parts are out is not cancelled before they are back."""
        missing = super()._missing_cancel_reason()
        issued = self._open_parts().filtered("issued_at")
        return missing + [self.env._("The parts of %s: take them back or clear them", one.name) for one in issued]

    def _enter_cancelled(self, origins):
        result = super()._enter_cancelled(origins)
        requests = self._open_parts()
        requests.write({"cancel_reason": self.env._("The ticket was cancelled.")})
        requests.write({"state": "cancelled"})
        return result

    def _enter_confirmed(self, origins):
        """The customer's word clears what was sent to him."""
        result = super()._enter_confirmed(origins)
        self.part_request_ids.line_ids.filtered(lambda line: line.source == "ship")._try_clear()
        return result

    def action_request_parts(self):
        """Return the form of a new requisition for this ticket (C13).

        :raises AccessError: the user is no service staff
        """
        self.ensure_one()
        self._check_staff()
        return self.env["service.part.request"]._new_action({"default_ticket_id": self.id})

    def action_open_parts(self):
        """Return the requisitions of this ticket."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_part_request_action"),
            "domain": [("ticket_id", "=", self.id)], "context": {"default_ticket_id": self.id},
        }


class ServiceVisit(models.Model):
    """The parts of a visit: what the engineers took along, and what they fitted (C10, C13)."""

    _inherit = "service.visit"

    part_request_ids = fields.One2many("service.part.request", "visit_id", "Part requisitions")
    part_line_ids = fields.One2many("service.part.line", "visit_id", "Parts used", readonly=True)
    part_count = fields.Integer("Parts at hand", compute="_compute_part_count", compute_sudo=True)

    @api.depends("engineer_ids", "part_line_ids")
    def _compute_part_count(self):
        groups = self.env["service.part.line"]._read_group(
            [("state", "=", "open"), ("engineer_id", "in", self.engineer_ids.ids)], ["engineer_id", "ticket_id"],
            ["__count"],
        )
        for visit in self:
            visit.part_count = sum(
                count for engineer, ticket, count in groups
                if engineer in visit.engineer_ids and ticket in (visit.ticket_id, self.env["service.ticket"])
            )

    def _parts_at_hand(self):
        """Return the lines the engineers of this visit have for it: of its ticket, and van stock; superuser."""
        self.ensure_one()
        visit = self.sudo()
        return visit.env["service.part.line"].search(
            [
                ("state", "=", "open"), ("company_id", "=", visit.company_id.id),
                ("ticket_id", "in", [visit.ticket_id.id, False]),
                "|", ("engineer_id", "in", visit.engineer_ids.ids),
                "&", ("engineer_id", "=", False), ("ticket_id", "=", visit.ticket_id.id),
            ],
            order="ticket_id, issued_at, id",
        )

    # ------------------------------------------------------------------
    # What the signature and the approval prove
    # ------------------------------------------------------------------

    def _used_parts_content(self):
        """Return the parts used as plain data; splitting or clearing a line later changes nothing of it."""
        sums = {}
        for line in self.part_line_ids:
            key = (line.product_id.id, line.lot_id.id, line.returned_serial or "")
            sums[key] = sums.get(key, 0) + line.quantity
        return [[*key, repr(round(quantity, 6) + 0.0)] for key, quantity in sorted(sums.items())]

    def _seal_content(self, purpose):
        parts = self._used_parts_content()
        return {**super()._seal_content(purpose), **({"parts": parts} if parts else {})}

    def _approval_content(self, gate):
        parts = self._used_parts_content()
        return {**super()._approval_content(gate), **({"parts": parts} if parts else {})}

    @api.depends("part_line_ids.quantity", "part_line_ids.returned_serial", "part_line_ids.used_at")
    def _compute_seal_validity(self):
        return super()._compute_seal_validity()

    def _enter_approved(self, origins):
        """C13: the signed report and the leader's consent clear what has no old part outstanding."""
        result = super()._enter_approved(origins)
        self.part_line_ids._try_clear()
        return result

    def _missing_cancel_reason(self):
        missing = super()._missing_cancel_reason()
        used = self.sudo().part_line_ids.filtered(lambda line: line.state == "used")
        return missing + [self.env._("%s was used: undo that first", line.display_name) for line in used]

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_use_parts(self, rows=None):
        """Book parts of the van as used at this visit (C10, C13).

        :param rows: list of dicts ``line_id``, ``quantity`` (default: all), ``old_serial`` (number on the part taken
            out), ``key`` (made by the client; the same sent again changes nothing). Without rows the button asks.
        :return: True, or the dialog
        :raises AccessError: the user is not on this visit
        :raises UserError: not at work, or listing everything that is wrong
        """
        self.ensure_one()
        self._check_own()
        if self.state not in ("departed", "on_site", "done"):
            raise UserError(self.env._("%s: parts are used during the visit.", self.display_name))
        lines = self._parts_at_hand()
        if rows is None:
            if not lines:
                raise UserError(self.env._("%s: nobody has parts for it. Write a requisition first.", self.name))
            return self.env["service.part.handling"]._ask("use", lines.with_env(self.env), visit=self)
        lines.with_env(self.env)._use(self.sudo(), rows)
        return True

    def action_request_parts(self):
        """Return the form of a new requisition for this visit (C13).

        :raises AccessError: the user is not on this visit
        """
        self.ensure_one()
        self._check_own()
        return self.env["service.part.request"]._new_action(
            {
                "default_ticket_id": self.sudo().ticket_id.id, "default_visit_id": self.id,
                "default_engineer_id": (self.sudo().leader_id or self.sudo().engineer_ids[:1]).id,
            }
        )

    def action_open_parts(self):
        """Return the requisitions of this visit."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_part_request_action"),
            "domain": [("visit_id", "=", self.id)], "context": {"default_visit_id": self.id},
        }

    # ------------------------------------------------------------------
    # On the phone
    # ------------------------------------------------------------------

    @api.readonly
    def get_sheet(self):
        """Return the visit as plain data, with the parts at hand and those used."""
        sheet = super().get_sheet()
        names = [("used", line) for line in self.sudo().part_line_ids] + [
            ("open", line) for line in (self._parts_at_hand() if sheet["may_write"] else ())
        ]
        sheet["parts"] = [
            {
                "id": line.id, "state": state, "name": line.product_id.display_name, "serial": line.lot_id.name or "",
                "quantity": line.quantity, "unit": line.uom_id.name, "tracked": line.tracking == "serial",
                "old_serial": line.returned_serial or "", "can_undo": state == "used" and line.state == "used",
            }
            for state, line in names
        ]
        return sheet

    def save_sheet(self, answers=()):
        """Save what was typed, and then the parts used: a part that is refused loses no text.

        :param answers: see the visit's own; ``parts`` are rows of :meth:`action_use_parts` with a ``key``,
            ``parts_undone`` ids of lines that were not used after all
        """
        result = super().save_sheet(answers)
        rows = [answer for answer in answers if answer.get("parts") or answer.get("parts_undone")]
        for answer in rows:
            try:
                with self.env.cr.savepoint():
                    self._save_parts(answer)
                    self.env.flush_all()
            except (UserError, AccessError) as error:
                self.env.invalidate_all(flush=False)
                result["errors"].append({"line_id": self.id, "message": str(error)})
        if rows:
            result |= {"saved": [] if result["errors"] else self.ids, "sheet": self.get_sheet()}
        return result

    def _save_parts(self, answer):
        """Book the parts of one answer of the phone.

        :raises UserError: a value is not what it should be
        """
        undone = answer.get("parts_undone") or []
        if not isinstance(undone, list) or not all(isinstance(one, int) for one in undone):
            raise UserError(self.env._("The answers cannot be read. Reload the page."))
        if answer.get("parts"):
            self.action_use_parts(answer["parts"])
        lines = self.sudo().part_line_ids.filtered(lambda line: line.id in undone and line.state == "used")
        if lines:
            lines.with_env(self.env).action_undo_use()


class ServicePartRequest(models.Model):
    _inherit = "service.part.request"

    @api.model
    def _new_action(self, context):
        """Return the action with the form of a new requisition."""
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "view_mode": "form",
            "name": self.env._("Part requisition"), "context": context,
        }

    def action_open_pickings(self):
        """Return the transfers of this requisition.

        :raises AccessError: the user does not keep the parts store
        """
        self.ensure_one()
        self._check_role(STORE)
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("stock.action_picking_tree_all"),
            "domain": [("service_request_id", "=", self.id)], "context": {},
        }

    def action_take_back(self):
        """Return the dialog that takes unused parts of this requisition back."""
        return self._lines_in("open", shipped=True).action_take_back()

    def action_receive_old(self):
        """Return the dialog that receives old parts of this requisition."""
        return self._lines_in("used").action_receive_old()

    def _lines_in(self, state, shipped=False):
        self._check_keeper()
        lines = self.line_ids.filtered(
            lambda line: line.state == state or (shipped and line.state == "used" and line.source == "ship")
        )
        if not lines:
            raise UserError(self.env._("%s: nothing of it is to be handled here.", self.display_name))
        return lines
