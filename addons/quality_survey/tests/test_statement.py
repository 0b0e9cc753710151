import csv
import io
import os
from pathlib import Path

import openpyxl
from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2.errors import UniqueViolation

from .statement_common import StatementCase

DATA = Path(os.environ.get("QUALITY_DATA") or Path(__file__).resolve().parents[4] / "shared" / "data")


@tagged("post_install", "-at_install")
class TestStatement(StatementCase):
    """D15: the quarter counted, each problem answered, approved, frozen."""

    def test_whole_way_d15(self):
        """D15: draft, problems replied to, three approvals, frozen, sealed, PDF and Excel kept."""
        happy = self._opinions(*({"score": 100, "nps": 10} for _turn in range(8)))
        [angry] = self._opinions(
            {"score": 0, "nps": 1, "comment": "The meter stands still", "partner_id": self.customer.id,
             "product_id": self.product.id}
        )
        statement = self._quarter()
        self.assertTrue(statement.name.startswith("SS/"))
        self.assertEqual(str(statement.date_from), "2025-04-01")
        total = statement.total_id
        self.assertEqual((total.answers, total.scored, total.satisfied, total.verdict), (9, 9, 8, "not_proven"))
        self.assertEqual((total.promoters, total.detractors), (8, 1))
        self.assertIn(self.satisfaction, statement.sudo().activity_ids.user_id)
        self.assertEqual(statement.deadline_ids.mapped("kind"), ["statement"])

        with self.assertRaisesRegex(UserError, "A reply to: Lake Waterworks: The meter stands still"):
            statement.action_submit()
        [problem] = statement.problem_ids
        self.assertEqual((problem.feedback_id, problem.text), (angry, "The meter stands still"))
        problem.with_user(self.marketing).reply = "A new meter is on its way."
        self.assertEqual((problem.replied_by_id, bool(problem.replied_at)), (self.marketing, True))
        statement.action_submit()
        self.assertEqual((statement.state, statement.approval_state), ("review", "pending"))
        with self.assertRaises(UserError):
            statement.with_user(self.general).action_approve()
        for user in (self.marketing, self.inspector):
            statement.with_user(user).action_approve()
        self.assertEqual(statement.state, "review")
        self.assertFalse(happy.statement_id, "nothing is counted before the approval")
        statement.with_user(self.general).action_approve()
        self.assertEqual((statement.state, statement.is_current), ("approved", True))
        self.assertEqual((happy | angry).statement_id, statement)
        self.assertEqual(statement.sudo().seal_ids.mapped("validity"), ["valid"])
        clock = statement.deadline_ids.filtered(lambda row: row.kind == "statement")
        self.assertEqual(clock.mapped("state"), ["late"])
        self.assertEqual(sorted(file.name[-4:] for file in statement.evidence_ids), [".pdf", "xlsx"])
        self.assertFalse(statement.sudo().activity_ids)

    def test_unanswered_ones_are_all_named_d15(self):
        self._opinions(
            {"score": 25, "comment": "Too late"},
            {"comment": "We need a smaller one", "subject": "need"},
            {"comment": "Nobody answered", "subject": "complaint"},
            {"nps": 3, "comment": "Never again"},
            {"score": 100, "comment": "Fine"},
            {"score": 0, "comment": "   "},
            {"score": 0},
        )
        statement = self._quarter()
        with self.assertRaisesRegex(UserError, "Too late.*\n.*smaller.*\n.*Nobody answered.*\n.*Never again") as error:
            statement.action_submit()
        self.assertEqual(str(error.exception).count("A reply to"), 4)
        self.assertIn("Too late", statement.what_is_missing)
        self._reply_all(statement)
        self.assertEqual((statement.problem_count, statement.unanswered_count), (4, 0))
        self._approve(statement)

    def test_breakdowns(self):
        """D15, D17: by sample and daily, dimension, team, product, region, class; each opens its opinions."""
        product = self.env["product.product"].create({"name": "Water meter DN80"})
        north = {"team_id": self.team.id, "region": "East"}
        opinions = self._opinions(
            {"score": 100, "channel": "survey", "product_id": self.product.id, **north},
            {"score": 75, "channel": "rating", "product_id": product.id, **north},
            {"score": 50, "channel": "return_visit", "product_id": product.id, "customer_class": "A"},
            {"channel": "talk", "subject": "need", "nps": 5},
        )
        self.env["quality.feedback.score"].sudo().create(
            [
                {"feedback_id": opinions[0].id, "dimension": "price", "score": 25},
                {"feedback_id": opinions[1].id, "dimension": "price", "score": 100},
                {"feedback_id": opinions[1].id, "dimension": "delivery", "score": 100},
            ]
        )
        statement = self._quarter()
        expected = {
            ("source", "sample"): (2, 2, 1), ("source", "daily"): (2, 1, 1), ("channel", "rating"): (1, 1, 1),
            ("team", str(self.team.id)): (2, 2, 2), ("team", False): (2, 1, 0),
            ("product", str(product.id)): (2, 2, 1), ("region", "East"): (2, 2, 2),
            ("customer_class", "A"): (1, 1, 0), ("dimension", "price"): (2, 2, 1), ("dimension", "delivery"): (1, 1, 1),
        }
        for (breakdown, key), numbers in expected.items():
            figure = self._figure(statement, breakdown, key)
            self.assertEqual((figure.answers, figure.scored, figure.satisfied), numbers, (breakdown, key))
        for figure in statement.figure_ids:
            action = figure.action_open_feedback()
            found = self.env["quality.feedback"].search_count(action["domain"])
            self.assertEqual(found, figure.answers, figure.display_name)
        self.assertEqual(self._figure(statement, "team", str(self.team.id)).name, self.team.name)
        [alone] = self._figure(statement, "channel", "talk")
        self.assertEqual((alone.rate_text, alone.mean_text), ("–", "–"))

    def test_the_quarter_is_that_of_the_company(self):
        self._opinions(
            {"score": 100, "given_at": self._local(2025, 3, 31, 23, 59)},
            {"score": 100, "given_at": self._local(2025, 4, 1, 0, 0)},
            {"score": 100, "given_at": self._local(2025, 6, 30, 23, 59)},
            {"score": 100, "given_at": self._local(2025, 7, 1, 0, 0)},
        )
        self.assertEqual(self._quarter().counted, 2)

    def test_what_is_left_out(self):
        """History only when asked for; what is thought of competitors says nothing about us."""
        self._opinions({"score": 100, "is_historic": True}, {"score": 0, "subject": "competitor"}, {"score": 50})
        statement = self._quarter()
        self.assertEqual((statement.counted, statement.left_out), (1, 2))
        statement.include_historic = True
        self.assertEqual((statement.counted, statement.left_out), (2, 1))

    def test_empty(self):
        statement = self._quarter()
        self.assertEqual((statement.counted, statement.total_id.verdict, statement.rate_text), (0, "no_data", "–"))
        self.assertIn("196", statement.advice)
        self._approve(statement)

    def test_last_quarter(self):
        self._opinions(*({"score": 0, "given_at": self._local(2025, 2, 1, 9)} for _turn in range(20)))
        self._approve(self._quarter(quarter="1"))
        self._opinions(*({"score": 100} for _turn in range(20)))
        statement = self._quarter()
        total = statement.total_id
        self.assertEqual((total.before_scored, total.before_rate, total.change), (20, 0, "better"))
        self.assertIn("<svg", statement.trend_html)
        self.assertIn("<svg", statement.picture_html)

    def test_late_answers_d15(self):
        """D15: filed after the approval, an answer goes into the next statement or into a revision, never both."""
        self._opinions({"score": 100})
        first = self._approve(self._quarter())
        late = self._opinions({"score": 0})
        self.assertEqual(first.late_count, 1)
        following = self._quarter(quarter="3")
        self.assertEqual((following.counted, following.counted_late), (1, 1))
        action = first.with_user(self.satisfaction).action_revise()
        self.assertEqual(action["res_model"], "quality.reason")
        wizard = self.env["quality.reason"].with_user(self.satisfaction).create(
            {"res_model": first._name, "res_ids": first.ids, "method": "action_revise", "reason": "A late answer"}
        )
        wizard.action_confirm()
        revision = self.Statement.search([("revises_id", "=", first.id)])
        self.assertEqual((revision.revision, revision.counted, revision.total_id.satisfied), (2, 2, 1))
        following.action_submit()
        for user in (self.marketing, self.inspector):
            following.with_user(user).action_approve()
        self._approve(revision)
        self.assertEqual((first.is_current, revision.is_current, late.statement_id), (False, True, revision))
        self.assertEqual((first.counted, first.total_id.rate), (1, 100), "what was approved stays")
        self.assertEqual(first.sudo().seal_ids.mapped("validity"), ["valid"])
        with self.assertRaisesRegex(UserError, "another statement has counted them"):
            following.with_user(self.general).action_approve()
        following.action_send_back("Count again")
        following.action_refresh()
        self.assertEqual(following.counted, 0)
        self._approve(following)
        with self.assertRaisesRegex(UserError, "not the statement in force"):
            first.with_user(self.satisfaction).action_revise("Again")

    def test_revision_keeps_replies(self):
        self._opinions({"score": 0, "comment": "Slow"})
        first = self._quarter()
        self._reply_all(first, "Faster now")
        self._approve(first)
        first.with_user(self.satisfaction).action_revise("Typo")
        revision = self.Statement.search([("revises_id", "=", first.id)])
        self.assertEqual(revision.problem_ids.mapped("reply"), ["Faster now"])
        self.assertEqual(revision.problem_ids.replied_by_id, self.marketing)

    def test_running_quarter(self):
        now = fields.Datetime.now()
        self._opinions({"score": 100, "given_at": now})
        statement = self._quarter(year=now.year, quarter=str((now.month + 2) // 3))
        with self.assertRaisesRegex(UserError, "still running"):
            statement.action_submit()

    def test_once(self):
        self._quarter()
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"), self.cr.savepoint():
            self._quarter()

    def test_send_back_and_reject(self):
        self._opinions({"score": 0, "comment": "Slow"})
        statement = self._quarter()
        self._reply_all(statement)
        statement.action_submit()
        with self.assertRaisesRegex(UserError, "can no longer be changed"):
            statement.problem_ids.with_user(self.marketing).reply = "Other"
        statement.with_user(self.marketing).action_reject("Say more")
        self.assertEqual(statement.state, "draft")
        statement.problem_ids.with_user(self.marketing).reply = "More"
        statement.action_submit()
        statement.action_send_back("Wait")
        self.assertEqual(statement.state, "draft")
        self.assertNotIn(statement.approval_state, ("pending", "approved"))
        self._approve(statement)

    def test_cancelled(self):
        self._opinions({"score": 100})
        statement = self._quarter()
        statement.action_cancel("Wrong quarter")
        self.assertEqual((statement.state, statement.cancel_reason), ("cancelled", "Wrong quarter"))
        self.assertEqual(set(statement.deadline_ids.mapped("state")), {"cancelled"})
        self.assertEqual(self._quarter().state, "draft")

    def test_drafted_by_itself(self):
        """D15: each quarter with opinions once, caught up; a cancelled one is not drawn up again."""
        self._opinions({"score": 100}, {"score": 100, "given_at": self._local(2025, 8, 1, 9)})
        with freeze_time("2025-10-02 03:00:00"):
            for _turn in range(2):
                self.Statement._cron_draft()
        drafted = self.Statement.search([("company_id", "=", self.company.id)])
        self.assertEqual(drafted.mapped(lambda one: (one.year, one.quarter)), [(2025, "3"), (2025, "2")])
        self.assertIn(self.satisfaction, drafted[0].activity_ids.user_id)
        drafted[0].sudo().action_cancel("Not this time")
        with freeze_time("2025-10-03 03:00:00"):
            self.Statement._cron_draft()
        self.assertEqual(self.Statement.search([("company_id", "=", self.company.id)]), drafted)

    def test_follow_ups(self):
        """D15, F7: rectification, improvement opinion and complaint ticket in one click, each once."""
        self._opinions(
            {"score": 0, "comment": "The cover breaks", "partner_id": self.customer.id, "product_id": self.product.id}
        )
        problem = self._quarter().problem_ids
        for method, field, user in (
            ("action_raise_rectification", "rectification_id", self.inspector),
            ("action_raise_improvement", "improvement_id", self.marketing),
            ("action_raise_ticket", "ticket_id", self.marketing),
        ):
            actions = [getattr(problem.with_user(user), method)() for _turn in range(2)]
            self.assertEqual(actions[0]["res_id"], actions[1]["res_id"])
            self.assertEqual(problem[field].id, actions[0]["res_id"])
        self.assertEqual((problem.rectification_id.source, problem.ticket_id.kind), ("survey", "complaint"))
        ticket = problem.ticket_id
        self.assertEqual((ticket.partner_id, ticket.feedback_id), (self.customer, problem.feedback_id))
        self.assertIn(problem.rectification_id, problem.feedback_id.rectification_ids)
        opened = problem.rectification_id.with_user(self.inspector).action_open_feedback()
        self.assertEqual(self.env["quality.feedback"].search(opened["domain"]), problem.feedback_id)
        self.assertEqual(problem.improvement_id.product_id, self.product)


@tagged("post_install", "-at_install")
class TestStatementFiles(StatementCase):
    """D15: real answers, on paper and in Excel."""

    def _load_survey(self):
        """File the answers of the airport's survey of 2018 in a batch; see the README of the data."""
        with open(DATA / "sfo_2018_customer_survey.csv", encoding="utf-8-sig", newline="") as file:
            rows = [
                {key.strip(): (value or "").strip() for key, value in row.items() if key}
                for row in csv.DictReader(file)
            ]
        opinions = []
        for row in rows:
            overall, recommend = row["Q7ALL"], row["NETPRO"]
            score = 25 * (int(overall) - 1) if overall in ("1", "2", "3", "4", "5") else None
            nps = int(recommend) if recommend.isdigit() and int(recommend) <= 10 else None
            opinions.append(
                {
                    "score": score, "nps": nps, "channel": "survey", "original_scale": "1–5",
                    "original_score": score is not None and int(overall),
                }
            )
        self._opinions(*opinions)
        return len(rows)

    def test_real_answers(self):
        """Done-when 1: NPS 30.98 from 2,650, satisfied 78.44 % of 2,625, the interval, not met; on paper, in Excel."""
        if not DATA.exists():
            self.fail(f"The real files are missing: {DATA}")
        self.assertEqual(self._load_survey(), 2809)
        statement = self._quarter()
        total = statement.total_id
        self.assertEqual((total.answers, total.scored, total.satisfied), (2809, 2625, 2059))
        self.assertEqual((total.asked, total.promoters, total.detractors), (2650, 1268, 447))
        self.assertEqual((round(total.rate, 2), round(total.nps, 2), round(total.nps_error, 2)), (78.44, 30.98, 1.44))
        self.assertEqual((round(total.interval_low, 2), round(total.interval_high, 2)), (76.82, 79.97))
        self.assertEqual(total.verdict, "not_met")
        report = self.env["ir.actions.report"].with_user(self.satisfaction)
        page = report._render_qweb_html("quality_survey.action_report_statement", statement.ids)[0].decode()
        text = " ".join(page.split())
        for said in ("78.44", "2059", "2625", "76.82", "79.97", "30.98", "2650", "1268", "447", "Not met", "<svg"):
            self.assertIn(said, text)
        self._approve(statement)
        kept = statement.evidence_ids.filtered(lambda file: file.name.endswith("xlsx"))
        book = openpyxl.load_workbook(io.BytesIO(kept.raw))
        self.assertEqual(book.sheetnames, ["Statement", "Figures", "Problems and replies", "Opinions"])
        rows = list(book["Figures"].iter_rows(values_only=True))
        first = dict(zip(rows[0], rows[1], strict=True))
        self.assertEqual((first["Opinions"], first["With a score"], first["Satisfied answers"]), (2809, 2625, 2059))
        self.assertAlmostEqual(first["NPS"], 30.98, 2)
        opinions = list(book["Opinions"].iter_rows(min_row=2, values_only=True))
        self.assertEqual(len(opinions), 2809)
        self.assertEqual(sum(bool(row[6]) for row in opinions if row[3] is not None), 2059)

    def test_pdf(self):
        self._opinions({"score": 0, "comment": "=1+1", "nps": 0}, {"score": 100, "nps": 10, "channel": "survey"})
        statement = self._quarter()
        report = self.env["ir.actions.report"].with_user(self.marketing).with_context(force_report_rendering=True)
        with self.allow_pdf_render():
            pdf, kind = report._render_qweb_pdf("quality_survey.action_report_statement", statement.ids)
        self.assertEqual((kind, pdf[:4]), ("pdf", b"%PDF"))
        book = openpyxl.load_workbook(statement._workbook())
        types = {cell.value: cell.data_type for row in book["Problems and replies"].iter_rows() for cell in row}
        self.assertEqual(types["=1+1"], "s", "no formula of a stranger")
        action = statement.with_user(self.marketing).action_download()
        self.assertEqual(action["url"], f"/quality/statement/{statement.id}/xlsx")

    def test_register(self):
        self._opinions({"score": 100})
        self._approve(self._quarter())
        book = openpyxl.load_workbook(self.Statement.with_user(self.inspector)._register_file([]))
        rows = list(book.active.iter_rows(values_only=True))
        row = dict(zip(rows[0], rows[1], strict=True))
        self.assertEqual((row["Quarter"], row["Opinions"], row["Satisfied (%)"]), ("2025 Q2", 1, 100))
        problems = self.env["quality.satisfaction.problem"].with_user(self.marketing)
        self.assertTrue(openpyxl.load_workbook(problems._register_file([])).active.max_row)

    def test_queries(self):
        """What a statement costs does not grow with the number of opinions."""
        def count(total, quarter):
            month = 3 * int(quarter) - 1
            self._opinions(
                *({"score": 25 * (turn % 5), "nps": turn % 11, "region": f"R{turn % 7}", "team_id": self.team.id,
                   "given_at": self._local(2025, month, 10, 9)} for turn in range(total))
            )
            statement = self._quarter(quarter=quarter)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            statement.action_refresh()
            self.env.flush_all()
            return self.cr.sql_log_count - before

        count(10, "1")
        few, many = count(30, "2"), count(300, "3")
        self.assertLessEqual(many, few + 3)


@tagged("post_install", "-at_install")
class TestStatementSecurity(StatementCase):
    """Who may do what; frozen by every path; nobody is found out (done-when 4)."""

    def _approved(self):
        self._opinions({"score": 0, "comment": "Slow"}, {"score": 100})
        statement = self._quarter()
        self._reply_all(statement)
        return self._approve(statement)

    def test_frozen_by_every_path(self):
        statement = self._approved()
        mine = statement.with_user(self.satisfaction)
        for vals in (
            {"summary": "x"}, {"quarter": "1"}, {"include_historic": True}, {"state": "draft"}, {"is_historic": 1},
        ):
            with self.assertRaises(UserError, msg=vals):
                mine.write(vals)
        for name in ("counted", "target", "is_current", "figures_at", "date_from", "approved_at", "total_id"):
            with self.assertRaises(AccessError, msg=name):
                mine.write({name: False})
        for record in (statement.figure_ids[0], statement.measure_ids[0]):
            with self.assertRaises(AccessError):
                record.with_user(self.satisfaction).write({"verdict": "met"})
            with self.assertRaisesRegex(UserError, "frozen"):
                record.sudo().write({"verdict": "met"})
            with self.assertRaises(AccessError):
                record.with_user(self.satisfaction).unlink()
            with self.assertRaisesRegex(UserError, "frozen"):
                record.sudo().unlink()
        with self.assertRaises(AccessError):
            self.env["quality.satisfaction.figure"].with_user(self.satisfaction).create(
                {"statement_id": statement.id, "breakdown": "total"}
            )
        with self.assertRaisesRegex(UserError, "frozen"):
            self.env["quality.satisfaction.figure"].sudo().create(
                {"statement_id": statement.id, "breakdown": "team", "key": "7"}
            )
        problem = statement.problem_ids.with_user(self.marketing)
        for vals in ({"reply": "Other"}, {"text": "Nothing"}, {"replied_by_id": self.general.id}):
            with self.assertRaises(UserError, msg=vals):
                problem.write(vals)
        with self.assertRaises(UserError):
            problem.unlink()
        with self.assertRaises(UserError):
            mine.unlink()
        with self.assertRaises(UserError):
            statement.evidence_ids.with_user(self.satisfaction).unlink()
        result = self.Statement.with_user(self.satisfaction).load([".id", "summary"], [[str(statement.id), "Forged"]])
        self.assertFalse(result["ids"])
        self.assertFalse(statement.summary)
        with self.assertRaises(UserError):
            mine.action_refresh()
        self.assertEqual(statement.sudo().seal_ids.mapped("validity"), ["valid"])

    def test_not_imported_as_approved(self):
        for vals in ({"state": "approved"}, {"is_historic": True, "state": "approved"}):
            with self.assertRaises(UserError):
                self._quarter(**vals)

    def test_wrong_users(self):
        self._opinions({"score": 0, "comment": "Slow"})
        statement = self._quarter()
        problem = statement.problem_ids
        for user in (self.plain_user, self.portal_user, self.foreign_satisfaction, self.engineer_a):
            for record, methods in (
                (statement, ("action_refresh", "action_submit", "action_open_feedback_counted", "action_download",
                             "action_open_late")),
                (problem, ("action_raise_rectification", "action_raise_improvement", "action_raise_ticket")),
                (statement.figure_ids[0], ("action_open_feedback",)),
            ):
                for method in methods:
                    with self.assertRaises(AccessError, msg=f"{method} as {user.login}"), self.cr.savepoint():
                        getattr(record.with_user(user), method)()
            for method in ("action_cancel", "action_send_back", "action_revise"):
                with self.assertRaises(AccessError, msg=f"{method} as {user.login}"), self.cr.savepoint():
                    getattr(statement.with_user(user), method)("Why")
        for user in (self.marketing, self.inspector, self.general):
            with self.assertRaises(AccessError):
                self._quarter(user=user, quarter="1")
            for method in ("action_refresh", "action_submit"):
                with self.assertRaises(AccessError):
                    getattr(statement.with_user(user), method)()
            with self.assertRaises(AccessError):
                statement.with_user(user).write({"summary": "Mine"})
        self._reply_all(statement)
        with self.assertRaises(UserError):
            statement.with_user(self.inspector).write({"state": "review"})
        statement.action_submit()
        with self.assertRaises(UserError):
            statement.write({"state": "approved"})
        with self.assertRaises(UserError):
            statement.action_approve()

    def test_replies_are_stamped_by_the_system(self):
        self._opinions({"score": 0, "comment": "Slow"})
        problem = self._quarter().problem_ids
        with self.assertRaisesRegex(UserError, "stays as the customer raised it"):
            problem.with_user(self.marketing).write({"reply": "Yes", "replied_by_id": self.general.id})
        problem.with_user(self.inspector).reply = "We look into it."
        self.assertEqual(problem.replied_by_id, self.inspector)
        problem.with_user(self.inspector).reply = " "
        self.assertFalse(problem.replied_by_id or problem.replied_at)

    def test_small_groups(self):
        """Done-when 4: few anonymous answers are shown with others, in the list, in Excel and in the trend."""
        self._opinions(
            *({"score": 100, "region": "East"} for _turn in range(6)),
            {"score": 0, "region": "West", "is_anonymous": True, "comment": "I am the only one here"},
            *({"score": 50, "region": "North"} for _turn in range(4)),
        )
        statement = self._quarter()
        regions = statement.figure_ids.filtered(lambda row: row.breakdown == "region")
        merged = regions.filtered("is_merged")
        self.assertEqual((set(regions.mapped("key")), merged.answers), ({"East", "~"}, 5))
        with self.assertRaisesRegex(UserError, "too small"):
            merged.action_open_feedback()
        [problem] = statement.problem_ids
        self.assertFalse(problem.partner_id or problem.product_id or problem.department_id)
        cells = {
            cell.value for row in openpyxl.load_workbook(statement._workbook())["Opinions"].iter_rows() for cell in row
        }
        self.assertTrue({"East"} <= cells and not {"West", "North"} & cells)
        trend = self.env["quality.satisfaction.trend"].with_user(self.marketing)
        self.assertFalse(trend.search_count([("region", "=", "West")]))
        self.assertEqual(trend.search_count([("company_id", "=", self.company.id), ("satisfied_rate", "=", 0)]), 5)
