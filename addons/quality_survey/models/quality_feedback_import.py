from odoo import api, models
from odoo.exceptions import UserError


class QualityFeedback(models.Model):
    """Opinions from a file, through Odoo's own import: one message per row, nothing twice (F9)."""

    _inherit = "quality.feedback"

    @api.model
    def _import_row_label(self, vals):
        return vals.get("external_ref") or ""

    @api.model
    def _check_import_rows(self, rows):
        """Refuse rows that are not on their scale, of a channel not entered by hand, or in the register already."""
        result = super()._check_import_rows(rows)
        known = self._known_references(row.vals.get("external_ref") for row in rows)
        for row in rows:
            reference = row.vals.get("external_ref")
            if reference and reference in known:
                row.refuse("external_ref", self.env._("in the register already, or twice in the file"))
            known.add(reference)
            if row.problems:
                continue
            vals = {"company_id": self.env.company.id, "given_at": False, **row.vals}
            try:
                self._check_entered(vals)
                self._prepare_collected([self._entered_values(vals)])
            except UserError as error:
                row.refuse("original_score" if "scale" in str(error) else "channel", str(error))
        return result

    @api.model
    def _known_references(self, references):
        """Return those of ``references`` that the register has already."""
        domain = [("company_id", "=", self.env.company.id), ("external_ref", "in", list(filter(None, references)))]
        rows = self.sudo().with_context(active_test=False).search_fetch(domain, ["external_ref"])
        return set(rows.mapped("external_ref"))
