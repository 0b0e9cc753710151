from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_register_mixin import RegisterColumn as Column
from odoo.addons.quality_incident.tools.days import zone_of
from odoo.addons.quality_incident.tools.indicators import midnight
from odoo.exceptions import UserError
from odoo.tools import SQL

from .service_ticket_roles import LEADER, STORE

GATE = "old_parts"
#: columns of the reconciliation and the purposes of the moves they count
COUNTED = {
    "issued": ("issue", "ship"), "used": ("deliver", "ship"), "returned": ("return",), "written_off": ("write_off",),
    "received": ("old_part",), "scrapped": ("scrap",), "sent_back": ("send_back",),
}


class ServiceOldParts(models.Model):
    """The old parts of a month: counted from the moves, decided, approved, then scrapped or sent back (C14)."""

    _name = "service.old.parts"
    _description = "Old parts of the month"
    _inherit = ["quality.step.mixin", "quality.approval.mixin", "quality.evidence.mixin", "quality.register.mixin"]
    _order = "month desc, id desc"
    _check_company_auto = True
    _sequence_code = "service.old.parts"
    _historic_group = LEADER
    _open_states = ("draft",)
    _personal_fields = ("note", "reason", "cancel_reason")
    _register_date = "month"

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    month = fields.Date(
        required=True, default=lambda self: fields.Date.context_today(self) + relativedelta(day=1), tracking=True,
        help="Any day of the month.",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("approval", "Being approved"), ("done", "Done"), ("cancelled", "Cancelled")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    line_ids = fields.One2many("service.old.parts.line", "document_id", "Reconciliation", readonly=True)
    item_ids = fields.One2many("service.old.parts.item", "document_id", "Old parts in the store")
    evidence_ids = fields.Many2many(string="Photos and documents")
    counted_at = fields.Datetime("Counted on", readonly=True, copy=False)
    note = fields.Text()
    done_at = fields.Datetime("Done on", readonly=True, copy=False)
    cancel_reason = fields.Text("Reason of cancellation", readonly=True, copy=False)

    _one_a_month = models.UniqueIndex(
        "(company_id, month) WHERE state != 'cancelled'", "This month has its reconciliation already."
    )

    _transitions = {
        ("draft", "approval"): ("_missing_content", "_missing_round"),
        ("approval", "draft"): (),
        ("approval", "done"): ("_missing_approval", "_missing_parts"),
        ("draft", "cancelled"): ("_missing_cancel_reason",),
        ("approval", "cancelled"): ("_missing_cancel_reason",),
    }
    _transition_groups = {
        ("draft", "approval"): STORE, ("approval", "draft"): STORE, ("approval", "done"): LEADER,
        ("draft", "cancelled"): STORE, ("approval", "cancelled"): STORE,
    }
    _next_state = {"draft": "approval"}
    _step_activity = "service_ticket.mail_activity_part_step"
    _system_fields = frozenset({"counted_at", "done_at", "cancel_reason", "reason"})

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Open the reconciliations of months, counted at once.

        :raises AccessError: the user does not keep the parts store
        """
        self._check_role(STORE)
        for vals in vals_list:
            month = vals.get("month") or fields.Date.context_today(self)
            vals["month"] = fields.Date.to_date(month) + relativedelta(day=1)
            self._check_free(vals.get("company_id") or self.env.company.id, vals["month"])
        self._number(vals_list)
        documents = super().create(vals_list)
        documents._count()
        return documents

    def write(self, vals):
        """Write; another month is counted anew."""
        if vals.get("month"):
            vals["month"] = fields.Date.to_date(vals["month"]) + relativedelta(day=1)
        if "month" in vals:
            for one in self:
                one._check_free(one.company_id.id, vals["month"])
        result = super().write(vals)
        if "month" in vals:
            self._count()
        return result

    def _check_free(self, company_id, month):
        """Name the document that a month has already; the index refuses what two people do at the same moment."""
        domain = [
            ("company_id", "=", company_id), ("month", "=", month), ("id", "not in", self.ids),
            ("state", "!=", "cancelled"),
        ]
        if other := self.sudo().search(domain, limit=1):
            raise UserError(self.env._("The month has its reconciliation already: %s", other.display_name))

    @api.model
    def _frozen_fields(self, state):
        return frozenset({"name", "company_id"}) if state == "draft" else self._every_field()

    def _evidence_locked(self):
        return any(one.state != "draft" for one in self)

    def _personal_documents(self):
        return self

    @api.depends("name", "month")
    def _compute_display_name(self):
        for one in self:
            one.display_name = f"{one.name} {one.month:%Y-%m}" if one.month else one.name

    # ------------------------------------------------------------------
    # Counting
    # ------------------------------------------------------------------

    def action_count(self):
        """Count again: the moves of the month, and the old parts that are in the store now.

        :raises AccessError: the user does not keep the parts store
        :raises UserError: the document is decided
        """
        self._check_role(STORE)
        self.check_access("write")
        for one in self:
            if one.state != "draft":
                raise UserError(self.env._("%s was handed in: take it back to count again.", one.name))
        self._count()
        return True

    def _count(self):
        for one in self.sudo().with_context(active_test=False):
            figures = one._figures()
            one.line_ids.unlink()
            self.env["service.old.parts.line"].sudo().create(
                [{"document_id": one.id, "product_id": product, **vals} for product, vals in figures.items()]
            )
            kept = {item.part_line_id: item for item in one.item_ids}
            parts = one.env["service.part.line"].search(
                [("company_id", "=", one.company_id.id), ("old_part_state", "=", "received")],
                order="old_part_received_at, id",
            )
            end = one._span()[1]
            parts = parts.filtered(lambda line, end=end: line.old_part_received_at < end)
            one.item_ids.filtered(lambda item, parts=parts: item.part_line_id not in parts).unlink()
            self.env["service.old.parts.item"].sudo().create(
                [{"document_id": one.id, "part_line_id": line.id} for line in parts if line not in kept]
            )
            one.counted_at = fields.Datetime.now()

    def _span(self):
        """Return the first moment of the month and of the next, in the company's zone."""
        zone = zone_of(self.company_id).zone
        return midnight(self.month, zone), midnight(self.month + relativedelta(months=1), zone)

    def _figures(self):
        """Return ``{product id: {column: quantity}}`` of the month, from the moves; one query for each of two sides."""
        self.ensure_one()
        start, end = self._span()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT product_id, service_purpose, SUM(quantity) FROM stock_move
                 WHERE service_line_id IS NOT NULL AND state = 'done' AND company_id = %s AND date >= %s AND date < %s
              GROUP BY product_id, service_purpose
                """,
                self.company_id.id, start, end,
            )
        )
        figures = {}
        for product, purpose, quantity in rows:
            for column, purposes in COUNTED.items():
                if purpose in purposes:
                    vals = figures.setdefault(product, {})
                    vals[column] = vals.get(column, 0) + quantity
        groups = self.env["service.part.line"]._read_group(
            [
                ("company_id", "=", self.company_id.id), ("used_at", "!=", False), ("used_at", "<", end),
                ("old_part_state", "in", ("expected", "claimed")),
            ],
            ["product_id", "old_part_state"], ["quantity:sum"],
        )
        for product, state, quantity in groups:
            figures.setdefault(product.id, {})["missing" if state == "expected" else "claimed"] = quantity
        return figures

    # ------------------------------------------------------------------
    # Guards and approval
    # ------------------------------------------------------------------

    def _missing_content(self):
        missing = [] if self.counted_at else [self.env._("The count")]
        for item in self.item_ids.filtered(lambda one: one.disposal == "send_back" and not one.partner_id):
            missing.append(self.env._("To whom it is sent back: %s", item.sudo().part_line_id.display_name))
        return missing + self._missing_parts()

    def _missing_parts(self):
        gone = self.sudo().item_ids.filtered(
            lambda item: item.disposal != "keep" and item.part_line_id.old_part_state != "received"
        )
        return [self.env._("%s is not in the store any more: count again", item.display_name) for item in gone]

    def _missing_round(self):
        return [] if self._gate_asked(GATE) else [self.env._("The request for approval")]

    def _missing_approval(self):
        return [] if self._gate_approved(GATE) else [self.env._("The approval of the reconciliation")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    def _next_missing(self):
        return self._missing_content() if self.state == "draft" else super()._next_missing()

    def _approval_gate(self):
        return GATE

    def _approval_gates(self):
        return (GATE,) if self.state == "draft" else ()

    def _approval_content(self, gate):
        return {
            "name": self.name, "month": self.month,
            "lines": [
                [line.product_id.id, *(repr(round(line[name], 6) + 0.0) for name in (*COUNTED, "missing", "claimed"))]
                for line in self.line_ids.sorted("id")
            ],
            "items": [
                [item.part_line_id.id, item.disposal, item.partner_id.id] for item in self.item_ids.sorted("id")
            ],
        }

    def _approval_authors(self, gate):
        return self.create_uid

    def _check_can_request_approval(self, gate):
        self._check_role(STORE)
        return super()._check_can_request_approval(gate) + self._missing_content()

    def action_request_approval(self, gate=None):
        """Hand the reconciliation in (C14).

        :raises AccessError: the user does not keep the parts store
        :raises UserError: listing everything that is missing
        """
        self._check_role(STORE)
        result = super().action_request_approval(gate)
        self.sudo().write({"state": "approval"})
        return result

    def action_withdraw(self):
        """Take it back from its approvers, to change it."""
        self._check_role(STORE)
        self.check_access("write")
        for one in self:
            if one.state != "approval":
                raise UserError(self.env._("%s is not being approved.", one.display_name))
        return self.write({"state": "draft"})

    def action_cancel(self, reason=None):
        """Cancel it with a reason; it keeps its number.

        :raises AccessError: the user does not keep the parts store
        """
        self._check_role(STORE)
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "done"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        if self.state == "approval":
            self.sudo().write({"state": "draft"})
        return super()._on_approval_rejected(gate)

    def _after_transition(self, origins, target):
        documents = self.sudo()
        if target in ("draft", "cancelled"):
            documents._end_approvals()
        if target == "done":
            documents._dispose()
        return super()._after_transition(origins, target)

    def _dispose(self):
        """Scrap and send back what was decided, with real moves."""
        for one in self:
            company = one.company_id._service_places()
            items = one.item_ids
            lines = items.part_line_id._as_system()
            for item in items.filtered(lambda item: item.disposal == "scrap"):
                line = item.part_line_id.with_env(lines.env)
                line._scrap(
                    "scrap", company.service_defective_location_id, line.returned_product_id, line.returned_lot_id,
                    line.quantity, one.name,
                )
                line.write({"old_part_state": "scrapped"})
            for partner in items.filtered(lambda item: item.disposal == "send_back").partner_id:
                mine = items.filtered(
                    lambda item, partner=partner: item.disposal == "send_back" and item.partner_id == partner
                )
                mine.part_line_id._send_back_old_parts(partner)
            one.write({"done_at": fields.Datetime.now()})

    # ------------------------------------------------------------------
    # Register
    # ------------------------------------------------------------------

    @api.model
    def _register_title(self):
        return self.env._("Register of old parts")

    @api.model
    def _register_columns(self):
        sums = [
            Column(label, lambda one, name=name: sum(one.line_ids.mapped(name)), "number")
            for name, label in self.env["service.old.parts.line"]._labels().items()
        ]
        return [
            Column(self.env._("Number"), "name", width=16), Column(self.env._("Month"), "month", "date"),
            Column(self.env._("State"), "state", width=16), *sums,
            Column(self.env._("Done"), "done_at", "datetime"), Column(self.env._("Company"), "company_id"),
        ]
