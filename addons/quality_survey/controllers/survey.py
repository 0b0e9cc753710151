from odoo import http
from odoo.addons.survey.controllers.main import Survey
from odoo.http import request

from ..models.survey_survey import OURS

PAGE = "/survey/invitation"
#: the browser alone knows which invitation an anonymous answer is given to
COOKIE = "quality_invitation_%s"
DAYS = 60


class QualitySurvey(Survey):
    """Questionnaires about satisfaction: opened by the link in the mail, without a login, answered once (E5)."""

    # ------------------------------------------------------------------
    # The link in the mail
    # ------------------------------------------------------------------

    def _said(self, key, invitation, status=200, **values):
        """Return the page that says something instead of asking."""
        lang = invitation.partner_id.lang
        if lang and request.env.user._is_public():
            request.update_context(lang=lang)
        response = request.render(
            "quality_survey.invitation_page",
            {"said": key, "company": invitation.company_id.name or request.env.company.name,
             "title": invitation.survey_id.with_context(lang=request.env.lang).title or "", **values},
        )
        response.status_code = status
        return self._private(response)

    def _private(self, response):
        """Keep the link out of caches and of the addresses sent to other sites."""
        response.headers["Cache-Control"] = "no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def _problem_with(self, invitation):
        """Return ``(what to say, status)`` when the visitor may not answer this invitation, else None."""
        user = request.env.user
        if not invitation:
            return "unknown", 404
        if invitation.state == "answered":
            return "answered", 200
        if not invitation._is_open():
            return "over", 410
        if not user._is_public() and user.partner_id != invitation.partner_id:
            return "somebody_else", 403
        return None

    @http.route(f"{PAGE}/<string:token>", type="http", auth="public", website=True, methods=["GET"], sitemap=False)
    def invitation(self, token, **_kwargs):
        """Lead the person invited to the questionnaire; nothing is asked twice."""
        invitation = request.env["quality.survey.invitation"]._find(token)
        problem = self._problem_with(invitation)
        if problem:
            return self._said(problem[0], invitation, problem[1], token=token, user=request.env.user.name)
        survey = invitation.survey_id
        answer = self._begun(survey, token) if invitation.is_anonymous else None
        answer = answer or invitation._open()
        if answer.state == "new" and invitation.partner_id.lang in dict(request.env["res.lang"].get_installed()):
            answer.lang_id = request.env["res.lang"]._get_data(code=invitation.partner_id.lang).id
        response = request.redirect(answer.get_start_url())
        if invitation.is_anonymous:
            response.set_cookie(
                COOKIE % survey.access_token, token, max_age=DAYS * 86400, httponly=True, samesite="Lax",
                secure=request.httprequest.scheme == "https",
            )
        return self._private(response)

    def _begun(self, survey, token):
        """Return the anonymous answer this browser has begun for this very invitation, if it is still open."""
        begun = request.cookies.get(f"survey_{survey.access_token}")
        answer = request.env["survey.user_input"].sudo()
        if begun and request.cookies.get(COOKIE % survey.access_token) == token:
            answer = answer.search([("access_token", "=", begun), ("survey_id", "=", survey.id)], limit=1)
        return answer if answer.state in ("new", "in_progress") else None

    @http.route(f"{PAGE}/<string:token>/stop", type="http", auth="public", website=True, methods=["GET"], sitemap=False)
    def stop(self, token, **_kwargs):
        """Ask whether the person really does not want to be asked any more; a mail scanner that follows links says
        nothing."""
        invitation = request.env["quality.survey.invitation"]._find(token)
        if not invitation:
            return self._said("unknown", invitation, 404)
        stopped = invitation.partner_id.survey_opt_out
        return self._said("stopped" if stopped else "stop", invitation, token=token)

    @http.route(f"{PAGE}/<string:token>/stop", type="http", auth="public", website=True, methods=["POST"])
    def confirm_stop(self, token, **_kwargs):
        """Note that this contact is asked no more, without a login."""
        invitation = request.env["quality.survey.invitation"]._find(token)
        if not invitation:
            return self._said("unknown", invitation, 404)
        if not invitation.partner_id.survey_opt_out:
            invitation._opt_out()
        return self._said("stopped", invitation, token=token)

    # ------------------------------------------------------------------
    # Answering
    # ------------------------------------------------------------------

    def _check_validity(self, survey_sudo, answer_sudo, answer_token, ensure_token=True, check_partner=True):
        # An anonymous answer belongs to nobody, whoever is logged in.
        if survey_sudo.survey_type == OURS and survey_sudo.is_anonymous and answer_sudo and not answer_sudo.partner_id:
            check_partner = False
        return super()._check_validity(survey_sudo, answer_sudo, answer_token, ensure_token, check_partner)

    def _invitation_of(self, survey, answer):
        """Return the invitation an answer is given to: the one on it, or for an anonymous one that of the browser."""
        ledger = request.env["quality.survey.invitation"].sudo()
        if not survey.is_anonymous:
            return answer.invitation_id
        invitation = ledger._find(request.cookies.get(COOKIE % survey.access_token))
        return invitation if invitation.survey_id == survey else ledger

    @http.route()
    def survey_submit(self, survey_token, answer_token, **post):
        survey, answer = self._fetch_from_access_token(survey_token, answer_token)
        if not answer or survey.survey_type != OURS or answer.test_entry:
            return super().survey_submit(survey_token, answer_token, **post)
        invitation = self._invitation_of(survey, answer)
        if invitation:
            invitation._lock()
            answer.invalidate_recordset()
        if answer.state == "done" or not self._may_answer(survey, answer, invitation):
            return {}, {"error": "unauthorized"}
        with request.env.cr.savepoint() as savepoint:
            result = super().survey_submit(survey_token, answer_token, **post)
            if result[1].get("error"):
                # Core keeps the valid half of a page that is refused, and then refuses it as answered already.
                savepoint.rollback()
                return result
        if survey.is_anonymous and answer.state == "done":
            invitation._mark_answered()
            answer._file_anonymous(invitation)
        return result

    def _extract_comment_from_answers(self, question, answers):
        if question.survey_id.survey_type == OURS and isinstance(answers, (int, float)) and answers is not False:
            answers = str(answers)  # core takes a zero for no answer
        return super()._extract_comment_from_answers(question, answers)

    def _may_answer(self, survey, answer, invitation):
        """Return whether the answer may be given: once for each invitation, while it is open."""
        if invitation:
            return invitation._is_open()
        return not survey._invitation_needed() or (not survey.is_anonymous and answer._is_invited())
