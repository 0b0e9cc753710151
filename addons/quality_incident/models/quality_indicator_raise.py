from odoo import fields, models
from odoo.exceptions import UserError

from .quality_rectification_workflow import ISSUERS

ACTIVITY = "quality_incident.mail_activity_indicator"
RAISABLE = ("not_met", "not_proven")


class QualityIndicatorValue(models.Model):
    """A target that was not met proposes a corrective rectification notice (B5).

    It proposes and does not raise: a figure says that something is wrong, not what and by whom it must be put right.
    A notice names a recipient and requirements, starts clocks and can be escalated; somebody has to answer for that.
    """

    _inherit = "quality.indicator.value"

    can_raise = fields.Boolean(compute="_compute_can_raise", export_string_translation=False)

    def _compute_can_raise(self):
        able = self.env.user.has_groups(ISSUERS)
        for value in self:
            value.can_raise = (
                able and value.is_current and value.verdict in RAISABLE and not value.rectification_id
            )

    def _same_periods(self):
        """Return ``{(indicator, first day, last day): ids of all its revisions}`` of the periods of these values."""
        rows = self.sudo().search(
            [
                ("indicator_id", "in", self.sudo().indicator_id.ids),
                ("date_from", "in", self.mapped("date_from")),
                ("date_to", "in", self.mapped("date_to")),
            ]
        )
        return rows.grouped(lambda row: (row.indicator_id.id, row.date_from, row.date_to))

    def _propose(self):
        """Ask the owners, or without one the quality managers, to act on these new values that are not met.

        What is *not proven* is no failure: the value says so, and nobody is asked.
        """
        missed = self.sudo().filtered(lambda value: value.verdict == "not_met" and not value.rectification_id)
        if not missed:
            return
        managers = {company: self.env["quality.indicator"]._managers_of(company) for company in missed.company_id}
        kind = self.env.ref(ACTIVITY)
        model_id = self.env["ir.model"]._get_id(self._name)
        vals_list = []
        for value in missed:
            owner = value.indicator_id.user_id.filtered("active")
            for user in owner or managers[value.company_id]:
                reader = value.with_context(lang=user.lang)
                vals_list.append(
                    {
                        "activity_type_id": kind.id,
                        "res_model_id": model_id,
                        "res_id": value.id,
                        "user_id": user.id,
                        "automated": True,
                        "date_deadline": fields.Date.add(fields.Date.context_today(self), days=kind.delay_count),
                        "summary": reader.env._(
                            "%(value)s instead of %(target)s: raise a corrective notice?",
                            value=reader.value_text, target=reader.target_text,
                        ),
                    }
                )
        self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True).create(vals_list)

    def _withdraw_proposals(self):
        """Take back the proposals of these values: a notice was raised, or a newer revision says otherwise."""
        self.sudo().activity_unlink([ACTIVITY])

    def action_raise_rectification(self):
        """Draft a corrective notice about this value, or return the one there is, and open it (B5).

        Once for each period: a revision does not raise another one while the first is not cancelled.

        :raises AccessError: the user may not issue notices
        :raises UserError: there is nothing to correct, or a newer revision stands
        """
        self.ensure_one()
        self.check_access("read")
        notices = self.env["quality.rectification"]
        notices._check_role(ISSUERS)
        if self.rectification_id:
            return self.rectification_id.get_formview_action()
        if not self.is_current:
            raise UserError(self.env._("%s has been measured again. Act on the newest revision.", self.display_name))
        if self.verdict not in RAISABLE:
            raise UserError(self.env._("%s: there is no missed target to correct.", self.display_name))
        counted = self.env._(
            "%(value)s instead of %(target)s in %(period)s: %(counted)s.\n%(formula)s",
            value=self.value_text, target=self.target_text, period=self.period_text, counted=self.count_text,
            formula=self.formula,
        )
        requirement = self.env._(
            "Find out why “%(indicator)s” missed its target, and bring it back to %(target)s.",
            indicator=self.name, target=self.target_text,
        )
        subject = self.env._("Target missed: %s", self.display_name)
        notice = notices._raise_from(
            self, [{"requirement": requirement}], subject=subject, description=counted
        )
        notice.flush_recordset()  # the unique index speaks here and not later, in an unrelated place
        self.invalidate_recordset(["rectification_id"])
        self._withdraw_proposals()
        return notice.get_formview_action()


class QualityRectification(models.Model):
    """A value of an indicator has one notice, also when two people press at once."""

    _inherit = "quality.rectification"

    _one_for_a_value = models.UniqueIndex(
        "(origin_id) WHERE origin_model = 'quality.indicator.value' AND state != 'cancelled'",
        "A corrective notice about this value has been raised already.",
    )
