from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.cockpit import Scope
from .quality_rectification import STAFF

#: months that can be looked back on
PERIODS = (1, 3, 12, 36)


class QualityCockpit(models.AbstractModel):
    """The managers' cockpit (F8): a handful of panels, all read in one request with a fixed number of queries.

    Every figure carries the action that opens its records. Another addon adds panels by extending
    :meth:`_panels`; the client draws each by its ``kind`` and knows nothing of incidents.
    """

    _name = "quality.cockpit"
    _description = "Quality cockpit"

    @api.model
    @api.readonly
    def get_figures(self, months=12, project_id=False, department_id=False, historic=False):
        """Return ``{"panels": [...], "periods": [...]}`` for the companies the user has switched on.

        :param months: months to look back, this one included: 1, 3, 12 or 36
        :param project_id: only this project; ``False``: all
        :param department_id: only this department and those below it; ``False``: all
        :param historic: whether imported history counts
        :raises AccessError: the user is not quality staff
        :raises UserError: a filter is not what it should be
        """
        self.env["quality.incident"]._check_role(STAFF)
        if months not in PERIODS or any(type(value) not in (int, bool) for value in (project_id, department_id)):
            raise UserError(self.env._("The cockpit looks back 1, 3, 12 or 36 months, at one project or department."))
        scope = Scope(self.env, months, int(project_id), int(department_id), bool(historic))
        here = self.with_context(tz=scope.zone.zone)
        return {"panels": here._panels(scope), "periods": list(PERIODS)}

    @api.model
    def _panels(self, scope):
        """Hook: return the panels in the order they are shown."""
        return [
            self._panel_tiles(scope),
            self._panel_indicators(scope),
            self._panel_deadlines(scope),
            self._panel_ageing(scope),
            *self._panels_of_incidents(scope),
            self._panel_repeats(scope),
        ]

    @api.model
    def _open(self, model, title, domain):
        """Return the action that opens the records behind a figure."""
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
            "views": [[False, "list"], [False, "form"]],
            "domain": list(Domain(domain)),
        }

    @api.model
    def _count_each(self, model, domain, parts):
        """Return how many records of ``domain`` each of the domains ``parts`` holds, from one query."""
        records = self.env[model]
        query = records._search(domain)
        if query.is_empty():
            return [0] * len(parts)
        filters = [Domain(part).optimize_full(records)._to_sql(records, query.table, query) for part in parts]
        return self.env.execute_query(query.select(*[SQL("COUNT(*) FILTER (WHERE %s)", part) for part in filters]))[0]

    @api.model
    def _figure(self, label, value, action=None, **extra):
        """Return one figure of a panel; ``extra`` is what only its kind of panel shows."""
        return {"label": label, "value": value, "action": action, **extra}
