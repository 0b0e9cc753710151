from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .service_ticket import KINDS, OPEN

#: what a customer may ask for in the portal; the rest is entered by the staff
PORTAL_KINDS = ("repair", "complaint", "conduct", "consultation", "suggestion", "installation", "training")
RATEABLE = ("resolved", "confirmed", "closed")
SUBJECT_LENGTH = 150
TEXT_LENGTH = 10000


class ResPartner(models.Model):
    _inherit = "res.partner"

    service_company_view = fields.Boolean(
        "Sees all service tickets of the company",
        help="In the portal this contact sees the tickets of everybody of their company; without it, only their own.",
    )


class ServiceTicket(models.Model):
    """A ticket in the portal of the customer (F4); the controller has found out whose it is.

    Portal users have no right to the model. Each method checks the state again.
    """

    _inherit = "service.ticket"

    is_evaluated = fields.Boolean(compute="_compute_is_evaluated")

    @api.depends("rating_ids.consumed")
    def _compute_is_evaluated(self):
        for ticket in self:
            ticket.is_evaluated = any(rating.consumed for rating in ticket.sudo().rating_ids)

    @api.model
    def _portal_domain(self, user):
        """Return the domain of the tickets ``user`` may see in the portal: nobody but portal users has any."""
        if not user._is_portal():
            return Domain.FALSE
        partner = user.partner_id
        own = Domain("partner_id", "=", partner.id)
        if partner.service_company_view:
            own |= Domain("partner_id", "child_of", partner.commercial_partner_id.id)
        return own & Domain("is_historic", "=", False)

    # ------------------------------------------------------------------
    # Entering
    # ------------------------------------------------------------------

    @api.model
    def _portal_create(self, form, files, channel, partner=None):
        """Register what a customer typed on a page, with photos and documents.

        :param form: texts by name: ``kind``, ``subject``, ``description``, ``demand``, ``serial``, ``team_id``, and for
            somebody without a login ``person``, ``company_name``, ``email``, ``phone``
        :param files: list of ``(name, content)``
        :param channel: ``portal`` or ``web``
        :param partner: the customer, for whoever has a login
        :return: the ticket, of the superuser
        :raises UserError: something is missing, or a file is not taken
        """
        vals = self._portal_vals(form, partner)
        ticket = self.sudo().create({**vals, "channel": channel, "received_at": fields.Datetime.now()})
        accepted = ticket._portal_accept(files, ticket.evidence_ids)
        if accepted:
            ticket.evidence_ids = [fields.Command.link(file.id) for file in accepted]
        if partner:
            ticket.message_subscribe(partner.ids)
        ticket._portal_ensure_token()
        return ticket

    @api.model
    def _portal_vals(self, form, partner):
        def text(name, length=SUBJECT_LENGTH):
            value = str(form.get(name) or "").strip()
            return (value if length > SUBJECT_LENGTH else " ".join(value.split()))[:length] or False

        kind = form.get("kind") if form.get("kind") in PORTAL_KINDS else "repair"
        vals = {
            "kind": kind,
            "subject": text("subject"),
            "description": text("description", TEXT_LENGTH),
            "demand": text("demand", TEXT_LENGTH),
            "phone": text("phone"),
        }
        missing = []
        if not vals["subject"]:
            missing.append(self.env._("Please say in a few words what it is about."))
        if not vals["description"]:
            missing.append(self.env._("Please describe what happened."))
        if partner:
            vals.update(partner_id=partner.id, contact_name=partner.name, email=partner.email)
            vals["phone"] = vals["phone"] or partner.phone
        else:
            vals.update(contact_name=text("person"), email=text("email"))
            missing += self._portal_missing_contact(vals)
            company = text("company_name")
            vals["contact_name"] = ", ".join(filter(None, (vals["contact_name"], company)))
        if missing:
            raise UserError("\n".join(missing))
        team = self._portal_team(form.get("team_id"))
        vals.update(self._portal_serial(text("serial"), partner, vals))
        return {**vals, **({"team_id": team.id, "company_id": team.company_id.id} if team else {})}

    @api.model
    def _portal_missing_contact(self, vals):
        missing = [] if vals["contact_name"] else [self.env._("Please enter your name.")]
        if not vals["email"] and not vals["phone"]:
            missing.append(self.env._("Please enter an e-mail address or a phone number, so that we can answer."))
        if vals["email"] and not self.new({"email": vals["email"]}).email_key:
            missing.append(self.env._("Please check the e-mail address."))
        return missing

    @api.model
    def _portal_teams(self):
        """Return the teams that customers choose from."""
        return self.env["service.team"].sudo().search([("is_public", "=", True)])

    @api.model
    def _portal_team(self, team_id):
        teams = self._portal_teams()
        return teams.filtered(lambda team: str(team.id) == str(team_id)) or teams[:1]

    @api.model
    def _portal_serial(self, serial, partner, vals):
        """Link the serial number when it was delivered to this very customer; else it stays a text."""
        if not serial:
            return {}
        lots = self.env["stock.lot"].sudo().search([("name", "=", serial)], limit=20) if partner else ()
        for lot in lots:
            known = self._serial_vals(lot)
            if known["partner_id"] and known["partner_id"] == partner.commercial_partner_id.id:
                return {"lot_id": lot.id, "product_id": lot.product_id.id}
        return {"description": f"{vals['description']}\n{self.env._('Serial number: %s', serial)}"}

    # ------------------------------------------------------------------
    # Steps of the customer
    # ------------------------------------------------------------------

    def _portal_agree(self, person):
        """Agree to the proposed solution (C18, E9)."""
        self._do_customer_agree(self._portal_person(person))

    def _portal_confirm(self, person, note):
        """Confirm that it is solved."""
        self._do_customer_confirm(self._portal_person(person), (note or "").strip()[:TEXT_LENGTH])

    def _portal_reject(self, person, reason):
        """Say that it is not solved; the reason is required."""
        self._do_customer_reject(self._portal_person(person), (reason or "").strip()[:TEXT_LENGTH])

    def _portal_add_files(self, person, files):
        """Hand in further photos and documents while the ticket is open.

        :raises UserError: it is over, nothing was chosen, or a file is not taken
        """
        person = self._portal_person(person)
        if self.state not in OPEN:
            raise UserError(self.env._("This request is closed; please enter a new one."))
        accepted = self._portal_accept(files, self._portal_own_files())
        if not accepted:
            raise UserError(self.env._("Please choose a photo or a document."))
        self.evidence_ids = [fields.Command.link(file.id) for file in accepted]
        self._message_log(body=self.env._("%(person)s added %(count)d file(s).", person=person, count=len(accepted)))

    def _portal_evaluate(self, person, grade, comment):
        """Keep the customer's evaluation of the whole, once (D5).

        :param grade: text, 1 to 5
        :raises UserError: it is not resolved, evaluated already, or no grade
        """
        self._portal_person(person)
        if self.state not in RATEABLE:
            raise UserError(self.env._("It can be evaluated once it is solved."))
        if self.is_evaluated:
            raise UserError(self.env._("Thank you, you have evaluated it already."))
        if str(grade) not in ("1", "2", "3", "4", "5"):
            raise UserError(self.env._("Please choose from 1 to 5."))
        rating = self.env["rating.rating"].create(
            {
                "res_model_id": self.env["ir.model"]._get_id(self._name),
                "res_id": self.id,
                "partner_id": self.partner_id.id,
                "rated_partner_id": self.user_id.partner_id.id,
                "rating": int(grade),
            }
        )
        self.rating_apply(int(grade), rating=rating, feedback=(comment or "").strip()[:TEXT_LENGTH] or None)
        self.invalidate_recordset(["is_evaluated"])

    def _portal_visit(self, visit_id):
        """Return the visit of this ticket with that id, if the customer may see it."""
        return self.visit_ids.filtered(lambda visit: visit.id == visit_id and visit.state in ("done", "approved"))

    # ------------------------------------------------------------------
    # Plain values for the templates
    # ------------------------------------------------------------------

    def _portal_row(self):
        """Return what the list shows of this ticket."""
        return {
            "id": self.id,
            "number": self.name,
            "subject": self.subject,
            "kind": self._portal_label("kind"),
            "state": self.state,
            "state_label": self._portal_state(),
            "received": self._portal_time(self.received_at),
            "contact": self.contact_name or self.partner_id.name or "",
            "your_turn": self._portal_is_your_turn(),
        }

    def _portal_state(self):
        """Return the state in words of a customer."""
        if self.merged_into_id:
            return self.env._("Continued as %s", self.merged_into_id.name)
        words = {
            "new": self.env._("Received"),
            "accepted": self.env._("Somebody is on it"),
            "analysis": self.env._("The cause is being analysed"),
            "planned": self.env._("A visit is planned"),
            "in_progress": self.env._("Being worked on"),
            "waiting": self.env._("Waiting"),
            "resolved": self.env._("Solved: please confirm"),
            "confirmed": self.env._("Confirmed"),
            "closed": self.env._("Closed"),
            "cancelled": self.env._("Withdrawn"),
        }
        return words[self.state]

    def _portal_may_agree(self):
        return bool((self.proposal or "").strip()) and not self.customer_agreed_at and self.state in OPEN[:-2]

    def _portal_is_your_turn(self):
        waits = self.state == "waiting" and self.waiting_reason_id.pauses
        unsigned = any(visit.state == "done" and visit.seal_validity == "none" for visit in self.visit_ids)
        return bool(self.state == "resolved" or waits or unsigned or self._portal_may_agree())

    def _portal_page(self):
        """Return the values of the page of this ticket: no internal note, no cause class, no staff but who does it."""
        self.ensure_one()
        visits = self.visit_ids.filtered(lambda visit: visit.state not in ("draft", "cancelled"))
        return {
            **self._portal_row(),
            "company": self.company_id.name,
            "description": self.description or "",
            "demand": self.demand or "",
            "product": self.product_id.display_name if self.product_id else "",
            "serial": self.lot_id.name or "",
            "in_charge": self.user_id.name or "",
            "resolution": (self.resolution or "") if self.state in RATEABLE else "",
            "explanation": (self.explanation or "") if self.explanation_sent_at else "",
            "proposal": self.proposal or "",
            "agreed": self._portal_time(self.customer_agreed_at),
            "may_agree": self._portal_may_agree(),
            "may_confirm": self.state == "resolved",
            "may_add": self.state in OPEN,
            "may_evaluate": self.state in RATEABLE and not self.is_evaluated,
            "evaluated": self.is_evaluated,
            "waiting": self.waiting_reason_id.name if self._portal_is_your_turn() and self.state == "waiting" else "",
            "files": self._portal_links(self._portal_own_files()),
            "steps": self._portal_steps(),
            "promises": self._portal_promises(),
            "visits": [visit._portal_visit_values() for visit in visits.sorted("planned_start")],
        }

    def _portal_own_files(self):
        """Return the files that came from the customer; those of the staff stay inside."""
        return self.evidence_ids.filtered(lambda file: file.create_uid.share)

    def _portal_steps(self):
        """Return the timeline: what has happened, and when."""
        visits = self.visit_ids.filtered(lambda visit: visit.state != "cancelled")
        steps = [
            (self.received_at, self.env._("Received")),
            (self.accepted_at, self.env._("Somebody is on it")),
            (self.first_answered_at, self.env._("First answer")),
            *((visit.arrived_at, self.env._("On site")) for visit in visits),
            *((visit.finished_at, self.env._("Work finished")) for visit in visits),
            (self.resolved_at, self.env._("Solved")),
            (self.customer_confirmed_at, self.env._("Confirmed by you")),
            (self.state == "closed" and self.closed_at, self.env._("Closed")),
        ]
        done = sorted((step for step in steps if step[0]), key=lambda step: step[0])
        return [{"when": self._portal_time(moment), "what": what} for moment, what in done]

    def _portal_promises(self):
        """Return what is promised to the customer and still to come."""
        kinds = ("first_answer", "written_contact", "remote_answer", "onsite", "appointment", "resolution")
        rows = self._find_deadlines().filtered(lambda row: row.kind in kinds)
        return [
            {
                "what": row.name,
                "when": self._portal_time(row.due_at) if row.state == "running" else "",
                "late": row.breached,
                "paused": row.state == "paused",
            }
            for row in rows.sorted("due_at")
        ]


class ServiceVisit(models.Model):
    _inherit = "service.visit"

    def _portal_visit_values(self):
        """Return what the customer sees of a visit: when, who, and the report once it is finished."""
        finished = self.state in ("done", "approved")
        unsigned = self.state == "done" and self.seal_validity not in ("valid", "refused")
        return {
            "id": self.id,
            "number": self.name,
            "state_label": dict(self._fields["state"]._description_selection(self.env))[self.state],
            "planned": self.ticket_id._portal_time(self.planned_start),
            "engineers": ", ".join(self.engineer_ids.mapped("name")),
            "finished": finished,
            "cause": (self.true_cause or "") if finished else "",
            "work": (self.work_done or "") if finished else "",
            "result": dict(self._fields["result"]._description_selection(self.env)).get(self.result, "")
            if finished
            else "",
            "may_sign": unsigned,
            "evaluated": bool(self.evaluation_overall),
            "signed_by": self.signed_by or "",
            "signed": self.ticket_id._portal_time(self.signed_at),
        }

    def _portal_evaluate_visit(self, form):
        """Keep the evaluation of the service report before it is signed (D5).

        :raises UserError: it is signed already, or a grade is missing
        """
        if self.state != "done" or self.seal_validity in ("valid", "refused"):
            raise UserError(self.env._("%s is signed already.", self.name))
        grades = {name: str(form.get(name) or "") for name in self.env["service.visit"]._portal_grades()}
        if not grades["evaluation_overall"]:
            raise UserError(self.env._("Please choose from 1 to 5."))
        self._evaluate({**grades, "evaluation_comment": (form.get("comment") or "").strip()[:TEXT_LENGTH]})

    @api.model
    def _portal_grades(self):
        """Return the fields of the evaluation, with their labels."""
        names = ("evaluation_quality", "evaluation_attitude", "evaluation_timeliness", "evaluation_overall")
        return {name: self._fields[name]._description_string(self.env) for name in names}


def portal_kinds(env):
    """Return ``[(value, label)]`` of the kinds a customer chooses from, in the language of ``env``."""
    labels = dict(env["service.ticket"]._fields["kind"]._description_selection(env))
    return [(kind, labels[kind]) for kind, _label in KINDS if kind in PORTAL_KINDS]
