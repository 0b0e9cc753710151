from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .quality_incident_workflow import CHIEF, ENGINEERING, INSPECTOR


class QualityResumeSignoff(models.Model):
    """One party's signature under the resumption of work (A12)."""

    _name = "quality.resume.signoff"
    _description = "Resume-work sign-off"
    _inherit = ["quality.line.mixin", "quality.seal.mixin"]
    _order = "order_id, id"
    _document_field = "order_id"
    _document_states = ("open",)

    order_id = fields.Many2one("quality.stop.order", required=True, index=True, ondelete="cascade")
    incident_id = fields.Many2one(related="order_id.incident_id", store=True, index=True)
    company_id = fields.Many2one(related="order_id.company_id", store=True, index=True)
    party = fields.Selection(
        [
            ("group", "Expert of the investigation group"),
            ("station", "Quality supervision station"),
            ("owner", "Owner"),
            ("supervisor", "Supervisor"),
            ("designer", "Designer"),
            ("other", "Other"),
        ],
        required=True,
    )
    required = fields.Boolean(default=True)
    partner_id = fields.Many2one("res.partner", "Office")
    signer_name = fields.Char("Signed by")
    signature = fields.Image(max_width=1024, max_height=1024, copy=False)
    signed_at = fields.Datetime("Signed on", readonly=True, copy=False)
    registered_by_id = fields.Many2one("res.users", "Registered by", readonly=True, copy=False)

    @api.depends("party", "signer_name")
    def _compute_display_name(self):
        labels = dict(self._fields["party"]._description_selection(self.env))
        for signoff in self:
            signoff.display_name = " ".join(filter(None, (labels.get(signoff.party), signoff.signer_name)))

    @api.model_create_multi
    def create(self, vals_list):
        self._check_signed_by_method(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Write; what is signed stays as it is, and required parties of the rule book stay required.

        :raises UserError: the sign-off is signed already
        :raises AccessError: the time of signing is entered by hand
        """
        self._check_signed_by_method(vals)
        if any(signoff.signed_at for signoff in self) and not self.env.su:
            raise UserError(self.env._("This sign-off is signed; it can no longer be changed."))
        if vals.get("required") is False and any(signoff.party in ("group", "station") for signoff in self):
            raise UserError(
                self.env._("The investigation group and the quality supervision station must sign before work resumes.")
            )
        if "party" in vals and any(signoff.party in ("group", "station") for signoff in self):
            raise UserError(
                self.env._("The required parties of the sign-off cannot be replaced; add another line instead.")
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_required(self):
        if any(signoff.signed_at or signoff.party in ("group", "station") for signoff in self):
            raise UserError(self.env._("A required or signed sign-off cannot be deleted."))

    def _check_signed_by_method(self, *vals_list):
        if not self.env.su and any({"signed_at", "registered_by_id"} & vals.keys() for vals in vals_list):
            raise AccessError(self.env._("Use the Sign button: it keeps who signed, when and with which proof."))

    def action_sign(self):
        """Register the signature of this party now; a drawn signature or a scan of the signed paper is the proof.

        :raises UserError: the signer's name or the proof is missing
        """
        self._check_role(f"{INSPECTOR},{ENGINEERING},{CHIEF}")
        for signoff in self:
            if signoff.signed_at:
                raise UserError(self.env._("%s has signed already.", signoff.display_name))
            if not signoff.signer_name or not (signoff.signature or signoff.evidence_ids):
                raise UserError(
                    self.env._(
                        "%s: enter who signs, and draw the signature or attach the signed paper.",
                        signoff.display_name,
                    )
                )
            signoff.sudo().write({"signed_at": fields.Datetime.now(), "registered_by_id": self.env.uid})
            signoff._seal(
                "resume",
                signer_name=signoff.signer_name,
                signer_role=signoff.display_name,
                signature=signoff.signature,
            )
        return True

    def _seal_content(self, purpose):
        """Return what this party signed: the order as it was then, and the party's own signature."""
        self.ensure_one()
        order = self.order_id
        return {
            "order": [order.name, order.scope, order.ordered_at, order.issued_by_id.id],
            "signature": self._signed_content(),
        }

    def _signed_content(self):
        return [self.party, self.signer_name, self.signed_at, sorted(self.sudo().evidence_ids.mapped("checksum"))]

    def _check_role(self, groups):
        self.env["quality.stop.order"]._check_role(groups)
