"""The test command: Odoo's tests of the addons and the tests from outside, side by side and counted together."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

from . import addons, lint, odootests, outsidetests, system
from .errors import SetupError
from .odoo import Odoo
from .odoolog import Outcome
from .paths import ADDONS, REPO, cache_dir, forget_unused
from .postgres import Server

PROGRAMS = {"chromium": "chromium", "wkhtmltopdf": "wkhtmltopdf", "pdftoppm": "poppler-utils"}


def run(targets, tags, *, keep, with_lint):
    """Run the tests named by `targets` (all when empty) or by Odoo's `tags`; return the exit code."""
    inside, outside = _select(targets, tags)
    system.require(PROGRAMS)
    system.require_chinese_font()
    forget_unused("logs/*", days=14)
    logs = cache_dir("logs", time.strftime("%Y%m%d-%H%M%S-") + str(os.getpid()))
    jobs = []
    with Server().running() as server, ThreadPoolExecutor(max_workers=2) as pool:
        odoo = Odoo(server)
        try:
            if inside:
                jobs.append(pool.submit(odootests.of_addons, odoo, inside, logs / "odoo.log", keep))
            if outside:
                jobs.append(pool.submit(outsidetests.run, odoo, outside, logs / "pytest.log"))
            if with_lint:
                jobs.append(pool.submit(lint.check, odoo))
            outcomes = [_outcome(job) for job in jobs]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            odoo.stop_all()
            raise
    return _summary(outcomes, logs)


def _outcome(job):
    """Return what came of a part of the run; one that could not start counts as a failure beside the others."""
    try:
        return job.result()
    except SetupError as error:
        return Outcome(failed={str(error)})


def _select(targets, tags):
    """Return Odoo's test tags and the arguments of pytest."""
    if tags:
        return tags, []
    if not targets:
        tests = ["tests"] if any((REPO / "tests").glob("test_*.py")) else []
        return ",".join(f"/{name}" for name in addons.names()), tests
    inside, outside = [], []
    for target in targets:
        path = (REPO / target.split("::")[0]).resolve()
        if (ADDONS / target / "__manifest__.py").is_file():
            inside.append(f"/{target}")
        elif path.is_relative_to(ADDONS) and path.exists():
            place = path.relative_to(ADDONS)
            inside.append(f"/{place}" if place.suffix == ".py" else f"/{place.parts[0]}")
        elif path.is_relative_to(REPO / "tests") and path.exists():
            outside.append(target)
        else:
            raise SetupError(f"{target} is neither an addon nor a file or folder with tests")
    return ",".join(inside), outside


def _summary(outcomes, logs):
    """Print what failed and what was skipped, then the counts alone on the last line."""
    passed = sum(len(outcome.passed) for outcome in outcomes)
    failed = sorted(test for outcome in outcomes for test in outcome.failed)
    skipped = {test: reason for outcome in outcomes for test, reason in outcome.skipped.items()}
    print(f"logs: {logs}")
    for test, reason in skipped.items():
        print(f"skipped {test}: {reason}")
    for test in failed:
        print(f"failed {test}")
    print(f"{passed} passed, {len(failed)} failed" + (f", {len(skipped)} skipped" if skipped else ""))
    return 1 if failed or not passed else 0
