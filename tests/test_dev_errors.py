"""What is wrong with a machine is told in one line, never with a traceback."""

import ast
import os
import shutil
import socket
import subprocess
import sys

import pytest

from devtools import source, system
from devtools.errors import SetupError
from devtools.paths import REPO

OFFLINE = {"PIP_CONFIG_FILE": os.devnull, "PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_RETRIES": "1"}


def dev(*arguments, **environment):
    """Run ./dev and return its result; tests that run in the environment must not lend it their own settings."""
    return subprocess.run([sys.executable, REPO / "dev", *arguments], env={**os.environ, **environment},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)


def complaint(result):
    """Return the only line of a failed command, progress aside."""
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if not line.startswith(("==>", "    "))]
    assert len(lines) == 1, result.stderr
    assert lines[0].startswith("dev: ")
    return lines[0]


def test_every_command_is_explained_in_a_line():
    result = dev("--help")
    assert result.returncode == 0
    for command in ("serve", "test", "shell", "psql", "update", "lint", "i18n", "stop", "shots", "drop"):
        assert f"\n    {command} " in result.stdout


def test_an_old_python_is_told_so():
    text = (REPO / "dev").read_text()
    ast.parse(text, feature_version=(3, 4))
    old = "import runpy, sys; sys.version_info = (3, 9, 2); runpy.run_path(sys.argv[1], run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", old, REPO / "dev"], capture_output=True, text=True)
    assert complaint(result) == "dev: Python 3.10 or newer is needed, this is 3.9"


@pytest.mark.parametrize(("version", "message"), [
    ("(18, 0, 0, FINAL, 0, '')", "is Odoo 18.0, but Odoo 19.0 is needed"),
    ("('saas~19', 1, 0, FINAL, 0, '')", "is Odoo saas~19.1, but Odoo 19.0 is needed"),
])
def test_another_series_of_odoo_is_refused(tmp_path, version, message):
    (tmp_path / "odoo").mkdir()
    (tmp_path / "odoo/release.py").write_text(f"version_info = {version}\n")
    assert message in complaint(dev("test", ODOO_PATH=str(tmp_path)))


def test_a_folder_without_odoo_is_refused(tmp_path):
    assert "is not an Odoo folder" in complaint(dev("serve", ODOO_PATH=str(tmp_path)))


def test_a_taken_port_is_told():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port}: Address already in use" in complaint(dev("serve", "--port", str(port)))


def test_an_impossible_port_is_told():
    assert "port 99999" in complaint(dev("serve", "--port", "99999"))


def test_no_network_for_python_packages(tmp_path):
    line = complaint(dev("stop", ODOO_QUALITY_CACHE=str(tmp_path), **OFFLINE))
    assert "cannot install the Python packages: is there a network?" in line


def test_no_network_for_odoo(cache, tmp_path):
    (tmp_path / "apt.conf").write_text('Acquire::http::Proxy "http://127.0.0.1:9"; Acquire::Retries "0";')
    result = dev("update", ODOO_QUALITY_CACHE=str(cache), APT_CONFIG=str(tmp_path / "apt.conf"))
    assert "cannot reach the Debian mirror: is there a network?" in complaint(result)


def test_a_full_disk_is_told(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk], capture_output=True).returncode:
        pytest.skip("making a small disk needs the rights of root")
    try:
        assert "is the disk full?" in complaint(dev("stop", ODOO_QUALITY_CACHE=str(disk)))
    finally:
        subprocess.run(["umount", disk], check=True)


def test_a_cache_that_cannot_be_written_is_told():
    assert "/proc/nowhere" in complaint(dev("stop", ODOO_QUALITY_CACHE="/proc/nowhere"))


def test_a_target_without_tests_is_told():
    assert "nothing_here is neither an addon nor" in complaint(dev("test", "nothing_here"))


def test_a_database_that_does_not_exist_is_told():
    assert "no_such_database" in complaint(dev("update", "--db", "no_such_database"))


def test_an_ordinary_user_is_given_the_line_to_type(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", {"apt-get": "/usr/bin/apt-get"}.get)
    with pytest.raises(SetupError, match=r"please run as root: apt-get update && apt-get install -y .*chromium"):
        system.require({"chromium": "chromium"})


def test_odoo_is_cloned_where_apt_has_no_package(monkeypatch, tmp_path):
    origin = tmp_path / "origin"
    (origin / "odoo").mkdir(parents=True)
    (origin / "odoo/release.py").write_text("version_info = (19, 0, 0, FINAL, 0, '')\n")
    git = ["git", "-C", origin, "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for arguments in (["init", "-q", "-b", "19.0"], ["add", "."], ["commit", "-qm", "x"]):
        subprocess.run([*git, *arguments], check=True)
    monkeypatch.setattr(source, "REPOSITORY", f"file://{origin}")
    monkeypatch.setattr(source, "_mirror", lambda: None)
    monkeypatch.delenv("ODOO_PATH", raising=False)
    monkeypatch.setenv("ODOO_QUALITY_CACHE", str(tmp_path / "cache"))
    assert source.ensure().root == tmp_path / "cache/odoo-19.0"
