import json
from datetime import datetime, time, timedelta
from urllib.parse import quote, urlencode

import pytz
from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools.days import zone_of


class QualityRegister(models.TransientModel):
    """Choose a register and a span of time, and get it in Excel or on paper."""

    _name = "quality.register"
    _description = "Register to be taken out"

    register = fields.Selection("_selection_register", required=True)
    date_from = fields.Date("From")
    date_to = fields.Date("To", help="The last day that counts.")
    with_history = fields.Boolean("With imported history")

    @api.model
    def _model(self, name):
        """Return the model called ``name`` when it has a register, else ``None``."""
        known = self.env.registry.descendants(["quality.register.mixin"], "_inherit")
        return self.env[name] if name in known and not self.env[name]._abstract else None

    @api.model
    def _selection_register(self):
        """Return the registers that the user may read, by what they are called."""
        names = self.env.registry.descendants(["quality.register.mixin"], "_inherit")
        models_ = (self.env[name] for name in sorted(names) if not self.env[name]._abstract)
        return [
            (model._name, model._register_title())
            for model in models_
            if model._register_columns() and model.has_access("read")
        ]

    def action_download(self):
        """Return the action that downloads the register as an Excel file.

        :raises UserError: the span ends before it begins
        """
        self.ensure_one()
        return self._download("", domain=json.dumps(list(self._register_domain())))

    def action_print(self):
        """Return the action that downloads the register as a PDF, with the span of time above it.

        :raises UserError: the span ends before it begins, or the register is too long for paper
        """
        self.ensure_one()
        domain = self._register_domain()
        self._model(self.register)._register_printable(domain)
        span = {"first": self.date_from, "last": self.date_to}
        return self._download(
            "/pdf", domain=json.dumps(list(domain)), **{name: str(day) for name, day in span.items() if day}
        )

    def _download(self, path, **asked):
        url = f"/quality/register/{self.register}{path}?{urlencode(asked, quote_via=quote)}"
        return {"type": "ir.actions.act_url", "url": url, "target": "download"}

    def _register_domain(self):
        if self.date_from and self.date_to and self.date_to < self.date_from:
            raise UserError(self.env._("The register ends before it begins: choose a later end."))
        model = self._model(self.register)
        domain = Domain.TRUE
        if self.date_from:
            domain &= Domain(model._register_date, ">=", self._moment(model, self.date_from))
        if self.date_to:
            domain &= Domain(model._register_date, "<", self._moment(model, self.date_to + timedelta(days=1)))
        if not self.with_history and model._register_historic:
            domain &= Domain(model._register_historic, "=", False)
        return domain

    def _moment(self, model, day):
        """Return the beginning of ``day`` where the user is, as the field of time of ``model`` is compared."""
        target = model
        *path, name = model._register_date.split(".")
        for step in path:
            target = target[step]
        if target._fields[name].type == "date":
            return fields.Date.to_string(day)
        local = zone_of(self.env.company.sudo(), self.env.user).localize(datetime.combine(day, time.min))
        return fields.Datetime.to_string(local.astimezone(pytz.utc).replace(tzinfo=None))
