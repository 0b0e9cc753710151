from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from .quality_survey_roles import GENERAL_MANAGER, MANAGER, STAFF

KINDS = [("phone", "By phone"), ("on_site", "On site")]
PROGRAMMES = [("return_visit", "Return visits"), ("general_manager", "General manager's visits")]
PLANNERS = f"{MANAGER},{GENERAL_MANAGER}"


class QualityReturnVisitPlan(models.Model):
    """Which customers are visited again how often, and by whom (D9, D12, E2)."""

    _name = "quality.return.visit.plan"
    _description = "Plan of return visits"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char("Title", required=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    active = fields.Boolean(default=True, tracking=True)
    programme = fields.Selection(PROGRAMMES, default="return_visit", required=True, tracking=True)
    kind = fields.Selection(KINDS, "Way", default="phone", required=True, tracking=True)

    # whom
    scope = fields.Selection(
        [("key", "Every key customer"), ("chosen", "Chosen customers"), ("rule", "Customers that fit a rule")],
        "Customers", default="key", required=True, tracking=True,
    )
    partner_ids = fields.Many2many(
        "res.partner", "quality_return_plan_partner_rel", "plan_id", "partner_id", "Chosen customers"
    )
    domain = fields.Char("Rule", default="[('is_company', '=', True)]", tracking=True)
    domain_user_id = fields.Many2one(
        "res.users", "Rule set by", readonly=True, copy=False, help="The rule sees what this person may see."
    )

    # when
    frequency_months = fields.Integer(
        "Every (months)", default=6, required=True, tracking=True, help="A customer may have a frequency of its own."
    )
    start_date = fields.Date("From", required=True, default=fields.Date.context_today, tracking=True)
    days_ahead = fields.Integer("Planned ahead (days)", default=14, required=True)
    grace_days = fields.Integer(
        "Missed after (days)", default=14, required=True, help="Days after the planned one in which it may be held."
    )

    # who and what
    interviewer_ids = fields.Many2many(
        "res.users", "quality_return_plan_user_rel", "plan_id", "user_id", "Interviewers",
        domain="[('share', '=', False)]",
        help="Each visit goes to the one with the fewest open visits who did not work for the customer since the last.",
    )
    survey_id = fields.Many2one(
        "survey.survey", "Questionnaire", index="btree_not_null", ondelete="restrict", tracking=True
    )
    visit_ids = fields.One2many("quality.return.visit", "plan_id", "Visits")

    _times_make_sense = models.Constraint(
        "CHECK (frequency_months BETWEEN 1 AND 120 AND days_ahead BETWEEN 0 AND 365 AND grace_days BETWEEN 0 AND 365)",
        "A return visit takes place every 1 to 120 months, planned at most a year ahead, missed after at most a year.",
    )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        uid = self.env.uid
        return super().create([{**vals, "domain_user_id": uid} for vals in vals_list])

    def write(self, vals):
        vals = {name: value for name, value in vals.items() if name != "domain_user_id"}
        if "domain" in vals or "scope" in vals:
            vals["domain_user_id"] = self.env.uid
        return super().write(vals)

    @api.constrains("interviewer_ids", "company_id")
    def _check_interviewers(self):
        for plan in self:
            for user in plan.interviewer_ids:
                if not user.has_groups(STAFF) or plan.company_id not in user.company_ids:
                    raise ValidationError(
                        self.env._(
                            "%s does not work in customer satisfaction and cannot hold return visits.", user.name
                        )
                    )

    @api.constrains("scope", "domain", "partner_ids")
    def _check_scope(self):
        for plan in self:
            if plan.scope == "chosen" and not plan.partner_ids:
                raise ValidationError(self.env._("“%s”: choose the customers.", plan.name))
            if plan.scope == "rule":
                try:
                    plan._parsed_domain().validate(self.env["res.partner"])
                except (ValueError, SyntaxError, TypeError) as error:
                    raise ValidationError(
                        self.env._("“%(plan)s”: the rule cannot be read: %(error)s", plan=plan.name, error=error)
                    ) from error

    def _parsed_domain(self):
        return Domain(literal_eval((self.domain or "[]").strip()))

    # ------------------------------------------------------------------
    # Whom
    # ------------------------------------------------------------------

    def _customers(self):
        """Return the customers of one plan, in its company; two queries however many there are."""
        self.ensure_one()
        partners = self.env["res.partner"].sudo().with_context(active_test=True)
        mine = Domain("company_id", "in", [False, self.company_id.id])
        if self.scope == "chosen":
            return self.partner_ids.sudo().filtered(
                lambda one: one.active and one.company_id.id in (False, self.company_id.id)
            )
        companies_only = mine & Domain("parent_id", "=", False)
        if self.scope == "key":
            return partners.search(companies_only & Domain("is_key_customer", "=", True))
        user = self.sudo().domain_user_id
        seen = partners.with_user(user).sudo(False).with_context(allowed_company_ids=self.company_id.ids)
        return seen.search(companies_only & self._parsed_domain()).sudo()

    def action_open_visits(self):
        """Return the action that shows the visits of this plan."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_survey.quality_return_visit_action"),
            "domain": [("plan_id", "=", self.id)],
            "context": {},
        }
