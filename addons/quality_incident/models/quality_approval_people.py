from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.matching import unseated
from .quality_approval import LIVE


class QualityApproval(models.Model):
    """Who may decide a row, judged now: membership, absence, four-eyes, companies, access to the document.

    Said twice, because it is asked in two ways: as a domain for lists of any length (:meth:`_decidable_domain`), and
    person by person with the reason of a refusal (:meth:`_decider`), which is what a decision obeys.
    """

    _inherit = "quality.approval"

    can_decide = fields.Boolean(
        "I can decide", compute="_compute_can_decide", search="_search_can_decide",
        help="This row waits for you, yourself or as a substitute.",
    )

    # ------------------------------------------------------------------
    # As a domain
    # ------------------------------------------------------------------

    @api.depends("state", "after_id.state", "group_id", "user_id", "department_id", "excluded_user_ids")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_can_decide(self):
        mine = self.search(Domain("id", "in", self.ids) & self._decidable_domain(self.env.user))
        for row in self:
            row.can_decide = row in mine

    @api.model
    def _search_can_decide(self, operator, value):
        if operator != "in" or True not in value:
            return NotImplemented
        return self._decidable_domain(self.env.user)

    @api.model
    def _decidable_domain(self, user):
        """Return the domain of the rows that ``user`` may decide now, as an approver or as a substitute."""
        if not user.active or user.share:
            return Domain.FALSE
        return (
            Domain("state", "=", "pending")
            & Domain("company_id", "in", user.sudo().company_ids.ids)
            & Domain("excluded_user_ids", "not in", user.ids)
            & (Domain("after_id", "=", False) | Domain("after_id.state", "=", "approved"))
            & Domain.OR(
                self._approver_domain(person)
                for person in user | self.env["quality.approval.substitute"]._absent_for(user)
            )
            & self._readable_domain(user)
        )

    @api.model
    def _approver_domain(self, person):
        """Return the domain of the rows that are for ``person``, whoever decides in the end."""
        person = person.sudo()
        if not person.active or person.share:
            return Domain.FALSE
        departments = self.env["hr.department"].sudo().search([("manager_id.user_id", "=", person.id)])
        domain = (
            Domain("approver_type", "=", "group") & Domain("group_id", "in", person.all_group_ids.ids)
            | Domain("approver_type", "in", ("user", "field")) & Domain("user_id", "=", person.id)
            | Domain("approver_type", "=", "manager") & Domain("department_id", "in", departments.ids)
        )
        if person != self.env.user:
            domain &= (
                Domain("company_id", "in", person.company_ids.ids)
                & Domain("excluded_user_ids", "not in", person.ids)
                & self._readable_domain(person)
            )
        return domain

    # ------------------------------------------------------------------
    # Person by person
    # ------------------------------------------------------------------

    def _decider(self):
        """Return for whom the present user may decide this row now, and if not, why.

        :return: ``(user, None)``, the user being himself or the absent one; ``(None, text)`` when refused
        """
        self.ensure_one()
        if self.state != "pending" or self.after_id.state in ("waiting", "pending"):
            return None, self._not_open_text()
        user = self.env.user
        absent = self.env["quality.approval.substitute"]._absent_for(user)
        people = (user | absent) & self._fitting(user | absent)
        if not people or not self._available(user):
            return None, self.env._("you are not an approver of this step; it is for %s", self._approvers_text())
        refusal = None
        for person in people:
            refusal = self._barred_text(user) or self._barred_text(person)
            if not refusal:
                return person, None
        return None, refusal

    def _refusal_line(self, refusal):
        return f"• {self.display_name}: {refusal}"

    def _not_open_text(self):
        if self.state in ("approved", "rejected"):
            return self.env._("%s has decided it already", self.decided_by_id.name)
        if self.state == "superseded":
            return self.env._("it has lapsed and must be asked for again")
        if self.state == "pending":
            return self.env._("the seat before it in the same step is still free; take that one")
        return self.env._("an earlier step is not approved yet")

    def _fitting(self, users):
        """Return those of ``users`` whom this row is for and who are :meth:`_available`."""
        if self.approver_type == "group":
            people = users.filtered(lambda user: self.group_id and self.group_id in user.sudo().all_group_ids)
        elif self.approver_type == "manager":
            people = users & self.department_id.manager_id.user_id
        else:
            people = users & self.user_id
        return people.filtered(self._available)

    def _available(self, user):
        """Return whether ``user`` is active, internal, in the row's company and allowed to read the document."""
        user = user.sudo()
        if not user.active or user.share or self.company_id not in user.company_ids:
            return False
        document = self._document().with_context(allowed_company_ids=user.company_ids.ids).with_user(user)
        return bool(document) and document.has_access("read")

    def _people(self):
        """Return everybody this row is for, by the membership of now; substitutes not included."""
        self.ensure_one()
        if self.approver_type == "group":
            users = self.env["res.users"].search([
                ("all_group_ids", "in", self.group_id.ids), ("company_ids", "in", self.company_id.ids),
                ("share", "=", False),
            ])
        elif self.approver_type == "manager":
            users = self.department_id.manager_id.user_id
        else:
            users = self.user_id
        return users.filtered(self._available)

    def _approvers_text(self):
        """Return who approves this row, for people to read."""
        names = ", ".join(self._people().sorted("name").mapped("name")) or self.env._("nobody at present")
        if self.approver_type == "group":
            return self.env._("%(group)s (%(names)s)", group=self.group_id.name or "?", names=names)
        if self.approver_type == "manager":
            return self.env._(
                "manager of %(department)s (%(names)s)", department=self.department_id.name or "?", names=names,
            )
        return names

    # ------------------------------------------------------------------
    # Four eyes
    # ------------------------------------------------------------------

    def _decided_rows_by(self, person):
        decided = self._whole_rounds().filtered(lambda row: row.state in LIVE and row.decided_by_id and row != self)
        return decided.filtered(lambda row: person in row.decided_by_id | row.on_behalf_of_id)

    def _four_eyes_conflict(self, person):
        """Return why four-eyes bars ``person`` from this row, or None; whatever the rule says."""
        if person == self.requested_by_id:
            return self.env._("%s asked for the approval, and nobody approves their own request", person.name)
        if person in self._document()._approval_authors(self.gate):
            return self.env._("%s is an author of what is approved", person.name)
        if self._decided_rows_by(person):
            return self.env._("%s has decided another step of this round", person.name)
        return None

    def _barred_text(self, person):
        if self.four_eyes:
            return self._four_eyes_conflict(person)
        if self._decided_rows_by(person).filtered(lambda row: row.sequence == self.sequence):
            return self.env._("%s has decided this step already; another person must", person.name)
        return None

    def _exclude(self, people, sequence):
        """Note on the open rows of this round that ``people``, who decided at ``sequence``, may not decide them."""
        still_open = self.filtered(lambda row: row.state in ("waiting", "pending"))
        for row in still_open.filtered(lambda row: row.four_eyes or row.sequence == sequence):
            row.excluded_user_ids |= people

    def _check_enough_people(self):
        """Refuse a round that could never be approved.

        :raises UserError: naming the step and what to do about it
        """
        choices = {row: row._people() - row.excluded_user_ids for row in self}
        for row, people in choices.items():
            if not people:
                raise UserError(self.env._(
                    "Nobody may approve the step “%(step)s” of %(name)s. It is for %(approvers)s; who asks and who "
                    "wrote it cannot approve. Somebody else must ask, or the quality manager must change who approves.",
                    step=row.rule_name, name=row.res_name, approvers=row._approvers_text(),
                ))
        # Relaxed steps ask for different people only among themselves.
        strict = self.filtered("four_eyes")
        groups = [strict, *(self - strict).grouped("sequence").values()]
        for rows in groups:
            missing = unseated([choices[row].ids for row in rows])
            if missing is not None:
                raise UserError(self.env._(
                    "%(name)s needs %(count)s different people to approve, and there are too few for the step "
                    "“%(step)s”. The quality manager must add people, or relax four-eyes on a rule.",
                    name=rows[0].res_name, count=len(rows), step=rows[missing].rule_name,
                ))
