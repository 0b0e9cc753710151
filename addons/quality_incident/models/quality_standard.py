from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain


class QualityStandard(models.Model):
    """A clause of a standard or regulation that inspections and notices refer to (B4)."""

    _name = "quality.standard"
    _description = "Standard"
    _order = "code, clause, version desc, id"
    _rec_names_search = ["code", "name", "clause"]

    code = fields.Char(required=True, index="trigram", help="As it is cited, for instance GB 50204.")
    name = fields.Char("Title", required=True)
    clause = fields.Char(help="Empty: the standard as a whole.")
    version = fields.Char(help="Year or edition.")
    text = fields.Text("What it asks for")
    valid_from = fields.Date("Valid from")
    valid_to = fields.Date("Valid to", help="Last day of validity; empty while it is in force.")
    company_id = fields.Many2one("res.company", index=True, help="Empty: for all companies.")
    active = fields.Boolean(default=True)
    is_expired = fields.Boolean("Not in force", compute="_compute_is_expired", search="_search_is_expired")

    _clause_uniq = models.UniqueIndex(
        "(LOWER(code), LOWER(COALESCE(clause, '')), LOWER(COALESCE(version, '')), COALESCE(company_id, 0))",
        "This clause of this version of the standard is in the register already.",
    )

    @api.depends("code", "clause", "version", "name")
    def _compute_display_name(self):
        for standard in self:
            cited = f"{standard.code}-{standard.version}" if standard.version else standard.code or ""
            standard.display_name = " ".join(filter(None, (cited, standard.clause, standard.name)))

    @api.depends("valid_from", "valid_to")
    def _compute_is_expired(self):
        today = fields.Date.context_today(self)
        for standard in self:
            standard.is_expired = not standard._in_force_on(today)

    @api.model
    def _search_is_expired(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        today = fields.Date.context_today(self)
        return Domain("valid_to", "<", today) | Domain("valid_from", ">", today)

    @api.constrains("valid_from", "valid_to")
    def _check_validity(self):
        for standard in self:
            if standard.valid_from and standard.valid_to and standard.valid_to < standard.valid_from:
                raise ValidationError(self.env._("%s: it ends before it begins.", standard.display_name))

    def _in_force_on(self, day):
        """Return whether this clause is in force on ``day``."""
        self.ensure_one()
        return (not self.valid_from or self.valid_from <= day) and (not self.valid_to or self.valid_to >= day)

    def _warning(self, day):
        """Return what is to be said about citing this clause on ``day``; empty when it is in force."""
        self.ensure_one()
        if self.valid_to and self.valid_to < day:
            return self.env._("%(standard)s is no longer in force since %(day)s.", standard=self.display_name,
                              day=self.valid_to)
        if self.valid_from and self.valid_from > day:
            return self.env._("%(standard)s is in force only from %(day)s.", standard=self.display_name,
                              day=self.valid_from)
        return ""

    def _repeat_key(self):
        """Return what makes two citations the same clause, whatever the version."""
        self.ensure_one()
        return " ".join(f"{self.code} {self.clause or ''}".split()).casefold()
