from odoo import api, fields, models

from ..models.service_visit import EVALUATION, GRADES


class ServiceVisitSign(models.TransientModel):
    """The customer evaluates and signs at the desk or on the phone of the engineer, or refuses before a witness."""

    _name = "service.visit.sign"
    _description = "Signature of the customer"

    visit_id = fields.Many2one("service.visit", required=True, readonly=True)
    refused = fields.Boolean("The customer does not sign")
    signed_by = fields.Char("Name")
    signature = fields.Image("Signature or stamp", max_width=1024, max_height=1024)
    evaluation_quality = fields.Selection(GRADES, "Quality of the work")
    evaluation_attitude = fields.Selection(GRADES, "Conduct")
    evaluation_timeliness = fields.Selection(GRADES, "Timeliness")
    evaluation_overall = fields.Selection(GRADES, "Overall")
    evaluation_comment = fields.Text("Comment")
    reason = fields.Text()
    witness = fields.Char()

    @api.model
    def _ask(self, visit):
        """Return the action that lets the customer of ``visit`` sign."""
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Signature of the customer"),
            "context": {"default_visit_id": visit.id, "default_signed_by": visit.contact_name},
        }

    def action_confirm(self):
        """Hand the signature or the refusal to the visit, which checks everything again."""
        self.ensure_one()
        if self.refused:
            self.visit_id.action_refuse_signature(self.reason, self.witness)
        else:
            evaluation = {name: self[name] for name in (*EVALUATION, "evaluation_comment")}
            self.visit_id.action_sign(self.signed_by, self.signature, evaluation)
        return {"type": "ir.actions.act_window_close"}
