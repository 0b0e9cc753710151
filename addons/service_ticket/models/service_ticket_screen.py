from odoo import api, fields, models

from .service_ticket_roles import AGENT


class ServiceTicket(models.Model):
    """What the screens ask for: which button is next, what opens from here."""

    _inherit = "service.ticket"

    next_way = fields.Selection(
        [("none", "None"), ("remote", "From here"), ("visit", "Visit")], compute="_compute_next_way",
        export_string_translation=False,
    )
    confirmable = fields.Boolean(compute="_compute_confirmable", export_string_translation=False)

    @api.depends("state", "analysis_ids.solution_type", "escalation_level")
    def _compute_next_way(self):
        for ticket in self:
            analysis = ticket._current_analysis() if ticket.state == "analysis" else None
            if not analysis:
                ticket.next_way = "none"
            else:
                ticket.next_way = "visit" if analysis.solution_type in ("on_site", "depot") else "remote"

    @api.depends("state", "callback_ids")
    def _compute_confirmable(self):
        for ticket in self:
            ticket.confirmable = ticket.state == "resolved" and not ticket._missing_confirmation()

    def action_open_visits(self):
        """Return the action that shows the visits of this ticket."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_visit_action_ticket"),
            "domain": [("ticket_id", "=", self.id)],
            "context": {"default_ticket_id": self.id},
        }

    def action_open_callback(self):
        """Return the dialog that records a call to the customer (D7)."""
        self.ensure_one()
        self._check_role(AGENT)
        return {
            "type": "ir.actions.act_window",
            "res_model": "service.callback",
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Call the customer back"),
            "context": {"default_ticket_id": self.id, "default_person": self.contact_name},
        }

    def action_open_breaches(self):
        """Return the action that shows the broken promises of this ticket."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.act_window",
            "res_model": "quality.deadline",
            "view_mode": "list,form",
            "name": self.env._("Broken promises"),
            "domain": [("id", "in", self._breaches().ids)],
        }


class ServiceVisit(models.Model):
    _inherit = "service.visit"

    def action_open_signature(self):
        """Return the dialog in which the customer evaluates and signs, or refuses (C6, D5)."""
        self.ensure_one()
        self._check_own()
        return self.env["service.visit.sign"]._ask(self)
