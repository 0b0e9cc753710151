from odoo import api, fields, models

from .quality_incident_workflow import CHIEF, ENGINEERING, INSPECTOR


class QualityDetermination(models.Model):
    """A determination of the defect's nature by one of the three methods of B6; the last confirmed one counts."""

    _name = "quality.determination"
    _description = "Determination"
    _inherit = ["quality.incident.line", "quality.workflow.mixin"]
    _order = "id"
    _rec_name = "method"
    _document_states = ("verified", "analysis", "plan", "executing")
    _deletable_states = ("draft",)

    method = fields.Selection(
        [
            ("investigation", "Investigation and inspection"),
            ("test", "Inspection and test"),
            ("research", "Special research with experts"),
        ],
        required=True,
        default="investigation",
    )
    state = fields.Selection(
        [("draft", "Draft"), ("confirmed", "Confirmed")], default="draft", required=True, copy=False
    )
    documents_checked = fields.Text(
        "Documents checked", help="Test reports, site diary, process records, equipment, weather: what was looked at."
    )
    test_ids = fields.One2many("quality.determination.test", "determination_id", "Tests")
    no_index_reason = fields.Text("Why no index can be tested directly")
    panel_ids = fields.Many2many("res.partner", string="Expert panel")
    sampling_scheme = fields.Text("Sampling scheme")
    opinions = fields.Text("Opinions of the experts")
    nature = fields.Text("Nature of the defect")
    confirmed_by_id = fields.Many2one("res.users", "Confirmed by", readonly=True, copy=False)
    confirmed_at = fields.Datetime("Confirmed on", readonly=True, copy=False)

    _transitions = {("draft", "confirmed"): ("_missing_content",)}
    _transition_groups = {("draft", "confirmed"): f"{INSPECTOR},{ENGINEERING},{CHIEF}"}
    _stamps = {"confirmed": ("confirmed_by_id", "confirmed_at")}
    _system_fields = frozenset({"confirmed_by_id", "confirmed_at"})
    #: what each method must contain (B6)
    _required_content = {
        "investigation": ("documents_checked",),
        "test": ("test_ids",),
        "research": ("no_index_reason", "panel_ids", "sampling_scheme", "opinions"),
    }

    @api.model
    def _frozen_fields(self, state):
        if state == "draft":
            return frozenset({"incident_id"})
        return self._every_field()

    def _evidence_locked(self):
        return any(line.state == "confirmed" for line in self) or super()._evidence_locked()

    def _missing_content(self):
        names = (*self._required_content[self.method], "nature")
        return [self._fields[name]._description_string(self.env) for name in names if not self[name]]

    def action_confirm(self):
        """Confirm the determination; from now on it is the nature of the defect.

        :raises UserError: listing what its method requires and is missing (B6)
        """
        return self._take_step("confirmed")


class QualityDeterminationTest(models.Model):
    """One tested index of a determination (B6)."""

    _name = "quality.determination.test"
    _description = "Test of a determination"
    _inherit = "quality.line.mixin"
    _order = "id"
    _document_field = "determination_id"
    _document_states = ("draft",)

    determination_id = fields.Many2one("quality.determination", required=True, index=True, ondelete="cascade")
    incident_id = fields.Many2one(related="determination_id.incident_id", store=True, index=True)
    company_id = fields.Many2one(related="determination_id.company_id", store=True, index=True)
    name = fields.Char("Indicator", required=True)
    required_value = fields.Char("Required value", required=True)
    measured_value = fields.Char("Measured value", required=True)
    conforms = fields.Boolean("Meets the requirement")
    laboratory_id = fields.Many2one("res.partner", required=True, index=True)
    report_number = fields.Char("Test report")
