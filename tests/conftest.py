"""What the tests from outside share: a running Odoo with the addons and their demo data."""

import contextlib
import os
import shutil
from pathlib import Path

import pytest
import requests

from devtools import databases, venv
from devtools.odoo import Odoo
from devtools.paths import REPO, cache_dir, digest
from devtools.postgres import Server
from devtools.running import RunningOdoo


class RpcError(Exception):
    """An error that Odoo answered, with the name of its exception class."""

    def __init__(self, error):
        """Take the error of a JSON-RPC answer."""
        self.name = error["data"]["name"].rpartition(".")[2]
        super().__init__(f"{self.name}: {error['data']['message']}")


class OdooServer(RunningOdoo):
    """A running server with logins; the password of a demo user is the login."""

    admin = "admin"

    def __init__(self, *arguments):
        """Prepare the server; nobody is logged in."""
        super().__init__(*arguments)
        self._sessions = {}

    def session(self, login, password=None):
        """Return a `requests` session of a user who is logged in."""
        if login not in self._sessions:
            session = requests.Session()
            self.post(session, "/web/session/authenticate", db=self.database, login=login, password=password or login)
            self._sessions[login] = session
        return self._sessions[login]

    def call(self, login, model, method, *args, **kwargs):
        """Call a model's method as a user, the way the web client does."""
        return self.post(self.session(login), f"/web/dataset/call_kw/{model}/{method}",
                         model=model, method=method, args=args, kwargs=kwargs)

    def post(self, session, path, **params):
        """Post a JSON-RPC request and return its result."""
        answer = session.post(self.url + path, json={"jsonrpc": "2.0", "params": params}, timeout=120).json()
        if "error" in answer:
            raise RpcError(answer["error"])
        return answer.get("result")

    def sql(self, query):
        """Return the rows of a query as lists of text."""
        return self.odoo.server.sql(query, self.database)

    def errors(self):
        """Return the lines that the server logged as errors."""
        return [line for line in Path(self.log).read_text().splitlines() if " ERROR " in line or " CRITICAL " in line]


@pytest.fixture(scope="session")
def odoo():
    """Odoo on the embedded PostgreSQL, for tests that make databases of their own."""
    with Server().running() as server:
        odoo = Odoo(server)
        yield odoo
        odoo.stop_all()


@pytest.fixture(scope="session")
def make_odoo_server(odoo):
    """Return a context manager: a server on a fresh copy of the demo database, with further options of Odoo."""
    def make(*arguments):
        database = databases.scratch(odoo, databases.with_addons(odoo, demo=True))
        return _serving(odoo, database, arguments)

    return make


@contextlib.contextmanager
def _serving(odoo, copying, arguments):
    with copying as database:
        log = cache_dir("logs") / f"{database}.log"
        with OdooServer(odoo, database, log, *arguments) as server:
            yield server


@pytest.fixture(scope="session")
def odoo_server(make_odoo_server):
    """A running server that all tests share; an error in its log is an error of the run."""
    with make_odoo_server("--max-cron-threads=0") as server:
        yield server
    assert not server.errors(), f"errors in {server.log}"


@pytest.fixture
def fresh_odoo_server(make_odoo_server):
    """A running server of this test alone, to be killed or filled."""
    with make_odoo_server("--max-cron-threads=0") as server:
        yield server


@pytest.fixture(scope="session")
def quality_data():
    """The folder with real files to import."""
    folder = Path(os.environ.get("QUALITY_DATA") or REPO.parent / "shared/data")
    if not folder.is_dir():
        pytest.skip(f"no folder with data to import: {folder}; set QUALITY_DATA")
    return folder


@pytest.fixture
def cache(tmp_path):
    """An empty cache folder that only has the Python environment."""
    environment = venv.ensure()
    folder = tmp_path / "cache"
    folder.mkdir()
    (folder / environment.name).symlink_to(environment)
    yield folder
    # As root, PostgreSQL keeps its data elsewhere.
    shutil.rmtree(Path("/var/cache/odoo-quality", digest((folder / "postgresql").resolve())), ignore_errors=True)
