import base64
import math
import os
from pathlib import Path

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from ..tools.table import NotATable, read_table, tidy
from .common import SurveyCase

FILE = "sfo_2018_customer_survey.csv"


def data_file(name):
    """Return the bytes of a real file: from the folder in ``QUALITY_DATA``, else ``shared/data`` beside the project."""
    folders = [os.environ.get("QUALITY_DATA"), *(parent / "shared/data" for parent in Path(__file__).resolve().parents)]
    for folder in filter(None, folders):
        if (Path(folder) / name).is_file():
            return (Path(folder) / name).read_bytes()
    raise FileNotFoundError(f"{name}: set QUALITY_DATA to the folder with the real files")


@tagged("post_install", "-at_install")
class TestSurveyImport(SurveyCase):
    """F9, E5: a file of answers becomes answers of a questionnaire, wholly or not at all, once."""

    def setUp(self):
        super().setUp()
        self.survey = self.env["survey.survey"].with_user(self.satisfaction).create(
            {"title": "Passengers", "survey_type": "satisfaction", "access_mode": "token",
             "questions_layout": "one_page", "scoring_type": "no_scoring", "company_id": self.company.id}
        )
        question = self.env["survey.question"].with_user(self.satisfaction)
        self.overall, self.nps, self.food, self.word = question.create(
            [
                {"title": "Overall", "question_type": "scale", "scale_min": 1, "scale_max": 5,
                 "feedback_role": "overall", "survey_id": self.survey.id},
                {"title": "Recommend", "question_type": "scale", "feedback_role": "nps", "survey_id": self.survey.id},
                {"title": "Restaurants", "question_type": "scale", "scale_min": 1, "scale_max": 5,
                 "feedback_role": "dimension", "feedback_subject": "service", "survey_id": self.survey.id},
                {"title": "Airline", "question_type": "char_box", "feedback_role": "segment",
                 "survey_id": self.survey.id},
            ]
        )
        self.mapping = self.env["quality.survey.import"].with_user(self.satisfaction).create(
            {
                "name": "Airport", "survey_id": self.survey.id, "key_column": "RESPNUM",
                "column_ids": [
                    fields.Command.create({"column": "q7all", "question_id": self.overall.id,
                                           "no_answer": "BLANK, 0, 6"}),
                    fields.Command.create({"column": "NETPRO", "question_id": self.nps.id, "no_answer": "11"}),
                ],
            }
        )

    def _run(self, content, user=None, **vals):
        run = self.env["quality.survey.import.run"].with_user(user or self.satisfaction).create(
            {"import_id": self.mapping.id, "file": base64.b64encode(content), "given_on": "2018-05-15", **vals}
        )
        return run.action_import()["params"]["message"]

    def _opinions(self):
        return self.feedback.search([("survey_id", "=", self.survey.id)])

    def test_real_file(self):
        """D15, E5: 2,809 answers; NPS 30.98 of 2,650, satisfied 2,059 of 2,625; again nothing doubles."""
        content = data_file(FILE)
        self.env.flush_all()
        before = self.cr.sql_log_count
        self.assertIn("2809 of 2809", self._run(content, is_historic=True))
        self.env.flush_all()
        queries = self.cr.sql_log_count - before
        self.assertLess(queries / 2809, 0.5, "queries for each answer")
        rows = self._opinions()
        asked = rows.filtered("has_nps")
        promoters = len(asked.filtered(lambda row: row.nps >= 9))
        detractors = len(asked.filtered(lambda row: row.nps <= 6))
        self.assertEqual((len(asked), promoters, detractors), (2650, 1268, 447))
        self.assertEqual(round(100 * (promoters - detractors) / len(asked), 2), 30.98)
        scored = rows.filtered("has_score")
        self.assertEqual((len(scored), len(scored.filtered("is_satisfied"))), (2625, 2059))
        self.assertTrue(math.isclose(2059 / 2625, 0.7844, abs_tol=5e-5))
        self.assertEqual(set(rows.mapped("is_historic")), {True})
        self.assertEqual(set(rows.mapped("state")), {"none"}, "history is not followed up")
        self.assertEqual(self.mapping.answer_count, 2809)
        groups = self.env["survey.user_input.line"].sudo()._read_group(
            [("survey_id", "=", self.survey.id)], ["question_id", "skipped"], ["__count"]
        )
        self.assertEqual(
            {(question, skipped): count for question, skipped, count in groups},
            {(self.overall, False): 2625, (self.overall, True): 184, (self.nps, False): 2650, (self.nps, True): 159},
        )
        self.assertIn("0 of 2809", self._run(content))
        self.assertEqual(len(self._opinions()), len(rows))

    def test_cost(self):
        """F9: a further answer costs less than a tenth of a query: rows are written by the hundred."""
        def cost(total, first):
            lines = "\n".join(f"{first + n},{n % 5 + 1},{n % 11}" for n in range(total))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._run(f"RESPNUM,Q7ALL,NETPRO\n{lines}\n".encode(), is_historic=True)
            self.env.flush_all()
            return self.cr.sql_log_count - before
        cost(5, 10000)
        few, many = cost(50, 20000), cost(500, 30000)
        self.assertLessEqual((many - few) / 450, 0.1)

    def test_errors(self):
        """F9: every wrong row is named, and nothing is imported."""
        content = b"RESPNUM,NETPRO  ,Q7ALL\n1,9,4\n2,12,4\n3,9,x\n1,9,4\n,9,4\n4,9,4.5\n"
        with self.assertRaises(UserError) as caught:
            self._run(content)
        text = str(caught.exception)
        for part in ("Row 3, NETPRO: “12”", "Row 4, q7all: “x”", "Row 5, RESPNUM", "Row 6, RESPNUM", "Row 7, q7all"):
            self.assertIn(part, text)
        self.assertIn("Nothing was imported", text)
        self.assertFalse(self._opinions())
        many = "RESPNUM,NETPRO,Q7ALL\n" + "\n".join(f"{n},99,4" for n in range(80))
        with self.assertRaisesRegex(UserError, "and 30 more"):
            self._run(many.encode())
        with self.assertRaisesRegex(UserError, "no column: NETPRO"):
            self._run(b"RESPNUM,Q7ALL\n1,4\n")
        for broken in (b"", b"\n\n", b"\xff\xfe\x00\x00"):
            with self.assertRaises(UserError):
                self._run(broken)
        with self.assertRaisesRegex(UserError, "future"):
            self._run(b"RESPNUM,NETPRO,Q7ALL\n1,9,4\n", given_on="2999-01-01")

    def test_forms(self):
        """F9: other delimiters and encodings, dates of rows, texts, dimensions, files without a number."""
        self.mapping.write({
            "key_column": False, "date_column": "Datum", "date_format": "%d.%m.%Y",
            "column_ids": [
                fields.Command.create({"column": "Essen", "question_id": self.food.id}),
                fields.Command.create({"column": "航空", "question_id": self.word.id}),
            ],
        })
        content = "Datum;q7ALL ;NetPro;Essen;航空\n13.05.2026;2;11;;国航\n14.05.2026;BLANK;3;5;\n".encode("gb18030")
        self.assertIn("2 of 2", self._run(content))
        first, second = self._opinions().sorted("given_at")
        self.assertEqual((str(first.given_at.date()), first.score, first.has_nps, first.segment),
                         ("2026-05-13", 25, False, "国航"))
        self.assertEqual((second.has_score, second.nps, second.score_ids.score), (False, 3, 100))
        self.assertEqual(second.state, "none", "nobody is known to be called")
        self.assertIn("0 of 2", self._run(content))
        with self.assertRaisesRegex(UserError, "not a date like"):
            self._run("Datum;q7ALL;NetPro;Essen;航空\n2026-05-13;2;11;;\n".encode())

    def test_rights(self):
        """F9, F12: only who manages satisfaction imports; not into anonymous questionnaires."""
        for user in (self.marketing, self.plain_user, self.portal_user):
            with self.assertRaises(AccessError):
                self._run(b"RESPNUM,NETPRO,Q7ALL\n1,9,4\n", user)
        with self.assertRaises(AccessError):
            self._run(b"RESPNUM,NETPRO,Q7ALL\n1,9,4\n", self.foreign_satisfaction)
        with self.assertRaisesRegex(UserError, "not anonymous"):
            self.mapping.survey_id = self.env.ref("quality_survey.survey_loyalty")

    def test_table(self):
        """F9: tables as people have them."""
        self.assertEqual(tidy("NETPRO  "), tidy(" netpro"))
        self.assertEqual(read_table("\ufeffa;b\n1;\"x;y\"\n\n2;z\n".encode()),
                         (["a", "b"], [(2, ["1", "x;y"]), (4, ["2", "z"])]))
        for broken in (b"", b"  \n ", b"a,b\n\0"):
            with self.assertRaises(NotATable):
                read_table(broken)
