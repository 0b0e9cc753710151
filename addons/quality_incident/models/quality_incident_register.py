from odoo import api, models

from .quality_register_mixin import RegisterColumn as Column


class QualityIncident(models.Model):
    """The incident register in Excel."""

    _name = "quality.incident"
    _inherit = ["quality.incident", "quality.register.mixin"]
    _register_date = "occurred_at"
    _register_order = "occurred_at, id"

    @api.model
    def _register_title(self):
        return self.env._("Incident register")

    @api.model
    def _register_columns(self):
        _ = self.env._
        return [
            Column(_("Number"), "name", width=16),
            Column(_("Title"), "title", width=36),
            Column(_("State"), "state", width=14),
            Column(_("Grade"), "grade", width=10),
            Column(_("Legal accident grade"), "legal_grade", width=14),
            Column(_("Happened on"), "occurred_at", "datetime"),
            Column(_("Discovered on"), "discovered_at", "datetime"),
            Column(_("Reported on"), "reported_at", "datetime"),
            Column(_("Closed on"), "closed_at", "datetime"),
            Column(_("Project"), "project_id"),
            Column(_("Location"), "location"),
            Column(_("What happened"), "description", width=48),
            Column(_("Cause category"), "cause_category_id"),
            Column(_("Root cause"), "root_cause", width=36),
            Column(_("Responsible unit"), "responsible_unit"),
            Column(_("Responsible person"), "responsible_person", width=18),
            Column(_("Deaths"), "deaths", "integer"),
            Column(_("Serious injuries"), "serious_injuries", "integer"),
            Column(_("Estimated loss"), "estimated_loss", "amount"),
            Column(_("Actual loss"), "actual_loss", "amount"),
            Column(_("Currency"), "currency_id.name", width=8),
            Column(_("Reported by"), "reporter_id", width=18),
            Column(_("Project technical lead"), "technical_lead_id", width=18),
            Column(_("Quality inspector"), "inspector_id", width=18),
            Column(_("Chosen treatment"), "chosen_option_id"),
            Column(_("Round"), "round", "integer"),
            Column(_("Reference at the source"), "external_ref", width=16),
            Column(_("Historic"), "is_historic", "boolean"),
            Column(_("Company"), "company_id"),
        ]
