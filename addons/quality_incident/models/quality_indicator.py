from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain

from .quality_rectification import STAFF
from .quality_rectification_workflow import ISSUERS

UNITS = [
    ("percent", "Percent"), ("days", "Days"), ("amount", "Amount of money"), ("amount_mean", "Amount of money each"),
    ("count", "Number"),
]
DIRECTIONS = [("higher", "Higher is better"), ("lower", "Lower is better")]
PERIODS = [("week", "Week"), ("month", "Month"), ("quarter", "Quarter"), ("year", "Year")]
VERDICTS = [
    ("met", "Met"),
    ("not_met", "Not met"),
    ("not_proven", "Not proven"),
    ("no_data", "No data"),
    ("no_target", "No target"),
]
#: what a manager decides; everything else is the definition, which belongs to the addon that measures
SETTINGS = frozenset(
    {
        "target", "has_target", "user_id", "period", "active", "is_sample", "include_historic", "start_date",
        "sequence",
    }
)
#: what a value keeps of its indicator as it was when it was measured
DEFINITION = (
    "code", "name", "formula", "numerator_text", "denominator_text", "exclusion_text", "unit", "direction", "target",
    "has_target", "period", "is_sample", "include_historic",
)


class QualityIndicator(models.Model):
    """What is measured, how, for which period and against which target (B5).

    The definition is given by the addon that owns the indicator: a data record, and a method ``_measure_<code>``, see
    :mod:`quality_indicator_measure`. A company decides the target, the owner and the period.
    """

    _name = "quality.indicator"
    _description = "Quality indicator"
    _inherit = ["mail.thread"]
    _order = "company_id, sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, index=True, help="Names the method that measures it.")
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, index=True, default=lambda self: self.env.company
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users", "Owner", tracking=True, index="btree_not_null", copy=False, check_company=True,
        domain=lambda self: [
            ("share", "=", False),
            ("all_group_ids", "in", [self.env.ref(group).id for group in ISSUERS.split(",")]),
        ],
        help="Is asked to act when a target is not met; without an owner, the quality managers are asked.",
    )

    # definition
    description = fields.Text(translate=True)
    formula = fields.Text(required=True, translate=True)
    numerator_text = fields.Text("What the numerator counts", required=True, translate=True)
    denominator_text = fields.Text("What the denominator counts", required=True, translate=True)
    exclusion_text = fields.Text("What is not counted", required=True, translate=True)
    unit = fields.Selection(UNITS, required=True, default="percent")
    direction = fields.Selection(DIRECTIONS, required=True, default="higher")

    # decided by the company
    has_target = fields.Boolean("Has a target", default=True, tracking=True)
    target = fields.Float(tracking=True, help="In percent, days or money, as the unit says: 90 means 90 %.")
    period = fields.Selection(PERIODS, required=True, default="month", tracking=True)
    is_sample = fields.Boolean(
        "Measured on a sample", tracking=True,
        help="Only for percentages. What was looked at stands for more than itself: the value then has a 95 % "
        "confidence interval, and the target is met only when the whole interval is on its good side. A target of "
        "100 % can never be proven by a sample.",
    )
    include_historic = fields.Boolean(
        "Count imported history", tracking=True, help="Otherwise imported records are left out, and the sheet says so."
    )
    start_date = fields.Date(
        "Measured from", required=True, default=fields.Date.context_today, copy=False, tracking=True,
        help="The period of this day is the first one measured. An earlier day has past periods measured, too.",
    )

    value_ids = fields.One2many("quality.indicator.value", "indicator_id", "Values", readonly=True)

    _code_uniq = models.UniqueIndex("(code, company_id)", "This company has this indicator already.")

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("code")
    def _check_code(self):
        for indicator in self:
            indicator._measure_method()

    @api.constrains("target", "unit")
    def _check_target(self):
        for indicator in self:
            if indicator.target < 0 or (indicator.unit == "percent" and indicator.target > 100):
                raise ValidationError(
                    self.env._("“%s”: a target is not negative, and a percentage not above 100.", indicator.name)
                )

    @api.constrains("is_sample", "unit")
    def _check_sample(self):
        for indicator in self:
            if indicator.is_sample and indicator.unit != "percent":
                raise ValidationError(
                    self.env._("“%s”: only a percentage can be measured on a sample.", indicator.name)
                )

    @api.constrains("user_id")
    def _check_owner(self):
        for indicator in self:
            if indicator.user_id and not indicator.user_id.sudo().has_groups(ISSUERS):
                raise ValidationError(
                    self.env._(
                        "“%s”: the owner must be somebody who may issue rectification notices.", indicator.name
                    )
                )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    def write(self, vals):
        """Write what a company decides; the definition is fixed, else values could not be compared.

        :raises AccessError: the user is not a quality manager
        :raises UserError: something of the definition would change
        """
        self.check_access("write")
        self._check_settings_only(vals)
        return super().write(vals)

    def update_field_translations(self, field_name, translations, source_lang=""):
        """Translate; the texts of the definition are fixed in every language."""
        self.check_access("write")
        self._check_settings_only({field_name})
        return super().update_field_translations(field_name, translations, source_lang=source_lang)

    @api.model
    def _check_settings_only(self, names):
        # of several modules when an addon adds a value to a selection
        own = {name for name in names if "quality_incident" in self._fields[name]._modules}
        fixed = own - SETTINGS
        if fixed and not self.env.su:
            raise UserError(
                self.env._(
                    "The definition of an indicator is fixed: %s cannot be changed.",
                    ", ".join(sorted(self._fields[name]._description_string(self.env) for name in fixed)),
                )
            )

    def action_open_values(self):
        """Return the action that shows the values of this indicator.

        :raises AccessError: the user may not read the indicator
        """
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_incident.quality_indicator_value_action"),
            "domain": [("indicator_id", "=", self.id)],
            "context": {"search_default_current": True},
        }

    @api.model
    def _managers_of(self, company):
        """Return the quality managers who work for ``company``."""
        group = self.env.ref("quality_incident.group_quality_manager")
        return self.env["res.users"].sudo().search(
            Domain("all_group_ids", "in", group.ids)
            & Domain("company_ids", "in", company.ids)
            & Domain("share", "=", False)
        )

    def _check_readable(self):
        if not self.env.su and not self.env.user.has_group(STAFF):
            raise AccessError(self.env._("Indicators are for the quality staff."))
