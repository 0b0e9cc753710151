"""The core command: Odoo's own suites give the same result with our addons installed as without."""

from . import databases, odootests, system
from .console import say
from .odoo import Odoo
from .paths import cache_dir
from .postgres import Server
from .testrun import PROGRAMS

#: what spare parts, claims and fees extend
SUITES = ("stock", "sale", "purchase", "sale_stock", "purchase_stock", "repair")


def run(suites):
    """Run Odoo's tests of the named modules (all of SUITES) twice, print what differs, return the exit code."""
    suites = suites or SUITES
    system.require(PROGRAMS)
    tags = ",".join(f"/{name}" for name in suites)
    logs = cache_dir("logs")
    with Server().running() as server:
        odoo = Odoo(server)
        templates = {"without": databases.base(odoo), "with": databases.with_addons(odoo, demo=False)}
        outcomes = {}
        for name, template in templates.items():
            say(f"==> Odoo's suites {name} our addons")
            outcomes[name] = odootests.run(odoo, tags, logs / f"core-{name}.log", template, suites, update=True)
    return _compare(outcomes["without"], outcomes["with"])


def _compare(without, ours):
    """Print each test whose result our addons change, then the counts alone on the last line."""
    changed = sorted((ours.failed - without.failed) | (without.passed - ours.passed))
    for test in changed:
        print(f"changed {test}")
    print(f"{len(ours.passed)} passed with our addons, {len(without.passed)} without, {len(changed)} changed")
    return 1 if changed or not ours.passed else 0
