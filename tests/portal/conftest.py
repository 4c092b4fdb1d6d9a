"""A portal on a database that is as good as new for every test, with a published build of two hospitals."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import admin, fresh_database
from tests.portal import world
from tests.portal.reports_world import publish_world
from warehouse import engine


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
