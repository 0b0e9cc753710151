from odoo import api, models

from .quality_incident_workflow import MANAGER

STAFF = "quality_incident.group_quality_staff"


class QualityIncident(models.Model):
    """What the screens show: the board's columns, and forms that offer only what ``_check_may_edit`` takes."""

    _inherit = "quality.incident"

    def _expand_states(self, states, domain):
        """Return the columns of the board: every step an incident waits in, the others only when something is there."""
        board = set(self._open_states) - {"draft"}
        return [state for state, _label in self._fields["state"].selection if state in board or state in states]

    @api.model
    def _get_view_cache_key(self, view_id=None, view_type="form", **options):
        key = super()._get_view_cache_key(view_id, view_type, **options)
        return (*key, self.env.user.has_group(STAFF), self.env.user.has_group(MANAGER))

    @api.model
    def _get_view(self, view_id=None, view_type="form", **options):
        arch, view = super()._get_view(view_id, view_type, **options)
        if view_type == "form":
            for node in arch.xpath("//field[not(ancestor::field)]"):
                if self._read_after_report(node.get("name")):
                    own = node.get("readonly")
                    node.set("readonly", f"state != 'draft' or ({own})" if own else "state != 'draft'")
        return arch, view

    @api.model
    def _read_after_report(self, name):
        """Return whether this user may enter field ``name`` in a draft only; lines have rights of their own."""
        field = self._fields.get(name)
        if field is None or field.readonly or field.type == "one2many":
            return False
        if not self.env.user.has_group(STAFF):
            return True
        return name == "occurred_at" and not self.env.user.has_group(MANAGER)
