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
