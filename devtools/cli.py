"""The command line of ./dev."""

import argparse
import os
import signal
import subprocess
import sys

from . import addons, bench, core, databases, i18n, lint, odoo, postgres, serve, shots, source, testrun
from .errors import SetupError
from .postgres import Server


def _parser():
    parser = argparse.ArgumentParser(prog="./dev", description="Set up, run and test the suite.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="command")

    def command(name, text, call):
        sub = commands.add_parser(name, help=text, description=text)
        sub.set_defaults(call=call)
        return sub

    def database(sub):
        sub.add_argument("--db", default="demo", help="database (demo)")
        return sub

    sub = command("serve", "make a database with demo data, name its logins, serve it", _serve)
    sub.add_argument("--port", type=int, default=8069, help="port to listen on (8069)")
    database(sub)
    sub = command("test", "run the tests and end with 'N passed, N failed'", _test)
    sub.add_argument("targets", nargs="*", help="an addon, a test file or a folder with tests (all)")
    sub.add_argument("--tags", help="Odoo's test tags, such as /quality_incident:TestClass.test_method")
    sub.add_argument("--keep", action="store_true", help="keep the database of the Odoo tests")
    sub.add_argument("--lint", action="store_true", help="count the checks of lint as tests, too")
    sub = command("lint", "look for bad form and known mistakes; --fix corrects form", _lint)
    sub.add_argument("--fix", action="store_true", help="let the formatters correct what they can")
    sub = command("shell", "open Odoo's Python shell, or run a script given as input", _shell)
    database(sub)
    sub = command("psql", "open psql; it gets further arguments, such as -c 'SELECT 1'", _psql)
    database(sub)
    sub = command("shots", "take pictures of pages, such as docs/img/x.png=/odoo", _shots)
    database(sub)
    sub.add_argument("--login", default="admin", help="user, whose password is the login (admin)")
    sub.add_argument("--size", default="1400x900", help="size of the window (1400x900)")
    sub.add_argument("--phone", action="store_true", help="as a phone with touch screen")
    sub.add_argument("--wait", help="CSS selector that must be there first")
    sub.add_argument("--click", action="append", default=[], help="CSS selector to click first; may be repeated")
    sub.add_argument("pictures", nargs="+", metavar="file=path", help="picture to write and page to show")
    sub = command("update", "update the addons in a database", _update)
    database(sub)
    sub.add_argument("addons", nargs="*", help="addons (all)")
    sub = command("i18n", "collect the addons' texts and merge them into zh_CN.po", _i18n)
    sub.add_argument("addons", nargs="*", help="addons (all)")
    sub.add_argument("--check", action="store_true", help="only say what is not translated or out of date")
    sub = command("bench", "measure the heavy pages at the size they are made for", _bench)
    sub.add_argument("names", nargs="*", help="benchmarks (all)")
    sub = command("core", "run Odoo's own suites with and without our addons and compare", _core)
    sub.add_argument("suites", nargs="*", help="modules of Odoo (stock, sale, purchase and what joins them)")
    database(command("drop", "drop a database; serve makes it anew", _drop))
    command("stop", "stop all servers, whoever uses them", _stop)
    return parser


def _serve(options):
    return serve.run(options.port, options.db)


def _test(options):
    return testrun.run(options.targets, options.tags, keep=options.keep, with_lint=options.lint)


def _lint(options):
    return lint.run(options.fix)


def _shell(options):
    with Server().running() as server:
        runner = odoo.Odoo(server)
        command = runner.command("-d", options.db, "--no-http", subcommand=("shell",))
        return subprocess.run(command, env=runner.environment()).returncode


def _psql(options):
    with Server().running() as server:
        return subprocess.run([server.bin / "psql", "-d", options.db, *options.further],
                              env={**os.environ, **server.environment()}).returncode


def _shots(options):
    arguments = ["--login", options.login, "--size", options.size, *options.pictures]
    arguments += ["--phone"] if options.phone else []
    arguments += ["--wait", options.wait] if options.wait else []
    arguments += [f"--click={selector}" for selector in options.click]
    return shots.run(arguments, options.db)


def _update(options):
    with Server().running() as server:
        serve.update(odoo.Odoo(server), options.db, options.addons or addons.names())


def _i18n(options):
    return i18n.run(options.addons, check=options.check)


def _bench(options):
    return bench.run(options.names)


def _core(options):
    return core.run(options.suites)


def _drop(options):
    with Server().running() as server:
        databases.drop(odoo.Odoo(server), options.db)


def _stop(_options):
    odoo.stop_everything()
    postgres.stop_everything()


def main():
    """Run a command; what is wrong with the machine is told in one line."""
    parser = _parser()
    options, options.further = parser.parse_known_args()
    if options.further and options.command != "psql":
        parser.error(f"unknown arguments: {' '.join(options.further)}")
    # A shell that starts ./dev in the background has it ignore Ctrl-C; what it starts in turn must not.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        source.given()
        return options.call(options) or 0
    except (SetupError, OSError) as error:
        sys.exit(f"dev: {error}")
    except KeyboardInterrupt:
        return 130
