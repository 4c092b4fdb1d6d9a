"""A portal on a copy of the hand-checked world that a module may write in, and a token for every role."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from flask import Flask

from portal.permissions import ROLE_PERMISSIONS
from portal.services import tokens
from tests.conftest import fresh_database
from tests.portal import world


@dataclass(frozen=True)
class Portal:
    """The application, and a bearer token of a user of each role at hospital H1, linked to provider D1."""

    app: Flask
    tokens: dict[str, str]


@pytest.fixture(scope="module")
def portal(server: str, published_world: str) -> Iterator[Portal]:
    """The portal with a user of every role."""
    for _ in fresh_database(server, published_world):
        app = world.make_app()
        yield Portal(app, {role: _token(app, role) for role in ROLE_PERMISSIONS})


def _token(app: Flask, role: str) -> str:
    email = world.add_user(app, role, providers=["D1"])
    with app.app_context():
        return tokens.create(email, 1, datetime.now(UTC), by="test")
