from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .quality_survey_roles import STAFF

TITLE_LENGTH = 80


class QualityMarketGap(models.Model):
    """Where the company lags behind, why, and what is done about it by whom (D13)."""

    _name = "quality.market.gap"
    _description = "Gap found in a market survey"
    _inherit = ["quality.line.mixin"]
    _order = "campaign_id desc, sequence, id"
    _check_company_auto = True
    _document_field = "campaign_id"
    _document_states = ("running", "analysis")
    _personal_fields = ("name", "cause", "measure")

    campaign_id = fields.Many2one(
        "quality.market.survey", "Market survey", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="campaign_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    name = fields.Char("Gap", required=True)
    cause = fields.Text()
    measure = fields.Text()
    department_id = fields.Many2one("hr.department", index="btree_not_null", check_company=True)
    improvement_id = fields.Many2one(
        "service.improvement", readonly=True, copy=False, index="btree_not_null", check_company=True,
        ondelete="restrict",
    )
    rectification_id = fields.Many2one(
        "quality.rectification", "Rectification notice", readonly=True, copy=False, index="btree_not_null",
        check_company=True, ondelete="restrict",
    )

    def _is_settled(self):
        return bool((self.measure or "").strip() and (self.improvement_id or self.rectification_id))

    @api.model_create_multi
    def create(self, vals_list):
        self._check_destination(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        self._check_destination(vals)
        return super().write(vals)

    @api.model
    def _check_destination(self, *vals_list):
        if not self.env.su and any({"improvement_id", "rectification_id"} & vals.keys() for vals in vals_list):
            raise AccessError(self.env._("What a gap becomes is set by its buttons; it cannot be entered."))

    def action_make_improvement(self):
        """Pass this gap to engineering as an improvement and return its form; a second tap opens the same."""
        return self._act("improvement_id", "rectification_id", self._make_improvement)

    def action_make_rectification(self):
        """Draft a notice to the department and return its form; a second tap opens the same (D16: until effective)."""
        return self._act("rectification_id", "improvement_id", self._make_rectification)

    def _act(self, destination, other, make):
        self.ensure_one()
        self.campaign_id._check_role(STAFF)
        self.check_access("write")
        gap = self.sudo()
        gap.lock_for_update(allow_referencing=True)
        gap.invalidate_recordset([destination, other])
        if gap[other]:
            raise UserError(self.env._("“%(gap)s” became %(document)s already.",
                                       gap=gap.name, document=gap[other].display_name))
        if not gap[destination]:
            if gap.campaign_id.state not in ("running", "analysis"):
                raise UserError(self.env._("%s is not being analysed.", gap.campaign_id.display_name))
            if not (gap.measure or "").strip():
                raise UserError(self.env._("“%s”: write the measure first.", gap.name))
            gap.write({destination: make().id})
        return gap[destination].with_env(self.env).get_formview_action()

    def _make_improvement(self):
        return self.env["service.improvement"].sudo().create(
            {
                "name": self.name[:TITLE_LENGTH],
                "note": "\n".join(filter(None, (self.name, self.cause, self.measure))),
                "trend": "competitor",
                "department_id": self.department_id.id,
                "company_id": self.company_id.id,
            }
        )

    def _make_rectification(self):
        return self.env["quality.rectification"]._raise_from(
            self,
            [{"requirement": self.measure}],
            subject=self.name,
            description="\n".join(filter(None, (self.campaign_id.display_name, self.cause))),
            recipient_department_id=self.department_id.id,
            company_id=self.company_id.id,
        )
