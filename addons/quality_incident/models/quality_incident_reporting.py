from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools.paper import Paper


class QualityIncident(models.Model):
    """Legal grading, statutory duties, and what is caught by itself (A6 to A11)."""

    _inherit = "quality.incident"

    legal_grade = fields.Selection(
        [
            ("none", "None"),
            ("general", "General accident"),
            ("larger", "Larger accident"),
            ("major", "Major accident"),
            ("extraordinary", "Extraordinarily major accident"),
        ],
        compute="_compute_legal_grade",
        store=True,
        index=True,
        help="National grading by deaths, serious injuries and direct loss; bounds include their lower edge.",
    )
    detailed_filed_at = fields.Datetime("Detailed report filed on", copy=False, tracking=True)
    detailed_filed_proof_ids = fields.Many2many(
        "ir.attachment",
        "quality_incident_filing_rel",
        "incident_id",
        "attachment_id",
        string="Proof of filing",
        copy=False,
        bypass_search_access=True,
    )

    # ------------------------------------------------------------------
    # Legal grade
    # ------------------------------------------------------------------

    @api.depends(
        "deaths",
        "serious_injuries",
        "estimated_loss",
        "actual_loss",
        "currency_id",
        "company_id.quality_national_grading",
    )
    def _compute_legal_grade(self):
        thresholds = self.env["quality.legal.threshold"].sudo().search([("grade", "!=", False)])
        for incident in self:
            incident.legal_grade = "none"
            if incident.company_id.quality_national_grading:
                incident.legal_grade = thresholds._grade_of(incident)

    def _raise_to_legal_grade(self, explicit=False):
        """Keep ``grade`` the stricter of the company's and the law's: whatever the law grades is major here.

        :raises UserError: ``explicit`` is true, meaning somebody asked for a lower grade than the law's
        """
        low = self.filtered(lambda incident: incident.legal_grade != "none" and incident.grade != "major")
        if low and explicit:
            raise UserError(
                self.env._(
                    "%s: by deaths, injuries or loss the law grades this incident; it stays major.",
                    low[0].display_name,
                )
            )
        if low:
            low.sudo().write({"grade": "major"})

    # ------------------------------------------------------------------
    # Duties
    # ------------------------------------------------------------------

    def _open_duties(self):
        """Create the duties the regimes ask for and these incidents lack; never lose a running one (A7, A8)."""
        reported = self.filtered(
            lambda incident: (
                incident.reported_at and not incident.is_historic and incident.state in incident._open_states
            )
        )
        if reported:
            self.env["quality.reporting.regime"].sudo()._open_duties(reported.sudo())

    def _replan_duties(self):
        """Move the clocks of pending duties after the time of occurrence was corrected."""
        self.sudo().duty_ids.filtered(lambda duty: duty.state == "pending")._replan()

    def _open_stop_orders(self):
        """A9: a major incident stops the work at once."""
        stopped = self.filtered(
            lambda incident: (
                incident.grade == "major"
                and incident.reported_at
                and not incident.is_historic
                and incident.state in incident._open_states
                and not incident.stop_order_ids
            )
        )
        self.env["quality.stop.order"].sudo().create(
            [
                {
                    "incident_id": incident.id,
                    "scope": incident.location or incident.title,
                    "issued_by_id": self.env.uid,
                }
                for incident in stopped
            ]
        )

    def action_file_detailed_report(self):
        """Record that the detailed report was filed with the station (A11): now, with the proof attached before.

        :raises UserError: the proof or the content of the report is missing
        """
        self._check_role("quality_incident.group_quality_staff")
        for incident in self:
            missing = incident._missing_detailed_report()
            if not incident.detailed_filed_proof_ids:
                missing.append(self.env._("The proof of filing"))
            if missing:
                raise UserError(
                    self.env._(
                        "%(name)s: the detailed report cannot be filed yet. Missing:\n%(missing)s",
                        name=incident.display_name,
                        missing="\n".join(f"• {item}" for item in missing),
                    )
                )
            incident.sudo().detailed_filed_at = fields.Datetime.now()
        return True

    def _missing_detailed_report(self):
        """A11: the detailed report carries the cause and the investigation group's opinion."""
        missing = self._missing_fields("description", "root_cause", "chosen_option_id")
        if not self.team_ids.filtered("opinion"):
            missing.append(self.env._("The opinion of the investigation group"))
        return missing

    # ------------------------------------------------------------------
    # What is caught by itself (A6)
    # ------------------------------------------------------------------

    def _detect_late_report(self):
        for incident in self:
            hours = (incident.reported_at - incident.discovered_at).total_seconds() / 3600
            limit = incident.company_id.quality_late_report_hours
            if limit and hours > limit:
                incident._open_violation(
                    "late_report",
                    self.env._(
                        "Discovered %(discovered)s, reported %(reported)s: %(hours).1f hours later; "
                        "the limit is %(limit)d hours.",
                        discovered=Paper(incident).time(incident.discovered_at),
                        reported=Paper(incident).time(incident.reported_at),
                        hours=hours,
                        limit=limit,
                    ),
                )

    def _detect_self_handling(self):
        for incident in self.filtered(lambda line: line.self_handled and line.reported_at):
            incident._open_violation(
                "self_handled",
                self.env._(
                    "Handled by the project department before it was reported, outside the procedure.",
                ),
            )

    def _open_violation(self, kind, facts, key=""):
        """Open a violation of ``kind`` once per incident and ``key``, as found by the system."""
        self.ensure_one()
        if self.is_historic or self.sudo().violation_ids.filtered(
            lambda line: (line.kind, line.source_key) == (kind, key)
        ):
            return
        self.env["quality.violation"].sudo().create(
            {
                "incident_id": self.id,
                "kind": kind,
                "facts": facts,
                "detected": True,
                "source_key": key,
            }
        )

    # ------------------------------------------------------------------
    # What is missing
    # ------------------------------------------------------------------

    #: the step each state is waiting for
    _next_state = {
        "draft": "reported",
        "reported": "verified",
        "executing": "acceptance",
        "acceptance": "closing",
        "closing": "closed",
        "analysis": "plan",
    }

    def _next_missing(self):
        """Return what the next step of this incident still lacks, as texts."""
        if self.state == "verified":
            return self._missing_for("plan" if self.grade == "minor" else "analysis")
        if self.state == "plan":
            return self._missing_plan() or self._missing_for("executing")
        return super()._next_missing()
