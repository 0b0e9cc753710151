"""The core command: Odoo's own suites give the same result with our addons installed as without."""

import os

from . import databases, odootests, system
from .console import say
from .odoo import Odoo
from .odoolog import read
from .paths import cache_dir, digest
from .postgres import Server
from .testrun import PROGRAMS

#: what spare parts, claims and fees extend
SUITES = ("stock", "sale", "purchase", "sale_stock", "purchase_stock", "repair")


def run(suites):
    """Run Odoo's tests of the named modules (all of SUITES) twice, print what differs, return the exit code."""
    suites = suites or SUITES
    system.require(PROGRAMS)
    tags = ",".join(f"/{name}" for name in suites)
    with Server().running() as server:
        odoo = Odoo(server)
        without = _without(odoo, tags, suites)
        say("==> Odoo's suites with our addons")
        log = cache_dir("logs") / f"core-with-{os.getpid()}.log"
        ours = odootests.run(odoo, tags, log, databases.with_addons(odoo, demo=False), suites, update=True)
    return _compare(without, ours)


def _without(odoo, tags, suites):
    """Return the outcome without our addons; the same Odoo gives the same one, so its log is kept and read again."""
    template = databases.base(odoo)
    log = cache_dir("logs") / f"core-{template}-{digest(*suites)}.log"
    if log.exists():
        known = read(log)
        if known.summary is not None:
            say(f"==> Odoo's suites without our addons: known from {log}")
            return known
    say("==> Odoo's suites without our addons")
    return odootests.run(odoo, tags, log, template, suites, update=True)


def _compare(without, ours):
    """Print each test whose result our addons change, then the counts alone on the last line."""
    changed = sorted((ours.failed - without.failed) | (without.passed - ours.passed))
    for test in changed:
        print(f"changed {test}")
    print(f"{len(ours.passed)} passed with our addons, {len(without.passed)} without, {len(changed)} changed")
    return 1 if changed or not ours.passed else 0
