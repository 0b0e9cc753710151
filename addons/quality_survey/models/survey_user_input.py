from odoo import api, fields, models
from odoo.exceptions import UserError

from .survey_question import SCORED
from .survey_survey import OURS


class SurveyUserInput(models.Model):
    """An answered questionnaire about satisfaction becomes one opinion (E5, D10)."""

    _name = "survey.user_input"
    _inherit = ["survey.user_input", "quality.personal.mixin"]
    _personal_fields = ("email", "nickname")

    invitation_id = fields.Many2one(
        "quality.survey.invitation", readonly=True, copy=False, index="btree_not_null", ondelete="set null",
        help="Never kept with an anonymous answer.",
    )
    import_id = fields.Many2one("quality.survey.import", readonly=True, copy=False, ondelete="restrict")
    import_ref = fields.Char("Row of the file", readonly=True, copy=False)

    _one_per_invitation = models.UniqueIndex(
        "(invitation_id) WHERE invitation_id IS NOT NULL", "This invitation was answered already."
    )
    _one_per_row = models.UniqueIndex(
        "(import_id, import_ref) WHERE import_id IS NOT NULL", "This row was imported already."
    )

    @api.model_create_multi
    def create(self, vals_list):
        """Create answers; with an anonymous questionnaire nobody stands on them from the first moment."""
        surveys = self.env["survey.survey"].browse({vals.get("survey_id") for vals in vals_list} - {None})
        anonymous = set(surveys.filtered(lambda one: one.survey_type == OURS and one.is_anonymous).ids)
        for vals in vals_list:
            if vals.get("survey_id") in anonymous and not vals.get("test_entry"):
                vals.update(partner_id=False, email=False, nickname=False, invitation_id=False, invite_token=False)
        if not anonymous:
            return super().create(vals_list)
        quiet = self.with_context(mail_create_nolog=True, mail_create_nosubscribe=True)
        return super(SurveyUserInput, quiet).create(vals_list).with_env(self.env)

    def write(self, vals):
        """Write; what was answered stays with who answered it, and an anonymous answer with nobody.

        :raises UserError: an answer that counts would change
        """
        if {"partner_id", "email", "survey_id", "invitation_id", "state", "import_id"} & vals.keys():
            done = self.filtered(lambda one: one.survey_id.survey_type == OURS and one.state == "done")
            if done.filtered(lambda one: not one.test_entry):
                raise UserError(self.env._("An answered questionnaire stays as it is."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_counted(self):
        if any(one.survey_id.survey_type == OURS and one.state == "done" and not one.test_entry for one in self):
            raise UserError(self.env._("Answers of customers are not deleted."))

    # ------------------------------------------------------------------
    # Done
    # ------------------------------------------------------------------

    def _is_invited(self):
        """Hook: return whether this answer may be given; anonymous ones are checked where they are posted."""
        self.ensure_one()
        survey = self.survey_id
        return bool(
            self.test_entry or self.invitation_id or survey.is_anonymous or not survey._invitation_needed()
        )

    def _mark_done(self):
        """End answers; those about satisfaction are filed as opinions, each once.

        :raises UserError: nobody was invited, or the invitation is over
        """
        ours = self.filtered(lambda one: one.survey_id.survey_type == OURS and one.state != "done")
        for answer in ours:
            if not answer._is_invited():
                raise UserError(self.env._("Only those who were invited answer this questionnaire."))
        result = super()._mark_done()
        counted = ours.filtered(lambda one: not one.test_entry)
        counted.invitation_id._mark_answered()
        counted.filtered(lambda one: not one.survey_id.is_anonymous)._file_feedback()
        return result

    def _notify_new_participation_subscribers(self):
        # A message at the minute somebody answers would lead to who it was.
        return super(
            SurveyUserInput, self.filtered(lambda one: not one.survey_id.is_anonymous)
        )._notify_new_participation_subscribers()

    def _file_feedback(self, **more):
        """File the opinions of these answers, with the values of ``more`` on each, and return them."""
        vals_list = [{**vals, **more} for vals in (answer._feedback_values() for answer in self) if vals]
        return self.env["quality.feedback"]._collect(vals_list) if vals_list else self.env["quality.feedback"]

    # ------------------------------------------------------------------
    # What an answer says
    # ------------------------------------------------------------------

    def _feedback_values(self):
        """Return the values of the opinion this answer is, as of ``_collect``; None when nothing was said."""
        self.ensure_one()
        said = self._feedback_said()
        if not said:
            return None
        invitation, survey = self.invitation_id, self.survey_id
        return {
            "channel": survey.feedback_channel,
            "subject": survey.feedback_subject,
            "survey_id": survey.id,
            "given_at": self.end_datetime or fields.Datetime.now(),
            "company_id": (invitation.company_id or survey.company_id or self.env.company).id,
            "partner_id": self.partner_id.id,
            "ticket_id": invitation.ticket_id.id,
            "visit_id": invitation.visit_id.id,
            "source_model": self._name,
            "source_id": self.id,
            **said,
        }

    def _feedback_said(self):
        """Return the figures and words of this answer by the roles of the questions."""
        said, dimensions, comments = {}, {}, []
        for line in self.user_input_line_ids:
            question = line.question_id
            role = question.feedback_role
            if role == "nps" and not line.skipped and line.answer_type == "scale":
                said["nps"] = line.value_scale
            elif role in SCORED:
                self._note_score(role, question, line, said, dimensions)
            elif role == "segment" and not line.skipped:
                said["segment"] = line.suggested_answer_id.with_context(lang=None).value or line.value_char_box
            text = (line.value_text_box or line.value_char_box or "").strip()
            if text and (role == "comment" or (role and role != "segment")):
                comments.append(text)
        if dimensions:
            said["scores"] = [self._dimension_score(*one) for one in dimensions.items()]
        if comments:
            said["comment"] = "\n".join(comments)
        return said

    def _note_score(self, role, question, line, said, dimensions):
        given = question._feedback_score(line)
        if not given:
            return
        value, scale = given
        if role == "overall":
            said.update(score=value, scale=scale)
        elif role == "repurchase":
            said.update(repurchase=value, repurchase_scale=scale)
        else:
            dimensions.setdefault(question.feedback_subject, []).append((value, scale))

    @api.model
    def _dimension_score(self, dimension, given):
        """Return the score of a dimension; several questions about one subject count by their mean."""
        if len(given) == 1:
            return {"dimension": dimension, "score": given[0][0], "scale": given[0][1]}
        on_scale = [self.env["quality.feedback"]._on_scale(value, scale, [])[0] for value, scale in given]
        return {"dimension": dimension, "score": sum(on_scale) / len(on_scale), "scale": "0-100"}

    def _get_line_answer_values(self, question, answer, answer_type):
        if isinstance(answer, (int, float)) and not isinstance(answer, bool):
            answer = str(answer)  # core takes a zero for no answer
        return super()._get_line_answer_values(question, answer, answer_type)

    def _save_lines(self, question, answer, comment=None, overwrite_existing=True):
        if self.survey_id.survey_type == OURS and self.state == "done" and not self.test_entry:
            raise UserError(self.env._("An answered questionnaire stays as it is."))
        return super()._save_lines(question, answer, comment, overwrite_existing)

    @api.autovacuum
    def _gc_unfinished_anonymous(self):
        """Remove anonymous answers that were begun and never sent."""
        limit = fields.Datetime.subtract(fields.Datetime.now(), days=60)
        self.sudo().search(
            [
                ("survey_id.survey_type", "=", OURS), ("survey_id.is_anonymous", "=", True), ("state", "!=", "done"),
                ("create_date", "<", limit),
            ],
            limit=1000,
        ).unlink()


class SurveyUserInputLine(models.Model):
    _name = "survey.user_input.line"
    _inherit = ["survey.user_input.line", "quality.personal.mixin"]
    _personal_fields = ("value_char_box", "value_text_box")

    @api.model_create_multi
    def create(self, vals_list):
        """Keep answers; one that ended takes no more."""
        lines = super().create(vals_list)
        lines._check_not_counted()
        return lines

    def write(self, vals):
        self._check_not_counted()
        return super().write(vals)

    def _check_not_counted(self):
        if not self.env.su and self.survey_id.filtered(lambda survey: survey.survey_type == OURS):
            raise UserError(self.env._("Answers of customers are not changed."))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_counted(self):
        counted = self.user_input_id.filtered(lambda one: one.state == "done" and not one.test_entry)
        if counted.survey_id.filtered(lambda survey: survey.survey_type == OURS):
            raise UserError(self.env._("Answers of customers are not deleted."))
