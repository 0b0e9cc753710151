from odoo import api, models
from odoo.tools import SQL

from ..tools.personal import ERASED, ERASED_NAME

#: columns of a contact that say something about the person, besides all of its texts; the country stays, for figures
ALSO_CLEARED = ("state_id", "partner_latitude", "partner_longitude", "date_localization")
CLEARED_TYPES = ("char", "text", "html", "binary", "json", "properties")
TRACKED = ("old_value_char", "old_value_text", "new_value_char", "new_value_text")


class QualityErasure(models.Model):
    """Erasing the contact itself: its row stays for the links, nothing in it says who it was."""

    _inherit = "quality.erasure"

    @api.model
    def _erase_contact(self, person):
        """Make the contact and its addresses anonymous; return ``{model name: ids}`` of what changed."""
        changed = {}
        self._add(changed, {"res.users": self._close_portal_users(person)})
        self._add(changed, {"res.partner": self._clear_contact(person)})
        self._add(changed, {"res.partner": self._delete_contact_images(person)})
        self._add(changed, {"res.partner.bank": self._clear_bank_accounts(person)})
        self._add(changed, {"mail.message": self._clear_own_chatter(person)})
        self.env.invalidate_all()
        return changed

    @api.model
    def _clear_contact(self, person):
        # Not through write(): it would copy the emptied address and numbers to the parent company and track the old
        # values in the chatter.
        partners = self.env["res.partner"].sudo().with_context(active_test=False).browse(person.partner_ids)
        names = self._cleared_columns(partners)
        name = SQL("replace(%s, '%%s', id::text)", ERASED_NAME)
        cleared = SQL(", ").join(SQL("%s = NULL", SQL.identifier(column)) for column in names)
        left = SQL(" OR ").join(SQL("%s IS NOT NULL", SQL.identifier(column)) for column in names)
        changed = self._update(
            partners, SQL("name = %s, active = FALSE, %s", name, cleared),
            SQL("id IN %s AND (active OR name IS DISTINCT FROM %s OR %s)", person.partner_ids, name, left),
        )
        partners.invalidate_recordset()
        partners.browse(changed).modified(["name", "active", *names])
        self.env.flush_all()
        return changed

    @api.model
    def _cleared_columns(self, model):
        """Return the columns of ``model`` to clear, those of other modules included."""
        return [
            name for name, field in model._fields.items()
            if field.store and field.column_type and not field.required and name != "name"
            and (field.type in CLEARED_TYPES or name in ALSO_CLEARED)
            and not (field.compute and field.readonly)
        ]

    @api.model
    def _delete_contact_images(self, person):
        partners = self.env["res.partner"].sudo()
        names = [name for name, field in partners._fields.items() if field.type == "binary"]
        return self._delete_files(partners, names, person.partner_ids)

    @api.model
    def _close_portal_users(self, person):
        """Take the login away; that every one of these users is from outside was checked."""
        # Not through write(): it would mail the old address that login and password have changed.
        users = self.env["res.users"].sudo().with_context(active_test=False)
        login = SQL("'erased-' || id")
        cleared = [SQL("%s = NULL", SQL.identifier(column)) for column in ("password", *self._cleared_columns(users))]
        changed = self._update(
            users, SQL("login = %s, active = FALSE, %s", login, SQL(", ").join(cleared)),
            SQL("partner_id IN %s AND (active OR login != %s)", person.partner_ids, login),
        )
        if changed:
            users.browse(changed).invalidate_recordset()
            users.browse(changed).api_key_ids._remove()
            self.env.registry.clear_cache()  # ends the sessions that are open
        return changed

    @api.model
    def _clear_bank_accounts(self, person):
        number = SQL("'erased-' || id")
        values = SQL(
            "acc_number = %s, sanitized_acc_number = %s, acc_holder_name = NULL, note = NULL, active = FALSE",
            number, number,
        )
        condition = SQL("partner_id IN %s AND acc_number != %s", person.partner_ids, number)
        return self._update(self.env["res.partner.bank"].sudo(), values, condition)

    @api.model
    def _clear_own_chatter(self, person):
        """Clear the contact's own chatter, which is about nothing else, and the sender's address on its messages."""
        own = SQL("model = 'res.partner' AND res_id IN %s", person.partner_ids)
        changed = self._update(
            self.env["mail.message"], SQL("subject = NULL, body = %s", ERASED),
            SQL("%s AND (subject IS NOT NULL OR COALESCE(body, '') NOT IN ('', %s))", own, ERASED),
        )
        for name in TRACKED:
            column = SQL.identifier(name)
            self._update(
                self.env["mail.tracking.value"], SQL("%s = %s", column, ERASED),
                SQL("mail_message_id IN (SELECT id FROM mail_message WHERE %s) AND %s != %s", own, column, ERASED),
            )
        return changed | self._update(
            self.env["mail.message"], SQL("email_from = %s", ERASED),
            SQL("author_id IN %s AND email_from != %s", person.partner_ids, ERASED),
        )
