import base64
import hashlib
import io
import json

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import mute_logger
from PIL import Image

from .approval_common import ApprovalCase

QUIET = ("odoo.addons.base.models.ir_model", "odoo.addons.base.models.ir_rule", "odoo.models.unlink")


def picture(size=(40, 20), color="black"):
    stream = io.BytesIO()
    Image.new("RGB", size, color).save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


@tagged("post_install", "-at_install")
class TestSeal(ApprovalCase):
    """F12: an audit trail nobody can edit; C6: what was signed can be proved, and a later change shows."""

    def _seal(self, user=None, **vals):
        return self.document.with_user(user or self.manager)._seal("acceptance", **vals).sudo()

    def test_content_proves_everything(self):
        """F12: one text with the document, the signer and the signature, and its SHA-256."""
        seal = self._seal(signer_name="Zhou", signer_role="Supervisor", signature=picture())
        self.assertEqual(seal.digest, hashlib.sha256(seal.content.encode()).hexdigest())
        content = json.loads(seal.content)
        self.assertEqual(content["signer_name"], "Zhou")
        self.assertEqual(content["signer_role"], "Supervisor")
        self.assertEqual(content["user"], self.manager.login)
        self.assertEqual(content["record"], f"{self.document._name},{self.document.id}")
        self.assertEqual(content["signature"], hashlib.sha256(base64.b64decode(seal.signature)).hexdigest())
        self.assertRecordValues(seal, [{
            "purpose": "acceptance", "user_id": self.manager.id, "company_id": self.company.id, "validity": "valid",
            "ip": False,
            "res_name": self.document.display_name,
        }])
        self.assertEqual(self.document.seal_ids, seal)

    def test_signer_is_the_user_by_default(self):
        """F12: without a name the user signs."""
        self.assertEqual(self._seal(self.inspector).signer_name, "Inspector")

    def test_large_signature_is_scaled_and_still_proved(self):
        """C6: a photographed stamp is scaled before it is sealed."""
        seal = self._seal(signature=picture((3000, 1500)))
        self.env.invalidate_all()
        self.assertLessEqual(max(Image.open(io.BytesIO(base64.b64decode(seal.signature))).size), 1024)
        self.assertEqual(seal.validity, "valid")

    def test_not_a_picture(self):
        """C6: a signature is a picture."""
        for value in (base64.b64encode(b"<svg/>"), b"!!", base64.b64encode(b"MZ")):
            with self._refused("(?i)picture|image"):
                self._seal(signature=value)

    def test_change_shows(self):
        """C6: a later change of the document voids the seal visibly; another language or user does not."""
        seal = self._seal()
        self.assertEqual(
            seal.with_context(lang="fr_FR", tz="Asia/Shanghai").with_user(self.inspector).validity, "valid",
        )
        self._change()
        self.env.invalidate_all()
        self.assertEqual(seal.validity, "changed")
        self.assertEqual(seal.with_user(self.inspector).action_verify()["params"]["type"], "danger")

    @mute_logger(*QUIET)
    def test_broken_seal_shows(self):
        """F12: a hand in the database breaks the seal: content, digest, name of the signer, record or picture."""
        for column, value in (
            ("content", "{}"), ("digest", "0"), ("signer_name", "Forged"), ("signed_at", "2020-01-01 00:00:00"),
            ("ip", "10.0.0.1"),
            ("purpose", "closure"), ("res_id", self.document.id + 1),
        ):
            seal = self._seal(signature=picture())
            self.env.flush_all()
            self.env.cr.execute(f"UPDATE quality_seal SET {column} = %s WHERE id = %s", [value, seal.id])
            self.env.invalidate_all()
            self.assertEqual(seal.validity, "broken", column)
        seal = self._seal(signature=picture())
        self.env["ir.attachment"].sudo().search([
            ("res_model", "=", "quality.seal"), ("res_field", "=", "signature"), ("res_id", "=", seal.id),
        ]).raw = base64.b64decode(picture(color="red"))
        self.env.invalidate_all()
        self.assertEqual(seal.validity, "broken")

    def test_verify(self):
        """F12: Verify says the result and changes nothing."""
        seal = self._seal()
        action = self._rpc(self.inspector, seal, "action_verify")
        self.assertEqual((action["tag"], action["params"]["type"]), ("display_notification", "success"))
        self.assertIn("Valid", action["params"]["message"])

    # ------------------------------------------------------------------
    # Append-only
    # ------------------------------------------------------------------

    @mute_logger(*QUIET)
    def test_nobody_creates_writes_or_deletes(self):
        """F12: no user forges, changes or removes a seal, nor through the document or the signature's file."""
        seal = self._seal(signature=picture())
        values = {
            "res_model": self.document._name, "res_id": self.document.id, "res_name": "X",
            "company_id": self.company.id, "purpose": "closure",
            "content": "{}", "digest": "0", "signer_name": "X", "signed_at": "2026-01-01 00:00:00",
            "user_id": self.chief.id,
        }
        attachment = self.env["ir.attachment"].sudo().search([
            ("res_model", "=", "quality.seal"), ("res_field", "=", "signature"), ("res_id", "=", seal.id),
        ])
        for user in (self.plain_user, self.reporter, self.manager, self.env.ref("base.user_admin"), self.portal_user):
            with self.subTest(user=user.login):
                with self.assertRaises(AccessError):
                    call_kw(seal.browse().with_user(user), "create", [[values]], {})
                for method, args in (("write", [{"signer_name": "X"}]), ("unlink", []), ("copy", [])):
                    with self.assertRaises(AccessError):
                        self._rpc(user, seal, method, *args)
                with self.assertRaises(UserError):
                    self._rpc(
                        user, self.document, "write", {"seal_ids": [Command.update(seal.id, {"signer_name": "X"})]},
                    )
                with self.assertRaises(AccessError):
                    attachment.with_user(user).write({"raw": b"x"})
                with self.assertRaises(AccessError):
                    attachment.with_user(user).unlink()
                with self.assertRaises(AccessError):
                    self._rpc(user, self.document, "_seal", "closure")
        for vals in ({"signer_name": "X"}, {"signature": picture()}):
            with self._refused("cannot be changed"):
                seal.write(vals)
        with self._refused("cannot be deleted"):
            seal.unlink()

    @mute_logger(*QUIET)
    def test_readable_with_the_document(self):
        """F12: who may read the document may read its seals, nobody else."""
        seal = self._seal()
        for user in (self.inspector, self.manager):
            self.assertEqual(seal.with_user(user).read(["signer_name"])[0]["signer_name"], "Manager")
        for user in (self.plain_user, self.outsider, self.foreign_manager):
            self.assertFalse(self.env["quality.seal"].with_user(user).search([]))
            with self.assertRaises(AccessError):
                self._rpc(user, seal, "action_verify")
        with self.assertRaises(AccessError):
            self.env["quality.seal"].with_user(self.portal_user).search([])
