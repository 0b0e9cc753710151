"""The i18n command: the template of each addon's texts and the Chinese translation, kept in step with the code."""

import subprocess

from . import addons, databases
from .console import run as run_quietly
from .console import say, step
from .odoo import Odoo
from .paths import ADDONS, REPO
from .postgres import Server


def run(names, *, check):
    """Write the templates and merge them into the translations, or only check both; return the exit code."""
    names = names or addons.names()
    with Server().running() as server:
        odoo = Odoo(server)
        template = databases.with_addons(odoo, demo=False)
        with databases.scratch(odoo, template) as database, step("Reading the texts of " + ", ".join(names)):
            texts = {name: _export(odoo, database, name) for name in names}
    # polib, which reads and writes the files, lives in the environment.
    arguments = [argument for name, text in texts.items() for argument in (ADDONS / name / "i18n", text)]
    mode = "--check" if check else "--write"
    code = subprocess.run([odoo.python, "-m", "devtools.pofiles", mode, *arguments], cwd=REPO).returncode
    for text in texts.values():
        text.unlink()
    say("translations: " + ("incomplete" if code else "complete" if check else "written"))
    return code


def _export(odoo, database, name):
    """Return a file with the texts of an addon, as Odoo finds them."""
    file = odoo.data_dir / f"{database}-{name}.pot"
    run_quietly(odoo.command("-d", database, "-o", file, name, subcommand=("i18n", "export")),
                f"cannot export the texts of {name}", env=odoo.environment())
    return file
