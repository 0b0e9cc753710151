"""Odoo's own tests of the addons, run while they are installed into a copy of the base."""

import re
import subprocess

from . import addons, databases
from .console import say
from .odoo import free_port
from .odoolog import Reader


def of_addons(odoo, tags, log, keep):
    """Run our addons' tests, as `tags` select them, while they are installed."""
    wanted = [name for name in addons.names() if re.search(rf"/{name}\b", tags)] or addons.names()
    return run(odoo, tags, log, databases.below(odoo, wanted), wanted, keep=keep)


def run(odoo, tags, log, template, modules, *, keep=False, update=False):
    """Install (or update) modules in a copy of a template with tests on, and return the tests' outcome."""
    with databases.scratch(odoo, template, keep=keep) as database:
        say(f"==> Odoo tests {tags} in database {database}")
        process = odoo.start(
            "-d", database, "-u" if update else "-i", ",".join(modules), "--test-enable", f"--test-tags={tags}",
            "--stop-after-init",
            "--http-interface=127.0.0.1", f"--http-port={free_port()}", f"--gevent-port={free_port()}",
            f"--screenshots={log.parent}", "--max-cron-threads=0",
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        reader = Reader(say)
        with log.open("w") as file:
            for line in process.stdout:
                file.write(line)
                reader.feed(line)
        reader.flush()
        code = process.wait()
    outcome = reader.outcome
    if not outcome.failed and (code or outcome.summary is None):
        outcome.failed.add(f"Odoo ended with code {code} before the tests did, see {log}")
    return outcome
