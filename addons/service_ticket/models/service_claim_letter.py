from odoo import fields, models
from odoo.exceptions import UserError


class ServiceSupplierClaim(models.Model):
    """The letter to the supplier: mailed as PDF in the supplier's language, or printed and posted (C15)."""

    _inherit = "service.supplier.claim"

    def _missing_letter(self):
        """Return what the letter lacks; it goes out once the claim is approved."""
        if self.state not in ("approved", "sent"):
            return [self.env._("%s: the letter is sent once the claim is approved, until it is answered", self.name)]
        return []

    def _check_letter(self, by_mail):
        missing = [item for claim in self for item in claim._missing_letter()]
        if by_mail:
            missing += [
                self.env._("%s has no e-mail address: enter it, or print the letter and post it", claim.partner_id.name)
                for claim in self.sudo()
                if not claim.partner_id.email
            ]
        if missing:
            raise UserError("\n".join(missing))

    def action_send_letter(self):
        """Mail the letter to each supplier, in the supplier's language (C15).

        :raises AccessError: the user neither keeps the store nor works at the service desk
        :raises UserError: not approved, or no e-mail address
        """
        self._check_claimer()
        self._check_letter(by_mail=True)
        for claim in self.sudo():
            claim._mail_letter()
        self._letter_sent("mail")
        return True

    def action_posted_letter(self):
        """Record that the printed letter was posted.

        :raises AccessError: the user neither keeps the store nor works at the service desk
        :raises UserError: not approved
        """
        self._check_claimer()
        self._check_letter(by_mail=False)
        self._letter_sent("post")
        return True

    def _mail_letter(self):
        """Mail the letter and keep its file with the claim; superuser."""
        lang = self.partner_id.lang or self.env.lang
        report = self.env.ref("service_ticket.action_report_supplier_claim")
        content, _kind = report.with_context(lang=lang)._render_qweb_pdf(report, self.ids)
        name = f"{self.name.replace('/', '_')}.pdf"
        file = self.env["ir.attachment"].create(
            {"name": name, "raw": content, "res_model": self._name, "res_id": self.id}
        )
        template = self.env.ref("service_ticket.mail_template_supplier_claim").with_context(lang=lang)
        template.send_mail(self.id, email_values={"attachment_ids": [fields.Command.link(file.id)]})
        self._message_log(body=self.env._("The letter was mailed."), attachment_ids=file.ids)

    def _letter_sent(self, way):
        claims = self.sudo()
        claims.write({"letter_sent_at": fields.Datetime.now(), "letter_by": way})
        if way == "post":
            for claim in claims:
                claim._message_log(body=self.env._("The letter was posted."))
        claims._follow_sending()
