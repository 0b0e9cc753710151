from odoo import fields, models
from odoo.addons.quality_incident.tools.canonical import snapshot
from odoo.exceptions import UserError

from .quality_market_survey import GATE, TEXTS
from .quality_survey_roles import CLERK, GENERAL_MANAGER, MANAGER, STAFF


class QualityMarketSurvey(models.Model):
    """The steps of a market survey and the approval of its report by the general manager (D13)."""

    _inherit = "quality.market.survey"

    # ------------------------------------------------------------------
    # Approval
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return GATE

    def _approval_content(self, gate):
        return {
            "report": snapshot(
                self,
                ["name", "title", "year", "survey_id", "figures_at", *TEXTS,
                 ("gap_ids", ["name", "cause", "measure", "department_id"]),
                 ("figure_ids", ["type", "question", "answer", "answered", "mean"])],
            )
        }

    def _approval_authors(self, gate):
        return self.user_id

    def _check_can_request_approval(self, gate):
        self._check_role(STAFF)
        missing = super()._check_can_request_approval(gate)
        if self.state != "approval":
            raise UserError(self.env._("%s: hand the report in after the analysis.", self.display_name))
        return missing + self._missing_report()

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "approved"})
        return super()._on_approval_granted(gate)

    def _on_approval_rejected(self, gate):
        self.sudo().filtered(lambda one: one.state == "approval").write({"state": "analysis"})
        return super()._on_approval_rejected(gate)

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    def _next_people(self):
        todo = {
            "draft": self.env._("Choose whom to ask and begin the market survey"),
            "running": self.env._("Collect the answers of the market survey"),
            "analysis": self.env._("Write the report of the market survey"),
        }
        return (self.user_id, todo[self.state]) if self.state in todo else None

    def _after_transition(self, origins, target):
        campaigns = self.sudo()
        if target == "running":
            campaigns.filtered(lambda one: not one.started_at).write({"started_at": fields.Datetime.now()})
        elif target == "analysis":
            campaigns.filtered(lambda one: origins[self.browse(one.id)] == "running")._read_figures()
        elif target == "approved":
            campaigns.write({"approved_at": fields.Datetime.now()})
            campaigns._archive_report()
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def _archive_report(self):
        action = self.env.ref("quality_survey.action_report_market_survey")
        for campaign in self:
            content, _kind = action._render_qweb_pdf(action, campaign.ids)
            campaign.report_id = self.env["ir.attachment"].create(
                {"name": f"{campaign.name.replace('/', '_')}.pdf", "raw": content, "res_model": self._name,
                 "res_id": campaign.id}
            )

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_start(self):
        """Begin: everybody with an address is invited by a link of their own (D13).

        :raises AccessError: the user does not work in customer satisfaction
        :raises UserError: listing what is missing
        """
        self._check_role(STAFF)
        self.check_access("write")
        result = self._take_step("running")
        self.respondent_ids._invite()
        return result

    def action_invite(self):
        """Invite the respondents added meanwhile; nobody is invited twice."""
        self._check_role(STAFF)
        self.check_access("write")
        for campaign in self:
            if campaign.state != "running":
                raise UserError(self.env._("%s is not running.", campaign.display_name))
        self.respondent_ids._invite()
        return True

    def action_analyse(self):
        """Stop collecting: the figures are read and stand (D13)."""
        self._check_role(STAFF)
        return self._take_step("analysis")

    def action_continue(self):
        """Go on collecting answers, or take the report back from the approval to change it."""
        self._check_role(STAFF)
        for campaign in self:
            campaign._take_step("running" if campaign.state == "analysis" else "analysis")
        return True

    def action_submit(self):
        """Hand the report to the general manager for approval (D13).

        :raises UserError: listing what the report lacks
        """
        self._check_role(STAFF)
        self._take_step("approval")
        return self.action_request_approval(GATE)

    def action_cancel(self, reason=None):
        """Cancel with a reason; the campaign keeps its number."""
        self._check_role(f"{MANAGER},{GENERAL_MANAGER}")
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_add_customers(self):
        """Add every key customer that is not asked yet.

        :raises UserError: the survey is over
        """
        self._check_role(f"{CLERK},{MANAGER},{GENERAL_MANAGER}")
        self.check_access("write")
        for campaign in self:
            if campaign.state not in ("draft", "running"):
                raise UserError(self.env._("%s: nobody is asked any more.", campaign.display_name))
            known = campaign.respondent_ids.partner_id
            customers = self.env["res.partner"].search(
                [("is_key_customer", "=", True), ("parent_id", "=", False), ("id", "not in", known.ids),
                 ("company_id", "in", [False, campaign.company_id.id])]
            )
            self.env["quality.market.respondent"].create(
                [{"campaign_id": campaign.id, "partner_id": customer.id, "type": "customer"} for customer in customers]
            )
        return True
