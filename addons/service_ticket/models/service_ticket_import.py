import re

from odoo import api, fields, models
from odoo.exceptions import UserError

from .service_ticket import CHANNELS, KINDS
from .service_ticket_roles import LEADER

#: the states history may have: what is over
OVER = ("closed", "cancelled")
SEPARATORS = re.compile(r"[,;/，；、|\s]+")
#: coordinates that a register writes where it has none
NOWHERE = ("site_latitude", "site_longitude")


class QualityImportWord(models.Model):
    _inherit = "quality.import.word"

    meaning = fields.Selection(
        selection_add=[
            *((channel, f"Received by: {label}") for channel, label in CHANNELS),
            *((kind, f"Kind: {label}") for kind, label in KINDS),
        ],
        ondelete={key: "cascade" for key, _label in (*CHANNELS, *KINDS)},
    )


class ResCompany(models.Model):
    _inherit = "res.company"

    service_import_conflicts = fields.Boolean(
        "Historic import takes impossible times",
        help="Closed tickets whose times contradict each other are imported and flagged instead of refused. "
        "Only imports of a service manager.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    service_import_conflicts = fields.Boolean(related="company_id.service_import_conflicts", readonly=False)


class ServiceTicket(models.Model):
    """Import of tickets from files (F9): live ones as new, history as closed or cancelled."""

    _name = "service.ticket"
    _inherit = ["service.ticket", "quality.import.mixin"]

    _import_word_fields = ("state", "channel", "kind")
    _import_history_states = OVER
    _import_history_fields = (
        "is_historic", "accepted_at", "first_answered_at", "resolved_at", "confirmed_at", "closed_at", "cancel_reason",
        "warranty_state", "warranty_until",
    )
    _one_line_fields = ("subject", "external_ref", "external_status", "contact_name")
    _import_times = (
        "received_at", "accepted_at", "first_answered_at", "resolved_at", "confirmed_at", "closed_at",
    )

    has_time_conflict = fields.Boolean(
        "Times contradict each other", readonly=True, copy=False,
        help="Imported as the source has it; left out of every indicator of time.",
    )

    _external_ref_once = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL AND (state != 'cancelled' OR is_historic)",
        "A ticket with this reference at the source exists already.",
    )

    # ------------------------------------------------------------------
    # On every way in
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._in_one_line(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._in_one_line(vals))

    def _check_history(self):
        for ticket in self:
            if ticket.state not in OVER:
                raise UserError(
                    self.env._(
                        "%s: history is closed or cancelled. Enter an open ticket as a new one and take its steps.",
                        ticket.subject,
                    )
                )
            problems = self._time_problems({name: ticket[name] for name in self._import_times})
            if problems and not self._takes_conflicts(problems, ticket.company_id):
                column, problem = problems[0]
                raise UserError(
                    self.env._(
                        "%(ticket)s: %(column)s: %(problem)s",
                        ticket=ticket.subject,
                        column=self._fields[column]._description_string(self.env),
                        problem=problem,
                    )
                )
            if problems:
                ticket.sudo().has_time_conflict = True
        return super()._check_history()

    @api.model
    def _takes_conflicts(self, problems, company):
        """Return whether the manager switched on that history may contradict itself; the future stays impossible."""
        ahead = any(column == "received_at" for column, _problem in problems)
        return bool(company.sudo().service_import_conflicts and self._may_import_history() and not ahead)

    @api.model
    def _too_early(self, readable):
        return self.env._("%s is before it was received", readable)

    # ------------------------------------------------------------------
    # Row by row
    # ------------------------------------------------------------------

    @api.model
    def load(self, fields, data):
        """Import rows of texts; several fault codes may stand in one cell, new ones are added by a manager.

        :param fields: names of the columns
        :param data: rows of texts
        """
        if "fault_code_ids" in fields:
            index = fields.index("fault_code_ids")
            cells = [self._codes_in(row[index]) for row in data]
            self._learn_codes({code for cell in cells for code in cell})
            data = [
                [*row[:index], ",".join(cell), *row[index + 1 :]] for row, cell in zip(data, cells, strict=True)
            ]
        return super().load(fields, data)

    @api.model
    def _codes_in(self, cell):
        """Return the fault codes of a cell such as “H93,H15,”: each once, in upper case."""
        return list(dict.fromkeys(code.upper() for code in SEPARATORS.split(cell or "") if code))

    @api.model
    def _learn_codes(self, codes):
        """Add the fault codes that are new; only who configures them may, else the import says which are unknown."""
        known = self.env["service.fault.code"].with_context(active_test=False).search([("code", "in", list(codes))])
        new = sorted(codes - {code.upper() for code in known.mapped("code")})
        if new and self.env.user.has_group(LEADER):
            self.env["service.fault.code"].create([{"code": code} for code in new])

    @api.model
    def _import_row_label(self, vals):
        return vals.get("external_ref") or vals.get("subject") or ""

    @api.model
    def _fill_import_row(self, row):
        result = super()._fill_import_row(row)
        vals = row.vals
        vals.update(self._in_one_line(vals))
        vals["subject"] = vals.get("subject") or self._shortened(vals.get("description"))
        if not any(vals.get(name) for name in NOWHERE):
            for name in NOWHERE:
                vals.pop(name, None)
        self._mark_history(vals)
        return result

    @api.model
    def _check_import_rows(self, rows):
        result = super()._check_import_rows(rows)
        manager = self._may_import_history()
        for row in rows:
            state = row.vals.get("state") or "new"
            if state != "new" and not (manager and state in OVER):
                row.refuse(
                    "state",
                    self.env._("a ticket starts as new here; closed ones are imported by the service manager"),
                )
            if not row.vals.get("received_at"):
                row.refuse("received_at", self.env._("missing: when did it reach you? The clocks run from it"))
            if state == "closed" and manager and not row.vals.get("closed_at"):
                row.refuse("closed_at", self.env._("missing: a closed ticket has a date of closing"))
            problems = self._time_problems(row.vals)
            company = self.env["res.company"].browse(row.vals.get("company_id")) or self.env.company
            if problems and not (row.vals.get("is_historic") and self._takes_conflicts(problems, company)):
                for column, problem in problems:
                    row.refuse(column, problem)
        self._check_import_references(rows)
        return result
