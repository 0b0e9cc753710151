from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .quality_inspection_line import RESULTS


class QualityInspection(models.Model):
    """The checklist as a phone fills it in: sent piece by piece, again after a lost connection, never twice (B3)."""

    _inherit = "quality.inspection"

    @api.readonly
    def get_sheet(self):
        """Return the checklist as plain data, for the client that fills it in.

        :raises AccessError: the user may not read this inspection
        """
        self.ensure_one()
        self.check_access("read")
        labels = dict(self._fields["subject"]._description_selection(self.env))
        return {
            "id": self.id,
            "name": self.name,
            "title": self.title,
            "state": self.state,
            "state_label": self._state_label(self.state),
            "may_fill": self.may_fill,
            "may_raise": self.env.user.has_groups(
                "quality_incident.group_quality_inspector,quality_incident.group_quality_engineering,"
                "quality_incident.group_quality_chief_engineer,quality_incident.group_quality_manager"
            ),
            "planned_at": fields.Datetime.to_string(self.planned_at),
            "location": " · ".join(filter(None, (self.sudo().project_id.name, self.location))),
            "subject": self.subject,
            "subject_label": labels[self.subject],
            "conclusion": self.conclusion,
            "conclusions": self._fields["conclusion"]._description_selection(self.env),
            "missing": self._missing_for("done") if self.state == "in_progress" else [],
            "lines": [line._sheet_line() for line in self.line_ids],
        }

    def save_answers(self, answers=(), conclusion=None):
        """Save what was answered, each point wholly or not at all; sending it again changes nothing.

        :param answers: list of dicts: ``line_id``, and any of ``result`` (pass, deficient, na or False), ``note``,
            ``photos`` (list of ``{"uuid", "name", "data"}``, the content in base64), ``removed_photos`` (uuids)
        :param conclusion: unqualified, qualified or good
        :return: ``{"saved": [line ids], "errors": [{"line_id", "message"}], "sheet": see get_sheet}``
        :raises AccessError: the user does not hold this inspection
        :raises UserError: it is over, or was missed and must be begun late with a reason
        """
        self.ensure_one()
        self._check_inspector()
        if not isinstance(answers, (list, tuple)) or not all(isinstance(answer, dict) for answer in answers):
            raise UserError(self.env._("The answers cannot be read. Reload the page."))
        if self.state == "planned":
            self.action_begin()
        if self.state != "in_progress":
            raise UserError(
                self.env._(
                    "%(inspection)s is “%(state)s”: nothing more can be entered.",
                    inspection=self.display_name,
                    state=self._state_label(self.state),
                )
            )
        saved, errors = [], []
        for answer in answers:
            try:
                with self.env.cr.savepoint():
                    line = self.line_ids.filtered(lambda line, answer=answer: line.id == answer.get("line_id"))
                    if not line:
                        raise UserError(self.env._("This point is no longer part of the inspection."))
                    line._save_answer(answer)
                    line.flush_recordset()
                saved.append(line.id)
            except (UserError, AccessError) as error:
                self.invalidate_recordset()
                self.line_ids.invalidate_recordset()
                errors.append({"line_id": answer.get("line_id"), "message": str(error)})
        if conclusion:
            if conclusion not in dict(self._fields["conclusion"].selection):
                raise UserError(self.env._("The conclusion is unqualified, qualified or good."))
            self.conclusion = conclusion
        return {"saved": saved, "errors": errors, "sheet": self.get_sheet()}

    def add_line(self, name, uuid, section=False):
        """Add something seen that is not on the checklist; sent again, it is not added twice.

        :param uuid: made by the client, tells a repeated request
        :return: see :meth:`get_sheet`
        """
        self.ensure_one()
        self._check_inspector()
        if not isinstance(name, str) or not name.strip() or not isinstance(uuid, str) or not uuid:
            raise UserError(self.env._("Say what was seen."))
        if self.state == "planned":
            self.action_begin()
        if uuid not in self.line_ids.mapped("client_uuid"):
            line = self.env["quality.inspection.line"].create(
                {
                    "inspection_id": self.id,
                    "name": name.strip(),
                    "section": section or self.env._("Also seen"),
                    "sequence": max(self.line_ids.mapped("sequence"), default=0) + 1,
                }
            )
            line.sudo().client_uuid = uuid
        return self.get_sheet()


class QualityInspectionLine(models.Model):
    """One point of the checklist as a phone fills it in."""

    _inherit = "quality.inspection.line"

    def _sheet_line(self):
        self.ensure_one()
        notice = self.sudo().rectification_id
        return {
            "id": self.id,
            "section": self.section or "",
            "name": self.name,
            "hint": self.hint or "",
            "standard": self.sudo().standard_id.display_name or "",
            "warning": self.standard_warning or "",
            "result": self.result,
            "note": self.note or "",
            "photos": [
                {"id": file.id, "uuid": file.description or "", "name": file.name} for file in self.sudo().evidence_ids
            ],
            "notice": {"id": notice.id, "name": notice.name} if notice else False,
            "answered_by": self.answered_by_id.sudo().name or "",
        }

    def _save_answer(self, answer):
        """Write one answer; the caller has checked who answers and when.

        :raises UserError: a value is not what it should be
        """
        vals = {}
        if "result" in answer:
            if answer["result"] and answer["result"] not in dict(RESULTS):
                raise UserError(self.env._("A point passes, is deficient, or does not apply."))
            vals["result"] = answer["result"] or False
        if "note" in answer:
            if answer["note"] and not isinstance(answer["note"], str):
                raise UserError(self.env._("The note is not a text."))
            vals["note"] = answer["note"] or False
        known = {file.description: file for file in self.sudo().evidence_ids if file.description}
        photos, removed = answer.get("photos") or [], answer.get("removed_photos") or []
        readable = isinstance(photos, list) and all(isinstance(photo, dict) for photo in photos)
        if not readable or not isinstance(removed, list) or not all(isinstance(uuid, str) for uuid in removed):
            raise UserError(self.env._("The answers cannot be read. Reload the page."))
        gone = [known[uuid] for uuid in removed if uuid in known]
        commands = [fields.Command.unlink(file.id) for file in gone]
        for photo in photos:
            if photo.get("uuid") not in known:
                commands.append(fields.Command.link(self._store_photo(photo).id))
        if commands:
            vals["evidence_ids"] = commands
        changed = {name: value for name, value in vals.items() if name == "evidence_ids" or self[name] != value}
        if changed:
            self.write(changed)
        for file in gone:
            file.unlink()
