"""The serve command: a database with demo data, its logins, and a running Odoo."""

from . import addons, databases, system
from .console import say, step
from .odoo import Odoo, check_port, free_port
from .paths import cache_dir
from .postgres import Server


def run(port, database):
    """Serve `database` until Ctrl-C; a database that does not exist is made with demo data."""
    check_port(port)
    system.require({"wkhtmltopdf": "wkhtmltopdf"})
    system.require_chinese_font()
    with Server().running() as server:
        odoo = Odoo(server)
        prepare(odoo, database)
        say(f"\n    http://localhost:{port}/odoo?db={database}\n")
        for name, login in logins(odoo, database):
            say(f"    {login:24} {name}")
        say("\n    the password is the login; Ctrl-C stops\n")
        process = odoo.start("-d", database, f"--db-filter=^{database}$", "--http-interface=127.0.0.1",
                             f"--http-port={port}", f"--gevent-port={free_port()}", "--log-level=warn",
                             "--log-handler=py.warnings:ERROR")
        try:
            process.wait()
        except KeyboardInterrupt:
            say("stopping")
        finally:
            odoo.stop(process)
    return process.returncode if process.returncode > 0 else 0


def prepare(odoo, database):
    """Make the database exist with the addons in their present state."""
    marker = cache_dir("served") / database
    present = addons.content_key()
    if database not in odoo.server.databases():
        template = databases.with_addons(odoo, demo=True)
        databases.copy(odoo, template, database)
    elif not marker.exists() or marker.read_text() != present:
        update(odoo, database, addons.names())
    marker.write_text(present)


def update(odoo, database, names):
    """Install or update modules in a database."""
    installed = {row[0] for row in odoo.server.sql(
        "SELECT name FROM ir_module_module WHERE state = 'installed'", database)}
    with step(f"Updating {', '.join(names)} in {database}"):
        options = []
        if new := [name for name in names if name not in installed]:
            options += ["-i", ",".join(new)]
        if old := [name for name in names if name in installed]:
            options += ["-u", ",".join(old)]
        odoo.setup(database, *options, failure="the update failed")


def logins(odoo, database):
    """Return name and login of the users that come with the addons' demo data, and the administrator."""
    ours = ", ".join(f"'{name}'" for name in addons.names())
    return odoo.server.sql(f"""
        SELECT p.name, u.login FROM res_users u JOIN res_partner p ON p.id = u.partner_id
          JOIN ir_model_data d ON d.model = 'res.users' AND d.res_id = u.id
         WHERE u.active AND (d.module IN ({ours}) OR d.module = 'base' AND d.name = 'user_admin')
         ORDER BY u.id""", database)
