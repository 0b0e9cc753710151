from odoo import api, fields, models

SUBJECTS = [
    ("quality", "Quality"),
    ("price", "Price"),
    ("delivery", "Delivery"),
    ("service", "Service"),
    ("need", "Needs and expectations"),
    ("complaint", "Complaint"),
    ("competitor", "Competitors"),
    ("other", "Other"),
]
CHANNELS = [
    ("survey", "Survey"),
    ("service_report", "Service report"),
    ("rating", "Rating"),
    ("call_back", "Call-back"),
    ("return_visit", "Return visit"),
    ("acceptance", "Installation acceptance"),
    ("register", "Calls, letters, visits"),
    ("suggestion", "Suggestion"),
    ("complaint", "Complaint"),
    ("market", "Market survey"),
    ("talk", "Talk with the customer"),
    ("staff", "Own staff"),
    ("trade_body", "Trade body"),
]
#: asked on purpose (a sample), as against what comes in every day (D17)
SAMPLED = ("survey", "return_visit", "acceptance", "market")


class QualityFeedback(models.Model):
    """One opinion of one customer, whatever channel it came by (D10); its figures never change afterwards."""

    _name = "quality.feedback"
    _description = "Customer feedback"
    _inherit = ["mail.thread", "mail.activity.mixin", "quality.personal.mixin"]
    _order = "given_at desc, id desc"
    _check_company_auto = True
    _personal_fields = ("comment",)

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    given_at = fields.Datetime("Given on", required=True, default=fields.Datetime.now, index=True)
    subject = fields.Selection(SUBJECTS, required=True, default="service", index=True)
    channel = fields.Selection(CHANNELS, required=True, index=True)
    comment = fields.Text("What the customer says")

    # the opinion: one scale, the original kept
    has_score = fields.Boolean("Scored", readonly=True)
    score = fields.Float("Score (0–100)", readonly=True, aggregator="avg", digits=(5, 2))
    original_score = fields.Float("Original score", readonly=True, aggregator=None)
    original_scale = fields.Char("Original scale", readonly=True, help="For instance 1–5.")
    has_nps = fields.Boolean("Would recommend: asked", readonly=True)
    nps = fields.Integer("Would recommend (0–10)", readonly=True, aggregator=None)
    score_ids = fields.One2many("quality.feedback.score", "feedback_id", "By dimension", readonly=True)

    # who; empty for ever when the answer was anonymous
    is_anonymous = fields.Boolean("Anonymous", readonly=True)
    partner_id = fields.Many2one("res.partner", "Customer", index="btree_not_null")

    # the context as it was then: frozen
    team_id = fields.Many2one("service.team", index="btree_not_null", check_company=True)
    engineer_id = fields.Many2one("hr.employee", index="btree_not_null")
    product_id = fields.Many2one("product.product", index="btree_not_null")
    region = fields.Char(index="btree_not_null")
    customer_class = fields.Char("Class of customer", index="btree_not_null")

    # where it came from
    ticket_id = fields.Many2one("service.ticket", index="btree_not_null", check_company=True)
    visit_id = fields.Many2one("service.visit", index="btree_not_null", check_company=True)
    source_model = fields.Char(readonly=True, export_string_translation=False)
    source_id = fields.Many2oneReference(model_field="source_model", readonly=True, export_string_translation=False)
    is_historic = fields.Boolean("Historic", readonly=True, help="From before this system; counted only when asked to.")

    _one_per_source = models.UniqueIndex(
        "(source_model, source_id, channel) WHERE source_id IS NOT NULL",
        "This opinion is in the register already.",
    )
    _period_idx = models.Index("(company_id, given_at)")

    @api.depends("channel", "subject", "given_at")
    def _compute_display_name(self):
        channels = dict(self._fields["channel"]._description_selection(self.env))
        subjects = dict(self._fields["subject"]._description_selection(self.env))
        for feedback in self:
            feedback.display_name = f"{channels.get(feedback.channel, '')}: {subjects.get(feedback.subject, '')}"
