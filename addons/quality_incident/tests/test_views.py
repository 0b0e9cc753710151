import re

from lxml import etree
from odoo.fields import Command, Domain
from odoo.tests import Form, tagged
from odoo.tools.safe_eval import datetime as safe_datetime
from odoo.tools.safe_eval import safe_eval

from .common import QualityCase

MODULE = "quality_incident"
RELATIONS = ("many2one", "one2many", "many2many", "reference")


@tagged("post_install", "-at_install")
class TestViews(QualityCase):
    """Every screen of the addon opens for every role that can see it, empty and filled (F11, F12, A3 to A13)."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = (cls.reporter, cls.lead, cls.inspector, cls.engineer, cls.chief, cls.manager)
        cls.incident = cls._filled_incident()

    @classmethod
    def _filled_incident(cls):
        """Return a major incident, almost closed, that has lines of every kind; and one in each state before."""
        case = cls()
        incident = case._make_incident(grade="major", self_handled=True, evidence_ids=cls._evidence(cls.reporter))
        case._drive(incident, "analysis")
        determination = (
            cls.env["quality.determination"]
            .with_user(cls.engineer)
            .create(
                {
                    "incident_id": incident.id,
                    "method": "test",
                    "nature": "Honeycombs",
                    "test_ids": [
                        Command.create(
                            {
                                "name": "Strength",
                                "required_value": "30",
                                "measured_value": "26",
                                "laboratory_id": cls.expert.id,
                            }
                        )
                    ],
                }
            )
        )
        determination.action_confirm()
        case._drive(incident, "closing")
        case._settle(incident)
        for state in ("reported", "verified", "plan", "executing", "acceptance", "closed"):
            case._drive(case._make_incident(title=f"A minor one, {state}"), state)
        return incident

    # ------------------------------------------------------------------
    # What there is
    # ------------------------------------------------------------------

    def _of_module(self, model):
        """Return the records of ``model`` that the addon defines."""
        ids = self.env["ir.model.data"].search([("module", "=", MODULE), ("model", "=", model)]).mapped("res_id")
        return self.env[model].browse(ids).exists()

    def _views(self, *kinds):
        views = self._of_module("ir.ui.view").filtered(lambda view: view.type in kinds and view.mode == "primary")
        return views.filtered(lambda view: view.model in self.env)

    def _is_line(self, model):
        return hasattr(self.env[model], "_document_states")

    def _roles_with(self, model, right):
        return [user for user in self.roles if self.env[model].with_user(user).has_access(right)]

    def _context(self, action, user):
        return safe_eval(action.context or "{}", {"uid": user.id, "active_id": self.incident.id})

    # ------------------------------------------------------------------
    # Forms
    # ------------------------------------------------------------------

    def test_every_form_opens_on_a_record(self):
        """Each form reads, with its lines, what a role may read."""
        opened = set()
        for view in self._views("form"):
            for user in self._roles_with(view.model, "read"):
                record = self.env[view.model].with_user(user).search([], limit=1)
                if not record:
                    continue
                with self.subTest(view=view.xml_id, user=user.login):
                    Form(record, view=view)
                    opened.add(view.model)
        lines = {field.comodel_name for field in self.incident._fields.values() if field.type == "one2many"}
        expected = {name for name in lines & set(self._views("form").mapped("model")) if self._is_line(name)}
        self.assertFalse(expected - opened, "no record to open")

    def test_every_form_opens_empty(self):
        """Each form offers a new record, with its defaults, to a role that may create one."""
        for view in self._views("form"):
            model = self.env[view.model]
            if model._abstract:
                continue
            context = {"default_incident_id": self.incident.id} if "incident_id" in model._fields else {}
            for user in self._roles_with(view.model, "create"):
                with self.subTest(view=view.xml_id, user=user.login):
                    Form(model.with_user(user).with_context(**context), view=view)

    def test_a_reporter_reads_what_is_reported(self):
        """F2: the form offers to enter what the server takes from this user, and nothing else."""
        drafted = self._make_incident(title="Still a draft")
        for user, incident, title, occurred_at in (
            (self.reporter, drafted, True, True),
            (self.reporter, self.incident, False, False),
            (self.inspector, self.incident, True, False),
            (self.manager, self.incident, True, True),
        ):
            with self.subTest(user=user.login, state=incident.state):
                form = Form(incident.with_user(user))
                for name, editable in (("title", title), ("occurred_at", occurred_at)):
                    if editable:
                        form[name] = form[name]
                    else:
                        with self.assertRaisesRegex(AssertionError, "readonly"):
                            form[name] = form[name]

    # ------------------------------------------------------------------
    # Menus and what they open
    # ------------------------------------------------------------------

    def test_every_action_opens_for_every_role(self):
        """The views an action names load, and their first page of records with them."""
        for action in self._of_module("ir.actions.act_window"):
            for user in self._roles_with(action.res_model, "read"):
                with self.subTest(action=action.xml_id, user=user.login):
                    self._open(action, user)

    def test_every_menu_leads_somewhere(self):
        """A menu a role sees opens something this role may read."""
        for user in self.roles:
            visible = self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for menu in self._of_module("ir.ui.menu"):
                if menu.id in visible and menu.action and menu.action._name == "ir.actions.act_window":
                    with self.subTest(menu=menu.complete_name, user=user.login):
                        self.env[menu.action.res_model].with_user(user).check_access("read")

    def _open(self, action, user):
        model = self.env[action.res_model].with_user(user).with_context(**self._context(action, user))
        answer = model.get_views(
            [*((view_id or False, kind) for view_id, kind in action.views), (action.search_view_id.id, "search")],
            {"action_id": action.id, "toolbar": True, "load_filters": True},
        )
        domain = safe_eval(action.domain or "[]", {"uid": user.id, "active_id": self.incident.id})
        for kind, view in answer["views"].items():
            show = getattr(self, f"_show_{kind}", None)
            if show:
                show(model, etree.fromstring(view["arch"]), domain)

    # ------------------------------------------------------------------
    # What the web client asks for to draw a view
    # ------------------------------------------------------------------

    def _specification(self, model, arch):
        """Return what the client reads for the fields of ``arch``."""
        names = {node.get("name") for node in arch.xpath(".//field[not(ancestor::field)]")}
        names |= {node.get("name") for node in arch.xpath(".//groupby")}
        return {
            name: {"fields": {"display_name": {}}} if model._fields[name].type in RELATIONS else {} for name in names
        }

    def _show_list(self, model, arch, domain):
        model.web_search_read(domain, self._specification(model, arch), limit=80, count_limit=10001)
        if arch.get("default_group_by"):
            self._group(model, domain, arch.get("default_group_by"), self._specification(model, arch))

    def _show_kanban(self, model, arch, domain):
        self._show_list(model, arch, domain)

    def _show_calendar(self, model, arch, domain):
        names = {node.get("name") for node in arch.xpath(".//field")} | {arch.get("date_start")}
        names |= {arch.get(name) for name in ("date_stop", "color") if arch.get(name)}
        model.search_read(domain, list(names), limit=80)

    def _show_activity(self, model, arch, domain):
        self.env["mail.activity"].with_user(model.env.user).get_activity_data(model._name, domain, limit=80)

    def _show_graph(self, model, arch, domain):
        groups = [
            node.get("name") + (f":{node.get('interval')}" if node.get("interval") else "")
            for node in arch.xpath("./field[not(@type='measure')]")
        ]
        model.formatted_read_group(domain, groups, ["__count"])

    def _show_pivot(self, model, arch, domain):
        self._show_graph(model, arch, domain)

    def _show_search(self, model, arch, domain):
        """Apply every filter, search in every field, group by everything on offer."""
        scope = {
            "uid": model.env.uid,
            "context_today": safe_datetime.date.today,
            "datetime": safe_datetime,
            "self": "x",
            "raw_value": "x",
        }
        for node in arch.xpath("//filter[@domain]"):
            model.search_count(Domain(domain) & Domain(safe_eval(node.get("domain"), scope)))
        for node in arch.xpath("//field[@name]"):
            found = safe_eval(node.get("filter_domain", "[]"), scope)
            model.search_count(Domain(domain) & Domain(found or [(node.get("name"), "ilike", "x")]))
        for node in arch.xpath("//filter[@context]"):
            group = safe_eval(node.get("context"), scope).get("group_by")
            if group:
                self._group(model, domain, group, {"display_name": {}})

    def _group(self, model, domain, group, specification):
        model.web_read_group(
            domain, [group], ["__count"], limit=80, auto_unfold=True, unfold_read_specification=specification
        )

    def test_cards_read_what_they_show(self):
        """A card that asks for a field its view does not read would break in the browser only."""
        for view in self._views("kanban"):
            arch = etree.fromstring(self.env[view.model].get_view(view.id, "kanban")["arch"])
            asked = set(re.findall(r"\brecord\.(\w+)\.", etree.tostring(arch, encoding="unicode")))
            read = {node.get("name") for node in arch.xpath("//field")}
            self.assertFalse(asked - read, view.xml_id)

    def test_the_board_starts_with_what_waits(self):
        """F11: a column for each step an incident waits in; drafts and what is over only when there are any."""
        self.env["quality.incident"].search([("state", "=", "draft")]).unlink()
        board = self.env["quality.incident"].with_user(self.chief).with_context(read_group_expand=True)
        groups = board.web_read_group(
            [("state", "not in", ("closed", "cancelled"))],
            ["state"],
            ["__count"],
            auto_unfold=True,
            unfold_read_specification={"display_name": {}},
        )["groups"]
        self.assertEqual(
            [group["state"] for group in groups],
            ["reported", "verified", "analysis", "plan", "executing", "acceptance", "closing"],
        )

    def test_lines_are_called_by_labels(self):
        """Refusals name a line as the screen does, not by the key of a selection."""
        accepted = f"{self.incident.name}: 1 · Reworked or replaced: inspected again, conforms"
        for line, label in (
            (self.incident.fact_ids[0], "The cause is found"),
            (self.incident.determination_ids, "Inspection and test"),
            (self.incident.acceptance_ids, accepted),
        ):
            self.assertEqual(line.with_user(self.inspector).display_name, label)
