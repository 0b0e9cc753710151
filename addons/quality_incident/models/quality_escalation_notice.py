from collections import defaultdict

import pytz
from odoo import api, models
from odoo.tools import format_date, format_time


class QualityEscalationNotice(models.Model):
    """Whom a rung of the ladder tells, and what they read."""

    _inherit = "quality.escalation"

    # ------------------------------------------------------------------
    # Whom
    # ------------------------------------------------------------------

    @api.model
    def _recipients(self, shots):
        """Return ``{(deadline, rule): active internal users to tell}``; never nobody, as long as there is a manager.

        :param shots: list of (deadline, rule)
        """
        managers = self._managers(deadline for deadline, rule in shots if rule.target == "manager")
        groups = {}
        recipients = {}
        for deadline, rule in shots:
            company = deadline.company_id
            users = {
                "owner": lambda d=deadline: d.user_id,
                "manager": lambda d=deadline: managers[d],
                "user": lambda r=rule: r.user_id,
                "group": lambda r=rule, c=company: self._group_users(r.group_id, c, groups),
            }[rule.target]().filtered(lambda user: user.active and not user.share)
            if not users:  # nobody to tell must not mean that nobody is told
                quality_managers = self.env.ref("quality_incident.group_quality_manager")
                users = self._group_users(quality_managers, company, groups)
            recipients[deadline, rule] = users
        return recipients

    @api.model
    def _group_users(self, group, company, known):
        """Return the active internal users in ``group`` who work for ``company``; ``known`` remembers the answer."""
        key = (group.id, company.id)
        if key not in known:
            known[key] = self.env["res.users"].sudo().search([
                ("all_group_ids", "in", group.ids), ("company_ids", "in", company.ids), ("share", "=", False),
            ])
        return known[key]

    @api.model
    def _managers(self, deadlines):
        """Return ``{deadline: manager's user}``: the department's manager; the one above if that is the owner.

        Without a department with a manager it is the owner's own manager.
        """
        deadlines = self.env["quality.deadline"].sudo().union(*deadlines)
        employees = self.env["hr.employee"].sudo().search([
            ("user_id", "in", deadlines.user_id.ids), ("company_id", "in", deadlines.company_id.ids),
        ])
        by_user = {(employee.user_id, employee.company_id): employee for employee in employees}
        result = {}
        for deadline in deadlines:
            chain, department = [], deadline.department_id
            while department:  # departments form a tree, so this ends
                chain.append(department.manager_id.user_id)
                department = department.parent_id
            chain.append(by_user.get((deadline.user_id, deadline.company_id), employees.browse()).parent_id.user_id)
            found = [user for user in chain if user and user.active and user != deadline.user_id]
            result[deadline] = found[0] if found else self.env["res.users"]
        return result

    # ------------------------------------------------------------------
    # How
    # ------------------------------------------------------------------

    @api.model
    def _notify(self, notices, documents):
        """Create the activities and queue the mail of a batch; nothing is sent before the transaction is committed.

        :param notices: list of (deadline, rule, user)
        :param documents: ``{id of the deadline: document}``
        """
        readable = self._readable(notices, documents)
        by_activity, by_mail = [], defaultdict(lambda: self.env["res.users"])
        for deadline, rule, user in notices:
            # An activity on a document its user cannot open would be a dead end.
            if rule.channel != "mail" and (deadline, user) in readable:
                by_activity.append((deadline, rule, user))
            if rule.channel != "activity" or (deadline, user) not in readable:
                by_mail[deadline, rule, self._lang_of(user), self._tz_of(deadline, user)] |= user
        self._schedule_activities(by_activity, documents)
        for (deadline, rule, lang, tz), users in by_mail.items():
            self._queue_message(deadline, rule, lang, tz, users, documents[deadline.id])
        if by_mail:
            self.env.ref("mail.ir_cron_mail_scheduler_action")._trigger()

    @api.model
    def _readable(self, notices, documents):
        """Return the set of (deadline, user) whose document has activities and may be read by the user."""
        asked = defaultdict(list)
        for deadline, _rule, user in notices:
            asked[user, deadline.res_model].append(deadline)
        readable = set()
        for (user, res_model), deadlines in asked.items():
            if "activity_ids" not in self.env[res_model]._fields:
                continue
            own = self.env[res_model].with_user(user).with_context(allowed_company_ids=user.company_ids.ids)
            ids = set(own.browse(documents[deadline.id].id for deadline in deadlines)._filtered_access("read").ids)
            readable.update((deadline, user) for deadline in deadlines if deadline.res_id in ids)
        return readable

    @api.model
    def _schedule_activities(self, notices, documents):
        """Give each user one reminder for each promise: a higher step replaces the one before."""
        if not notices:
            return
        # The mail of a new activity goes out at once; the rule says whether a message is wanted, and that is queued.
        Activity = self.env["mail.activity"].sudo().with_context(mail_activity_quick_update=True)
        pairs = {(deadline, user) for deadline, _rule, user in notices}
        Activity.search([
            ("quality_deadline_id", "in", [deadline.id for deadline, _user in pairs]),
            ("user_id", "in", [user.id for _deadline, user in pairs]),
        ]).filtered(lambda activity: (activity.quality_deadline_id, activity.user_id) in pairs).unlink()
        activity_type = self.env.ref("quality_incident.mail_activity_quality_deadline")
        vals_list = []
        for deadline, rule, user in notices:
            lang, tz = self._lang_of(user), self._tz_of(deadline, user)
            due = self._local(deadline.due_at, tz)
            vals_list.append({
                "activity_type_id": activity_type.id, "automated": True, "user_id": user.id,
                "res_model_id": self.env["ir.model"]._get_id(deadline.res_model), "res_id": deadline.res_id,
                "quality_deadline_id": deadline.id, "date_deadline": due.date(),
                "summary": f"{deadline.name} – {rule.with_context(lang=lang).name}",
                "note": self._render_body(deadline, rule, lang, tz, brief=True),
            })
        Activity.create(vals_list)

    @api.model
    def _queue_message(self, deadline, rule, lang, tz, users, document):
        """Queue one message for ``users``, who share language and time zone."""
        texts = self.with_context(lang=lang).env
        values = {"promise": deadline.name, "document": document.display_name}
        subject = (
            texts._("Overdue: %(promise)s – %(document)s", **values) if deadline.breached
            else texts._("Due: %(promise)s – %(document)s", **values)
        )
        thread, where = document, {}
        if "message_ids" not in document._fields:
            thread, where = self.env["mail.thread"].sudo(), {"model": document._name, "res_id": document.id}
        thread.with_company(deadline.company_id).with_context(lang=lang).message_notify(
            partner_ids=users.partner_id.ids, subject=subject, body=self._render_body(deadline, rule, lang, tz),
            email_layout_xmlid="mail.mail_notification_layout", subtitles=[document.display_name, deadline.name],
            model_description=texts["ir.model"]._get(document._name).display_name,
            # Never SMTP within the job: mail leaves through the queue, after the commit.
            force_send=False, email_add_signature=False, **where,
        )

    @api.model
    def _render_body(self, deadline, rule, lang, tz, brief=False):
        """Return what a reminder says, as Markup, in the reader's language and time zone.

        :param brief: leave out what its reader sees beside it, on the document
        """
        texts, due = self.with_context(lang=lang).env, self._local(deadline.due_at, tz)
        return texts["ir.qweb"]._render("quality_incident.quality_escalation_message", {
            "brief": brief,
            "breached": deadline.breached,
            "promise": deadline.name,
            "document": deadline.res_name,
            "due": f"{format_date(texts, due.date())} {format_time(texts, due.time(), time_format='short')}",
            "tz": tz,
            "owner": deadline.user_id.name,
            "step": rule.with_context(lang=lang).name,
        }, minimal_qcontext=True)

    @api.model
    def _local(self, moment, tz):
        return pytz.utc.localize(moment).astimezone(pytz.timezone(tz))

    @api.model
    def _lang_of(self, user):
        return user.lang or self.env.lang or "en_US"

    @api.model
    def _tz_of(self, deadline, user):
        return user.tz or deadline.company_id.resource_calendar_id.tz or "UTC"
