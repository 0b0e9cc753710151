from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import today_of
from odoo.exceptions import UserError

from .service_warranty_answer import SOURCES, STATES
from .service_warranty_term import COVERS

#: what a ticket keeps of the answer
KEPT = ("warranty_state", "warranty_until", "warranty_source", *(f"warranty_{cover}" for cover in COVERS))


class ServiceTicket(models.Model):
    """Whether a ticket is in warranty: answered by the system for the day the customer's word came in (D2, F10).

    Nobody enters it. It is answered anew when serial number, product, customer or day change, on demand, and when an
    approved decision on this ticket (``service.warranty.override``) says otherwise; from the solution on it stays.
    """

    _inherit = "service.ticket"

    warranty_state = fields.Selection(
        STATES, "Warranty", compute="_compute_warranty", store=True, copy=False, index=True, tracking=True
    )
    warranty_until = fields.Date(
        "Covered until", compute="_compute_warranty", store=True, copy=False, help="The last day of the warranty."
    )
    warranty_source = fields.Selection(SOURCES, "Warranty by", compute="_compute_warranty", store=True, copy=False)
    warranty_parts = fields.Boolean("Parts covered", compute="_compute_warranty", store=True, copy=False)
    warranty_labour = fields.Boolean("Labour covered", compute="_compute_warranty", store=True, copy=False)
    warranty_travel = fields.Boolean("Travel covered", compute="_compute_warranty", store=True, copy=False)
    warranty_text = fields.Html("Warranty in detail", compute="_compute_warranty_text", sanitize=False)
    warranty_override_ids = fields.One2many("service.warranty.override", "ticket_id", "Warranty decisions")

    @api.model_create_multi
    def create(self, vals_list):
        """Register tickets; history keeps the warranty it comes with."""
        for vals in vals_list:
            if vals.get("is_historic") and vals.get("warranty_state"):
                vals.setdefault("warranty_source", "import")
        return super().create(vals_list)

    @api.depends(
        "lot_id", "product_id", "partner_id", "sale_order_id", "received_at", "company_id",
        "warranty_override_ids.state",
    )
    def _compute_warranty(self):
        live = self.filtered(lambda ticket: ticket._is_warranty_open() or not ticket.warranty_state)
        for ticket in self - live:
            ticket.update({name: ticket[name] for name in KEPT})
        answers = self.env["service.warranty.term"]._answer([ticket._warranty_question() for ticket in live])
        for ticket, answer in zip(live, answers, strict=True):
            ticket.update(ticket._warranty_vals({**answer, **(ticket._warranty_decision() or {})}))

    def _is_warranty_open(self):
        """Return whether the answer may still change: until the ticket is resolved, and never for history."""
        return not self.is_historic and self.state not in ("resolved", "confirmed", "closed", "cancelled")

    def _warranty_question(self):
        """Return what ``service.warranty.term._answer`` is asked about this ticket."""
        ticket = self.sudo()
        return {
            "lot": ticket.lot_id._origin,
            "product": ticket.product_id._origin,
            "partner": ticket.partner_id._origin,
            "order": ticket.sale_order_id._origin,
            "company": ticket.company_id,
            "date": ticket._warranty_day(),
        }

    def _warranty_day(self):
        """Return the day that decides: when the customer's word reached the company; None without a ticket."""
        return today_of(self.sudo().company_id, self.received_at) if self and self.received_at else None

    def _warranty_decision(self):
        """Return what an approved decision on this ticket puts in place of the answer, or None."""
        decision = self.sudo().warranty_override_ids.filtered(lambda one: one.state == "approved").sorted("id")[-1:]
        return decision._as_answer() if decision else None

    @api.model
    def _warranty_vals(self, answer):
        return {
            "warranty_state": answer["state"],
            "warranty_until": answer["until"],
            "warranty_source": answer["source"],
            **{f"warranty_{cover}": answer[cover] for cover in COVERS},
        }

    def action_check_warranty(self):
        """Answer again: a delivery, a term or an installation may have been entered meanwhile (F10).

        :raises AccessError: the user may not work on the ticket
        :raises UserError: the ticket is resolved; its answer stays
        """
        self._check_staff()
        for ticket in self:
            if not ticket._is_warranty_open():
                raise UserError(self.env._("%s is resolved: its warranty stays as it was answered.", ticket.name))
        self.sudo()._recheck_warranty()
        return True

    def _recheck_warranty(self):
        """Answer anew for those of these tickets that are not resolved; batch."""
        tickets = self.filtered(lambda ticket: ticket._is_warranty_open())
        for name in KEPT:
            self.env.add_to_compute(tickets._fields[name], tickets)
        tickets.flush_recordset(KEPT)

    # ------------------------------------------------------------------
    # Screen
    # ------------------------------------------------------------------

    @api.depends("lot_id", *KEPT)
    @api.depends_context("lang", "uid", "company")
    def _compute_warranty_text(self):
        pages = self.lot_id._origin._warranty_pages()
        for ticket in self:
            page = pages.get(ticket.lot_id._origin.id)
            ticket.warranty_text = page and self.env["ir.qweb"]._render(
                "service_ticket.warranty_answer", {"answer": page, "on_ticket": True}
            )

    def action_open_warranty_override(self):
        """Return the form of the decision that is open on this ticket, or of a new one (D2).

        :raises AccessError: the user may not work on the ticket
        """
        self.ensure_one()
        self._check_staff()
        return self.env["service.warranty.override"]._open_for(self)


class ServiceVisit(models.Model):
    """The visit says what its ticket says (C10)."""

    _inherit = "service.visit"

    warranty_state = fields.Selection(STATES, "Warranty", compute="_compute_warranty_state", store=True, copy=False)

    @api.depends("ticket_id.warranty_state")
    def _compute_warranty_state(self):
        """Follow the ticket until the report is written; what the customer signs stays as it was."""
        for visit in self:
            written = visit.state in ("done", "approved", "cancelled") and visit.warranty_state
            visit.warranty_state = written or visit.ticket_id.warranty_state
