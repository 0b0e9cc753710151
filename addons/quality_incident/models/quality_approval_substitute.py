from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Domain


class QualityApprovalSubstitute(models.Model):
    """Who decides while somebody is away (F3). The ledger keeps both names.

    The days are whole days where the absent person lives (time zone of that user), first and last included.
    One substitute at a time, and nobody substitutes through a second person: a chain would hide who decides.
    """

    _name = "quality.approval.substitute"
    _description = "Substitute approver"
    _order = "date_from desc, id desc"
    _rec_name = "user_id"

    user_id = fields.Many2one(
        "res.users", "Absent", required=True, default=lambda self: self.env.user, index=True, ondelete="cascade",
        domain="[('share', '=', False)]",
    )
    substitute_id = fields.Many2one(
        "res.users", required=True, index=True, ondelete="cascade",
        domain="[('share', '=', False), ('id', '!=', user_id)]",
    )
    date_from = fields.Date("First day", required=True, default=fields.Date.context_today)
    date_to = fields.Date("Last day", required=True)
    reason = fields.Char()
    is_current = fields.Boolean("Today", compute="_compute_is_current")

    _dates_ordered = models.Constraint("CHECK (date_from <= date_to)", "The last day cannot be before the first.")

    @api.depends("user_id", "substitute_id")
    def _compute_display_name(self):
        for row in self:
            row.display_name = f"{row.user_id.name or ''} → {row.substitute_id.name or ''}"

    @api.depends("date_from", "date_to", "user_id.tz")
    def _compute_is_current(self):
        for row in self:
            row.is_current = row._holds_today()

    def _holds_today(self):
        today = fields.Date.context_today(self.with_context(tz=self.user_id.sudo().tz or "UTC"))
        return bool(self.date_from and self.date_to) and self.date_from <= today <= self.date_to

    # ------------------------------------------------------------------
    # Constraints
    # ------------------------------------------------------------------

    @api.constrains("user_id", "substitute_id")
    def _check_people(self):
        for row in self.sudo():
            if row.user_id == row.substitute_id:
                raise ValidationError(self.env._("Nobody can be the substitute of themselves."))
            for person in row.user_id | row.substitute_id:
                if not person.active or person.share:
                    raise ValidationError(self.env._("%s is not an active internal user.", person.name))
            if not row.user_id.company_ids & row.substitute_id.company_ids:
                raise ValidationError(self.env._(
                    "%(absent)s and %(substitute)s work in no common company.",
                    absent=row.user_id.name, substitute=row.substitute_id.name,
                ))

    @api.constrains("user_id", "substitute_id", "date_from", "date_to")
    def _check_no_chain(self):
        # sudo: the periods of other people count, though the user may not read them
        for row in self.sudo():
            others = self.sudo().search([
                ("id", "!=", row.id), ("date_from", "<=", row.date_to), ("date_to", ">=", row.date_from),
                "|", ("user_id", "in", (row.user_id | row.substitute_id).ids), ("substitute_id", "=", row.user_id.id),
            ])
            for other in others:
                raise ValidationError(row._clash_text(other))

    def _clash_text(self, other):
        names = {
            "absent": other.user_id.name, "substitute": other.substitute_id.name,
            "first": fields.Date.to_string(other.date_from), "last": fields.Date.to_string(other.date_to),
        }
        if other.user_id == self.user_id:
            return self.env._(
                "From %(first)s to %(last)s %(substitute)s is the substitute of %(absent)s already.", **names,
            )
        return self.env._(
            "From %(first)s to %(last)s %(absent)s is away too and %(substitute)s decides. "
            "A substitute cannot pass a decision on; choose somebody who is there.", **names,
        )

    # ------------------------------------------------------------------
    # CRUD: everybody appoints for themselves, the quality manager for all, nobody appoints themselves
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        rows._check_appointment()
        self.env["quality.approval"]._sync_notices_of(rows._involved())
        return rows

    def write(self, vals):
        """Write; what a substitute has decided on stays as it was appointed, only the last day may move.

        :raises AccessError: the absent person is somebody else, or the user appoints themselves
        :raises UserError: the substitute has decided already
        """
        if vals.keys() & {"user_id", "substitute_id", "date_from"}:
            self._check_not_used()
        before = self._involved()
        result = super().write(vals)
        self._check_appointment()
        self.env["quality.approval"]._sync_notices_of(before | self._involved())
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        self._check_not_used()

    def unlink(self):
        involved = self._involved()
        result = super().unlink()
        self.env["quality.approval"]._sync_notices_of(involved)
        return result

    def _check_appointment(self):
        if self.env.su:
            return
        manager = self.env.user.has_group("quality_incident.group_quality_manager")
        for row in self:
            if row.user_id != self.env.user and not manager:
                raise AccessError(self.env._("You can appoint a substitute only for yourself."))
            if row.user_id != self.env.user and row.substitute_id == self.env.user:
                raise AccessError(self.env._(
                    "Nobody can appoint themselves as the substitute of somebody else. %s must do it, or another "
                    "manager.", row.user_id.name,
                ))

    def _check_not_used(self):
        for row in self:
            used = self.env["quality.approval"].sudo().search_count([
                ("decided_by_id", "=", row.substitute_id.id), ("on_behalf_of_id", "=", row.user_id.id),
                ("decided_at", ">=", row.date_from - timedelta(days=1)),
                ("decided_at", "<", row.date_to + timedelta(days=2)),
            ], limit=1)
            if used:
                raise UserError(self.env._(
                    "%(substitute)s has decided for %(absent)s in this period. Change the last day to end it; the "
                    "past stays as it was.",
                    substitute=row.substitute_id.name, absent=row.user_id.name,
                ))

    # ------------------------------------------------------------------
    # Use
    # ------------------------------------------------------------------

    def _involved(self):
        return self.sudo().user_id | self.sudo().substitute_id

    @api.model
    def _cron_sync_notices(self):
        """Tell substitutes who start today and take tasks back from those who ended; harmless when run twice."""
        today, day = fields.Date.today(), timedelta(days=1)
        turning = self.sudo().search([
            "|", "&", ("date_from", ">=", today - day), ("date_from", "<=", today + day),
            "&", ("date_to", ">=", today - 2 * day), ("date_to", "<=", today),
        ])
        self.env["quality.approval"]._sync_notices_of(turning._involved())

    @api.model
    def _current_rows(self, domain):
        """Return the appointments of ``domain`` that hold today, each in the time zone of the absent person."""
        # Dates around the world differ by a day from UTC; the exact day is then judged row by row.
        today, day = fields.Date.today(), timedelta(days=1)
        rows = self.sudo().search(
            Domain(domain) & Domain([("date_from", "<=", today + day), ("date_to", ">=", today - day)]),
        )
        return rows.filtered(lambda row: row._holds_today())

    @api.model
    def _absent_for(self, user):
        """Return the users for whom ``user`` may decide today."""
        return self._current_rows([("substitute_id", "=", user.id)]).user_id

    @api.model
    def _substitutes_of(self, users):
        """Return the users who may decide today for one of ``users``."""
        return self._current_rows([("user_id", "in", users.ids)]).substitute_id
