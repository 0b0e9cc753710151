from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_rectification_workflow import ISSUERS
from odoo.exceptions import AccessError, UserError

from .quality_survey_roles import GENERAL_MANAGER


class QualityAnnualReport(models.Model):
    """What follows from the annual report (D16): its measures, and the management review."""

    _inherit = "quality.annual.report"

    def action_raise_measure(self):
        """Draft a rectification notice as a measure of this report and open it (D16).

        :raises AccessError: the user may not issue notices
        :raises UserError: the decision has not been taken
        """
        self.ensure_one()
        self.check_access("read")
        self._check_role(ISSUERS)
        if self.state not in ("measures", "review"):
            raise UserError(self.env._("%s: measures follow the decision of the general manager.", self.display_name))
        if self.state == "review":
            self._reopen_measures(self.env._("A further measure was raised."))
        notice = self.env["quality.rectification"]._raise_from(
            self, [{"requirement": self.env._("Carry out the decision on the annual report of %s", self.year)}],
            subject=self.env._("Satisfaction of customers in %s", self.year), annual_report_id=self.id,
        )
        return notice.get_formview_action()

    def action_open_measures(self):
        """Return the action that shows the measures of this report."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_incident.quality_rectification_action"),
            "domain": [("annual_report_id", "=", self.id)],
            "context": {},
        }

    def action_open_review(self):
        """Open the management review of this report; draw one up when there is none (D16).

        :raises AccessError: the user neither issues notices nor is the general manager
        """
        self.ensure_one()
        self.check_access("read")
        if not self.review_id:
            self._check_role(f"{ISSUERS},{GENERAL_MANAGER}")
            if self.state not in ("measures", "review"):
                raise UserError(self.env._("%s: the review follows the decision.", self.display_name))
            self.sudo().review_id = self.env["quality.management.review"].sudo().create(
                {
                    "company_id": self.company_id.id, "date_from": f"{self.year}-01-01",
                    "date_to": f"{self.year}-12-31",
                }
            )
        return self.review_id.get_formview_action()

    def _reopen_measures(self, reason):
        """Take reports in review or closed back to their measures, as the system."""
        for report in self.sudo().filtered(lambda report: report.state in ("review", "closed")):
            report.reason = reason
            report.write({"state": "measures"})
            report._message_log(body=reason)


class QualityRectification(models.Model):
    """A notice that is a measure of an annual report (D16): what is found ineffective takes the report up again."""

    _inherit = "quality.rectification"

    annual_report_id = fields.Many2one(
        "quality.annual.report", "Measure of the annual report", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict", check_company=True,
    )

    @api.model
    def _source_of(self, record):
        if record._name in ("quality.annual.report", "quality.management.decision"):
            return "survey"
        return super()._source_of(record)

    @api.model
    def _check_system_fields(self, vals):
        if "annual_report_id" in vals and not self.env.su:
            raise AccessError(self.env._("A measure belongs to the annual report it was raised from."))
        return super()._check_system_fields(vals)

    def _after_transition(self, origins, target):
        again = self.sudo().filtered(lambda notice: notice.annual_report_id and origins.get(notice) == "closed")
        for notice in again:
            notice.annual_report_id._reopen_measures(
                self.env._("%s was taken up again: not effective yet.", notice.name)
            )
        return super()._after_transition(origins, target)
