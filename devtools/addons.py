"""The addons of this repository, read from their manifests."""

import ast

from .errors import SetupError
from .paths import ADDONS, tree_digest


def manifests():
    """Return the manifest of each addon by its name."""
    return {file.parent.name: ast.literal_eval(file.read_text(encoding="utf-8"))
            for file in sorted(ADDONS.glob("*/__manifest__.py"))}


def names():
    """Return the names of all addons, or stop when there is none."""
    found = list(manifests())
    if not found:
        raise SetupError(f"there is no addon in {ADDONS}")
    return found


def core_modules():
    """Return Odoo's own modules that the addons depend on directly."""
    ours = manifests()
    wanted = {name for manifest in ours.values() for name in manifest.get("depends", [])}
    return sorted(wanted - ours.keys())


def content_key():
    """Return a name for the present content of all addons."""
    return tree_digest(ADDONS)
