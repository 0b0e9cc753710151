"""Running Odoo as a separate process on the embedded PostgreSQL."""

import os
import re
import signal
import socket
import subprocess
from pathlib import Path

from . import source, venv
from .errors import SetupError
from .odoolog import Reader
from .paths import ADDONS, cache_dir


class Odoo:
    """How to call Odoo: interpreter, tree, database server."""

    def __init__(self, server):
        """Fetch what is missing."""
        self.server = server
        self.python = venv.python()
        self.source = source.ensure()
        self.data_dir = cache_dir("data")
        self.processes = []

    def environment(self):
        """Return the variables of an Odoo process; the user's own Odoo settings do not leak in."""
        unwanted = ("PG", "ODOO_", "OPENERP_", "PYTHON")
        mine = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
        addons_path = ",".join(str(folder) for folder in [*self.source.addons_path, ADDONS])
        return {
            **mine, **self.server.environment(), "ODOO_RC": os.devnull, "ODOO_ADDONS_PATH": addons_path,
            "ODOO_DATA_DIR": str(self.data_dir), "PYTHONPATH": str(self.source.root),
            "PYTHONPYCACHEPREFIX": str(cache_dir("pycache")), "PYTHONUNBUFFERED": "1", "TZ": "UTC",
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
        }

    def command(self, *arguments, subcommand=("server",)):
        """Return the command line of Odoo."""
        return [str(self.python), "-m", "odoo", *subcommand, *map(str, arguments)]

    def start(self, *arguments, **options):
        """Start Odoo and return its process."""
        return self.spawn(self.command(*arguments), env=self.environment(), **options)

    def spawn(self, command, **options):
        """Start a process in a group of its own, so that all of it can be stopped."""
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, **options)
        self.processes.append(process)
        return process

    def stop(self, process):
        """Stop a process and its children."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def stop_all(self):
        """Stop everything that was started here."""
        for process in self.processes:
            self.stop(process)

    def setup(self, database, *arguments, failure):
        """Install or update modules; anything that Odoo logs as an error is a failure, told with its last line."""
        log = cache_dir("logs") / f"setup-{database}.log"
        errors = []
        reader = Reader(errors.append)
        command = self.command("-d", database, "--stop-after-init", "--no-http", "--max-cron-threads=0", *arguments)
        with log.open("w") as file:
            code = subprocess.run(command, env=self.environment(), stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT).returncode
        for line in log.read_text(errors="replace").splitlines():
            reader.feed(line)
        reader.flush()
        if code or reader.outcome.failed:
            reason = _exceptions("\n".join(errors)) or f"Odoo ended with code {code}"
            raise SetupError(f"{failure}: {reason}; the log is {log}")


def stop_everything():
    """Stop all Odoo processes that work with this cache."""
    mine = f"ODOO_DATA_DIR={cache_dir('data')}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            variables = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if mine in variables and int(process.name) != os.getpid():
            os.kill(int(process.name), signal.SIGINT)


def _exceptions(text):
    """Return the lines of a log that name an exception, such as 'ValueError: no such thing', the last one first."""
    found = dict.fromkeys(re.findall(r"^[\w.]+(?:Error|Exception|Warning)\b: .+$", text, re.MULTILINE))
    return ", because ".join(reversed(found))


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def check_port(port):
    """Stop with a clear line when a server could not listen on `port`."""
    with socket.socket() as probe:
        # As Odoo does it: a connection that is just being closed is no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SetupError(f"port {port}: {reason}; choose another one with --port") from error
