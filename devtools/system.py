"""System packages, through apt as root or with sudo; otherwise the exact line to type is the answer."""

import os
import shutil
import subprocess
import sys

from .console import run, step
from .errors import SetupError


def install(packages):
    """Install Debian packages, or stop with the line that does it."""
    if not shutil.which("apt-get"):
        raise SetupError(f"please install with this system's package manager: {' '.join(packages)}")
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    become_root = _sudo(command)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with step(f"Installing {', '.join(packages)}"):
        run([*become_root, "apt-get", "update", "-qq"], "apt-get update failed", env=environment)
        run([*become_root, *command], "apt-get install failed", env=environment)


def _sudo(command):
    """Return what to put before a command that needs root; without a way, stop with the line to type."""
    if os.geteuid() == 0:
        return []
    line = " ".join(command)
    if not shutil.which("sudo"):
        raise SetupError(f"please run as root: apt-get update && {line}")
    # At a terminal sudo may ask for the password.
    sudo = ["sudo"] if sys.stdin.isatty() else ["sudo", "-n"]
    try:
        run([*sudo, "true"], "sudo")
    except SetupError as error:
        raise SetupError(f"please run: sudo apt-get update && sudo {line}") from error
    return sudo


def require(programs):
    """Make sure that programs exist; `programs` maps each to the package that brings it."""
    missing = [package for program, package in programs.items() if not shutil.which(program)]
    if missing:
        install(missing)


def require_chinese_font():
    """Make sure that reports can show Chinese."""
    fonts = subprocess.run(["fc-list", ":lang=zh", "family"], capture_output=True, text=True).stdout
    if not fonts.strip():
        install(["fontconfig", "fonts-noto-cjk"])
