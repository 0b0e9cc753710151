"""The test command: Odoo's tests of the addons and the tests from outside, counted together."""

import os
import re
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

from . import addons, databases, system
from .console import say, step
from .errors import SetupError
from .odoo import Odoo, free_port
from .odoolog import Outcome, Reader
from .paths import ADDONS, REPO, cache_dir
from .postgres import Server

PROGRAMS = {"chromium": "chromium", "wkhtmltopdf": "wkhtmltopdf", "pdftoppm": "poppler-utils"}


def run(targets, tags, keep):
    """Run the tests named by `targets` (all when empty) or by Odoo's `tags`; return the exit code."""
    system.require(PROGRAMS)
    system.require_chinese_font()
    test_tags, outside = _select(targets, tags)
    logs = cache_dir("logs", time.strftime("%Y%m%d-%H%M%S-") + str(os.getpid()))
    with Server().running() as server:
        odoo = Odoo(server)
        outcomes = []
        if test_tags:
            outcomes.append(_run_odoo(odoo, test_tags, logs / "odoo.log", keep))
        if outside:
            outcomes.append(_run_pytest(odoo, outside, logs))
    return _summary(outcomes, logs)


def _select(targets, tags):
    """Return Odoo's test tags and the arguments of pytest."""
    if tags:
        return tags, []
    if not targets:
        tests = ["tests"] if any((REPO / "tests").glob("test_*.py")) else []
        return ",".join(f"/{name}" for name in addons.names()), tests
    chosen, outside = [], []
    for target in targets:
        path = (REPO / target.split("::")[0]).resolve()
        if (ADDONS / target / "__manifest__.py").is_file():
            chosen.append(f"/{target}")
        elif path.is_relative_to(ADDONS) and path.exists():
            place = path.relative_to(ADDONS)
            chosen.append(f"/{place}" if place.suffix == ".py" else f"/{place.parts[0]}")
        elif path.is_relative_to(REPO / "tests") and path.exists():
            outside.append(target)
        else:
            raise SetupError(f"{target} is neither an addon nor a file or folder with tests")
    return ",".join(chosen), outside


def _run_odoo(odoo, tags, log, keep):
    """Install the addons into a copy of the base with tests on."""
    base = databases.base(odoo)
    wanted = [name for name in addons.names() if re.search(rf"/{name}\b", tags)] or addons.names()
    with databases.scratch(odoo, base, keep=keep) as database, step(f"Odoo tests {tags}"):
        say(f"    database {database}, log {log}")
        process = odoo.start(
            "-d", database, "-i", ",".join(wanted), "--test-enable", f"--test-tags={tags}", "--stop-after-init",
            "--http-interface=127.0.0.1", f"--http-port={free_port()}", f"--screenshots={log.parent}",
            "--max-cron-threads=0", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        reader = Reader(say)
        try:
            with log.open("w") as file:
                for line in process.stdout:
                    file.write(line)
                    reader.feed(line)
            reader.flush()
        finally:
            code = process.wait() if sys.exc_info()[0] is None else odoo.stop(process)
    outcome = reader.outcome
    if outcome.summary is None or (code and not outcome.failed):
        outcome.failed.add(f"Odoo ended with code {code} before its tests did, see {log}")
    return outcome


def _run_pytest(odoo, arguments, logs):
    """Run the tests from outside."""
    results = logs / "pytest.xml"
    with step(f"pytest {' '.join(arguments)}"):
        code = subprocess.run(
            [odoo.python, "-m", "pytest", "--color=no", "-q", f"--junitxml={results}", *arguments],
            cwd=REPO, stdout=sys.stderr, stdin=subprocess.DEVNULL).returncode
    outcome = Outcome()
    for case in ElementTree.parse(results).iter("testcase") if results.exists() else []:
        name = f"{case.get('classname')}.{case.get('name')}"
        outcome.started.add(name)
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed.add(name)
        elif (skip := case.find("skipped")) is not None:
            outcome.skipped[name] = skip.get("message")
    if code and not outcome.failed:
        outcome.failed.add(f"pytest ended with code {code}")
    return outcome


def _summary(outcomes, logs):
    passed, failed = sum(len(o.passed) for o in outcomes), sum(len(o.failed) for o in outcomes)
    skipped = {test: reason for o in outcomes for test, reason in o.skipped.items()}
    print(f"logs: {logs}")
    for test, reason in skipped.items():
        print(f"skipped {test}: {reason}")
    for test in sorted(test for o in outcomes for test in o.failed):
        print(f"failed {test}")
    print(f"{passed} passed, {failed} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    return 1 if failed or not passed else 0
