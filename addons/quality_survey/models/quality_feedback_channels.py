from odoo import fields, models

from ..tools.scales import SMILEYS
from .quality_feedback import GRADES, SUBJECTS

#: the dimensions of the evaluation of a service report (D5)
EVALUATION = {
    "evaluation_quality": "quality",
    "evaluation_attitude": "service",
    "evaluation_timeliness": "delivery",
}
#: tickets that are an opinion themselves: channel and subject
OPINIONS = {
    "suggestion": ("suggestion", "need"),
    "complaint": ("complaint", "complaint"),
    "conduct": ("complaint", "service"),
}
#: what a call-back says, as faces
FACES = {"solved": 5, "leftover": 3, "unsolved": 1}


class ServiceVisit(models.Model):
    """D5: the evaluation on the service report is filed when the customer gives it, and is final once approved."""

    _name = "service.visit"
    _inherit = ["service.visit", "quality.feedback.source"]

    _feedback_fields = frozenset({*EVALUATION, "evaluation_overall", "evaluation_comment", "state"})

    def _feedback_values(self):
        grades = [name for name in (*EVALUATION, "evaluation_overall") if self[name]]
        if self.state not in ("done", "approved") or not grades:
            return None
        return {
            "channel": "service_report",
            "subject": "service",
            "given_at": self.signed_at or self.finished_at or fields.Datetime.now(),
            "comment": self.evaluation_comment,
            "score": self.evaluation_overall or None,
            "scale": "1-5",
            "scores": [
                {"dimension": dimension, "score": self[name], "scale": "1-5"}
                for name, dimension in EVALUATION.items()
                if self[name]
            ],
            "visit_id": self.id,
            "ticket_id": self.ticket_id.id,
            "company_id": self.company_id.id,
            "is_historic": self.is_historic,
            "is_final": self.state == "approved",
        }


class ServiceTicket(models.Model):
    """E1, E4: suggestions and complaints are opinions without a score, final once the ticket is resolved."""

    _name = "service.ticket"
    _inherit = ["service.ticket", "quality.feedback.source"]

    _feedback_fields = frozenset(
        {"kind", "description", "partner_id", "product_id", "team_id", "received_at", "state", "merged_into_id"}
    )

    def _feedback_values(self):
        if self.kind not in OPINIONS or self.feedback_id or self.state == "cancelled":
            return None
        channel, subject = OPINIONS[self.kind]
        return {
            "channel": channel,
            "subject": subject,
            "given_at": self.received_at,
            "comment": self.description or self.subject,
            "ticket_id": self.id,
            "company_id": self.company_id.id,
            "is_historic": self.is_historic,
            "is_final": self.state in ("resolved", "confirmed", "closed"),
        }

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "closed":
            # What was said about a closed ticket stands.
            self.sudo().rating_ids._sync_feedback()
        return result


class ServiceCallback(models.Model):
    """D7: what the customer says on the phone after the work; a call is kept as it was recorded."""

    _name = "service.callback"
    _inherit = ["service.callback", "quality.feedback.source"]

    def _feedback_values(self):
        if not self.reached or self.result not in FACES:
            return None
        return {
            "channel": "call_back",
            "subject": "service",
            "given_at": self.at,
            "comment": self.note,
            "score": FACES[self.result],
            "scale": SMILEYS,
            "ticket_id": self.ticket_id.id,
            "company_id": self.company_id.id,
        }


class RatingRating(models.Model):
    """D5: the customer evaluates a ticket in the portal or by mail; it may be changed until the ticket is closed."""

    _name = "rating.rating"
    _inherit = ["rating.rating", "quality.feedback.source"]

    _feedback_fields = frozenset({"rating", "feedback", "consumed"})

    def _feedback_values(self):
        if self.res_model != "service.ticket" or not self.consumed or not self.rating:
            return None
        ticket = self.env["service.ticket"].browse(self.res_id).exists()
        if not ticket:
            return None
        return {
            "channel": "rating",
            "subject": "service",
            "given_at": self.write_date or fields.Datetime.now(),
            "comment": self.feedback,
            "score": self.rating,
            "scale": "1-5",
            "ticket_id": ticket.id,
            "partner_id": self.partner_id.id or ticket.partner_id.id,
            "company_id": ticket.company_id.id,
            "is_final": ticket.state == "closed",
        }


class ServiceContact(models.Model):
    """D10, D11: an opinion in the contact register, filed once it is answered, final in the archive."""

    _name = "service.contact"
    _inherit = ["service.contact", "quality.feedback.source"]

    is_opinion = fields.Boolean("Opinion", copy=False, help="Counts as an opinion of the customer.")
    opinion_subject = fields.Selection(SUBJECTS, "Opinion about", copy=False)
    opinion_grade = fields.Selection(GRADES, "Grade given", copy=False)

    _feedback_fields = frozenset({"is_opinion", "opinion_subject", "opinion_grade", "state", "content", "partner_id"})

    def _feedback_values(self):
        if not self.is_opinion or self.state not in ("answered", "archived"):
            return None
        return {
            "channel": "register",
            "subject": self.opinion_subject or "other",
            "given_at": self.received_at,
            "comment": self.content,
            "score": self.opinion_grade or None,
            "scale": "1-5",
            "ticket_id": self.ticket_id.id,
            "partner_id": self.partner_id.id,
            "company_id": self.company_id.id,
            "is_historic": self.is_historic,
            "is_final": self.state == "archived",
        }
