"""Reads what Odoo logs while it runs tests."""

import re
from dataclasses import dataclass, field

_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?P<level>[A-Z]+) \S+ (?P<logger>[\w.]+): (?P<text>.*)$")
_STARTED = re.compile(r"Starting (?P<test>\S+) \.\.\.")
_SKIPPED = re.compile(r"skipped (?P<test>.+?) : (?P<reason>.*?)(?: (?:-|\d+) (?:-|[\d.]+) (?:-|[\d.]+))?\s*$")
_FAILED = re.compile(r"(?:ERROR|FAIL): (?:Subtest )?(?P<test>\S+)(?: \(odoo\.addons\.(?P<group>\S+)\))?")
_REPEATED = re.compile(r"Module \w+: \d+ failures|At least one test failed|\d+ failed, \d+ error")
_SUMMARY = re.compile(r"\d+ failed, \d+ error\(s\) of (?P<count>\d+) tests")
_BROWSER = re.compile(r"chrom|websocket|devtools", re.IGNORECASE)


@dataclass
class Outcome:
    """What became of the tests; the sets hold 'addon.Class.method'."""

    started: set = field(default_factory=set)
    failed: set = field(default_factory=set)
    skipped: dict = field(default_factory=dict)
    summary: int | None = None

    @property
    def passed(self):
        """Return the tests that ran and did not fail."""
        return self.started - self.failed - self.skipped.keys()


class Reader:
    """Takes the log line by line; `report` is called with each class started and each error with its traceback."""

    def __init__(self, report):
        """Start with nothing read."""
        self.outcome = Outcome()
        self.report = report
        self._error = []
        self._class = None
        self._test = None

    def feed(self, line):
        """Take one line."""
        match = _LINE.match(line)
        if not match:
            # The rest of a record of several lines, such as a traceback.
            if self._error:
                self._error.append(line.rstrip())
            return
        self.flush()
        addon = match["logger"].removeprefix("odoo.addons.").split(".")[0]
        if match["logger"].startswith("odoo.modules."):
            self._test = None
        # Odoo goes on without the demo data of an addon when there is a mistake in it.
        if match["level"] in ("ERROR", "CRITICAL") or "demo data failed to install" in match["text"]:
            self._failure(addon, match)
        elif started := _STARTED.match(match["text"]):
            self._start(addon, started["test"])
        elif skipped := _SKIPPED.match(match["text"]):
            self._skip(f"{addon}.{skipped['test']}", skipped["reason"])
        elif summary := _SUMMARY.match(match["text"]):
            self.outcome.summary = int(summary["count"])
        elif "Screenshot in: " in match["text"]:
            self.report(f"    {match['text'].strip()}")

    def _start(self, addon, test):
        self._test = f"{addon}.{test}"
        self.outcome.started.add(self._test)
        name = test.rpartition(".")[0]
        if (addon, name) != self._class:
            self._class = (addon, name)
            self.report(f"    {addon}: {name}")

    def _skip(self, test, reason):
        if _BROWSER.search(reason):
            # A browser test that did not run would otherwise pass unseen.
            self.outcome.failed.add(test)
            self.report(f"FAILED {test}: {reason}")
        else:
            self.outcome.skipped[test] = reason

    def _failure(self, addon, match):
        text = match["text"]
        if summary := _SUMMARY.match(text):
            self.outcome.summary = int(summary["count"])
        if _REPEATED.match(text):
            return
        if failed := _FAILED.match(text):
            # setUpClass comes with the full name of its class, a test only with its own.
            name = f"{failed['group']}.{failed['test']}" if failed["group"] else f"{addon}.{failed['test']}"
        else:
            # An error that is only logged fails the test under way: on a real server somebody would be called.
            name = self._test or f"error in the log of {match['logger']}"
        self.outcome.failed.add(name)
        self._error = [f"FAILED {name}", text]

    def flush(self):
        """Report an error whose lines are complete."""
        if self._error:
            self.report("\n".join(self._error))
            self._error = []


def read(log):
    """Return the outcome that a whole log file tells."""
    reader = Reader(lambda _text: None)
    with log.open(errors="replace") as lines:
        for line in lines:
            reader.feed(line)
    return reader.outcome
