from odoo import fields, models
from odoo.exceptions import UserError

from .service_ticket import WORKING
from .service_ticket_roles import AGENT


class ServiceTicket(models.Model):
    """The same matter registered twice: one ticket goes on, the other keeps its number and points to it."""

    _inherit = "service.ticket"

    merged_into_id = fields.Many2one(
        "service.ticket", "Merged into", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )

    def action_merge(self, target_id=None):
        """Merge these tickets into another one of the same customer: its history, contacts and files go along.

        :param target_id: id of the ticket that goes on; without it the dialog asks
        :raises AccessError: the user does not work at the service desk
        :raises UserError: another customer or company, or work has begun on what would be merged
        """
        self._check_role(AGENT)
        self.check_access("write")
        if not target_id:
            return self.env["service.ticket.merge"]._ask(self)
        target = self.browse(target_id).exists()
        target.check_access("write")
        for ticket in self - target:
            ticket._check_merge(target)
            ticket.sudo()._do_merge(target.sudo())
        return target.get_formview_action()

    def _check_merge(self, target):
        if not target or target.state not in WORKING:
            raise UserError(self.env._("Choose an open ticket that goes on."))
        if self.state not in ("new", "accepted", "analysis"):
            raise UserError(self.env._("%s: work has begun, it cannot be merged any more.", self.display_name))
        same = self.partner_id.commercial_partner_id == target.partner_id.commercial_partner_id
        nobody = not self.partner_id and self.email_key and self.email_key == target.email_key
        if self.company_id != target.company_id or not (same or nobody):
            raise UserError(self.env._("Only tickets of the same customer are merged: the history would be disclosed."))

    def _do_merge(self, target):
        self.message_ids.filtered(lambda message: message.message_type != "notification").write({"res_id": target.id})
        self.contact_ids.write({"ticket_id": target.id})
        for file in self.evidence_ids:
            target.evidence_ids = [fields.Command.link(file.copy({"res_id": target.id}).id)]
        target.message_subscribe(self.message_partner_ids.ids)
        target.fault_code_ids |= self.fault_code_ids
        note = self.env._(
            "%(ticket)s was merged into this one: %(text)s", ticket=self.name, text=self.description or ""
        )
        target._message_log(body=note)
        self.write({"merged_into_id": target.id, "cancel_reason": self.env._("Merged into %s", target.name)})
        self.write({"state": "cancelled"})
