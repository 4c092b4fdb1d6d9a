"""A portal on a database that is as good as new for every test, with a published build of two hospitals."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator

import pytest
from flask import Flask
from sqlalchemy import Connection

from tests.conftest import admin, fresh_database
from tests.portal import world
from tests.portal.queries.calls import called
from tests.portal.queries.proofs import proven_by
from tests.portal.reports_world import add_identity, publish_world, reading, restore
from tests.portal.write_offs.desk import open_desk
from warehouse import engine


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Let a test that is named as the proof of queries fail where it does not call them."""
    promised = proven_by(item.nodeid)
    if not promised:
        return (yield)
    with called() as found:
        result = yield
    missing = sorted(promised - found)
    assert not missing, f"tests/portal/queries/proofs.py says that this test proves {missing}, but it never calls that"
    return result


@pytest.fixture(scope="module")
def module_database(server: str, template: str) -> Iterator[str]:
    """A database of this module's own: making one for every test would take most of the time."""
    yield from fresh_database(server, template)


@pytest.fixture
def database(module_database: str) -> str:
    """The module's database without anything that an earlier test left."""
    os.environ["DATABASE_URL"] = module_database
    world.reset()
    return module_database


@pytest.fixture
def app(database: str) -> Flask:
    """The portal with an empty build live."""
    world.publish()
    return world.make_app()


@pytest.fixture
def empty_app(database: str) -> Flask:
    """The portal on a warehouse in which nothing was ever published."""
    return world.make_app()


@pytest.fixture(scope="session")
def published_world(server: str, template: str) -> str:
    """Name of a database in which the hand-checked world is published, to be copied."""
    name = "template_world"
    before = os.environ.get("DATABASE_URL")
    admin(server, f"create database {name} template {template}")
    admin(server, f"grant create, temporary on database {name} to daybook_etl")
    os.environ["DATABASE_URL"] = server.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://") + f"/{name}"
    engine.engine.cache_clear()
    publish_world()
    engine.engine.cache_clear()
    os.environ.pop("DATABASE_URL")
    if before:
        os.environ["DATABASE_URL"] = before
    return name


@pytest.fixture
def world_database(server: str, published_world: str) -> Iterator[str]:
    """A copy of the published world of this test's own, to write in."""
    yield from fresh_database(server, published_world)


@pytest.fixture(scope="session")
def reports_database(server: str, published_world: str) -> Iterator[str]:
    """URL of a database in which the hand-checked world is published."""
    before = os.environ.get("DATABASE_URL")
    for url in fresh_database(server, published_world):
        add_identity(
            "H1", "P01", first_name="Maria", last_name="L\u00f3pez", date_of_birth="1950-02-03", phone="555 010 2030"
        )
        add_identity("H1", "P20", first_name="Maria", last_name="Jones", date_of_birth="1999-05-06")
        add_identity("H2", "P01", first_name="Maria", last_name="L\u00f3pez", date_of_birth="1980-01-01")
        yield url
        restore(before)


@pytest.fixture(scope="session")
def decided_app(server: str, published_world: str) -> Iterator[tuple[str, Flask]]:
    """URL of a copy of it and its portal, after decisions about write-offs that the shown build does not hold."""
    before = os.environ.get("DATABASE_URL")
    for url in fresh_database(server, published_world):
        with open_desk() as desk:
            for invoice, amount in (("I10", "40.00"), ("I02", "30.00")):
                desk.decide(desk.ask(invoice, amount))
            desk.decide(desk.ask("I06", "12.34", "CHARITY_CARE"), "reject")
            desk.ask("I09", "7.50")
            world.add_user(desk.app, "accountant", ("H1", "H2"), "accountant_both@clinic.org")
        yield url, desk.app
        restore(before)


@pytest.fixture
def marts(reports_database: str) -> Iterator[Callable[[str], Connection]]:
    """Open the live build as the portal's role with the row policies of some hospitals: ``marts("H1,H2")``."""
    with reading(reports_database) as connect:
        yield connect


@pytest.fixture
def decided_marts(decided_app: tuple[str, Flask]) -> Iterator[Callable[[str], Connection]]:
    """The same of ``decided_app``'s database."""
    with reading(decided_app[0]) as connect:
        yield connect
