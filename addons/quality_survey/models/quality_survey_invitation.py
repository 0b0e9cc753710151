import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS
from odoo.tools import SQL, email_normalize

from ..tools.people import staff_partners
from .quality_survey_roles import MANAGER

STATES = [
    ("planned", "Planned"),
    ("sent", "Sent"),
    ("answered", "Answered"),
    ("expired", "Expired"),
    ("cancelled", "Not asked"),
]
REASONS = [
    ("staff", "Belongs to the house"),
    ("opt_out", "Does not want to be asked"),
    ("no_address", "No e-mail address"),
    ("fatigue", "Was asked lately"),
    ("closed", "Questionnaire closed"),
    ("by_hand", "Cancelled by hand"),
]


class ResPartner(models.Model):
    _inherit = "res.partner"

    survey_opt_out = fields.Boolean("No surveys", help="This contact does not want to be asked.")


class ResCompany(models.Model):
    _inherit = "res.company"

    survey_fatigue_days = fields.Integer(
        "Ask again after", default=90, help="Days between two invitations of one contact, over all rules."
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    survey_fatigue_days = fields.Integer(related="company_id.survey_fatigue_days", readonly=False)


class QualitySurveyInvitation(models.Model):
    """The ledger of who was asked what, when and why, or why not (E5). Only the system writes it.

    Of an anonymous questionnaire it says that somebody has answered, not when, and never what.
    """

    _name = "quality.survey.invitation"
    _description = "Invitation to a questionnaire"
    _inherit = ["quality.personal.mixin"]
    _order = "planned_at desc, id desc"
    _rec_name = "partner_id"
    _check_company_auto = True
    _personal_fields = ("email",)

    rule_id = fields.Many2one("quality.survey.rule", required=True, readonly=True, index=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    survey_id = fields.Many2one(
        "survey.survey", "Questionnaire", required=True, readonly=True, index=True, ondelete="restrict"
    )
    is_anonymous = fields.Boolean("Anonymous", readonly=True)
    partner_id = fields.Many2one("res.partner", "Contact", required=True, readonly=True, index=True)
    email = fields.Char("E-mail", readonly=True)
    source_model = fields.Char(required=True, readonly=True, export_string_translation=False)
    source_id = fields.Many2oneReference(
        model_field="source_model", required=True, readonly=True, export_string_translation=False
    )
    key = fields.Char(required=True, default="", readonly=True, export_string_translation=False)
    ticket_id = fields.Many2one("service.ticket", readonly=True, index="btree_not_null")
    visit_id = fields.Many2one("service.visit", readonly=True, index="btree_not_null")
    state = fields.Selection(STATES, required=True, default="planned", readonly=True, index=True)
    cancel_reason = fields.Selection(REASONS, "Why not asked", readonly=True)
    planned_at = fields.Datetime("Planned for", required=True, readonly=True, index=True)
    sent_at = fields.Datetime("Sent on", readonly=True, index="btree_not_null")
    reminded_at = fields.Datetime("Reminded on", readonly=True)
    answered_at = fields.Datetime("Answered on", readonly=True, help="Not kept with an anonymous questionnaire.")
    expires_at = fields.Datetime("Open until", readonly=True)
    next_action_at = fields.Datetime(readonly=True, export_string_translation=False)
    access_token = fields.Char(
        default=lambda self: uuid.uuid4().hex + uuid.uuid4().hex, required=True, readonly=True, groups=NO_ACCESS,
        export_string_translation=False,
    )

    _once = models.UniqueIndex("(rule_id, source_model, source_id, key)", "This occasion was asked about already.")
    _token_uniq = models.UniqueIndex("(access_token)")
    # The job reads through this index only: what is due costs the same in a ledger of any size.
    _due_idx = models.Index("(next_action_at) WHERE next_action_at IS NOT NULL")
    _fatigue_idx = models.Index("(partner_id, planned_at) WHERE state IN ('planned', 'sent', 'answered', 'expired')")

    # ------------------------------------------------------------------
    # Planning
    # ------------------------------------------------------------------

    @api.model
    def _plan(self, candidates):
        """Plan invitations, each occasion once, and return the new rows; who is not asked gets a row that says why.

        :param candidates: dicts with ``rule``, ``source``, ``partner``, ``ticket``, ``visit`` and maybe ``key``
        """
        ledger = self.sudo()
        candidates = ledger._without_known([one for one in candidates if one["partner"]])
        partners = self.env["res.partner"].sudo().union(*(one["partner"] for one in candidates))
        staff, asked = staff_partners(self.env, partners), ledger._asked_lately(partners, candidates)
        now, vals_list = fields.Datetime.now(), []
        for one in candidates:
            rule, partner = one["rule"], one["partner"].sudo()
            planned_at = now + timedelta(hours=rule.delay_hours)
            reason = ledger._reason_against(partner, rule, staff)
            if not reason and ledger._is_tired(partner, rule, asked, planned_at):
                reason = "fatigue"
            if not reason:
                asked.setdefault(ledger._address_key(partner), []).append(planned_at)
            vals_list.append(
                {
                    "rule_id": rule.id, "company_id": rule.company_id.id, "survey_id": rule.survey_id.id,
                    "is_anonymous": rule.survey_id.is_anonymous, "partner_id": partner.id,
                    "email": email_normalize(partner.email or "") or False, "source_model": one["source"]._name,
                    "source_id": one["source"].id, "key": one.get("key") or "", "ticket_id": one["ticket"].id,
                    "visit_id": one["visit"].id, "planned_at": planned_at, "cancel_reason": reason,
                    "state": "cancelled" if reason else "planned", "next_action_at": not reason and planned_at,
                }
            )
        return ledger.create(vals_list).with_env(self.env)

    @api.model
    def _without_known(self, candidates):
        """Return the candidates whose occasion is not in the ledger, each once."""
        def key(one):
            return one["rule"].id, one["source"]._name, one["source"].id, one.get("key") or ""

        rules = {one["rule"].id for one in candidates}
        sources = {one["source"].id for one in candidates}
        known = {
            (row.rule_id.id, row.source_model, row.source_id, row.key)
            for row in self.search([("rule_id", "in", list(rules)), ("source_id", "in", list(sources))])
        }
        return list({key(one): one for one in candidates if key(one) not in known}.values())

    @api.model
    def _address_key(self, partner):
        """Return what one person is recognised by: the address, else the contact."""
        return email_normalize(partner.email or "") or partner.id

    @api.model
    def _asked_lately(self, partners, candidates):
        """Return ``{address: times of invitations}`` within the longest span of the companies concerned."""
        companies = self.env["res.company"].union(*(one["rule"].company_id for one in candidates))
        days = max(companies.mapped("survey_fatigue_days"), default=0)
        since = fields.Datetime.now() - timedelta(days=days)
        emails = [key for key in map(self._address_key, partners) if isinstance(key, str)]
        rows = self.search(
            [("state", "!=", "cancelled"), ("planned_at", ">=", since),
             "|", ("partner_id", "in", partners.ids), ("email", "in", emails)]
        )
        asked = {}
        for row in rows:
            asked.setdefault(row.email or row.partner_id.id, []).append(row.sent_at or row.planned_at)
        return asked

    @api.model
    def _is_tired(self, partner, rule, asked, moment):
        span = timedelta(days=rule.company_id.survey_fatigue_days)
        return any(abs(moment - other) < span for other in asked.get(self._address_key(partner), ()))

    @api.model
    def _reason_against(self, partner, rule, staff):
        """Return why ``partner`` is not asked, or None."""
        if partner in staff:
            return "staff"
        if partner.survey_opt_out or partner.commercial_partner_id.survey_opt_out:
            return "opt_out"
        if not email_normalize(partner.email or "") or not partner.active:
            return "no_address"
        return None if rule.survey_id.active else "closed"

    # ------------------------------------------------------------------
    # Ends
    # ------------------------------------------------------------------

    def _mark_answered(self):
        """Note that these were answered; the caller holds their lock. With an anonymous one nobody learns when."""
        for row in self.sudo():
            if row.is_anonymous:
                # Not by write: the time of the last change would be the time of the answer.
                row.flush_recordset()
                self.env.cr.execute(
                    SQL("UPDATE %s SET state = 'answered', next_action_at = NULL WHERE id = %s",
                        SQL.identifier(row._table), row.id)
                )
                row.invalidate_recordset()
            else:
                row.write({"state": "answered", "answered_at": fields.Datetime.now(), "next_action_at": False})

    def _cancel(self, reason):
        rows = self.filtered(lambda row: row.state in ("planned", "sent"))
        rows.write({"state": "cancelled", "cancel_reason": reason, "next_action_at": False})
        return rows

    def action_cancel(self):
        """Ask no more: invitations that are planned, or sent and not answered, are cancelled.

        :raises AccessError: the user does not manage satisfaction
        :raises UserError: all of them are over
        """
        self.env["quality.feedback"]._check_role(MANAGER)
        self.check_access("read")
        if not self.sudo()._cancel("by_hand"):
            raise UserError(self.env._("These invitations are over already."))
        return True

    def _is_open(self):
        """Return whether this invitation may be answered now."""
        self.ensure_one()
        return self.state == "sent" and self.survey_id.active and self.expires_at > fields.Datetime.now()

    def _lock(self):
        """Lock this row until the end of the transaction; whoever comes second waits, and starts over when it changed.

        Odoo repeats a request that a concurrent change made fail, so the second one sees what the first has done.
        """
        self.ensure_one()
        self.env.flush_all()
        self.env.cr.execute(
            SQL("SELECT id FROM %s WHERE id = %s FOR UPDATE", SQL.identifier(self._table), self.id)
        )
        self.invalidate_recordset()

    # ------------------------------------------------------------------
    # For the person invited; the controller has checked the link
    # ------------------------------------------------------------------

    @api.model
    def _find(self, token):
        """Return the invitation of a link, as the superuser; an empty one when there is none."""
        if not isinstance(token, str) or len(token) != 64:
            return self.sudo().browse()
        return self.sudo().search([("access_token", "=", token)], limit=1)

    def _open(self):
        """Return the answer to be filled in: the one begun, or a new one.

        An anonymous answer is not linked to its invitation, at no time; the browser alone knows both.
        """
        self._lock()
        if not self.is_anonymous:
            begun = self.env["survey.user_input"].sudo().search([("invitation_id", "=", self.id)], limit=1)
            return begun or self._create_answer()
        return self._create_answer()

    def _create_answer(self):
        survey = self.survey_id.sudo().with_company(self.company_id)
        if self.is_anonymous:
            return survey._create_answer(check_attempts=False)
        return survey._create_answer(
            partner=self.partner_id, check_attempts=False, deadline=self.expires_at, invitation_id=self.id
        )

    def _opt_out(self):
        """Note that this contact does not want to be asked any more, and ask no more."""
        self.partner_id.survey_opt_out = True
        said = self.env._("Does not want to be asked any more: said by the link in the mail.")
        self.partner_id._message_log(body=said)
        self.search([("partner_id", "=", self.partner_id.id)])._cancel("opt_out")

    def _get_url(self, page=""):
        """Return the link of the person invited."""
        self.ensure_one()
        return f"{self.survey_id.get_base_url()}/survey/invitation/{self.sudo().access_token}{page}"
