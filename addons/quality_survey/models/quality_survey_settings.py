from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    survey_satisfied_score = fields.Float(
        "Satisfied from", default=75.0, help="Score from 0 to 100; on a scale of 1 to 5, 75 is a 4."
    )
    survey_low_score = fields.Float(
        "Follow up below", default=50.0, help="Whoever gives less, or would not recommend us, is called."
    )
    survey_follow_up_hours = fields.Float(
        "Contact within", default=16.0, help="Working hours from the opinion to the contact with the customer. 0: none."
    )
    survey_follow_up_user_id = fields.Many2one(
        "res.users", "Follow-ups without a team go to", domain="[('share', '=', False)]"
    )
    survey_complaint_score = fields.Float(
        "Open a complaint below", default=0.0, help="A complaint ticket is opened at once. 0: never by itself."
    )
    survey_group_size = fields.Integer(
        "Smallest group shown", default=5, help="Anonymous answers of fewer people are not shown, nor broken down."
    )

    _survey_settings = models.Constraint(
        "CHECK (survey_satisfied_score BETWEEN 0 AND 100 AND survey_low_score BETWEEN 0 AND 100"
        " AND survey_complaint_score BETWEEN 0 AND 100 AND survey_follow_up_hours >= 0)",
        "Scores go from 0 to 100, hours are not negative.",
    )
    _survey_group_size_positive = models.Constraint(
        "CHECK (survey_group_size >= 2)", "A group that hides anybody has at least two people."
    )

    def _quality_copy_defaults(self):
        """Give a further company the rules of invitations too, switched as they are shipped."""
        super()._quality_copy_defaults()
        rules = self.env["quality.survey.rule"].with_context(active_test=False)
        if rules.search_count([("company_id", "=", self.id)], limit=1):
            return
        source = rules.search([("company_id", "!=", self.id)], order="company_id, id", limit=1).company_id
        for rule in rules.search([("company_id", "=", source.id), ("survey_id.company_id", "=", False)]):
            rule.copy({"company_id": self.id, "name": rule.name, "team_ids": False})


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    survey_satisfied_score = fields.Float(related="company_id.survey_satisfied_score", readonly=False)
    survey_low_score = fields.Float(related="company_id.survey_low_score", readonly=False)
    survey_follow_up_hours = fields.Float(related="company_id.survey_follow_up_hours", readonly=False)
    survey_follow_up_user_id = fields.Many2one(related="company_id.survey_follow_up_user_id", readonly=False)
    survey_complaint_score = fields.Float(related="company_id.survey_complaint_score", readonly=False)
    survey_group_size = fields.Integer(related="company_id.survey_group_size", readonly=False)
