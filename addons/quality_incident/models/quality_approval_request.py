from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL
from odoo.tools.misc import clean_context

from .quality_approval import LIVE


class QualityApproval(models.Model):
    """How a round begins and lapses: the rules that apply make the steps, the steps open one after the other."""

    _inherit = "quality.approval"

    # ------------------------------------------------------------------
    # A new round
    # ------------------------------------------------------------------

    @api.model
    def _request(self, document, gate):
        """Open a new round for ``document`` at ``gate`` and return its rows. The caller has checked the user's rights.

        :raises UserError: a round is open or approved, no rule matches, or too few people may decide
        """
        document.ensure_one()
        return self.with_env(self.env(context=clean_context(self.env.context), su=True))._open_round(document, gate)

    @api.model
    def _open_round(self, document, gate):
        document = document.with_env(self.env)
        # Two people asking at once, or one asking while another edits: the second waits here and is then repeated by
        # Odoo, because the row it waited for has a new version.
        self._execute_quietly(SQL("UPDATE %s SET id = id WHERE id = %s", SQL.identifier(document._table), document.id))
        last = self._latest_rounds(document, gate).get((document.id, gate), self.browse())
        self._check_may_ask_again(document, gate, last)
        rules = self.env["quality.approval.rule"]._rules_for(document, gate)
        if not rules:
            raise UserError(self._no_rule_text(document, gate))
        rows = self.create(self._prepare_round(document, gate, rules, max(last.mapped("round"), default=0) + 1))
        before = {(row.sequence, row.rule_id, row.seat): row for row in rows}
        for row in rows:
            earlier = before.get((row.sequence, row.rule_id, row.seat - 1))
            if earlier:
                row.after_id = earlier
        rows._check_enough_people()
        rows._note_approvers()
        rows._open_next_step()
        return rows

    def _check_may_ask_again(self, document, gate, last):
        state = last._round_state()
        if state in ("pending", "approved") and last[0].digest != document._approval_digest(gate):
            last._lapse()
        elif state == "pending":
            raise UserError(self.env._(
                "%(name)s: approval has been asked for already and waits for %(approvers)s.",
                name=document.display_name,
                approvers=document.next_approver_names or "",
            ))
        elif state == "approved":
            raise UserError(
                self.env._("%s is approved as it stands now; there is nothing to ask for.", document.display_name),
            )

    def _no_rule_text(self, document, gate):
        return self.env._(
            "Nobody is set up to approve “%(gate)s” of %(name)s, and without an approver nothing is approved. "
            "The quality manager must add an approval rule for it: Quality ‣ Configuration ‣ Approval rules.",
            gate=self._gate_label(gate), name=document.display_name,
        )

    @api.model
    def _gate_label(self, gate):
        return dict(self._fields["gate"]._description_selection(self.env)).get(gate, gate)

    @api.model
    def _prepare_round(self, document, gate, rules, number):
        # As in _in_company_language.
        company = document.company_id if "company_id" in document._fields else self.env.company
        rules = rules.with_context(lang=company.partner_id.lang or self.env.lang)
        common = {
            **self._prepare_document_vals(document), "gate": gate, "round": number, "state": "waiting",
            "requested_by_id": self.env.uid, "requested_at": fields.Datetime.now(),
            "digest": document._approval_digest(gate),
        }
        authors = document._approval_authors(gate) | self.env.user
        vals_list, seats = [], {}
        for rule in rules:
            vals = rule._prepare_row_vals(document)
            for _number in range(rule.quorum):
                seats[rule.sequence] = seats.get(rule.sequence, 0) + 1
                vals_list.append({
                    **common, **vals, "sequence": rule.sequence, "seat": seats[rule.sequence],
                    "excluded_user_ids": [fields.Command.set(authors.ids if rule.four_eyes else [])],
                })
        return vals_list

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _open_next_step(self):
        """Let the first waiting step of this round be decided: clock, tasks, mails."""
        waiting = self.filtered(lambda row: row.state == "waiting")
        step = waiting.filtered(lambda row: row.sequence == min(waiting.mapped("sequence")))
        if step:
            step.write({"state": "pending"})
            step._note_approvers()
            step._start_clock()
        self._sync_notices()

    def _note_approvers(self):
        for row in self:
            row.approver_names = row._in_company_language()._approvers_text()

    def _in_company_language(self):
        """Return these rows for texts that are kept: in the company's language, whoever asks in whatever language."""
        return self.with_context(lang=self[:1].company_id.partner_id.lang or self.env.lang)

    def _deadline_key(self):
        return f"{self[:1].gate}:{self[:1].sequence}"

    def _start_clock(self):
        timed = self._in_company_language().filtered("hours").sorted("hours")[:1]
        if timed:
            people = timed._people()
            deadline = timed._document()._start_deadline(
                "approval", hours=timed.hours, calendar=timed.calendar_id or None, key=self._deadline_key(),
                user=people if len(people) == 1 else None,
                name=f"{timed._gate_label(timed.gate)}: {timed.rule_name}",
            )
            self.write({"deadline_id": deadline.id})

    # ------------------------------------------------------------------
    # Lapsing
    # ------------------------------------------------------------------

    def _supersede(self):
        """Let what is still open or approved in these rows lapse, close its tasks and clocks. History stays.

        In a rejected round only what was still open lapses: an approval given before the rejection stays as it was.
        """
        now = fields.Datetime.now()
        self.sudo()._lock_rounds()
        for rows in self.sudo().grouped(lambda row: row._round_key()).values():
            whole = rows._whole_rounds()
            lapsing = rows.filtered(lambda row: row.state in LIVE)
            if whole._round_state() == "rejected":
                lapsing = lapsing.filtered(lambda row: row.state != "approved")
            for row in rows.filtered(lambda row: row.state == "pending"):
                document = row._document()
                if document:
                    document._cancel_deadline("approval", key=row._deadline_key())
            lapsing.write({"state": "superseded", "superseded_at": now})
            whole._sync_notices()

    def _lapse(self):
        """Supersede these whole rounds because their content has changed; tell the requester and the document."""
        for rows in self.grouped(lambda row: row._round_key()).values():
            rows._supersede()
            rows._notify_requester()
            rows[0]._document()._on_approval_superseded(rows[0].gate)

    def _lapse_changed(self):
        """Let the open rounds of these rows lapse whose content is not what approval was asked for; return them."""
        lapsed = self.browse()
        for rows in self._whole_rounds().grouped(lambda row: row._round_key()).values():
            document, first = rows[0]._document(), rows[0]
            if document and rows._round_state() == "pending" and first.digest != document._approval_digest(first.gate):
                rows._lapse()
                lapsed |= rows
        return lapsed

    def _lapsed_notification(self):
        names = ", ".join(sorted(set(self.mapped("res_name"))))
        return {
            "type": "ir.actions.client", "tag": "display_notification",
            "params": {
                "type": "danger", "sticky": True, "title": self.env._("Nothing was decided"),
                "message": self.env._(
                    "%s was changed after approval was asked for. The approval has lapsed and must be asked for again.",
                    names,
                ),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
