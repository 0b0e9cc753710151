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
        return [
            Column(self.env._("Number"), "name", width=16),
            Column(self.env._("Title"), "title", width=36),
            Column(self.env._("State"), "state", width=14),
            Column(self.env._("Grade"), "grade", width=10),
            Column(self.env._("Legal accident grade"), "legal_grade", width=14),
            Column(self.env._("Happened on"), "occurred_at", "datetime"),
            Column(self.env._("Discovered on"), "discovered_at", "datetime"),
            Column(self.env._("Reported on"), "reported_at", "datetime"),
            Column(self.env._("Closed on"), "closed_at", "datetime"),
            Column(self.env._("Project"), "project_id"),
            Column(self.env._("Location"), "location"),
            Column(self.env._("What happened"), "description", width=48),
            Column(self.env._("Cause category"), "cause_category_id"),
            Column(self.env._("Root cause"), "root_cause", width=36),
            Column(self.env._("Responsible unit"), "responsible_unit"),
            Column(self.env._("Responsible person"), "responsible_person", width=18),
            Column(self.env._("Deaths"), "deaths", "integer"),
            Column(self.env._("Serious injuries"), "serious_injuries", "integer"),
            Column(self.env._("Estimated loss"), "estimated_loss", "amount"),
            Column(self.env._("Actual loss"), "actual_loss", "amount"),
            Column(self.env._("Currency"), "currency_id.name", width=8),
            Column(self.env._("Reported by"), "reporter_id", width=18),
            Column(self.env._("Project technical lead"), "technical_lead_id", width=18),
            Column(self.env._("Quality inspector"), "inspector_id", width=18),
            Column(self.env._("Chosen treatment"), "chosen_option_id"),
            Column(self.env._("Round"), "round", "integer"),
            Column(self.env._("Reference at the source"), "external_ref", width=16),
            Column(self.env._("Historic"), "is_historic", "boolean"),
            Column(self.env._("Company"), "company_id"),
        ]
