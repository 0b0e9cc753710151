from odoo import api, fields, models


class ServiceFaultCode(models.Model):
    """A kind of fault, by the code that the fault register counts (D6)."""

    _name = "service.fault.code"
    _description = "Fault code"
    _order = "code"
    _rec_names_search = ["code", "name"]

    code = fields.Char(required=True)
    name = fields.Char("Meaning", translate=True)
    active = fields.Boolean(default=True)

    _code_uniq = models.UniqueIndex("(LOWER(code))", "This fault code exists already.")

    @api.depends("code", "name")
    def _compute_display_name(self):
        for fault in self:
            fault.display_name = f"{fault.code} {fault.name}" if fault.name else fault.code
