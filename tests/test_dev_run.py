"""The tool as a whole, on a small repository of its own: what it prints last, and what it leaves behind."""

import os
import shutil
import subprocess
import sys

import pytest

from devtools.paths import REPO
from devtools.postgres import Server

MANIFEST = """{
    "name": "Tiny",
    "version": "19.0.1.0.0",
    "author": "Odoo Quality Suite contributors",
    "license": "LGPL-3",
    "depends": ["base"],
    "demo": ["demo/demo.xml"],
}
"""
DEMO = """<odoo>
    <record id="user_demo" model="res.users">
        <field name="name">Tina Tiny</field>
        <field name="login">tina</field>
        <field name="password">tina</field>
    </record>
</odoo>
"""
TESTS = """
import logging
from odoo.tests import TransactionCase

class TestTiny(TransactionCase):
    def test_good(self):
        self.assertTrue(self.env["res.lang"].search([("code", "=", "zh_CN")]))

    def test_bad(self):
        self.fail("on purpose")

    def test_logged(self):
        logging.getLogger("tiny").error("only logged")

    def test_skipped(self):
        self.skipTest("on purpose")
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """Return a repository with the tool and one small addon."""
    folder = tmp_path_factory.mktemp("repository")
    for name in ("dev", "devtools", "requirements", "pyproject.toml"):
        copy = shutil.copytree if (REPO / name).is_dir() else shutil.copy
        copy(REPO / name, folder / name)
    addon = folder / "addons/tiny"
    (addon / "tests").mkdir(parents=True)
    (addon / "demo").mkdir()
    (addon / "__init__.py").touch()
    (addon / "__manifest__.py").write_text(MANIFEST)
    (addon / "demo/demo.xml").write_text(DEMO)
    (addon / "tests/__init__.py").write_text("from . import test_tiny\n")
    (addon / "tests/test_tiny.py").write_text(TESTS)
    return folder


def dev(repository, *arguments, **options):
    """Run the repository's ./dev."""
    return subprocess.run([sys.executable, repository / "dev", *arguments], env={**os.environ, "CI": "true"},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, **options)


def test_the_last_line_counts(repository):
    result = dev(repository, "test")
    assert result.stdout.splitlines()[-1] == "1 passed, 2 failed, 1 skipped", result.stderr
    assert result.returncode == 1
    assert "skipped tiny.TestTiny.test_skipped: on purpose" in result.stdout
    assert "failed tiny.TestTiny.test_logged" in result.stdout


def test_one_test_can_be_run_alone_and_its_database_kept(repository):
    result = dev(repository, "test", "--tags", "/tiny:TestTiny.test_good", "--keep")
    assert result.stdout.splitlines()[-1] == "1 passed, 0 failed", result.stderr
    assert result.returncode == 0
    [kept] = [word for word in result.stderr.split() if word.startswith("kept-")]
    assert dev(repository, "psql", "--db", kept, "-Atc", "SELECT 1").stdout == "1\n"
    assert dev(repository, "drop", "--db", kept).returncode == 0


def test_a_file_can_be_run_alone(repository):
    result = dev(repository, "test", "addons/tiny/tests/test_tiny.py")
    assert result.stdout.splitlines()[-1] == "1 passed, 2 failed, 1 skipped", result.stderr


def test_no_test_at_all_is_no_success(repository):
    result = dev(repository, "test", "--tags", "/tiny:TestTiny.test_misspelt")
    assert result.stdout.splitlines()[-1] == "0 passed, 0 failed"
    assert result.returncode == 1


def test_runs_leave_no_database_behind(repository):
    dev(repository, "test", "--tags", "/tiny:TestTiny.test_good")
    with Server().running() as server:
        for name in server.databases():
            if name.startswith("run-"):
                assert os.path.exists(f"/proc/{name.split('-')[1]}")


def test_the_demo_database_has_its_logins_and_follows_the_code(repository):
    shell = "print('users', env['res.users'].search([]).mapped('login'))"
    name = f"test-demo-{os.getpid()}"
    prepare = f"from devtools import odoo, postgres, serve\n" \
              f"with postgres.Server().running() as server:\n" \
              f"    o = odoo.Odoo(server)\n" \
              f"    serve.prepare(o, '{name}')\n" \
              f"    print(serve.logins(o, '{name}'))"
    try:
        first = subprocess.run([sys.executable, "-c", prepare], cwd=repository, capture_output=True, text=True)
        assert "['Tina Tiny', 'tina']" in first.stdout, first.stderr
        demo = repository / "addons/tiny/demo/demo.xml"
        demo.write_text(DEMO.replace("tina", "tini").replace("noupdate", ""))
        again = subprocess.run([sys.executable, "-c", prepare], cwd=repository, capture_output=True, text=True)
        assert "Updating tiny" in again.stderr
        third = subprocess.run([sys.executable, "-c", prepare], cwd=repository, capture_output=True, text=True)
        assert third.stderr == ""
        answer = dev(repository, "shell", "--db", name)
        assert answer.returncode == 0, shell
    finally:
        dev(repository, "drop", "--db", name)


def test_untranslated_texts_are_listed(repository):
    result = dev(repository, "i18n", "--check")
    assert result.returncode == 1
    assert "tiny.pot is out of date" in result.stdout
