"""The lint command: form and known mistakes, told before a reviewer has to."""

import os
import subprocess

from . import addons, databases, odootests, system
from .console import run as run_quietly
from .console import say, step
from .locks import exclusive
from .odoo import Odoo
from .odoolog import Outcome
from .paths import ADDONS, REPO, cache_dir, digest
from .postgres import Server

PYTHON = ["dev", "devtools", "tests", "addons"]
FORMATTED = ("*.xml", "*.js", "*.scss", "*.css")
ODOO_CHECKS = ("missing-gettext", "gettext-variable", "gettext-placeholders", "gettext-repr", "sql-injection",
               "raise-unlink-override")
# Odoo's own checks that look at the whole of Odoo or test the checkers themselves; pylint below does the former.
NOT_OURS = ("TestPyLint", "TestESLint", "TestGetTextLint", "TestSqlLint", "TestUnlinkLint", "TestPylintChecks")


def run(fix):
    """Run all checks, or let the formatters correct what they can; return the exit code."""
    with Server().running() as server:
        failed = check(Odoo(server), fix=fix).failed
    print(f"{', '.join(sorted(failed))} failed" if failed else "lint: clean")
    return 1 if failed else 0


def check(odoo, *, fix=False):
    """Run all checks and return their outcome."""
    checks = {
        "lint.ruff": lambda: _ruff(odoo, fix),
        "lint.prettier": lambda: _prettier(fix),
        "lint.pylint_odoo": lambda: _pylint(odoo),
        "lint.odoo_checkers": lambda: _odoo_pylint(odoo),
        "lint.test_lint": lambda: _test_lint(odoo),
    }
    outcome = Outcome()
    for name, passes in checks.items():
        outcome.started.add(name)
        with step(name):
            if not passes():
                outcome.failed.add(name)
    return outcome


def _succeeds(command, **options):
    return subprocess.run([str(part) for part in command], cwd=REPO, **options).returncode == 0


def _ruff(odoo, fix):
    ruff = odoo.python.with_name("ruff")
    return _succeeds([ruff, "check", "--quiet", *(["--fix"] if fix else []), *PYTHON])


def _prettier(fix):
    files = [file.relative_to(REPO) for pattern in FORMATTED for file in sorted(ADDONS.rglob(pattern))]
    if not files:
        return True
    modules = _node_modules()
    return _succeeds(["node", modules / "prettier/bin/prettier.cjs", "--log-level=warn", "--ignore-path=",
                      f"--plugin={modules / '@prettier/plugin-xml/src/plugin.js'}",
                      "--write" if fix else "--check", *files])


def _node_modules():
    """Return the folder with the formatter, installed once per version outside the repository."""
    system.require({"node": "nodejs", "npm": "npm"})
    manifest, lock = REPO / "package.json", REPO / "package-lock.json"
    folder = cache_dir(f"node-{digest(manifest.read_text(), lock.read_text())}")
    with exclusive(folder / ".lock"):
        if not (folder / "node_modules").exists():
            for file in (manifest, lock):
                (folder / file.name).write_text(file.read_text())
            run_quietly(["npm", "ci", "--no-audit", "--no-fund"], "cannot install the formatter", cwd=folder)
    return folder / "node_modules"


def _pylint(odoo):
    """Run pylint with the checks of the Odoo community.

    Except: the addons are described in docs, not in README files, and a large model may have one file per concern,
    and a decision of its own may write what write() refuses.
    """
    return _succeeds([odoo.python, "-m", "pylint", "--jobs=2", "--score=no",
                      "--disable=missing-readme,consider-merging-classes-inherited,super-method-mismatch", *_folders()],
                     env={**os.environ, "PYTHONPATH": str(odoo.source.root)})


def _odoo_pylint(odoo):
    """Run pylint with the checkers that Odoo keeps for its own code."""
    checkers = odoo.source.addon("test_lint") / "tests"
    names = sorted(file.stem for file in checkers.glob("_odoo_checker_*.py"))
    return _succeeds([odoo.python, "-m", "pylint", f"--rcfile={os.devnull}", "--jobs=2", "--score=no",
                      f"--load-plugins={','.join(names)}", "--disable=all", f"--enable={','.join(ODOO_CHECKS)}",
                      *_folders()],
                     env={**os.environ, "PYTHONPATH": f"{checkers}:{odoo.source.root}"})


def _folders():
    return [ADDONS / name for name in addons.names()]


def _test_lint(odoo):
    """Run Odoo's own checks of addons; Odoo itself passes them, so what they find is ours."""
    tags = ",".join(["/test_lint", *(f"-/test_lint:{name}" for name in NOT_OURS)])
    log = cache_dir("logs") / f"lint-{os.getpid()}.log"
    outcome = odootests.run(odoo, tags, log, databases.with_addons(odoo, demo=False), ["test_lint"])
    for test in sorted(outcome.failed):
        say(f"failed {test}, see {log}")
    return not outcome.failed
