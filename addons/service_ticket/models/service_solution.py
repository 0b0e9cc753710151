import re

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .service_ticket_roles import AGENT, ENGINEER, ENGINEERING, LEADER

WORD = re.compile(r"[a-z0-9_]+|[^\W\da-z_]+", re.IGNORECASE)
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
#: tokens of a search that count; a long text does not become a long query
TOKENS = 60


def tokens_of(text):
    """Return what a text is searched by: lower-case words, and pairs of neighbouring characters where no spaces stand.

    PostgreSQL has no word breaker for Chinese, and its trigrams depend on the locale of the database; these do not.
    """
    found = {}
    for word in WORD.findall((text or "").casefold()):
        if CJK.search(word):
            pairs = [word[index : index + 2] for index in range(len(word) - 1)] or [word]
            found.update(dict.fromkeys(pairs))
        elif len(word) > 1 or word.isdigit():
            found[word] = None
    return list(found)


class ServiceSolution(models.Model):
    """What helped: symptom, cause and cure, found again when the next customer has the same problem (C16)."""

    _name = "service.solution"
    _description = "Solution"
    _inherit = ["quality.workflow.mixin", "quality.personal.mixin", "mail.thread"]
    _order = "name, id"
    _rec_names_search = ["name", "symptom"]
    _historic_group = LEADER
    _deletable_states = ("draft",)
    _personal_fields = ("symptom", "cause", "fix")

    name = fields.Char("Title", required=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    state = fields.Selection(
        [("draft", "Draft"), ("approved", "Approved"), ("retired", "Retired")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    symptom = fields.Text(required=True, tracking=True)
    cause = fields.Text(required=True, tracking=True)
    fix = fields.Text("Cure", required=True, tracking=True)
    product_ids = fields.Many2many("product.product", string="Products")
    categ_ids = fields.Many2many("product.category", string="Product categories")
    fault_code_ids = fields.Many2many("service.fault.code", string="Fault codes")
    tokens = fields.Text(compute="_compute_tokens", store=True, export_string_translation=False)
    ticket_ids = fields.One2many("service.ticket", "solution_id", "Tickets")
    use_count = fields.Integer("Used", compute="_compute_counts")
    success_count = fields.Integer(
        "Helped", compute="_compute_counts", help="Tickets it solved: confirmed by the customer and not reopened."
    )

    _tokens_idx = models.Index("USING GIN (string_to_array(tokens, ' '))")

    _transitions = {
        ("draft", "approved"): (),
        ("approved", "draft"): (),
        ("approved", "retired"): (),
        ("draft", "retired"): (),
        ("retired", "draft"): (),
    }
    _transition_groups = dict.fromkeys(_transitions, f"{ENGINEERING},{LEADER}")

    @api.model
    def _frozen_fields(self, state):
        return frozenset() if state == "draft" else self._every_field() - {"product_ids", "categ_ids", "fault_code_ids"}

    @api.depends("name", "symptom", "cause")
    def _compute_tokens(self):
        for solution in self:
            text = " ".join(filter(None, (solution.name, solution.symptom, solution.cause)))
            solution.tokens = " ".join(tokens_of(text))

    def _compute_counts(self):
        Ticket = self.env["service.ticket"].sudo()
        used = dict(Ticket._read_group([("solution_id", "in", self.ids)], ["solution_id"], ["__count"]))
        helped = dict(
            Ticket._read_group(
                [
                    ("solution_id", "in", self.ids), ("state", "in", ("confirmed", "closed")),
                    ("reopen_count", "=", 0),
                ],
                ["solution_id"],
                ["__count"],
            )
        )
        for solution in self:
            solution.use_count = used.get(solution, 0)
            solution.success_count = helped.get(solution, 0)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_used(self):
        if self.sudo().ticket_ids:
            raise UserError(self.env._("A solution that was used is retired, not deleted."))

    # ------------------------------------------------------------------
    # Search
    # ------------------------------------------------------------------

    @api.model
    def _find(self, text, product=None, limit=5):
        """Return the solutions the user may read that fit ``text`` best, those of ``product`` first.

        Ranked by the share of the words of ``text`` they know; one query.

        :param text: what the customer says, in any language
        :param product: ``product.product`` record, optional
        """
        tokens = tokens_of(text)[:TOKENS]
        if not tokens:
            return self.browse()
        self.flush_model(["tokens", "product_ids"])
        query = self._search([("state", "!=", "retired")])
        known = SQL("string_to_array(%s, ' ')", SQL.identifier(self._table, "tokens"))
        query.add_where(SQL("%s && %s::text[]", known, tokens))
        hits = SQL("(SELECT count(*) FROM unnest(%s) AS word WHERE word = ANY(%s::text[]))", known, tokens)
        same = SQL(
            "EXISTS (SELECT 1 FROM product_product_service_solution_rel r"
            " WHERE r.service_solution_id = %s AND r.product_product_id = %s)",
            SQL.identifier(self._table, "id"), product.id if product else 0,
        )
        query.order = SQL(
            "%s DESC, %s DESC, %s, %s DESC", same, hits,
            SQL.identifier(self._table, "state"), SQL.identifier(self._table, "id"),
        )
        query.limit = limit
        return self.browse(query)

    @api.model
    def search_solutions(self, text, product_id=False):
        """Return the solutions that fit best, as dicts with ``id``, ``name``, ``symptom``, ``fix``, counts.

        :raises AccessError: the user is no service staff
        """
        self.env["service.ticket"]._check_role(f"{ENGINEER},{AGENT}")
        product = self.env["product.product"].browse(product_id).exists() if product_id else None
        return self._find(text, product).read(["name", "symptom", "fix", "state", "use_count", "success_count"])

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def action_approve(self):
        """Approve drafts, so that they are offered first."""
        return self._take_step("approved")

    def action_retire(self):
        """Retire solutions that are no longer right."""
        return self._take_step("retired")

    def action_draft(self):
        """Work on them again."""
        return self._take_step("draft")


class ServiceTicket(models.Model):
    _inherit = "service.ticket"

    suggested_solution_ids = fields.Many2many(
        "service.solution", string="Known solutions", compute="_compute_suggested_solution_ids"
    )

    @api.depends("subject", "description", "product_id", "solution_id")
    def _compute_suggested_solution_ids(self):
        for ticket in self:
            text = " ".join(filter(None, (ticket.subject, ticket.description)))
            ticket.suggested_solution_ids = (
                False if ticket.solution_id else self.env["service.solution"]._find(text, ticket.product_id, limit=3)
            )
