import base64

from odoo import fields, models
from odoo.exceptions import UserError

MEGABYTES = 50


class QualitySurveyImportRun(models.TransientModel):
    """Choose a file and import its answers."""

    _name = "quality.survey.import.run"
    _description = "Import a file of answers"

    import_id = fields.Many2one("quality.survey.import", required=True, ondelete="cascade")
    file = fields.Binary("CSV file", attachment=False)
    filename = fields.Char()
    given_on = fields.Date(
        "Answered on", required=True, default=fields.Date.context_today, help="For rows without a date of their own."
    )
    is_historic = fields.Boolean("From before this system", help="Counted only when asked to; nobody is called.")

    def action_import(self):
        """Import the file, wholly or not at all, and say how many answers are new.

        :raises UserError: no file, or naming every row and column that is wrong
        """
        self.ensure_one()
        self.env["quality.feedback"]._check_role("quality_survey.group_survey_satisfaction_manager")
        content = base64.b64decode(self.file or b"")
        if not content or len(content) > MEGABYTES * 1024 * 1024:
            raise UserError(self.env._("Choose a CSV file of at most %d MB.", MEGABYTES))
        total, fresh = self.import_id._import(content, self.given_on, self.is_historic)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("%(fresh)s of %(total)s answers are new.", fresh=fresh, total=total),
                "next": {"type": "ir.actions.act_window_close"},
            },
        }
