from odoo import fields, models

SUBJECTS = [
    ("site", "Routine site inspection"),
    ("part", "Part in progress"),
    ("unit", "Completed unit"),
    ("contract", "Contract handed over"),
]


class QualityInspectionTemplate(models.Model):
    """What is looked at on one kind of site (B3, B4)."""

    _name = "quality.inspection.template"
    _description = "Inspection template"
    _order = "sequence, name, id"
    _check_company_auto = True

    name = fields.Char("Kind of site", required=True, translate=True)
    sequence = fields.Integer(default=10)
    subject = fields.Selection(
        SUBJECTS,
        "What is inspected",
        required=True,
        default="site",
        help="Decides which indicator the result counts for.",
    )
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    active = fields.Boolean(default=True)
    line_ids = fields.One2many("quality.inspection.template.line", "template_id", "Points to check", copy=True)


class QualityInspectionTemplateLine(models.Model):
    """One point of a checklist."""

    _name = "quality.inspection.template.line"
    _description = "Point of an inspection template"
    _order = "template_id, sequence, id"
    _check_company_auto = True

    template_id = fields.Many2one("quality.inspection.template", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="template_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    section = fields.Char(translate=True)
    name = fields.Char("What is checked", required=True, translate=True)
    standard_id = fields.Many2one("quality.standard", index="btree_not_null", ondelete="restrict", check_company=True)
    hint = fields.Char(translate=True, help="How to check it, or what the limit is.")
