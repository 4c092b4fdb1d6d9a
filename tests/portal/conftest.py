"""A portal on a database that is as good as new for every test, with a published build of two hospitals."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import fresh_database
from tests.portal import world


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
