from odoo import api, fields, models
from odoo.exceptions import UserError

RESULTS = [("pass", "Pass"), ("deficient", "Deficient"), ("na", "Not applicable")]
#: what the inspector enters on the spot; everything else is the checklist
ANSWER = frozenset({"result", "note", "evidence_ids"})


class QualityInspectionLine(models.Model):
    """One point of an inspection: what was looked at, what was found, what became of it (B3, B4)."""

    _name = "quality.inspection.line"
    _description = "Point of an inspection"
    _inherit = ["quality.line.mixin", "quality.register.mixin"]
    _order = "inspection_id desc, sequence, id"
    _check_company_auto = True
    _document_field = "inspection_id"
    _document_states = ("planned", "in_progress", "missed")
    _personal_fields = ("name", "hint", "note")

    inspection_id = fields.Many2one(
        "quality.inspection", required=True, index=True, ondelete="cascade", check_company=True
    )
    company_id = fields.Many2one(related="inspection_id.company_id", store=True, index=True)
    inspection_state = fields.Selection(related="inspection_id.state", string="State of the inspection")
    sequence = fields.Integer(default=10)
    section = fields.Char()
    name = fields.Char("What is checked", required=True)
    hint = fields.Char()
    standard_id = fields.Many2one("quality.standard", index="btree_not_null", ondelete="restrict", check_company=True)
    standard_warning = fields.Char("Warning about the standard", compute="_compute_standard_warning")
    client_uuid = fields.Char(readonly=True, copy=False, export_string_translation=False)

    result = fields.Selection(RESULTS, copy=False, index=True)
    note = fields.Text("Finding", copy=False)
    evidence_ids = fields.Many2many(string="Photos", copy=False)
    answered_at = fields.Datetime("Answered on", readonly=True, copy=False)
    answered_by_id = fields.Many2one("res.users", "Answered by", readonly=True, copy=False)

    # for lists and statistics
    done_at = fields.Datetime(related="inspection_id.done_at", store=True, index=True)
    department_id = fields.Many2one(related="inspection_id.department_id", store=True, index="btree_not_null")
    partner_id = fields.Many2one(related="inspection_id.partner_id", store=True, index="btree_not_null")
    project_id = fields.Many2one(related="inspection_id.project_id", store=True, index="btree_not_null")
    is_historic = fields.Boolean(related="inspection_id.is_historic", store=True)

    _client_once = models.UniqueIndex(
        "(inspection_id, client_uuid) WHERE client_uuid IS NOT NULL", "This point has been added already."
    )

    @api.depends("standard_id", "inspection_id.done_at", "inspection_id.planned_at")
    def _compute_standard_warning(self):
        for line in self:
            moment = line.inspection_id.done_at or line.inspection_id.planned_at or fields.Datetime.now()
            line.standard_warning = line.standard_id._warning(moment.date()) if line.standard_id else False

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su:
            for vals in vals_list:
                vals["client_uuid"] = False
                vals["answered_at"] = vals["answered_by_id"] = False
        lines = super().create(vals_list)
        answered = lines.filtered("result")
        answered._check_may_answer()
        answered._stamp_answer()
        return lines

    def write(self, vals):
        """Write; answers belong to who holds the inspection and wait for its beginning, and are stamped.

        :raises AccessError: the user does not hold the inspection
        :raises UserError: it has not begun, or is over
        """
        if not self.env.su and not vals.keys().isdisjoint(
            ("answered_at", "answered_by_id", "client_uuid", "inspection_id")
        ):
            raise UserError(self.env._("Who answered when, and in which inspection, is set by the system."))
        answering = not ANSWER.isdisjoint(vals)
        if answering:
            self._check_may_answer()
        result = super().write(vals)
        if answering:
            self._stamp_answer()
        return result

    def _check_may_answer(self):
        if self.env.su:
            return
        self.inspection_id._check_inspector()
        self.inspection_id._lock()
        for inspection in self.inspection_id:
            if inspection.state != "in_progress":
                raise UserError(
                    self.env._("%s: begin the inspection first, then answer its points.", inspection.display_name)
                )

    def _stamp_answer(self):
        if not self.inspection_id.filtered("is_historic"):
            stamp = {"answered_at": fields.Datetime.now(), "answered_by_id": self.env.uid}
            return super(QualityInspectionLine, self.sudo()).write(stamp)
        return True

    # ------------------------------------------------------------------
    # The register of results
    # ------------------------------------------------------------------

    _register_date = "inspection_id.planned_at"
    _register_order = "inspection_id, sequence, id"
    _register_historic = "is_historic"

    @api.model
    def _register_title(self):
        return self.env._("Inspection results")

    @api.model
    def _register_columns(self):
        return self.env["quality.inspection"]._result_columns()
