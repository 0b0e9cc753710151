from odoo import api, fields, models
from odoo.addons.quality_incident.tools.canonical import snapshot
from odoo.exceptions import UserError

from .service_ticket_guards import CALLED_BACK
from .service_ticket_roles import AGENT, QUALITY

GATE = "complaint_handling"
COMPLAINTS = ("complaint", "conduct")
#: what the departments approve of a serious complaint (E9)
HANDLING = [
    "cause_class",
    "severity",
    "demand",
    "proposal",
    "responsible_department_id",
    "responsibility_decision",
    "prevention_measure",
]


class QualityApproval(models.Model):
    _inherit = "quality.approval"

    gate = fields.Selection(selection_add=[(GATE, "Handling of a complaint")], ondelete={GATE: "cascade"})


class ServiceTicket(models.Model):
    """The ways of a complaint: quality, not quality, serious, about conduct (C8, C17 to C19, E6 to E10)."""

    _inherit = "service.ticket"

    incident_id = fields.Many2one(
        "quality.incident",
        "Quality incident",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
    )
    responsible_department_id = fields.Many2one(
        "hr.department", "Responsible department", index="btree_not_null", check_company=True, tracking=True
    )
    responsible_person = fields.Char("Responsible person", copy=False)
    responsibility_decision = fields.Text("Decision on responsibility", copy=False)
    explanation = fields.Text(
        "Explanation to the customer",
        copy=False,
        help="Why it is not a fault of ours, with our test results as evidence.",
    )
    explanation_file_ids = fields.Many2many(
        "ir.attachment",
        "service_ticket_explanation_rel",
        "ticket_id",
        "attachment_id",
        "Evidence of the explanation",
        copy=False,
        bypass_search_access=True,
    )
    explanation_sent_at = fields.Datetime("Explanation sent on", readonly=True, copy=False)
    proposal = fields.Text("Proposed solution", copy=False, tracking=True, help="What is offered to the customer.")
    customer_agreed_at = fields.Datetime("Customer agreed on", readonly=True, copy=False)
    customer_agreed_by = fields.Char("Agreed for the customer by", readonly=True, copy=False)
    customer_confirmed_at = fields.Datetime("Customer confirmed on", readonly=True, copy=False)
    customer_confirmed_by = fields.Char("Confirmed for the customer by", readonly=True, copy=False)
    prevention_measure = fields.Text("Prevention", copy=False, help="How the same is kept from happening again.")
    conduct_employee_id = fields.Many2one(
        "hr.employee", "Complaint about", index="btree_not_null", check_company=True, copy=False
    )
    conduct_finding = fields.Selection(
        [("substantiated", "Substantiated"), ("unsubstantiated", "Not substantiated")],
        "Finding",
        copy=False,
        tracking=True,
    )
    adoption = fields.Selection(
        [("adopted", "Adopted"), ("rejected", "Not adopted")], "Suggestion", copy=False, tracking=True
    )
    is_complaint = fields.Boolean(compute="_compute_is_complaint")
    rectification_count = fields.Integer(compute="_compute_rectification_count")

    _evidence_fields = ("evidence_ids", "explanation_file_ids")

    @api.depends("kind")
    def _compute_is_complaint(self):
        for ticket in self:
            ticket.is_complaint = ticket.kind in COMPLAINTS

    def _rectification_domain(self):
        return [("origin_model", "=", self._name), ("origin_id", "in", self.ids)]

    def _compute_rectification_count(self):
        groups = (
            self.env["quality.rectification"]
            .sudo()
            ._read_group(self._rectification_domain(), ["origin_id"], ["__count"])
        )
        counts = dict(groups)
        for ticket in self:
            ticket.rectification_count = counts.get(ticket.id, 0)

    def _is_called_back(self):
        return self.kind in CALLED_BACK

    # ------------------------------------------------------------------
    # Guards
    # ------------------------------------------------------------------

    def _missing_complaint(self):
        """C17 to C19, E8, E9: what a complaint needs before it can be called resolved."""
        if self.kind == "conduct":
            return (
                []
                if self.conduct_finding
                else [self.env._("The finding: is the complaint about conduct substantiated?")]
            )
        if self.kind != "complaint":
            return []
        missing = [] if self.cause_class else [self.env._("The class of cause: quality, not quality, or other")]
        if self.cause_class == "quality" and not self.incident_id:
            missing.append(self.env._("The quality incident: use “Raise an incident”"))
        if self.cause_class == "non_quality":
            missing += self._missing_explanation()
        if self.severity == "serious":
            missing += self._missing_handling()
        return missing

    def _missing_explanation(self):
        """E8: not ours is explained, with our test results as evidence."""
        missing = []
        if not (self.explanation or "").strip():
            missing.append(self.env._("The explanation to the customer"))
        if not self.explanation_file_ids:
            missing.append(self.env._("The evidence of the explanation, such as test results"))
        if not missing and not self.explanation_sent_at:
            missing.append(self.env._("The sending of the explanation letter"))
        return missing

    def _missing_handling(self):
        """E9: a serious complaint is handled as all departments approved and the customer agreed."""
        missing = []
        if not self._gate_approved(GATE):
            missing.append(self.env._("The approval of the complaint handling form by all departments"))
        if not self.customer_agreed_at:
            missing.append(self.env._("The customer's agreement to the proposed solution"))
        return missing

    def _missing_adoption(self):
        return [] if self.adoption else [self.env._("Whether the suggestion is adopted")]

    def _missing_prevention(self):
        """E10: a serious complaint leaves behind how it is kept from happening again."""
        if self.kind != "complaint" or self.severity != "serious":
            return []
        if (self.prevention_measure or "").strip() or self.rectification_count:
            return []
        return [self.env._("The prevention: how the same is kept from happening again")]

    # ------------------------------------------------------------------
    # Approval of the handling (E9)
    # ------------------------------------------------------------------

    def _handling_fields(self):
        """Return the names of the fields whose change lets the approval of the handling lapse."""
        return {*HANDLING, "solution_id"}

    def _approval_gate(self):
        return GATE if self.kind == "complaint" and self.severity == "serious" else False

    def _approval_content(self, gate):
        self.ensure_one()
        asked = self.question_ids.filtered(lambda one: one.state == "answered" and one.purpose != "feedback")
        return {
            "complaint": snapshot(self, HANDLING),
            "opinions": snapshot(asked, ["department_id", "purpose", "question", "answer"]),
        }

    def _approval_department(self):
        return self.responsible_department_id

    def _check_can_request_approval(self, gate):
        missing = super()._check_can_request_approval(gate)
        if self.state not in ("analysis", "planned", "in_progress", "waiting"):
            raise UserError(self.env._("%s: the handling is approved while it is worked out.", self.display_name))
        if not self.cause_class:
            missing.append(self.env._("The class of cause: quality, not quality, or other"))
        if not (self.proposal or "").strip():
            missing.append(self.env._("The proposed solution"))
        if not (self.prevention_measure or "").strip():
            missing.append(self.env._("The prevention: how the same is kept from happening again"))
        answered = self.question_ids.filtered(lambda one: one.state == "answered" and one.purpose != "feedback")
        if not answered:
            missing.append(self.env._("The analysis of at least one department"))
        missing += [
            self.env._("The answer of %s", question.sudo().department_id.name)
            for question in self.question_ids
            if question.state == "open" and question.purpose != "feedback"
        ]
        return missing

    # ------------------------------------------------------------------
    # Public actions
    # ------------------------------------------------------------------

    def action_raise_incident(self):
        """Raise a quality incident from this ticket: everything is copied, both know each other (C17, F7).

        :return: the form of the incident
        :raises AccessError: the user may not work on the ticket
        :raises UserError: the cause is not quality, or there is an incident already
        """
        self.ensure_one()
        self._check_staff()
        if self.incident_id:
            return self.incident_id.get_formview_action()
        if self.cause_class != "quality":
            raise UserError(self.env._("An incident is raised when the class of cause is “Quality”."))
        if self.state in ("new", "closed", "cancelled"):
            raise UserError(self.env._("%s: accept the ticket first.", self.display_name))
        incident = self.env["quality.incident"].create(self._prepare_incident_vals())
        self.sudo().incident_id = incident
        for file in self.sudo().evidence_ids:
            copy = file.copy({"res_model": incident._name, "res_id": incident.id})
            incident.sudo().evidence_ids = [fields.Command.link(copy.id)]
        self._message_log(body=self.env._("Quality incident %s was raised.", incident.name))
        incident.sudo()._message_log(body=self.env._("Raised from service ticket %s.", self.name))
        return incident.get_formview_action()

    def _prepare_incident_vals(self):
        """Return the values of the incident raised from this ticket."""
        ticket = self.sudo()
        site = ticket.site_partner_id or ticket.partner_id
        return {
            "title": ticket.subject,
            "description": "\n".join(filter(None, (ticket.description, ticket.demand))),
            "occurred_at": ticket.received_at,
            "discovered_at": ticket.received_at,
            "product_id": ticket.product_id.id,
            "location": site.display_name,
            "preliminary_cause": ticket._current_analysis().cause,
            "responsible_department_id": ticket.responsible_department_id.id,
            "responsible_person": ticket.responsible_person,
            "company_id": ticket.company_id.id,
            "ticket_id": ticket.id,
        }

    def action_raise_rectification(self):
        """Draft a rectification notice from this ticket, as its prevention (E10, F7).

        :raises AccessError: the user may not issue notices
        """
        self.ensure_one()
        self.check_access("read")
        self._check_role(f"{QUALITY},quality_incident.group_quality_manager")
        lines = [{"requirement": self.prevention_measure or self.subject}]
        department = self.responsible_department_id
        notice = self.env["quality.rectification"]._raise_from(
            self, lines, subject=self.subject, recipient_department_id=department.id
        )
        return notice.get_formview_action()

    def action_open_rectifications(self):
        """Return the action that shows the notices raised from this ticket."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_incident.quality_rectification_action"),
            "domain": self._rectification_domain(),
            "context": {},
        }

    def action_send_explanation(self):
        """Send the explanation letter with its evidence to the customer (E8).

        :raises UserError: the text, the evidence or the address is missing
        """
        self._check_staff()
        for ticket in self:
            missing = [item for item in ticket._missing_explanation() if not ticket.explanation_sent_at][:2]
            if not ticket.explanation or not ticket.explanation_file_ids:
                raise UserError("\n".join(missing))
            if not ticket.partner_id.email and not ticket.email:
                raise UserError(self.env._("%s: there is no e-mail address; print the letter instead.", ticket.name))
            ticket.sudo().explanation_sent_at = fields.Datetime.now()
            ticket._send_explanation()
        return True

    def _send_explanation(self):
        template = self.env.ref("service_ticket.mail_template_ticket_explanation")
        report = self.env.ref("service_ticket.action_report_explanation").sudo()
        ticket = self.sudo()
        content, _kind = report.with_context(lang=ticket.partner_id.lang or self.env.lang)._render_qweb_pdf(
            report, ticket.ids
        )
        name = f"{ticket.name.replace('/', '_')}.pdf"
        files = (
            self.env["ir.attachment"]
            .sudo()
            .create({"name": name, "raw": content, "res_model": ticket._name, "res_id": ticket.id})
        )
        copies = files.browse().union(
            *(file.copy({"res_model": ticket._name, "res_id": ticket.id}) for file in ticket.explanation_file_ids)
        )
        template.sudo().send_mail(
            ticket.id, email_values={"attachment_ids": [fields.Command.link(file.id) for file in files | copies]}
        )
        ticket._answered(written=True)
        self._message_log(body=self.env._("The explanation letter was sent."), attachment_ids=files.ids)

    def action_printed_explanation(self):
        """Record that the printed explanation letter was sent by post.

        :raises UserError: text or evidence is missing
        """
        self._check_staff()
        for ticket in self:
            if not ticket.explanation or not ticket.explanation_file_ids:
                raise UserError("\n".join(ticket._missing_explanation()))
            ticket.sudo().explanation_sent_at = fields.Datetime.now()
            ticket.sudo()._answered(written=True)
            ticket._message_log(body=self.env._("The explanation letter was sent by post."))
        return True

    def action_record_agreement(self, person=None):
        """Record that the customer agreed to the proposed solution, as said to the staff (C18, E9).

        :param person: who agreed, how; without it the button asks for it
        """
        if not person:
            return self.env["quality.reason"]._ask(self, "action_record_agreement")
        self._check_role(AGENT)
        self._check_staff()
        for ticket in self:
            ticket.sudo()._do_customer_agree(person)
        return True

    # ------------------------------------------------------------------
    # For the customer; the caller has checked whose ticket it is
    # ------------------------------------------------------------------

    def _do_customer_agree(self, person):
        """Keep the customer's agreement to the proposal.

        :raises UserError: there is no proposal, or it is over
        """
        if not (self.proposal or "").strip() or self.state in ("resolved", "confirmed", "closed", "cancelled"):
            raise UserError(self.env._("There is no proposal to agree to."))
        if self.customer_agreed_at:
            raise UserError(self.env._("The proposal was agreed to already."))
        self.write({"customer_agreed_at": fields.Datetime.now(), "customer_agreed_by": person})
        self._message_log(body=self.env._("Agreed to the proposed solution: %s", person))

    def _do_customer_confirm(self, person, note=None):
        """Keep that the customer finds it solved, and go on.

        :raises UserError: it is not resolved
        """
        if self.state != "resolved":
            raise UserError(self.env._("There is no result to confirm at present."))
        self.write({"customer_confirmed_at": fields.Datetime.now(), "customer_confirmed_by": person})
        self._message_log(body=" ".join(filter(None, (self.env._("Confirmed by the customer: %s.", person), note))))
        self.write({"state": "confirmed"})

    def _do_customer_reject(self, person, reason):
        """Keep that the customer finds it not solved: back to the analysis, one level higher.

        :raises UserError: there is no result to reject, or no reason
        """
        if self.state != "resolved":
            raise UserError(self.env._("There is no result to reject at present."))
        if not (reason or "").strip():
            raise UserError(self.env._("Please say what is not solved."))
        self._raise_level(f"{person}: {reason.strip()}", reopened=True)

    # ------------------------------------------------------------------
    # The proposal and its agreement belong together
    # ------------------------------------------------------------------

    def write(self, vals):
        result = super().write(vals)
        if "proposal" in vals:
            agreed = self.sudo().filtered("customer_agreed_at")
            agreed.filtered(lambda ticket: ticket.state not in ("resolved", "confirmed", "closed", "cancelled")).write(
                {"customer_agreed_at": False, "customer_agreed_by": False}
            )
        return result

    def _feed_back(self):
        """Tell the departments that took part, and the responsible one, how a complaint ended (C17)."""
        complaints = self.filtered(lambda ticket: ticket.kind in COMPLAINTS and not ticket.is_historic)
        vals_list = []
        for ticket in complaints:
            asked = ticket.question_ids.filtered(lambda one: one.state != "cancelled" and one.purpose != "feedback")
            known = ticket.question_ids.filtered(lambda one: one.purpose == "feedback").department_id
            for department in (asked.department_id | ticket.responsible_department_id) - known:
                vals_list.append(
                    {
                        "ticket_id": ticket.id,
                        "department_id": department.id,
                        "purpose": "feedback",
                        "question": self.env._("Result of the complaint: %s", ticket.resolution or "—"),
                    }
                )
        if vals_list:
            self.env["service.question"].create(vals_list)


class QualityIncident(models.Model):
    _inherit = "quality.incident"

    ticket_id = fields.Many2one(
        "service.ticket",
        "Service ticket",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        ondelete="restrict",
        help="The complaint this incident was raised from.",
    )

    def action_open_ticket(self):
        """Return the action that opens the ticket this incident was raised from."""
        self.ensure_one()
        self.check_access("read")
        return self.ticket_id.get_formview_action()
