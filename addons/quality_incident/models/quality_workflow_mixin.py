from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError


class QualityWorkflowMixin(models.AbstractModel):
    """The one way a state changes (DESIGN.md §2).

    A model declares its workflow as data::

        _transitions = {("plan", "executing"): ("_check_plan_approved",), ...}
        _transition_groups = {("plan", "executing"): "quality_incident.group_quality_technical_lead"}

    A guard is a method on one record that returns the list of what is missing (empty when nothing is).
    ``create`` and ``write`` pass through this table whatever the caller: button, import, RPC, other module.
    There is no context key to skip it. Only a manager's import of history (``is_historic``) starts elsewhere.
    """

    _name = "quality.workflow.mixin"
    _description = "Guarded state changes"

    _transitions = {}
    _transition_groups = {}
    #: group whose members may import history straight into a later state
    _historic_group = "quality_incident.group_quality_manager"
    #: states in which the lines of a document may change, unless the line says otherwise
    _open_states = ()
    #: states in which a record may still be deleted; a numbered document never
    _deletable_states = ()
    #: fields that only the system writes, after the public method that leads there has checked its user
    _system_fields = frozenset()
    #: {state: (field of the user, field of the time)} stamped on entering the state, by whatever path
    _stamps = {}
    #: fields that stay writable in every state
    _never_frozen = (
        "message_follower_ids",
        "message_ids",
        "activity_ids",
        "message_main_attachment_id",
        "access_token",
    )

    is_historic = fields.Boolean(
        "Historic",
        readonly=True,
        copy=False,
        help="Imported from before this system. Starts no clock, asks no approval, notifies nobody, for ever.",
    )

    # ------------------------------------------------------------------
    # CRUD
    # ------------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        initial = self._initial_state()
        for vals in vals_list:
            if vals.get("is_historic"):
                self._check_may_import_history()
                continue
            self._check_system_fields(vals)
            if vals.get("state", initial) != initial:
                raise UserError(
                    self.env._(
                        "A new %(document)s starts as “%(initial)s”; it cannot be created as “%(state)s”. "
                        "Create it first, then take it through its steps.",
                        document=self._description.lower(),
                        initial=self._state_label(initial),
                        state=self._state_label(vals["state"]),
                    )
                )
        own = self._own_defaults()
        records = super().create([{**own, **vals} for vals in vals_list])
        records.filtered("is_historic")._check_history()
        return records

    def write(self, vals):
        """Write; a change of ``state`` is checked against the transition table, frozen fields are refused.

        :raises UserError: unknown transition, or everything the guards found missing, or a frozen field
        :raises AccessError: the user's groups do not allow the transition, or a field is the system's own
        """
        if "is_historic" in vals:
            raise UserError(self.env._("“Historic” is decided when a record is imported and never changes afterwards."))
        # F12: what is tracked is not the caller's to switch off; Odoo's import screen asks for it
        self = self.with_context(tracking_disable=False, mail_notrack=False)  # noqa: PLW0642
        self._check_system_fields(vals)
        self._check_frozen_fields(vals)
        if "state" not in vals:
            return super().write(vals)
        target, rest = vals["state"], {name: value for name, value in vals.items() if name != "state"}
        moving = self.filtered(lambda record: record.state != target)
        moving._check_transition_known(target)
        moving._check_transition_groups(target)
        # The rest first, so that guards judge the facts as they will be; the state only once they hold.
        result = super().write(rest) if rest else True
        for record in moving:
            record._check_transition_guards(target)
        origins = {record: record.state for record in moving}
        if moving:
            result = super(QualityWorkflowMixin, moving).write({"state": target})
            moving._stamp(target)
            moving._after_transition(origins, target)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_numbered(self):
        for record in self:
            if record.state not in self._deletable_states:
                raise UserError(
                    self.env._(
                        "%(name)s stays in the register. Cancel it with a reason instead of deleting it.",
                        name=record.display_name,
                    )
                )

    # ------------------------------------------------------------------
    # The table
    # ------------------------------------------------------------------

    @api.model
    def _initial_state(self):
        """Return the state every new record starts in: the first one of the selection."""
        return self._fields["state"].selection[0][0]

    @api.model
    def _state_label(self, state):
        return dict(self._fields["state"]._description_selection(self.env)).get(state, state)

    def _take_step(self, target):
        """Take these records to ``target``; unlike a plain write this refuses those that are there already.

        :raises UserError: a record is not where the step begins, or something is missing
        :raises AccessError: the user's groups do not allow the step
        """
        self._check_transition_known(target)
        self.write({"state": target})
        return True

    def _stamp(self, target):
        if target in self._stamps:
            user_field, time_field = self._stamps[target]
            self.sudo().write({user_field: self.env.uid, time_field: fields.Datetime.now()})

    def _after_transition(self, origins, target):
        """Hook: act on records that just moved. ``origins`` maps each to the state it came from."""

    def _line_changed(self):
        """Hook: a line of these documents was added, changed or removed."""

    def _check_transition_known(self, target):
        for record in self:
            if (record.state, target) not in self._transitions:
                raise UserError(
                    self.env._(
                        "%(name)s cannot go from “%(origin)s” to “%(target)s”.",
                        name=record.display_name,
                        origin=self._state_label(record.state),
                        target=self._state_label(target),
                    )
                )

    def _check_transition_groups(self, target):
        if self.env.su:  # the system acts only after a public method has checked its user
            return
        for record in self:
            groups = record._transition_groups_for(target)
            if groups and not self.env.user.has_groups(groups):
                raise AccessError(
                    self.env._(
                        "Only %(roles)s may take %(name)s from “%(origin)s” to “%(target)s”.",
                        roles=self._group_names(groups),
                        name=record.display_name,
                        origin=self._state_label(record.state),
                        target=self._state_label(target),
                    )
                )

    def _transition_groups_for(self, target):
        """Return the comma-separated groups that may take this record to ``target``; empty when anybody may."""
        return self._transition_groups.get((self.state, target))

    def _check_transition_guards(self, target):
        missing = self._missing_for(target)
        if missing:
            raise UserError(
                self.env._(
                    "%(name)s cannot become “%(target)s” yet. Missing:\n%(missing)s",
                    name=self.display_name,
                    target=self._state_label(target),
                    missing="\n".join(f"• {item}" for item in missing),
                )
            )

    def _missing_for(self, target):
        """Return what the guards of the step from the present state to ``target`` find missing, as a list of texts."""
        self.ensure_one()
        guards = self._transitions.get((self.state, target), ())
        return [item for guard in guards for item in getattr(self, guard)()]

    # ------------------------------------------------------------------
    # Freezing
    # ------------------------------------------------------------------

    @api.model
    def _frozen_fields(self, state):
        """Hook: return the names of the fields nobody may change in ``state``."""
        return frozenset()

    @api.model
    def _every_field(self):
        """Return the names of all fields a user could enter, for states in which everything is frozen."""
        return frozenset(
            name
            for name, field in self._fields.items()
            if name not in models.MAGIC_COLUMNS
            and name != "state"
            and (not field.compute or (field.store and not field.readonly))
        )

    @api.model
    def _check_system_fields(self, vals):
        names = self._system_fields & vals.keys()
        if names and not self.env.su:
            raise AccessError(
                self.env._(
                    "%(fields)s is set by the system when the step that leads there is taken; it cannot be entered.",
                    fields=", ".join(sorted(self._fields[name]._description_string(self.env) for name in names)),
                )
            )

    def _check_frozen_fields(self, vals):
        keys = vals.keys() - self._system_fields - set(self._never_frozen)
        for record in self:
            frozen = self._frozen_fields(record.state) & keys
            changed = [name for name in frozen if record._would_change(name, vals[name])]
            if changed:
                raise UserError(
                    self.env._(
                        "%(name)s is “%(state)s”: %(fields)s can no longer be changed.",
                        name=record.display_name,
                        state=self._state_label(record.state),
                        fields=", ".join(sorted(self._fields[name]._description_string(self.env) for name in changed)),
                    )
                )

    def _would_change(self, name, value):
        """Return whether writing ``value`` changes field ``name``; forms send unchanged values along."""
        field = self._fields[name]
        if field.type in ("one2many", "many2many"):
            return bool(value)
        return field.convert_to_cache(value, self) != field.convert_to_cache(self[name], self)

    # ------------------------------------------------------------------
    # Helpers
    # ------------------------------------------------------------------

    @api.model
    def _own_defaults(self):
        """Return the defaults of the fields that the workflow decides.

        They are named outright on creation: Odoo would otherwise take them from ``default_…`` in the context or from
        a default that the user stored, and both come from the caller.
        """
        own = {"state": self._initial_state(), "is_historic": False}
        for name in self._system_fields:
            field = self._fields[name]
            if not field.compute:
                value = field.default(self) if field.default else False
                own[name] = value.id if isinstance(value, models.BaseModel) else value
        return own

    def _check_history(self):
        """Hook: refuse historic records that are not what history looks like here."""

    @api.model
    def _may_import_history(self):
        """Return whether the user may import records straight into a later state."""
        return self.env.user.has_group(self._historic_group)

    @api.model
    def _check_may_import_history(self):
        if not self._may_import_history():
            raise AccessError(self.env._("Only a manager may import historic records."))

    @api.model
    def _group_names(self, groups):
        """Return the readable names of comma-separated group ids, for messages."""
        records = [self.env.ref(xmlid.strip(), raise_if_not_found=False) for xmlid in groups.split(",")]
        return ", ".join(group.sudo().name for group in records if group)

    @api.model
    def _check_role(self, groups):
        """Raise AccessError unless the user is in one of the comma-separated ``groups``; guards public methods."""
        if not self.env.su and not self.env.user.has_groups(groups):
            raise AccessError(self.env._("This step is reserved for: %(roles)s.", roles=self._group_names(groups)))
