from datetime import timedelta

from lxml import etree
from odoo import fields
from odoo.tests import freeze_time, tagged

from .common import ServiceCase


@tagged("post_install", "-at_install")
class TestTicketPerformance(ServiceCase):
    """C4, C20, F2: what it costs does not grow with what there is."""

    def _vals(self, number):
        kinds = ("repair", "complaint", "consultation", "installation")
        channels = ("phone", "email", "web", "internal")
        return self._ticket_vals(
            subject=f"No. {number}", kind=kinds[number % 4], channel=channels[number // 4 % 4],
            partner_id=(self.customer | self.far_customer)[number % 2].id, supplier_needed=bool(number % 3),
        )

    def _create(self, total):
        """Return how many queries it costs to register ``total`` tickets with their clocks."""
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.cr.sql_log_count
        tickets = self.env["service.ticket"].with_user(self.agent).create([self._vals(n) for n in range(total)])
        self.env.flush_all()
        rows = self.env["quality.deadline"].search_count(
            [("res_model", "=", "service.ticket"), ("res_id", "in", tickets.ids)]
        )
        self.assertGreater(rows, total, "each ticket has clocks")
        return self.cr.sql_log_count - before, tickets

    def test_create(self):
        """At most three queries a ticket, beyond what any batch costs."""
        self._create(2)
        few, _tickets = self._create(100)
        many, _tickets = self._create(1000)
        self.assertLessEqual((many - few) / 900, 3)

    def test_screens(self):
        """List, board and worklist read ten times as much with as many queries."""
        views = self.env["service.ticket"].with_user(self.agent).get_views([(False, "list"), (False, "kanban")])
        for view in ("list", "kanban"):
            specification = {name: {} for name in self._fields_of(views["views"][view]["arch"])}
            counts = []
            for total in (10, 100):
                _queries, tickets = self._create(total)
                self.env.invalidate_all()
                before = self.cr.sql_log_count
                tickets.web_read(specification)
                counts.append(self.cr.sql_log_count - before)
            self.assertLessEqual(counts[1], counts[0] + 3, view)

    def test_relatives(self):
        """C16: similar tickets are counted in one query for all, and are those that the button shows."""
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        branch = self.env["res.partner"].create({"name": "Branch", "parent_id": self.customer.id})
        lot = self.env["stock.lot"].create({"name": "R-1", "product_id": self.product.id})
        tickets = self._make_ticket(lot_id=lot.id) | self._make_ticket(partner_id=branch.id)
        tickets |= self._make_ticket(partner_id=other.id, lot_id=lot.id)
        tickets |= self._make_ticket(product_id=False) | self._make_ticket(partner_id=False, product_id=False)
        tickets[1].action_cancel("Twice")
        self._make_ticket(user=self.foreign_agent, company_id=self.other_company.id, team_id=False, product_id=False)
        for ticket in tickets:
            domain = ticket._relatives_domain()
            found = ticket.search(domain) if domain else ticket.browse()
            still_open = found.filtered(lambda one: one.state not in ("closed", "cancelled"))
            self.assertEqual((ticket.earlier_count, ticket.similar_count), (len(found), len(still_open)), ticket.name)
        self.assertEqual([(one.earlier_count, one.similar_count) for one in tickets[:2]], [(2, 1), (1, 1)])
        counts = []
        for total in (10, 100):
            _queries, tickets = self._create(total)
            tickets.fetch(["partner_id", "lot_id", "product_id"])
            tickets.partner_id.fetch(["commercial_partner_id"])
            before = self.cr.sql_log_count
            tickets.mapped("similar_count")
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0])

    def test_form(self):
        """What is searched for one ticket stands on its form only, and costs the same however much there is."""
        views = self.env["service.ticket"].with_user(self.agent).get_views(
            [(False, kind) for kind in ("form", "list", "kanban", "calendar", "pivot", "graph")]
        )["views"]
        for kind, view in views.items():
            self.assertEqual("suggested_solution_ids" in self._fields_of(view["arch"]), kind == "form", kind)
        specification = {name: {} for name in self._fields_of(views["form"]["arch"])}
        counts = []
        for total in (10, 100):
            self.env["service.solution"].create(
                [
                    {"name": f"No. {n}", "symptom": "No more counting", "cause": "Bearing", "fix": "New one"}
                    for n in range(total)
                ]
            )
            _queries, tickets = self._create(total)
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            tickets[0].web_read(specification)
            counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 1)

    def _fields_of(self, arch):
        known = self.env["service.ticket"]._fields
        return {node.get("name") for node in etree.fromstring(arch).iter("field") if node.get("name") in known}

    def test_scheduler(self):
        """The job looks at what is due, not at everything that runs."""
        self.env["quality.deadline"].search([]).sudo()._cancel()
        cron = self.env.ref("quality_incident.ir_cron_quality_escalation")
        counts = []
        for total in (10, 100):
            self._create(total)
            with freeze_time(fields.Datetime.now() + timedelta(seconds=1)), self.enter_registry_test_mode():
                before = self.cr.sql_log_count
                cron.method_direct_trigger()
                counts.append(self.cr.sql_log_count - before)
        self.assertLessEqual(counts[1], counts[0] + 5)
