from odoo import api, models

from .service_warranty_answer import SOURCES

#: answers that settle nothing: the decision on the part stays open
OPEN_SOURCES = ("no_product", "no_delivery", "no_term", "several")


class ServicePartLine(models.Model):
    """What a part means for the warranty and for the money (D2, C19): decided with it, told when it is cleared."""

    _inherit = "service.part.line"

    @api.model
    def _warranty_decision(self, lines):
        """Return the decision of the warranty terms on each line of a ticket; one call for all of them."""
        decided = lines.sudo().filtered("ticket_id")
        answers = self.env["service.warranty.term"]._decide_parts(
            [
                {
                    "ticket": line.ticket_id, "product": line.product_id, "quantity": line.quantity,
                    "amount": line.quantity * line._stock_value(),
                }
                for line in decided
            ]
        )
        labels = dict(SOURCES)
        return {
            line: {
                "in_warranty": self._warranty_word(answer),
                "warranty_until": answer["until"] or False,
                "warranty_source": labels.get(answer["source"]),
            }
            for line, answer in zip(decided, answers, strict=True)
        }

    @api.model
    def _warranty_word(self, answer):
        if answer["in_warranty"]:
            return "in"
        return "unknown" if answer["source"] in OPEN_SOURCES else "out"

    def _close(self, clearing, place):
        result = super()._close(clearing, place)
        billed = self.sudo().filtered("ticket_id")
        self.env["service.cost"]._cost_from_parts(billed)
        if clearing == "used":
            billed._record_replacement()
        return result

    def _record_replacement(self):
        """Tell the warranty which part was replaced by which: it has a warranty of its own from then on (D2)."""
        cost = self.env["service.cost"]
        self.env["service.part.replacement"]._record(
            [
                {
                    "ticket_id": line.ticket_id.id,
                    "product_id": line.product_id.id,
                    "quantity": line.quantity,
                    "amount": line.amount,
                    "replaced_on": cost._day_of(line.used_at, line.company_id),
                    "old_lot_id": line.returned_lot_id.id,
                    "new_lot_id": line.lot_id.id,
                    "in_warranty": line.in_warranty == "in",
                    "rest_until": line.in_warranty == "in" and line.warranty_until,
                }
                for line in self
            ]
        )


class ServicePartRequest(models.Model):
    _inherit = "service.part.request"

    def _do_issue(self, rows):
        lines = super()._do_issue(rows)
        sent = self.filtered(lambda request: request.source == "ship" and request.ticket_id)
        self.env["service.cost"]._cost_from_postage(sent)
        return lines


class ServiceTicket(models.Model):
    _inherit = "service.ticket"

    def _prepare_fee_part_lines(self, visits):
        """Return the parts that were asked for or used; those in warranty stand on the quotation with 0 (D2)."""
        away = ("returned", "written_off", "transferred")
        parts = self.env["service.part.line"].sudo().search(
            [("ticket_id", "in", self.ids), ("state", "!=", "cancelled"), ("request_id.state", "!=", "cancelled")]
        )
        return [
            {
                "product_id": part.product_id.id, "quantity": part.quantity,
                "in_warranty": part.in_warranty == "in",
            }
            for part in parts
            if part.clearing not in away and (not part.visit_id or not visits or part.visit_id in visits)
        ]
