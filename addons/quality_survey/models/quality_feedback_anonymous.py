import uuid

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools import SQL

from ..tools.coarse import quarter_start

#: what may tell who somebody is, from the most to the least useful; broken down in this order
LADDER = ("team_id", "product_id", "region", "customer_class", "segment", "engineer_id")
#: what leads to a person or a moment, and is never kept
NEVER = ("partner_id", "ticket_id", "visit_id", "source_model", "source_id", "external_ref")


class QualityFeedbackContext(models.Model):
    """What an anonymous opinion is about, until it is known whether enough others share it; nobody may read it.

    Rows go when the quarter is over: what at least as many people share as the company wants is written on the
    opinions, the rest is forgotten.
    """

    _name = "quality.feedback.context"
    _description = "Context of an anonymous opinion"
    _log_access = False

    feedback_id = fields.Many2one("quality.feedback", required=True, index=True, ondelete="cascade")
    team_id = fields.Many2one("service.team")
    product_id = fields.Many2one("product.product")
    region = fields.Char()
    customer_class = fields.Char()
    segment = fields.Char()
    engineer_id = fields.Many2one("hr.employee")


class QualityFeedback(models.Model):
    """Anonymous opinions: figures without anybody, shown only once enough people have answered.

    * Nothing that leads to a person, a ticket or a moment is kept; dates are the first day of the quarter.
    * Until as many have answered as the company wants, all are held back (``is_held``), from every list, export, sum.
    * What they are about shows when the quarter is over, where at least as many share it (see :meth:`_disclose`).
    """

    _inherit = "quality.feedback"

    _held_idx = models.Index("(company_id, survey_id, given_at) WHERE is_held")

    @api.model
    def _prepare_collected(self, vals_list):
        rows = super()._prepare_collected(vals_list)
        for row in rows:
            if row.get("is_anonymous"):
                row.update(dict.fromkeys((*NEVER, *LADDER), False), is_held=True)
                given_at = fields.Datetime.to_datetime(row.get("given_at")) or fields.Datetime.now()
                row["given_at"] = quarter_start(given_at)
        return rows

    @api.model
    def _collect_anonymous(self, vals):
        """File one anonymous opinion. Its values may name who and what it is about; of that nothing is kept with it.

        :param vals: as of :meth:`_collect`
        """
        rows = self._with_collecting_env()
        context = {**{name: vals.get(name) for name in LADDER}, **rows._context_of(vals)}
        row = rows._collect([{**vals, "is_anonymous": True}])
        rows.env["quality.feedback.context"].create(
            {"feedback_id": row.id, **{name: context.get(name) for name in LADDER}}
        )
        row._forget_when()
        row._release()
        return row

    def _forget_when(self):
        """Let the columns in which Odoo notes who and when say no more than the quarter."""
        self.env.flush_all()
        for table, column in (("quality_feedback", "id"), ("quality_feedback_score", "feedback_id")):
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE %s AS noted SET create_date = feedback.given_at, write_date = feedback.given_at,
                           create_uid = %s, write_uid = %s
                      FROM quality_feedback AS feedback WHERE feedback.id = %s AND feedback.id IN %s
                    """,
                    SQL.identifier(table), SUPERUSER_ID, SUPERUSER_ID, SQL.identifier("noted", column),
                    tuple(self.ids),
                )
            )
        self.invalidate_recordset(["create_date", "write_date", "create_uid", "write_uid"])

    # ------------------------------------------------------------------
    # Shown together, or not at all
    # ------------------------------------------------------------------

    def _release(self):
        """Show held opinions of the same company, questionnaire and quarter once there are enough of them."""
        for company, survey, given_at in {(row.company_id, row.survey_id, row.given_at) for row in self}:
            held = self.search(
                [("company_id", "=", company.id), ("survey_id", "=", survey.id), ("given_at", "=", given_at),
                 ("is_held", "=", True)]
            )
            if len(held) >= company.survey_group_size:
                held._rewrite({"is_held": False})
                held.score_ids.invalidate_recordset(["is_held"])
                held._forget_when()

    @api.model
    def _cron_disclose(self):
        """Say what the anonymous opinions of past quarters are about, where enough people share it."""
        self._disclose(quarter_start(fields.Datetime.now()))

    @api.model
    def _disclose(self, before):
        """Break down the anonymous opinions given before the quarter that begins at ``before``, and forget the rest.

        Opinions are divided along the ladder: a division shows only where each part has enough people; parts that are
        too small stay together, with the smallest of the others if need be, so that no remainder is small either.
        """
        contexts = self.env["quality.feedback.context"].sudo().search([("feedback_id.given_at", "<", before)])
        scopes = contexts.grouped(lambda one: (one.feedback_id.company_id, one.feedback_id.survey_id,
                                               one.feedback_id.given_at))
        for (company, _survey, _given_at), scope in scopes.items():
            shown = scope.filtered(lambda one: not one.feedback_id.is_held)
            self._divide(shown, LADDER, company.survey_group_size)
        rows = contexts.feedback_id
        contexts.unlink()
        if rows:
            rows._forget_when()

    @api.model
    def _divide(self, contexts, ladder, size):
        if not ladder or len(contexts) < size:
            return
        name, *rest = ladder
        parts = sorted(contexts.grouped(name).items(), key=lambda part: -len(part[1]))
        large = [part for part in parts if len(part[1]) >= size]
        small = sum(len(part[1]) for part in parts if len(part[1]) < size)
        while large and 0 < small < size:
            small += len(large.pop()[1])
        for value, part in large:
            if value:
                part.feedback_id._rewrite({name: value.id if isinstance(value, models.BaseModel) else value})
            self._divide(part, rest, size)


class SurveyUserInput(models.Model):
    _inherit = "survey.user_input"

    def _file_anonymous(self, invitation):
        """File an anonymous answer and cut every thread to who gave it; the caller has locked the invitation.

        :param invitation: the one it was given to, or an empty one on an open questionnaire
        """
        self.ensure_one()
        values = self._feedback_values()
        if values:
            values.update(
                partner_id=invitation.partner_id.id, ticket_id=invitation.ticket_id.id, visit_id=invitation.visit_id.id,
                company_id=(invitation.company_id or self.survey_id.company_id or self.env.company).id,
            )
            self.env["quality.feedback"]._collect_anonymous(values)
        self._detach()

    def _detach(self):
        """Forget who answered and when; the link that was used leads nowhere any more."""
        self.env["mail.message"].sudo().search([("model", "=", self._name), ("res_id", "in", self.ids)]).unlink()
        self.message_unsubscribe(self.message_partner_ids.ids)
        self.env.flush_all()
        for answer in self:
            when = quarter_start(answer.end_datetime or fields.Datetime.now())
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE survey_user_input
                       SET partner_id = NULL, email = NULL, nickname = NULL, invitation_id = NULL, invite_token = NULL,
                           lang_id = NULL, deadline = NULL, access_token = %(token)s, start_datetime = %(when)s,
                           end_datetime = %(when)s, create_date = %(when)s, write_date = %(when)s,
                           create_uid = %(system)s, write_uid = %(system)s
                     WHERE id = %(id)s
                    """,
                    token=str(uuid.uuid4()), when=when,
                    system=SUPERUSER_ID, id=answer.id,
                )
            )
            self.env.cr.execute(
                SQL(
                    """
                    UPDATE survey_user_input_line SET create_date = %(when)s, write_date = %(when)s,
                           create_uid = %(system)s, write_uid = %(system)s
                     WHERE user_input_id = %(id)s
                    """,
                    when=when, system=SUPERUSER_ID, id=answer.id,
                )
            )
        self.invalidate_recordset()
        self.user_input_line_ids.invalidate_recordset()
