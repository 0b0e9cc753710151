from datetime import datetime, time, timedelta

import pytz
from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.days import zone_of

WEEKDAYS = [
    ("0", "Monday"),
    ("1", "Tuesday"),
    ("2", "Wednesday"),
    ("3", "Thursday"),
    ("4", "Friday"),
    ("5", "Saturday"),
    ("6", "Sunday"),
]


class QualityInspectionPlan(models.Model):
    """Who inspects what, how often (B1): by default every Saturday at nine, with all heads of departments."""

    _name = "quality.inspection.plan"
    _description = "Inspection plan"
    _inherit = ["mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char("Title", required=True, tracking=True)
    company_id = fields.Many2one("res.company", required=True, index=True, default=lambda self: self.env.company)
    active = fields.Boolean(default=True, tracking=True)
    template_id = fields.Many2one(
        "quality.inspection.template",
        "Kind of site",
        required=True,
        ondelete="restrict",
        check_company=True,
        index=True,
    )
    project_id = fields.Many2one("project.project", index="btree_not_null", check_company=True)
    location = fields.Char(help="Part of the works or place on the site.")
    department_id = fields.Many2one(
        "hr.department",
        "Inspected department",
        index="btree_not_null",
        check_company=True,
        help="Notices about deficiencies go there.",
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Inspected outside party",
        index="btree_not_null",
        check_company=True,
        help="Contractor or supplier that notices about deficiencies go to.",
    )
    inspector_id = fields.Many2one(
        "res.users",
        "Quality inspector",
        required=True,
        index=True,
        check_company=True,
        tracking=True,
        domain="[('share', '=', False)]",
    )
    participant_ids = fields.Many2many(
        "res.users",
        "quality_inspection_plan_user_rel",
        "plan_id",
        "user_id",
        "Participants",
        domain="[('share', '=', False)]",
    )
    invite_heads = fields.Boolean("Invite all heads of departments", default=True)

    # when
    interval = fields.Integer("Every", default=1, required=True, help="Weeks from one inspection to the next.")
    weekday = fields.Selection(WEEKDAYS, default="5", required=True, tracking=True)
    hour = fields.Float("Time", default=9.0, required=True, help="Where the company works.", tracking=True)
    first_date = fields.Date("From", required=True, default=fields.Date.context_today)
    days_ahead = fields.Integer("Created ahead", default=7, required=True, help="Days before it takes place.")
    grace_hours = fields.Integer(
        "Missed after", default=24, required=True, help="Hours after its time in which it may still be begun."
    )
    scheduled_until = fields.Datetime(readonly=True, copy=False, export_string_translation=False)
    inspection_ids = fields.One2many("quality.inspection", "plan_id", "Inspections")
    next_at = fields.Datetime("Next inspection", compute="_compute_next_at")

    _times_make_sense = models.Constraint(
        "CHECK (interval >= 1 AND hour >= 0 AND hour < 24 AND days_ahead BETWEEN 0 AND 365 AND grace_hours >= 0)",
        "An inspection takes place every week or less often, at an hour of the day, created at most a year ahead.",
    )
    _one_party = models.Constraint(
        "CHECK (department_id IS NULL OR partner_id IS NULL)",
        "An inspection looks at a department of your own or at an outside party, not at both.",
    )

    @api.depends("interval", "weekday", "hour", "first_date", "company_id")
    def _compute_next_at(self):
        now = fields.Datetime.now()
        for plan in self:
            coming = plan._occurrences(now, now + timedelta(weeks=(plan.interval or 1) + 1))
            later = plan.first_date and plan._occurrences(
                now, datetime.combine(plan.first_date, time.min) + timedelta(weeks=2)
            )
            plan.next_at = next(iter(coming or later or []), False)

    @api.constrains("inspector_id", "company_id")
    def _check_inspector(self):
        for plan in self:
            if not plan.inspector_id.has_group("quality_incident.group_quality_staff"):
                raise ValidationError(
                    self.env._("%s is not quality staff and cannot hold an inspection.", plan.inspector_id.name)
                )

    def _occurrences(self, since, until):
        """Return the moments (naive UTC) after ``since`` and not after ``until`` at which this plan wants one.

        The hour is that of the clock where the company works, in summer time as in winter.
        """
        self.ensure_one()
        if not (self.weekday and self.first_date and self.interval):
            return []
        zone = zone_of(self.company_id)
        day = self.first_date + timedelta(days=(int(self.weekday) - self.first_date.weekday()) % 7)
        step = timedelta(weeks=self.interval)
        day += step * max(0, (since.date() - day).days // step.days - 1)
        clock = time(int(self.hour), round(self.hour % 1 * 60) % 60)
        moments = []
        while True:
            local = zone.normalize(zone.localize(datetime.combine(day, clock)))
            moment = local.astimezone(pytz.utc).replace(tzinfo=None)
            if moment > until:
                return moments
            if moment > since:
                moments.append(moment)
            day += step

    def _people(self):
        """Return the participants: those named, and the heads of the company's departments when they are invited."""
        self.ensure_one()
        heads = self.env["res.users"]
        if self.invite_heads:
            departments = self.env["hr.department"].sudo().search([("company_id", "=", self.company_id.id)])
            heads = departments.manager_id.user_id.filtered("active")
        return (self.participant_ids | heads) - self.inspector_id

    def action_open_inspections(self):
        """Return the action that shows the inspections of this plan."""
        self.ensure_one()
        self.check_access("read")
        return {
            **self.env["ir.actions.act_window"]._for_xml_id("quality_incident.quality_inspection_action"),
            "domain": [("plan_id", "=", self.id)],
            "context": {},
        }
