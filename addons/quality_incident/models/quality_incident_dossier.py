from odoo import models


class QualityIncident(models.Model):
    """What the dossier and the closure record of an incident gather."""

    _name = "quality.incident"
    _inherit = ["quality.incident", "quality.dossier.mixin"]

    def _dossier_reports(self):
        name = self.name
        reports = [
            ("quality_incident.action_report_statutory", duty, self.env._("Statutory report %s", duty._report_number()))
            for duty in self.duty_ids.sorted("id")
        ]
        for order in self.stop_order_ids.sorted("id"):
            reports += [
                ("quality_incident.action_report_stop_order", order, self.env._("Stop-work order %s", order.name)),
                ("quality_incident.action_report_resume", order, self.env._("Resume-work sign-off %s", order.name)),
            ]
        return [
            *reports,
            ("quality_incident.action_report_detailed", self, self.env._("Detailed report %s", name)),
            ("quality_incident.action_report_closure", self, self.env._("Closure record %s", name)),
        ]

    def _dossier_records(self):
        return [
            self,
            self.scene_ids,
            self.stop_order_ids,
            self.stop_order_ids.signoff_ids,
            self.duty_ids,
            self.team_ids,
            self.meeting_ids,
            self.determination_ids,
            self.determination_ids.test_ids,
            self.option_ids,
            self.action_ids,
            self.acceptance_ids,
            self.education_ids,
            self.responsibility_ids,
            self.violation_ids,
            self.fact_ids,
        ]

    def _dossier_seals(self):
        return (
            self.seal_ids
            | self.acceptance_ids.seal_ids
            | self.stop_order_ids.seal_ids
            | self.stop_order_ids.signoff_ids.seal_ids
        )
