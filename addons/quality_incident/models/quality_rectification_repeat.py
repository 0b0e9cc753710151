from datetime import timedelta

from odoo import fields, models


class QualityRectification(models.Model):
    """Repeated findings: the same recipient, the same clause, within the company's span of days."""

    _inherit = "quality.rectification"

    repeat_of_ids = fields.Many2many(
        "quality.rectification", "quality_rectification_repeat_rel", "rectification_id", "earlier_id",
        "Repeats", readonly=True, copy=False, help="Earlier notices to the same recipient about the same clause.",
    )
    repeat_count = fields.Integer("Number of repeats", readonly=True, copy=False, aggregator="sum")

    def _repeat_party(self):
        """Return what makes two recipients the same: the department, or the whole company of a contact."""
        self.ensure_one()
        partner = self.recipient_partner_id.commercial_partner_id
        return ("partner", partner.id) if partner else ("department", self.recipient_department_id.id)

    def _link_repeats(self):
        """Link these freshly issued notices to the earlier ones they repeat; one search for all of them."""
        lines = self.line_ids.filtered("clause_key")
        if not lines:
            return
        longest = max(self.company_id.mapped("quality_repeat_days"))
        earlier = self.env["quality.rectification.line"].search(
            [
                ("clause_key", "in", lines.mapped("clause_key")),
                ("company_id", "in", self.company_id.ids),
                ("rectification_id.state", "not in", ("draft", "cancelled")),
                ("rectification_id.issued_at", ">=", fields.Datetime.now() - timedelta(days=longest)),
            ]
        )
        found = {}
        for line in earlier:
            notice = line.rectification_id
            key = (notice.company_id, notice._repeat_party(), line.clause_key)
            found.setdefault(key, {}).setdefault(notice, set()).add(line)
        for notice in self:
            self._link_repeats_of(notice, found)

    def _link_repeats_of(self, notice, found):
        """Link one notice; ``found`` maps company, recipient and clause to the notices issued about it."""
        since = notice.issued_at - timedelta(days=notice.company_id.quality_repeat_days)
        linked = self.browse()
        for line in notice.line_ids.filtered("clause_key"):
            same = found.get((notice.company_id, notice._repeat_party(), line.clause_key), {})
            before = [
                other
                for other in same
                if other != notice and since <= other.issued_at and (other.issued_at, other.id)
                < (notice.issued_at, notice.id)
            ]
            if before:
                line.repeat_count = len(before)
                linked = linked.union(*before)
        if linked:
            notice.write({"repeat_of_ids": [fields.Command.set(linked.ids)], "repeat_count": len(linked)})
            notice._message_log(
                body=self.env._("Repeated finding; earlier notices: %s", ", ".join(linked.mapped("name")))
            )
