from odoo import fields, models
from odoo.tools import SQL

from ..tools.statistics import DETRACTOR, PROMOTER
from .quality_feedback import CHANNELS, SAMPLED, SUBJECTS
from .satisfaction_figure import SOURCES


class QualitySatisfactionTrend(models.Model):
    """Opinions over time (D17, E5): sample and daily feedback apart and together, needs and complaints counted.

    One row an opinion, on the day it was given where the company works. An anonymous one counts without its team,
    product, region and class: narrow enough a choice would tell who it was. Statements show those, by groups that are
    large enough.
    """

    _name = "quality.satisfaction.trend"
    _description = "Trend of satisfaction"
    _auto = False
    _order = "given_on desc, id desc"
    _rec_name = "given_on"
    _depends = {
        "quality.feedback": [
            "company_id", "given_at", "channel", "subject", "has_score", "score", "is_satisfied", "has_nps", "nps",
            "is_anonymous", "active", "is_held", "team_id", "product_id", "region", "customer_class", "is_historic",
        ],
        "res.company": ["resource_calendar_id"],
        "resource.calendar": ["tz"],
    }

    company_id = fields.Many2one("res.company", readonly=True)
    given_on = fields.Date("Given on", readonly=True)
    source = fields.Selection(SOURCES, "Sample or daily", readonly=True)
    channel = fields.Selection(CHANNELS, readonly=True)
    subject = fields.Selection(SUBJECTS, readonly=True)
    team_id = fields.Many2one("service.team", readonly=True)
    product_id = fields.Many2one("product.product", readonly=True)
    region = fields.Char(readonly=True)
    customer_class = fields.Char("Class of customer", readonly=True)
    is_historic = fields.Boolean("Historic", readonly=True)
    answers = fields.Integer("Opinions", readonly=True)
    scored = fields.Integer("With a score", readonly=True)
    satisfied_rate = fields.Float("Satisfied (%)", readonly=True, aggregator="avg")
    score = fields.Float("Mean score", readonly=True, aggregator="avg")
    asked = fields.Integer("Asked for a recommendation", readonly=True)
    nps_points = fields.Float("NPS", readonly=True, aggregator="avg")
    needs = fields.Integer("Needs and expectations", readonly=True)
    complaints = fields.Integer(readonly=True)

    @property
    def _table_query(self):
        return SQL(
            """
            SELECT opinion.id, opinion.company_id,
                   (opinion.given_at AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(calendar.tz, partner.tz, 'UTC'))::date
                       AS given_on,
                   CASE WHEN opinion.channel = ANY(%(sampled)s) THEN 'sample' ELSE 'daily' END AS source,
                   opinion.channel, opinion.subject, opinion.is_historic IS TRUE AS is_historic,
                   CASE WHEN opinion.is_anonymous IS NOT TRUE THEN opinion.team_id END AS team_id,
                   CASE WHEN opinion.is_anonymous IS NOT TRUE THEN opinion.product_id END AS product_id,
                   CASE WHEN opinion.is_anonymous IS NOT TRUE THEN opinion.region END AS region,
                   CASE WHEN opinion.is_anonymous IS NOT TRUE THEN opinion.customer_class END AS customer_class,
                   1 AS answers,
                   CASE WHEN opinion.ours AND opinion.has_score THEN 1 ELSE 0 END AS scored,
                   CASE WHEN opinion.ours AND opinion.has_score
                        THEN CASE WHEN opinion.is_satisfied THEN 100.0 ELSE 0.0 END END AS satisfied_rate,
                   CASE WHEN opinion.ours AND opinion.has_score THEN opinion.score END AS score,
                   CASE WHEN opinion.ours AND opinion.has_nps THEN 1 ELSE 0 END AS asked,
                   CASE WHEN opinion.ours AND opinion.has_nps
                        THEN CASE WHEN opinion.nps >= %(promoter)s THEN 100.0
                                  WHEN opinion.nps <= %(detractor)s THEN -100.0 ELSE 0.0 END END AS nps_points,
                   CASE WHEN opinion.subject = 'need' THEN 1 ELSE 0 END AS needs,
                   CASE WHEN opinion.subject = 'complaint' THEN 1 ELSE 0 END AS complaints
              FROM (SELECT *, subject != 'competitor' AS ours FROM quality_feedback WHERE %(present)s) AS opinion
              JOIN res_company AS company ON company.id = opinion.company_id
              JOIN res_partner AS partner ON partner.id = company.partner_id
         LEFT JOIN resource_calendar AS calendar ON calendar.id = company.resource_calendar_id
            """,
            present=self.env["quality.feedback"]._present_sql("quality_feedback"),
            sampled=list(SAMPLED), promoter=PROMOTER, detractor=DETRACTOR,
        )
