from odoo import api, fields, models

from .quality_rectification import STAFF
from .quality_rectification_workflow import ISSUERS

#: which source a document stands for; other addons add theirs by overriding ``_source_of``
SOURCES = {
    "quality.incident": "incident",
    "quality.inspection": "inspection",
    "quality.inspection.line": "inspection",
    "service.ticket": "ticket",
    "quality.feedback": "survey",
}
#: files of a line that may be given from elsewhere
FILES = ("before_ids", "evidence_ids")


class QualityRectification(models.Model):
    """The one way other documents raise a notice (F7)."""

    _inherit = "quality.rectification"

    @api.model
    def _raise_from(self, source_record, lines, **vals):
        """Return a drafted notice raised from ``source_record``, for the user to complete and issue.

        The caller has checked that its user may raise one. Company, project, location and responsible party are taken
        from the source when it has fields of these names, unless ``vals`` says otherwise.

        :param source_record: one record: an incident, a line of an inspection, a ticket, an answer, …
        :param lines: list of values of ``quality.rectification.line``; ``before_ids`` and ``evidence_ids`` may be
            attachments (a recordset), which are copied, because each file belongs to one record
        :param vals: further values of the notice
        """
        source_record.ensure_one()
        source = source_record.sudo()
        values = {**self._raise_vals(source), **vals}
        copied = [self._with_copied_files(line) for line in lines]
        notice = self.sudo().create({**values, "line_ids": [fields.Command.create(line) for line in copied]})
        notice._message_log(body=self.env._("Raised from %s.", notice.origin_name))
        if "message_ids" in source._fields:
            source._message_log(body=self.env._("Rectification notice %s was raised.", notice.name))
        return notice.with_env(self.env)

    @api.model
    def _source_of(self, record):
        """Hook: return the value of ``source`` for notices raised from ``record``."""
        return SOURCES.get(record._name, "external")

    @api.model
    def _raise_vals(self, source):
        """Hook: return the values that a notice takes over from ``source``, a superuser's record."""
        vals = {
            "origin_model": source._name,
            "origin_id": source.id,
            "origin_name": source.display_name,
            "source": self._source_of(source),
            "issuer_id": self.env.uid,
            "subject": source.display_name,
        }
        for name in ("company_id", "project_id", "location", "description"):
            if name in source._fields and source[name]:
                vals[name] = source[name].id if source._fields[name].relational else source[name]
        if source._name == "quality.incident":
            partner = source.responsible_partner_id
            vals |= {
                "incident_id": source.id,
                "subject": source.title,
                "severity": "major" if source.grade == "major" else "normal",
                "recipient_partner_id": partner.id,
                "recipient_department_id": not partner and source.responsible_department_id.id,
            }
        return vals

    @api.model
    def _with_copied_files(self, line):
        copied = dict(line)
        for name in FILES:
            files = line.get(name)
            if isinstance(files, models.BaseModel):
                copies = [file.copy({"res_model": False, "res_id": 0}) for file in files.sudo()]
                copied[name] = [fields.Command.link(copy.id) for copy in copies]
        return copied


class QualityIncident(models.Model):
    """An incident and the notices raised from it."""

    _inherit = "quality.incident"

    rectification_ids = fields.One2many("quality.rectification", "incident_id", "Rectification notices")
    rectification_count = fields.Integer(compute="_compute_rectification_count")

    @api.depends("rectification_ids")
    def _compute_rectification_count(self):
        counts = dict(
            self.env["quality.rectification"]._read_group(
                [("incident_id", "in", self.ids)], ["incident_id"], ["__count"]
            )
        )
        for incident in self:
            incident.rectification_count = counts.get(incident, 0)

    def action_raise_rectification(self):
        """Draft a rectification notice from this incident and open it (A1).

        :raises AccessError: the user may not issue notices
        """
        self.ensure_one()
        self.check_access("read")
        self._check_role(ISSUERS)
        lines = [{"requirement": self.title, "before_ids": self.evidence_ids}]
        notice = self.env["quality.rectification"]._raise_from(self, lines)
        return notice.get_formview_action()

    def action_open_rectifications(self):
        """Return the action that shows the notices raised from this incident."""
        self.ensure_one()
        self._check_role(f"{STAFF},quality_incident.group_quality_reporter")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_incident.quality_rectification_action"),
            "domain": [("incident_id", "=", self.id)],
            "context": {"default_incident_id": self.id, "default_source": "incident"},
        }
