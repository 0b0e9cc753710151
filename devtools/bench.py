"""The bench command: how fast the heavy pages are at the size they are made for."""

import subprocess

from . import databases
from .console import say
from .errors import SetupError
from .odoo import Odoo
from .paths import REPO
from .postgres import Server

BENCHMARKS = REPO / "benchmarks"


def run(names):
    """Run benchmarks, all unless named, each in a database of its own; they print what they measure."""
    known = sorted(path.stem for path in BENCHMARKS.glob("*.py"))
    unknown = set(names) - set(known)
    if unknown:
        raise SetupError(f"no such benchmark: {', '.join(sorted(unknown))}; there are: {', '.join(known)}")
    code = 0
    with Server().running() as server:
        odoo = Odoo(server)
        template = databases.with_addons(odoo, demo=True)
        for name in names or known:
            say(f"==> {name}")
            with databases.scratch(odoo, template) as database, (BENCHMARKS / f"{name}.py").open() as script:
                command = odoo.command("-d", database, "--no-http", "--log-level=error", subcommand=("shell",))
                code |= subprocess.run(command, env=odoo.environment(), stdin=script).returncode
    return code
