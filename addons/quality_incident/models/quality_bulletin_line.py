from odoo import api, fields, models
from odoo.fields import Domain

#: what each figure counts: (model, what else it asks for)
COUNTS = ("inspections", "missed", "findings", "issued", "repeats", "open", "overdue", "closed")


class QualityBulletinLine(models.Model):
    """The figures of one department or outside party; written by the system, fixed with the bulletin."""

    _name = "quality.bulletin.line"
    _description = "Department in a quality bulletin"
    _order = "bulletin_id desc, overdue_count desc, open_count desc, name, id"

    bulletin_id = fields.Many2one("quality.bulletin", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="bulletin_id.company_id", store=True, index=True)
    department_id = fields.Many2one("hr.department", readonly=True, index="btree_not_null")
    partner_id = fields.Many2one("res.partner", "Outside party", readonly=True, index="btree_not_null")
    name = fields.Char("Department or outside party", required=True, readonly=True)

    inspections_count = fields.Integer("Inspections", readonly=True)
    missed_count = fields.Integer("Missed", readonly=True)
    findings_count = fields.Integer("Deficiencies", readonly=True)
    issued_count = fields.Integer("Notices issued", readonly=True)
    repeats_count = fields.Integer("Repeated findings", readonly=True)
    open_count = fields.Integer("Open notices", readonly=True)
    overdue_count = fields.Integer("Overdue notices", readonly=True)
    closed_count = fields.Integer("Closed notices", readonly=True)
    first_passed = fields.Integer("Passed at once", readonly=True)
    first_checked = fields.Integer("First re-checks", readonly=True)
    first_pass_yield = fields.Float("First-pass yield", compute="_compute_first_pass_yield", aggregator=None)

    @api.depends("first_passed", "first_checked")
    def _compute_first_pass_yield(self):
        for line in self:
            line.first_pass_yield = line.first_passed / line.first_checked if line.first_checked else 0

    def action_open(self):
        """Return the action that opens the records behind one figure, named in the context as ``figure``.

        The records are those of today: what the bulletin says stays as it was published.
        """
        self.ensure_one()
        self.check_access("read")
        figure = self.env.context.get("figure")
        asked = self.bulletin_id._asked()
        if figure not in asked:
            figure = "open"
        model, domain, department, partner = asked[figure]
        domain = domain & Domain(department, "=", self.department_id.id) & Domain(partner, "=", self.partner_id.id)
        return {
            "type": "ir.actions.act_window",
            "name": f"{self.name}: {self._fields[f'{figure}_count']._description_string(self.env)}",
            "res_model": model,
            "views": [[False, "list"], [False, "form"]],
            "domain": list(domain),
        }


class QualityBulletinItem(models.Model):
    """A finding of the week, or an open notice, as it stood when the bulletin was made."""

    _name = "quality.bulletin.item"
    _description = "Finding or notice in a quality bulletin"
    _inherit = ["quality.personal.mixin"]
    _order = "bulletin_id desc, kind, is_overdue desc, party, due_date, id"
    _personal_fields = ("text",)

    bulletin_id = fields.Many2one("quality.bulletin", required=True, readonly=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="bulletin_id.company_id", store=True, index=True)
    kind = fields.Selection([("finding", "Finding"), ("open", "Open notice")], required=True, readonly=True)
    party = fields.Char("Department or outside party", readonly=True)
    number = fields.Char(readonly=True)
    text = fields.Text("What", readonly=True)
    clause = fields.Char("Standard clause", readonly=True)
    notice = fields.Char("Rectification notice", readonly=True)
    notice_state = fields.Selection(
        lambda self: self.env["quality.rectification"]._fields["state"]._description_selection(self.env),
        "State of the notice",
        readonly=True,
    )
    due_date = fields.Date("Due date", readonly=True)
    is_overdue = fields.Boolean("Overdue", readonly=True)
    is_repeat = fields.Boolean("Repeated finding", readonly=True)
    inspection_id = fields.Many2one("quality.inspection", readonly=True, index="btree_not_null", ondelete="set null")
    rectification_id = fields.Many2one(
        "quality.rectification", "Notice", readonly=True, index="btree_not_null", ondelete="set null"
    )

    def _personal_documents(self):
        return self.bulletin_id

    def _personal_reference(self):
        return self.bulletin_id.name
