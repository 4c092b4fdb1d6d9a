"""A portal on a database of its own, with a published build of two hospitals."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.portal import world


@pytest.fixture
def app(database: str) -> Flask:
    """The portal with an empty build live."""
    world.publish()
    return world.make_app()


@pytest.fixture
def empty_app(database: str) -> Flask:
    """The portal on a warehouse in which nothing was ever published."""
    return world.make_app()
