import base64
import logging
from collections import defaultdict
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.days import start_of_day, today_of, zone_of
from ..tools.sheet import Book, Column
from .quality_bulletin_line import COUNTS

_logger = logging.getLogger(__name__)

#: weeks that are caught up with after the job stood still
CAUGHT_UP = 8
#: for which (model, field of the department, field of the outside party) the figures are kept
INSPECTION = ("department_id", "partner_id")
NOTICE = ("recipient_department_id", "recipient_partner_id")


class QualityBulletin(models.Model):
    """Where the figures come from: one query each, whatever the number of departments and records (B2)."""

    _inherit = "quality.bulletin"

    def _asked(self):
        """Return ``{figure: (model, domain, field of the department, field of the outside party)}`` of one bulletin."""
        self.ensure_one()
        start, end = self._span()
        live = Domain("company_id", "=", self.company_id.id) & Domain("is_historic", "=", False)

        def within(field):
            return Domain(field, ">=", start) & Domain(field, "<", end)

        notices = live & Domain("state", "not in", ("draft", "cancelled"))
        is_open = notices & Domain("state", "!=", "closed")
        issued = notices & within("issued_at")
        return {
            "inspections": ("quality.inspection", live & Domain("state", "=", "done") & within("done_at"), *INSPECTION),
            "missed": (
                "quality.inspection",
                live & Domain("was_missed", "=", True) & within("planned_at"),
                *INSPECTION,
            ),
            "findings": (
                "quality.inspection.line",
                live
                & Domain("result", "=", "deficient")
                & Domain("inspection_id.state", "=", "done")
                & within("done_at"),
                *INSPECTION,
            ),
            "issued": ("quality.rectification", issued, *NOTICE),
            "repeats": ("quality.rectification", issued & Domain("repeat_count", ">", 0), *NOTICE),
            "open": ("quality.rectification", is_open, *NOTICE),
            "overdue": ("quality.rectification", is_open & Domain("is_overdue", "=", True), *NOTICE),
            "closed": (
                "quality.rectification",
                notices & Domain("state", "=", "closed") & within("closed_at"),
                *NOTICE,
            ),
        }

    def _read_figures(self):
        """Write the figures of these drafts anew, as the system."""
        for bulletin in self.sudo():
            rows = bulletin._count_by_party()
            bulletin.line_ids.unlink()
            bulletin.item_ids.unlink()
            self.env["quality.bulletin.line"].sudo().create(
                [
                    {
                        "bulletin_id": bulletin.id,
                        "department_id": department.id,
                        "partner_id": partner.id,
                        "name": (department or partner).display_name or self.env._("Nobody named"),
                        **figures,
                    }
                    for (department, partner), figures in rows.items()
                ]
            )
            self.env["quality.bulletin.item"].sudo().create(bulletin._findings() + bulletin._open_notices())
            bulletin.figures_at = fields.Datetime.now()

    def _count_by_party(self):
        """Return ``{(department, outside party): {field of the line: number}}``."""
        rows = defaultdict(dict)
        asked = self._asked()
        for figure in COUNTS:
            model, domain, *party = asked[figure]
            for department, partner, count in self.env[model]._read_group(domain, party, ["__count"]):
                rows[department, partner][f"{figure}_count"] = count
        for department, partner, checked, passed in self._first_rechecks():
            rows[department, partner] |= {"first_checked": checked, "first_passed": passed}
        return rows

    def _first_rechecks(self):
        """Return department, outside party, and how many requirements were re-checked first and passed at once."""
        start, end = self._span()
        self.env.flush_all()
        found = self.env.execute_query(
            SQL(
                """SELECT line.recipient_department_id, line.recipient_partner_id, COUNT(*),
                          COUNT(*) FILTER (WHERE recheck.result = 'pass')
                     FROM quality_rectification_recheck recheck
                     JOIN quality_rectification_line line ON line.id = recheck.line_id
                    WHERE recheck.company_id = %s AND recheck.round = 1 AND recheck.is_historic IS NOT TRUE
                      AND recheck.at >= %s AND recheck.at < %s
                 GROUP BY 1, 2""",
                self.company_id.id,
                start,
                end,
            )
        )
        departments, partners = self.env["hr.department"].sudo(), self.env["res.partner"].sudo()
        return [(departments.browse(row[0]), partners.browse(row[1]), row[2], row[3]) for row in found]

    def _findings(self):
        model, domain, *_party = self._asked()["findings"]
        return [
            {
                "bulletin_id": self.id,
                "kind": "finding",
                "party": (line.partner_id or line.department_id).display_name,
                "number": line.inspection_id.name,
                "text": "\n".join(filter(None, (line.name, line.note))),
                "clause": line.standard_id.display_name,
                "notice": line.rectification_id.name,
                "due_date": line.rectification_line_id.due_date,
                "is_repeat": bool(line.rectification_line_id.repeat_count),
                "inspection_id": line.inspection_id.id,
                "rectification_id": line.rectification_id.id,
            }
            for line in self.env[model].search(domain)
        ]

    def _open_notices(self):
        model, domain, *_party = self._asked()["open"]
        return [
            {
                "bulletin_id": self.id,
                "kind": "open",
                "party": notice.recipient_name,
                "number": notice.name,
                "text": notice.subject,
                "clause": ", ".join(dict.fromkeys(filter(None, notice.line_ids.mapped("standard_clause")))),
                "notice_state": notice.state,
                "due_date": min(filter(None, notice.line_ids.mapped("due_date")), default=False),
                "is_overdue": notice.is_overdue,
                "is_repeat": bool(notice.repeat_count),
                "rectification_id": notice.id,
            }
            for notice in self.env[model].search(domain, order="issued_at, id")
        ]

    # ------------------------------------------------------------------
    # Every week
    # ------------------------------------------------------------------

    @api.model
    def _cron_draft(self):
        """Draft the bulletins of the weeks that ended, up to eight back; run again, it adds none.

        A week in which nothing was open, found or closed has no bulletin. A company whose bulletin fails keeps none of
        the others waiting.
        """
        now = fields.Datetime.now()
        for company in self.env["res.company"].sudo().search([("active", "=", True)]):
            try:
                with self.env.cr.savepoint():
                    self.sudo().with_company(company)._draft_missing(company, now)
            except Exception:
                self.env.invalidate_all(flush=False)
                _logger.exception("The quality bulletin of company %s cannot be drafted", company.id)

    def _draft_missing(self, company, now):
        """Draft the bulletins that ``company`` lacks, from the first week after its last one."""
        sequences = self.env["ir.sequence"].search_count(
            [("code", "=", self._sequence_code), ("company_id", "in", [company.id, False])], limit=1
        )
        if not sequences:
            return
        this_week = today_of(company, now)
        this_week -= timedelta(days=this_week.weekday())
        last = self.search([("company_id", "=", company.id)], order="date_from desc", limit=1)
        first = max(last.date_to + timedelta(days=1), this_week - timedelta(weeks=CAUGHT_UP)) if last else (
            this_week - timedelta(weeks=1)
        )
        first -= timedelta(days=first.weekday())
        while first < this_week:
            known = self.search_count([("company_id", "=", company.id), ("date_from", "=", first)], limit=1)
            if not known and self._had_work(company, first):
                self.create({"company_id": company.id, "date_from": first, "date_to": first + timedelta(days=6)})
            first += timedelta(weeks=1)

    @api.model
    def _had_work(self, company, monday):
        """Return whether a notice was open, or an inspection planned or held, in the week that begins on ``monday``."""
        start, stop = start_of_day(monday, company), start_of_day(monday + timedelta(weeks=1), company)
        live = Domain("company_id", "=", company.id) & Domain("is_historic", "=", False)
        notices = live & Domain("issued_at", "<", stop) & (
            Domain("closed_at", "=", False) | Domain("closed_at", ">=", start)
        ) & Domain("state", "!=", "cancelled")
        inspections = live & Domain("planned_at", ">=", start) & Domain("planned_at", "<", stop)
        return bool(
            self.env["quality.rectification"].search_count(notices, limit=1)
            or self.env["quality.inspection"].search_count(inspections, limit=1)
        )

    # ------------------------------------------------------------------
    # As files
    # ------------------------------------------------------------------

    def _announce(self):
        """Fix these bulletins as PDF and Excel, and send them to their followers."""
        reports = self.env["ir.actions.report"].sudo()
        for bulletin in self:
            base = bulletin.name.replace("/", "_")
            pdf, _kind = reports._render_qweb_pdf("quality_incident.action_report_bulletin", bulletin.ids)
            with bulletin._workbook() as book:
                files = [(f"{base}.pdf", pdf), (f"{base}.xlsx", book.read())]
            attachments = self.env["ir.attachment"].create(
                [
                    {
                        "name": name,
                        "datas": base64.b64encode(content),
                        "res_model": self._name,
                        "res_id": bulletin.id,
                    }
                    for name, content in files
                ]
            )
            bulletin.evidence_ids = [fields.Command.set(attachments.ids)]
            bulletin.message_post(
                body=self.env._(
                    "The quality bulletin of %(start)s to %(end)s is published.",
                    start=bulletin.date_from,
                    end=bulletin.date_to,
                ),
                attachment_ids=attachments.copy({"res_model": self._name, "res_id": bulletin.id}).ids,
                subtype_xmlid="mail.mt_comment",
            )

    def _workbook(self):
        """Return the bulletin as an open Excel file with departments, findings and open notices."""
        self.ensure_one()
        lines, items = self.env["quality.bulletin.line"], self.env["quality.bulletin.item"]
        counts = [f"{figure}_count" for figure in COUNTS]
        with Book(self.display_name, zone=zone_of(self.company_id)) as book:
            book.sheet(
                self.env._("Departments"),
                [
                    Column(lines._fields["name"]._description_string(self.env), width=30),
                    *(Column(lines._fields[name]._description_string(self.env), "integer", 13) for name in counts),
                    Column(lines._fields["first_passed"]._description_string(self.env), "integer", 13),
                    Column(lines._fields["first_checked"]._description_string(self.env), "integer", 13),
                    Column(self.env._("First-pass yield"), "percent", 13),
                ],
                (
                    [
                        line.name,
                        *(line[name] for name in counts),
                        line.first_passed,
                        line.first_checked,
                        line.first_pass_yield if line.first_checked else None,
                    ]
                    for line in self.line_ids
                ),
            )
            names = (
                "party", "number", "text", "clause", "notice", "notice_state", "due_date", "is_overdue", "is_repeat",
            )
            kinds = {"due_date": "date", "is_overdue": "boolean", "is_repeat": "boolean"}
            widths = {"text": 48, "party": 28}
            columns = [
                Column(items._fields[name]._description_string(self.env), kinds.get(name, "text"), widths.get(name))
                for name in names
            ]
            states = dict(items._fields["notice_state"]._description_selection(self.env))
            for title, rows in (
                (self.env._("Findings"), self.finding_ids),
                (self.env._("Open notices"), self.open_ids),
            ):
                values = (
                    [states.get(item[name]) if name == "notice_state" else item[name] for name in names]
                    for item in rows
                )
                book.sheet(title, columns, values)
            return book.finish()
