from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from .quality_incident import GRADES

TRIGGERS = [("occurrence", "Occurrence"), ("report", "Report"), ("casualties", "Casualties")]


class QualityReportingRegime(models.Model):
    """Who must be told of an incident, of which grade, within how many hours (A7, A8, A10)."""

    _name = "quality.reporting.regime"
    _description = "Reporting regime"
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company, index=True)
    basis = fields.Text("Legal basis", translate=True)
    line_ids = fields.One2many("quality.reporting.regime.line", "regime_id", copy=True)

    @api.model
    def _open_duties(self, incidents):
        """Create the missing duties of ``incidents``, all in one batch; those that exist stay as they are."""
        regimes = self.search([("company_id", "in", incidents.company_id.ids)])
        lines_of = defaultdict(lambda: self.env["quality.reporting.regime.line"])
        for line in regimes.line_ids:
            lines_of[line.regime_id.company_id] |= line
        self.env["quality.reporting.duty"]._open(
            [
                {"incident_id": incident.id, "line_id": line.id}
                for incident in incidents
                for line in lines_of[incident.company_id] - incident.duty_ids.line_id
                if line._applies_to(incident)
            ]
        )


class QualityReportingRegimeLine(models.Model):
    _name = "quality.reporting.regime.line"
    _inherit = ["quality.personal.mixin"]
    _description = "Reporting regime line"
    _order = "regime_id, sequence, id"

    regime_id = fields.Many2one("quality.reporting.regime", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="regime_id.company_id", store=True, index=True)
    sequence = fields.Integer(default=10)
    grade = fields.Selection(GRADES, help="Empty: any grade.")
    legal_grade = fields.Selection(
        [
            ("general", "General accident or above"),
            ("larger", "Larger accident or above"),
            ("major", "Major accident or above"),
            ("extraordinary", "Extraordinarily major accident"),
        ],
        "Legal grade from",
        help="Empty: whatever the law says.",
    )
    trigger = fields.Selection(
        TRIGGERS,
        required=True,
        default="occurrence",
        help="Occurrence and report: the clock runs from there. "
        "Casualties: only once deaths or serious injuries are known, at the same time as the others, "
        "so from the occurrence (A8).",
    )
    recipient_id = fields.Many2one("res.partner", required=True, index=True, ondelete="restrict")
    hours = fields.Float(required=True, help="Hours on a 24×7 clock.")
    content_ids = fields.Many2many("quality.report.item", string="Required content")

    _hours_positive = models.Constraint("CHECK (hours > 0)", "A reporting duty needs a time limit above zero hours.")

    _legal_rank = ("none", "general", "larger", "major", "extraordinary")

    def _applies_to(self, incident):
        """Return whether this line asks for a report of ``incident``."""
        self.ensure_one()
        if self.grade and self.grade != incident.grade:
            return False
        rank = self._legal_rank.index
        if self.legal_grade and rank(incident.legal_grade) < rank(self.legal_grade):
            return False
        return self.trigger != "casualties" or bool(incident.deaths or incident.serious_injuries)

    def _start_of(self, incident):
        """Return when the clock of this line starts for ``incident`` (UTC)."""
        return incident.reported_at if self.trigger == "report" else incident.occurred_at

    @api.model
    def _personal_needed_domain(self):
        return Domain.TRUE  # the next incident is reported to this recipient

    def _personal_reference(self):
        return self.regime_id.display_name
