import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError

from .quality_rectification import STAFF
from .quality_rectification_line import PLAN_FIELDS
from .quality_rectification_line_rights import WORK_FIELDS


class QualityRectification(models.Model):
    """A notice in the portal of an outside party (F5).

    Portal users have no right to the model at all: the controller finds out whose notice it is, then calls these
    methods as the superuser who keeps the visitor's ``uid``. Each checks the state again.
    """

    _name = "quality.rectification"
    _inherit = ["quality.rectification", "quality.portal.mixin"]

    portal_link = fields.Char(
        "Link for the outside party",
        compute="_compute_portal_link",
        groups=STAFF,
        help="Whoever has this link answers for the outside party, without a login. Make a new one if it got astray.",
    )

    def _compute_access_url(self):
        for notice in self:
            notice.access_url = f"/my/rectifications/{notice.id}"

    @api.depends("access_token", "recipient_partner_id", "state")
    def _compute_portal_link(self):
        for notice in self:
            shown = notice.recipient_partner_id and notice.access_token and notice.state != "draft"
            notice.portal_link = shown and notice.get_base_url() + notice.get_portal_url()

    @api.model
    def _mail_get_partner_fields(self, introspect_fields=False):
        return ["recipient_partner_id"]

    # ------------------------------------------------------------------
    # For the staff
    # ------------------------------------------------------------------

    def action_preview_portal(self):
        """Return the action that shows this notice as the outside party sees it.

        :raises AccessError: the user is no quality staff
        """
        self.ensure_one()
        self._check_role(STAFF)
        self.check_access("read")
        return {"type": "ir.actions.act_url", "url": self.get_portal_url(), "target": "new"}

    def action_new_portal_link(self):
        """Make the link that is known so far worthless, and show the new one.

        :raises AccessError: the user is no quality staff
        """
        self._check_role(STAFF)
        self.check_access("write")
        for notice in self:
            notice.sudo().access_token = str(uuid.uuid4())
            notice._message_log(
                body=self.env._("A new link for the outside party was made; the old one no longer works.")
            )
        return True

    # ------------------------------------------------------------------
    # For the outside party; the controller has checked whose notice it is
    # ------------------------------------------------------------------

    def _portal_acknowledge(self, person):
        """Acknowledge for the outside party (A1).

        :raises UserError: no name is given, or it is acknowledged already
        """
        self._do_acknowledge(channel="portal", person=self._portal_person(person))
        self._portal_note(person, self.env._("acknowledged the notice"))

    def _portal_plan(self, person, plans, submit=False):
        """Keep the plan of lines, and submit it if asked to (A1).

        :param plans: ``{line id: values}`` with ``plan``, ``due_date`` (text or date), ``responsible_name``
        :raises UserError: it is not the time of planning, a date is none, or the plan is not complete
        """
        self._portal_person(person)
        if self.state not in ("acknowledged", "planned") or self.waiting_for == "approvers":
            raise UserError(
                self.env._("The plan can be entered after the acknowledgement and until it is being reviewed.")
            )
        for line in self.line_ids.filtered(lambda line: line.id in plans):
            values = {name: value for name, value in plans[line.id].items() if name in PLAN_FIELDS}
            try:
                values["due_date"] = fields.Date.to_date(values.get("due_date") or False)
            except ValueError as error:
                raise UserError(self.env._("The due date of “%s” is not a date.", line.display_name)) from error
            changed = {name: value for name, value in values.items() if line._would_change(name, value)}
            line._check_times(changed.keys())
            if changed:
                line.write(changed)
        if submit:
            self._do_submit_plan()
            self._portal_note(person, self.env._("submitted the plan"))

    def _portal_work(self, person, line, values, files, done=False):
        """Keep what was done on one line, and report it as done if asked to (A2).

        :param values: ``done_note``, ``deviation``, ``deviation_reason``
        :param files: list of ``(name, content)``, photos after the work
        :raises UserError: the plan is not approved, a file is not accepted, or something is missing
        """
        self._portal_person(person)
        values = {name: value for name, value in values.items() if name in WORK_FIELDS}
        line._check_times({*values, "after_ids"})
        if line.state == "open":
            line._do_start()
        attachments = self._portal_accept(files, line.after_ids)
        if attachments:
            values["after_ids"] = [fields.Command.link(file.id) for file in attachments]
        line.write(values)
        if done:
            line._do_done()
            self._portal_note(person, self.env._("reported as done: %s", line.display_name))

    def _portal_remove_file(self, person, line, file):
        """Remove a photo of the work before it is reported as done.

        :raises UserError: the work is reported already
        """
        self._portal_person(person)
        line._check_times({"after_ids"})
        line.after_ids = [fields.Command.unlink(file.id)]
        file.unlink()

    def _portal_extend(self, person, line, day, reason):
        """Ask for a later due date of one line.

        :raises UserError: no reason, no later date, or one was asked for already
        """
        name = self._portal_person(person)
        try:
            day = fields.Date.to_date(day or False)
        except ValueError:
            day = False
        if not day or not (reason or "").strip():
            raise UserError(self.env._("Give the new date and the reason."))
        if line.open_extension_id:
            raise UserError(self.env._("A later date has been asked for already; it is being decided."))
        self.env["quality.rectification.extension"].create(
            {"line_id": line.id, "requested_date": day, "reason": reason.strip(), "requested_for": name}
        )
        self._portal_note(person, self.env._("asked for a later date: %s", line.display_name))

    def _portal_request_recheck(self, person):
        """Hand the finished work over for the re-check (B3).

        :raises UserError: listing the lines that are not done
        """
        self._portal_person(person)
        self._do_request_recheck()
        self._portal_note(person, self.env._("asked for the re-check"))

    # ------------------------------------------------------------------
    # Inside
    # ------------------------------------------------------------------

    def _portal_note(self, person, text):
        """Keep in the chatter who did what through the portal."""
        by_link = self.env.user._is_public()
        self._message_log(
            body=self.env._(
                "%(person)s (%(party)s) %(text)s, %(way)s.",
                person=self._portal_person(person),
                party=self.recipient_name,
                text=text,
                way=self.env._("through the link") if by_link else self.env._("in the portal"),
            ),
            author_id=self.recipient_partner_id.id if by_link else None,
        )

    # ------------------------------------------------------------------
    # Telling the outside party
    # ------------------------------------------------------------------

    def _tell_party(self, text_of):
        """Write to the outside parties of these notices, in their language, with the link; the issuer speaks.

        :param text_of: function of a notice in the party's language that returns the text
        """
        for notice in self.sudo().filtered(lambda one: one.recipient_partner_id and not one.is_historic):
            partner = notice.recipient_partner_id
            local = notice.with_context(lang=partner.lang or notice.env.lang, mail_notify_force_send=False)
            local.message_post(
                body=text_of(local),
                subject=local.display_name,
                author_id=notice.issuer_id.partner_id.id,
                email_from=notice.issuer_id.email_formatted,
                partner_ids=partner.ids,
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
            )

    def _enter_issued(self, origins):
        for notice in self.filtered("recipient_partner_id"):
            notice._portal_ensure_token()
        return super()._enter_issued(origins)

    def _enter_executing(self, origins):
        result = super()._enter_executing(origins)
        self._came_from(origins, "recheck")._tell_party(
            lambda notice: notice.env._("The re-check found that not everything is put right. A new round begins.")
        )
        return result

    def _enter_closed(self, origins):
        result = super()._enter_closed(origins)
        self._tell_party(lambda notice: notice.env._("The re-check has passed; the notice is closed. Thank you."))
        return result

    def _enter_cancelled(self, origins):
        result = super()._enter_cancelled(origins)
        self._came_from(origins, "issued", "acknowledged", "planned", "approved", "executing", "recheck")._tell_party(
            lambda notice: notice.env._("The notice is withdrawn. Nothing more is to be done.")
        )
        return result

    def _on_approval_granted(self, gate):
        result = super()._on_approval_granted(gate)
        self._tell_party(
            lambda notice: notice.env._("Your plan is approved. The work may begin, and follows the plan.")
        )
        return result

    def _on_approval_rejected(self, gate):
        result = super()._on_approval_rejected(gate)
        self._tell_party(
            lambda notice: notice.env._(
                "Your plan is not approved: %s. Please change it and submit it again.",
                notice._portal_rejection() or "—",
            )
        )
        return result

    def _portal_rejection(self):
        """Return why the last plan was rejected; empty when it was not."""
        rows = self.sudo().approval_ids.filtered(lambda row: row.state == "rejected" and row.decided_at)
        return rows.sorted("decided_at")[-1:].comment or ""


class QualityRectificationExtension(models.Model):
    _inherit = "quality.rectification.extension"

    def _decide(self, decision):
        result = super()._decide(decision)
        request = self.sudo()

        def text(notice):
            day = fields.Date.to_string(request.requested_date)
            line = request.line_id.display_name
            if decision == "approved":
                return notice.env._("“%(line)s”: the new date %(day)s is agreed.", line=line, day=day)
            return notice.env._("“%(line)s”: the date stays. %(reason)s", line=line, reason=request.decision_note or "")

        request.rectification_id._tell_party(text)
        return result
