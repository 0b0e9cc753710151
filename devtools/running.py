"""An Odoo server of one database on a free port."""

import contextlib
import os
import signal
import time
import urllib.error
import urllib.request

from .errors import SetupError
from .odoo import free_port


class RunningOdoo:
    """A server that can be started, stopped and killed; its log is a file."""

    def __init__(self, odoo, database, log, *arguments):
        """Prepare a server; `arguments` are further options of Odoo."""
        self.odoo = odoo
        self.database = database
        self.log = log
        self.arguments = arguments
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        """Start and wait until it answers."""
        with open(self.log, "a") as log:
            self.process = self.odoo.start(
                "-d", self.database, f"--db-filter=^{self.database}$", "--http-interface=127.0.0.1",
                f"--http-port={self.port}", f"--gevent-port={free_port()}", "--log-handler=py.warnings:ERROR",
                *self.arguments, stdout=log, stderr=log)
        for _ in range(600):
            if self.process.poll() is not None:
                raise SetupError(f"Odoo ended with code {self.process.returncode} while starting, see {self.log}")
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                urllib.request.urlopen(f"{self.url}/web/health", timeout=30).close()
                return self
            time.sleep(0.1)
        raise SetupError(f"Odoo does not answer after a minute, see {self.log}")

    def stop(self):
        """Stop it as an administrator would."""
        if self.process:
            self.odoo.stop(self.process)

    def kill(self):
        """End it at once, as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_error):
        self.stop()
