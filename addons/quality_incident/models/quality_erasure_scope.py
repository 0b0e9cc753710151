from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.personal import SHORTEST, Person, clean_terms

MANAGER = "quality_incident.group_quality_manager"
CONTACT_MANAGER = "base.group_partner_manager"
#: a refusal names so many records
MOST_NAMED = 20

#: what stands beside a record: model, the column with the record's model, text columns
BESIDE = (
    (
        "mail.message", "model",
        (
            "subject", "body", "email_from", "reply_to",
            "incoming_email_to", "incoming_email_cc", "outgoing_email_to",
        ),
    ),
    ("mail.activity", "res_model", ("res_name", "summary", "note", "feedback")),
    ("mail.scheduled.message", "model", ("subject", "body")),
    ("ir.attachment", "res_model", ("name", "description", "index_content")),
)
#: what hangs on a message
BENEATH = (
    ("mail.tracking.value", ("old_value_char", "old_value_text", "new_value_char", "new_value_text")),
    ("mail.notification", ("mail_email_address", "failure_reason")),
    ("mail.mail", ("email_to", "email_cc", "body_html", "headers", "failure_reason")),
)


class Texts(NamedTuple):
    """Text columns of one model, and the condition on the rows that may be touched."""

    model: models.BaseModel
    columns: tuple
    within: SQL

    def naming(self, person):
        """Return the condition on the rows that name ``person``."""
        found = [SQL("%s ~ %s", SQL.identifier(name), person.pattern) for name in self.columns]
        return SQL("%s AND (%s)", self.within, SQL(" OR ").join(found)) if found and person.pattern else SQL("FALSE")


class QualityErasure(models.Model):
    """What concerns a person, and whether it may be erased."""

    _inherit = "quality.erasure"

    # ------------------------------------------------------------------
    # Whom
    # ------------------------------------------------------------------

    @api.model
    def _person(self, partner, spellings=()):
        """Return the person behind ``partner``: with all its addresses and every spelling to look for.

        :raises UserError: a spelling is too short to be looked for
        """
        spellings = [text for text in spellings if text.strip()]
        if any(len(text.strip()) < SHORTEST for text in spellings):
            raise UserError(self.env._("A spelling of the name needs at least %s characters.", SHORTEST))
        partners = partner.sudo().with_context(active_test=False)
        partners |= partners.search([("parent_id", "in", partners.ids), ("type", "!=", "contact")])
        known = [
            text for one in partners
            for text in (one.name, one.email, one.email_normalized, one.phone, one.phone_sanitized)
        ]
        return Person(tuple(partners.ids), clean_terms([*known, *spellings]))

    # ------------------------------------------------------------------
    # Where
    # ------------------------------------------------------------------

    @api.model
    def _personal_models(self):
        """Return the models that inherit ``quality.personal.mixin``, all their records at hand."""
        names = self.env.registry.descendants(["quality.personal.mixin"], "_inherit")
        found = [self.env[name].sudo().with_context(active_test=False) for name in sorted(names)]
        return [model for model in found if not model._abstract and not model._transient]

    @api.model
    def _within_domain(self, model):
        """Return the domain of the records of the companies the user works in."""
        if "company_id" not in model._fields:
            return Domain.TRUE
        return Domain("company_id", "in", self.env.companies.ids)

    @api.model
    def _linked_domain(self, model, person):
        return Domain.OR(Domain(name, "in", person.partner_ids) for name in model._personal_links())

    @api.model
    def _concerned_domain(self, model, person):
        """Return the domain of the records that link to the person or name it."""
        texts = self._texts_of(model)

        def to_sql(model, alias, query):
            rows = SQL("SELECT id FROM %s WHERE %s", SQL.identifier(model._table), texts.naming(person))
            return SQL("%s IN (%s)", SQL.identifier(alias, "id"), rows)

        concerned = self._linked_domain(model, person) | Domain.custom(to_sql=to_sql)
        return self._within_domain(model) & concerned

    @api.model
    def _texts_of(self, model):
        rows = model._search(self._within_domain(model)).subselect()
        return Texts(model, tuple(model._personal_texts()), SQL("id IN %s", rows))

    @api.model
    def _texts_beside(self, person):
        """Return the texts that stand beside our records and the contact: chatter, activities, names of files."""
        documents = [(model._name, model._search(self._within_domain(model)).subselect())
                     for model in self._personal_models()]
        documents.append(("res.partner", SQL("%s", person.partner_ids)))
        result = []
        for name, column, texts in BESIDE:
            within = SQL(" OR ").join(
                SQL("(%s = %s AND res_id IN %s)", SQL.identifier(column), document, rows)
                for document, rows in documents
            )
            result.append(Texts(self.env[name].sudo(), texts, SQL("(%s)", within)))
        messages = SQL("mail_message_id IN (SELECT id FROM mail_message WHERE %s)", result[0].within)
        return result + [Texts(self.env[name].sudo(), texts, messages) for name, texts in BENEATH]

    @api.model
    def _concerned_counts(self, person):
        """Return ``{model name: number of records that concern the person}``; a constant number of queries."""
        self.env.flush_all()
        counts = {
            model._name: model.search_count(self._concerned_domain(model, person)) for model in self._personal_models()
        }
        for texts in self._texts_beside(person):
            table = SQL.identifier(texts.model._table)
            query = SQL("SELECT count(*) FROM %s WHERE %s", table, texts.naming(person))
            [(counts[texts.model._name],)] = self.env.execute_query(query)
        counts["res.partner"] = len(person.partner_ids)
        return {name: number for name, number in counts.items() if number}

    # ------------------------------------------------------------------
    # Whether
    # ------------------------------------------------------------------

    @api.model
    def _check_may_erase(self, partner, person):
        """Raise unless the user may erase this person and nothing needs it any more.

        :raises AccessError: the user is not both quality manager and contact manager, or may not change the contact
        :raises UserError: not a person from outside, still needed, or part of records of other companies
        """
        self._check_eraser()
        partner.check_access("write")
        self._check_from_outside(partner, person)
        self.env.flush_all()
        self._check_own_companies(person)
        self._check_not_needed(person)

    @api.model
    def _check_eraser(self):
        user = self.env.user
        if not (user.has_group(MANAGER) and user.has_group(CONTACT_MANAGER)):
            raise AccessError(
                self.env._("Personal data is erased by a quality manager who may also manage contacts.")
            )

    @api.model
    def _check_from_outside(self, partner, person):
        ids = person.partner_ids
        if partner.is_company:
            raise UserError(self.env._("%s is an organisation. Only people are erased.", partner.display_name))
        users = self.env["res.users"].sudo().with_context(active_test=False).search([("partner_id", "in", ids)])
        employees = self.env["hr.employee"].sudo().search_count([("work_contact_id", "in", ids)], limit=1)
        companies = self.env["res.company"].sudo().search_count([("partner_id", "in", ids)], limit=1)
        if employees or companies or any(self._is_of_the_system(user) for user in users):
            raise UserError(
                self.env._(
                    "%s belongs to the staff or to a company of this system. Names of staff are part of the evidence "
                    "in approvals and seals and are kept.",
                    partner.display_name,
                )
            )

    @api.model
    def _is_of_the_system(self, user):
        """Return whether ``user`` is staff, or stands for visitors and new customers."""
        template = self.env.ref("base.template_portal_user_id", raise_if_not_found=False)
        return not user.share or user._is_public() or user == template

    @api.model
    def _check_own_companies(self, person):
        foreign = 0
        for model in self._personal_models():
            linked = self._linked_domain(model, person)
            if "company_id" in model._fields and not linked.is_false():
                foreign += model.search_count(linked & Domain("company_id", "not in", self.env.companies.ids))
        if foreign:
            raise UserError(
                self.env._(
                    "This person is part of %s records of companies that you have not selected or may not see. "
                    "Select all companies, or ask somebody who works in all of them.",
                    foreign,
                )
            )

    @api.model
    def _check_not_needed(self, person):
        names = set()
        for model in self._personal_models():
            needed = model._personal_needed_domain()
            if not needed.is_false():
                records = model.search(needed & self._concerned_domain(model, person))
                names.update(record._personal_reference() for record in records)
        if not names:
            return
        named = sorted(names)[:MOST_NAMED]
        if len(names) > MOST_NAMED:
            named.append(self.env._("and %s more", len(names) - MOST_NAMED))
        raise UserError(
            self.env._(
                "This person is still needed, or named, in what is not finished. Finish it first:\n%(records)s",
                records="\n".join(f"• {name}" for name in named),
            )
        )
