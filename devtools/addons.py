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


def below(wanted):
    """Return our addons that the wanted ones need, themselves left out."""
    ours = manifests()
    needed, queue = set(), list(wanted)
    while queue:
        further = ours.keys() & set(ours[queue.pop()].get("depends", [])) - needed
        needed |= further
        queue += further
    return sorted(needed - set(wanted))


def content_key(wanted=None):
    """Return a name for the present content of the wanted addons (all)."""
    return tree_digest(*(ADDONS / name for name in wanted or names()))
