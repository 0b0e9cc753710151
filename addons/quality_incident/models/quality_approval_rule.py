from ast import literal_eval

from odoo import api, fields, models
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Domain

#: who approves a step; the same choice stands on the rule and, copied, on each row of the ledger
APPROVER_TYPES = [
    ("group", "Members of a group"), ("user", "A person"), ("field", "A person named on the document"),
    ("manager", "Manager of the document's department"),
]


class QualityApprovalRule(models.Model):
    """One step of a gate: for which documents it applies and who approves it (F3).

    Every rule that matches a document when approval is asked for makes a step; the lowest sequence comes first and
    equal sequences run side by side. Changing or deleting a rule never touches a round that was asked for: its rows
    carry copies.
    """

    _name = "quality.approval.rule"
    _description = "Approval rule"
    _inherit = ["mail.thread"]
    _order = "res_model, gate, sequence, id"

    name = fields.Char("Step", required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    company_id = fields.Many2one(
        "res.company", default=lambda self: self.env.company, index=True, tracking=True, help="Empty: every company.",
    )
    res_model = fields.Selection(
        selection="_selection_res_model", string="Kind of document", required=True, index=True, tracking=True,
    )
    gate = fields.Selection(selection="_selection_gate", string="To approve", required=True, tracking=True)
    domain = fields.Char("Documents", default="[]", required=True, tracking=True)
    sequence = fields.Integer(
        "Order", default=10, required=True, tracking=True, help="Steps with the same order run side by side.",
    )
    approver_type = fields.Selection(APPROVER_TYPES, "Approved by", default="group", required=True, tracking=True)
    group_id = fields.Many2one("res.groups", ondelete="cascade", tracking=True)
    user_id = fields.Many2one("res.users", "Person", ondelete="cascade", tracking=True)
    user_field = fields.Char("Field with the person", tracking=True, help="A field of the document that names a user.")
    quorum = fields.Integer(
        "How many", default=1, required=True, tracking=True, help="Number of different people who must approve.",
    )
    four_eyes = fields.Boolean(
        "Four-eyes", default=True, tracking=True,
        help="Neither the one who asks, nor an author, nor somebody who approved another step of the same round may "
             "approve. Relaxing this is logged here, and printed wherever it made a difference.",
    )
    hours = fields.Float(
        "Within hours", tracking=True, help="Time for the decision before it is escalated. Zero: no deadline.",
    )
    calendar_id = fields.Many2one(
        "resource.calendar", "Counted in", ondelete="set null", tracking=True, help="Empty: day and night.",
    )

    _quorum_positive = models.Constraint("CHECK (quorum >= 1)", "At least one person must approve.")
    _hours_positive = models.Constraint("CHECK (hours >= 0)", "The time for the decision cannot be negative.")

    @api.model
    def _selection_res_model(self):
        return self.env["quality.approval"]._selection_res_model()

    @api.model
    def _selection_gate(self):
        return self.env["quality.approval"]._fields["gate"]._description_selection(self.env)

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("approver_type", "group_id", "user_id", "user_field", "res_model")
    def _check_approver(self):
        needed = {"group": "group_id", "user": "user_id", "field": "user_field"}
        for rule in self:
            name = needed.get(rule.approver_type)
            if name and not rule[name]:
                raise ValidationError(self.env._(
                    "Step “%(step)s”: fill in “%(field)s”.", step=rule.name,
                    field=self._fields[name]._description_string(self.env),
                ))
            field = self.env[rule.res_model]._fields.get(rule.user_field)
            names_user = field and field.type == "many2one" and field.comodel_name == "res.users"
            if rule.approver_type == "field" and not names_user:
                raise ValidationError(self.env._(
                    "Step “%(step)s”: “%(field)s” is not a field of the document that names a user.",
                    step=rule.name, field=rule.user_field,
                ))

    @api.constrains("domain", "res_model")
    def _check_domain(self):
        for rule in self:
            try:
                rule._parsed_domain().validate(self.env[rule.res_model])
            except (ValueError, SyntaxError, TypeError) as error:
                raise ValidationError(self.env._(
                    "Step “%(step)s”: the choice of documents cannot be read: %(error)s", step=rule.name, error=error,
                )) from error

    # ------------------------------------------------------------------
    # CRUD: relaxing four-eyes leaves a trace
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not all(vals.get("four_eyes", True) for vals in vals_list):
            self._check_may_relax()
        rules = super().create(vals_list)
        for rule in rules.filtered(lambda rule: not rule.four_eyes):
            rule._message_log(body=self.env._("Created without four-eyes: one person may both ask and approve."))
        return rules

    def write(self, vals):
        """Write; only the quality manager or the administrator relaxes four-eyes, and the chatter keeps it.

        :raises AccessError: somebody else relaxes four-eyes
        """
        if not vals.get("four_eyes", True):
            self._check_may_relax()
        return super().write(vals)

    def _check_may_relax(self):
        if not self.env.su and not self.env.user.has_groups("quality_incident.group_quality_manager,base.group_system"):
            raise AccessError(self.env._("Only the quality manager or the administrator may relax four-eyes."))

    # ------------------------------------------------------------------
    # Use
    # ------------------------------------------------------------------

    def _parsed_domain(self):
        self.ensure_one()
        return Domain(literal_eval((self.domain or "[]").strip()))

    @api.model
    def _rules_for(self, document, gate):
        """Return the rules that apply to ``document`` at ``gate``, first step first."""
        document = document.sudo()
        company = document.company_id if "company_id" in document._fields else self.env.company
        rules = self.sudo().search([
            ("res_model", "=", document._name), ("gate", "=", gate), ("company_id", "in", [company.id, False]),
        ], order="sequence, id")
        return rules.filtered(lambda rule: document.filtered_domain(rule._parsed_domain()))

    def _prepare_row_vals(self, document):
        """Return what the ledger copies from this rule for ``document``; a named person is resolved, a group is not."""
        self.ensure_one()
        kind, user = self.approver_type, self.env["res.users"]
        if kind in ("user", "field"):
            user = self.user_id if kind == "user" else document[self.user_field]
        department = document._approval_department() if kind == "manager" else self.env["hr.department"]
        return {
            "rule_id": self.id, "rule_name": self.name, "approver_type": kind,
            "group_id": kind == "group" and self.group_id.id, "user_id": user.id,
            "department_id": department.id, "quorum": self.quorum, "four_eyes": self.four_eyes,
            "hours": self.hours, "calendar_id": self.calendar_id.id,
        }
