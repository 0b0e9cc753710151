"""What the user sees: progress on standard error, results on standard output."""

import contextlib
import re
import shutil
import subprocess
import sys
import time

from .errors import SetupError
from .paths import cache_dir

_OFFLINE = re.compile(
    r"resolve|NameResolution|NewConnectionError|Could not connect|Connection refused|Network is unreachable|EAI_AGAIN"
    r"|ENOTFOUND|ECONNREFUSED|timed out", re.IGNORECASE)

def say(text):
    """Print a progress line."""
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def step(title):
    """Announce a step that takes a while and say how long it took."""
    say(f"==> {title} ...")
    started = time.monotonic()
    yield
    say(f"    {title}: {time.monotonic() - started:.0f} s")


def run(command, failure, **options):
    """Run a command quietly; when it fails, `failure` and its last line become the error."""
    result = subprocess.run(
        [str(part) for part in command], text=True, errors="replace",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    if result.returncode:
        lines = [line.strip() for line in result.stdout.splitlines() if line.strip()]
        telling = [line for line in lines if line.startswith(("E:", "ERROR", "fatal:", "error:", "npm error"))]
        reason = (telling or lines or ["no message"])[-1]
        raise SetupError(f"{failure}: {_hint(result.stdout)}{reason}")
    return result.stdout


def _hint(output):
    """Return what probably is behind a failure, which programs often tell in a line that is not their last."""
    if "No space left on device" in output or shutil.disk_usage(cache_dir()).free < 2**20:
        return "is the disk full? "
    return "is there a network? " if _OFFLINE.search(output) else ""
