from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..tools.days import start_of_day
from .quality_rectification_workflow import ISSUERS


class QualityBulletin(models.Model):
    """The weekly quality bulletin (B2): what was found, what is open, who is late; announced, then discussed."""

    _name = "quality.bulletin"
    _description = "Quality bulletin"
    _inherit = [
        "mail.thread",
        "mail.activity.mixin",
        "quality.step.mixin",
        "quality.evidence.mixin",
        "quality.seal.mixin",
    ]
    _order = "date_from desc, id desc"
    _check_company_auto = True
    _personal_fields = ("reason", "note", "minutes", "attendees")

    name = fields.Char("Number", readonly=True, copy=False, index="trigram", default=lambda self: self.env._("New"))
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company, index=True, readonly=True
    )
    date_from = fields.Date("From", required=True, readonly=True, index=True)
    date_to = fields.Date("To", required=True, readonly=True)
    state = fields.Selection(
        [("draft", "Draft"), ("published", "Published"), ("filed", "Minutes filed")],
        default="draft", required=True, copy=False, index=True, tracking=True,
    )
    figures_at = fields.Datetime("Figures of", readonly=True, copy=False)
    note = fields.Text("Foreword", copy=False, help="Stands above the figures.")
    published_at = fields.Datetime("Published on", readonly=True, copy=False)
    published_by_id = fields.Many2one("res.users", "Published by", readonly=True, copy=False)
    evidence_ids = fields.Many2many(string="Bulletin as PDF and Excel", readonly=True)

    line_ids = fields.One2many("quality.bulletin.line", "bulletin_id", "Departments", readonly=True)
    item_ids = fields.One2many("quality.bulletin.item", "bulletin_id", "Findings and notices", readonly=True)
    finding_ids = fields.One2many(
        "quality.bulletin.item", "bulletin_id", "Findings", domain=[("kind", "=", "finding")], readonly=True
    )
    open_ids = fields.One2many(
        "quality.bulletin.item", "bulletin_id", "Open notices", domain=[("kind", "=", "open")], readonly=True
    )

    # the quality meeting
    meeting_at = fields.Datetime("Quality meeting on", copy=False)
    chair_id = fields.Many2one(
        "res.users", "Chaired by", check_company=True, copy=False, domain="[('share', '=', False)]"
    )
    attendees = fields.Text(copy=False)
    minutes = fields.Html("Minutes of the meeting", copy=False)
    minutes_file_ids = fields.Many2many(
        "ir.attachment", "quality_bulletin_minutes_rel", "bulletin_id", "attachment_id", "Files of the meeting",
        copy=False, bypass_search_access=True,
    )

    _sequence_code = "quality.bulletin"
    _step_activity = "quality_incident.mail_activity_bulletin_step"
    _open_states = ("draft", "published")
    _evidence_fields = ("evidence_ids", "minutes_file_ids")
    _transitions = {
        ("draft", "published"): ("_missing_figures",),
        ("published", "filed"): ("_missing_minutes",),
    }
    _transition_groups = {("draft", "published"): ISSUERS, ("published", "filed"): ISSUERS}
    _stamps = {"published": ("published_by_id", "published_at")}
    _system_fields = frozenset({"figures_at", "published_at", "published_by_id", "evidence_ids", "reason"})
    _next_state = {"draft": "published", "published": "filed"}

    _week_once = models.UniqueIndex("(company_id, date_from)", "This week has a bulletin already.")

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.depends("name", "date_from", "date_to")
    def _compute_display_name(self):
        for bulletin in self:
            bulletin.display_name = f"{bulletin.name} {bulletin.date_from} – {bulletin.date_to}"

    @api.constrains("date_from", "date_to")
    def _check_week(self):
        for bulletin in self:
            if bulletin.date_from.weekday() or bulletin.date_to != bulletin.date_from + timedelta(days=6):
                raise ValidationError(self.env._("A bulletin is about a week, from Monday to Sunday."))

    @api.model_create_multi
    def create(self, vals_list):
        """Create; the figures are read at once, and who is to hear of it follows the bulletin.

        :raises AccessError: the user may not publish bulletins
        """
        self._check_role(ISSUERS)
        self._number(vals_list)
        bulletins = super().create(vals_list)
        bulletins._read_figures()
        for bulletin in bulletins:
            bulletin.message_subscribe(bulletin._readers().partner_id.ids)
        bulletins._assign_next_step()
        return bulletins

    def write(self, vals):
        if vals.keys() - set(self._never_frozen):
            self._check_role(ISSUERS)
        if vals.get("state") == "published":
            # By whatever path it is published: the figures are read a last time.
            self.filtered(lambda bulletin: bulletin.state == "draft")._read_figures()
        return super().write(vals)

    @api.model
    def _frozen_fields(self, state):
        if state == "filed":
            return self._every_field() | {"name", "company_id"}
        frozen = {"name", "company_id", "date_from", "date_to"}
        return frozenset(frozen | {"note"} if state == "published" else frozen)

    def _evidence_file_locked(self, file):
        """The bulletin is fixed when it is published, the files of the meeting when the minutes are filed."""
        return self.state == "filed" or (self.state == "published" and file in self.evidence_ids)

    def _personal_documents(self):
        return self

    def _personal_reference(self):
        return self.name

    def _span(self):
        """Return the first moment of the week and the first after it, as naive UTC."""
        self.ensure_one()
        end = self.date_to + timedelta(days=1)
        return start_of_day(self.date_from, self.company_id), start_of_day(end, self.company_id)

    def _readers(self):
        """Return who gets the bulletin: the heads of the departments, and those the company names."""
        departments = self.env["hr.department"].sudo().search([("company_id", "=", self.company_id.id)])
        heads = departments.manager_id.user_id.filtered("active")
        return heads | self.sudo().company_id.quality_bulletin_user_ids

    # ------------------------------------------------------------------
    # Steps
    # ------------------------------------------------------------------

    def _missing_figures(self):
        return [] if self.figures_at else [self.env._("The figures: refresh them")]

    def _missing_minutes(self):
        missing = [] if self.meeting_at else [self.env._("When the quality meeting was")]
        if not self.chair_id:
            missing.append(self.env._("Who chaired it"))
        if not (self.minutes or "").strip() and not self.minutes_file_ids:
            missing.append(self.env._("The minutes, written or as a file"))
        return missing

    def _next_people(self):
        if self.state == "draft":
            people = self._role_users("quality_incident.group_quality_inspector")
            people |= self._role_users("quality_incident.group_quality_manager")
            return people, self.env._("Look over the bulletin and publish it")
        return None

    def _after_transition(self, origins, target):
        if target == "published":
            self.sudo()._announce()
        elif target == "filed":
            for bulletin in self.sudo():
                bulletin._seal("minutes")
        self._assign_next_step()
        return super()._after_transition(origins, target)

    def action_refresh(self):
        """Read the figures again while the bulletin is a draft.

        :raises AccessError: the user may not publish bulletins
        :raises UserError: it is published
        """
        self._check_role(ISSUERS)
        self.check_access("write")
        self._check_transition_known("published")
        self._read_figures()
        return True

    def action_publish(self):
        """Publish: the figures are read a last time and fixed, and the followers get the bulletin (B2).

        :raises AccessError: the user may not publish bulletins
        :raises UserError: it is published already
        """
        self._check_role(ISSUERS)
        return self._take_step("published")

    def action_file_minutes(self):
        """File the minutes of the quality meeting: they are sealed and fixed (B2).

        :raises UserError: listing what the minutes lack
        """
        return self._take_step("filed")

    def _seal_content(self, purpose):
        return {
            "number": self.name,
            "week": [str(self.date_from), str(self.date_to)],
            "meeting": str(self.meeting_at),
            "chair": self.chair_id.name,
            "attendees": self.attendees or "",
            "minutes": self.minutes or "",
            "files": sorted(f"{file.name} {file.checksum}" for file in self.minutes_file_ids | self.evidence_ids),
        }


class QualitySeal(models.Model):
    _inherit = "quality.seal"

    purpose = fields.Selection(
        selection_add=[("minutes", "Minutes of the quality meeting")], ondelete={"minutes": "cascade"}
    )


class ResCompany(models.Model):
    _inherit = "res.company"

    quality_bulletin_user_ids = fields.Many2many(
        "res.users", "quality_bulletin_user_rel", "company_id", "user_id", "Readers of the quality bulletin",
        domain="[('share', '=', False)]", help="Besides the heads of departments.",
    )


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    quality_bulletin_user_ids = fields.Many2many(related="company_id.quality_bulletin_user_ids", readonly=False)
