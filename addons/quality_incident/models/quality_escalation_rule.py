from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL

#: a change of these moves when something is due to happen
TIMING_FIELDS = {"company_id", "kind", "res_model", "moment_type", "moment_value", "active"}


class QualityEscalationRule(models.Model):
    """One rung of the ladder: at which moment of a promise whom to tell, and how (DESIGN.md §3).

    A rung fires once for each deadline. A new rung, or one whose moment was changed, also fires for the deadlines
    that run already: if its moment has passed, at the next run of the job. A deadline that has fired it does not again.
    """

    _name = "quality.escalation.rule"
    _description = "Escalation rule"
    _inherit = ["mail.thread"]
    _order = "company_id, sequence, level, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company, tracking=True)
    kind = fields.Selection(
        lambda self: self.env["quality.deadline"]._fields["kind"]._description_selection(self.env),
        "Only for", tracking=True, help="Empty: deadlines of every kind.",
    )
    res_model = fields.Char(
        "Only on", tracking=True, help="Technical name of a kind of document. Empty: deadlines on every document.")
    moment_type = fields.Selection(
        [
            ("percent", "% of the time used"),
            ("before", "minutes before due"),
            ("after", "minutes after due"),
        ],
        "Moment", required=True, default="after", tracking=True,
        help="Percent are counted in the deadline's own working schedule, minutes around the clock.",
    )
    moment_value = fields.Integer("Value", required=True, default=0, tracking=True)
    moment_text = fields.Char("When", compute="_compute_moment_text")
    level = fields.Integer(
        required=True, default=1, tracking=True,
        help="How high this step is on the ladder. When several steps are due at once, a person is told once, "
             "for the highest.",
    )
    target = fields.Selection(
        [
            ("owner", "Owner"),
            ("manager", "Manager"),
            ("group", "Role"),
            ("user", "User"),
        ],
        "Who", required=True, default="owner", tracking=True,
        help="Manager: that of the deadline's department, or of the department above if the owner is the manager; "
             "without a department, the owner's own manager. If nobody is found, the quality managers are told.",
    )
    group_id = fields.Many2one("res.groups", "Role", tracking=True)
    user_id = fields.Many2one("res.users", tracking=True, domain=[("share", "=", False)])
    channel = fields.Selection(
        [("activity", "Activity"), ("mail", "Message"), ("both", "Activity and message")],
        "How", required=True, default="activity", tracking=True,
        help="A message goes by e-mail or to the inbox, as each user prefers.",
    )

    # ------------------------------------------------------------------
    # Computes and constraints
    # ------------------------------------------------------------------

    @api.depends("moment_type", "moment_value")
    @api.depends_context("lang")
    def _compute_moment_text(self):
        for rule in self:
            span = rule._format_minutes(rule.moment_value)
            if rule.moment_type == "percent":
                rule.moment_text = self.env._("at %(percent)s %% of the time", percent=rule.moment_value)
            elif not rule.moment_value:
                rule.moment_text = self.env._("when due")
            elif rule.moment_type == "before":
                rule.moment_text = self.env._("%(span)s before due", span=span)
            else:
                rule.moment_text = self.env._("%(span)s overdue", span=span)

    @api.model
    def _format_minutes(self, minutes):
        if minutes % 60:
            return self.env._("%(minutes)s min", minutes=minutes)
        return self.env._("%(hours)s h", hours=minutes // 60)

    @api.constrains("moment_type", "moment_value")
    def _check_moment(self):
        for rule in self:
            if rule.moment_type == "percent" and not 1 <= rule.moment_value <= 100:
                raise ValidationError(self.env._("“%(name)s”: the percentage must be from 1 to 100.", name=rule.name))
            if rule.moment_value < 0:
                raise ValidationError(self.env._("“%(name)s”: the minutes cannot be negative.", name=rule.name))

    @api.constrains("target", "group_id", "user_id")
    def _check_target(self):
        for rule in self:
            if rule.target == "group" and not rule.group_id:
                raise ValidationError(self.env._("“%(name)s”: choose the role to tell.", name=rule.name))
            if rule.target == "user" and (not rule.user_id or rule.user_id.share):
                raise ValidationError(self.env._("“%(name)s”: choose the internal user to tell.", name=rule.name))

    @api.constrains("level")
    def _check_level(self):
        for rule in self:
            if rule.level < 1:
                raise ValidationError(self.env._("“%(name)s”: the level must be 1 or more.", name=rule.name))

    @api.constrains("res_model")
    def _check_res_model(self):
        for rule in self.filtered("res_model"):
            model = self.env.get(rule.res_model)
            if model is None or "deadline_ids" not in model._fields:
                raise ValidationError(self.env._(
                    "“%(name)s”: “%(model)s” is not a kind of document with deadlines.",
                    name=rule.name, model=rule.res_model,
                ))

    # ------------------------------------------------------------------
    # CRUD: running deadlines follow the ladder
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        rules = super().create(vals_list)
        rules._recheck_deadlines()
        return rules

    def write(self, vals):
        result = super().write(vals)
        if TIMING_FIELDS & vals.keys():
            # Only deadlines the rule covers now can gain a moment; those it left keep one look too many.
            self._recheck_deadlines()
        return result

    def _recheck_deadlines(self):
        """Let the escalation look at every running deadline these rules cover; one statement, whatever their number."""
        rules = self.filtered("active")
        if not rules:
            return
        Deadline = self.env["quality.deadline"].sudo()
        covered = Domain.OR(rule._covered_domain() for rule in rules)
        query = Deadline._search(covered & Domain("state", "=", "running"))
        Deadline.flush_model()
        self.env.cr.execute(SQL(
            "UPDATE quality_deadline SET next_check_at = %s WHERE id IN %s", fields.Datetime.now(), query.subselect(),
        ))
        Deadline.invalidate_model(["next_check_at"])

    def _covered_domain(self):
        domain = Domain("company_id", "=", self.company_id.id)
        if self.kind:
            domain &= Domain("kind", "=", self.kind)
        if self.res_model:
            domain &= Domain("res_model", "=", self.res_model)
        return domain

    # ------------------------------------------------------------------
    # The ladder
    # ------------------------------------------------------------------

    @api.model
    def _ladder(self, companies):
        """Return the active rules of ``companies``, as the superuser."""
        return self.sudo().search([("company_id", "in", companies.ids)])

    def _for(self, company_id, kind, res_model):
        """Return the rules of this ladder that cover such a deadline."""
        return self.filtered(
            lambda rule: rule.company_id.id == company_id
            and rule.kind in (False, kind) and rule.res_model in (False, res_model)
        )

    def _moment(self, clock):
        """Return when this rule fires for a deadline with this :class:`Clock`, as naive UTC."""
        self.ensure_one()
        if self.moment_type == "percent":
            return clock.at_share(self.moment_value)
        delay = timedelta(minutes=self.moment_value)
        return clock.due_at - delay if self.moment_type == "before" else clock.due_at + delay

    def _next_check(self, clock, breached=False):
        """Return when something happens next if these rules have not fired yet; False if nothing will."""
        moments = [rule._moment(clock) for rule in self]
        if not breached:
            moments.append(clock.due_at + timedelta(seconds=1))  # on the dot is still in time
        return min(moments, default=False)

    def _copy_to_company(self, company):
        """Give ``company`` this ladder, unless it has rules of its own; return its rules."""
        existing = self.sudo().with_context(active_test=False).search([("company_id", "=", company.id)])
        return existing or self.copy({"company_id": company.id})
