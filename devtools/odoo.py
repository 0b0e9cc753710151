"""Running Odoo as a separate process on the embedded PostgreSQL."""

import os
import signal
import socket
import subprocess

from . import source, venv
from .console import run
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
        return {
            **mine, **self.server.environment(), "ODOO_RC": os.devnull, "PYTHONPATH": str(self.source.root),
            "PYTHONPYCACHEPREFIX": str(cache_dir("pycache")), "PYTHONUNBUFFERED": "1", "TZ": "UTC",
            "PATH": f"{self.python.parent}:{os.environ['PATH']}",
        }

    def command(self, *arguments, subcommand="server"):
        """Return the command line of Odoo with our addons on its path."""
        path = ",".join(str(folder) for folder in [*self.source.addons_path, ADDONS])
        return [str(self.python), "-m", "odoo", subcommand, f"--addons-path={path}", f"--data-dir={self.data_dir}",
                *map(str, arguments)]

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
        """Install or update modules and return the log; `failure` is the message when that goes wrong."""
        return run(self.command("-d", database, "--stop-after-init", "--no-http", "--max-cron-threads=0", *arguments),
                   failure, env=self.environment())


def free_port(wanted=0):
    """Return a port that nobody listens on; `wanted` itself when it is free, 0 when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return 0
        return probe.getsockname()[1]
