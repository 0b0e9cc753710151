"""The shots command: pictures of pages, as a user sees them."""

import contextlib
import subprocess
import time
import urllib.error
import urllib.request

from . import system
from .errors import SetupError
from .odoo import Odoo, free_port
from .paths import REPO
from .postgres import Server
from .serve import prepare
from .venv import python


def run(arguments, database):
    """Take the pictures from a server started for them."""
    system.require({"chromium": "chromium"})
    with Server().running() as server:
        odoo = Odoo(server)
        prepare(odoo, database)
        with serving(odoo, database) as url:
            command = [python(), "-m", "devtools.browser", "--url", url, "--db", database, *arguments]
            return subprocess.run(command, cwd=REPO).returncode


@contextlib.contextmanager
def serving(odoo, database, *arguments, log=subprocess.DEVNULL):
    """Serve a database on a free port and yield the address."""
    port = free_port()
    process = odoo.start("-d", database, f"--db-filter=^{database}$", "--http-interface=127.0.0.1",
                         f"--http-port={port}", f"--gevent-port={free_port()}", *arguments,
                         stdout=log, stderr=subprocess.STDOUT)
    url = f"http://127.0.0.1:{port}"
    try:
        _await(process, url)
        yield url
    finally:
        odoo.stop(process)


def _await(process, url):
    for _ in range(600):
        if process.poll() is not None:
            raise SetupError(f"Odoo ended with code {process.returncode} while starting")
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{url}/web/health", timeout=30).close()
            return
        time.sleep(0.1)
    raise SetupError("Odoo does not answer after a minute")
