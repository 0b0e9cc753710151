from odoo import api, fields, models
from odoo.exceptions import UserError


class ResCompany(models.Model):
    _inherit = "res.company"

    #: models whose shipped records a further company gets copies of, and what tells their sorts apart, if anything;
    #: what later addons declare under these two names is added to this, in whatever file they do it
    _quality_defaults = {
        "quality.approval.rule": "gate",
        "quality.reporting.regime": None,
        "quality.escalation.rule": None,
        "quality.indicator": None,
    }
    _quality_sequences = (
        "quality.incident",
        "quality.stop.order",
        "quality.rectification",
        "quality.inspection",
        "quality.bulletin",
    )

    quality_national_grading = fields.Boolean("National accident grading", default=True)
    quality_late_report_hours = fields.Integer(
        "Late report after", default=24, help="Hours from discovery; a later report opens a violation. 0: never."
    )
    quality_acceptance_hours = fields.Integer(
        "Acceptance within", default=72, help="Hours from the request for acceptance."
    )
    quality_effect_days = fields.Integer("Effectiveness check after", default=30, help="Days from closing.")

    def action_quality_setup(self):
        """Give these companies their own approval rules, reporting regimes, escalation ladder, indicators and number
        sequences.

        They are copied, with their translations, from the company that has the shipped ones. What a company has of a
        sort already is left alone, so pressing twice adds nothing. Returns a notification.

        :raises AccessError: the user is not a quality manager
        :raises UserError: no company has anything to copy from
        """
        self.env["quality.incident"]._check_role("quality_incident.group_quality_manager")
        for company in self:
            company.sudo()._quality_copy_defaults()
            company.sudo()._quality_create_sequences()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._(
                    "%s has its approval rules, reporting regimes, escalation ladder, indicators and number sequences.",
                    ", ".join(self.mapped("name")),
                ),
            },
        }

    @api.model
    def _quality_every_default(self):
        """Return ``{model: what tells its sorts apart}`` of all installed addons."""
        classes = reversed(type(self).mro())
        return {model: sort for cls in classes for model, sort in vars(cls).get("_quality_defaults", {}).items()}

    @api.model
    def _quality_every_sequence(self):
        """Return the codes of the numbered documents of all installed addons, each once."""
        classes = reversed(type(self).mro())
        return list(dict.fromkeys(code for cls in classes for code in vars(cls).get("_quality_sequences", ())))

    def _quality_copy_defaults(self):
        for model, sort in self._quality_every_default().items():
            rules = self.env[model].with_context(active_test=False)
            own = rules.search([("company_id", "=", self.id)])
            source = rules.search([("company_id", "!=", self.id)], order="company_id, id", limit=1).company_id
            if not source and not own:
                raise UserError(
                    self.env._("No company has defaults to copy from. Update the addon to restore the shipped ones.")
                )
            had = {rule[sort] for rule in own} if sort else set()
            for rule in rules.search([("company_id", "=", source.id)]) if sort or not own else ():
                if not sort or rule[sort] not in had:
                    rule.copy({"company_id": self.id, **({"name": rule.name} if "name" in rule else {})})

    def _quality_create_sequences(self):
        sequences = self.env["ir.sequence"]
        for code in self._quality_every_sequence():
            if sequences.search_count([("code", "=", code), ("company_id", "=", self.id)], limit=1):
                continue
            shipped = sequences.search([("code", "=", code), ("company_id", "=", False)], limit=1)
            shipped.copy({"company_id": self.id, "number_next": 1})
