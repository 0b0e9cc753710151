from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import mute_logger

from ..tools.personal import ERASED
from .common import PREFIX, QualityCase
from .test_seal import picture

QUIET = ("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule", "odoo.models.unlink")
NAME = "Prof. Zhou Enlin"
FIGURES = ["__count", "estimated_loss:sum", "actual_loss:sum", "deaths:sum", "round:sum"]


class ErasureCase(QualityCase):
    """``person`` is an expert from outside, ``eraser`` a quality manager who manages contacts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.eraser = cls._make_eraser("t_eraser", cls.company)
        cls.person = cls.env["res.partner"].create({
            "name": NAME, "email": "zhou@example.com", "phone": "+86 138 0000 1111", "street": "Lake Road 5",
            "city": "Wuxi", "country_id": cls.env.ref("base.cn").id, "comment": "Prefers mornings", "ref": "Z-1",
            "image_1920": picture(), "lang": "en_US",
        })
        cls.Erasure = cls.env["quality.erasure"]

    @classmethod
    def _make_eraser(cls, login, companies, groups=(PREFIX + "manager", "base.group_partner_manager")):
        return new_test_user(
            cls.env, login, ",".join(groups), company_id=companies[0].id, company_ids=[Command.set(companies.ids)],
        )

    def _erase(self, user=None, partner=None, spellings=(), reason="Request of 3 May"):
        user = user or self.eraser
        return self.Erasure.with_user(user)._erase((partner or self.person).with_user(user), spellings, reason)

    @classmethod
    def _history(cls, number=1, company=None, **vals):
        """Return closed incidents that name the person in texts, lines, chatter and a signature."""
        day = fields.Datetime.now() - timedelta(days=30)
        company = company or cls.company
        incidents = cls.env["quality.incident"].create([
            {
                "title": f"No. {position}: {NAME} called", "is_historic": True, "state": "closed", "grade": "general",
                "occurred_at": day, "reported_at": day, "closed_at": day, "actual_loss": 700 + position,
                "estimated_loss": 500, "company_id": company.id,
                "description": f"{NAME} saw it.\nWrite to zhou@example.com; Prof. Zhou Enlinger was not there.",
                **vals,
            }
            for position in range(number)
        ])
        for incident in incidents:
            cls._write_lines(incident)
        return incidents

    @classmethod
    def _write_lines(cls, incident):
        order = cls.env["quality.stop.order"].create({"incident_id": incident.id, "scope": "Axis C"})
        order.signoff_ids[0].write({"signer_name": NAME, "signature": picture(), "signed_at": incident.closed_at})
        cls.env.flush_all()
        cls.env.cr.execute("UPDATE quality_stop_order SET state = 'resumed' WHERE id = %s", [order.id])
        order.invalidate_recordset()
        cls.env["quality.team.member"].create({
            "incident_id": incident.id, "partner_id": cls.person.id, "role": "expert", "opinion": f"I, {NAME}, agree",
        })
        incident._message_log(body=f"Spoke to {NAME}")


@tagged("post_install", "-at_install")
class TestErasure(ErasureCase):
    """F12: personal data is erased, the figures stay."""

    # ------------------------------------------------------------------
    # What goes, what stays
    # ------------------------------------------------------------------

    def test_contact(self):
        """F12: nothing of the contact is left but its row, its country and its language; not copied to the employer."""
        employer = self.env["res.partner"].create({
            "name": "Institute", "is_company": True, "street": "Main 1", "country_id": self.person.country_id.id,
            "vat": "DE136695976", "email": "i@example.com",
        })
        self.person.write({"parent_id": employer.id, "function": "Professor", "barcode": "123"})
        home = self.env["res.partner"].create({
            "name": "Home", "parent_id": self.person.id, "type": "other", "street": "Garden 2", "active": False,
        })
        account = self.env["res.partner.bank"].create({"acc_number": "DE 123", "partner_id": self.person.id})
        old = employer.read(["name", "street", "vat", "email", "phone"])
        self._history()
        self.assertTrue(self._erase())
        self.assertRecordValues(self.person | home, [
            {"name": f"Erased person {partner.id}", "active": False, "email": False, "email_normalized": False,
             "phone": False, "street": False, "city": False, "comment": False, "ref": False, "function": False,
             "barcode": False, "image_1920": False, "image_128": False, "complete_name": complete}
            for partner, complete in (
                (self.person, f"Institute, Erased person {self.person.id}"), (home, home.complete_name),
            )
        ])
        self.assertNotIn("Zhou", home.complete_name)
        self.assertEqual((self.person.country_id.code, self.person.lang), ("CN", "en_US"))
        self.assertEqual(employer.read(["name", "street", "vat", "email", "phone"]), old)
        self.assertEqual((account.acc_number, account.active), (f"erased-{account.id}", False))

    def test_texts_of_a_closed_incident(self):
        """F12: names go from frozen records, their lines, chatter, files and signatures; links and dates stay."""
        incident = self._history(responsible_person="Old Zhou", reason=False)
        signoff = incident.stop_order_ids.signoff_ids.filtered("signer_name")
        file = self.env["ir.attachment"].create({
            "name": f"Opinion {NAME}.txt", "raw": f"By {NAME}".encode(), "res_model": incident._name,
            "res_id": incident.id,
        })
        message = incident._message_log(
            body="I was there", author_id=self.person.id, email_from=f'"{NAME}" <zhou@example.com>'
        )
        member, signed_at, closed_at = incident.team_ids, signoff.signed_at, incident.closed_at
        self._erase(spellings=["Old Zhou"])
        self.assertEqual(incident.title, f"No. 0: {ERASED} called")
        self.assertEqual(
            incident.description, f"{ERASED} saw it.\nWrite to {ERASED}; Prof. Zhou Enlinger was not there."
        )
        self.assertEqual(incident.responsible_person, ERASED)
        self.assertEqual((member.partner_id, member.opinion), (self.person, f"I, {ERASED}, agree"))
        self.assertEqual((signoff.signer_name, signoff.signature), (ERASED, False))
        self.assertEqual((signoff.signed_at, incident.closed_at), (signed_at, closed_at))
        self.assertEqual(file.name, f"Opinion {ERASED}.txt")
        self.assertEqual((message.author_id, message.email_from), (self.person, ERASED))
        self.assertFalse([body for body in incident.message_ids.mapped("body") if "Zhou" in body])

    def test_tracked_values(self):
        """F12: the history of changes names nobody either, neither the record's nor the contact's own."""
        draft = self._make_incident(title=f"By {NAME}")
        self.env.flush_all()
        self.cr.precommit.run()
        draft.title = "Renamed"
        self.person.phone = "1"
        self.person.message_post(body="He is on holiday")
        self.env.flush_all()
        self.cr.precommit.run()
        values = (draft.message_ids | self.person.message_ids).sudo().tracking_value_ids
        self.assertTrue(values.filtered(lambda value: NAME in (value.old_value_char or "")))
        draft.with_user(self.manager).action_cancel("Double")
        self._erase()
        texts = [text for value in values for text in (value.old_value_char, value.new_value_char) if text]
        self.assertFalse([text for text in texts if "Zhou" in text or "138" in text], texts)
        self.assertFalse([body for body in self.person.message_ids.mapped("body") if "holiday" in body])

    def test_names_in_other_scripts_and_marks(self):
        """F12: Chinese names stand in the middle of a text; names with signs, markup and line breaks are found."""
        self.person.name = "张伟"
        incident = self._history(
            title="现场张伟报告", written_report="Ann O'Neil+Co, Annual, Ann O'Neil+Cox, ANN", cancel_reason="A.  B\nC",
        )
        incident._message_log(body="Ann O'Neil+Co said")
        self._erase(spellings=["Ann O'Neil+Co", " A. B C ", ""])
        self.assertEqual(incident.title, f"现场{ERASED}报告")
        self.assertEqual(incident.written_report, f"{ERASED}, Annual, Ann O'Neil+Cox, ANN")
        self.assertEqual(incident.cancel_reason, ERASED)
        self.assertTrue(any(f"{ERASED} said" in body for body in incident.message_ids.mapped("body")))

    def test_figures_stay(self):
        """F12: every count, sum and date is the same before and after."""
        self._history(5)

        def figures():
            return {
                model: self.env[model].formatted_read_group([], groupby, aggregates)
                for model, groupby, aggregates in (
                    ("quality.incident", ["grade", "state", "occurred_at:month"], FIGURES),
                    ("quality.team.member", ["role", "incident_id"], ["__count"]),
                    ("quality.resume.signoff", ["party", "signed_at:month"], ["__count"]),
                    ("quality.deadline", ["state", "kind"], ["__count", "hours:sum"]),
                )
            }

        before = figures()
        before["quality.team.member"] = [row["__count"] for row in before["quality.team.member"]]
        self._erase()
        after = figures()
        after["quality.team.member"] = [row["__count"] for row in after["quality.team.member"]]
        self.assertEqual(before, after)

    # ------------------------------------------------------------------
    # Evidence
    # ------------------------------------------------------------------

    def test_seal_of_a_renamed_contact_stays_valid(self):
        """F12: what was sealed links to the contact by number; a contact without a name breaks no seal."""
        incident = self._drive(self._make_incident(), "plan")
        self.env["quality.team.member"].with_user(self.engineer).create(
            {"incident_id": incident.id, "partner_id": self.person.id}
        )
        for step in ("approved", "executing", "acceptance", "closing", "closed"):
            getattr(self, f"_step_{step}")(incident)
        approvals = incident.sudo().approval_ids.read(load=None)
        seals = incident.sudo().seal_ids
        self.assertEqual(set(seals.mapped("validity")), {"valid"})
        messages = incident.sudo().message_ids
        self._erase()
        seals.invalidate_recordset()
        self.assertEqual(set(seals.mapped("validity")), {"valid"})
        self.assertEqual(incident.sudo().approval_ids.read(load=None), approvals)
        self.assertEqual(incident.sudo().message_ids, messages, "no text changed, nothing to tell")

    def test_sealed_text(self):
        """F12: where a sealed text had to change the seal says so and is not rewritten; the note names no person."""
        incident = self._drive(self._make_incident(title=f"Found by {NAME}", description=f"{NAME} saw it"), "closed")
        self.assertIn(NAME, incident.sudo().deadline_ids[0].res_name)
        seals, approvals = incident.sudo().seal_ids, incident.sudo().approval_ids.read(load=None)
        sealed = seals.read(["content", "digest", "signer_name"])
        erasure = self._erase()
        seals.invalidate_recordset()
        self.assertIn("changed", seals.mapped("validity"))
        self.assertNotIn("broken", seals.mapped("validity"))
        self.assertEqual(seals.read(["content", "digest", "signer_name"]), sealed)
        self.assertEqual(incident.sudo().approval_ids.read(load=None), approvals)
        self.assertFalse([name for name in incident.sudo().deadline_ids.mapped("res_name") if NAME in name])
        note = incident.sudo().message_ids[0]
        self.assertIn(erasure.name, note.body)
        self.assertNotIn("Zhou", note.body)
        self.assertFalse(self._erase())

    # ------------------------------------------------------------------
    # The log
    # ------------------------------------------------------------------

    def test_log(self):
        """F12: when, by whom, why and how much, but nothing about the person; nobody changes it."""
        self._history(2)
        erasure = self._erase(reason=f"Letter of {NAME} (zhou@example.com)")
        self.assertRegex(erasure.name, r"^ER/\d{4}/\d{4}$")
        self.assertEqual(erasure.erased_by_id, self.eraser)
        self.assertEqual(erasure.reason, f"Letter of {ERASED} ({ERASED})")
        self.assertIn("Quality incident: 2 changed of 2 that concern the person", erasure.counts)
        texts = " ".join(str(value) for value in erasure.sudo().read()[0].values())
        self.assertNotRegex(texts, "Zhou|zhou|138")
        with mute_logger(*QUIET):
            for user in (self.eraser, self.env.ref("base.user_admin")):
                for work in (
                    lambda log: log.write({"reason": "x"}), lambda log: log.unlink(),
                    lambda log: log.create({"name": "ER/1"}),
                ):
                    with self.assertRaises(AccessError), self.cr.savepoint():
                        work(erasure.with_user(user))
            for work in (lambda log: log.write({"reason": "x"}), lambda log: log.unlink()):
                with self.assertRaises(UserError), self.cr.savepoint():
                    work(erasure.sudo())
            for user in (self.inspector, self.plain_user, self.portal_user):
                with self.assertRaises(AccessError):
                    erasure.with_user(user).read(["reason"])
            with self.assertRaises(AccessError):
                erasure.with_user(self.foreign_manager).read(["reason"])

    def test_twice(self):
        """F12: the second time finds nothing, writes nothing and leaves no row."""
        incident = self._history()
        self.assertTrue(self._erase())
        messages, logs = incident.message_ids, self.Erasure.search_count([])
        write_date = self.person.write_date
        self.assertFalse(self._erase())
        self.assertEqual((incident.message_ids, self.Erasure.search_count([])), (messages, logs))
        self.assertEqual(self.person.write_date, write_date)

    def test_forgotten_spelling(self):
        """F12: a spelling remembered later is erased later, by the same way."""
        incident = self._history(verification_note="Dr Chou was there")
        self._erase()
        self.assertEqual(incident.verification_note, "Dr Chou was there")
        self.assertTrue(self._erase(spellings=["Dr Chou"]))
        self.assertEqual(incident.verification_note, f"{ERASED} was there")
        with self.assertRaisesRegex(UserError, "at least 2"):
            self._erase(spellings=["D"])

    # ------------------------------------------------------------------
    # Refusals
    # ------------------------------------------------------------------

    def test_who_may(self):
        """F12: only a quality manager who also manages contacts; the context changes nothing."""
        self._history()
        contacts_only = self._make_eraser("t_contacts", self.company, ("base.group_partner_manager",))
        users = (self.manager, contacts_only, self.inspector, self.plain_user, self.portal_user)
        with mute_logger(*QUIET):
            for user in users:
                with self.subTest(user.login), self.assertRaises(AccessError), self.cr.savepoint():
                    self._erase(user)
            for user in users[1:]:
                with self.assertRaises(AccessError), self.cr.savepoint():
                    self.env["quality.erase.person"].with_user(user).create(
                        {"partner_id": self.person.id, "reason": "x"}
                    )
            wizard = self.env["quality.erase.person"].with_user(self.manager).create(
                {"partner_id": self.person.id, "reason": "x", "state": "preview"}
            )
            for work in (wizard.action_preview, wizard.action_erase, wizard.sudo().action_erase):
                with self.assertRaises(AccessError), self.cr.savepoint():
                    work()
        self.assertEqual(self.person.name, NAME)

    def test_only_people_from_outside(self):
        """F12: staff, organisations and the companies themselves are refused; a portal user loses the login."""
        archived = new_test_user(self.env, "t_gone", "base.group_user", active=False)
        worker = self.env["hr.employee"].create({"name": "Worker", "company_id": self.company.id})
        worker.work_contact_id = self.env["res.partner"].create({"name": "Worker"})
        organisation = self.env["res.partner"].create({"name": "Institute", "is_company": True})
        for partner in (
            self.lead.partner_id, archived.partner_id, worker.work_contact_id, organisation, self.company.partner_id,
        ):
            with self.subTest(partner.name), self.assertRaisesRegex(UserError, "staff|organisation"):
                self._erase(partner=partner)
        for user in (self.env.ref("base.public_user"), self.env.ref("base.template_portal_user_id")):
            with self.assertRaisesRegex(UserError, "this system"):
                self._erase(partner=user.partner_id)
        mails = self.env["mail.mail"].search_count([])
        self.assertTrue(self._erase(partner=self.portal_user.partner_id))
        self.assertEqual(self.env["mail.mail"].search_count([]), mails, "nothing is sent to the old address")
        user = self.portal_user.with_context(active_test=False)
        self.assertRecordValues(user, [{"login": f"erased-{user.id}", "active": False}])
        self.assertFalse(self._erase(partner=self.portal_user.partner_id))

    def test_needed(self):
        """F12: refused while linked to or named in an open incident or stop-work order; one error lists all."""
        linked, named = self._make_incident(), self._make_incident(responsible_person=NAME)
        self.env["quality.team.member"].with_user(self.lead).create(
            {"incident_id": linked.id, "partner_id": self.person.id}
        )
        closed = self._history()
        self.env.cr.execute("UPDATE quality_stop_order SET state = 'open' WHERE incident_id = %s", [closed.id])
        closed.stop_order_ids.invalidate_recordset()
        regime = self.env["quality.reporting.regime"].search([("company_id", "=", self.company.id)], limit=1)
        regime.line_ids[0].recipient_id = self.person
        with self.assertRaises(UserError) as caught:
            self._erase()
        for name in (linked.name, named.name, closed.stop_order_ids.name, regime.display_name):
            self.assertIn(name, str(caught.exception))
        self.assertNotIn(NAME, str(caught.exception))
        self.assertEqual((self.person.name, named.responsible_person), (NAME, NAME))

    def test_companies(self):
        """F12: records of a company the user may not see refuse it; texts there are not touched."""
        mine, theirs = self._history(), self._history(company=self.other_company)
        with self.assertRaisesRegex(UserError, "companies"):
            self._erase()
        self.assertIn(NAME, mine.title)
        theirs.team_ids.unlink()
        self._erase()
        self.assertNotIn(NAME, mine.title)
        self.assertIn(NAME, theirs.title, "perhaps a namesake; who works there erases it")
        both = self._make_eraser("t_both", self.company | self.other_company)
        erasures = self.Erasure.with_user(both).with_context(allowed_company_ids=both.company_ids.ids)
        self.assertTrue(erasures._erase(self.person.with_env(erasures.env), [NAME], "Rest"))
        self.assertNotIn(NAME, theirs.title)

    def test_foreign_contact(self):
        """F12: a contact of another company is not erased from here."""
        self.person.company_id = self.other_company
        with mute_logger(*QUIET), self.assertRaises(AccessError):
            self._erase()

    # ------------------------------------------------------------------
    # The wizard
    # ------------------------------------------------------------------

    def test_wizard(self):
        """F12: asks, shows counts with links, erases, and keeps nothing of what was typed."""
        incidents = self._history(3)
        form = Form(self.env["quality.erase.person"].with_user(self.eraser))
        form.partner_id, form.reason, form.spellings = self.person, "Request", "Old Zhou\nDr Chou"
        wizard = form.save()
        wizard.action_preview()
        counts = {line.res_model: line.count for line in wizard.line_ids}
        self.assertEqual(
            (counts["quality.incident"], counts["quality.team.member"], counts["quality.resume.signoff"]), (3, 3, 3)
        )
        self.assertEqual((counts["res.partner"], counts["mail.message"]), (1, 3))
        line = wizard.line_ids.filtered(lambda line: line.res_model == "quality.incident")
        self.assertTrue(line.can_open)
        self.assertEqual(set(line.action_open()["domain"][0][2]), set(incidents.ids))
        self.assertFalse(wizard.line_ids.filtered(lambda line: line.res_model == "mail.message").can_open)
        Form(wizard)
        action = wizard.action_erase()
        self.assertEqual(action["res_model"], "quality.erasure")
        self.assertFalse(wizard.exists())
        wizard = self.env["quality.erase.person"].with_user(self.eraser).create(
            {"partner_id": self.person.id, "reason": "Again"}
        )
        self.assertEqual(wizard.action_erase()["tag"], "display_notification")

    def test_dossiers_are_copies(self):
        """F12: dossiers made before, which print the name, are deleted; a new one can be asked for."""
        incident = self._history()
        file = self.env["ir.attachment"].create({"name": "dossier.zip", "raw": b"x"})
        values = self.env["quality.dossier"]._prepare_document_vals(incident)
        dossier = self.env["quality.dossier"].sudo().create({
            **values, "requested_by_id": self.eraser.id, "state": "done", "attachment_id": file.id,
        })
        self._erase()
        self.assertFalse(dossier.exists())
        self.assertFalse(file.exists())


@tagged("post_install", "-at_install")
class TestErasureModels(ErasureCase):
    """The declarations, and the price."""

    def test_declarations(self):
        """F12: what is declared exists and is stored; no free text of a record that may name people is forgotten."""
        for model in self.Erasure._personal_models():
            own = [field for field in model._fields.values() if field._module == "quality_incident" and field.store]
            for name in model._personal_fields:
                field = model._fields[name]
                self.assertTrue(field.store and not field.translate, f"{model._name}.{name}")
                self.assertIn(field.type, ("char", "text", "html", "binary"), f"{model._name}.{name}")
            forgotten = {field.name for field in own if field.type in ("text", "html")} - set(model._personal_fields)
            self.assertFalse(forgotten, model._name)
            for name in model._personal_files():
                self.assertTrue(model._fields[name].attachment, f"{model._name}.{name}")

    def test_queries(self):
        """F12: a hundred records cost as many queries as ten."""
        counts = []
        for number in (1, 10, 100):  # the first fills the caches
            self.person.write({"name": NAME, "active": True, "email": "zhou@example.com"})
            self._history(number)
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertTrue(self._erase())
            counts.append(self.env.cr.sql_log_count - before)
        self.assertLessEqual(counts[2], counts[1], counts)
