from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, tagged

from .rectification_common import RectificationCase


@tagged("post_install", "-at_install")
class TestCockpit(RectificationCase):
    """F8: every figure of the cockpit is the number of records it opens."""

    def _figures(self, user=None, **filters):
        """Return the panels by key as ``user`` (the chief engineer unless given) gets them."""
        self.env.flush_all()
        cockpit = self.env["quality.cockpit"].with_user(user or self.chief)
        cockpit = cockpit.with_context(allowed_company_ids=cockpit.env.user.company_id.ids)
        return {panel["key"]: panel for panel in cockpit.get_figures(**filters)["panels"]}

    def _reported(self, days=0, **vals):
        incident = self._make_incident(**vals)
        incident.with_user(self.reporter).action_report()
        incident.sudo().reported_at = fields.Datetime.now() - timedelta(days=days)
        return incident

    def _opened(self, figure):
        """Return the records that a figure opens."""
        action = figure["action"]
        return self.env[action["res_model"]].with_user(self.chief).search(action["domain"])

    def _count(self, panel, label):
        return {figure["label"]: figure["value"] for figure in panel["figures"]}.get(label, 0)

    def test_every_count_opens_its_records(self):
        before = self._figures()
        for days in (0, 7, 8, 30, 31, 60, 61, 90, 91):
            self._reported(days)
        self._reported(3, project_id=False, cause_category_id=self.cause.id)
        notice = self._drive(self._make_notice(), "issued")
        notice.sudo().deadline_ids.write({"due_at": fields.Datetime.now() - timedelta(hours=1)})
        panels = self._figures()
        gained = [
            new["value"] - old["value"]
            for new, old in zip(
                panels["ageing"]["series"][0]["figures"], before["ageing"]["series"][0]["figures"], strict=True
            )
        ]
        self.assertEqual(gained, [3, 2, 2, 2, 1])
        self.assertEqual(panels["tiles"]["figures"][0]["value"] - before["tiles"]["figures"][0]["value"], 1)
        self.assertEqual(panels["tiles"]["figures"][4]["value"] - before["tiles"]["figures"][4]["value"], 1)
        counted = [
            *panels["tiles"]["figures"], *panels["ageing"]["series"][0]["figures"],
            *panels["ageing"]["series"][1]["figures"], *panels["pareto"]["figures"],
            *panels["projects"]["figures"], *panels["departments"]["figures"], *panels["repeats"]["figures"],
        ]
        for figure in counted:
            self.assertEqual(len(self._opened(figure)), figure["value"], figure["label"])
        for figure in panels["costs"]["figures"]:
            self.assertEqual(len(self._opened(figure)), figure["count"], figure["label"])

    def test_pareto_ends_with_what_is_not_known(self):
        self._reported(cause_category_id=self.cause.id)
        self._reported()
        figures = self._figures()["pareto"]["figures"]
        self.assertIsNone(figures[-1]["share"])
        self.assertEqual(figures[-2]["share"], 100)

    def test_filters(self):
        project = self.env["project.project"].create({"name": "Bridge", "company_id": self.company.id})
        self._reported(project_id=project.id, responsible_department_id=self.department_a.id)
        old = self._reported(100, project_id=project.id, responsible_department_id=self.department_b.id)
        panels = self._figures(project_id=project.id)
        self.assertEqual([figure["value"] for figure in panels["projects"]["figures"]], [2])
        self.assertEqual(self._count(panels["departments"], "Works"), 1)
        panels = self._figures(project_id=project.id, months=1)
        self.assertEqual([figure["value"] for figure in panels["projects"]["figures"]], [1])
        self.assertEqual(panels["ageing"]["series"][0]["figures"][4]["value"], 1, "Open is open, however old")
        parent = self.env["hr.department"].create({"name": "Site", "company_id": self.company.id})
        self.department_b.parent_id = parent
        panels = self._figures(project_id=project.id, department_id=parent.id)
        self.assertEqual(self._opened(panels["projects"]["figures"][0]), old)

    def test_cost_of_poor_quality(self):
        """The actual loss once known, the estimated one until then, nothing where there was none."""
        project = self.env["project.project"].create({"name": "Bridge", "company_id": self.company.id})
        incident = self._reported(project_id=project.id, estimated_loss=5000)
        self._reported(project_id=project.id, estimated_loss=700, no_loss=True)
        self.assertEqual(self._figures(project_id=project.id)["costs"]["total"], 5000)
        incident.sudo().actual_loss = 4200
        self.assertEqual(self._figures(project_id=project.id)["costs"]["total"], 4200)

    def test_what_breaks_next_is_sorted(self):
        self._drive(self._make_notice(), "issued")
        figures = self._figures()["deadlines"]["figures"]
        self.assertEqual(figures, sorted(figures, key=lambda figure: (figure["value"], figure["id"])))
        self.assertLessEqual(len(figures), 8)

    def test_repeated_clauses(self):
        for _turn in range(2):
            self._drive(self._make_notice(), "issued")
        self.assertEqual(self._count(self._figures()["repeats"], "GB 50204 5.5.2"), 1)

    def test_wrong_users(self):
        for user in (self.reporter, self.plain_user, self.portal_user):
            with self.assertRaisesRegex(AccessError, "reserved"):
                self._figures(user)

    def test_other_company_sees_nothing_of_ours(self):
        self._reported()
        panels = self._figures(self.foreign_manager)
        self.assertEqual([figure["value"] for figure in panels["tiles"]["figures"]], [0] * 5)
        self.assertFalse(panels["projects"]["figures"])

    def test_bad_filters(self):
        for filters in ({"months": 7}, {"project_id": "1"}, {"department_id": [1]}):
            with self.assertRaisesRegex(UserError, "looks back"):
                self._figures(**filters)

    def test_constant_queries(self):
        """As many queries for ten times as many records."""
        self._reported()
        self._drive(self._make_notice(), "issued")
        self._figures()
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        self._figures()
        few = self.env.cr.sql_log_count - start
        for _turn in range(9):
            self._reported(project_id=self.project.copy({"company_id": self.company.id}).id)
            self._drive(self._make_notice(), "issued")
        self.env.invalidate_all()
        start = self.env.cr.sql_log_count
        self._figures()
        self.assertLessEqual(self.env.cr.sql_log_count - start, few)


@tagged("post_install", "-at_install")
class TestCockpitTour(HttpCase, RectificationCase):
    """F8: the cockpit in the browser."""

    browser_size = "1366x900"

    def test_cockpit(self):
        incident = self._make_incident()
        incident.with_user(self.reporter).action_report()
        self._drive(self._make_notice(), "issued")
        self.start_tour("/odoo/quality-cockpit", "quality_incident_cockpit", login=self.chief.login, timeout=120)
