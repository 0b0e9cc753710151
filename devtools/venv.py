"""The Python environment of Odoo and of the tools, one per Python and per list of requirements."""

import os
import subprocess
import sys
from pathlib import Path

from . import system
from .console import run, step
from .locks import exclusive
from .paths import REQUIREMENTS, cache_dir, digest, forget_unused

# The same inside the environment and outside, so that tests which run in it find it.
PYTHON = Path(sys.base_prefix, "bin", "python{}.{}".format(*sys.version_info))


def _can_make():
    return subprocess.run([PYTHON, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0


def ensure():
    """Return the environment's folder, made on first use."""
    texts = [file.read_text() for file in sorted(REQUIREMENTS.glob("*.txt"))]
    version = "{}.{}".format(*sys.version_info)
    folder = cache_dir() / f"venv-{version}-{digest(PYTHON, *texts)}"
    ready = folder / ".ready"
    if ready.exists():
        os.utime(folder)
        return folder
    with exclusive(cache_dir() / "venv.lock"):
        if ready.exists():
            return folder
        forget_unused("venv-*", days=14)
        if not _can_make():
            system.install([f"python{version}-venv"])
        with step("Installing Python packages"):
            run([PYTHON, "-m", "venv", "--clear", folder], "cannot make the Python environment")
            run([folder / "bin/pip", "install", "--quiet", "--disable-pip-version-check", "--prefer-binary",
                 "-r", REQUIREMENTS / "dev.txt"],
                "cannot install the Python packages",
                env={**os.environ, "PIP_NO_INPUT": "1"})
        ready.touch()
    return folder


def python():
    """Return the environment's interpreter."""
    return ensure() / "bin/python"
