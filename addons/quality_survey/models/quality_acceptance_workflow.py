from odoo import fields, models
from odoo.addons.service_ticket.models.service_ticket_roles import AGENT, ENGINEER, LEADER
from odoo.exceptions import UserError

from .quality_acceptance_opinion import TEXT_LENGTH
from .quality_survey_roles import CLERK, MANAGER

#: who draws up forms and takes them to the customer
KEEPERS = f"{ENGINEER},{AGENT},{MANAGER}"


class QualityAcceptanceForm(models.Model):
    """The steps of an acceptance form: drawn up, with the customer, signed or refused (D14)."""

    _inherit = "quality.acceptance.form"

    _open_states = ("draft", "sent", "refused")
    _historic_group = MANAGER
    _transitions = {
        ("draft", "sent"): ("_missing_contents",),
        ("sent", "draft"): (),
        ("sent", "signed"): ("_missing_judgements", "_missing_signature"),
        ("sent", "refused"): ("_missing_refusal",),
        ("refused", "draft"): (),
        ("draft", "cancelled"): ("_missing_cancel_reason",),
        ("sent", "cancelled"): ("_missing_cancel_reason",),
        ("refused", "cancelled"): ("_missing_cancel_reason",),
    }
    _transition_groups = {
        ("draft", "sent"): KEEPERS,
        ("sent", "draft"): KEEPERS,
        # signed and refused is the customer's word: only the methods that take it lead there
        ("sent", "signed"): KEEPERS,
        ("sent", "refused"): KEEPERS,
        ("refused", "draft"): KEEPERS,
        ("draft", "cancelled"): f"{AGENT},{MANAGER}",
        ("sent", "cancelled"): f"{CLERK},{MANAGER},{LEADER}",
        ("refused", "cancelled"): f"{CLERK},{MANAGER},{LEADER}",
    }
    _next_state = {"draft": "sent", "sent": "signed"}
    _step_activity = "quality_survey.mail_activity_acceptance_form"
    _stamps = {}
    _system_fields = frozenset(
        {
            "signature", "signed_by", "signed_at", "signed_through", "sent_at", "refusal_reason", "refused_by",
            "refused_at", "cancel_reason", "reason", "defect_ticket_id", "feedback_id", "has_defects",
        }
    )

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_contents(self):
        missing = [] if self.line_ids else [self.env._("The products that were delivered")]
        if not self.check_ids:
            missing.append(self.env._("The points the customer checks"))
        return missing

    def _missing_judgements(self):
        return [
            self.env._("Judgement of “%s”", check.name) for check in self.check_ids.filtered(lambda one: not one.result)
        ] + [
            self.env._("Remark on “%s”: what is not accepted", check.name)
            for check in self.check_ids
            if check.result == "rejected" and not (check.remark or "").strip()
        ]

    def _missing_signature(self):
        return [] if self.signed_at else [self.env._("The signature of the customer: use the Sign button")]

    def _missing_refusal(self):
        return [] if self.refusal_reason else [self.env._("Why it is not accepted: use the Refused button")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]

    # ------------------------------------------------------------------
    # What follows
    # ------------------------------------------------------------------

    def _next_people(self):
        todo = {
            "draft": self.env._("Send the acceptance form or take it along"),
            "sent": self.env._("Bring the acceptance form back signed"),
            "refused": self.env._("Settle the defects, then present the form again"),
        }
        return (self.user_id, todo[self.state]) if self.state in todo else None

    def _after_transition(self, origins, target):
        forms = self.sudo()
        if target == "sent":
            forms.write({"sent_at": fields.Datetime.now()})
            for form in forms:
                form._portal_ensure_token()
        elif target == "draft":
            forms.write(
                {"refusal_reason": False, "refused_by": False, "refused_at": False, "sent_at": False,
                 "access_token": False}
            )
        elif target == "signed":
            for form in forms:
                form.feedback_id = form._file_opinion()
        self._assign_next_step()
        return super()._after_transition(origins, target)

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def _check_keeper(self):
        self._check_role(KEEPERS)
        self.check_access("write")

    def action_send(self):
        """Hand the form to the customer: a mail with the link when there is an address, else on paper or on site.

        :raises AccessError: the user works neither in service nor in customer satisfaction
        :raises UserError: listing what the form lacks
        """
        self._check_keeper()
        result = self._take_step("sent")
        for form in self.sudo():
            form._mail_link()
        return result

    def _mail_link(self):
        """Send the link of the form to the customer, when there is an address."""
        if self.email or self.partner_id.email:
            template = self.env.ref("quality_survey.mail_template_acceptance_form")
            template.send_mail(self.id, email_layout_xmlid="mail.mail_notification_light")

    def action_withdraw(self):
        """Take the form back, or present it again after a refusal; the old link is dead.

        :raises UserError: it is signed or cancelled
        """
        self._check_keeper()
        return self._take_step("draft")

    def action_open_signature(self):
        """Return the dialog in which the customer signs on this device, or a signed paper is entered."""
        self.ensure_one()
        self._check_keeper()
        self._check_transition_known("signed")
        missing = self._missing_judgements()
        if missing:
            raise UserError(
                self.env._(
                    "%(form)s cannot be signed yet. Missing:\n%(missing)s",
                    form=self.display_name, missing="\n".join(f"• {item}" for item in missing),
                )
            )
        return self.env["quality.acceptance.sign"]._ask(self)

    def action_sign(self, name=None, signature=None, through="device"):
        """Take the customer's signature on the device of the staff, or from paper.

        :param name: who signs
        :param signature: picture in base64, drawn or a scan
        :param through: ``device`` or ``paper``
        :raises UserError: it is not with the customer, a judgement, the name or the picture is missing
        """
        self.ensure_one()
        self._check_keeper()
        if through not in ("device", "paper"):
            raise UserError(self.env._("Staff takes signatures on the device or on paper."))
        return self.sudo()._do_sign(name, signature, through)

    def _do_sign(self, person, signature, through):
        """Sign, once; the caller has checked who does."""
        self.lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        if self.state == "signed":
            raise UserError(self.env._("%s is signed already.", self.name))
        self._check_transition_known("signed")
        person = " ".join(str(person or "").split())[:100]
        if not person or not signature:
            raise UserError(self.env._("A signature needs the name and the drawn or scanned signature."))
        self.env["quality.seal"]._signature_bytes(signature)
        self.write(
            {
                "signed_by": person,
                "signed_at": fields.Datetime.now(),
                "signed_through": through,
                "signature": signature,
            }
        )
        self._take_step("signed")
        self._seal("installation", signer_name=person, signer_role=self.env._("Customer"), signature=signature)
        self._message_log(body=self.env._("Signed by %s.", person))
        return True

    def action_refuse(self, reason=None):
        """Record that the customer does not accept, with the reason (D14).

        :param reason: text; without it the button asks for it
        :raises UserError: the form is not with the customer
        """
        self._check_keeper()
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_refuse")
        for form in self.sudo():
            form._do_refuse(form.contact_name or form.partner_id.name, reason)
        return True

    def _do_refuse(self, person, reason):
        """Keep the refusal; the caller has checked who refuses."""
        self.lock_for_update(allow_referencing=True)
        self.invalidate_recordset(["state"])
        self._check_transition_known("refused")
        reason = (reason or "").strip()[:TEXT_LENGTH]
        if not reason:
            raise UserError(self.env._("Please say why you do not accept."))
        self.write(
            {"refusal_reason": reason, "refused_by": person, "refused_at": fields.Datetime.now()}
        )
        self._take_step("refused")
        self._message_log(
            body=self.env._("Not accepted by %(person)s: %(reason)s", person=person, reason=reason)
        )

    def action_cancel(self, reason=None):
        """Cancel with a reason; the form keeps its number."""
        self._check_keeper()
        return self._go_with_reason("cancelled", reason, "action_cancel", field="cancel_reason")

    def action_make_ticket(self):
        """Open a ticket about what was refused or not accepted and return its form; a second tap opens the same.

        :raises UserError: there is no defect
        """
        self.ensure_one()
        self._check_keeper()
        form = self.sudo()
        form.lock_for_update(allow_referencing=True)
        form.invalidate_recordset(["defect_ticket_id"])
        if not form.defect_ticket_id:
            if form.state not in ("signed", "refused") or not (form.has_defects or form.refusal_reason):
                raise UserError(self.env._("%s: everything was accepted.", form.display_name))
            form.defect_ticket_id = form._make_ticket()
            form._message_log(body=self.env._("%s was opened about the defects.", form.defect_ticket_id.display_name))
        return form.defect_ticket_id.with_env(self.env).get_formview_action()

    def _make_ticket(self):
        rejected = self.check_ids.filtered(lambda check: check.result == "rejected")
        texts = [self.refusal_reason, *(f"{check.name}: {check.remark or ''}" for check in rejected), self.comment]
        product = self.line_ids.product_id if len(self.line_ids.product_id) == 1 else self.env["product.product"]
        return self.env["service.ticket"].create(
            {
                "subject": self.env._("Defects at acceptance %s", self.name),
                "description": "\n".join(filter(None, texts)),
                "kind": "complaint" if self.state == "refused" else "repair",
                "channel": "portal" if self.signed_through == "portal" else "internal",
                "received_at": self.signed_at or self.refused_at or fields.Datetime.now(),
                "partner_id": self.partner_id.id,
                "contact_name": self.signed_by or self.refused_by or self.contact_name,
                "phone": self.phone,
                "email": self.email,
                "product_id": product.id,
                "parent_id": self.ticket_id.id,
                "team_id": self.ticket_id.team_id.id,
                "company_id": self.company_id.id,
            }
        )

    def action_preview(self):
        """Return the action that opens the page of the customer, while the form is with them."""
        self.ensure_one()
        self._check_keeper()
        if self.state == "draft":
            raise UserError(self.env._("%s: send it first.", self.display_name))
        return {"type": "ir.actions.act_url", "url": self.sudo().get_portal_url(), "target": "new"}
