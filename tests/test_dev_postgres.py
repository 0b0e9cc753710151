"""The embedded PostgreSQL survives what happens to servers on developers' machines."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from devtools.paths import REPO
from devtools.postgres import Server


@pytest.fixture
def server(cache, monkeypatch):
    """Return a server of this test alone."""
    monkeypatch.setenv("ODOO_QUALITY_CACHE", str(cache))
    server = Server()
    yield server
    server.stop()


def test_the_last_user_stops_it(server):
    with server.running():
        with server.running():
            assert server.sql("SELECT 1") == [["1"]]
        assert server.pid()
    assert not server.pid()


def test_it_starts_after_being_killed(server):
    with server.running():
        os.kill(server.pid(), signal.SIGKILL)
        while server.pid():
            time.sleep(0.05)
        with server.running():
            assert server.sql("SELECT 1") == [["1"]]


def test_a_lock_file_with_the_number_of_another_process_is_no_obstacle(server):
    with server.running():
        pass
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n0\n5432\n\n\n")
    with server.running():
        assert server.sql("SELECT 1") == [["1"]]


def test_several_commands_start_at_once(cache):
    command = [sys.executable, REPO / "dev", "psql", "--db", "postgres", "-Atc", "SELECT 41 + 1"]

    def ask(_number):
        return subprocess.run(command, env={**os.environ, "ODOO_QUALITY_CACHE": str(cache)},
                              capture_output=True, text=True).stdout.strip()

    with ThreadPoolExecutor() as pool:
        assert list(pool.map(ask, range(6))) == ["42"] * 6
