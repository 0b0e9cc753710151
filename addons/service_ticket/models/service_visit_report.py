from odoo import fields, models
from odoo.addons.quality_incident.tools.canonical import snapshot
from odoo.exceptions import UserError

from .service_visit import EVALUATION, REPORT

GATE = "service_report"
SEALED = [
    "name",
    "ticket_id",
    "engineer_ids",
    "leader_id",
    "product_id",
    "lot_id",
    "departed_at",
    "arrived_at",
    "finished_at",
    "fault_code_ids",
    *(name for name in REPORT if name != "fault_code_ids"),
    *EVALUATION,
    "evaluation_comment",
]


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=[(GATE, "Service report")], ondelete={GATE: "cascade"})


class QualitySeal(models.Model):
    _inherit = "quality.seal"

    purpose = fields.Selection(selection_add=[(GATE, "Service report")], ondelete={GATE: "cascade"})


class ServiceVisit(models.Model):
    """The service report: signed by the customer, approved by the leader, archived (C6, C11, D5)."""

    _inherit = "service.visit"

    # ------------------------------------------------------------------
    # Signature
    # ------------------------------------------------------------------

    def _seal_content(self, purpose):
        """Return what the customer's signature proves: the report, its photos, the evaluation."""
        self.ensure_one()
        return {"report": snapshot(self, SEALED)}

    def action_sign(self, name=None, signature=None, evaluation=None):
        """Take the customer's signature on the engineer's phone, after the work is finished (C6).

        :param name: who signs
        :param signature: picture in base64, drawn or a scan of the stamp
        :param evaluation: values of the evaluation fields
        :raises UserError: not finished yet, no name, no picture
        """
        self.ensure_one()
        self._check_own()
        return self.sudo()._do_sign(name, signature, evaluation)

    def _do_sign(self, person, signature, evaluation=None):
        """Sign; the caller has checked who does."""
        if self.state != "done":
            raise UserError(self.env._("%s: the customer signs when the work is finished, not before.", self.name))
        if self.seal_validity == "valid":
            raise UserError(self.env._("%s is signed already.", self.name))
        person = " ".join(str(person or "").split())[:100]
        if not person or not signature:
            raise UserError(self.env._("A signature needs the name and the drawn or scanned signature."))
        self.env["quality.seal"]._signature_bytes(signature)
        self._evaluate(evaluation)
        self.write(
            {
                "signed_by": person,
                "signed_at": fields.Datetime.now(),
                "signature": signature,
                "refusal_reason": False,
                "refusal_witness": False,
            }
        )
        self._seal(GATE, signer_name=person, signer_role=self.env._("Customer"), signature=signature)
        self._message_log(body=self.env._("Signed by %s.", person))
        return True

    def _evaluate(self, evaluation):
        """Keep the customer's evaluation; what is not a grade is refused.

        :raises UserError: a value is no grade
        """
        known = {
            name: value for name, value in (evaluation or {}).items() if name in (*EVALUATION, "evaluation_comment")
        }
        grades = dict(self._fields["evaluation_overall"].selection)
        if any(value and value not in grades for name, value in known.items() if name in EVALUATION):
            raise UserError(self.env._("An evaluation goes from 1 to 5."))
        if known:
            self.write({name: value or False for name, value in known.items()})

    def action_refuse_signature(self, reason=None, witness=None):
        """Record that the customer does not sign, before a witness (C6).

        :raises UserError: not finished, signed already, or reason or witness is missing
        """
        self.ensure_one()
        self._check_own()
        return self.sudo()._do_refuse_signature(reason, witness)

    def _do_refuse_signature(self, reason, witness):
        """Keep the refusal; the caller has checked who records it."""
        if self.state != "done" or self.seal_validity == "valid":
            raise UserError(self.env._("%s: there is no signature to be refused at present.", self.name))
        if not (reason or "").strip() or not (witness or "").strip():
            raise UserError(self.env._("A refusal needs its reason and a witness."))
        self.write(
            {
                "refusal_reason": reason.strip(),
                "refusal_witness": witness.strip(),
                "signed_at": False,
                "signed_by": False,
                "signature": False,
            }
        )
        self._message_log(
            body=self.env._("Not signed: %(reason)s (witness: %(witness)s)", reason=reason, witness=witness)
        )
        return True

    # ------------------------------------------------------------------
    # Approval and archive
    # ------------------------------------------------------------------

    def _approval_gate(self):
        return GATE

    def _approval_content(self, gate):
        return {"report": snapshot(self, SEALED), "signed_at": self.signed_at, "refusal": self.refusal_reason}

    def _approval_authors(self, gate):
        return self.engineer_ids.user_id

    def _approval_department(self):
        return self.ticket_id.team_id.department_id

    def _check_can_request_approval(self, gate):
        self._check_own()
        missing = super()._check_can_request_approval(gate)
        if self.state != "done":
            raise UserError(self.env._("%s: the report is approved after the visit.", self.display_name))
        return missing + self._missing_report() + self._missing_signature()

    def _on_approval_granted(self, gate):
        self.sudo().write({"state": "approved"})
        return super()._on_approval_granted(gate)

    def _archive_report(self):
        """Keep the report as it was approved (C11)."""
        action = self.env.ref("service_ticket.action_report_service_report")
        for visit in self:
            content, _kind = action._render_qweb_pdf(action, visit.ids)
            visit.report_id = self.env["ir.attachment"].create(
                {
                    "name": f"{visit.name.replace('/', '_')}.pdf",
                    "raw": content,
                    "res_model": visit._name,
                    "res_id": visit.id,
                }
            )
