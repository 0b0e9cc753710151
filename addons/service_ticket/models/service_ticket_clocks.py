from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .service_sla_policy import CLOCKS
from .service_ticket import WORKING
from .service_ticket_roles import AGENT

#: promises about the ticket as a whole; a department's answer belongs to its question
TICKET_CLOCKS = ("first_answer", "written_contact", "remote_answer", "onsite", "resolution")
#: kept by the first answer of any kind
ANSWER_CLOCKS = ("first_answer", "remote_answer")
OURS = [*CLOCKS, ("appointment", "Time the customer asked for"), ("callback", "Call-back")]


class QualityDeadline(models.Model):
    _inherit = "quality.deadline"

    kind = fields.Selection(selection_add=[*OURS, ("other",)], ondelete={kind: "cascade" for kind, _label in OURS})
    service_policy_id = fields.Many2one(
        "service.sla.policy", "Promised by", readonly=True, index="btree_not_null", ondelete="set null"
    )
    breach_reason = fields.Text("Why it was late", readonly=True)
    of_my_ticket = fields.Boolean(
        compute="_compute_of_my_ticket", search="_search_of_my_ticket", export_string_translation=False
    )

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_of_my_ticket(self):
        mine = self.filtered_domain(self._search_of_my_ticket("in", [True]))
        for row in self:
            row.of_my_ticket = row in mine

    @api.model
    def _search_of_my_ticket(self, operator, value):
        """Promises of the tickets the user works on: who reads a ticket reads what was promised on it."""
        if operator != "in" or True not in value:
            return NotImplemented
        tickets = self.env["service.ticket"].sudo()
        return Domain("res_model", "=", tickets._name) & Domain("res_id", "in", tickets._search(tickets._mine_domain()))

    def action_explain(self, reason=None):
        """Say why a promise to a customer was broken; needed before its ticket is closed.

        :param reason: text; without it the button asks for it
        :raises AccessError: the user may not work on the document
        :raises UserError: the promise was kept
        """
        self.check_access("read")
        if not reason:
            return self.env["quality.reason"]._ask(self, "action_explain")
        for row in self:
            if not row.breached:
                raise UserError(self.env._("“%s” was not late.", row.display_name))
            document = row._document_of_ticket()
            if self.env.user != row.user_id and not self.env.user.has_group(AGENT):
                raise AccessError(self.env._("The owner of a promise, or the service desk, says why it was late."))
            row.sudo().breach_reason = reason
            document._message_log(body=self.env._("%(promise)s was late: %(reason)s", promise=row.name, reason=reason))
        return True

    def _document_of_ticket(self):
        if self.res_model != "service.ticket":
            raise UserError(self.env._("Only promises on service tickets are explained here."))
        return self.env["service.ticket"].browse(self.res_id)


class ServiceTicket(models.Model):
    """The promises of a ticket, made by the policies of its company (C4, C5, C20, D3)."""

    _inherit = "service.ticket"

    breach_count = fields.Integer("Broken promises", compute="_compute_breach_count")

    def _compute_breach_count(self):
        groups = (
            self.env["quality.deadline"]
            .sudo()
            ._read_group(
                [("res_model", "=", self._name), ("res_id", "in", self.ids), ("breached", "=", True)],
                ["res_id"],
                ["__count"],
            )
        )
        counts = dict(groups)
        for ticket in self:
            ticket.breach_count = counts.get(ticket.id, 0)

    def _breaches(self):
        """Return the broken promises of these tickets, as the superuser."""
        domain = [("res_model", "=", self._name), ("res_id", "in", self.ids), ("breached", "=", True)]
        return self.env["quality.deadline"].sudo().search(domain)

    def _clock_fields(self):
        """Return the names of the fields that decide what is promised."""
        return {
            "kind",
            "channel",
            "severity",
            "priority",
            "team_id",
            "partner_id",
            "supplier_needed",
            "received_at",
            "site_partner_id",
            "site_latitude",
            "site_longitude",
            "distance_manual_km",
            "user_id",
        }

    def _policies_of(self, clock):
        """Return ``{ticket id: policy}`` of one clock, for the tickets that have one."""
        tickets = self.sudo()
        policies = self.env["service.sla.policy"]._of_companies(tickets.company_id)
        policies = policies.filtered(lambda policy: policy.clock == clock)
        found = {}
        for ticket in tickets:
            policy = next((policy for policy in policies if policy._fits(ticket)), None)
            if policy:
                found[ticket.id] = policy
        return found

    def _sync_clocks(self, again=(), reopened=False):
        """Start, change and end promises as the policies say now; time already used stays used.

        A promise that was kept or broken is not made a second time, but for those of ``again``: they start anew, now.

        :param again: clocks to promise anew
        :param reopened: the matter begins anew, and so does what was called off when it seemed to be over
        """
        tickets = self.sudo().filtered(lambda ticket: not ticket.is_historic and ticket.state in WORKING)
        if not tickets:
            return
        policies = self.env["service.sla.policy"]._of_companies(tickets.company_id)
        rows = self._latest_clocks(tickets)
        nothing = ended = self.env["quality.deadline"].sudo()
        specs, changes = [], defaultdict(nothing.browse)
        for ticket in tickets:
            for clock in TICKET_CLOCKS:
                row = rows.get((ticket.id, clock), nothing)
                policy = next((one for one in policies if one.clock == clock and one._fits(ticket)), None)
                running = row.state in ("running", "paused")
                if running and not policy:
                    ended |= row
                elif running:
                    changes[policy, ticket.user_id or ticket.team_id.leader_id, ticket.received_at] |= row
                elif (
                    policy
                    and (clock in again or not row or row.state == "cancelled")
                    and not ticket._has_happened(clock)
                ):
                    specs.append(ticket._clock_spec(clock, policy, again=reopened or clock in again))
        ended._cancel()
        for (policy, user, received_at), running_rows in changes.items():
            self._change_clocks(running_rows, policy, user, received_at)
        self._start_clocks(specs)

    def _latest_clocks(self, tickets):
        """Return ``{(ticket id, clock): newest row}``."""
        domain = [
            ("res_model", "=", self._name),
            ("res_id", "in", tickets.ids),
            ("kind", "in", TICKET_CLOCKS),
            ("key", "=", ""),
        ]
        found = self.env["quality.deadline"].sudo().search(domain, order="id")
        return {(row.res_id, row.kind): row for row in found}

    def _has_happened(self, clock):
        """Return whether what ``clock`` promises has been done already, in the present round."""
        if clock in ANSWER_CLOCKS:
            return bool(self.first_answered_at)
        if clock == "onsite":
            return bool(
                self.visit_ids.filtered(lambda visit: visit.arrived_at and visit.level == self.escalation_level)
            )
        return False

    def _clock_spec(self, clock, policy, again=False):
        return {
            "record": self,
            "kind": clock,
            "hours": policy.hours,
            "calendar": policy.calendar_id,
            "warning_share": policy.warning_share,
            "start_at": fields.Datetime.now() if again else self.received_at,
            "user": self.user_id or self.team_id.leader_id,
            "department": self.team_id.department_id,
            "policy": policy,
        }

    def _start_clocks(self, specs):
        rows = self.env["quality.deadline"]._start(specs)
        policies = {(spec["record"].id, spec["kind"]): spec["policy"] for spec in specs}
        by_policy = defaultdict(list)
        for row in rows.sudo():
            by_policy[policies[row.res_id, row.kind]].append(row.id)
        for policy, ids in by_policy.items():
            rows.sudo().browse(ids).write({"service_policy_id": policy.id})

    def _change_clocks(self, rows, policy, user, received_at):
        """Adapt running promises; one whose policy did not change keeps the due time the customer agreed to."""
        first = rows.filtered(lambda row: row.kind != "resolution" or row.start_at <= received_at)
        moved = first.filtered(
            lambda row: row.service_policy_id == policy and row.start_at < received_at != row.start_at
        )
        changed = rows.filtered(lambda row: row.service_policy_id != policy)
        others = rows - changed - moved
        others.filtered(lambda row: row.user_id != user)._replan(user=user)
        if moved:
            moved._replan(start_at=received_at, user=user)
        if changed:
            changed._replan(hours=policy.hours, calendar=policy.calendar_id, user=user)
            changed.write({"service_policy_id": policy.id, "warning_share": policy.warning_share})

    # ------------------------------------------------------------------
    # Events that keep a promise
    # ------------------------------------------------------------------

    def _answered(self, at=None, written=False):
        """The customer was answered: by a call that reached them, a message, a letter, a visit.

        :param at: when, default now
        :param written: in writing, which keeps the promise of a written contact too (C5)
        """
        at = at or fields.Datetime.now()
        for ticket in self.sudo().filtered(lambda one: not one.first_answered_at and not one.is_historic):
            ticket.first_answered_at = max(at, ticket.received_at)
        for clock in (*ANSWER_CLOCKS, *(("written_contact",) if written else ())):
            self.sudo()._stop_deadline(clock, key="", done_at=at)

    def message_post(self, **kwargs):
        """Post; a message of the staff that reaches the customer is an answer (C20)."""
        message = super().message_post(**kwargs)
        answers = message.message_type in ("comment", "email_outgoing") and not message.is_internal
        if answers and message.subtype_id == self.env.ref("mail.mt_comment") and self._reaches_customer(message):
            self._answered(written=True)
        return message

    def _reaches_customer(self, message):
        """Return whether ``message`` is the staff's to the customer."""
        author = message.author_id
        staff = any(not user.share for user in author.sudo().with_context(active_test=False).user_ids)
        customers = self.sudo().partner_id | self.sudo().partner_id.commercial_partner_id.child_ids
        reached = (message.partner_ids | self.message_partner_ids) & customers
        return staff and bool(reached)
