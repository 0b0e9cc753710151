import random
from collections import Counter
from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .parts_common import PartsCase

SEQUENCES = 200
STEPS = 4
PILE = 8


@tagged("post_install", "-at_install")
class TestPartsInvariants(PartsCase):
    """C13, C14: whatever people do in whatever order, accounts equal stock, and no unit is lost, doubled or owed.

    Random but repeatable: each sequence has its number as seed, and a failure names the seed and its steps.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.parts = cls.board | cls.seal | cls.oil
        cls._stock(cls.seal, 5, cls.service_station.location_id)

    def setUp(self):
        super().setUp()
        # who approves what, tasks and papers are the subject of other tests; here it is units that count
        for model, names in {
            "service.part.request": ("_missing_round", "_missing_approval"),
            "service.part.writeoff": ("_missing_round", "_missing_approval"),
            "service.visit": ("_missing_report_approval",),
        }.items():
            for name in names:
                self.patch(type(self.env[model]), name, lambda record: [])
        for model in ("service.part.request", "service.visit"):
            self.patch(type(self.env[model]), "_assign_next_step", lambda records: None)
        self.patch(type(self.env["service.visit"]), "_archive_report", lambda visits: None)
        self.visits = self.env["service.visit"].union(*(self._visit_of(one) for one in (0, 1)))

    def _visit_of(self, number):
        user, employee = ((self.engineer_a, self.employee_a), (self.engineer_b, self.employee_b))[number]
        ticket = self._make_ticket()
        ticket.with_user(user).action_accept()
        ticket.with_user(user).action_analyse()
        self._analyse(ticket, user=user)
        return self._leave(self._plan_visit(ticket, employee), user=user).with_user(self.env.user)

    def test_sequences(self):
        """C13, C14: hundreds of random sequences; all invariants hold after every single step."""
        done, refused = Counter(), Counter()
        before = self._totals()
        visits, savepoint = self.visits, self.cr.savepoint()
        for seed in range(SEQUENCES):
            self.random, self.steps = random.Random(seed), []
            for _step in range(STEPS):
                operation = self.random.choice(self.OPERATIONS)
                try:
                    with self.cr.savepoint():
                        happened = getattr(self, f"_op_{operation}")()
                        self.env.flush_all()
                except (UserError, AccessError) as error:
                    self.env.invalidate_all()
                    refused[operation] += 1
                    self.steps.append(f"{operation}: {error}")
                else:
                    done[operation] += bool(happened)
                    self.steps.append(f"{operation}: {happened}")
                self._check_invariants(seed, before)
            if seed % PILE == PILE - 1:  # several sequences lie on top of each other, then it begins anew
                savepoint.rollback()
                self.env.invalidate_all()
                self.visits = visits
        savepoint.close(rollback=True)
        self.env.invalidate_all()
        for operation in set(self.OPERATIONS):
            self.assertTrue(done[operation], f"{operation} never happened: {done} {refused}")
        self.assertGreater(sum(done.values()), SEQUENCES * STEPS / 4)

    # ------------------------------------------------------------------
    # The invariants
    # ------------------------------------------------------------------

    def _totals(self):
        """Return the sum of each product over all locations, where Odoo counts what came from nowhere as negative."""
        groups = self.env["stock.quant"]._read_group(
            [("product_id", "in", self.parts.ids)], ["product_id"], ["quantity:sum"]
        )
        return dict(groups)

    def _check_invariants(self, seed, before):
        story = f"seed {seed}:\n" + "\n".join(self.steps)
        self.assertEqual(self.env["service.part.account"]._check_account(self.company), [], story)
        self.assertEqual(self._totals(), before, f"a unit was lost or doubled, {story}")
        negative = self.env["stock.quant"].search(
            [("product_id", "in", self.parts.ids), ("quantity", "<", 0), ("location_id.usage", "=", "internal")]
        )
        self.assertFalse(negative, story)
        # each serial number is in one place; a line over one has one unit
        serials = self.env["stock.quant"]._read_group(
            [("lot_id", "in", self.serials.ids), ("quantity", ">", 0)], ["lot_id"], ["quantity:sum", "__count"]
        )
        self.assertTrue(all(row[1:] == (1, 1) for row in serials), story)
        self._check_old_parts(story)
        self._check_own_books(story)

    def _check_old_parts(self, story):
        received = self.env["service.part.line"]._read_group(
            [("old_part_state", "=", "received")], ["returned_product_id"], ["quantity:sum"]
        )
        held = self.env["stock.quant"]._read_group(
            [("location_id", "=", self.defective.id)], ["product_id"], ["quantity:sum"]
        )
        self.assertEqual(
            {product: quantity for product, quantity in held if quantity}, dict(received), story
        )

    def _check_own_books(self, story):
        """Count each line by hand from its moves: in minus out is what it still has on an account."""
        lines = self.env["service.part.line"].search([("issued_at", "!=", False), ("source", "=", "store")])
        self.env["stock.move"].flush_model()
        for line in lines.filtered(lambda one: not one.root_id):
            family = lines.filtered(lambda one, line=line: (one.root_id or one) == line)
            on_account = sum(family.filtered(lambda one: one.state in ("open", "used")).mapped("quantity"))
            passed = sum(family.filtered(lambda one: one.clearing == "transferred").mapped("quantity"))
            moves = family.move_ids.filtered(lambda move: move.state == "done" and move.service_purpose != "old_part")
            balance = sum(
                move.quantity * (bool(move.location_dest_id.service_employee_id)
                                 - bool(move.location_id.service_employee_id))
                for move in moves
            )
            self.assertEqual(balance, on_account + passed, story)

    # ------------------------------------------------------------------
    # What people do; each returns what happened, or nothing when there was nothing to do
    # ------------------------------------------------------------------

    OPERATIONS = (
        "request", "request", "issue", "issue", "issue", "use", "use", "use", "undo", "take_back", "take_back",
        "old_part", "old_part", "waive", "finish", "write_off", "close_rest", "station", "van", "foreign",
    )

    def _engineer(self):
        return self.random.choice([(self.engineer_a, self.employee_a), (self.engineer_b, self.employee_b)])

    def _lines(self, *states):
        return self.env["service.part.line"].search([("state", "in", states), ("company_id", "=", self.company.id)])

    def _one(self, records):
        return self.random.choice(records) if records else None

    def _op_request(self, source="store", **vals):
        user, employee = self._engineer()
        product = self._one(self.parts)
        parts = [(product, self.random.randint(1, 3)), (self._one(self.parts), 2)]
        if source == "store" and self.random.random() < 0.6:
            visit = self.visits.filtered(lambda one: one.state == "on_site" and employee in one.engineer_ids)[:1]
            vals["visit_id"] = visit.id
        request = self._request(*parts, user=user, engineer_id=employee.id, source=source, **vals)
        for state in ("approval", "approved"):
            request.sudo().write({"state": state})
        return f"{request.name} {parts}"

    def _op_station(self):
        return self._op_request("station", station_id=self.service_station.id)

    def _op_van(self):
        visit = self._one(self.visits.filtered(lambda one: one.state == "on_site"))
        return visit and self._op_request("van", ticket_id=visit.ticket_id.id)

    def _op_issue(self):
        line = self._one(self._lines("requested").filtered(lambda one: one.request_state == "approved"))
        if not line:
            return None
        quantity = line.quantity if self.random.random() < 0.6 else self.random.randint(1, 4)
        row = {"line_id": line.id, "quantity": quantity}
        if line.product_id.tracking == "serial":
            row |= {"quantity": 1, "lot": self._one(self.serials).name}
        line.request_id.with_user(self.keeper).action_issue([row])
        return row

    def _op_use(self):
        visit = self._one(self.visits.filtered(lambda one: one.state in ("on_site", "done")))
        line = self._one(visit._parts_at_hand()) if visit else None
        if not line:
            return None
        old = f"OLD-{self.random.randint(1, 6)}" if self.random.random() < 0.8 else self._one(self.serials).name
        row = {"line_id": line.id, "quantity": self.random.choice([line.quantity, 1, 2]), "old_serial": old}
        visit.with_user(visit.engineer_ids.user_id).action_use_parts([row])
        return row

    def _op_undo(self):
        line = self._one(self._lines("used"))
        return line and line.with_user(line.visit_id.engineer_ids.user_id).action_undo_use()

    def _op_take_back(self):
        line = self._one(self._lines("open", "used"))
        if not line:
            return None
        row = {"line_id": line.id, "quantity": self.random.choice([line.quantity, 1, 2])}
        return line.with_user(self.keeper).action_take_back([row]) and row

    def _op_old_part(self):
        lines = self.env["service.part.line"].search([("old_part_state", "in", ("expected", "waived"))])
        line = self._one(lines)
        if not line:
            return None
        row = {"line_id": line.id, "quantity": self.random.choice([line.quantity, 1])}
        return line.with_user(self.keeper).action_receive_old([row]) and row

    def _op_waive(self):
        line = self._one(self._lines("used").filtered(lambda one: one.old_part_state == "expected"))
        return line and line.with_user(self.leader).action_waive_old_part("None left")

    def _op_finish(self):
        """End a visit with everything it needs; a new one takes its place."""
        visit = self._one(self.visits.filtered(lambda one: one.state == "on_site"))
        if not visit:
            return None
        user = visit.engineer_ids.user_id
        self._finish(visit, user=user)
        visit.with_user(user).action_refuse_signature("No time", "Mr. Wu")
        visit.sudo().write({"state": "approved"})
        ticket = visit.ticket_id
        new = self.env["service.visit"].with_user(self.agent).create(
            {
                "ticket_id": ticket.id, "engineer_ids": [fields.Command.set(visit.engineer_ids.ids)],
                "planned_start": fields.Datetime.now() + timedelta(hours=2),
            }
        )
        new.action_plan()
        self.visits |= self._leave(new, user=user).with_user(self.env.user)
        return visit.name

    def _op_write_off(self):
        line = self._one(self._lines("open", "used"))
        if not line:
            return None
        one = self.env["service.part.writeoff"].with_user(self.keeper).create(
            {
                "line_id": line.id, "quantity": self.random.choice([line.quantity, 1, 2]),
                "reason_text": "Lost on the way",
            }
        )
        for state in ("approval", "done"):
            one.sudo().write({"state": state})
        return one.name

    def _op_close_rest(self):
        line = self._one(self._lines("requested").filtered(lambda one: one.request_state == "approved"))
        return line and line.request_id.with_user(self.keeper).action_close_rest("Not needed")

    def _op_foreign(self):
        """A stock manager moves what is on an account with Odoo's own means; only a station's free stock moves."""
        place = self._one([self._van(), self._van(self.employee_b), self._used(), self.service_station.location_id])
        product = self.random.choice([self.seal, self.oil])
        target = self.random.choice([self.store, self.service_station.location_id])
        move = self.env["stock.move"].with_user(self.stock_user).create(
            {
                "product_id": product.id, "product_uom_qty": 1, "location_id": place.id, "location_dest_id": target.id,
                "company_id": self.company.id,
            }
        )
        move._action_confirm()
        move.write({"quantity": 1, "picked": True})
        move._action_done()
        return f"{place.name} to {target.name}"
