from odoo import models

#: kinds that an answer settles, without a solution on file
ANSWERED = ("consultation", "suggestion")
#: kinds after which the customer is asked whether it works (D7)
CALLED_BACK = ("repair", "complaint", "conduct", "installation", "update")
#: kinds whose solution is kept for the next one (C16)
SOLVED = ("repair", "complaint", "installation", "update")


class ServiceTicket(models.Model):
    """The guards: each returns what is missing for a step, as texts a person can act on."""

    _inherit = "service.ticket"

    def _missing_acceptance(self):
        missing = []
        if not self.partner_id and not (self.contact_name and (self.phone or self.email)):
            missing.append(self.env._("The customer, or a contact with a phone number or an e-mail address"))
        if not self.user_id:
            missing.append(self.env._("The person in charge"))
        if not (self.description or "").strip():
            missing.append(self.env._("What the customer says (description)"))
        if self.kind == "conduct" and not self.conduct_employee_id:
            missing.append(self.env._("The engineer the complaint is about"))
        return missing

    def _has_short_way(self):
        return self.kind in ANSWERED

    def _missing_short_way(self):
        if self._has_short_way():
            return []
        return [self.env._("The analysis: only consultations and suggestions are settled by an answer")]

    def _current_analysis(self):
        """Return the last analysis of the present escalation level."""
        return self.analysis_ids.filtered(lambda one: one.level == self.escalation_level).sorted("id")[-1:]

    def _missing_analysis(self):
        """C16: each level has an analysis of its own before anybody drives out again."""
        if self._current_analysis():
            return []
        if self.escalation_level:
            return [self.env._("A new analysis: the last solution did not work (level %d)", self.escalation_level)]
        return [self.env._("The analysis of the cause, with the kind of solution")]

    def _missing_visit(self):
        if self.visit_ids.filtered(lambda visit: visit.state in ("planned", "departed", "on_site")):
            return []
        return [self.env._("A planned visit: use “Plan a visit”")]

    def _missing_remote_way(self):
        if self._current_analysis().solution_type in ("on_site", "depot"):
            return [self.env._("A visit: the analysis says that the solution is on site or in the workshop")]
        return []

    def _missing_start(self):
        if self.visit_ids.filtered(lambda visit: visit.state in ("departed", "on_site", "done", "approved")):
            return []
        return [self.env._("The departure of the engineers: it starts the work")]

    def _missing_idle_visits(self):
        away = self.visit_ids.filtered(lambda visit: visit.state in ("departed", "on_site"))
        return [self.env._("The end of visit %s: the engineers are under way", visit.name) for visit in away]

    def _missing_escalation(self):
        return [] if self.escalating else [self.env._("What was not solved: use “Not solved”")]

    def _missing_reopening(self):
        if self._may_reopen():
            return []
        return [self.env._("A new ticket: this one was closed too long ago")]

    def _missing_resolution(self):
        """C16: the answer to the customer, and the solution for whoever has this problem next."""
        missing = []
        if not (self.resolution or "").strip():
            missing.append(self.env._("What was done: the answer to the customer"))
        if self.kind in SOLVED and not self.solution_id:
            missing.append(self.env._("The solution on file: choose one or write a new one"))
        if self.kind == "suggestion":
            missing += self._missing_adoption()
        return missing

    def _missing_finished_visits(self):
        missing = [
            self.env._("The end of visit %s", visit.name)
            for visit in self.visit_ids
            if visit.state in ("planned", "departed", "on_site")
        ]
        finished = self.visit_ids.filtered(lambda visit: visit.state in ("done", "approved"))
        last = finished.sorted(lambda visit: (visit.finished_at, visit.id))[-1:]
        if last and last.result != "solved":
            missing.append(self.env._("A visit that solved it: the last one, %s, did not", last.name))
        return missing

    def _missing_confirmation(self):
        """D7: the customer's own word, or what was said to somebody who did not do the work."""
        if self.kind not in CALLED_BACK or self.customer_confirmed_at:
            return []
        calls = self.sudo().callback_ids.filtered(
            lambda call: call.reached
            and call.result in ("solved", "leftover")
            and call.at >= self.resolved_at
            and call.user_id not in self.sudo()._doers()
        )
        return [] if calls else [self.env._("The call-back by somebody who did not do the work")]

    def _missing_closure(self):
        """E4, E10: nothing is left open behind a closed ticket."""
        missing = [
            self.env._("The approval of the service report %s", visit.name)
            for visit in self.visit_ids
            if visit.state not in ("approved", "cancelled")
        ]
        missing += [
            self.env._("The answer of %s", question.sudo().department_id.name)
            for question in self.question_ids
            if question.state == "open" and question.purpose != "feedback"
        ]
        missing += [
            self.env._("The reason why “%s” was late", deadline.name)
            for deadline in self._breaches()
            if not deadline.breach_reason
        ]
        return missing + self._missing_prevention()

    def _missing_waiting_reason(self):
        return [] if self.waiting_reason_id else [self.env._("What it waits for: use “Wait”")]

    def _missing_cancel_reason(self):
        return [] if self.cancel_reason else [self.env._("A reason: use the Cancel button")]
