from odoo import api, fields, models

from ..models.quality_acceptance_form import CUSTOMER, GRADES, RECOMMEND


class QualityAcceptanceSign(models.TransientModel):
    """The customer says what they think and signs on the device of the staff, or a signed paper is entered (D14)."""

    _name = "quality.acceptance.sign"
    _description = "Signature of an acceptance form"

    form_id = fields.Many2one("quality.acceptance.form", required=True, readonly=True)
    through = fields.Selection(
        [("device", "On this device"), ("paper", "On paper, as a scan")], "Signed", default="device", required=True
    )
    opinion_quality = fields.Selection(GRADES, "Quality of the product")
    opinion_delivery = fields.Selection(GRADES, "Delivery")
    opinion_service = fields.Selection(GRADES, "Installation and service")
    recommend = fields.Selection(RECOMMEND, "Would recommend us (0–10)")
    comment = fields.Text("Opinions and suggestions")
    signed_by = fields.Char("Name", required=True)
    signature = fields.Image("Signature or stamp", max_width=1024, max_height=1024)
    scan = fields.Image("Scan of the signature", max_width=1024, max_height=1024)

    @api.model
    def _ask(self, form):
        """Return the action that lets the customer of ``form`` sign."""
        defaults = {f"default_{name}": form[name] for name in CUSTOMER}
        return {
            "type": "ir.actions.act_window",
            "res_model": self._name,
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Signature of the customer"),
            "context": {"default_form_id": form.id, "default_signed_by": form.contact_name, **defaults},
        }

    def action_confirm(self):
        """Hand opinions and signature to the form, which checks everything again."""
        self.ensure_one()
        form = self.form_id
        form._check_keeper()
        judgements = {check.id: (check.result, check.remark) for check in form.check_ids}
        form.sudo()._fill_in(judgements, {name: self[name] for name in CUSTOMER})
        form.action_sign(self.signed_by, self.scan if self.through == "paper" else self.signature, self.through)
        return {"type": "ir.actions.act_window_close"}
