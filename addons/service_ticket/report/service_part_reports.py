from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ..models.service_part_account import BUCKETS
from ..models.service_ticket_roles import AGENT, FINANCE, STORE


class ReportPartRequest(models.AbstractModel):
    """The part requisition, with its approvals (C13)."""

    _name = "report.service_ticket.report_part_request"
    _description = "Printed part requisition"
    _inherit = ["quality.report"]
    _document_model = "service.part.request"

    @api.model
    def _page_label(self, doc):
        return doc.name


class ReportPartNote(models.AbstractModel):
    """The note of an issue or a receipt of parts; receipts are printed in two copies (C14)."""

    _name = "report.service_ticket.report_part_note"
    _description = "Printed note of spare parts"
    _inherit = ["quality.report"]
    _document_model = "stock.picking"

    @api.model
    def _check_printable(self, docs):
        for picking in docs:
            if not picking.sudo().service_request_id or picking.state != "done":
                raise UserError(self.env._("%s is no finished transfer of a part requisition.", picking.name))
        return super()._check_printable(docs)

    @api.model
    def _extra_values(self, docs, data):
        return {"copies_of": self._copies}

    @api.model
    def _copies(self, picking):
        """Return ``[(title, for whom)]``: one sheet each."""
        company = picking.company_id
        kind = picking.picking_type_id
        if kind in (company.service_old_part_type_id, company.service_return_type_id):
            old = kind == company.service_old_part_type_id
            title = self.env._("Receipt of old parts") if old else self.env._("Receipt of unused parts")
            return [(title, self.env._("Copy for the store")), (title, self.env._("Copy for the engineer"))]
        if kind == company.service_issue_type_id:
            return [(self.env._("Issue note"), self.env._("Against requisition %s", picking.origin or ""))]
        return [(self.env._("Delivery of spare parts"), picking.partner_id.display_name or "")]


class ReportPartAccount(models.AbstractModel):
    """The statement of an account: open parts by age, and that they agree with the stock (C13, C14)."""

    _name = "report.service_ticket.report_part_account"
    _description = "Printed spare-parts account"
    _inherit = ["quality.report"]
    _document_model = "hr.employee"
    _holder = "employee_id"

    @api.model
    def _check_printable(self, docs):
        user = self.env.user
        if not self.env.su and not user.has_groups(f"{AGENT},{STORE},{FINANCE}"):
            for holder in docs.sudo():
                if user not in self._owners(holder):
                    raise AccessError(self.env._("%s: this is somebody else's account.", holder.name))
        return super()._check_printable(docs)

    @api.model
    def _owners(self, holder):
        return holder.user_id

    @api.model
    def _extra_values(self, docs, data):
        accounts = self.env["service.part.account"].sudo().search(
            [(self._holder, "in", docs.ids)], order="age_days desc, product_id, id"
        )
        lines = self.env["service.part.line"].sudo().search(
            [("state", "in", ("open", "used")), ("location_id", "in", accounts.location_id.ids)], order="issued_at, id"
        )
        differences = {row[0] for row in self.env["service.part.account"].sudo()._check_account(docs.company_id)}
        return {
            "account_of": lambda holder: accounts.filtered(lambda row: row[self._holder] == holder),
            "lines_of": lambda row: lines.filtered(
                lambda line: (line.location_id, line.product_id, line.lot_id)
                == (row.location_id, row.product_id, row.lot_id)
            ),
            "agrees": lambda rows: not differences & set(rows.location_id.ids),
            "buckets_of": self._buckets,
        }

    @api.model
    def _buckets(self, rows):
        """Return ``[(label, units, value)]`` by age, the youngest first."""
        labels = dict(self.env["service.part.account"]._fields["bucket"]._description_selection(self.env))
        return [
            (labels[key], sum(found.mapped("quantity")), sum(found.mapped("value")))
            for key, _label in BUCKETS
            if (found := rows.filtered(lambda row, key=key: row.bucket == key))
        ]


class ReportPartAccountStation(models.AbstractModel):
    """The same statement of a station (C14)."""

    _name = "report.service_ticket.report_part_account_station"
    _description = "Printed spare-parts account of a station"
    _inherit = ["report.service_ticket.report_part_account"]
    _document_model = "service.station"
    _holder = "station_id"

    @api.model
    def _owners(self, holder):
        return holder.keeper_id


class ReportOldParts(models.AbstractModel):
    """The monthly reconciliation of old parts (C14)."""

    _name = "report.service_ticket.report_old_parts"
    _description = "Printed reconciliation of old parts"
    _inherit = ["quality.report"]
    _document_model = "service.old.parts"

    @api.model
    def _page_label(self, doc):
        return doc.name


class ServicePartAccount(models.Model):
    _inherit = "service.part.account"

    def action_print_statement(self):
        """Return the statements of the accounts that these rows belong to, as PDF.

        :raises AccessError: the user may not read the rows
        :raises UserError: engineers and stations are mixed, or nothing is chosen
        """
        self.check_access("read")
        rows = self.sudo()
        if bool(rows.employee_id) == bool(rows.station_id):
            raise UserError(self.env._("Choose rows of engineers, or rows of stations."))
        if rows.employee_id:
            action, holders = "service_ticket.action_report_part_account", rows.employee_id
        else:
            action, holders = "service_ticket.action_report_part_account_station", rows.station_id
        return self.env.ref(action).report_action(holders.ids)
