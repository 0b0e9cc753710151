import csv
import io
import zipfile
from unittest.mock import patch

from .common import QualityCase
from .test_paper import blank_pdf

RULES = "odoo.addons.base.models.ir_rule"
DOSSIER = "odoo.addons.quality_incident.models.quality_dossier"


class DossierCase(QualityCase):
    """Dossiers made by the scheduled action; printing is replaced by empty pages unless a test asks for it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.Dossier = cls.env["quality.dossier"]
        cls.incident = cls._make_incident(grade="general")
        cls("_drive")._drive(cls.incident, "reported")

    def setUp(self):
        super().setUp()
        self.printed = []

        def fake_print(dossier, xmlid, record, data=None):
            self.printed.append((xmlid, record.env.user, record.env.context.get("lang")))
            return blank_pdf(2 if "index" in xmlid else 1)

        self.printing = patch.object(type(self.Dossier), "_print", fake_print)
        self.printing.start()
        self.addCleanup(self.printing.stop)

    def _request(self, user=None, incident=None):
        action = (incident or self.incident).with_user(user or self.inspector).action_build_dossier()
        return self.Dossier.browse(action["res_id"])

    def _run(self):
        with self.enter_registry_test_mode():
            self.env.ref("quality_incident.ir_cron_quality_dossier").method_direct_trigger()

    def _made(self, user=None, incident=None):
        dossier = self._request(user, incident)
        self._run()
        self.assertEqual(dossier.state, "done", dossier.error)
        return dossier

    def _zip(self, dossier):
        return zipfile.ZipFile(io.BytesIO(dossier.attachment_id.raw))

    def _index(self, dossier):
        text = self._zip(dossier).read("index.csv").decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    def _upload(self, name, content=b"proof", user=None, record=None):
        record = record or self.incident
        return self.env["ir.attachment"].with_user(user or self.inspector).create(
            {"name": name, "raw": content, "res_model": record._name, "res_id": record.id}
        )
