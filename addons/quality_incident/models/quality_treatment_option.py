from odoo import api, fields, models
from odoo.exceptions import UserError

from .quality_incident_workflow import ENGINEERING, LEAD


class QualityTreatmentOption(models.Model):
    """One way to treat the defect, compared side by side with the others (B7)."""

    _name = "quality.treatment.option"
    _description = "Treatment option"
    _inherit = "quality.incident.line"
    _order = "chosen desc, cost, id"
    _personal_fields = ("name", "description", "study")
    _document_states = ("analysis", "plan", "executing")

    name = fields.Char(required=True)
    method = fields.Selection(
        [
            ("repair", "Repair"),
            ("rework", "Rework"),
            ("comprehensive", "Comprehensive treatment"),
        ],
        required=True,
        default="repair",
    )
    description = fields.Text()
    study = fields.Text(help="The investigation the decision to rework rests on.")
    meets_standard = fields.Boolean("Meets the standard")
    cost = fields.Monetary()
    days = fields.Float("Delay (days)")
    currency_id = fields.Many2one(related="incident_id.currency_id")
    chosen = fields.Boolean(readonly=True, copy=False)
    chosen_by_id = fields.Many2one("res.users", "Chosen by", readonly=True, copy=False)

    _one_chosen = models.UniqueIndex("(incident_id) WHERE chosen IS TRUE", "Only one treatment option can be chosen.")
    _cost_positive = models.Constraint("CHECK (cost >= 0 AND days >= 0)", "Cost and delay cannot be negative.")

    @api.model_create_multi
    def create(self, vals_list):
        self._check_chosen_by_method(*vals_list)
        return super().create(vals_list)

    def write(self, vals):
        """Write; an option is chosen through :meth:`action_choose` only, and may not lose what made it eligible."""
        self._check_chosen_by_method(vals)
        result = super().write(vals)
        for option in self.filtered("chosen"):
            option._check_eligible()
        return result

    def _check_chosen_by_method(self, *vals_list):
        if not self.env.su and any({"chosen", "chosen_by_id"} & vals.keys() for vals in vals_list):
            raise UserError(self.env._("Use the Choose button: it checks that the option may be chosen."))

    def action_choose(self):
        """Choose this option; the one chosen before steps back.

        :raises UserError: it does not meet the standard, or its method needs a study or a determination (B7)
        """
        self.ensure_one()
        self.env["quality.incident"]._check_role(f"{LEAD},{ENGINEERING}")
        self.check_access("write")
        self._check_document_states()
        self._check_eligible()
        others = self.incident_id.option_ids.filtered("chosen") - self
        others.sudo().write({"chosen": False, "chosen_by_id": False})
        others.flush_recordset(["chosen"])
        self.sudo().write({"chosen": True, "chosen_by_id": self.env.uid})
        return True

    def _check_eligible(self):
        missing = self._missing_for_choice()
        if missing:
            raise UserError(
                self.env._(
                    "“%(option)s” cannot be chosen:\n%(missing)s",
                    option=self.name,
                    missing="\n".join(f"• {item}" for item in missing),
                )
            )

    def _missing_for_choice(self):
        """Return what B7 asks for before this option may be chosen, as texts."""
        self.ensure_one()
        missing = []
        if not self.meets_standard:
            missing.append(
                self.env._("It does not meet the standard: what cannot be remedied to standard must be redone")
            )
        if self.method == "rework" and not self.study:
            missing.append(self.env._("Rework rests on a serious study: enter it"))
        if self.method != "repair" and not self.incident_id.determination_ids.filtered(
            lambda line: line.state == "confirmed"
        ):
            missing.append(self.env._("A confirmed determination of the defect's nature"))
        return missing
