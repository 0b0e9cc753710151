"""The shots command: pictures of pages, as a user sees them."""

import subprocess

from . import system
from .odoo import Odoo
from .paths import REPO, cache_dir
from .postgres import Server
from .running import RunningOdoo
from .serve import prepare


def run(arguments, database):
    """Take the pictures from a server started for them."""
    system.require({"chromium": "chromium"})
    system.require_chinese_font()
    with Server().running() as server:
        odoo = Odoo(server)
        prepare(odoo, database)
        with RunningOdoo(odoo, database, cache_dir("logs") / "shots.log", "--max-cron-threads=0") as running:
            command = [odoo.python, "-m", "devtools.browser", "--url", running.url, "--db", database, *arguments]
            return subprocess.run(command, cwd=REPO).returncode
