"""Odoo's own code: a folder given by the user, the Debian package, or the public repository."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from .console import run, say, step
from .errors import SetupError
from .locks import exclusive
from .paths import REQUIREMENTS, cache_dir, digest

SERIES = "19.0"
REPOSITORY = "https://github.com/odoo/odoo"
# Named in a list of assets but left out of the package, which has no source for it; without it the web client
# logs an error on every page. It blurs the background of video calls.
LEFT_OUT = "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# The package's symbolic links lead into these. The two fonts changed their file formats after Debian 12.
COMPANIONS = {
    "sid": ["odoo-19", "libjs-jquery", "libjs-jquery-form", "libjs-underscore", "fonts-roboto-unhinted",
            "fonts-montserrat", "fonts-ocr-b"],
    "bookworm": ["fonts-font-awesome", "fonts-inconsolata"],
}


class Source:
    """An Odoo tree on disk."""

    def __init__(self, folder):
        """Take a checkout or an unpacked package; anything but series 19.0 is refused."""
        self.folder = Path(folder)
        packaged = self.folder / "usr/lib/python3/dist-packages"
        self.root = packaged if packaged.is_dir() else self.folder
        try:
            release = (self.root / "odoo/release.py").read_text()
        except OSError as error:
            raise SetupError(f"{folder} is not an Odoo folder: it has no odoo/release.py") from error
        found = re.search(r"^version_info = \((.+?), (\d+)", release, re.MULTILINE)
        series = "{}.{}".format(*found.groups()).replace("'", "") if found else "unknown"
        if series != SERIES:
            raise SetupError(f"{folder} is Odoo {series}, but Odoo {SERIES} is needed")

    @property
    def addons_path(self):
        """Return the folders with Odoo's own addons."""
        return [path for path in (self.root / "addons", self.root / "odoo/addons") if path.is_dir()]

    def addon(self, name):
        """Return the folder of one of Odoo's own addons."""
        return next(path / name for path in self.addons_path if (path / name).is_dir())

    @property
    def key(self):
        """Return what tells this tree from another: its place and, in a checkout, its commit."""
        commit = ""
        if (self.folder / ".git").exists():
            commit = subprocess.run(["git", "-C", self.folder, "rev-parse", "HEAD"],
                                    capture_output=True, text=True).stdout.strip()
        return digest(self.folder.resolve(), commit)


def given():
    """Return the Odoo that the user named, or None; a wrong one is told at once."""
    path = os.environ.get("ODOO_PATH")
    return Source(Path(path).expanduser()) if path else None


def ensure():
    """Return the Odoo to work with, fetched on first use."""
    folder = cache_dir() / f"odoo-{SERIES}"
    if not given() and not folder.exists():
        with exclusive(cache_dir() / "odoo.lock"):
            if not folder.exists():
                _fetch(folder)
    return given() or Source(folder)


def _fetch(folder):
    new = folder.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    mirror = _mirror()
    if not (mirror and _unpack_package(mirror, new)):
        _clone(new)
    Source(new)
    new.rename(folder)


def _mirror():
    """Return the address of the Debian mirror that this machine uses."""
    if not (shutil.which("apt-get") and KEYRING.exists()):
        return None
    targets = run(["apt-get", "indextargets", "--format", "$(CREATED_BY)|$(COMPONENT)|$(REPO_URI)"],
                  "cannot read the configuration of apt")
    for target in targets.splitlines():
        kind, component, address = target.split("|")
        if kind == "Packages" and component == "main" and re.search(r"/debian/?$", address):
            return address
    return None


def _unpack_package(mirror, folder):
    """Unpack the Debian package and its companions; False when the mirror has no such package."""
    work = cache_dir("apt")
    sources = work / "sources.list"
    sources.write_text("".join(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n" for suite in COMPANIONS))
    for name in ("lists/partial", "archives/partial", "packages"):
        (work / name).mkdir(parents=True, exist_ok=True)
    # Its own lists: the machine's apt configuration stays as it is.
    options = [f"-oDir::Etc::sourcelist={sources}", "-oDir::Etc::sourceparts=/dev/null",
               f"-oDir::State::Lists={work / 'lists'}", f"-oDir::Cache={work}", "-oAPT::Sandbox::User=",
               "-oAcquire::Languages=none", "-oAcquire::Retries=3"]
    with step("Reading Debian's package lists"):
        run(["apt-get", *options, "-oAPT::Update::Error-Mode=any", "update"], "cannot reach the Debian mirror")
    known = run(["apt-cache", *options, "madison", "odoo-19"], "cannot read Debian's package lists")
    found = re.search(r"\|\s*(19\.0\S*)", known)
    if not found:
        return False
    tested = (REQUIREMENTS / "odoo-version").read_text().strip()
    if found[1] != tested:
        say(f"    note: the package is {found[1]}, tested was {tested}")
    names = [f"{name}/{suite}" for suite, names in COMPANIONS.items() for name in names]
    with step(f"Downloading Odoo {found[1]}"):
        run(["apt-get", *options, "download", *names], "cannot download Odoo", cwd=work / "packages")
    with step("Unpacking Odoo"):
        for package in (work / "packages").glob("*.deb"):
            run(["dpkg-deb", "-x", package, folder], "cannot unpack Odoo")
        missing = Source(folder).root / "odoo" / LEFT_OUT
        missing.parent.mkdir(exist_ok=True)
        missing.touch()
    shutil.rmtree(work)
    return True


def _clone(folder):
    if not shutil.which("git"):
        raise SetupError("git is needed to fetch Odoo: this machine's apt has no package odoo-19")
    with step(f"Cloning Odoo {SERIES}"):
        run(["git", "clone", "--quiet", "--depth", "1", "--branch", SERIES, REPOSITORY, folder],
            "cannot clone Odoo")
