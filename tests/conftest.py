"""One embedded server per session; a migrated template database once; a fresh copy of it for every test that asks."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.mysql_server import mysql_server  # noqa: F401 - a fixture
from tests.scheduling import pytest_collection_modifyitems, pytest_xdist_make_scheduler  # noqa: F401 - hooks
from warehouse import embedded, engine, migrate

ROOT = Path(__file__).resolve().parent.parent
# A pooled connection that a test left open dies with its database, and the pool tells of it whenever garbage is collected. Were
# that in the middle of ast.parse (Werkzeug compiles its routes so), formatting the traceback would parse too, which
# Python 3.11 before 3.11.9 does not survive: "AST constructor recursion depth mismatch".
logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL)
_TEMPLATE = "template_daybook"
_taken: set[str] = set()


def _url(server: str, database: str) -> str:
    return server.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{database}"


def admin(server: str, statement: str) -> None:
    """Run one statement as the superuser, outside a transaction."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(statement)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """URL of this session's embedded server (database ``daybook``, empty)."""
    home = tmp_path_factory.mktemp(f"home-{worker_id}")
    before = {name: os.environ.get(name) for name in ("DAYBOOK_HOME", "DATABASE_URL", "DAYBOOK_ENV")}
    os.environ["DAYBOOK_HOME"] = str(home)
    os.environ.pop("DATABASE_URL", None)
    os.environ.pop("DAYBOOK_ENV", None)
    url = embedded.start()
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing here outlives the session
        admin(url, f"alter system set {setting} = off")
    admin(url, "select pg_reload_conf()")
    yield url
    embedded.stop()
    shutil.rmtree(embedded.cluster().folder, ignore_errors=True)  # as root it is not below the state folder
    for name, value in before.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """Name of a migrated database without rows, to be copied."""
    admin(server, f"create database {_TEMPLATE}")
    os.environ["DATABASE_URL"] = _url(server, _TEMPLATE)
    migrate.upgrade()
    return _TEMPLATE


@pytest.fixture
def database(server: str, template: str) -> Iterator[str]:
    """A migrated database of its own; ``DATABASE_URL`` names it while the test runs."""
    yield from fresh_database(server, template)


def fresh_database(server: str, template: str) -> Iterator[str]:
    """Yield the URL of a new copy of ``template``; drop it afterwards.

    Names are used again: to dbt a database of another name is another project, which it would read anew for seconds.
    """
    name = min({f"test_{number}" for number in range(len(_taken) + 1)} - _taken)
    _taken.add(name)
    admin(server, f"create database {name} template {template}")
    admin(server, f"grant create, temporary on database {name} to daybook_etl")  # a copy has none of these
    os.environ["DATABASE_URL"] = _url(server, name)
    engine.engine.cache_clear()
    yield os.environ["DATABASE_URL"]
    engine.engine.cache_clear()
    os.environ.pop("DATABASE_URL", None)
    admin(server, f"drop database {name} with (force)")
    _taken.remove(name)
