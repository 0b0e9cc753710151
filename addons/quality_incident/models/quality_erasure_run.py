from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..tools.personal import ERASED


class QualityErasure(models.Model):
    """Erasing: the only way past the freeze of closed records, after every check, in one transaction.

    Texts are replaced in the database itself, one statement for each model whatever its number of records: the guards
    of the records refuse everybody, and there is no key to them. Seals and approvals are not touched.
    """

    _inherit = "quality.erasure"

    @api.model
    def _erase(self, partner, spellings=(), reason=""):
        """Erase the personal data of ``partner`` and return the row of the log; empty when nothing was left to erase.

        :param partner: one contact, a person from outside
        :param spellings: further spellings of the name that texts may hold
        :param reason: why; kept without the name
        :raises AccessError, UserError: see :meth:`_check_may_erase`
        """
        self._check_eraser()
        partner.ensure_one()
        if not reason.strip():
            raise UserError(self.env._("Give a reason."))
        self._lock(partner)
        person = self._person(partner, spellings)
        self._check_may_erase(partner, person)
        concerned = self._concerned_counts(person)
        documents = self._concerned_documents(person)
        changed = self._erase_files(person)
        self._add(changed, self._erase_texts(person))
        told = self._documents_of(changed)
        self._add(changed, self._erase_contact(person))
        if not changed:
            return self.browse()
        for records in documents.values():
            self._add(changed, {"quality.dossier": self.env["quality.dossier"]._forget(records)})
        erasure = self._log(person, reason, concerned, changed)
        erasure._tell(told)
        return erasure

    @api.model
    def _lock(self, partner):
        # Waiting, and not refusing at once: whoever comes second is repeated by Odoo and finds nothing left to erase.
        query = SQL("SELECT id FROM res_partner WHERE id = %s FOR UPDATE", partner.id)
        self.env.flush_all()
        self.env.cr.execute(query, log_exceptions=False)
        partner.invalidate_recordset()

    @api.model
    def _add(self, changed, more):
        for name, ids in more.items():
            if ids:
                changed.setdefault(name, set()).update(ids)

    # ------------------------------------------------------------------
    # Records
    # ------------------------------------------------------------------

    @api.model
    def _erase_texts(self, person):
        """Replace the person's names in all texts; return ``{model name: ids}`` of what changed."""
        changed = {}
        self.env.flush_all()
        targets = [self._texts_of(model) for model in self._personal_models()] + self._texts_beside(person)
        for texts in targets:
            if not texts.columns or not person.pattern:
                continue
            values = SQL(", ").join(
                SQL("%s = regexp_replace(%s, %s, %s, 'g')", column, column, person.pattern, ERASED)
                for column in map(SQL.identifier, texts.columns)
            )
            self._add(changed, {texts.model._name: self._update(texts.model, values, texts.naming(person))})
        self.env.invalidate_all()
        return changed

    @api.model
    def _erase_files(self, person):
        """Delete the signatures of the person; return ``{model name: ids}`` of what changed."""
        changed = {}
        for model in self._personal_models():
            names = model._personal_files()
            if not names:
                continue
            records = model.search(self._concerned_domain(model, person))
            self._add(changed, {model._name: self._delete_files(model, names, records.ids)})
        return changed

    @api.model
    def _delete_files(self, model, names, ids):
        """Delete the files kept in the binary fields ``names`` and return the ids of the records that had one."""
        files = self.env["ir.attachment"].sudo().search([
            ("res_model", "=", model._name), ("res_field", "in", names), ("res_id", "in", ids),
        ])
        had = set(files.mapped("res_id"))
        files.unlink()
        model.browse(had).invalidate_recordset(names)
        return had

    @api.model
    def _update(self, model, values, condition):
        query = SQL("UPDATE %s SET %s WHERE %s RETURNING id", SQL.identifier(model._table), values, condition)
        return {row[0] for row in self.env.execute_query(query)}

    # ------------------------------------------------------------------
    # Telling
    # ------------------------------------------------------------------

    @api.model
    def _concerned_documents(self, person):
        """Return ``{model name: documents}`` that the person is part of."""
        return self._documents_of({
            model._name: model.search(self._concerned_domain(model, person)).ids for model in self._personal_models()
        })

    @api.model
    def _documents_of(self, ids_by_model):
        documents = {}
        ours = {model._name: model for model in self._personal_models()}
        for name, ids in ids_by_model.items():
            if name in ours:
                found = ours[name].browse(ids)._personal_documents()
                if found:
                    documents[found._name] = documents.get(found._name, found) | found
        return documents

    def _tell(self, documents):
        """Log on each document that a text of it was changed: the number only, never the person."""
        for records in documents.values():
            body = self.env._("Personal data was erased from this record or its lines: %s.", self.name)
            records._message_log_batch(bodies=dict.fromkeys(records.ids, body))

    @api.model
    def _log(self, person, reason, concerned, changed):
        company = self.env.company
        sequence = self.env["ir.sequence"].sudo().with_company(company)
        return self.sudo().create({
            "name": sequence.next_by_code("quality.erasure"), "company_id": company.id,
            "erased_at": fields.Datetime.now(), "erased_by_id": self.env.uid,
            "reason": self._without_person(person, reason),
            "counts": "\n".join(self._count_lines(concerned, changed)),
        }).sudo(False)

    @api.model
    def _count_lines(self, concerned, changed):
        lines = []
        for name in sorted(concerned.keys() | changed.keys(), key=self._kind):
            number = len(changed.get(name, ()))
            lines.append(
                self.env._(
                    "%(kind)s: %(changed)s changed of %(concerned)s that concern the person",
                    kind=self._kind(name), changed=number, concerned=max(number, concerned.get(name, 0)),
                )
            )
        return lines

    @api.model
    def _kind(self, name):
        """Return what people call the model ``name``."""
        return self.env["ir.model"]._get(name).sudo().name or name

    @api.model
    def _without_person(self, person, text):
        """Return ``text`` as it may be kept: without the person it may name."""
        text = text.strip()
        if person.pattern:
            [(text,)] = self.env.execute_query(
                SQL("SELECT regexp_replace(%s, %s, %s, 'g')", text, person.pattern, ERASED)
            )
        return text
