from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

#: what is typed on the phone, in the order of the form (C10)
TEXTS = ("history", "listen", "look", "examine", "true_cause", "work_done", "departure_report", "opinion")
NEEDED = ("listen", "look", "examine", "true_cause", "work_done", "departure_report")
KEY_LENGTH = 64


class ServiceVisit(models.Model):
    """The visit as a phone shows it: sent piece by piece, again after a lost connection, never twice (C9, C10)."""

    _inherit = "service.visit"

    #: the last step a phone sent, so that the same one sent again is known
    submit_key = fields.Char(readonly=True, copy=False, export_string_translation=False)

    @api.readonly
    def get_sheet(self):
        """Return the visit as plain data, for the client on the phone.

        :raises AccessError: the user may not read this visit
        """
        self.ensure_one()
        self.check_access("read")
        own = self.env.user in self.sudo().engineer_ids.user_id
        place = self.sudo().site_partner_id or self.sudo().partner_id
        labels = {name: self._fields[name]._description_string(self.env) for name in TEXTS}
        return {
            "id": self.id,
            "name": self.name,
            "title": self.sudo().ticket_id.subject,
            "state": self.state,
            "state_label": self._state_label(self.state),
            "may_work": own and self.state in ("planned", "departed", "on_site", "done"),
            "may_write": own and self.state in ("departed", "on_site", "done"),
            "customer": self.sudo().partner_id.display_name or "",
            "address": ", ".join(
                filter(None, place._display_address(without_company=True).split("\n")) if place else ()
            ),
            "map_url": self.map_url or "",
            "contact": self.contact_name or "",
            "phone": self.phone or "",
            "task": self.task or "",
            "product": self.sudo().product_id.display_name or "",
            "serial": self.sudo().lot_id.name or "",
            "planned_start": fields.Datetime.to_string(self.planned_start) if self.planned_start else "",
            "checks": [
                {"id": check.id, "name": check.name, "required": check.is_required, "done": check.done}
                for check in self.check_ids
            ],
            "texts": [
                {"name": name, "label": labels[name], "needed": name in NEEDED, "value": self[name] or ""}
                for name in TEXTS
            ],
            "result": self.result or "",
            "results": self._fields["result"]._description_selection(self.env),
            "photos": [
                {"id": file.id, "uuid": file.description or "", "name": file.name} for file in self.sudo().evidence_ids
            ],
            "signature": self.seal_validity,
            "missing": self._next_missing() if self.state in self._next_state else [],
            "handed_in": self.approval_state in ("pending", "approved"),
        }

    def save_sheet(self, answers=()):
        """Save what was typed, photographed and ticked off; sending it again changes nothing.

        :param answers: list of dicts with ``line_id`` (the id of the visit) and any of the texts, ``result``,
            ``checks`` ({id: done}), ``photos`` (``{"uuid", "name", "data"}``), ``removed_photos`` (uuids)
        :return: ``{"saved": [ids], "errors": [{"line_id", "message"}], "sheet": see get_sheet}``
        :raises AccessError: the user is not on this visit
        """
        self.ensure_one()
        self._check_own()
        if not isinstance(answers, (list, tuple)) or not all(isinstance(answer, dict) for answer in answers):
            raise UserError(self.env._("The answers cannot be read. Reload the page."))
        errors = []
        for answer in answers:
            try:
                with self.env.cr.savepoint():
                    self._save_answer(answer)
                    self.env.flush_all()
            except (UserError, AccessError) as error:
                self.env.invalidate_all(flush=False)
                errors.append({"line_id": self.id, "message": str(error)})
        return {"saved": [] if errors else self.ids, "errors": errors, "sheet": self.get_sheet()}

    def _save_answer(self, answer):
        """Write one answer; the caller has checked who answers.

        :raises UserError: a value is not what it should be
        """
        vals = {**self._answered_texts(answer), **self._answered_photos(answer)}
        if "result" in answer:
            if answer["result"] not in (False, *dict(self._fields["result"].selection)):
                raise UserError(self.env._("A visit solves it, does not, or needs parts."))
            vals["result"] = answer["result"]
        changed = {name: value for name, value in vals.items() if name == "evidence_ids" or self[name] != value}
        if changed:
            self.write(changed)
        checks = answer.get("checks") or {}
        if not isinstance(checks, dict):
            raise UserError(self.env._("The answers cannot be read. Reload the page."))
        for check in self.check_ids:
            if str(check.id) in checks and check.done != bool(checks[str(check.id)]):
                check.done = bool(checks[str(check.id)])

    def _answered_texts(self, answer):
        texts = {name: answer[name] for name in TEXTS if name in answer}
        if not all(isinstance(text, (str, bool)) for text in texts.values()):
            raise UserError(self.env._("The note is not a text."))
        return {name: text or False for name, text in texts.items()}

    def _answered_photos(self, answer):
        photos, removed = answer.get("photos") or [], answer.get("removed_photos") or []
        if not isinstance(photos, list) or not isinstance(removed, list):
            raise UserError(self.env._("The answers cannot be read. Reload the page."))
        known = {file.description: file for file in self.sudo().evidence_ids if file.description}
        commands = [fields.Command.unlink(known[uuid].id) for uuid in removed if uuid in known]
        for photo in photos:
            if isinstance(photo, dict) and photo.get("uuid") not in known:
                commands.append(fields.Command.link(self._store_photo(photo).id))
        return {"evidence_ids": commands} if commands else {}

    def take_step(self, step, key, place=None):
        """Take a step from the phone; the same ``key`` sent again changes nothing.

        :param step: ``depart``, ``arrive``, ``finish`` or ``hand_in``
        :param key: made by the client, tells a repeated request
        :param place: where the phone says it is, for ``arrive``
        :return: see :meth:`get_sheet`
        :raises UserError: listing everything that is missing
        """
        self.ensure_one()
        self._check_own()
        if not isinstance(key, str) or not 8 <= len(key) <= KEY_LENGTH:
            raise UserError(self.env._("The answers cannot be read. Reload the page."))
        self.lock_for_update()
        if self.submit_key == key:
            return self.get_sheet()
        if step == "depart":
            self.action_depart()
        elif step == "arrive":
            self.action_arrive(place)
        elif step == "finish":
            self.action_finish()
        elif step == "hand_in":
            self.action_approve_report()
        else:
            raise UserError(self.env._("The answers cannot be read. Reload the page."))
        self.sudo().submit_key = key
        return self.get_sheet()

    def action_fill(self):
        """Return the action that opens the visit for a phone."""
        self.ensure_one()
        self.check_access("read")
        return {
            "type": "ir.actions.client",
            "tag": "service_visit_fill",
            "name": self.display_name,
            "params": {"visit_id": self.id},
        }
