from odoo import api, fields, models
from odoo.exceptions import UserError


class QualityNumberMixin(models.AbstractModel):
    """A document with a number from the sequence of its company."""

    _name = "quality.number.mixin"
    _description = "Numbered document"

    #: code of the number sequence, one per company
    _sequence_code = None

    @api.model
    def _number(self, vals_list):
        """Give each record of ``vals_list`` the next number of its company's sequence.

        :raises UserError: a company has no sequence for these documents
        """
        sequences = {}
        for vals in vals_list:
            company = self.env["res.company"].browse(vals.get("company_id") or self.env.company.id)
            if company not in sequences:
                domain = [("code", "=", self._sequence_code), ("company_id", "in", [company.id, False])]
                sequences[company] = self.env["ir.sequence"].sudo().search(domain, order="company_id", limit=1)
            if not sequences[company]:
                raise UserError(
                    self.env._(
                        "%(company)s has no number sequence for: %(document)s. "
                        "Ask the quality manager to set up its defaults.",
                        company=company.name,
                        document=self._description,
                    )
                )
            vals["name"] = sequences[company].next_by_id()


class QualityStepMixin(models.AbstractModel):
    """A numbered document that goes through steps taken by people: who is next, what is missing, why it went back."""

    _name = "quality.step.mixin"
    _description = "Document with steps"
    _inherit = ["quality.number.mixin", "quality.workflow.mixin"]

    #: xml id of the activity that tells people of their step
    _step_activity = None
    #: the step each state is waiting for
    _next_state = {}

    reason = fields.Text("Reason of the step under way", readonly=True, copy=False)
    what_is_missing = fields.Html(compute="_compute_what_is_missing", string="Missing for the next step")

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _go_with_reason(self, target, reason, method, field="reason"):
        """Take the step to ``target`` with a reason; without one, return the dialog that asks for it.

        :param method: name of the public method that the dialog calls with the reason
        :param field: where the reason is kept
        """
        if not reason:
            return self.env["quality.reason"]._ask(self, method)
        self.check_access("write")
        self._check_transition_known(target)
        self._check_transition_groups(target)
        self.sudo().write({field: reason})
        self.write({"state": target})
        for record in self:
            record._message_log(body=reason)
        return True

    # ------------------------------------------------------------------
    # What is missing
    # ------------------------------------------------------------------

    def _next_missing(self):
        """Return what the next step of this document still lacks, as texts."""
        self.ensure_one()
        return self._missing_for(self._next_state[self.state]) if self.state in self._next_state else []

    @api.depends_context("lang", "uid")
    def _compute_what_is_missing(self):
        for record in self:
            missing = record._next_missing() if record.id else []
            record.what_is_missing = (
                self.env["ir.qweb"]._render("quality_incident.what_is_missing", {"missing": missing})
                if missing
                else False
            )

    # ------------------------------------------------------------------
    # Who is next
    # ------------------------------------------------------------------

    def _next_people(self):
        """Hook: return ``(users, what they have to do)`` for the step this document waits for, or None."""
        return

    def _assign_next_step(self):
        """Move the activity of the step just taken to whoever has the next one, without a mail each."""
        live = self.sudo().filtered(lambda record: not record.is_historic)
        live.activity_unlink([self._step_activity])
        assigned = {}
        for record in live:
            users, summary = record._next_people() or ((), False)
            for user in users:
                assigned.setdefault((user, summary), []).append(record.id)
        for (user, summary), ids in assigned.items():
            self.sudo().browse(ids).with_context(mail_activity_quick_update=True).activity_schedule(
                self._step_activity,
                summary=summary,
                user_id=user.id,
            )

    def _role_users(self, group):
        """Return the active users of this document's company in ``group``."""
        self.ensure_one()
        return (
            self.env.ref(group)
            .sudo()
            .all_user_ids.filtered(lambda user: user.active and not user.share and self.company_id in user.company_ids)
        )
