from odoo import fields, models


class QualityErasePerson(models.TransientModel):
    """Asks whose personal data to erase and why, shows what concerns the person, and erases it."""

    _name = "quality.erase.person"
    _description = "Erase personal data"
    _rec_name = "state"

    partner_id = fields.Many2one(
        "res.partner", "Person", required=True, ondelete="cascade", context={"active_test": False},
        domain=[("is_company", "=", False), ("partner_share", "=", True)],
    )
    spellings = fields.Text(
        "Further spellings", help="How else texts may name this person, one spelling for each line.",
    )
    reason = fields.Text(required=True, help="Kept in the log; the name is taken out of it.")
    state = fields.Selection([("ask", "Whom"), ("preview", "What")], default="ask", required=True)
    line_ids = fields.One2many("quality.erase.person.line", "wizard_id", readonly=True)

    def _spellings(self):
        return (self.spellings or "").splitlines()

    def action_preview(self):
        """Look up what concerns the person and show how much of it there is.

        :raises AccessError, UserError: the person may not be erased; see ``quality.erasure``
        """
        self.ensure_one()
        erasures = self.env["quality.erasure"]
        erasures._check_eraser()
        person = erasures._person(self.partner_id, self._spellings())
        erasures._check_may_erase(self.partner_id, person)
        self.line_ids.unlink()
        self.env["quality.erase.person.line"].create([
            {"wizard_id": self.id, "res_model": name, "name": erasures._kind(name), "count": count}
            for name, count in erasures._concerned_counts(person).items()
        ])
        self.state = "preview"
        return self._show()

    def action_back(self):
        """Return to the questions."""
        self.ensure_one()
        self.state = "ask"
        return self._show()

    def action_erase(self):
        """Erase, and open the row of the log; nothing of what was typed in here stays.

        :raises AccessError, UserError: the person may not be erased; see ``quality.erasure``
        """
        self.ensure_one()
        erasure = self.env["quality.erasure"]._erase(self.partner_id, self._spellings(), self.reason)
        self.sudo().unlink()
        if not erasure:
            return {
                "type": "ir.actions.client", "tag": "display_notification",
                "params": {
                    "type": "info", "message": self.env._("There was nothing left to erase."),
                    "next": {"type": "ir.actions.act_window_close"},
                },
            }
        return {
            "type": "ir.actions.act_window", "res_model": "quality.erasure", "res_id": erasure.id,
            "views": [(False, "form")], "target": "current",
        }

    def _show(self):
        return {
            "type": "ir.actions.act_window", "res_model": self._name, "res_id": self.id, "views": [(False, "form")],
            "target": "new", "name": self.env._("Erase personal data"),
        }


class QualityErasePersonLine(models.TransientModel):
    """One kind of record that concerns the person."""

    _name = "quality.erase.person.line"
    _description = "What concerns the person"
    _order = "name, id"

    wizard_id = fields.Many2one("quality.erase.person", required=True, index=True, ondelete="cascade")
    res_model = fields.Char(required=True, readonly=True, export_string_translation=False)
    name = fields.Char("Kind", readonly=True)
    count = fields.Integer("Records", readonly=True)
    can_open = fields.Boolean(compute="_compute_can_open", export_string_translation=False)

    def _compute_can_open(self):
        names = {model._name for model in self.env["quality.erasure"]._personal_models()}
        for line in self:
            line.can_open = line.res_model in names and self.env[line.res_model].has_access("read")

    def action_open(self):
        """Return the list of these records, as far as the user may read them."""
        self.ensure_one()
        erasures = self.env["quality.erasure"]
        erasures._check_eraser()
        wizard = self.wizard_id
        person = erasures._person(wizard.partner_id, wizard._spellings())
        model = {model._name: model for model in erasures._personal_models()}[self.res_model]
        self.env.flush_all()
        return {
            "type": "ir.actions.act_window", "res_model": self.res_model, "name": self.name,
            "views": [(False, "list"), (False, "form")], "target": "current",
            "domain": [("id", "in", model.search(erasures._concerned_domain(model, person)).ids)],
        }
