from odoo import fields, models
from odoo.exceptions import UserError

from .quality_acceptance_workflow import KEEPERS

READERS = f"{KEEPERS},quality_incident.group_quality_staff"


class QualityAcceptanceForm(models.Model):
    """Where forms come from: a delivery or an installation ticket, drawn up by hand or by itself (D14)."""

    _inherit = "quality.acceptance.form"

    def _of(self, field, records):
        """Return ``{record: its form that is not cancelled}``; one query."""
        forms = self.sudo().search([(field, "in", records.ids), ("state", "!=", "cancelled")])
        return {form[field].id: form for form in forms}

    def _draw_up(self, field, records):
        """Draw up the forms that ``records`` lack, as the system, and return those of all of them.

        Two who do it at once get one: the rows are locked, and the index refuses a second form.
        """
        forms = self.sudo()
        records.sudo().lock_for_update(allow_referencing=True)
        known = self._of(field, records)
        fresh = forms.create(
            [record._acceptance_vals() for record in records.sudo() if record.id not in known]
        )
        return forms.union(*known.values(), fresh).with_env(self.env)


class StockPicking(models.Model):
    _inherit = "stock.picking"

    acceptance_form_ids = fields.One2many(
        "quality.acceptance.form", "picking_id", "Acceptance forms", readonly=True, groups=READERS
    )
    acceptance_wanted = fields.Boolean(compute="_compute_acceptance_wanted", export_string_translation=False)

    def _compute_acceptance_wanted(self):
        for picking in self:
            picking.acceptance_wanted = picking.state == "done" and picking.picking_type_code == "outgoing"

    def _action_done(self):
        result = super()._action_done()
        wanted = self.filtered(
            lambda one: one.state == "done" and one.picking_type_code == "outgoing" and one.sale_id and one.partner_id
            and one.company_id.survey_acceptance_auto in ("delivery", "both")
        )
        if wanted:
            self.env["quality.acceptance.form"]._draw_up("picking_id", wanted)
        return result

    def action_acceptance_form(self):
        """Draw up the acceptance form of this delivery, or open the one there is (D14).

        :raises AccessError: the user works neither in service nor in customer satisfaction
        :raises UserError: it is no delivery to a customer, or not done
        """
        self.ensure_one()
        self.env["quality.acceptance.form"]._check_role(KEEPERS)
        self.check_access("read")
        picking = self.sudo()
        if picking.state != "done" or picking.picking_type_code != "outgoing" or not picking.partner_id:
            raise UserError(
                self.env._("%s: an acceptance form goes with a finished delivery to a customer.", picking.display_name)
            )
        return self.env["quality.acceptance.form"]._draw_up("picking_id", self).get_formview_action()

    def _acceptance_vals(self):
        """Return the values of the form of this delivery: customer, products and serial numbers that were moved."""
        moved = self.move_line_ids.filtered(lambda one: one.quantity and one.state == "done")
        products = moved.grouped("product_id")
        return {
            "company_id": self.company_id.id,
            "user_id": (self.sale_id.user_id or self.user_id).id or self.env.uid,
            "picking_id": self.id,
            "partner_id": self.partner_id.id,
            "contact_name": self.partner_id.name,
            "email": self.partner_id.email,
            "phone": self.partner_id.phone,
            "delivered_on": fields.Date.context_today(self, self.date_done),
            "line_ids": [
                fields.Command.create(
                    {
                        "product_id": product.id,
                        "quantity": sum(line.quantity_product_uom for line in lines),
                        "serials": ", ".join(name for name in lines.mapped("lot_id.name") if name) or False,
                    }
                )
                for product, lines in products.items()
            ],
        }


class ServiceTicket(models.Model):
    _inherit = "service.ticket"

    acceptance_form_ids = fields.One2many(
        "quality.acceptance.form", "ticket_id", "Acceptance forms", readonly=True, groups=READERS
    )

    def _after_transition(self, origins, target):
        if target in ("planned", "in_progress"):
            wanted = self.filtered(
                lambda one: one.kind == "installation" and one.partner_id and one.product_id and not one.is_historic
                and one.sudo().company_id.survey_acceptance_auto in ("installation", "both")
            )
            if wanted:
                self.env["quality.acceptance.form"]._draw_up("ticket_id", wanted)
        return super()._after_transition(origins, target)

    def action_acceptance_form(self):
        """Draw up the acceptance form of this installation, or open the one there is (D14).

        :raises AccessError: the user works neither in service nor in customer satisfaction
        :raises UserError: it is no installation, or has no customer
        """
        self.ensure_one()
        self._check_role(KEEPERS)
        self.check_access("read")
        if self.kind != "installation" or not self.partner_id:
            raise UserError(
                self.env._("%s: an acceptance form goes with an installation for a customer.", self.display_name)
            )
        return self.env["quality.acceptance.form"]._draw_up("ticket_id", self).get_formview_action()

    def _acceptance_vals(self):
        """Return the values of the form of this installation."""
        lines = [{"product_id": self.product_id.id, "quantity": 1, "serials": self.lot_id.name}]
        return {
            "company_id": self.company_id.id,
            "user_id": self.user_id.id or self.env.uid,
            "ticket_id": self.id,
            "partner_id": self.partner_id.id,
            "contact_name": self.contact_name,
            "email": self.email,
            "phone": self.phone,
            "delivered_on": self.delivered_on,
            "line_ids": [fields.Command.create(line) for line in lines if self.product_id],
        }
