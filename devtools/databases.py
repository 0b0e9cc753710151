"""Databases: templates built once and copied for each run."""

import contextlib
import itertools
import os
import shutil

from . import addons
from .console import step
from .errors import SetupError
from .locks import exclusive
from .paths import REQUIREMENTS, cache_dir, digest

# The first one becomes the default.
LANGUAGES = "en_US,zh_CN"
_numbers = itertools.count(1)


def _filestore(odoo, name):
    return odoo.data_dir / "filestore" / name


def drop(odoo, name):
    """Drop a database and its filestore."""
    odoo.server.drop(name)
    shutil.rmtree(_filestore(odoo, name), ignore_errors=True)


def copy(odoo, source, target):
    """Copy a database with its filestore; files never change once stored, so links do."""
    shutil.rmtree(_filestore(odoo, target), ignore_errors=True)
    if _filestore(odoo, source).is_dir():
        shutil.copytree(_filestore(odoo, source), _filestore(odoo, target), copy_function=os.link)
    odoo.server.copy(source, target)


def _template(odoo, name, title, build):
    """Return template database `name`, made by `build(name)` if it does not exist."""
    with exclusive(cache_dir("locks") / name):
        if name not in odoo.server.databases():
            draft = f"{name}-new"
            drop(odoo, draft)
            with step(title):
                build(draft)
            odoo.server.rename(draft, name)
            if _filestore(odoo, draft).is_dir():
                _filestore(odoo, draft).rename(_filestore(odoo, name))
    return name


def base(odoo):
    """Return the template with Odoo's own modules and Chinese, without demo data."""
    modules = addons.core_modules()
    requirements = (REQUIREMENTS / "odoo.txt").read_text()
    name = f"base-{digest(odoo.source.key, LANGUAGES, requirements, *modules)}"

    def build(draft):
        odoo.setup(draft, "-i", ",".join(modules), f"--load-language={LANGUAGES}",
                   failure="cannot create the base database")

    return _template(odoo, name, f"Creating the base database ({', '.join(modules)})", build)


def install(odoo, database, *, demo):
    """Install our addons into a copy of the base; of the demo data only ours, not Odoo's."""
    if demo:
        odoo.server.sql("UPDATE ir_module_module SET demo = true WHERE state = 'installed'", database)
    log = odoo.setup(database, "-i", ",".join(addons.names()), failure="cannot install the addons")
    if " ERROR " in log or "demo data failed to install" in log:
        raise SetupError("cannot install the addons:\n" + log)


def with_addons(odoo, *, demo):
    """Return the template with our addons in their present state."""
    parent = base(odoo)
    kind = "demo" if demo else "plain"
    name = f"{kind}-{digest(parent, addons.content_key())}"

    def build(draft):
        for old in odoo.server.databases():
            if old.startswith(f"{kind}-"):
                drop(odoo, old)
        copy(odoo, parent, draft)
        install(odoo, draft, demo=demo)

    return _template(odoo, name, f"Installing {', '.join(addons.names())}", build)


@contextlib.contextmanager
def scratch(odoo, template, *, keep=False):
    """Copy `template` to a database of its own, dropped at the end."""
    for name in odoo.server.databases():
        # Left behind by a run that was killed.
        if name.startswith("run-") and not os.path.exists(f"/proc/{name.split('-')[1]}"):
            drop(odoo, name)
    name = f"{'kept' if keep else 'run'}-{os.getpid()}-{next(_numbers)}"
    copy(odoo, template, name)
    try:
        yield name
    finally:
        if not keep:
            drop(odoo, name)
