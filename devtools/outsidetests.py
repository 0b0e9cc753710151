"""The tests from outside, run by pytest."""

import re
import subprocess
from xml.etree import ElementTree

from .console import say
from .odoolog import Outcome
from .paths import REPO


def run(odoo, arguments, log):
    """Run the tests named by `arguments` and return their outcome."""
    say(f"==> Tests from outside {' '.join(arguments)}")
    results = log.with_suffix(".xml")
    process = odoo.spawn(
        [odoo.python, "-m", "pytest", "--color=no", "-v", "--tb=short", f"--junitxml={results}", *arguments],
        cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    _follow(process.stdout, log)
    code = process.wait()
    outcome = Outcome()
    for case in ElementTree.parse(results).iter("testcase") if results.exists() else []:
        name = f"{case.get('classname')}.{case.get('name')}"
        outcome.started.add(name)
        if case.find("failure") is not None or case.find("error") is not None:
            outcome.failed.add(name)
        elif (skip := case.find("skipped")) is not None:
            outcome.skipped[name] = skip.get("message")
    if code and not outcome.failed:
        outcome.failed.add(f"pytest ended with code {code}, see {log}")
    return outcome


def _follow(lines, log):
    """Keep everything in the log; show each file once, and what pytest says about failures."""
    shown = failures = None
    with log.open("w") as file:
        for line in lines:
            file.write(line)
            failures = failures or re.match("=+ (FAILURES|ERRORS) =+$", line)
            name = line.partition("::")[0]
            if failures:
                say(line.rstrip())
            elif "::" in line and name != shown:
                shown = name
                say(f"    {name}")
