import base64
import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.addons.quality_incident.tools.days import start_of_day, today_of
from odoo.fields import Domain

_logger = logging.getLogger(__name__)
#: weeks that are caught up with after the job stood still
CAUGHT_UP = 8


class QualityVisitReport(models.Model):
    """Where the figures come from: the visits that ended in the week; the same number of queries however many."""

    _inherit = "quality.visit.report"

    def _read_figures(self):
        """Write the figures of these drafts anew, as the system; each visit stands in one report only."""
        for report in self.sudo():
            visits = report._visits_of_week()
            report.visit_ids.filtered(lambda one: one.state == "done").write({"report_id": False})
            visits.write({"report_id": report.id})
            report.line_ids.unlink()
            report.item_ids.unlink()
            self.env["quality.visit.report.line"].sudo().create([report._line_vals(visit) for visit in visits])
            self.env["quality.visit.report.item"].sudo().create(
                [report._item_vals(finding) for finding in visits.finding_ids]
            )
            report.write({**report._counts(visits), "figures_at": fields.Datetime.now()})

    def _visits_of_week(self):
        """Return the visits that were done in the week and stand in no other report."""
        start, stop = self._span()
        mine = Domain("report_id", "=", False) | Domain("report_id", "=", self.id)
        return self.env["quality.return.visit"].sudo().search(
            Domain("company_id", "=", self.company_id.id)
            & Domain("is_historic", "=", False)
            & Domain("state", "in", ("done", "reported"))
            & Domain("done_at", ">=", start) & Domain("done_at", "<", stop)
            & mine,
            order="done_at, id",
        )

    def _counts(self, visits):
        """Return the figures; the visits are read already, the rest is counted."""
        start, stop = self._span()
        live = Domain("company_id", "=", self.company_id.id) & Domain("is_historic", "=", False)
        all_visits = self.env["quality.return.visit"].sudo()
        scored = visits.filtered("has_score")
        return {
            "done_count": len(visits),
            "leader_count": len(visits.filtered(lambda one: one.programme == "general_manager")),
            "on_site_count": len(visits.filtered(lambda one: one.kind == "on_site")),
            "missed_count": all_visits.search_count(
                live & Domain("state", "=", "missed") & Domain("planned_at", ">=", start)
                & Domain("planned_at", "<", stop)
            ),
            "due_count": all_visits.search_count(
                live & Domain("state", "in", ("planned", "in_progress")) & Domain("planned_at", "<", stop)
            ),
            "finding_count": len(visits.finding_ids),
            "problem_count": len(visits.finding_ids.filtered(lambda one: one.kind == "problem")),
            "score_count": len(scored),
            "score": sum(scored.mapped("score")) / len(scored) if scored else 0,
        }

    def _line_vals(self, visit):
        people = visit.interviewer_id | visit.participant_ids
        return {
            "report_id": self.id,
            "is_leader": visit.programme == "general_manager",
            "number": visit.name,
            "done_at": visit.done_at,
            "way": visit.kind,
            "customer": visit.partner_id.display_name,
            "region": visit.partner_id.with_company(self.company_id)._service_region(),
            "people": ", ".join(people.mapped("name")),
            "result": visit.result,
            "has_score": visit.has_score,
            "score": visit.score,
            "words": visit.words,
            "summary": visit.summary,
        }

    def _item_vals(self, finding):
        document = finding.ticket_id or finding.improvement_id or finding.rectification_id
        return {
            "report_id": self.id,
            "department": finding.department_id.name,
            "number": finding.visit_id.name,
            "customer": finding.partner_id.display_name,
            "kind": finding.kind,
            "text": finding.text,
            "fate": document.display_name or finding.answer or False,
        }

    # ------------------------------------------------------------------
    # Every week
    # ------------------------------------------------------------------

    @api.model
    def _cron_draft(self):
        """Draft the reports of the weeks that ended, up to eight back; run again, it adds none.

        A week in which nobody was visited has no report. A company whose report fails keeps none of the others
        waiting.
        """
        now = fields.Datetime.now()
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            try:
                with self.env.cr.savepoint():
                    self.sudo().with_company(company)._draft_missing(company, now)
                    self.env.flush_all()
            except Exception:
                self.env.invalidate_all(flush=False)
                _logger.exception("The weekly report of visits of company %s cannot be drafted", company.id)

    def _draft_missing(self, company, now):
        """Draft the reports that ``company`` lacks: weeks with done visits that stand in no report."""
        this_week = today_of(company, now)
        this_week -= timedelta(days=this_week.weekday())
        first = this_week - timedelta(weeks=CAUGHT_UP)
        known = set(self.search([("company_id", "=", company.id), ("date_from", ">=", first)]).mapped("date_from"))
        for number in range(CAUGHT_UP):
            monday = first + timedelta(weeks=number)
            if monday not in known and self._had_visits(company, monday):
                self.create({"company_id": company.id, "date_from": monday, "date_to": monday + timedelta(days=6)})

    @api.model
    def _had_visits(self, company, monday):
        start, stop = start_of_day(monday, company), start_of_day(monday + timedelta(weeks=1), company)
        domain = [
            ("company_id", "=", company.id), ("is_historic", "=", False), ("report_id", "=", False),
            ("state", "=", "done"), ("done_at", ">=", start), ("done_at", "<", stop),
        ]
        return bool(self.env["quality.return.visit"].search_count(domain, limit=1))

    def _announce(self):
        """Fix these reports as PDF and send them to their followers."""
        reports = self.env["ir.actions.report"].sudo()
        for report in self:
            pdf, _kind = reports._render_qweb_pdf("quality_survey.action_report_visit_report", report.ids)
            file = self.env["ir.attachment"].create(
                {
                    "name": f"{report.name.replace('/', '_')}.pdf",
                    "datas": base64.b64encode(pdf),
                    "res_model": self._name,
                    "res_id": report.id,
                }
            )
            report.evidence_ids = [fields.Command.set(file.ids)]
            report.message_post(
                body=self.env._(
                    "The report of visits of %(start)s to %(end)s is published.",
                    start=report.date_from,
                    end=report.date_to,
                ),
                attachment_ids=file.copy({"res_model": self._name, "res_id": report.id}).ids,
                subtype_xmlid="mail.mt_comment",
            )
