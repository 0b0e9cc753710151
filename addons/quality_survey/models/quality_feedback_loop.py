from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from .quality_survey_roles import STAFF

ACTION = "quality_survey.quality_feedback_action"


class QualityFeedback(models.Model):
    """The closed loop: opinion → ticket → incident → rectification → next opinion (F7)."""

    _inherit = "quality.feedback"

    complaint_ids = fields.One2many("service.ticket", "feedback_id", "Complaints", readonly=True)
    incident_ids = fields.Many2many(
        "quality.incident", compute="_compute_incident_ids", compute_sudo=True, string="Incidents"
    )
    rectification_ids = fields.Many2many(
        "quality.rectification", compute="_compute_rectification_ids", compute_sudo=True, string="Rectifications"
    )
    complaint_count = fields.Integer(compute="_compute_loop_counts", compute_sudo=True)
    incident_count = fields.Integer(compute="_compute_loop_counts", compute_sudo=True)
    rectification_count = fields.Integer(compute="_compute_loop_counts", compute_sudo=True)
    next_feedback_id = fields.Many2one(
        "quality.feedback", "Next opinion", compute="_compute_next_feedback", compute_sudo=True,
        help="What the same customer said next, about the same product where it is known.",
    )
    next_score = fields.Float(
        "Next score", compute="_compute_next_feedback", compute_sudo=True, digits=(5, 2), aggregator=None
    )
    score_change = fields.Float(
        "Change of the score", compute="_compute_next_feedback", compute_sudo=True, digits=(5, 2), aggregator=None
    )

    def _loop_tickets(self):
        """Return the tickets an opinion led to, and the one it is about."""
        return self.complaint_ids | self.ticket_id

    @api.depends("complaint_ids.incident_id", "ticket_id.incident_id")
    def _compute_incident_ids(self):
        for feedback in self:
            feedback.incident_ids = feedback._loop_tickets().incident_id

    @api.depends("incident_ids")
    def _compute_rectification_ids(self):
        tickets = self.complaint_ids | self.ticket_id
        found = self.env["quality.rectification"].search(
            [
                "|",
                "&", ("origin_model", "=", "service.ticket"), ("origin_id", "in", tickets.ids),
                "&", ("origin_model", "=", "quality.incident"), ("origin_id", "in", self.incident_ids.ids),
            ]
        )
        by_origin = found.grouped(lambda notice: (notice.origin_model, notice.origin_id))
        nothing = found.browse()
        for feedback in self:
            origins = [("service.ticket", ticket.id) for ticket in feedback._loop_tickets()]
            origins += [("quality.incident", incident.id) for incident in feedback.incident_ids]
            feedback.rectification_ids = nothing.union(*(by_origin.get(origin, nothing) for origin in origins))

    @api.depends("complaint_ids", "incident_ids", "rectification_ids")
    def _compute_loop_counts(self):
        for feedback in self:
            feedback.complaint_count = len(feedback.complaint_ids)
            feedback.incident_count = len(feedback.incident_ids)
            feedback.rectification_count = len(feedback.rectification_ids)

    @api.depends("partner_id", "product_id", "given_at", "score")
    def _compute_next_feedback(self):
        following = self._next_scores()
        for feedback in self:
            row_id, score = following.get(feedback.id, (False, 0.0))
            feedback.next_feedback_id = row_id
            feedback.next_score = score
            feedback.score_change = score - feedback.score if row_id and feedback.has_score else 0.0

    def _next_scores(self):
        """Return ``{id: (id of the next scored opinion, its score)}``, in one query."""
        if not self.ids:
            return {}
        self.flush_model(["partner_id", "product_id", "given_at", "score", "has_score", "active", "is_anonymous"])
        rows = self.env.execute_query(
            SQL(
                """
                SELECT feedback.id, following.id, following.score
                  FROM quality_feedback AS feedback
                  JOIN LATERAL (
                        SELECT later.id, later.score
                          FROM quality_feedback AS later
                         WHERE later.partner_id = feedback.partner_id AND later.company_id = feedback.company_id
                           AND later.has_score AND later.active AND later.id != feedback.id
                           AND (later.given_at, later.id) > (feedback.given_at, feedback.id)
                           AND (feedback.product_id IS NULL OR later.product_id IS NULL
                                OR later.product_id = feedback.product_id)
                         ORDER BY later.given_at, later.id LIMIT 1
                       ) AS following ON TRUE
                 WHERE feedback.id IN %s AND NOT COALESCE(feedback.is_anonymous, FALSE)
                """,
                tuple(self.ids),
            )
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    # ------------------------------------------------------------------
    # One click in each direction
    # ------------------------------------------------------------------

    def _open_related(self, records, action):
        """Return the action that shows ``records``; one alone is opened as a form."""
        self.ensure_one()
        self.check_access("read")
        records = records.with_env(self.env)
        if not records.has_access("read"):
            raise AccessError(self.env._("You may see that there is something, but not open it."))
        if len(records) == 1:
            return records.get_formview_action()
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(action),
            "domain": [("id", "in", records.ids)],
            "context": {},
        }

    def action_open_complaints(self):
        """Show the complaints this opinion led to."""
        return self._open_related(self.sudo().complaint_ids, "service_ticket.service_ticket_action")

    def action_open_incidents(self):
        """Show the incidents behind."""
        return self._open_related(self.incident_ids, "quality_incident.quality_incident_action")

    def action_open_rectifications(self):
        """Show the rectification notices behind."""
        return self._open_related(self.rectification_ids, "quality_incident.quality_rectification_action")

    def action_open_source_ticket(self):
        """Show the ticket the opinion is about."""
        return self._open_related(self.sudo().ticket_id, "service_ticket.service_ticket_action")

    def action_open_next(self):
        """Show what the customer said next."""
        return self._open_related(self.next_feedback_id, ACTION)


class QualityFeedbackOpener(models.AbstractModel):
    """A document that opinions hang on: how many, and one click to them (F7)."""

    _name = "quality.feedback.opener"
    _description = "Document with customer feedback"

    feedback_count = fields.Integer("Opinions", compute="_compute_feedback_count")

    def _feedback_domains(self):
        """Hook: return ``{id of the document: domain of its opinions}``."""
        raise NotImplementedError

    def _compute_feedback_count(self):
        feedback = self.env["quality.feedback"]
        allowed = feedback.has_access("read")
        domains = self._feedback_domains() if allowed else {}
        for record in self:
            domain = domains.get(record.id)
            record.feedback_count = feedback.search_count(domain) if domain else 0

    def action_open_feedback(self):
        """Show the opinions that hang on this document.

        :raises AccessError: the user may not read what customers say
        """
        self.ensure_one()
        self._check_role(STAFF + ",quality_incident.group_quality_staff")
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id(ACTION),
            "domain": self._feedback_domains().get(self.id) or [("id", "=", 0)],
            "context": {},
        }


class ServiceTicket(models.Model):
    _name = "service.ticket"
    _inherit = ["service.ticket", "quality.feedback.opener"]

    feedback_id = fields.Many2one(
        "quality.feedback", "Opened for the opinion", readonly=True, copy=False, index="btree_not_null",
        ondelete="restrict", check_company=True,
    )

    @api.model
    def _check_system_fields(self, vals):
        if vals.get("feedback_id") and not self.env.su:
            raise AccessError(self.env._("A complaint is opened from the opinion itself."))
        return super()._check_system_fields(vals)

    @api.model
    def _own_defaults(self):
        return {**super()._own_defaults(), "feedback_id": False}

    def _feedback_domains(self):
        return {
            ticket.id: ["|", ("ticket_id", "=", ticket.id), ("id", "=", ticket.sudo().feedback_id.id)]
            for ticket in self
        }


class QualityIncident(models.Model):
    _name = "quality.incident"
    _inherit = ["quality.incident", "quality.feedback.opener"]

    def _feedback_domains(self):
        groups = self.env["service.ticket"].sudo()._read_group(
            [("incident_id", "in", self.ids)], ["incident_id"], ["id:array_agg", "feedback_id:array_agg"]
        )
        return {
            incident.id: ["|", ("ticket_id", "in", tickets), ("id", "in", [one for one in opinions if one])]
            for incident, tickets, opinions in groups
        }


class QualityRectification(models.Model):
    _name = "quality.rectification"
    _inherit = ["quality.rectification", "quality.feedback.opener"]

    def _feedback_domains(self):
        domains = {}
        for model in ("service.ticket", "quality.incident"):
            raised = self.filtered(lambda notice, model=model: notice.origin_model == model)
            origins = self.env[model].sudo().browse(raised.mapped("origin_id")).exists()
            found = origins._feedback_domains()
            domains.update((notice.id, found.get(notice.origin_id)) for notice in raised)
        return domains
