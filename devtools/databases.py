"""Databases: templates built once and copied for each run."""

import contextlib
import itertools
import os
import shutil
import time

from . import addons
from .console import step
from .locks import exclusive
from .paths import REQUIREMENTS, cache_dir, digest

# The first one becomes the default.
LANGUAGES = "en_US,zh_CN"
# Seconds that an unused template stays: the code of our addons changes often, that of Odoo rarely.
KEPT = {"base": 14 * 86400, "demo": 3600, "plain": 3600, "below": 3600}
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


def _template(odoo, kind, key, title, build):
    """Return the template database of this kind and key, made by `build(name)` if it does not exist."""
    name = f"{kind}-{key}"
    lock = cache_dir("templates") / name
    with exclusive(lock):
        if name not in odoo.server.databases():
            _drop_unused(odoo, kind)
            draft = f"{name}-new"
            drop(odoo, draft)
            try:
                with step(title):
                    build(draft)
            except BaseException:
                drop(odoo, draft)
                raise
            if _filestore(odoo, draft).is_dir():
                _filestore(odoo, draft).rename(_filestore(odoo, name))
            odoo.server.rename(draft, name)
        os.utime(lock)
    return name


def _drop_unused(odoo, kind):
    """Make room: templates of the same kind that nobody asked for lately."""
    for name in odoo.server.databases():
        lock = cache_dir("templates") / name.removesuffix("-new")
        if name.startswith(f"{kind}-") and lock.exists() and time.time() - lock.stat().st_mtime > KEPT[kind]:
            drop(odoo, name)


def base(odoo):
    """Return the template with Odoo's own modules and Chinese, without demo data."""
    modules = addons.core_modules()
    requirements = (REQUIREMENTS / "odoo.txt").read_text()
    key = digest(odoo.source.key, LANGUAGES, requirements, *modules)

    def build(draft):
        odoo.setup(draft, "-i", ",".join(modules), f"--load-language={LANGUAGES}",
                   failure="cannot create the base database")

    return _template(odoo, "base", key, f"Creating the base database ({', '.join(modules)})", build)


def install(odoo, database, *, demo, wanted=None):
    """Install our addons (all) into a copy of the base; of the demo data only ours, not Odoo's."""
    if demo:
        odoo.server.sql("UPDATE ir_module_module SET demo = true WHERE state = 'installed'", database)
    odoo.setup(database, "-i", ",".join(wanted or addons.names()), failure="cannot install the addons")


def with_addons(odoo, *, demo):
    """Return the template with our addons in their present state."""
    parent = base(odoo)
    kind = "demo" if demo else "plain"

    def build(draft):
        copy(odoo, parent, draft)
        install(odoo, draft, demo=demo)

    return _template(odoo, kind, digest(parent, addons.content_key()), f"Installing {', '.join(addons.names())}", build)


def below(odoo, wanted):
    """Return the template that addons under test are installed into: with those they build on, without themselves."""
    parent, needed = base(odoo), addons.below(wanted)
    if not needed:
        return parent

    def build(draft):
        copy(odoo, parent, draft)
        install(odoo, draft, demo=False, wanted=needed)

    key = digest(parent, addons.content_key(needed))
    return _template(odoo, "below", key, f"Installing {', '.join(needed)}", build)


@contextlib.contextmanager
def scratch(odoo, template, *, keep=False):
    """Copy `template` to a database of its own, dropped at the end."""
    for name in odoo.server.databases():
        # Left behind by a run that was killed.
        if name.startswith("run-") and not os.path.exists(f"/proc/{name.split('-')[1]}"):
            drop(odoo, name)
    name = f"{'kept' if keep else 'run'}-{os.getpid()}-{next(_numbers)}"
    drop(odoo, name)
    copy(odoo, template, name)
    try:
        yield name
    finally:
        if not keep:
            drop(odoo, name)
