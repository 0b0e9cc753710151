from markupsafe import Markup
from odoo import api, fields, models
from odoo.fields import Domain

ACTIVITY = "quality_incident.mail_activity_quality_approval"
TEMPLATE = "quality_incident.mail_template_quality_approval"


class QualityApproval(models.Model):
    """Tasks, mails and notes: approvers are told once, and everybody's task ends when the step is decided."""

    _inherit = "quality.approval"

    # ------------------------------------------------------------------
    # Tasks and mails of the approvers
    # ------------------------------------------------------------------

    def _sync_notices(self):
        """Make the tasks on the document those of the people who may decide now; mail who is new. Rows of one round."""
        wanted = {}
        for row in self.filtered(lambda row: row.state == "pending" and row.after_id.state in (False, "approved")):
            for user in row._deciders():
                wanted.setdefault(user, row)
        # A task that somebody ticked off by hand counts: it was told, and ticking decides nothing.
        tasks = self.with_context(active_test=False).activity_ids
        told = tasks.user_id
        tasks.filtered(lambda task: task.active and task.user_id not in wanted).unlink()
        fresh = {user: row for user, row in wanted.items() if user not in told}
        if fresh:
            self._create_tasks(fresh)
            self._mail_approvers(fresh)

    def _deciders(self):
        """Return everybody who may decide this row now, substitutes included."""
        people = self._people().filtered(lambda user: not self._barred_text(user))
        substitutes = self.env["quality.approval.substitute"]._substitutes_of(people)
        return people | substitutes.filtered(lambda user: self._available(user) and not self._barred_text(user))

    def _create_tasks(self, rows_by_user):
        model_id, type_id = self.env["ir.model"]._get_id(self[0].res_model), self.env.ref(ACTIVITY).id
        vals_list = []
        for user, approval in rows_by_user.items():
            row = approval.with_context(lang=user.lang, tz=user.tz or "UTC")
            due = row.due_at and fields.Datetime.context_timestamp(row, row.due_at).date()
            vals_list.append({
                "activity_type_id": type_id, "automated": True, "res_model_id": model_id, "res_id": row.res_id,
                "user_id": user.id, "date_deadline": due or fields.Date.context_today(row),
                "summary": row.env._("Approve: %s", row.rule_name),
                "note": Markup('<p>%s <a href="%s">%s</a></p>') % (
                    row.env._("Requested by %s.", row.requested_by_id.name), row._approval_url(),
                    row.env._("Open the approval"),
                ),
            })
        # The mail below has the button to the approval; the activity's own would be a second one.
        tasks = self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(vals_list)
        for row, mine in tasks.grouped(lambda task: rows_by_user[task.user_id]).items():
            row.write({"activity_ids": [fields.Command.link(task.id) for task in mine]})

    def _mail_approvers(self, rows_by_user):
        template = self.env.ref(TEMPLATE, raise_if_not_found=False)
        if not template:
            return
        groups = {}
        for user, row in rows_by_user.items():
            if user != self.env.user and user.partner_id.email:
                key = (row, user.lang or self.env.lang, user.tz or "UTC")
                groups[key] = groups.get(key, self.env["res.partner"]) | user.partner_id
        for (row, lang, timezone), partners in groups.items():
            template.with_context(recipient_lang=lang, tz=timezone).send_mail(
                row.id, force_send=False, email_values={"recipient_ids": [fields.Command.set(partners.ids)]},
                email_layout_xmlid="mail.mail_notification_light",
            )
        if groups:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    def _approval_url(self):
        return f"/odoo/quality-approvals/{self.id}"

    @api.model
    def _sync_notices_of(self, users):
        """Bring the tasks of ``users`` up to date, after somebody's absence began, ended or changed."""
        rows = self.sudo()
        domains = [rows._approver_domain(user) for user in users]
        found = rows.search(
            Domain("state", "=", "pending") & Domain.OR([Domain("activity_ids.user_id", "in", users.ids), *domains]),
        )
        for round_rows in found._whole_rounds().grouped(lambda row: row._round_key()).values():
            round_rows._sync_notices()

    # ------------------------------------------------------------------
    # Notes on the document
    # ------------------------------------------------------------------

    def _log_decision(self):
        """Leave a note on the document: who decided what, for whom, and whether without four-eyes."""
        row = self.with_context(lang=self.requested_by_id.lang)
        texts = [row._decision_text()]
        if row.four_eyes_relaxed:
            texts.append(row.env._("Decided without four-eyes, as the rule allows."))
        if row.comment:
            texts.append(row.comment)
        self._document()._message_log(body=Markup("<br/>").join(texts))

    def _decision_text(self):
        names = {"step": self.rule_name, "user": self.decided_by_id.name, "absent": self.on_behalf_of_id.name}
        if self.state == "approved":
            if self.on_behalf_of_id:
                return self.env._("“%(step)s” approved by %(user)s on behalf of %(absent)s.", **names)
            return self.env._("“%(step)s” approved by %(user)s.", **names)
        if self.on_behalf_of_id:
            return self.env._("“%(step)s” rejected by %(user)s on behalf of %(absent)s.", **names)
        return self.env._("“%(step)s” rejected by %(user)s.", **names)

    def _notify_requester(self):
        """Tell who asked how this round ended, in that person's language, by queued mail or inbox."""
        requester = self[0].requested_by_id
        row = self[0].with_context(lang=requester.lang)
        gate, name = row._gate_label(row.gate), row.res_name
        text = {
            "approved": row.env._("%(gate)s of %(name)s is approved.", gate=gate, name=name),
            "rejected": row.env._("%(gate)s of %(name)s was rejected.", gate=gate, name=name),
            "superseded": row.env._(
                "%(gate)s of %(name)s was changed: the approval has lapsed and must be asked for again.", gate=gate,
                name=name,
            ),
        }[self._round_state()]
        reasons = self.filtered(lambda row: row.state == "rejected" and row.comment).mapped("comment")
        self[0]._document().with_context(lang=requester.lang, mail_notify_force_send=False).message_post(
            body=Markup("<br/>").join([text, *reasons]), subject=text, subtype_xmlid="mail.mt_note",
            partner_ids=requester.partner_id.ids if requester != self.env.user else [],
        )
