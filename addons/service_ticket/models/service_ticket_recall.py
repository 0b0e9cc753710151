from odoo import api, fields, models
from odoo.addons.quality_incident.models.quality_incident import QualityIncident as IncidentBase
from odoo.addons.quality_incident.models.quality_incident_workflow import ENGINEERING, INSPECTOR, MANAGER
from odoo.addons.quality_incident.models.quality_recall_line import QualityRecallLine as RecallLineBase
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from .service_ticket import OPEN, WORKING

REPLIES = [
    ("send", "Sends it to us"),
    ("visit", "Wants a visit"),
    ("gone", "Does not have it any more"),
    ("fine", "Keeps it as it is"),
]


class QualityRecallLine(models.Model):
    """A customer on a recall list: the ticket that deals with it, and what the customer answered (F11)."""

    _inherit = "quality.recall.line"

    ticket_id = fields.Many2one(
        "service.ticket", readonly=True, copy=False, index="btree_not_null", check_company=True, ondelete="restrict"
    )
    ticket_state = fields.Selection(related="ticket_id.state", string="Ticket is", related_sudo=True)
    channel = fields.Selection(selection_add=[("portal", "Portal")], ondelete={"portal": "set null"})
    reply = fields.Selection(REPLIES, "Answer of the customer", readonly=True, copy=False, index="btree_not_null")
    reply_note = fields.Text("Words of the customer", readonly=True, copy=False)
    replied_at = fields.Datetime("Answered on", readonly=True, copy=False)

    _personal_fields = (*RecallLineBase._personal_fields, "reply_note")
    _system_fields = RecallLineBase._system_fields | {"ticket_id", "reply", "reply_note", "replied_at"}

    def action_open_ticket(self):
        """Return the form of the ticket that deals with this customer."""
        self.ensure_one()
        self.check_access("read")
        return self.ticket_id.get_formview_action()

    def _keep_reply(self, reply, note, channel):
        """Keep what the customer answered; whoever answers has been informed. The caller has checked who may."""
        lines = self.sudo()
        lines.write({"reply": reply, "reply_note": note or False, "replied_at": fields.Datetime.now()})
        unaware = lines.filtered(lambda line: line.state == "to_inform")
        unaware.filtered(lambda line: not line.channel).write({"channel": channel})
        if unaware:
            unaware.write({"state": "informed"})


class QualityIncident(models.Model):
    """From the recall list to a ticket for each customer, and how far it is (F11)."""

    _inherit = "quality.incident"

    _personal_fields = (*IncidentBase._personal_fields, "recall_notice")

    recall_notice = fields.Text(
        "What customers are told", copy=False, tracking=True,
        help="Stands on the ticket of every customer of the recall, and in the portal: what the danger is, what to do.",
    )
    recall_informed_count = fields.Integer("Informed", compute="_compute_recall_progress")
    recall_ticket_count = fields.Integer("Tickets", compute="_compute_recall_progress")
    recall_done_count = fields.Integer("Done", compute="_compute_recall_progress")
    recall_reply_count = fields.Integer("Answered", compute="_compute_recall_progress")
    recall_without_ticket_count = fields.Integer("Without a ticket", compute="_compute_recall_progress")
    recall_progress = fields.Float("Progress of the recall (%)", compute="_compute_recall_progress")

    @api.depends("recall_ids.state", "recall_ids.ticket_id.state", "recall_ids.reply")
    def _compute_recall_progress(self):
        """Count lines of the lists by what became of them; one query, figures only: whoever reads the incident."""
        groups = self.env["quality.recall.line"].sudo()._read_group(
            [("incident_id", "in", self.ids)],
            ["incident_id", "state", "ticket_id.state", "reply"],
            ["__count", "ticket_id:array_agg"],
        )
        nothing = {"all": 0, "informed": 0, "none": 0, "done": 0, "reply": 0}
        figures = {incident.id: {**nothing, "tickets": set()} for incident in self}
        for incident, state, ticket_state, reply, count, tickets in groups:
            figure = figures[incident.id]
            figure["all"] += count
            figure["informed"] += count if state == "informed" else 0
            figure["none"] += 0 if ticket_state else count
            figure["done"] += count if ticket_state and ticket_state not in WORKING else 0
            figure["reply"] += count if reply else 0
            figure["tickets"] |= set(tickets) - {None}
        for incident in self:
            figure = figures[incident.id]
            incident.recall_informed_count = figure["informed"]
            incident.recall_ticket_count = len(figure["tickets"])
            incident.recall_done_count = figure["done"]
            incident.recall_reply_count = figure["reply"]
            incident.recall_without_ticket_count = figure["none"]
            incident.recall_progress = 100 * figure["done"] / figure["all"] if figure["all"] else 0

    def _recall_condition(self):
        """What goes to the workshop and home again stays the customer's: it neither comes back nor is delivered."""
        return SQL("%s AND picking.service_repair_id IS NULL", super()._recall_condition())

    def _recalls_open(self):
        """Return those of these incidents that have a recall list; one query."""
        groups = self.env["quality.recall.line"].sudo()._read_group([("incident_id", "in", self.ids)], ["incident_id"])
        return self.browse([incident.id for [incident] in groups])

    def action_raise_recall_tickets(self):
        """Open a ticket for every customer on the recall list who has none yet (F11).

        One for each customer and product, with all serial numbers in it. Pressed twice, or by two at once, it makes
        each ticket once.

        :return: the tickets of the list
        :raises AccessError: the user neither inspects, nor is engineering or quality manager
        :raises UserError: the incident is over, nobody is on the list, or nobody has written what customers are told
        """
        self.ensure_one()
        self._check_role(f"{INSPECTOR},{ENGINEERING},{MANAGER}")
        self.check_access("write")
        if self.state in ("draft", "closed", "cancelled"):
            raise UserError(self.env._("%s: there is nothing to recall at this stage.", self.display_name))
        incident = self.sudo()
        incident.lock_for_update(allow_referencing=True)
        incident.recall_ids.invalidate_recordset(["ticket_id"])
        missing = [] if incident.recall_ids else [self.env._("The recall list: build it first")]
        if not (incident.recall_notice or "").strip():
            missing.append(self.env._("What customers are told: what the danger is, and what to do"))
        if missing:
            raise UserError("\n".join([self.env._("%s: tickets for the recall need:", self.display_name), *missing]))
        incident._raise_recall_tickets()
        return self.action_open_recall_tickets()

    def _raise_recall_tickets(self):
        """Create the tickets of the lines that have none, in one batch; the caller holds the lock."""
        groups = self.recall_ids.filtered(lambda line: not line.ticket_id).grouped(
            lambda line: (line.partner_id.commercial_partner_id, line.product_id)
        )
        lots = self._recall_lots()
        vals_list = [
            self._prepare_recall_ticket(partner, product, lines, lots) for (partner, product), lines in groups.items()
        ]
        tickets = self.env["service.ticket"].with_company(self.company_id).create(vals_list)
        for ticket, lines in zip(tickets, groups.values(), strict=True):
            lines.ticket_id = ticket
        if tickets:
            self._message_log(body=self.env._("%d service tickets were opened for the recall.", len(tickets)))
        return tickets

    def _recall_lots(self):
        """Return ``{(product id, name): serial number}`` of the list; one query."""
        lines = self.recall_ids.filtered("lot_name")
        lots = self.env["stock.lot"].search(
            [
                ("product_id", "in", lines.product_id.ids),
                ("name", "in", lines.mapped("lot_name")),
                ("company_id", "in", [False, self.company_id.id]),
            ]
        )
        return {(lot.product_id.id, lot.name): lot.id for lot in lots}

    def _prepare_recall_ticket(self, partner, product, lines, lots):
        """Return the values of the ticket for one customer and product."""
        names = sorted({line.lot_name for line in lines if line.lot_name})
        contact = lines.partner_id[0]
        text = [
            self.recall_notice.strip(),
            self.env._("Concerned: %(product)s, quantity %(quantity)g", product=product.display_name,
                       quantity=sum(lines.mapped("quantity"))),
        ]
        if names:
            text.append(self.env._("Serial numbers: %s", ", ".join(names)))
        return {
            "kind": "repair",
            "channel": "internal",
            "subject": self.env._("Recall: %s", product.display_name),
            "description": "\n".join(text),
            "partner_id": partner.id,
            "contact_name": contact.name,
            "phone": contact.phone or partner.phone,
            "email": contact.email or partner.email,
            "product_id": product.id,
            "lot_id": lots.get((product.id, names[0])) if len(names) == 1 else False,
            "company_id": self.company_id.id,
            "incident_id": self.id,
            "received_at": fields.Datetime.now(),
        }

    def action_open_recall_tickets(self):
        """Return the tickets of the recall list that the user may read."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("service_ticket.service_ticket_action_all"),
            "domain": [("recall_line_ids.incident_id", "=", self.id)],
            "context": {},
        }


class ServiceTicket(models.Model):
    """A ticket of a recall (F11)."""

    _inherit = "service.ticket"

    recall_line_ids = fields.One2many("quality.recall.line", "ticket_id", "Recall list")
    is_recall = fields.Boolean("Recall", compute="_compute_is_recall", compute_sudo=True, search="_search_is_recall")
    recall_reply = fields.Selection(REPLIES, "Answer of the customer", compute="_compute_is_recall", compute_sudo=True)
    recall_reply_note = fields.Text("Words of the customer", compute="_compute_is_recall", compute_sudo=True)

    @api.depends("recall_line_ids.reply", "recall_line_ids.reply_note")
    def _compute_is_recall(self):
        for ticket in self:
            ticket.is_recall = bool(ticket.recall_line_ids)
            ticket.recall_reply = ticket.recall_line_ids[:1].reply
            ticket.recall_reply_note = ticket.recall_line_ids[:1].reply_note

    @api.model
    def _search_is_recall(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return Domain("recall_line_ids", "any!", Domain.TRUE)

    def action_open_recall_reply(self):
        """Return the dialog that records what the customer answers to the recall."""
        self.ensure_one()
        self._check_staff()
        return {
            "type": "ir.actions.act_window",
            "res_model": "service.recall.reply",
            "view_mode": "form",
            "target": "new",
            "name": self.env._("Answer to the recall"),
            "context": {"default_ticket_id": self.id},
        }

    def action_record_recall_reply(self, reply=None, note=None, channel="phone"):
        """Record what the customers of these tickets answer to the recall, on its list too (F11).

        :param reply: one of ``REPLIES``; without it the dialog asks
        :param note: words of the customer
        :param channel: phone | email | letter | visit
        :raises AccessError: the user may not work on the tickets
        :raises UserError: there is no recall, it is over, or the answer is none of those
        """
        if not reply:
            return self.action_open_recall_reply()
        self._check_staff()
        for ticket in self:
            ticket.sudo()._do_recall_reply(reply, note, channel)
        return True

    def _do_recall_reply(self, reply, note, channel):
        """Keep the answer; the caller has checked who gives it."""
        channels = self.recall_line_ids._fields["channel"].get_values(self.env)
        if not self.recall_line_ids or self.state not in OPEN:
            raise UserError(self.env._("There is no recall to answer."))
        if reply not in dict(REPLIES) or channel not in channels:
            raise UserError(self.env._("Please choose one of the answers."))
        self.recall_line_ids._keep_reply(reply, (note or "").strip(), channel)
        labels = dict(self._fields["recall_reply"]._description_selection(self.env))
        self._message_log(
            body=" ".join(filter(None, (self.env._("Answer to the recall: %s.", labels[reply]), note)))
        )

    # ------------------------------------------------------------------
    # For the customer; the caller has checked whose ticket it is
    # ------------------------------------------------------------------

    @api.model
    def _portal_domain(self, user):
        """A recall concerns everybody of the customer, whoever received the goods."""
        domain = super()._portal_domain(user)
        if domain.is_false():
            return domain
        recall = Domain("recall_line_ids", "any!", Domain.TRUE) & Domain("is_historic", "=", False)
        return domain | recall & Domain("partner_id", "child_of", user.partner_id.commercial_partner_id.id)

    def _portal_page(self):
        page = super()._portal_page()
        lines = self.recall_line_ids
        labels = {
            "send": self.env._("I send it to you"),
            "visit": self.env._("Please come"),
            "gone": self.env._("I do not have it any more"),
            "fine": self.env._("I keep it as it is"),
        }
        page["recall"] = lines and {
            "title": lines[0].incident_id.name,
            "serials": ", ".join(sorted({line.lot_name for line in lines if line.lot_name})),
            "reply": labels.get(self.recall_reply, ""),
            "replies": list(labels.items()),
            "may_reply": self.state in OPEN,
        }
        return page

    def _portal_recall_reply(self, person, reply, note):
        """Keep what the customer answers to the recall on the page (F11)."""
        person = self._portal_person(person)
        note = (note or "").strip()[:10000]
        self._do_recall_reply(reply, f"{person}: {note}" if note else person, "portal")
