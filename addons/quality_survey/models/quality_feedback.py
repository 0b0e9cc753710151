from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import format_datetime

from ..tools.scales import NAMED
from .quality_survey_roles import CLERK, MANAGER

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
#: channels that people enter themselves; all others come from where the opinion was given
BY_HAND = ("register", "talk", "staff", "trade_body")
GRADES = [("1", "Very poor"), ("2", "Poor"), ("3", "Fair"), ("4", "Good"), ("5", "Very good")]
#: the figures: calculated once, by the system
FIGURES = frozenset(
    {
        "has_score", "score", "original_score", "original_scale", "is_satisfied", "has_nps", "nps", "has_repurchase",
        "repurchase", "score_ids",
    }
)
#: what is known of an opinion besides its figures
FACTS = frozenset(
    {
        "company_id", "given_at", "subject", "channel", "comment", "is_anonymous", "partner_id", "team_id",
        "engineer_id", "product_id", "region", "customer_class", "segment", "ticket_id", "visit_id", "survey_id",
        "source_model", "source_id", "is_final", "is_held", "active", "external_ref",
    }
)
#: what somebody may enter or import with a new opinion
ENTERED = frozenset(
    {
        "company_id", "given_at", "subject", "channel", "comment", "partner_id", "team_id", "engineer_id", "product_id",
        "region", "customer_class", "segment", "ticket_id", "visit_id", "external_ref", "grade", "original_score",
        "original_scale", "nps", "is_historic",
    }
)


class QualityFeedback(models.Model):
    """One opinion of one customer, whatever channel it came by (D10); its figures never change afterwards."""

    _name = "quality.feedback"
    _description = "Customer feedback"
    _inherit = ["quality.workflow.mixin", "quality.deadline.mixin", "quality.import.mixin", "quality.personal.mixin",
                "mail.thread", "mail.activity.mixin"]
    _order = "given_at desc, id desc"
    _rec_names_search = ["comment", "partner_id.name"]
    _check_company_auto = True
    _historic_group = MANAGER
    _personal_fields = ("comment", "contact_note", "follow_up_note")
    _import_times = ("given_at",)

    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    active = fields.Boolean(
        default=True, readonly=True, help="Off when where it came from was cancelled before it counted."
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
    grade = fields.Selection(GRADES, compute="_compute_grade", readonly=False, help="The score on a scale of 1 to 5.")
    is_satisfied = fields.Boolean("Satisfied", readonly=True, help="By the limit of the company when it was given.")
    has_nps = fields.Boolean("Would recommend: asked", readonly=True)
    nps = fields.Integer("Would recommend (0–10)", readonly=True, aggregator=None)
    has_repurchase = fields.Boolean("Would buy again: asked", readonly=True)
    repurchase = fields.Float("Would buy again (0–100)", readonly=True, aggregator="avg", digits=(5, 2))
    score_ids = fields.One2many("quality.feedback.score", "feedback_id", "By dimension", readonly=True)

    # who; empty for ever when the answer was anonymous
    is_anonymous = fields.Boolean("Anonymous", readonly=True)
    is_held = fields.Boolean(
        "Too few answers", readonly=True, help="Anonymous, and hidden until enough others have answered."
    )
    partner_id = fields.Many2one("res.partner", "Customer", index="btree_not_null")

    # the context as it was then: frozen
    team_id = fields.Many2one("service.team", index="btree_not_null", check_company=True)
    engineer_id = fields.Many2one("hr.employee", index="btree_not_null")
    product_id = fields.Many2one("product.product", index="btree_not_null", check_company=True)
    region = fields.Char(index="btree_not_null")
    customer_class = fields.Char("Class of customer", index="btree_not_null")
    segment = fields.Char(index="btree_not_null", help="What the customer said to belong to in a questionnaire.")

    # where it came from
    ticket_id = fields.Many2one("service.ticket", index="btree_not_null", check_company=True)
    visit_id = fields.Many2one("service.visit", index="btree_not_null", check_company=True)
    survey_id = fields.Many2one("survey.survey", "Questionnaire", readonly=True, index="btree_not_null",
                                ondelete="restrict")
    source_model = fields.Char(readonly=True, export_string_translation=False)
    source_id = fields.Many2oneReference(model_field="source_model", readonly=True, export_string_translation=False)
    external_ref = fields.Char("Reference at the source", copy=False)
    is_final = fields.Boolean(
        "Final", default=True, readonly=True, help="Until then it follows corrections where it came from."
    )
    is_historic = fields.Boolean(help="From before this system; counted only when asked to.")

    _one_per_source = models.UniqueIndex(
        "(source_model, source_id, channel) WHERE source_id IS NOT NULL",
        "This opinion is in the register already.",
    )
    _one_per_reference = models.UniqueIndex(
        "(company_id, external_ref) WHERE external_ref IS NOT NULL",
        "An opinion with this reference is in the register already.",
    )
    _period_idx = models.Index("(company_id, given_at)")
    _customer_idx = models.Index("(partner_id, given_at) WHERE has_score")

    _system_fields = (FIGURES | FACTS) - ENTERED | {
        "contacted_at", "contacted_by_id", "done_at",
    }

    # ------------------------------------------------------------------
    # Computes
    # ------------------------------------------------------------------

    @api.depends("channel", "subject", "partner_id")
    def _compute_display_name(self):
        channels = dict(self._fields["channel"]._description_selection(self.env))
        subjects = dict(self._fields["subject"]._description_selection(self.env))
        for feedback in self:
            name = f"{channels.get(feedback.channel, '')}: {subjects.get(feedback.subject, '')}"
            customer = feedback.sudo().partner_id.name
            feedback.display_name = f"{name}, {customer}" if customer else name

    @api.depends("original_score", "original_scale")
    def _compute_grade(self):
        for feedback in self:
            fits = feedback.original_scale == "1-5" and feedback.original_score in (1, 2, 3, 4, 5)
            feedback.grade = str(int(feedback.original_score)) if fits else False

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """Register opinions heard in talks, from staff or trade bodies (D10), or those of a file.

        :raises AccessError: the user does not work in marketing, or enters what the system calculates
        :raises UserError: a channel that is not entered by hand, a grade that is none, a date that lies ahead
        """
        if self.env.su:
            return super().create(vals_list)
        self._check_role(CLERK)
        self.check_access("create")
        own = {"company_id": self.env.company.id, "given_at": fields.Datetime.now(), "subject": "service"}
        vals_list = [{**own, **self._defaults_of_user(vals), **vals} for vals in vals_list]
        for vals in vals_list:
            self._check_entered(vals)
        return self._collect([self._entered_values(vals) for vals in vals_list])

    @api.model
    def _defaults_of_user(self, vals):
        """Return the defaults of the screen for what the user may enter."""
        wanted = [name for name in ENTERED - vals.keys() if name not in ("is_historic", "company_id", "grade")]
        return {name: value for name, value in self.default_get(wanted).items() if value is not False}

    @api.model
    def _check_entered(self, vals):
        unknown = {
            name for name in vals.keys() - ENTERED
            if name in self._system_fields or name == "state" or name.startswith("follow_up_")
        }
        if unknown:
            raise AccessError(
                self.env._(
                    "%(fields)s is set by the system; it cannot be entered.",
                    fields=", ".join(sorted(self._fields[name]._description_string(self.env) for name in unknown)),
                )
            )
        historic = vals.get("is_historic")
        if historic:
            self._check_may_import_history()
        if not historic and vals.get("channel") not in BY_HAND:
            labels = dict(self._fields["channel"]._description_selection(self.env))
            raise UserError(
                self.env._(
                    "Only these are entered by hand: %(channels)s. All others come from where they were given.",
                    channels=", ".join(labels[channel] for channel in BY_HAND),
                )
            )
        if vals["company_id"] not in self.env.companies.ids:
            raise AccessError(self.env._("You do not work in this company."))
        given_at = fields.Datetime.to_datetime(vals["given_at"])
        if given_at and given_at > fields.Datetime.now():
            raise UserError(
                self.env._("%s lies in the future. Enter when the opinion was given.",
                           format_datetime(self.env, given_at))
            )

    @api.model
    def _entered_values(self, vals):
        """Return what was entered as values of :meth:`_collect`."""
        vals = {name: vals[name] for name in ENTERED & vals.keys()}
        grade, scale = vals.pop("grade", False), vals.pop("original_scale", False)
        original = vals.pop("original_score", None)
        if grade:
            vals.update(score=grade, scale="1-5")
        elif scale:
            vals.update(score=original or 0, scale=scale)
        elif original:
            raise UserError(
                self.env._("%(score)s: on which scale? For instance: %(scales)s.", score=original,
                           scales=", ".join(NAMED))
            )
        if vals.get("nps") is False:
            del vals["nps"]
        return vals

    def write(self, vals):
        """Write what follows an opinion; the opinion itself stays as it was given.

        :raises UserError: a figure or the opinion itself would change
        """
        changed = [
            name
            for name in (FIGURES | FACTS | {"grade"}) & vals.keys()
            if any(feedback._would_change(name, vals[name]) for feedback in self)
        ]
        if changed:
            raise UserError(
                self.env._(
                    "An opinion stays as it was given: %(fields)s cannot be changed.",
                    fields=", ".join(sorted(self._fields[name]._description_string(self.env) for name in changed)),
                )
            )
        return super().write({name: value for name, value in vals.items() if name not in FIGURES | FACTS | {"grade"}})

    def _rewrite(self, vals):
        """Write what :meth:`write` never lets anybody change; only corrections of what is not final yet come here."""
        return models.Model.write(self, vals)

    def copy_data(self, default=None):
        raise UserError(self.env._("An opinion is given once; it cannot be duplicated."))
