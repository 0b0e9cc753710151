from odoo import api, fields, models

from .quality_incident_workflow import CHIEF, ENGINEERING, INSPECTOR


class QualityStopOrder(models.Model):
    """A stop-work order; work resumes only with every required signature (A9, A12)."""

    _name = "quality.stop.order"
    _description = "Stop-work order"
    _inherit = ["quality.incident.line", "quality.workflow.mixin", "quality.seal.mixin"]
    _order = "ordered_at desc, id desc"

    name = fields.Char("Number", readonly=True, copy=False, default=lambda self: self.env._("New"))
    scope = fields.Text(required=True, help="Which part of the works stands still.")
    ordered_at = fields.Datetime("Ordered on", required=True, default=fields.Datetime.now, copy=False)
    issued_by_id = fields.Many2one("res.users", "Issued by", required=True, default=lambda self: self.env.user)
    resumed_by_id = fields.Many2one("res.users", "Resumed by", readonly=True, copy=False)
    resumed_at = fields.Datetime("Resumed on", readonly=True, copy=False)
    state = fields.Selection(
        [("open", "Work stopped"), ("resumed", "Work resumed")], default="open", required=True, index=True, copy=False
    )
    signoff_ids = fields.One2many("quality.resume.signoff", "order_id", "Resume sign-off")

    _transitions = {("open", "resumed"): ("_missing_signatures",)}
    _transition_groups = {("open", "resumed"): f"{INSPECTOR},{ENGINEERING},{CHIEF}"}
    _stamps = {"resumed": ("resumed_by_id", "resumed_at")}
    _system_fields = frozenset({"resumed_at", "resumed_by_id"})

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            company = self.env["quality.incident"].browse(vals.get("incident_id")).sudo().company_id
            sequence = self.env["ir.sequence"].sudo().with_company(company)
            vals["name"] = sequence.next_by_code("quality.stop.order")
        orders = super().create(vals_list)
        # A12: the group's experts and the station sign; more parties can be added.
        self.env["quality.resume.signoff"].sudo().create(
            [{"order_id": order.id, "party": party} for order in orders for party in ("group", "station")]
        )
        return orders

    @api.model
    def _frozen_fields(self, state):
        frozen = {"name", "incident_id", "ordered_at", "issued_by_id"}
        return frozenset(frozen if state == "open" else frozen | {"scope", "signoff_ids", "evidence_ids"})

    def _missing_signatures(self):
        return [
            self.env._("The signature of %s", signoff.display_name)
            for signoff in self.signoff_ids
            if signoff.required and not signoff.signed_at
        ]

    def action_resume(self):
        """Let the work resume (A12).

        :raises UserError: listing every required party that has not signed
        """
        return self._take_step("resumed")

    def _after_transition(self, origins, target):
        for order in self:
            order._seal("resume")
            order.incident_id._message_log(body=self.env._("Work resumed: stop-work order %s is lifted.", order.name))
        return super()._after_transition(origins, target)

    def _seal_content(self, purpose):
        self.ensure_one()
        return {
            "order": [self.name, self.scope, self.ordered_at, self.issued_by_id.id],
            "signatures": [signoff._signed_content() for signoff in self.signoff_ids.sorted("id")],
        }

    def _signoff_pairs(self):
        """Return the sign-offs two by two, as they stand side by side on paper; the last may stand alone."""
        self.ensure_one()
        lines = self.signoff_ids.sorted("id")
        return [(lines[index], lines[index + 1 : index + 2]) for index in range(0, len(lines), 2)]
