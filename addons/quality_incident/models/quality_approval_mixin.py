from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.canonical import digest


class QualityApprovalMixin(models.AbstractModel):
    """Gates of approval for a document (F3), kept in the ledger ``quality.approval``.

    A document implements the hooks :meth:`_approval_gate`, :meth:`_approval_content`, :meth:`_approval_authors`,
    :meth:`_approval_department`, :meth:`_check_can_request_approval` and the three ``_on_approval_*``; calls
    :meth:`_refresh_approvals` after a write that may touch what was approved; asks :meth:`_gate_approved` in the guard
    of the step that needs it.
    """

    _name = "quality.approval.mixin"
    _description = "Document with approvals"
    _inherit = ["mail.thread", "mail.activity.mixin", "quality.deadline.mixin"]

    approval_ids = fields.One2many(
        "quality.approval", "res_id", "Approvals", readonly=True, copy=False, groups="base.group_user",
    )
    approval_state = fields.Selection([
        ("none", "Not asked for"), ("pending", "Being approved"), ("approved", "Approved"),
        ("rejected", "Rejected"), ("superseded", "Lapsed"),
    ], "Approval", compute="_compute_approval_state", help="Of the gate that matters in the present state.")
    next_approver_names = fields.Char("Waiting for", compute="_compute_approval_state")
    can_approve = fields.Boolean("I can approve", compute="_compute_can_approve", search="_search_can_approve")

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends(lambda self: ["approval_ids.state", *({"state"} & self._fields.keys())])
    def _compute_approval_state(self):
        latest = self.env["quality.approval"]._latest_rounds(self)
        for record in self:
            rows = latest.get((record.id, record._approval_gate()), self.env["quality.approval"])
            record.approval_state = rows._round_state()
            pending = rows.filtered(lambda row: row.state == "pending")
            names = dict.fromkeys(filter(None, pending.mapped("approver_names")))
            record.next_approver_names = ", ".join(names) or False

    @api.depends(lambda self: ["approval_ids.state", *({"state"} & self._fields.keys())])
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_approve(self):
        rows = self.env["quality.approval"].sudo().search(
            Domain("res_model", "=", self._name) & Domain("res_id", "in", self.ids) & Domain("can_decide", "=", True),
        )
        gates = {(row.res_id, row.gate) for row in rows}
        for record in self:
            record.can_approve = (record.id, record._approval_gate()) in gates

    def _search_can_approve(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        rows = self.env["quality.approval"].sudo().search_fetch(
            Domain("res_model", "=", self._name) & Domain("can_decide", "=", True), ["res_id"],
        )
        return Domain("id", "in", rows.mapped("res_id"))

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_request_approval(self, gate=None):
        """Ask for the approval of each document at ``gate``, by default the one that matters now.

        :return: True
        :raises AccessError: the user may not change the document
        :raises UserError: what is missing, a round is open, no rule applies, or nobody could approve
        """
        self.check_access("write")
        for record in self:
            wanted = gate or record._approval_gate()
            if not wanted or wanted not in record._approval_gates():
                raise UserError(self.env._("%s: there is nothing to approve at this stage.", record.display_name))
            missing = record._check_can_request_approval(wanted)
            if missing:
                raise UserError(self.env._(
                    "%(name)s: approval cannot be asked for yet. Missing:\n%(missing)s",
                    name=record.display_name, missing="\n".join(f"• {item}" for item in missing),
                ))
            self.env["quality.approval"]._request(record, wanted)
        return True

    def action_approve(self, comment=None):
        """Approve the step of these documents that waits; see ``quality.approval.action_approve``."""
        return self._rows_to_decide().action_approve(comment)

    def action_reject(self, comment=None):
        """Reject the step that waits; see ``quality.approval.action_reject``.

        :param comment: the reason; a button gives none and gets the dialog that asks for it, which decides nothing yet
        """
        if comment is None:
            return self.action_open_rejection()
        return self._rows_to_decide().action_reject(comment)

    def action_open_approval(self):
        """Return the dialog to approve with a comment."""
        return self._rows_to_decide()._open_dialog("approved")

    def action_open_rejection(self):
        """Return the dialog that asks for the reason of a rejection."""
        return self._rows_to_decide()._open_dialog("rejected")

    def _rows_to_decide(self):
        """Return one open row of each document: the one this user can take, else the first; its refusal says why.

        :raises UserError: nothing waits for approval on one of the documents
        """
        self.check_access("read")
        Approval = self.env["quality.approval"]
        latest, rows = Approval._latest_rounds(self), Approval
        for record in self:
            found = latest.get((record.id, record._approval_gate()), Approval)
            pending = found.filtered(lambda row: row.state == "pending").sorted(lambda row: (row.sequence, row.seat))
            if not pending:
                raise UserError(self.env._("%s: nothing waits for approval.", record.display_name))
            mine = pending.with_env(self.env).filtered("can_decide")
            rows |= (mine or pending.with_env(self.env))[0]
        return rows

    # ------------------------------------------------------------------
    # For the document's own code
    # ------------------------------------------------------------------

    def _gate_approved(self, gate):
        """Return whether the latest round at ``gate`` is approved and its content is still what was approved."""
        self.ensure_one()
        rows = self.env["quality.approval"]._latest_rounds(self, gate).get((self.id, gate))
        return bool(rows) and rows._round_state() == "approved" and rows[0].digest == self._approval_digest(gate)

    def _gate_asked(self, gate):
        """Return whether approval at ``gate`` was asked for, and neither refused nor lapsed since."""
        self.ensure_one()
        rows = self.env["quality.approval"]._latest_rounds(self, gate).get((self.id, gate))
        return bool(rows) and rows._round_state() in ("pending", "approved")

    def _end_approvals(self):
        """End the rounds of these documents that are still open; what was decided stays."""
        self.sudo().approval_ids.filtered(lambda row: row.state in ("waiting", "pending"))._supersede()

    def _refresh_approvals(self):
        """Let the open and given approvals lapse whose content has changed. One query when there are none."""
        for (res_id, gate), rows in self.env["quality.approval"]._latest_rounds(self).items():
            if rows._round_state() in ("pending", "approved"):
                document = self.browse(res_id).sudo()
                if rows[0].digest != document._approval_digest(gate):
                    rows._lapse()

    def _approval_digest(self, gate):
        """Return the SHA-256 of what is approved at ``gate``, the same for every user, language and company."""
        document = self.with_env(self.env(context={}, su=True))
        if "company_id" in self._fields and document.company_id:
            document = document.with_company(document.company_id)
        return digest(document._approval_content(gate))

    def unlink(self):
        self.env["quality.approval"].sudo().search([
            ("res_model", "=", self._name), ("res_id", "in", self.ids), ("state", "in", ("waiting", "pending")),
        ])._supersede()
        return super().unlink()

    # ------------------------------------------------------------------
    # Hooks
    # ------------------------------------------------------------------

    def _approval_gate(self):
        """Hook: return the gate that matters in the present state of one record, or False."""
        return False

    def _approval_gates(self):
        """Hook: return the gates at which approval may be asked for now; by default the one that matters."""
        return (self._approval_gate(),)

    def _approval_content(self, gate):
        """Hook: return what is approved at ``gate``, as plain data for :mod:`..tools.canonical`. Required."""
        raise NotImplementedError(self._name)

    def _approval_authors(self, gate):
        """Hook: return the users who wrote what is approved and therefore cannot approve it."""
        return self.env["res.users"]

    def _approval_department(self):
        """Hook: return the department whose manager approves when a rule says so."""
        return self.env["hr.department"]

    def _check_can_request_approval(self, gate):
        """Hook: raise, or return the list of texts of what is missing, before approval may be asked for."""
        return []

    def _on_approval_granted(self, gate):
        """Hook: every step of ``gate`` is approved. Runs as the system, the user being the last approver."""

    def _on_approval_rejected(self, gate):
        """Hook: a step of ``gate`` was rejected. Runs as the system, the user being who rejected."""

    def _on_approval_superseded(self, gate):
        """Hook: the approval of ``gate``, open or given, lapsed because the content changed. Runs as the system."""
