"""The tool as a whole, on a small repository of its own: what it prints last, and what it leaves behind."""

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

from devtools import source
from devtools.odoo import free_port
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


def test_an_addon_that_cannot_be_installed_fails_and_is_counted(repository):
    models = repository / "addons/tiny/__init__.py"
    models.write_text("raise ValueError('broken on purpose')\n")
    try:
        result = dev(repository, "test")
    finally:
        models.write_text("")
    assert re.fullmatch(r"0 passed, [1-9] failed", result.stdout.splitlines()[-1]), result.stderr
    assert result.returncode == 1


def test_runs_leave_no_database_behind(repository):
    dev(repository, "test", "--tags", "/tiny:TestTiny.test_good")
    with Server().running() as server:
        for name in server.databases():
            if name.startswith("run-"):
                assert os.path.exists(f"/proc/{name.split('-')[1]}")


def test_the_demo_database_has_its_logins_and_follows_the_code(repository):
    name = f"test-demo-{os.getpid()}"
    prepare = [sys.executable, "-c", f"""if True:
        from devtools import odoo, postgres, serve
        with postgres.Server().running() as server:
            runner = odoo.Odoo(server)
            serve.prepare(runner, "{name}")
            print(serve.logins(runner, "{name}"))
        """]
    try:
        first = subprocess.run(prepare, cwd=repository, capture_output=True, text=True)
        assert "['Tina Tiny', 'tina']" in first.stdout, first.stderr
        (repository / "addons/tiny/__manifest__.py").write_text(MANIFEST.replace("Tiny", "Tinier"))
        assert "Updating tiny" in subprocess.run(prepare, cwd=repository, capture_output=True, text=True).stderr
        assert subprocess.run(prepare, cwd=repository, capture_output=True, text=True).stderr == ""
    finally:
        dev(repository, "drop", "--db", name)


def test_serve_ends_with_ctrl_c_and_stops_what_it_started(repository, cache):
    # Odoo itself is shared, so that it need not be fetched again.
    (cache / "odoo-19.0").symlink_to(source.ensure().folder)
    environment = {**os.environ, "ODOO_QUALITY_CACHE": str(cache)}
    port = str(free_port())
    process = subprocess.Popen([sys.executable, repository / "dev", "serve", "--port", port], env=environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True)
    for line in process.stdout:
        if "Ctrl-C stops" in line:
            break
    for _ in range(300):
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://localhost:{port}/web/login") as page:
            assert page.status == 200
            break
        time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(60) == 0
    left = subprocess.run(["pgrep", "-f", str(cache.resolve())], capture_output=True, text=True).stdout
    assert left == ""
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://localhost:{port}/web/health"):
        pytest.fail("Odoo still answers")


def test_untranslated_texts_are_listed(repository):
    result = dev(repository, "i18n", "--check")
    assert result.returncode == 1
    assert "tiny.pot is out of date" in result.stdout
